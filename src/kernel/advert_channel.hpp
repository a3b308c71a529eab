// One channel of AdvertLink: its two sockets, when to read, and its queue of packets to send.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/fd.hpp"
#include "holdfast/kernel/advert_link.hpp"
#include "holdfast/kernel/gathering.hpp"

namespace holdfast::kernel {

/// Packets that wait for the end of the turn.
struct AdvertLink::Queue {
    // Adverts of 32 instances, or of fewer with many addresses, per system call.
    static constexpr size_t kSlots = 32;
    static constexpr size_t kRoom = size_t{16} * 1024;
    static constexpr size_t kControlRoom = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int));

    struct Slot {
        sockaddr_storage to{};
        iovec piece{};
        alignas(cmsghdr) std::array<uint8_t, kControlRoom> control{};
    };
    std::array<uint8_t, kRoom> room;  // Not initialised: packets are written before they are read.
    size_t used = 0;
    std::array<Slot, kSlots> slots;
    std::array<mmsghdr, kSlots> messages{};
    size_t count = 0;
};

/// The queues, lent to the channels that have something to send: hundreds of VMACs have a channel each, and a
/// backup sends nothing at all. Allocates at most kMost of them, ever.
class AdvertLink::QueuePool {
  public:
    static constexpr size_t kMost = 8;

    /// Null when all are in use.
    std::unique_ptr<Queue> take() {
        if (spare_count_ > 0) return std::move(spare_[--spare_count_]);
        if (made_ == kMost) return nullptr;
        ++made_;
        return std::make_unique<Queue>();
    }
    void give(std::unique_ptr<Queue> queue) {
        queue->used = queue->count = 0;
        spare_[spare_count_++] = std::move(queue);
    }

  private:
    std::array<std::unique_ptr<Queue>, kMost> spare_;
    size_t spare_count_ = 0;
    size_t made_ = 0;
};

class AdvertLink::Channel {
  public:
    /// Not usable before `open`, which makes them.
    Channel(vrrp::ChannelId id, const vrrp::ChannelSettings& settings, QueuePool& pool)
        : id_(id), settings_(settings), pool_(pool) {}
    static Result<std::unique_ptr<Channel>> open(vrrp::ChannelId id, const vrrp::ChannelSettings& settings,
                                                 QueuePool& pool);

    vrrp::ChannelId id() const { return id_; }
    const vrrp::ChannelSettings& settings() const { return settings_; }
    int receive_fd() const { return receive_.get(); }
    int send_fd() const { return send_.get(); }
    /// 0 = the kernel's default.
    void resize_receive_buffer(uint32_t bytes);
    void watch(io::EventLoop& loop, const std::function<void()>& read);
    /// As Link::set_patience.
    void set_patience(Duration patience, size_t packets);
    /// All that was there has been read, `count` packets: watches the socket or lets it rest.
    void was_read(Instant now, size_t count);
    const Gathering& gathering() const { return gathering_; }

    /// Puts a packet into the queue; false when there is no room or no queue to be had (flush and try again),
    /// or when it is too long ever.
    bool queue(const vrrp::SendOptions& options, std::span<const uint8_t> packet);
    bool is_queue_empty() const { return queue_ == nullptr; }

    /// A failed send to report, and to whom it was.
    struct SendError {
        IpAddress destination;
        int os_error = 0;
    };
    /// Sends the queue. Gives an error when it differs from the last one reported; success forgets it.
    std::optional<SendError> send_queued(LinkCounters& counters);

  private:
    Result<> open_receiver();
    Result<> open_sender();
    void apply_patience();
    bool has_room_for(size_t packets);
    int receive_buffer() const;
    void address_ipv6(size_t slot, const vrrp::SendOptions& options);
    IpAddress destination(size_t slot) const;

    vrrp::ChannelId id_;
    vrrp::ChannelSettings settings_;
    io::Fd receive_;
    io::Fd send_;
    std::unique_ptr<io::Watch> watch_;
    std::unique_ptr<io::Timer> rest_over_;
    Gathering gathering_;
    Duration patience_{};  // As asked for, also where there is no room.
    size_t packets_ = 0;
    bool has_buffer_of_its_own_ = false;  // Its size was asked for, and is not ours to change.
    uint16_t last_ip_id_ = 0;
    int last_error_ = 0;
    QueuePool& pool_;
    std::unique_ptr<Queue> queue_;  // Only while something waits.
};

}  // namespace holdfast::kernel
