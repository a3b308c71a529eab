// vrrp::Link on raw sockets: one receiving and one sending socket per channel, adverts received with recvmmsg
// and sent with sendmmsg at the end of the loop's turn, announcements by an Announcer behind an
// AnnouncementQueue.
//
// The path from a received to a sent advert does not allocate: receive buffers and a few send queues are
// shared by all channels; queues are of fixed size, and sent early when one is full or none is left.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>

#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/timer.hpp"
#include "holdfast/io/turn_end.hpp"
#include "holdfast/kernel/announcement_queue.hpp"
#include "holdfast/kernel/announcer.hpp"
#include "holdfast/vrrp/link.hpp"

namespace holdfast::kernel {

/// Counters for statistics; all since the start.
struct LinkCounters {
    uint64_t received = 0;
    uint64_t sent = 0;
    uint64_t send_errors = 0;
    uint64_t malformed = 0;  ///< Shorter than an IP header, or truncated.
};

class AdvertLink final : public vrrp::Link {
  public:
    /// `loop` must outlive the link. `facts` as in Announcer.
    explicit AdvertLink(io::EventLoop& loop, Announcer::Facts facts = {});
    ~AdvertLink() override;
    AdvertLink(const AdvertLink&) = delete;
    AdvertLink& operator=(const AdvertLink&) = delete;

    Result<vrrp::ChannelId> open_channel(const vrrp::ChannelSettings& settings) override;
    void close_channel(vrrp::ChannelId channel) override;
    void resize_receive_buffer(vrrp::ChannelId channel, uint32_t bytes) override;
    /// Needs a receive buffer for so many packets, and enlarges one whose size nobody has asked for.
    void set_patience(vrrp::ChannelId channel, Duration patience, size_t packets) override;
    void catch_up() override;
    void on_receive(ReceiveHandler handler) override;
    void on_send_error(SendErrorHandler handler) override;
    void on_announced(AnnouncedHandler handler) override { announced_handler_ = std::move(handler); }
    vrrp::ChannelDescriptors descriptors(vrrp::ChannelId channel) const override;
    /// Also asks the loop for a flush at the end of the turn.
    void send(vrrp::ChannelId channel, const vrrp::SendOptions& options,
              std::span<const uint8_t> packet) override;
    Result<> announce(std::span<const vrrp::Announcement> batch, uint32_t repeat) override;
    void cancel_announcements(std::span<const vrrp::Announcement> batch) override;
    void flush() override;
    /// Not from within a receive handler.
    void drain() override;

    /// Spacing of announcements (`garp_interval`, `gna_interval`, `garp_group`).
    AnnouncementQueue& announcements() { return queue_; }
    const LinkCounters& counters() const { return counters_; }
    const Announcer& announcer() const { return announcer_; }

  private:
    class Channel;
    struct Buffers;
    struct Queue;
    class QueuePool;

    void read(uint32_t number);
    size_t receive(Channel& channel);
    void send_announcements();

    io::EventLoop& loop_;
    Announcer announcer_;
    AnnouncementQueue queue_;
    std::vector<vrrp::Announcement> due_;
    std::unique_ptr<Buffers> buffers_;
    std::unique_ptr<QueuePool> queues_;  // Outlives the channels.
    std::map<uint32_t, std::unique_ptr<Channel>> channels_;
    std::vector<uint32_t> patient_;  // Channels on which packets may wait.
    uint32_t last_id_ = 0;
    ReceiveHandler receive_handler_;
    SendErrorHandler send_error_handler_;
    AnnouncedHandler announced_handler_;
    LinkCounters counters_;
    io::TurnEnd flush_at_turn_end_;
    io::Timer pacing_timer_;
};

}  // namespace holdfast::kernel
