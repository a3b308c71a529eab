#include "sim_link.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "holdfast/vrrp/packet.hpp"

namespace holdfast::sim {

namespace {

/// The IPv4 header a packet arrives with, which an authentication header covers.
std::array<uint8_t, 20> ip_header(const vrrp::SendOptions& options, size_t payload, uint8_t protocol) {
    std::array<uint8_t, 20> header{};
    const size_t length = header.size() + payload;
    header[0] = 0x45;
    header[1] = 0xc0;
    header[2] = static_cast<uint8_t>(length >> 8U);
    header[3] = static_cast<uint8_t>(length);
    header[4] = static_cast<uint8_t>(options.ip_id >> 8U);
    header[5] = static_cast<uint8_t>(options.ip_id);
    header[8] = options.ttl;
    header[9] = protocol;
    std::ranges::copy(options.source.bytes(), header.begin() + 12);
    std::ranges::copy(options.destination.bytes(), header.begin() + 16);
    return header;
}

}  // namespace

Result<vrrp::ChannelId> SimLink::open_channel(const vrrp::ChannelSettings& settings) {
    const auto link = node_.kernel.links.find(settings.interface.value);
    if (link == node_.kernel.links.end() || link->second.name != settings.interface_name)
        return fail_errno("opening a channel on " + settings.interface_name, ENODEV);
    const vrrp::ChannelId id{++last_};
    channels_[id.value] = settings;
    return id;
}

void SimLink::close_channel(vrrp::ChannelId channel) {
    flush();
    channels_.erase(channel.value);
}

void SimLink::send(vrrp::ChannelId channel, const vrrp::SendOptions& options,
                   std::span<const uint8_t> packet) {
    queue_.push_back({channel, options, {packet.begin(), packet.end()}});
    const auto settings = channels_.find(channel.value);
    if (settings == channels_.end() || !world_.observer.advert) return;
    const size_t at = settings->second.protocol == vrrp::kProtocolAuthenticationHeader ? 24 : 0;
    if (packet.size() < at + 8) return;
    world_.observer.advert(node_, {settings->second, options, packet[at + 1], packet[at + 2]});
}

Result<> SimLink::announce(std::span<const vrrp::Announcement> batch, uint32_t repeat) {
    node_.announcements += batch.size() * repeat;
    if (world_.sabotage.silent_announcements) return {};
    for (const vrrp::Announcement& announcement : batch) node_.announced[announcement.address] = world_.now();
    return {};
}

void SimLink::flush() {
    for (const Queued& queued : std::exchange(queue_, {})) {
        const auto channel = channels_.find(queued.channel.value);
        if (channel != channels_.end())
            world_.transmit(node_, channel->second, queued.options, queued.packet);
    }
}

void SimLink::drain() {
    kept_.clear();
    for (const auto& deliver : std::exchange(inbox_, {})) deliver();
}

void SimLink::receive(const std::string& interface, const vrrp::SendOptions& options,
                      const std::vector<uint8_t>& payload, uint8_t protocol) {
    const bool multicast = options.destination.is_multicast();
    std::vector<uint32_t> matching;
    for (const auto& [id, settings] : channels_) {
        // A socket bound to an interface that is gone hears nothing, whatever has its name now.
        const auto link = node_.kernel.links.find(settings.interface.value);
        if (link == node_.kernel.links.end() || !link->second.usable()) continue;
        if (node_.wire_of(settings.interface_name) != interface || settings.protocol != protocol) continue;
        if (settings.family != options.destination.family()) continue;
        if (multicast ? settings.multicast_group == options.destination
                      : settings.bind_address == options.destination) {
            matching.push_back(id);
        }
    }
    const auto header = ip_header(options, payload.size(), protocol);
    for (const uint32_t id : matching) {
        const auto channel = channels_.find(id);
        if (channel == channels_.end()) continue;  // Closed by what the last one caused.
        vrrp::ReceivedFrame frame;
        frame.source = options.source;
        frame.destination = options.destination;
        frame.ttl = options.ttl;
        frame.multicast = multicast;
        frame.interface = channel->second.interface;
        frame.payload = payload;
        if (options.source.is_v4()) {
            frame.announced_payload_length = static_cast<uint16_t>(payload.size());
            frame.ip_header = header;
        }
        if (receive_) receive_({id}, frame);
    }
}

Result<bfd::ChannelId> SimBfdLink::open_channel(const bfd::ChannelSettings& settings) {
    if (settings.source && !node_.has_address(*settings.source))
        return fail_errno("binding to " + settings.source->to_string(), EADDRNOTAVAIL);
    const bfd::ChannelId id{++last_};
    channels_[id.value] = settings;
    return id;
}

Result<> SimBfdLink::send(bfd::ChannelId channel, std::span<const uint8_t> packet) {
    const auto found = channels_.find(channel.value);
    if (found == channels_.end()) return fail_errno("sending", EBADF);
    const bfd::ChannelSettings& settings = found->second;
    const std::string interface = node_.interface_towards(settings.neighbor);
    if (interface.empty()) return fail_errno("sending", ENETUNREACH);
    bfd::ReceivedDatagram datagram;
    const auto own = node_.address_on(interface, settings.neighbor.family());
    if (!settings.source && !own) return fail_errno("sending", ENETUNREACH);
    datagram.source = settings.source ? *settings.source : *own;
    datagram.destination = settings.neighbor;
    datagram.ttl = settings.ttl;
    datagram.multihop = settings.multihop;
    datagram.payload = packet;
    world_.transmit_datagram(node_, datagram);
    return {};
}

void SimBfdLink::receive(const bfd::ReceivedDatagram& datagram) {
    const bool listens = std::ranges::any_of(channels_, [&](const auto& entry) {
        return entry.second.multihop == datagram.multihop &&
               entry.second.neighbor.family() == datagram.source.family();
    });
    if (listens && receive_ && !world_.sabotage.deaf_to_bfd) receive_(datagram);
}

}  // namespace holdfast::sim
