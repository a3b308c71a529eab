#include "world.hpp"

#include <fmt/format.h>

#include <algorithm>

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

void World::transmit(Node& from, const vrrp::ChannelSettings& channel, const vrrp::SendOptions& options,
                     std::span<const uint8_t> packet) {
    const bool link_up = std::ranges::any_of(from.kernel.links, [&](const auto& entry) {
        return entry.second.name == channel.interface_name && entry.second.usable();
    });
    if (!link_up) return;
    for (const auto& to : nodes_) {
        if (to.get() == &from || cut.contains({from.name(), to->name()})) continue;
        const int copies = (chance() < wire.loss ? 0 : 1) + (chance() < wire.duplication ? 1 : 0);
        for (int copy = 0; copy < copies; ++copy) {
            const auto jitter = std::chrono::nanoseconds(
                static_cast<int64_t>(chance() * static_cast<double>(wire.jitter.count())));
            ++frames_;
            at(now_ + wire.delay + jitter,
               [this, node = to.get(), interface = from.wire_of(channel.interface_name), options,
                protocol = channel.protocol,
                payload = std::vector<uint8_t>(packet.begin(), packet.end())]() mutable {
                   if (tamper) tamper(*node, payload);
                   node->deliver(interface, options, std::move(payload), protocol);
               });
        }
    }
}

void World::record(const std::string& node, std::string text) {
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
