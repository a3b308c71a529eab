#include "holdfast/kernel/advert_link.hpp"

#include <netinet/ip.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <vector>

#include "advert_channel.hpp"
#include "holdfast/base/bytes.hpp"
#include "holdfast/base/require.hpp"
#include "socket_address.hpp"

namespace holdfast::kernel {

namespace {

/// Packets per recvmmsg, and the longest one taken: 255 IPv6 addresses with everything around them.
constexpr size_t kReceiveBatch = 32;
constexpr size_t kLongestPacket = 4608;
constexpr size_t kControlRoom = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) +
                                CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(timespec));

/// How many batches one channel may deliver in a turn of the loop, so that a flood on one link starves
/// nobody.
constexpr int kBatchesPerTurn = 16;

/// A control message's content as a value.
template <class T>
T content(const cmsghdr* part) {
    T value;
    std::memcpy(&value, CMSG_DATA(part), sizeof value);
    return value;
}

/// Fills in what an IPv4 packet says of itself. False when it is no complete IPv4 header.
bool read_ipv4(std::span<const uint8_t> packet, vrrp::ReceivedFrame& frame) {
    ByteReader reader(packet);
    const uint8_t version_and_length = reader.u8();
    reader.skip(1);
    const uint16_t total_length = reader.u16();
    reader.skip(4);
    frame.ttl = reader.u8();
    reader.skip(3);
    const auto source = reader.bytes(4);
    const auto destination = reader.bytes(4);
    const size_t header_length = size_t{version_and_length & 0x0fU} * 4;
    if (reader.failed() || header_length < 20 || header_length > packet.size() ||
        total_length < header_length)
        return false;
    frame.source = *IpAddress::from_bytes(source);
    frame.destination = *IpAddress::from_bytes(destination);
    frame.ip_header = packet.first(header_length);
    frame.payload = packet.subspan(header_length);
    frame.announced_payload_length = static_cast<uint16_t>(total_length - header_length);
    return true;
}

/// When packets that have waited came in: what is left of the wall clock's `now` by their stamps, no more
/// than `longest` of it whatever the clock has done meanwhile.
struct Arrival {
    std::chrono::system_clock::time_point now;
    Duration longest;

    Duration waited(const timespec& stamp) const {
        const auto arrived = std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec);
        return std::clamp<Duration>(now.time_since_epoch() - arrived, Duration::zero(), longest);
    }
};

void read_control(msghdr& message, const Arrival& arrival, vrrp::ReceivedFrame& frame) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            frame.interface = {static_cast<uint32_t>(content<in_pktinfo>(part).ipi_ifindex)};
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            const auto info = content<in6_pktinfo>(part);
            frame.interface = {info.ipi6_ifindex};
            frame.destination =
                *IpAddress::from_bytes({reinterpret_cast<const uint8_t*>(&info.ipi6_addr), 16});
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_HOPLIMIT) {
            frame.ttl = static_cast<uint8_t>(content<int>(part));
        } else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
            frame.waited = arrival.waited(content<timespec>(part));
        }
    }
}

}  // namespace

/// Shared by all channels: only one of them reads at a time.
struct AdvertLink::Buffers {
    struct Slot {
        std::array<uint8_t, kLongestPacket> packet;
        alignas(cmsghdr) std::array<uint8_t, kControlRoom> control;
        sockaddr_storage from;
        iovec piece;
    };
    std::array<Slot, kReceiveBatch> slots;
    std::array<mmsghdr, kReceiveBatch> messages;
    size_t used = 0;  // By the latest recvmmsg.
    bool in_use = false;
    // Errors of a flush, told when it is over.
    std::vector<std::pair<vrrp::ChannelId, Channel::SendError>> errors;

    Buffers() {
        for (size_t i = 0; i < kReceiveBatch; ++i) prepare(i);
    }
    /// For the next packet. Only what has been used needs it: touching all slots costs more than a packet.
    void prepare(size_t i) {
        Slot& slot = slots[i];
        slot.piece = {slot.packet.data(), slot.packet.size()};
        msghdr& message = messages[i].msg_hdr;
        message = {};
        message.msg_name = &slot.from;
        message.msg_namelen = sizeof slot.from;
        message.msg_iov = &slot.piece;
        message.msg_iovlen = 1;
        message.msg_control = slot.control.data();
        message.msg_controllen = slot.control.size();
    }
};

AdvertLink::AdvertLink(io::EventLoop& loop, Announcer::Facts facts)
    : loop_(loop),
      announcer_(std::move(facts)),
      buffers_(std::make_unique<Buffers>()),
      queues_(std::make_unique<QueuePool>()),
      flush_at_turn_end_(loop.turn_ends(), [this] { flush(); }),
      pacing_timer_(loop.timers(), [this] { send_announcements(); }) {}

AdvertLink::~AdvertLink() = default;

Result<vrrp::ChannelId> AdvertLink::open_channel(const vrrp::ChannelSettings& settings) {
    const vrrp::ChannelId id{++last_id_};
    auto channel = Channel::open(id, settings, *queues_);
    if (!channel) return Failure(std::move(channel.error()));
    Channel& opened = *channels_.emplace(id.value, *std::move(channel)).first->second;
    opened.watch(loop_, [this, id] { read(id.value); });
    return id;
}

void AdvertLink::close_channel(vrrp::ChannelId channel) {
    auto at = channels_.find(channel.value);
    if (at == channels_.end()) return;
    (void)at->second->send_queued(counters_);
    std::erase(patient_, channel.value);
    channels_.erase(at);
}

void AdvertLink::resize_receive_buffer(vrrp::ChannelId channel, uint32_t bytes) {
    const auto at = channels_.find(channel.value);
    if (at != channels_.end()) at->second->resize_receive_buffer(bytes);
}

void AdvertLink::on_receive(ReceiveHandler handler) {
    receive_handler_ = std::move(handler);
}

void AdvertLink::on_send_error(SendErrorHandler handler) {
    send_error_handler_ = std::move(handler);
}

vrrp::ChannelDescriptors AdvertLink::descriptors(vrrp::ChannelId channel) const {
    const auto at = channels_.find(channel.value);
    if (at == channels_.end()) return {};
    return {at->second->receive_fd(), at->second->send_fd()};
}

void AdvertLink::send(vrrp::ChannelId channel, const vrrp::SendOptions& options,
                      std::span<const uint8_t> packet) {
    auto at = channels_.find(channel.value);
    if (at == channels_.end()) return;
    if (!at->second->queue(options, packet)) {
        flush();
        // The error handler may have closed the channel.
        at = channels_.find(channel.value);
        if (at == channels_.end()) return;
        if (!at->second->queue(options, packet)) {
            ++counters_.send_errors;  // Longer than any advert.
            return;
        }
    }
    flush_at_turn_end_.request();
}

Result<> AdvertLink::announce(std::span<const vrrp::Announcement> batch, uint32_t repeat) {
    if (auto opened = announcer_.open(); !opened) return opened;
    queue_.add(batch, repeat);
    flush_at_turn_end_.request();
    return {};
}

void AdvertLink::cancel_announcements(std::span<const vrrp::Announcement> batch) {
    for (const vrrp::Announcement& announcement : batch)
        queue_.cancel(announcement.interface, announcement.address);
}

void AdvertLink::flush() {
    auto errors = std::exchange(buffers_->errors, {});
    for (auto& [number, channel] : channels_) {
        if (channel->is_queue_empty()) continue;
        if (auto error = channel->send_queued(counters_)) errors.emplace_back(channel->id(), *error);
    }
    send_announcements();
    if (send_error_handler_)
        for (const auto& [channel, error] : errors)
            send_error_handler_(channel, error.destination, error.os_error);
    errors.clear();
    buffers_->errors = std::move(errors);  // Keeps its room.
}

void AdvertLink::send_announcements() {
    due_.clear();
    queue_.take_due(loop_.now(), due_);
    if (announced_handler_)
        for (const vrrp::Announcement& announcement : due_) announced_handler_(announcement);
    if (!due_.empty()) announcer_.send(due_);
    if (const auto next = queue_.deadline()) pacing_timer_.arm(*next);
}

void AdvertLink::drain() {
    std::vector<uint32_t> numbers;
    numbers.reserve(channels_.size());
    for (const auto& [number, channel] : channels_) numbers.push_back(number);
    for (const uint32_t number : numbers) read(number);
}

void AdvertLink::set_patience(vrrp::ChannelId channel, Duration patience, size_t packets) {
    const auto at = channels_.find(channel.value);
    if (at == channels_.end()) return;
    std::erase(patient_, channel.value);
    if (patience > Duration::zero()) patient_.push_back(channel.value);
    at->second->set_patience(patience, packets);
}

void AdvertLink::catch_up() {
    // Backwards: a handler may close channels, most likely the one that it hears from.
    for (size_t i = patient_.size(); i-- > 0;) {
        if (i >= patient_.size()) continue;
        const Gathering& gathering = channels_.at(patient_[i])->gathering();
        if (gathering.is_resting() && gathering.last_read() < loop_.now()) read(patient_[i]);
    }
}

/// `number` may be that of a channel that has been closed meanwhile, before or by what is read.
void AdvertLink::read(uint32_t number) {
    auto at = channels_.find(number);
    if (at == channels_.end()) return;
    const size_t count = receive(*at->second);
    at = channels_.find(number);
    if (at != channels_.end()) at->second->was_read(loop_.now(), count);
}

size_t AdvertLink::receive(Channel& channel) {
    require(!buffers_->in_use, "a receive handler does not drain the link");
    buffers_->in_use = true;
    const vrrp::ChannelId id = channel.id();
    const bool is_v4 = channel.settings().family == Family::ipv4;
    const int fd = channel.receive_fd();
    const Duration longest = channel.gathering().longest_wait(loop_.now());
    const Arrival arrival{longest > Duration::zero() ? std::chrono::system_clock::now()
                                                     : std::chrono::system_clock::time_point{},
                          longest};
    size_t total = 0;
    for (int batch = 0; batch < kBatchesPerTurn; ++batch) {
        for (; buffers_->used > 0; --buffers_->used) buffers_->prepare(buffers_->used - 1);
        const int count = recvmmsg(fd, buffers_->messages.data(), kReceiveBatch, MSG_DONTWAIT, nullptr);
        if (count <= 0)
            break;  // Nothing more, or a pending error (the interface went down), which this has cleared.
        buffers_->used = static_cast<size_t>(count);
        total += buffers_->used;
        for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
            Buffers::Slot& slot = buffers_->slots[i];
            mmsghdr& message = buffers_->messages[i];
            const auto packet = std::span<const uint8_t>(slot.packet).first(message.msg_len);
            vrrp::ReceivedFrame frame;
            read_control(message.msg_hdr, arrival, frame);
            bool is_whole = (message.msg_hdr.msg_flags & MSG_TRUNC) == 0;
            if (is_v4) {
                is_whole = is_whole && read_ipv4(packet, frame);
            } else {
                frame.source = address_of(slot.from);
                frame.payload = packet;
            }
            if (!is_whole) {
                ++counters_.malformed;
                continue;
            }
            frame.multicast = frame.destination.is_multicast();
            ++counters_.received;
            if (receive_handler_) receive_handler_(id, frame);
            if (!channels_.contains(id.value)) {
                buffers_->in_use = false;
                return total;
            }
        }
        if (static_cast<size_t>(count) < kReceiveBatch) break;
    }
    buffers_->in_use = false;
    return total;
}

}  // namespace holdfast::kernel
