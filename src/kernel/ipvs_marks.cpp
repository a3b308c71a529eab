// nftables_ipvs: packets to the addresses of a group are marked, and one service by mark takes them all.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "holdfast/kernel/ipvs.hpp"
#include "holdfast/kernel/net_namespace.hpp"

namespace holdfast::kernel {

namespace {

using ipvs::Protocol;

struct ProtocolWords {
    Protocol protocol;
    std::string_view name;
};
constexpr std::array<ProtocolWords, 3> kProtocols{
    {{Protocol::tcp, "tcp"}, {Protocol::udp, "udp"}, {Protocol::sctp, "sctp"}}};

void map_of(std::string& script, const ipvs::MarkTable& table, Family family, const ProtocolWords& protocol) {
    const std::string_view ip = family == Family::ipv4 ? "ip" : "ip6";
    const auto in_map = [&](const ipvs::MarkedAddresses& entry) {
        return entry.protocol == protocol.protocol && entry.first.family() == family;
    };
    if (std::ranges::none_of(table.entries, in_map)) return;
    auto out = std::back_inserter(script);
    fmt::format_to(out,
                   "add map {} {} {}_map {{ type {}_addr . inet_service : mark ; flags interval ; {}}}\n", ip,
                   table.name, protocol.name, family == Family::ipv4 ? "ipv4" : "ipv6",
                   table.counters ? "counter ; " : "");
    fmt::format_to(
        out,
        "add rule {0} {1} in meta l4proto {2} meta mark set {0} daddr . {2} dport map @{2}_map counter "
        "return\n",
        ip, table.name, protocol.name);
    for (const ipvs::MarkedAddresses& entry : table.entries) {
        if (!in_map(entry)) continue;
        const std::string last = entry.first == entry.last ? "" : "-" + entry.last.to_string();
        fmt::format_to(out, "add element {} {} {}_map {{ {}{} . {} : {:#x} }}\n", ip, table.name,
                       protocol.name, entry.first.to_string(), last, entry.port, entry.mark);
    }
}

}  // namespace

std::string mark_script(const ipvs::MarkTable& table) {
    std::string script;
    auto out = std::back_inserter(script);
    for (const Family family : {Family::ipv4, Family::ipv6}) {
        const std::string_view ip = family == Family::ipv4 ? "ip" : "ip6";
        // Removing what is not there would be an error, adding what is there is none.
        fmt::format_to(out, "add table {0} {1}\ndelete table {0} {1}\n", ip, table.name);
        const bool any = std::ranges::any_of(table.entries, [&](const ipvs::MarkedAddresses& entry) {
            return entry.first.family() == family;
        });
        if (!any) continue;
        fmt::format_to(out,
                       "add table {0} {1}\nadd chain {0} {1} in {{ type filter hook input priority {2} ; "
                       "policy accept ; "
                       "}}\n",
                       ip, table.name, table.priority);
        for (const ProtocolWords& protocol : kProtocols) map_of(script, table, family, protocol);
    }
    return script;
}

Result<> IpvsTable::set_marks(const ipvs::MarkTable& table) {
    const std::string script = mark_script(table);
    if (!net_namespace_) return nftables_.run(script);
    const auto there = InNetNamespace::enter(namespace_path(*net_namespace_));
    if (!there) return Failure(there.error());
    // A context keeps its socket, which belongs to the namespace it was made in.
    return NftLibrary().run(script);
}

}  // namespace holdfast::kernel
