#include <fmt/format.h>

#include "holdfast/kernel/firewall.hpp"

namespace holdfast::kernel {

using namespace netstate;

namespace {

/// Writes the commands for one operation after the other.
class Script {
  public:
    explicit Script(const FirewallSettings& settings) : settings_(settings) {}

    void operator()(const RemoveTables&) {
        // Removing what is not there would be an error, adding what is there is none.
        for (const char* family : {"ip", "ip6"}) {
            line("add table {} {}", family, settings_.table);
            line("delete table {} {}", family, settings_.table);
        }
    }
    void operator()(const AddPart& add) {
        switch (add.part) {
            case FirewallPart::base4:
                line("add table ip {}", settings_.table);
                chain("ip", "out", "output");
                return;
            case FirewallPart::base6:
                return base6();
            case FirewallPart::addresses4:
                chain("ip", "in", "input");
                set("ip", "vips", "ipv4_addr");
                rule("ip", "in", "ip daddr @vips", "drop");
                rule("ip", "out", "ip saddr @vips", "drop");
                return;
            case FirewallPart::addresses6:
                return addresses6();
            case FirewallPart::link_local_by_index:
                set("ip6", "vips_link_local", "ipv6_addr . iface_index");
                rule("ip6", "in_link_local", "ip6 daddr . iif @vips_link_local", "drop");
                rule("ip6", "out_link_local", "ip6 saddr . oif @vips_link_local", "drop");
                return;
            case FirewallPart::link_local_by_name:
                set("ip6", "vips_link_local_name", "ipv6_addr . ifname");
                rule("ip6", "in_link_local", "ip6 daddr . iifname @vips_link_local_name", "drop");
                rule("ip6", "out_link_local", "ip6 saddr . oifname @vips_link_local_name", "drop");
                return;
            case FirewallPart::quiet4:
                line("add map ip {} vmac_map {{ type iface_index : iface_index ; }}", settings_.table);
                rule("ip", "out", "ip protocol igmp meta oifkind macvlan",
                     "dup to ip daddr device oif map @vmac_map", "drop");
                return;
            case FirewallPart::quiet6:
                return quiet6();
        }
    }
    void operator()(const Protect& protect) { element("add", protect.address); }
    void operator()(const Unprotect& unprotect) { element("delete", unprotect.address); }
    void operator()(const AddQuietLink& add) { elements("add", add.link); }
    void operator()(const RemoveQuietLink& remove) { elements("delete", remove.link); }

    std::string take() { return std::move(text_); }

  private:
    template <class... Arguments>
    void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
        text_ += '\n';
    }
    void chain(std::string_view family, std::string_view name, std::string_view hook) {
        line("add chain {} {} {} {{ type filter hook {} priority {} ; policy accept ; }}", family,
             settings_.table, name, hook, settings_.priority);
    }
    void set(std::string_view family, std::string_view name, std::string_view type) {
        line("add set {} {} {} {{ type {} ; }}", family, settings_.table, name, type);
    }
    void rule(std::string_view family, std::string_view chain, std::string_view matches,
              std::string_view verdict) {
        line("add rule {} {} {} {}{} {}", family, settings_.table, chain, matches,
             settings_.counters ? " counter" : "", verdict);
    }
    void rule(std::string_view family, std::string_view chain, std::string_view matches,
              std::string_view statement, std::string_view verdict) {
        line("add rule {} {} {} {} {}{} {}", family, settings_.table, chain, matches, statement,
             settings_.counters ? " counter" : "", verdict);
    }
    void base6() {
        line("add table ip6 {}", settings_.table);
        chain("ip6", "out", "output");
        set("ip6", "parent_link_local",
            settings_.by_index ? "ipv6_addr . iface_index" : "ipv6_addr . ifname");
        rule("ip6", "out",
             fmt::format("icmpv6 type nd-neighbor-advert meta oifkind macvlan "
                         "ip6 saddr . {} @parent_link_local",
                         settings_.by_index ? "oif" : "oifname"),
             "drop");
    }
    void addresses6() {
        chain("ip6", "in", "input");
        line("add chain ip6 {} in_link_local", settings_.table);
        line("add chain ip6 {} out_link_local", settings_.table);
        set("ip6", "vips", "ipv6_addr");
        line(
            "add set ip6 {} neighbor-discovery {{ type icmpv6_type ; flags constant ; "
            "elements = {{ nd-neighbor-solicit, nd-neighbor-advert }} ; }}",
            settings_.table);
        // Neighbours must find the virtual addresses all the same (RFC 9568, 6.4.3).
        rule("ip6", "in", "icmpv6 type @neighbor-discovery", "accept");
        rule("ip6", "in", "ip6 daddr fe80::/10", "goto in_link_local");
        rule("ip6", "out", "icmpv6 type @neighbor-discovery", "accept");
        rule("ip6", "out", "ip6 saddr fe80::/10", "goto out_link_local");
        rule("ip6", "in", "ip6 daddr @vips", "drop");
        rule("ip6", "out", "ip6 saddr @vips", "drop");
    }
    void quiet6() {
        line("add map ip6 {} vmac_map {{ type iface_index : iface_index ; }}", settings_.table);
        set("ip6", "vmac_set", "iface_index");
        line(
            "add set ip6 {} mld-report {{ type icmpv6_type ; flags constant ; "
            "elements = {{ mld2-listener-report, mld-listener-report }} ; }}",
            settings_.table);
        rule("ip6", "out", "icmpv6 type @mld-report meta oifkind macvlan",
             "dup to ip6 daddr device oif map @vmac_map", "drop");
        rule("ip6", "out", "icmpv6 type nd-router-solicit meta oifkind macvlan oif @vmac_set", "drop");
    }
    void element(std::string_view verb, const ProtectedAddress& address) {
        const std::string text = address.address.to_string();
        if (address.address.is_v4()) {
            line("{} element ip {} vips {{ {} }}", verb, settings_.table, text);
        } else if (!address.interface_name.empty()) {
            line("{} element ip6 {} vips_link_local_name {{ {} . \"{}\" }}", verb, settings_.table, text,
                 address.interface_name);
        } else if (address.interface) {
            line("{} element ip6 {} vips_link_local {{ {} . {} }}", verb, settings_.table, text,
                 address.interface.value);
        } else {
            line("{} element ip6 {} vips {{ {} }}", verb, settings_.table, text);
        }
    }
    void elements(std::string_view verb, const QuietLink& link) {
        const char* family = link.family == Family::ipv4 ? "ip" : "ip6";
        line("{} element {} {} vmac_map {{ {} : {} }}", verb, family, settings_.table, link.link.value,
             link.base.value);
        if (link.family == Family::ipv4) return;
        line("{} element ip6 {} vmac_set {{ {} }}", verb, settings_.table, link.link.value);
        if (!link.base_link_local) return;
        const std::string interface =
            settings_.by_index ? fmt::format("{}", link.link.value) : fmt::format("\"{}\"", link.link_name);
        line("{} element ip6 {} parent_link_local {{ {} . {} }}", verb, settings_.table,
             link.base_link_local->to_string(), interface);
    }

    const FirewallSettings& settings_;
    std::string text_;
};

}  // namespace

std::string nft_script(const FirewallSettings& settings, std::span<const FirewallOperation> operations) {
    Script script(settings);
    for (const FirewallOperation& operation : operations) std::visit(script, operation);
    return script.take();
}

}  // namespace holdfast::kernel
