// Between our addresses and the socket API's.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "holdfast/base/address.hpp"

namespace holdfast::io {

constexpr int to_native(Family family) {
    return family == Family::ipv4 ? AF_INET : AF_INET6;
}

/// An address as bind(2), connect(2) and sendto(2) want it.
class SocketAddress {
  public:
    SocketAddress() = default;
    /// `zone` is the interface index of a link-local IPv6 address; ignored for others.
    explicit SocketAddress(const Endpoint& endpoint, uint32_t zone = 0);

    const sockaddr* get() const { return &address_.any; }
    socklen_t size() const { return size_; }
    /// Address and port; nothing when it holds neither IPv4 nor IPv6.
    std::optional<Endpoint> endpoint() const;

    /// For getsockname(2), recvfrom(2) and the like: a buffer and its size, which they update.
    sockaddr* buffer() { return &address_.any; }
    socklen_t* buffer_size() {
        size_ = sizeof address_;
        return &size_;
    }

  private:
    union Any {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
    };
    Any address_{};
    socklen_t size_ = 0;
};

}  // namespace holdfast::io
