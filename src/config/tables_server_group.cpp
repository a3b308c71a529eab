// virtual_server_group: addresses, ranges and marks.
#include <fmt/format.h>

#include <algorithm>

#include "tables_virtual_server.hpp"

namespace holdfast::config {
namespace {

using Group = check::VirtualServerGroup;

Group* open_group(Loading& loading, Draft&, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return nullptr;
    loading.server_group_workbench = {};
    loading.server_group_workbench.name = name;
    return &loading.server_group_workbench;
}

void close_group(Loading& loading, Draft& draft, Group& group, const Line& line) {
    bool v4 = false;
    bool v6 = false;
    bool unknown = false;
    for (const check::GroupEntry& entry : group.entries) {
        const bool mark = entry.firewall_mark != 0;
        const Family family = mark ? entry.mark_family.value_or(Family::ipv4) : entry.first.address.family();
        unknown = unknown || (mark && !entry.mark_family);
        v4 = v4 || (!(mark && !entry.mark_family) && family == Family::ipv4);
        v6 = v6 || family == Family::ipv6;
    }
    if (group.entries.empty())
        loading.error(line, 1, fmt::format("virtual_server_group {} is empty and left out", group.name));
    else if (v4 && v6 && unknown)
        loading.error(
            line, 1,
            fmt::format("virtual_server_group {} mixes IPv4, IPv6 and marks without family; it is left out",
                        group.name));
    else
        draft.config.virtual_server_groups.push_back(std::move(group));
}

uint32_t low_bits(const IpAddress& address, unsigned bytes) {
    const auto all = address.bytes();
    uint32_t value = 0;
    for (size_t i = all.size() - bytes; i < all.size(); ++i) value = value << 8U | all[i];
    return value;
}

class GroupEntryReader {
  public:
    GroupEntryReader(Loading& loading, const Group& group, const Line& line)
        : loading_(loading), group_(group), line_(line) {}

    std::optional<check::GroupEntry> read() {
        if (line_.word(0) == "fwmark") return read_mark();
        if (!read_first()) return std::nullopt;
        const std::string_view text = line_.word(0);
        if (const size_t slash = text.find('/'); slash != std::string_view::npos)
            return read_mask(text.substr(slash + 1));
        if (const size_t dash = text.find('-'); dash != std::string_view::npos)
            return read_end(text.substr(dash + 1));
        return entry_;
    }

  private:
    std::optional<check::GroupEntry> refuse(size_t word, std::string_view problem) {
        if (!loading_.stopped())
            loading_.error(
                line_, word,
                fmt::format("({}) {} {}; the line is ignored", group_.name, line_.word(word), problem));
        return std::nullopt;
    }

    std::optional<check::GroupEntry> read_mark() {
        const auto mark = parse_unsigned(line_.word(1), 0, static_cast<uint64_t>(kMaxUint32), Lenient::yes);
        if (loading_.stopped()) return std::nullopt;
        if (!mark.problem.empty())
            loading_.report(ReportClass::number, line_, 1,
                            fmt::format("fwmark {} {}", line_.word(1), mark.problem));
        if (!mark.value) return std::nullopt;
        if (*mark.value == 0) return refuse(1, "is not a mark, because IPVS takes 0 for none");
        entry_.firewall_mark = static_cast<uint32_t>(*mark.value);
        if (!line_.has(2)) return entry_;
        if (line_.word(2) == "inet")
            entry_.mark_family = Family::ipv4;
        else if (line_.word(2) == "inet6")
            entry_.mark_family = Family::ipv6;
        else
            return refuse(2, "is not inet or inet6");
        return entry_;
    }

    bool read_first() { return read_endpoint(loading_, line_, 0, "virtual_server_group", entry_.first); }

    /// The whole network; the address must be its first one.
    std::optional<check::GroupEntry> read_mask(std::string_view text) {
        const IpAddress& first = entry_.first.address;
        const auto length = parse_unsigned(text, 1, first.max_prefix_length(), Lenient::no);
        if (!length.value) return refuse(0, "has a prefix length that does not fit");
        if (first.network(static_cast<uint8_t>(*length.value)) != first)
            return refuse(0, "is not the first address of that network");
        const unsigned host_bits = first.max_prefix_length() - static_cast<unsigned>(*length.value);
        if (host_bits > 24) return refuse(0, "is larger than 2^24 addresses, more than IPVS can hold");
        entry_.count = uint32_t{1} << host_bits;
        return entry_;
    }

    std::optional<check::GroupEntry> read_end(std::string_view text) {
        const IpAddress& first = entry_.first.address;
        const bool v4 = first.is_v4();
        if (text.find(v4 ? '.' : ':') != std::string_view::npos) {
            const auto last = IpAddress::parse(text);
            if (!last || last->family() != first.family())
                return refuse(0, "has an end that is not an address of its family");
            if (*last < first) return refuse(0, "ends before it begins");
            return count_to(*last);
        }
        // One group: the last octet, or the last 16 bits in hex.
        uint64_t value = 0;
        if (v4) {
            const auto octet = parse_unsigned(text, 0, 255, Lenient::no);
            if (!octet.value) return number_problem();
            value = *octet.value;
        } else {
            const bool hex = !text.empty() && text.size() <= 4 &&
                             text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
            if (!hex) return number_problem();
            for (const char c : text)
                value = value << 4U | static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        const uint32_t start = low_bits(first, v4 ? 1 : 2);
        if (start >= value) return refuse(0, "does not end after it begins");
        entry_.count = static_cast<uint32_t>(value) - start + 1;
        return entry_;
    }

    std::optional<check::GroupEntry> number_problem() {
        loading_.report(ReportClass::number, line_, 0,
                        fmt::format("({}) {} has an end that does not fit; the line is ignored", group_.name,
                                    line_.word(0)));
        return std::nullopt;
    }

    std::optional<check::GroupEntry> count_to(const IpAddress& last) {
        const IpAddress& first = entry_.first.address;
        const unsigned low = 4;
        const auto a = first.bytes();
        const auto b = last.bytes();
        if (!std::equal(a.begin(), a.end() - low, b.begin(), b.end() - low) ||
            low_bits(last, low) - low_bits(first, low) >= uint32_t{1} << 24U)
            return refuse(0, "is larger than 2^24 addresses, more than IPVS can hold");
        entry_.count = low_bits(last, low) - low_bits(first, low) + 1;
        return entry_;
    }

    Loading& loading_;
    const Group& group_;
    const Line& line_;
    check::GroupEntry entry_;
};

void read_group_entry(Loading& loading, void* target, const Line& line) {
    auto& group = *static_cast<Group*>(target);
    if (auto entry = GroupEntryReader(loading, group, line).read()) group.entries.push_back(*entry);
}

void show_groups(const Draft& draft, const Row& row, Writer& writer) {
    for (const Group& group : draft.config.virtual_server_groups) {
        writer.open(row.facts.name, quoted(group.name));
        for (const check::GroupEntry& entry : group.entries) writer.entry(to_text(entry));
        writer.close();
    }
}

}  // namespace

std::string to_text(const check::GroupEntry& entry) {
    if (entry.firewall_mark != 0)
        return fmt::format("fwmark {}{}", entry.firewall_mark,
                           !entry.mark_family                   ? ""
                           : *entry.mark_family == Family::ipv4 ? " inet"
                                                                : " inet6");
    std::string text = entry.first.address.to_string();
    if (entry.count > 1) {
        std::array<uint8_t, 16> bytes{};
        const auto first = entry.first.address.bytes();
        std::copy(first.begin(), first.end(), bytes.begin());
        uint64_t carry = entry.count - 1;
        for (size_t i = first.size(); i-- > 0 && carry != 0;) {
            carry += bytes[i];
            bytes[i] = static_cast<uint8_t>(carry);
            carry >>= 8U;
        }
        const auto last = IpAddress::from_bytes(std::span(bytes).first(first.size()));
        text += '-' + last->to_string();
    }
    if (entry.first.port != 0) text += fmt::format(" {}", entry.first.port);
    return text;
}

const Block kVirtualServerGroup =
    Block{"virtual_server_group", {}, read_group_entry, {}, "ADDR[-END|/PLEN] [PORT] | fwmark N [inet|inet6]"}
        .around("10.0.0.2-5 80\nfwmark 7");

// clang-format off: one row, one line
constinit const Row kServerGroupRootRow = block<Draft, Group, open_group, close_group, show_groups>({"virtual_server_group", "NAME { ... }", "", "Addresses and marks of a service.", common, adds_up}, kVirtualServerGroup).of(Part::checkers).example("virtual_server_group web {", "^192.0.2.300 80\n192.0.2.1 ^65536\n^192.0.2.9-5 80\n^192.0.2.1/33 80\n^192.0.2.1/24 80\nfwmark ^0\nfwmark ^abc\nfwmark 7 ^ipv6");
// clang-format on

}  // namespace holdfast::config
