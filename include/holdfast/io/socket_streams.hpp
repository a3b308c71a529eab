// Real TCP connections and datagram sockets on the event loop.
#pragma once

#include <memory>
#include <vector>

#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/streams.hpp"

namespace holdfast::io {

class PingPermission;

/// A connect-only probe (TCP_CHECK) that is destroyed in on_connected costs four system calls: socket,
/// connect, epoll_ctl, close. getsockopt(SO_ERROR) is added only when epoll reports an error. Must outlive
/// its connections.
class SocketStreams final : public Streams {
  public:
    explicit SocketStreams(EventLoop& loop);
    ~SocketStreams() override;

    std::unique_ptr<Connection> connect(const ConnectRequest& request, StreamHandler& handler) override;
    std::unique_ptr<Datagrams> open_datagrams(const DatagramRequest& request,
                                              DatagramHandler& handler) override;

  private:
    class SocketConnection;

    EventLoop& loop_;
    std::unique_ptr<PingPermission> ping_permission_;  // While ping sockets were asked for.
    std::vector<uint8_t> read_buffer_;                 // Shared: only one connection reads at a time.
};

}  // namespace holdfast::io
