// bfd_instance.
#include <fmt/format.h>

#include "tables_root.hpp"

namespace holdfast::config {
namespace {

using D = BfdDraft;
using S = bfd::SessionSettings;

D* open_bfd(Loading& loading, Draft& draft, const Line& line) {
    const std::string name(line.word(1));
    if (loading.stopped()) return nullptr;
    if (name.size() > 31) {
        loading.error(line, 1, fmt::format("{} is longer than 31 characters; the block is skipped", name));
        return nullptr;
    }
    if (!draft.bfd_block_names.insert(name).second) {
        loading.error(line, 1, fmt::format("bfd_instance {} is defined before; this one is skipped", name));
        return nullptr;
    }
    loading.bfd_workbench = {};
    loading.bfd_workbench.value.name = name;
    return &loading.bfd_workbench;
}

void close_bfd(Loading& loading, Draft& draft, D& session, const Line& line) {
    auto left_out = [&](std::string_view why) {
        loading.error(line, 1, fmt::format("bfd_instance {} {} and is left out", session.value.name, why));
    };
    if (session.malformed) return;
    if (!session.neighbor) return left_out("has no neighbor_ip");
    S& value = session.value;
    value.neighbor = *session.neighbor;
    if (value.source && value.source->family() != value.neighbor.family())
        return left_out("has a source_ip of another family than neighbor_ip");
    const std::string key = fmt::format("{} {} {}", value.neighbor.to_string(),
                                        value.source ? value.source->to_string() : "-", value.multihop);
    if (!draft.bfd_keys.insert(key).second) return left_out("has the same addresses as another one");
    const int ttl = value.ttl.value_or(value.neighbor.is_v4() ? 255 : 64);
    if (value.max_hops > ttl) {
        loading.error(line, 1,
                      fmt::format("bfd_instance {}: max_hops is more than ttl; {} is used", value.name, ttl));
        value.max_hops = ttl;
    }
    value.for_vrrp = session.vrrp || !session.checker;
    value.for_checker = session.checker || !session.vrrp;
    draft.bfd_names.try_emplace(value.name, draft.config.bfd_sessions.size());
    draft.config.bfd_sessions.push_back(std::move(value));
}

void read_neighbor(Loading& loading, D& session, const Line& line) {
    const auto address = parse_address(line.word(1));
    if (loading.stopped()) return;
    if (!address) {
        bad_word(loading, ReportClass::general, line, 1,
                 "is not an IP address; the bfd_instance is left out");
        session.malformed = true;
        return;
    }
    session.neighbor = address;
}

void show_neighbor(const D& session, const Row& row, Writer& writer) {
    if (session.neighbor) writer.line(row.facts.name, session.neighbor->to_string());
}

/// Milliseconds with three decimals.
struct Milliseconds {
    uint64_t min;  ///< Whole milliseconds.
    uint64_t max = 4294967;
    static constexpr uint8_t kWords = 1;
    void spoil(BadLines& out) const {
        SoftInteger{static_cast<int64_t>(min), static_cast<int64_t>(max), Lenient::no}.spoil(out);
        out.front() = "!";
    }
    bool read(Loading& loading, const Line& line, Duration& out) const {
        const auto number = parse_decimal(line.word(1), min * 1000, max * 1000, 3, Lenient::no);
        if (loading.stopped()) return false;
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, 1, number.problem);
        if (!number.value) return false;
        out = std::chrono::microseconds(*number.value);
        if (out > std::chrono::seconds(10))
            loading.remark(line, 1, fmt::format("{} is unusually long", line.keyword()));
        return true;
    }
    std::optional<std::string> write(const Duration& in) const {
        return format_decimal(
            static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(in).count()), 3);
    }
};

void read_weight(Loading& loading, D& session, const Line& line) {
    Integer{-253, 253}.read(loading, line, session.value.weight);
    if (!line.has(2)) return;
    if (line.word(2) == "reverse")
        session.value.reverse = true;
    else
        bad_word(loading, ReportClass::general, line, 2, "is not reverse");
}

void show_weight(const D& session, const Row& row, Writer& writer) {
    if (session.value.weight != 0 || session.value.reverse)
        writer.line(row.facts.name,
                    fmt::format("{}{}", session.value.weight, session.value.reverse ? " reverse" : ""));
}

template <auto... Path>
using Value = Field<&D::value, Path...>;

// clang-format off: one row, one line
const Row kRows[] = {
    keyword<Value<&S::source>, Address{}>({"source_ip", "ADDR", "kernel's choice", "Local address, of the family of neighbor_ip."}).example("source_ip 192.0.2.10"),
    custom<D, read_neighbor, show_neighbor>({"neighbor_ip", "ADDR", "required", "Remote address.", everyday}, 1).also("neighbour_ip").example("neighbor_ip 192.0.2.80", "!\n^192.0.2.300\n^nowhere"),
    keyword<Value<&S::min_rx>, Milliseconds{1}>({"min_rx", "MS", "10", "Required minimum receive interval, 1..4294967."}).example("min_rx 50"),
    keyword<Value<&S::min_tx>, Milliseconds{1}>({"min_tx", "MS", "10", "Desired minimum transmit interval once up, 1..4294967."}).example("min_tx 50"),
    keyword<Value<&S::idle_tx>, Milliseconds{1000}>({"idle_tx", "MS", "1000", "Transmit interval while not up, 1000..4294967."}).example("idle_tx 1000"),
    keyword<Value<&S::multiplier>, Integer{1, 255, Lenient::no}>({"multiplier", "1..255", "5", "Detection multiplier."}).example("multiplier 3"),
    keyword<Value<&S::passive>, Flag{}>({"passive", "", "off", "Wait for the peer to start.", rare}).example("passive"),
    keyword<Value<&S::ttl>, Integer{1, 255, Lenient::no}>({"ttl", "1..255", "255; expected by IPv6: 64", "TTL of sent packets, and with max_hops that of received ones.", rare}).also("hoplimit").example("ttl 255"),
    keyword<Value<&S::max_hops>, Integer{-1, 255, Lenient::no}>({"max_hops", "-1..255", "0", "By how much the TTL of received packets may have fallen; -1 or 255: no check.", rare}).example("max_hops 2"),
    keyword<Value<&S::multihop>, Switch{}>({"multihop", "[BOOL]", "off", "Port 4784 instead of 3784.", rare, last_wins, Reload::live, "2.3"}).example("multihop on"),
    custom<D, read_weight, show_weight>({"weight", "-253..253 [reverse]", "0: down means FAULT", "Default weight of track_bfd."}, 2).example("weight -20 reverse", "!\n^-254\n^254\n^abc\n-20 ^backwards"),
    keyword<Field<&D::vrrp>, Flag{}>({"vrrp", "", "both", "Events go to VRRP only, unless checker is given too.", rare}).example("vrrp"),
    keyword<Field<&D::checker>, Flag{}>({"checker", "", "both", "Events go to the checkers only, unless vrrp is given too.", rare}).example("checker"),
};
// clang-format on

void show_bfd(const Draft& draft, const Row& row, Writer& writer) {
    for (const S& session : draft.config.bfd_sessions) {
        D session_draft{session};
        session_draft.neighbor = session.neighbor;
        session_draft.vrrp = session.for_vrrp && !session.for_checker;
        session_draft.checker = session.for_checker && !session.for_vrrp;
        writer.open(row.facts.name, quoted(session.name));
        show_rows(kBfdInstance, &session_draft, writer);
        writer.close();
    }
}

}  // namespace

const Block kBfdInstance = Block{"bfd_instance", kRows}.around("neighbor_ip 192.0.2.80");

// clang-format off: one row, one line
const Row kBfdRootRow = block<Draft, D, open_bfd, close_bfd, show_bfd>({"bfd_instance", "NAME { ... }", "", "A BFD session.", common, adds_up}, kBfdInstance).example("bfd_instance bfd0 {", "! {\n^a-name-that-is-much-too-long-for-it {");
// clang-format on

}  // namespace holdfast::config
