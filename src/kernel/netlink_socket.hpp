// A route netlink socket: libnl's nl_sock with an owner, its buffers set, and reading many datagrams at once.
#pragma once

#include <netlink/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::kernel {

class NetlinkSocket {
  public:
    /// Opens NETLINK_ROUTE in the thread's network namespace, non-blocking, with a receive buffer of `buffer`
    /// bytes (beyond net.core.rmem_max when `force` and the privilege is there).
    static Result<NetlinkSocket> open(uint32_t buffer, bool force);

    NetlinkSocket(NetlinkSocket&&) noexcept;
    NetlinkSocket& operator=(NetlinkSocket&&) noexcept;
    ~NetlinkSocket();

    int fd() const { return nl_socket_get_fd(socket_.get()); }
    nl_sock* get() const { return socket_.get(); }
    /// A socket option of level SOL_NETLINK; false when this kernel does not know it.
    bool set_option(int name, int value);
    /// Sends a run of messages to the kernel, which has worked them off when this returns.
    Result<> send(std::span<const uint8_t> run);

    enum class Read : uint8_t {
        some,     ///< `on_message` has been called.
        nothing,  ///< The socket is empty.
        overrun,  ///< The kernel had to drop messages (ENOBUFS); what is left can still be read.
        failed,   ///< errno tells.
    };
    /// Reads what one system call gives, each message once.
    Read read(const std::function<void(std::span<const uint8_t> message)>& on_message);

  private:
    struct Free {
        void operator()(nl_sock* socket) const { nl_socket_free(socket); }
    };
    struct Buffers;
    explicit NetlinkSocket(std::unique_ptr<nl_sock, Free> socket);

    std::unique_ptr<nl_sock, Free> socket_;
    std::unique_ptr<Buffers> buffers_;
};

}  // namespace holdfast::kernel
