#include "world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/require.hpp"

namespace holdfast::sim {

World::World(uint64_t seed) : random_(seed) {}
World::~World() = default;

Node& World::add(const std::string& name) {
    nodes_.push_back(std::make_unique<Node>(*this, name, static_cast<uint8_t>(nodes_.size() + 1)));
    return *nodes_.back();
}

Node& World::node(const std::string& name) {
    const auto found = std::ranges::find_if(nodes_, [&](const auto& node) { return node->name() == name; });
    require(found != nodes_.end(), "the node exists");
    return **found;
}

void World::at(Instant when, std::function<void()> what) {
    pending_.push({std::max(when, now_), order_++, std::move(what)});
}

bool World::is_undisturbed() const {
    const WireFaults good;
    return cut.empty() && wire.loss == 0 && wire.duplication == 0 && wire.delay == good.delay &&
           wire.jitter == good.jitter;
}

void World::run(Duration length) {
    (void)run_until([] { return false; }, length);
}

bool World::run_until(const std::function<bool()>& condition, Duration limit) {
    const Instant end = now_ + limit;
    for (const auto& node : nodes_) node->turn();
    while (!condition()) {
        Instant next = end;
        if (!pending_.empty()) next = std::min(next, pending_.top().at);
        for (const auto& node : nodes_) {
            if (const auto due = node->next()) next = std::min(next, *due);
        }
        if (next >= end && now_ >= end) return false;
        now_ = std::max(now_, next);
        ++events_;
        while (!pending_.empty() && pending_.top().at <= now_) {
            const auto what = pending_.top().what;
            pending_.pop();
            what();
        }
        for (const auto& node : nodes_) node->turn();
        if (now_ >= end) return condition();
    }
    return true;
}

std::vector<Instant> World::arrivals(const Node& from, const Node& to) {
    ++counts_.frames;
    if (cut.contains({from.name(), to.name()})) {
        ++counts_.cut;
        return {};
    }
    int copies = 1;
    if (chance() < wire.loss) {
        ++counts_.lost;
        --copies;
    }
    if (chance() < wire.duplication) {
        ++counts_.duplicated;
        ++copies;
    }
    std::vector<Instant> list;
    for (int copy = 0; copy < copies; ++copy) {
        const auto jitter = std::chrono::nanoseconds(
            static_cast<int64_t>(chance() * static_cast<double>(wire.jitter.count())));
        list.push_back(now_ + wire.delay + jitter);
        Instant& latest = latest_[{&from, &to}];
        // A healthy wire does not reorder.
        if (wire.jitter <= WireFaults{}.jitter) list.back() = std::max(list.back(), latest);
        if (list.back() < latest) ++counts_.overtaken;
        latest = std::max(latest, list.back());
    }
    return list;
}

void World::transmit(Node& from, const vrrp::ChannelSettings& channel, const vrrp::SendOptions& options,
                     std::span<const uint8_t> packet) {
    const auto link = from.kernel.links.find(channel.interface.value);
    if (link == from.kernel.links.end() || !link->second.usable()) return;
    const std::string interface = from.wire_of(channel.interface_name);
    if (!from.link_is_usable(interface)) return;
    for (const auto& to : nodes_) {
        if (to.get() == &from) continue;
        for (const Instant when : arrivals(from, *to)) {
            at(when, [this, node = to.get(), interface, options, protocol = channel.protocol,
                      payload = std::vector<uint8_t>(packet.begin(), packet.end())]() mutable {
                if (tamper) tamper(*node, payload);
                node->deliver(interface, options, std::move(payload), protocol);
            });
        }
    }
}

void World::transmit_datagram(Node& from, const bfd::ReceivedDatagram& datagram) {
    const std::string interface = from.interface_towards(datagram.destination);
    for (const auto& to : nodes_) {
        if (to.get() == &from || !to->has_address(datagram.destination)) continue;
        for (const Instant when : arrivals(from, *to)) {
            at(when,
               [node = to.get(), interface, copy = datagram,
                payload = std::vector<uint8_t>(datagram.payload.begin(), datagram.payload.end())]() mutable {
                   node->deliver_datagram(interface, copy, std::move(payload));
               });
        }
    }
}

void World::record(const std::string& node, std::string text) {
    const auto mix = [this](std::string_view words) {
        for (const char c : words) fingerprint_ = (fingerprint_ ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
    };
    fingerprint_ ^= static_cast<uint64_t>(now_.time_since_epoch().count());
    mix(node);
    mix(text);
    if (trace) {
        fmt::print("{:10.6f} {:4} {}\n", to_seconds(now_.time_since_epoch()) - 3600, node, text);
    }
    records_.push_back({now_, node, std::move(text)});
    if (records_.size() > 2000) records_.pop_front();
}

std::string World::history(size_t lines) const {
    std::string text;
    const size_t begin = records_.size() > lines ? records_.size() - lines : 0;
    for (size_t i = begin; i < records_.size(); ++i) {
        text += fmt::format("{:10.6f} {:4} {}\n", to_seconds(records_[i].at.time_since_epoch()) - 3600,
                            records_[i].node, records_[i].text);
    }
    return text;
}

}  // namespace holdfast::sim
