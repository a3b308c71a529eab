// virtual_rules and static_rules: one rule per line, words as `ip rule`.
#include <fmt/format.h>

#include "entry_reader.hpp"

namespace holdfast::config {
namespace {

using netstate::RuleSettings;

// FR_ACT_* of linux/fib_rules.h.
enum Action : uint8_t {
    kUnspecified = 0,
    kToTable = 1,
    kGoto = 2,
    kNop = 3,
    kBlackhole = 6,
    kUnreachable = 7,
    kProhibit = 8,
};

struct ActionName {
    std::string_view name;
    Action action;
};
constexpr ActionName kActions[] = {
    {"blackhole", kBlackhole}, {"unreachable", kUnreachable}, {"prohibit", kProhibit}, {"nop", kNop}};

// clang-format off: one word, one line
const Option kRuleOptions[] = {
    {"from", "PREFIX", "Source selector.", everyday, {}, "from 10.2.0.0/24 table 100 priority 1001", "from ^10.2.0.300 table 100 priority 1001"},
    {"to", "PREFIX", "Destination selector.", everyday, {}, "to 10.2.0.0/24 table 100 priority 1001", "to ^10.2.0.300 table 100 priority 1001"},
    {"inet", "", "The rule is IPv4.", rare, {}, "inet table 100 priority 1001", "inet from ^2001:db8::/32 table 100 priority 1001"},
    {"inet6", "", "The rule is IPv6.", rare, {}, "inet6 table 100 priority 1001", "inet6 from ^10.2.0.0/24 table 100 priority 1001"},
    {"not", "", "Inverts the selectors.", rare, {}, "not from 10.2.0.0/24 table 100 priority 1001", kNothingWrong},
    {"table", "N|NAME", "Action: look the table up; not 0.", everyday, {"lookup"}, "from 10.2.0.0/24 table 100 priority 1001", "from 10.2.0.0/24 table ^nonsense priority 1001\nfrom 10.2.0.0/24 table ^0 priority 1001\nfrom 10.2.0.0/24 table 100 ^blackhole priority 1001"},
    {"priority", "N", "Preference; without one, one is invented and reported.", everyday, {"preference", "order"}, "from 10.2.0.0/24 table 100 priority 1001", "from 10.2.0.0/24 table 100 priority ^-1\nfrom 10.2.0.0/24 table 100"},
    {"tos", "N|NAME", "Type of service.", rare, {"dsfield"}, "tos 8 table 100 priority 1001", "tos ^256 table 100 priority 1001"},
    {"fwmark", "M[/MASK]", "Firewall mark.", common, {}, "fwmark 0x10/0xff table 100 priority 1001", "fwmark ^abc table 100 priority 1001\nfwmark ^1/x table 100 priority 1001"},
    {"realms", "[SRC/]DST", "Realms, IPv4 and table only.", rare, {}, "from 10.2.0.0/24 realms 3/4 table 100 priority 1001", "from 10.2.0.0/24 realms ^nonsense table 100 priority 1001\nfrom 10.2.0.0/24 realms 3/4 blackhole priority 1001"},
    {"suppress_prefixlength", "N", "Ignore results with at most this prefix length.", rare, {"sup_pl"}, "table 100 suppress_prefixlength 0 priority 1001", "table 100 suppress_prefixlength ^-1 priority 1001"},
    {"suppress_ifgroup", "N|NAME", "Ignore results on that interface group.", rare, {"sup_group"}, "table 100 suppress_ifgroup 1 priority 1001", "table 100 suppress_ifgroup ^nonsense priority 1001"},
    {"iif", "IFNAME", "Input interface, tracked.", common, {"dev"}, "iif eth1 table 100 priority 1001", "iif ^no-such-if table 100 priority 1001"},
    {"oif", "IFNAME", "Output interface, tracked.", rare, {}, "oif eth1 table 100 priority 1001", "oif ^no-such-if table 100 priority 1001"},
    {"tunnel-id", "N", "Tunnel id.", rare, {}, "tunnel-id 7 table 100 priority 1001", "tunnel-id ^abc table 100 priority 1001"},
    {"uidrange", "A-B", "User ids.", rare, {}, "uidrange 100-200 table 100 priority 1001", "uidrange ^100 table 100 priority 1001\nuidrange ^a-b table 100 priority 1001"},
    {"l3mdev", "", "Action: the table of the VRF.", rare, {}, "l3mdev priority 1001", "from 10.2.0.0/24 table 100 ^l3mdev priority 1001"},
    {"protocol", "0..255", "Originator; only with no_track.", rare, {}, "table 100 protocol 4 no_track priority 1001", "table 100 protocol ^256 no_track priority 1001\ntable 100 protocol 4 priority 1001"},
    {"ipproto", "NAME|N", "IP protocol.", rare, {}, "ipproto tcp table 100 priority 1001", "ipproto ^nonsense table 100 priority 1001"},
    {"sport", "A-B", "Source ports.", rare, {}, "sport 1000-2000 table 100 priority 1001", "sport ^high table 100 priority 1001"},
    {"dport", "A-B", "Destination ports.", rare, {}, "dport 80-90 table 100 priority 1001", "dport ^high table 100 priority 1001"},
    {"type", "ACTION", "May stand before the action.", rare, {}, "from 10.2.0.0/24 type prohibit priority 1001", "from 10.2.0.0/24 type ^nonsense priority 1001"},
    {"goto", "N", "Action: continue at that preference.", rare, {}, "from 10.2.0.0/24 priority 1001 goto 2000", "from 10.2.0.0/24 priority 1001 goto ^abc\nfrom 10.2.0.0/24 priority 1001 goto 1000"},
    {"nop", "", "Action: none.", rare, {}, "from 10.2.0.0/24 nop priority 1001", kNothingWrong},
    {"blackhole", "", "Action: drop.", common, {}, "from 10.2.0.0/24 blackhole priority 1001", kNothingWrong},
    {"unreachable", "", "Action: refuse.", common, {}, "from 10.2.0.0/24 unreachable priority 1001", kNothingWrong},
    {"prohibit", "", "Action: forbid.", common, {}, "from 10.2.0.0/24 prohibit priority 1001", kNothingWrong},
    {"no_track", "", "Losing the rule has no effect; it is not put back.", common, {}, "from 10.2.0.0/24 table 100 priority 1001 no_track", kNothingWrong},
    {"track_group", "NAME", "Losing the rule means FAULT for the group.", rare, {}, "iif eth0 table 100 priority 1001 track_group TG1", "iif eth0 table 100 priority 1001 track_group ^TG9"},
};
// clang-format on
// track_group is for static rules only.
const std::span kVirtualOptions = std::span(kRuleOptions).first(std::size(kRuleOptions) - 1);

struct ProtocolName {
    std::string_view name;
    uint8_t number;
};
// The protocols `ip rule` knows by name.
constexpr ProtocolName kProtocols[] = {{"icmp", 1},    {"igmp", 2},       {"tcp", 6},      {"udp", 17},
                                       {"dccp", 33},   {"gre", 47},       {"esp", 50},     {"ah", 51},
                                       {"icmpv6", 58}, {"ipv6-icmp", 58}, {"ospf", 89},    {"pim", 103},
                                       {"vrrp", 112},  {"sctp", 132},     {"udplite", 136}};

class RuleReader : EntryReader {
  public:
    RuleReader(Loading& loading, const Line& line, bool is_static)
        : EntryReader(loading, line, "rule"), is_static_(is_static) {
        rule_.action = kUnspecified;
    }

    std::optional<RuleSettings> read() {
        for (; word_ < line_.size(); ++word_)
            if (!read_word() || loading_.stopped()) return std::nullopt;
        return finish();
    }

  private:
    using EntryReader::refuse;
    bool refuse(std::string_view problem) {
        loading_.error(line_, kWholeLine, fmt::format("{}; the rule is ignored", problem));
        return false;
    }
    bool read_prefix(std::optional<Prefix>& out, bool& any) {
        const std::string_view text = next();
        if (loading_.stopped()) return false;
        if (text == "default" || text == "any" || text == "all") {
            out.reset();
            return any = true;
        }
        out = parse_prefix(text);
        return out ? has_family(out->address.family()) : refuse(word_, "is not a prefix");
    }

    bool read_number(uint64_t max, uint64_t& out, int base = 10) {
        const auto value = parse_unsigned(next(), 0, max, Lenient::no, base);
        if (loading_.stopped()) return false;
        if (!value.value) return refuse(word_, fmt::format("is not a number of 0..{}", max));
        out = *value.value;
        return true;
    }

    bool set_action(Action action) {
        if (rule_.action != kUnspecified) return refuse(word_, "is a second action");
        rule_.action = action;
        return true;
    }

    bool read_table() {
        const auto table = loading_.named_number(NameTable::route_tables, next(), UINT32_MAX);
        if (loading_.stopped()) return false;
        if (!table) return refuse(word_, "is not a routing table");
        if (*table == 0) return refuse(word_, "is not a table a rule can use");
        rule_.table = *table;
        return set_action(kToTable);
    }

    bool read_mark() {
        const std::string_view text = next();
        if (loading_.stopped()) return false;
        const size_t slash = text.find('/');
        const auto mark = parse_unsigned(text.substr(0, slash), 0, UINT32_MAX, Lenient::no, 0);
        if (!mark.value) return refuse(word_, "is not a mark");
        rule_.mark = static_cast<uint32_t>(*mark.value);
        if (slash == std::string_view::npos) return true;
        const auto mask = parse_unsigned(text.substr(slash + 1), 0, UINT32_MAX, Lenient::no, 0);
        if (!mask.value) return refuse(word_, "is not a mark with a mask");
        rule_.mask = static_cast<uint32_t>(*mask.value);
        return true;
    }

    template <class T>
    std::optional<std::pair<T, T>> range(std::string_view text) {
        const size_t dash = text.find('-');
        if (dash == std::string_view::npos) return std::nullopt;
        const auto first =
            parse_unsigned(text.substr(0, dash), 0, std::numeric_limits<T>::max(), Lenient::no);
        const auto last =
            parse_unsigned(text.substr(dash + 1), 0, std::numeric_limits<T>::max(), Lenient::no);
        if (!first.value || !last.value) return std::nullopt;
        return std::pair{static_cast<T>(*first.value), static_cast<T>(*last.value)};
    }

    bool read_ports(std::optional<std::pair<uint16_t, uint16_t>>& out) {
        const std::string_view text = next();
        if (auto ports = range<uint16_t>(text))
            out = ports;
        else if (!loading_.stopped())
            loading_.error(line_, word_, fmt::format("{} is not a range A-B of ports", text));
        return true;
    }

    bool read_ip_protocol() {
        const std::string_view text = next();
        if (loading_.stopped()) return false;
        for (const ProtocolName& protocol : kProtocols)
            if (protocol.name == text) rule_.ip_protocol = protocol.number;
        if (!rule_.ip_protocol) {
            const auto number = parse_unsigned(text, 0, 255, Lenient::no, 0);
            if (number.value)
                rule_.ip_protocol = static_cast<uint8_t>(*number.value);
            else
                loading_.error(line_, word_, fmt::format("{} is not an IP protocol", text));
        }
        return true;
    }

    bool read_word() {
        const std::string_view word = line_.word(word_);
        uint64_t number = 0;
        if (word == "inet" || word == "inet6")
            return has_family(word == "inet" ? Family::ipv4 : Family::ipv6);
        if (word == "from") return read_prefix(rule_.from, from_any_);
        if (word == "to") return read_prefix(rule_.to, to_any_);
        if (word == "table" || word == "lookup") return read_table();
        if (word == "not") return rule_.invert = true;
        if (word == "preference" || word == "order" || word == "priority") {
            if (!read_number(UINT32_MAX, number, 0)) return false;
            priority_ = static_cast<uint32_t>(number);
            return true;
        }
        if (word == "tos" || word == "dsfield") {
            const auto tos = loading_.named_number(NameTable::dsfield, next(), 255);
            if (loading_.stopped()) return false;
            if (!tos) return refuse(word_, "is not a type of service");
            rule_.tos = static_cast<uint8_t>(*tos);
            return true;
        }
        if (word == "fwmark") return read_mark();
        if (word == "realms") return read_realms(rule_.realms) && (table_option_ = true);
        if (word == "suppress_prefixlength" || word == "sup_pl") {
            if (!read_number(static_cast<uint64_t>(kMaxInt32), number)) return false;
            rule_.suppress_prefix_length = static_cast<int32_t>(number);
            return table_option_ = true;
        }
        if (word == "suppress_ifgroup" || word == "sup_group") {
            const auto group = loading_.named_number(NameTable::groups, next(), UINT32_MAX);
            if (loading_.stopped()) return false;
            if (!group) return refuse(word_, "is not an interface group");
            rule_.suppress_interface_group = *group;
            return table_option_ = true;
        }
        if (word == "dev" || word == "iif") return read_interface(rule_.input_interface);
        if (word == "oif") return read_interface(rule_.output_interface);
        if (word == "tunnel-id") {
            if (!read_number(UINT64_MAX, number)) return false;
            rule_.tunnel_id = number;
            return true;
        }
        if (word == "uidrange") {
            rule_.uid_range = range<uint32_t>(next());
            return rule_.uid_range || refuse(word_, "is not a range A-B of user ids");
        }
        if (word == "l3mdev") {
            rule_.l3mdev = true;
            return set_action(kToTable);
        }
        if (word == "protocol") {
            const auto protocol = parse_unsigned(next(), 0, 255, Lenient::no);
            has_protocol_ = has_protocol_ || protocol.value.has_value();
            if (protocol.value)
                rule_.protocol = static_cast<uint8_t>(*protocol.value);
            else if (!loading_.stopped())
                loading_.report(ReportClass::number, line_, word_,
                                fmt::format("protocol {} {}", line_.word(word_), protocol.problem));
            return true;
        }
        if (word == "ipproto") return read_ip_protocol();
        if (word == "sport") return read_ports(rule_.source_ports);
        if (word == "dport") return read_ports(rule_.destination_ports);
        if (word == "no_track") return rule_.no_track = true;
        if (is_static_ && word == "track_group") {
            next();
            if (!loading_.stopped())
                rule_.track_group = read_track_group(loading_, line_, word_, rule_.track_group);
            return true;
        }
        return read_action();
    }

    bool read_action() {
        std::string_view word = line_.word(word_);
        if (word == "type") word = next();
        if (loading_.stopped()) return false;
        if (word == "goto") {
            uint64_t target = 0;
            if (!read_number(UINT32_MAX, target)) return false;
            rule_.goto_priority = static_cast<uint32_t>(target);
            return set_action(kGoto);
        }
        for (const ActionName& action : kActions)
            if (action.name == word) return set_action(action.action);
        Diagnostic diagnostic =
            loading_.document.report(Severity::error, ReportClass::general, line_.directive(), word_,
                                     fmt::format("{} is not a word of a rule; the rule is ignored", word));
        diagnostic.suggestion = closest(kRuleList, word);
        loading_.add(std::move(diagnostic));
        return false;
    }

    std::optional<RuleSettings> finish() {
        auto none = [](bool) { return std::optional<RuleSettings>(); };
        if (rule_.action == kGoto) {
            if (!priority_) return none(refuse("goto needs a priority"));
            if (*priority_ >= rule_.goto_priority) return none(refuse("goto must lead to a larger priority"));
        }
        if (rule_.action == kUnspecified) return none(refuse("the rule has no action"));
        if (rule_.action != kToTable && table_option_)
            return none(refuse("realms and suppress_* go only with table"));
        if (rule_.table != 0 && rule_.l3mdev) return none(refuse("l3mdev goes without table"));
        if (!rule_.no_track && rule_.protocol != kKeepalivedProtocol) {
            loading_.error(line_, kWholeLine, "protocol goes only with no_track; it is ignored");
            rule_.protocol = kKeepalivedProtocol;
        }
        // What is not followed needs no mark to be known by.
        if (rule_.no_track && !has_protocol_) rule_.protocol = 0;
        if (!rule_.track_group.empty() && rule_.input_interface.empty()) {
            loading_.error(line_, kWholeLine, "track_group needs iif; it is ignored");
            rule_.track_group.clear();
        }
        rule_.family = family_.value_or(Family::ipv4);
        if (!priority_) {
            Draft& draft = loading_.draft;
            priority_ =
                rule_.family == Family::ipv4 ? draft.next_rule_priority4-- : draft.next_rule_priority6--;
            loading_.error(
                line_, kWholeLine,
                fmt::format("the rule has no priority; {} is used, which is probably not what you want",
                            *priority_));
        }
        rule_.priority = *priority_;
        return rule_;
    }

    const bool is_static_;
    RuleSettings rule_;
    std::optional<uint32_t> priority_;
    bool table_option_ = false;
    bool has_protocol_ = false;
    bool from_any_ = false;
    bool to_any_ = false;
};

void read_virtual_rule(Loading& loading, void* target, const Line& line) {
    if (auto rule = read_rule(loading, line, false))
        static_cast<InstanceDraft*>(target)->value.rules.push_back(std::move(*rule));
}

void read_static_rule(Loading& loading, void* target, const Line& line) {
    if (auto rule = read_rule(loading, line, true))
        static_cast<Draft*>(target)->config.static_rules.push_back(std::move(*rule));
}

constexpr std::string_view kEntry = "[not] [SELECTOR...] ACTION priority N";

}  // namespace

std::optional<RuleSettings> read_rule(Loading& loading, const Line& line, bool is_static) {
    return RuleReader(loading, line, is_static).read();
}

std::string to_text(const RuleSettings& rule) {
    std::string text = rule.family == Family::ipv6 ? "inet6" : "inet";
    if (rule.invert) text += " not";
    if (rule.from) text += " from " + rule.from->to_string();
    if (rule.to) text += " to " + rule.to->to_string();
    if (rule.mark) text += fmt::format(" fwmark {}", *rule.mark);
    if (rule.mask) text += fmt::format("/{}", *rule.mask);
    if (!rule.input_interface.empty()) text += " iif " + quoted(rule.input_interface);
    if (!rule.output_interface.empty()) text += " oif " + quoted(rule.output_interface);
    if (rule.tos != 0) text += fmt::format(" tos {}", rule.tos);
    if (rule.suppress_prefix_length)
        text += fmt::format(" suppress_prefixlength {}", *rule.suppress_prefix_length);
    if (rule.suppress_interface_group)
        text += fmt::format(" suppress_ifgroup {}", *rule.suppress_interface_group);
    if (rule.tunnel_id) text += fmt::format(" tunnel-id {}", *rule.tunnel_id);
    if (rule.uid_range) text += fmt::format(" uidrange {}-{}", rule.uid_range->first, rule.uid_range->second);
    if (rule.source_ports)
        text += fmt::format(" sport {}-{}", rule.source_ports->first, rule.source_ports->second);
    if (rule.destination_ports)
        text += fmt::format(" dport {}-{}", rule.destination_ports->first, rule.destination_ports->second);
    if (rule.ip_protocol) text += fmt::format(" ipproto {}", *rule.ip_protocol);
    if (rule.protocol != kKeepalivedProtocol) text += fmt::format(" protocol {}", rule.protocol);
    if (rule.realms) text += fmt::format(" realms {}/{}", *rule.realms >> 16U, *rule.realms & 0xffffU);
    text += fmt::format(" priority {}", rule.priority);
    if (rule.l3mdev)
        text += " l3mdev";
    else if (rule.action == kToTable)
        text += fmt::format(" table {}", rule.table);
    else if (rule.action == kGoto)
        text += fmt::format(" goto {}", rule.goto_priority);
    for (const ActionName& action : kActions)
        if (action.action == rule.action) text.append(1, ' ') += action.name;
    if (rule.no_track) text += " no_track";
    if (!rule.track_group.empty()) text += " track_group " + quoted(rule.track_group);
    return text;
}

const Block kRuleList =
    Block{"vrrp_instance/virtual_rules", {}, read_virtual_rule, kVirtualOptions, kEntry}.around(
        "from 10.1.0.0/24 table 100 priority 1000");
const Block kStaticRuleList = Block{"static_rules", {}, read_static_rule, kRuleOptions, kEntry}.around(
    "from 10.1.0.0/24 table 100 priority 1000");

}  // namespace holdfast::config
