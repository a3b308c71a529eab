#include "socket_options.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace holdfast::io {

namespace {

template <class Value>
bool set_option(int fd, int level, int option, const Value& value) {
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

}  // namespace

bool apply_options(int fd, const SocketOptions& options) {
    if (options.firewall_mark != 0 && !set_option(fd, SOL_SOCKET, SO_MARK, options.firewall_mark))
        return false;
    const std::string& interface = options.bind_interface;
    if (!interface.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                                         static_cast<socklen_t>(interface.size())) != 0) {
        return false;
    }
    if (!options.bind) return true;
    const int on = 1;
    if (options.bind->port == 0) {
        // The port is then chosen at connect(), unique per destination instead of per host: 28 000 checks of
        // one server do not starve those of the next. It is a hint that old kernels lack.
        set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on);
    } else if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR, on)) {
        return false;  // Otherwise the last check's TIME_WAIT would keep the port for a minute.
    }
    const uint32_t zone = options.bind->address.is_link_local() ? if_nametoindex(interface.c_str()) : 0;
    const SocketAddress own(*options.bind, zone);
    return bind(fd, own.get(), own.size()) == 0;
}

SocketAddress peer_address(const Endpoint& destination, const std::string& interface) {
    const bool has_zone = destination.address.is_v6() && destination.address.is_link_local();
    return SocketAddress(destination, has_zone ? if_nametoindex(interface.c_str()) : 0);
}

StreamFailure to_failure(int error) {
    switch (error) {
        case ECONNREFUSED:
            return StreamFailure::refused;
        case ETIMEDOUT:
            return StreamFailure::timeout;
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EHOSTDOWN:
            return StreamFailure::unreachable;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case ENOBUFS:
            return StreamFailure::out_of_descriptors;
        default:
            return StreamFailure::other;
    }
}

StreamFailure to_early_failure(int error) {
    const StreamFailure failure = to_failure(error);
    return failure == StreamFailure::other && error != ECONNRESET && error != ECONNABORTED
               ? StreamFailure::not_started
               : failure;
}

}  // namespace holdfast::io
