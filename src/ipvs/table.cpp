#include "holdfast/ipvs/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace holdfast::ipvs {
namespace {

// Above this size a comparison sorts copies instead of searching linearly.
constexpr size_t kSmallPool = 16;

bool same_pool(const Service& a, const Service& b) {
    if (a.destinations.size() != b.destinations.size()) return false;
    if (a.destinations == b.destinations) return true;
    if (a.destinations.size() <= kSmallPool)
        return std::ranges::all_of(a.destinations, [&](const Destination& wanted) {
            const Destination* found = b.find(wanted.key);
            return found != nullptr && *found == wanted;
        });
    auto sorted = [](std::vector<Destination> pool) {
        std::ranges::sort(pool, {}, &Destination::key);
        return pool;
    };
    return sorted(a.destinations) == sorted(b.destinations);
}

std::string dotted(uint32_t mask) {
    return fmt::format("{}.{}.{}.{}", mask >> 24U, mask >> 16U & 255U, mask >> 8U & 255U, mask & 255U);
}

std::string at(const Endpoint& endpoint) {
    return fmt::format(fmt::runtime(endpoint.address.is_v6() ? "[{}]:{}" : "{}:{}"),
                       endpoint.address.to_string(), endpoint.port);
}

std::string selector(const ServiceKey& key) {
    if (key.firewall_mark != 0)
        return fmt::format("-f {}{}", key.firewall_mark, key.family == Family::ipv6 ? " -6" : "");
    std::string_view option = "-t";
    if (key.protocol == Protocol::udp) option = "-u";
    if (key.protocol == Protocol::sctp) option = "--sctp-service";
    return fmt::format("{} {}", option, at(key.endpoint));
}

// The scheduler flags have names of their own with the two schedulers that know some.
std::string flag_words(const ServiceAttributes& attributes) {
    const bool hashing = attributes.scheduler == "sh" || attributes.scheduler == "mh";
    std::string flags;
    auto add = [&](bool set, std::string_view plain, std::string_view own) {
        if (!set) return;
        if (!flags.empty()) flags += ',';
        flags +=
            hashing && !own.empty() ? fmt::format("{}-{}", attributes.scheduler, own) : std::string(plain);
    };
    add(attributes.flags.sched1, "flag-1", "fallback");
    add(attributes.flags.sched2, "flag-2", "port");
    add(attributes.flags.sched3, "flag-3", "");
    return flags;
}

std::string words(const ServiceKey& key, const ServiceAttributes& attributes) {
    std::string line = fmt::format("-s {}", attributes.scheduler);
    if (attributes.persistence_timeout != 0) {
        line += fmt::format(" -p {}", attributes.persistence_timeout);
        if (key.family == Family::ipv4 && attributes.persistence_netmask != 0xffffffff)
            line += fmt::format(" -M {}", dotted(attributes.persistence_netmask));
        if (key.family == Family::ipv6 && attributes.persistence_netmask != 128)
            line += fmt::format(" -M {}", attributes.persistence_netmask);
    }
    if (!attributes.persistence_engine.empty())
        line += fmt::format(" --pe {}", attributes.persistence_engine);
    if (attributes.flags.one_packet) line += " -o";
    const std::string flags = flag_words(attributes);
    if (!flags.empty()) line += fmt::format(" -b {}", flags);
    return line;
}

std::string_view method_word(ForwardingMethod method) {
    switch (method) {
        case ForwardingMethod::masquerade:
            return "-m";
        case ForwardingMethod::local:
            return "-l";
        case ForwardingMethod::tunnel:
            return "-i";
        case ForwardingMethod::direct_route:
            return "-g";
    }
    return "-?";
}

std::string tunnel_words(const Forwarding& forwarding) {
    if (forwarding.method != ForwardingMethod::tunnel) return {};
    if (forwarding.tunnel_type == TunnelType::ipip) return " --tun-type ipip";
    const std::string type = forwarding.tunnel_type == TunnelType::gue
                                 ? fmt::format(" --tun-type gue --tun-port {}", forwarding.tunnel_port)
                                 : " --tun-type gre";
    switch (forwarding.tunnel_checksum) {
        case TunnelChecksum::none:
            return type + " --tun-nocsum";
        case TunnelChecksum::checksum:
            return type + " --tun-csum";
        case TunnelChecksum::remote_checksum:
            return type + " --tun-remcsum";
    }
    return type;
}

}  // namespace

const Destination* Service::find(const DestinationKey& key) const {
    auto found = std::ranges::find(destinations, key, &Destination::key);
    return found == destinations.end() ? nullptr : &*found;
}

Destination* Service::find(const DestinationKey& key) {
    auto found = std::ranges::find(destinations, key, &Destination::key);
    return found == destinations.end() ? nullptr : &*found;
}

void Service::put(const Destination& destination) {
    if (Destination* found = find(destination.key)) {
        found->attributes = destination.attributes;
    } else {
        destinations.push_back(destination);
    }
}

bool Service::erase(const DestinationKey& key) {
    return std::erase_if(destinations, [&](const Destination& one) { return one.key == key; }) != 0;
}

bool operator==(const Service& a, const Service& b) {
    return a.attributes == b.attributes && same_pool(a, b);
}

Service* Table::find(const ServiceKey& key) {
    auto found = services_.find(key);
    return found == services_.end() ? nullptr : &found->second.service;
}

const Service* Table::find(const ServiceKey& key) const {
    auto found = services_.find(key);
    return found == services_.end() ? nullptr : &found->second.service;
}

Service& Table::add(const ServiceKey& key, const ServiceAttributes& attributes) {
    auto [slot, is_new] = services_.try_emplace(key);
    if (is_new) slot->second = {next_position_++, {attributes, {}}};
    return slot->second.service;
}

void Table::put(const ServiceKey& key, Service service) {
    auto [slot, is_new] = services_.try_emplace(key);
    if (is_new) slot->second.position = next_position_++;
    slot->second.service = std::move(service);
}

bool Table::erase(const ServiceKey& key) {
    return services_.erase(key) != 0;
}

void Table::clear() {
    services_.clear();
    next_position_ = 0;
}

size_t Table::destination_count() const {
    size_t count = 0;
    for (const auto& [key, slot] : services_) count += slot.service.destinations.size();
    return count;
}

std::vector<Table::Entry> Table::ordered() const {
    std::vector<std::pair<uint64_t, Entry>> by_position;
    by_position.reserve(services_.size());
    for (const auto& [key, slot] : services_) by_position.push_back({slot.position, {&key, &slot.service}});
    std::ranges::sort(by_position, {}, &std::pair<uint64_t, Entry>::first);
    std::vector<Entry> entries;
    entries.reserve(by_position.size());
    for (const auto& [position, entry] : by_position) entries.push_back(entry);
    return entries;
}

bool operator==(const Table& a, const Table& b) {
    if (a.size() != b.size()) return false;
    return std::ranges::all_of(a.services_, [&](const auto& one) {
        const Service* other = b.find(one.first);
        return other != nullptr && *other == one.second.service;
    });
}

std::string to_string(const Table& table) {
    std::string text;
    for (const auto& [key, service] : table.ordered()) {
        const std::string name = selector(*key);
        text += fmt::format("-A {} {}\n", name, words(*key, service->attributes));
        for (const Destination& one : service->destinations) {
            text += fmt::format("-a {} -r {} {} -w {}{}", name, at(one.key),
                                method_word(one.attributes.forwarding.method), one.attributes.weight,
                                tunnel_words(one.attributes.forwarding));
            if (one.attributes.upper_threshold != 0)
                text += fmt::format(" -x {}", one.attributes.upper_threshold);
            if (one.attributes.lower_threshold != 0)
                text += fmt::format(" -y {}", one.attributes.lower_threshold);
            text += '\n';
        }
    }
    return text;
}

}  // namespace holdfast::ipvs
