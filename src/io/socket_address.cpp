#include "holdfast/io/socket_address.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <span>

namespace holdfast::io {

SocketAddress::SocketAddress(const Endpoint& endpoint, uint32_t zone) {
    const auto bytes = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
        address_.v4 = {};
        address_.v4.sin_family = AF_INET;
        address_.v4.sin_port = htons(endpoint.port);
        std::memcpy(&address_.v4.sin_addr, bytes.data(), bytes.size());
        size_ = sizeof(sockaddr_in);
    } else {
        address_.v6 = {};
        address_.v6.sin6_family = AF_INET6;
        address_.v6.sin6_port = htons(endpoint.port);
        std::memcpy(&address_.v6.sin6_addr, bytes.data(), bytes.size());
        if (endpoint.address.is_link_local()) address_.v6.sin6_scope_id = zone;
        size_ = sizeof(sockaddr_in6);
    }
}

std::optional<Endpoint> SocketAddress::endpoint() const {
    std::array<uint8_t, 16> bytes{};
    if (size_ >= sizeof(sockaddr_in) && address_.any.sa_family == AF_INET) {
        std::memcpy(bytes.data(), &address_.v4.sin_addr, 4);
        return Endpoint{*IpAddress::from_bytes(std::span(bytes).first(4)), ntohs(address_.v4.sin_port)};
    }
    if (size_ >= sizeof(sockaddr_in6) && address_.any.sa_family == AF_INET6) {
        std::memcpy(bytes.data(), &address_.v6.sin6_addr, 16);
        return Endpoint{*IpAddress::from_bytes(bytes), ntohs(address_.v6.sin6_port)};
    }
    return std::nullopt;
}

}  // namespace holdfast::io
