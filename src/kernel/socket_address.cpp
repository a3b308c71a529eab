#include "socket_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace holdfast::kernel {

SocketAddress::SocketAddress(const IpAddress& address, uint16_t port, InterfaceIndex scope) {
    if (address.is_v4()) {
        sockaddr_in four{};
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        std::ranges::copy(address.bytes(), reinterpret_cast<uint8_t*>(&four.sin_addr));
        std::memcpy(&storage_, &four, sizeof four);
        size_ = sizeof four;
        return;
    }
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::ranges::copy(address.bytes(), reinterpret_cast<uint8_t*>(&six.sin6_addr));
    if (address.is_link_local() || address.is_multicast()) six.sin6_scope_id = scope.value;
    std::memcpy(&storage_, &six, sizeof six);
    size_ = sizeof six;
}

IpAddress address_of(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET) {
        sockaddr_in four;
        std::memcpy(&four, &storage, sizeof four);
        return *IpAddress::from_bytes({reinterpret_cast<const uint8_t*>(&four.sin_addr), 4});
    }
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 six;
        std::memcpy(&six, &storage, sizeof six);
        return *IpAddress::from_bytes({reinterpret_cast<const uint8_t*>(&six.sin6_addr), 16});
    }
    return {};
}

}  // namespace holdfast::kernel
