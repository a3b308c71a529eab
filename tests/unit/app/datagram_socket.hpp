// The receiving end of a datagram socket in the file system or, with a leading '@', in the abstract
// namespace.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace holdfast::app {

class DatagramSocket {
  public:
    explicit DatagramSocket(const std::string& name)
        : descriptor_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(name, address.sun_path);
        if (name[0] == '@') address.sun_path[0] = '\0';
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        bound_ = bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), length) == 0;
    }
    ~DatagramSocket() { close(descriptor_); }
    DatagramSocket(const DatagramSocket&) = delete;
    DatagramSocket& operator=(const DatagramSocket&) = delete;

    bool bound() const { return bound_; }
    /// The next datagram, or "(nothing)". Does not wait: unix datagrams are there when send returns.
    std::string receive() const {
        std::array<char, 4096> buffer{};
        const ssize_t length = recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (length < 0) return "(nothing)";
        return {buffer.data(), static_cast<size_t>(length)};
    }

  private:
    int descriptor_;
    bool bound_ = false;
};

}  // namespace holdfast::app
