// bfd::Link on UDP sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "holdfast/bfd/link.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::kernel {

class BfdLink final : public bfd::Link {
  public:
    /// `loop` must outlive the link. `random` gives numbers in [0, 1), for source ports.
    BfdLink(io::EventLoop& loop, std::function<double()> random);
    ~BfdLink() override;

    Result<bfd::ChannelId> open_channel(const bfd::ChannelSettings& settings) override;
    void close_channel(bfd::ChannelId channel) override;
    Result<> send(bfd::ChannelId channel, std::span<const uint8_t> packet) override;
    void on_receive(ReceiveHandler handler) override;

  private:
    struct Listener {
        io::Fd socket;
        std::unique_ptr<io::Watch> watch;
        uint32_t users = 0;
    };
    using ListenerKey = std::pair<Family, bool>;  ///< Family and multihop.
    struct Channel {
        io::Fd socket;
        bfd::ChannelSettings settings;
    };

    Result<> listen(ListenerKey key);
    void receive(ListenerKey key);
    Result<io::Fd> open_sender(const bfd::ChannelSettings& settings);

    io::EventLoop& loop_;
    std::function<double()> random_;
    std::map<ListenerKey, Listener> listeners_;
    std::map<uint32_t, Channel> channels_;
    uint32_t last_id_ = 0;
    ReceiveHandler handler_;
};

}  // namespace holdfast::kernel
