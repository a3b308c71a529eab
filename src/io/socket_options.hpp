// What stream and datagram sockets have in common: own address, interface, mark, and what an errno means.
#pragma once

#include <optional>
#include <string>

#include "holdfast/io/socket_address.hpp"
#include "holdfast/io/streams.hpp"

namespace holdfast::io {

struct SocketOptions {
    const std::optional<Endpoint>& bind;
    const std::string& bind_interface;
    uint32_t firewall_mark;
};

inline SocketOptions options_of(const ConnectRequest& request) {
    return {request.bind, request.bind_interface, request.firewall_mark};
}
inline SocketOptions options_of(const DatagramRequest& request) {
    return {request.bind, request.bind_interface, request.firewall_mark};
}

/// Everything before connect(); false: the reason is in errno.
bool apply_options(int fd, const SocketOptions& options);

/// A destination with the zone that a link-local one needs.
SocketAddress peer_address(const Endpoint& destination, const std::string& interface);

/// Of a connection under way or made.
StreamFailure to_failure(int error);
/// Of a socket that never came to send anything.
StreamFailure to_early_failure(int error);

}  // namespace holdfast::io
