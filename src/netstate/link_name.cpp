#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "holdfast/netstate/links.hpp"

namespace holdfast::netstate {

namespace {

constexpr size_t kLongestName = 15;  // IFNAMSIZ less the NUL.

/// PREFIX[NUMBER].VRID; a long prefix is cut.
std::string numbered(const std::string& prefix, std::string_view number, uint8_t vrid) {
    const std::string tail = fmt::format("{}.{}", number, vrid);
    return prefix.substr(0, kLongestName - tail.size()) + tail;
}

bool fits(const LinkInfo& link, const LinkNameRequest& request, const LinkInfo& base, const Mirror& mirror) {
    if (link.lower != lower_of(base, request.ipvlan)) return false;
    if (!request.ipvlan)
        return link.kind == "macvlan" && link.mode == kMacvlanPrivate && link.mac == request.mac;
    if (link.kind != "ipvlan" || link.mode != kIpvlanL2 || link.kind_flags != request.ipvlan_flags)
        return false;
    // All ipvlans of an interface share its MAC address: only a name or an address tells whose it is.
    if (!request.configured.empty() && link.name != request.configured) return false;
    if (request.ipvlan_address) {
        return std::ranges::any_of(mirror.addresses(link.index), [&](const KernelAddress& address) {
            return address.prefix.address == *request.ipvlan_address;
        });
    }
    return !request.configured.empty();
}

}  // namespace

MacAddress virtual_router_mac(Family family, uint8_t vrid) {
    MacAddress mac;
    mac.bytes = {0x00, 0x00, 0x5e, 0x00, static_cast<uint8_t>(family == Family::ipv4 ? 0x01 : 0x02), vrid};
    return mac;
}

IpAddress link_local_of(const MacAddress& mac) {
    const auto& m = mac.bytes;
    const std::array<uint8_t, 16> bytes{
        0xfe, 0x80, 0,    0,    0,    0,    0,   0, static_cast<uint8_t>(m[0] ^ 0x02),
        m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
    return *IpAddress::from_bytes(bytes);
}

InterfaceIndex lower_of(const LinkInfo& base, bool ipvlan) {
    return base.kind == (ipvlan ? "ipvlan" : "macvlan") ? base.lower : base.index;
}

std::string choose_link_name(const LinkNameRequest& request, const Mirror& mirror,
                             const std::set<std::string, std::less<>>& taken) {
    const LinkInfo* base = mirror.link(request.base);
    for (const auto& [index, link] : mirror.links()) {
        if (base != nullptr && !taken.contains(link.name) && fits(link, request, *base, mirror))
            return link.name;
    }
    if (!request.configured.empty()) {
        const LinkInfo* existing = mirror.link(request.configured);
        if (existing == nullptr || existing->kind == "macvlan" || existing->kind == "ipvlan")
            return request.configured;
    }
    const auto is_free = [&](const std::string& name) {
        return !taken.contains(name) && mirror.link(name) == nullptr;
    };
    std::string name = numbered(request.prefix, "", request.vrid);
    if (is_free(name)) return name;
    if (request.family == Family::ipv6) {
        name = numbered(request.prefix, "6", request.vrid);
        if (is_free(name)) return name;
    }
    for (unsigned number = 1;; ++number) {
        if (number == 6 && request.family == Family::ipv6) continue;
        name = numbered(request.prefix, fmt::format("{}", number), request.vrid);
        if (is_free(name)) return name;
    }
}

}  // namespace holdfast::netstate
