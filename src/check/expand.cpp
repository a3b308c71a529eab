#include "holdfast/check/expand.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>

#include "holdfast/ipvs/reconciler.hpp"

namespace holdfast::check {
namespace {

// What the kernel wants for a service that stands for all ports; the reference's value too.
constexpr uint32_t kDefaultPersistence = 360;

Family family_of_entry(const GroupEntry& entry) {
    return entry.firewall_mark != 0 ? *entry.mark_family : entry.first.address.family();
}

// For marks that name none: what the rest of the group says if it is of one mind, then what the servers are.
Family default_mark_family(const VirtualServerSettings& server, const VirtualServerGroup& group) {
    bool v4 = false;
    bool v6 = false;
    for (const GroupEntry& entry : group.entries) {
        if (entry.firewall_mark != 0 && !entry.mark_family) continue;
        (family_of_entry(entry) == Family::ipv4 ? v4 : v6) = true;
    }
    if (v4 != v6) return v4 ? Family::ipv4 : Family::ipv6;
    for (const RealServerSettings& one : server.real_servers)
        if (one.forwarding.method != ipvs::ForwardingMethod::tunnel) return one.endpoint.address.family();
    return server.real_servers.empty() ? Family::ipv4 : server.real_servers.front().endpoint.address.family();
}

}  // namespace

IpAddress advance(const IpAddress& first, uint32_t offset) {
    std::array<uint8_t, 16> bytes{};
    const auto from = first.bytes();
    std::ranges::copy(from, bytes.begin());
    uint64_t carry = offset;
    for (size_t i = from.size(); i-- > 0 && carry != 0; carry >>= 8U) {
        carry += bytes[i];
        bytes[i] = static_cast<uint8_t>(carry);
    }
    return *IpAddress::from_bytes({bytes.data(), from.size()});
}

std::vector<ipvs::ServiceKey> services_of(const VirtualServerSettings& server,
                                          const VirtualServerGroup* group) {
    if (server.group.empty()) {
        ipvs::ServiceKey key = server.key;
        if (key.firewall_mark != 0) {
            key.protocol = ipvs::Protocol::none;
            key.endpoint = {IpAddress::any(key.family), 0};
        } else {
            key.family = key.endpoint.address.family();
        }
        return {key};
    }
    if (group == nullptr) return {};

    std::vector<ipvs::ServiceKey> keys;
    std::unordered_set<ipvs::ServiceKey> seen;
    auto add = [&](const ipvs::ServiceKey& key) {
        if (seen.insert(key).second) keys.push_back(key);
    };
    for (const GroupEntry& entry : group->entries) {
        if (entry.firewall_mark != 0) {
            const Family family = entry.mark_family.value_or(default_mark_family(server, *group));
            add({.family = family,
                 .firewall_mark = entry.firewall_mark,
                 .protocol = ipvs::Protocol::none,
                 .endpoint = {IpAddress::any(family), 0}});
            continue;
        }
        for (uint32_t i = 0; i < entry.count; ++i)
            add({.family = entry.first.address.family(),
                 .protocol = server.key.protocol,
                 .endpoint = {advance(entry.first.address, i), entry.first.port}});
    }
    return keys;
}

bool can_be_marked(const VirtualServerGroup& group) {
    return std::ranges::none_of(group.entries,
                                [](const GroupEntry& entry) { return entry.firewall_mark != 0; });
}

std::vector<ipvs::ServiceKey> marked_services_of(const VirtualServerGroup& group, uint32_t mark) {
    std::vector<ipvs::ServiceKey> keys;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        if (std::ranges::none_of(group.entries, [&](const GroupEntry& entry) {
                return entry.first.address.family() == family;
            }))
            continue;
        keys.push_back({.family = family,
                        .firewall_mark = mark,
                        .protocol = ipvs::Protocol::none,
                        .endpoint = {IpAddress::any(family), 0}});
    }
    return keys;
}

ipvs::ServiceAttributes attributes_for(const VirtualServerSettings& server, const ipvs::ServiceKey& key) {
    ipvs::ServiceAttributes attributes = server.attributes;
    const bool is_mark = key.firewall_mark != 0;
    if (!is_mark && key.endpoint.port == 0 && attributes.persistence_timeout == 0)
        attributes.persistence_timeout = kDefaultPersistence;
    if (!is_mark && key.protocol != ipvs::Protocol::udp) attributes.flags.one_packet = false;
    // A group of both families: the mask is written in the way of one.
    if (!server.group.empty() && key.family != server.key.family) attributes.persistence_netmask = 0;
    return ipvs::normal(key, std::move(attributes));
}

ipvs::DestinationKey destination_for(const Endpoint& server, const ipvs::Forwarding& forwarding,
                                     const ipvs::ServiceKey& service, bool in_group) {
    const uint16_t service_port = service.firewall_mark != 0 ? 0 : service.endpoint.port;
    if (forwarding.method != ipvs::ForwardingMethod::masquerade) return {server.address, service_port};
    if (server.port == 0 && !in_group) return {server.address, service_port};
    return server;
}

int32_t limit_weight(int64_t weight) {
    return static_cast<int32_t>(std::clamp<int64_t>(weight, 0, std::numeric_limits<int32_t>::max()));
}

}  // namespace holdfast::check
