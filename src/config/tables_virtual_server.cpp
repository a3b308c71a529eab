// virtual_server, real_server, virtual_server_group and SSL.
#include <fmt/format.h>

#include <algorithm>

#include "tables_checker.hpp"
#include "tables_root.hpp"

namespace holdfast::config {
namespace {

using V = VirtualServerDraft;
using VS = check::VirtualServerSettings;
using RD = RealServerDraft;
using RS = check::RealServerSettings;
using VA = ipvs::ServiceAttributes;
using VF = ipvs::ServiceFlags;

constexpr uint32_t kDefaultPersistence = 360;
constexpr uint64_t kNoLimit = kLongestTimer;

// ---- Addresses with ports ----

/// ADDR [PORT]; a port of zeros is no port. False = reported, not usable.
bool read_endpoint(Loading& loading, const Line& line, size_t first, std::string_view what, Endpoint& out) {
    const auto address = parse_address(line.word(first));
    if (loading.stopped()) return false;
    uint16_t port = 0;
    bool usable = address.has_value();
    if (line.has(first + 1) && line.word(first + 1).find_first_not_of('0') != std::string_view::npos) {
        const auto number = parse_integer(line.word(first + 1), 1, 65535, Lenient::yes);
        if (!number.problem.empty())
            loading.report(ReportClass::number, line, first + 1,
                           fmt::format("port {} {}", line.word(first + 1), number.problem));
        usable = usable && number.value;
        port = static_cast<uint16_t>(number.value.value_or(0));
    }
    if (!usable) {
        loading.error(
            line, first,
            fmt::format("{} is not an address and port of a {}; it is skipped", join(line, first), what));
        return false;
    }
    out = {*address, port};
    return true;
}

std::string endpoint_text(const Endpoint& endpoint) {
    return endpoint.port == 0 ? endpoint.address.to_string()
                              : fmt::format("{} {}", endpoint.address.to_string(), endpoint.port);
}

// ---- virtual_server ----

V* open_virtual_server(Loading& loading, Draft& draft, const Line& line) {
    const std::string_view first = line.word(1);
    if (loading.stopped()) return nullptr;
    auto server = std::make_unique<V>();
    server->place = line.place();
    if (first == "group") {
        const std::string_view name = line.word(2);
        if (loading.stopped()) return nullptr;
        server->value.group = name;
    } else if (first == "fwmark") {
        const auto mark = parse_unsigned(line.word(2), 0, static_cast<uint64_t>(kMaxUint32), Lenient::yes);
        if (loading.stopped()) return nullptr;
        if (!mark.problem.empty())
            loading.report(ReportClass::number, line, 2,
                           fmt::format("fwmark {} {}", line.word(2), mark.problem));
        if (!mark.value) return nullptr;
        if (*mark.value == 0) {
            loading.error(line, 2,
                          "fwmark 0 is not a mark, because IPVS takes 0 for none; the block is skipped");
            return nullptr;
        }
        server->by_mark = true;
        server->value.key.firewall_mark = static_cast<uint32_t>(*mark.value);
    } else {
        if (!read_endpoint(loading, line, 1, "virtual_server", server->value.key.endpoint)) return nullptr;
        server->family = server->value.key.endpoint.address.family();
    }
    server->value.attributes.scheduler.clear();
    return draft.virtual_servers.emplace_back(std::move(server)).get();
}

std::string name_of(const V& server) {
    if (!server.value.group.empty()) return "group " + server.value.group;
    return server.by_mark ? fmt::format("fwmark {}", server.value.key.firewall_mark)
                          : endpoint_text(server.value.key.endpoint);
}

void close_virtual_server(Loading& loading, Draft& draft, V& server, const Line& line) {
    if (server.real_servers.empty()) {
        // A warning: taking the last server out of a pool is an operator's right, also by reload.
        loading.report(ReportClass::warning, line, kWholeLine,
                       fmt::format("virtual_server {} has no real_server and is left out", name_of(server)));
        draft.virtual_servers.pop_back();
        return;
    }
    auto& sorry = server.value.sorry_server;
    if (sorry && server.sorry_forwarding(*sorry).method != ipvs::ForwardingMethod::tunnel) {
        const Family family = sorry->endpoint.address.family();
        if (!server.family) server.family = family;
        if (*server.family != family) {
            loading.error(
                line, kWholeLine,
                fmt::format("the sorry_server of {} is of another family and left out", name_of(server)));
            sorry.reset();
        }
    }
    if (!server.family && server.value.group.empty()) {
        // Only with a mark and tunnels: the family all servers share, or else IPv4.
        std::optional<Family> common;
        bool mixed = false;
        auto consider = [&](const IpAddress& address) {
            mixed = mixed || (common && *common != address.family());
            common = common.value_or(address.family());
        };
        if (sorry) consider(sorry->endpoint.address);
        for (const RD& real : server.real_servers) consider(real.value.endpoint.address);
        server.family = mixed ? Family::ipv4 : common.value_or(Family::ipv4);
    }
}

void read_ip_family(Loading& loading, V& server, const Line& line) {
    const std::string_view word = line.word(1);
    if (loading.stopped()) return;
    if (word != "inet" && word != "inet6") {
        bad_word(loading, ReportClass::general, line, 1, "is not inet or inet6");
        return;
    }
    const Family family = word == "inet" ? Family::ipv4 : Family::ipv6;
    if (server.family && *server.family != family)
        bad_word(loading, ReportClass::general, line, 1,
                 "contradicts the family of the servers; it is ignored");
    else
        server.family = family;
}

void show_ip_family(const V& server, const Row& row, Writer& writer) {
    if (server.by_mark && server.family)
        writer.line(row.facts.name, *server.family == Family::ipv4 ? "inet" : "inet6");
}

constexpr std::string_view kSchedulers[] = {"rr", "wrr", "lc",  "wlc",   "lblc", "sh", "mh",
                                            "dh", "fo",  "ovf", "lblcr", "sed",  "nq", "twos"};

void read_scheduler(Loading& loading, V& server, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    if (std::find(std::begin(kSchedulers), std::end(kSchedulers), name) != std::end(kSchedulers)) {
        server.scheduler = name;
        return;
    }
    Diagnostic diagnostic =
        loading.document.report(Severity::error, ReportClass::general, line.directive(), 1,
                                fmt::format("{} {} is not a scheduler; it is ignored", line.keyword(), name));
    if (auto near = nearest(name, kSchedulers)) diagnostic.suggestion = *near;
    loading.add(std::move(diagnostic));
}

void show_scheduler(const V& server, const Row& row, Writer& writer) {
    if (server.scheduler) writer.line(row.facts.name, *server.scheduler);
}

// sh-port and sh-fallback are names of scheduler flags 2 and 1; mh-* are the same for mh.
void read_flag(Loading& loading, V& server, const Line& line) {
    const std::string_view flag = line.keyword();
    const std::string scheduler = server.scheduler.value_or("");
    VF& flags = server.value.attributes.flags;
    if (scheduler != "sh" && scheduler != "mh") {
        bad_word(loading, ReportClass::general, line, 0,
                 "applies only to the scheduler sh or mh, which must come first");
        return;
    }
    if (flag.substr(0, 2) != scheduler) return;
    if (flag.ends_with("-port")) flags.sched2 = true;
    if (flag.ends_with("-fallback")) flags.sched1 = true;
}

void read_forwarding_default(Loading& loading, V& server, const Line& line) {
    ipvs::Forwarding forwarding = server.forwarding.value_or(ipvs::Forwarding{});
    if (read_forwarding(loading, line, forwarding)) server.forwarding = forwarding;
}

void show_forwarding_default(const V& server, const Row& row, Writer& writer) {
    if (server.forwarding) writer.line(row.facts.name, to_text(*server.forwarding));
}

void read_persistence(Loading& loading, V& server, const Line& line) {
    uint32_t seconds = kDefaultPersistence;
    if (line.has(1) && !Integer{1, 2678400, Lenient::no}.read(loading, line, seconds)) return;
    server.value.attributes.persistence_timeout = seconds;
}

void show_persistence(const V& server, const Row& row, Writer& writer) {
    if (server.value.attributes.persistence_timeout != 0)
        writer.line(row.facts.name, fmt::format("{}", server.value.attributes.persistence_timeout));
}

/// The forms of inet_aton(3): a.b.c.d, a.b.c, a.b or a, each decimal, octal or hex.
std::optional<uint32_t> numeric_address(std::string_view text) {
    std::array<uint64_t, 4> parts{};
    size_t count = 0;
    while (count < 4) {
        const size_t dot = text.find('.');
        const auto part = parse_unsigned(text.substr(0, dot), 0, UINT32_MAX, Lenient::no, 0);
        if (!part.value) return std::nullopt;
        parts[count++] = *part.value;
        if (dot == std::string_view::npos) break;
        text.remove_prefix(dot + 1);
        if (count == 4) return std::nullopt;
    }
    uint64_t result = 0;
    for (size_t i = 0; i + 1 < count; ++i) {
        if (parts[i] > 255) return std::nullopt;
        result |= parts[i] << (24 - 8 * i);
    }
    if (parts[count - 1] >= uint64_t{1} << (8 * (5 - count))) return std::nullopt;
    return static_cast<uint32_t>(result | parts[count - 1]);
}

void read_granularity(Loading& loading, V& server, const Line& line) {
    const std::string_view text = line.word(1);
    if (loading.stopped()) return;
    const Family family =
        server.family.value_or(text.find('.') != std::string_view::npos ? Family::ipv4 : Family::ipv6);
    if (family == Family::ipv6) {
        uint32_t length = 0;
        if (!Integer{1, 128, Lenient::no}.read(loading, line, length)) return;
        server.netmask = length;
    } else {
        const auto mask = numeric_address(text);
        if (!mask) {
            bad_word(loading, ReportClass::general, line, 1, "is not a netmask");
            return;
        }
        server.netmask = *mask;
    }
    if (!server.family) server.family = family;
    if (server.value.attributes.persistence_timeout == 0)
        server.value.attributes.persistence_timeout = kDefaultPersistence;
}

void show_granularity(const V& server, const Row& row, Writer& writer) {
    if (!server.netmask) return;
    const uint32_t mask = *server.netmask;
    writer.line(row.facts.name, server.family == Family::ipv6
                                    ? fmt::format("{}", mask)
                                    : fmt::format("{}.{}.{}.{}", mask >> 24U, mask >> 16U & 255U,
                                                  mask >> 8U & 255U, mask & 255U));
}

void read_protocol(Loading& loading, V& server, const Line& line) {
    std::string name(line.word(1));
    if (loading.stopped()) return;
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (name == "TCP")
        server.value.key.protocol = ipvs::Protocol::tcp;
    else if (name == "UDP")
        server.value.key.protocol = ipvs::Protocol::udp;
    else if (name == "SCTP")
        server.value.key.protocol = ipvs::Protocol::sctp;
    else
        bad_word(loading, ReportClass::general, line, 1, "is not TCP, UDP or SCTP");
}

void show_protocol(const V& server, const Row& row, Writer& writer) {
    switch (server.value.key.protocol) {
        case ipvs::Protocol::none:
            return;
        case ipvs::Protocol::tcp:
            return writer.line(row.facts.name, "TCP");
        case ipvs::Protocol::udp:
            return writer.line(row.facts.name, "UDP");
        case ipvs::Protocol::sctp:
            return writer.line(row.facts.name, "SCTP");
    }
}

/// A bad quorum is reported and means 1.
void read_quorum(Loading& loading, V& server, const Line& line) {
    uint32_t quorum = 1;
    Integer{1, kMaxUint32}.read(loading, line, quorum);
    server.value.quorum = quorum;
}

void show_quorum(const V& server, const Row& row, Writer& writer) {
    writer.line(row.facts.name, fmt::format("{}", server.value.quorum));
}

void read_sorry_server(Loading& loading, V& server, const Line& line) {
    check::SorryServerSettings sorry;
    if (!read_endpoint(loading, line, 1, "sorry_server", sorry.endpoint)) return;
    server.sorry_method = server.forwarding;
    server.value.sorry_server = sorry;
}

void show_sorry_server(const V& server, const Row& row, Writer& writer) {
    const auto& sorry = server.value.sorry_server;
    if (!sorry) return;
    writer.line(row.facts.name, endpoint_text(sorry->endpoint));
    if (sorry->inhibit) writer.line("sorry_server_inhibit", "");
    writer.line("sorry_server_lvs_method", to_text(sorry->forwarding));
}

void read_sorry_inhibit(Loading& loading, V& server, const Line& line) {
    if (server.value.sorry_server)
        server.value.sorry_server->inhibit = true;
    else
        bad_word(loading, ReportClass::general, line, 0, "must come after sorry_server; it is ignored");
}

void read_sorry_method(Loading& loading, V& server, const Line& line) {
    if (!server.value.sorry_server) {
        bad_word(loading, ReportClass::general, line, 0, "must come after sorry_server; it is ignored");
        return;
    }
    ipvs::Forwarding forwarding = server.sorry_method.value_or(ipvs::Forwarding{});
    if (read_forwarding(loading, line, forwarding)) server.sorry_method = forwarding;
}

/// snmp_name takes exactly one word.
constexpr WordOf<Missing::reported> kOneWord{0, true};
constexpr Seconds kTimer{0, kNoLimit};
constexpr Seconds kInterval{1, kNoLimit};
constexpr Seconds kConnectTimeout{1, kUint32Microseconds};
constexpr Integer kRetry{1, kMaxUint32, Lenient::no};

RD* open_real_server(Loading& loading, V& server, const Line& line) {
    Endpoint endpoint;
    if (!read_endpoint(loading, line, 1, "real_server", endpoint)) return nullptr;
    RD& real = loading.real_server_workbench;
    real = {};
    real.value.endpoint = endpoint;
    real.forwarding = server.forwarding;
    real.place = line.place();
    return &real;
}

void close_real_server(Loading& loading, V& server, RD& real, const Line& line) {
    if (!real.forwarding || real.forwarding->method != ipvs::ForwardingMethod::tunnel) {
        const Family family = real.value.endpoint.address.family();
        if (!server.family) server.family = family;
        if (*server.family != family) {
            loading.error(
                line, 1,
                fmt::format("real_server {} is of another family than its virtual_server and left out",
                            endpoint_text(real.value.endpoint)));
            return;
        }
    }
    server.real_servers.push_back(std::move(real));
}

void show_real_servers(const V& server, const Row& row, Writer& writer) {
    for (const RD& real : server.real_servers) {
        writer.open(row.facts.name, endpoint_text(real.value.endpoint));
        show_rows(kRealServer, &real, writer);
        writer.close();
    }
}

template <auto... Path>
using Value = Field<&V::value, Path...>;
template <auto... Path>
using Attribute = Field<&V::value, &VS::attributes, Path...>;
template <auto... Path>
using Schedule = Field<&V::schedule, Path...>;
using SD = ScheduleDraft;

constexpr Script kNotify{};

// clang-format off: one row, one line
const Row kServerRows[] = {
    custom<V, read_ip_family, show_ip_family>({"ip_family", "inet|inet6", "of the real servers", "Family of a service by firewall mark.", rare}, 1),
    keyword<Schedule<&SD::retry>, kRetry>({"retry", "N", "of the checker", "Default retry of the checkers.", everyday}),
    keyword<Schedule<&SD::delay_before_retry>, kTimer>({"delay_before_retry", "SECS", "of the checker", "Default delay_before_retry of the checkers.", everyday}),
    keyword<Schedule<&SD::warmup>, kTimer>({"warmup", "SECS", "delay_loop", "Default warmup of the checkers."}),
    keyword<Schedule<&SD::connect_timeout>, kConnectTimeout>({"connect_timeout", "SECS", "5", "Default connect_timeout of the checkers.", everyday}),
    keyword<Schedule<&SD::delay_loop>, kInterval>({"delay_loop", "SECS", "60", "Default interval of the checkers.", everyday}),
    keyword<Field<&V::inhibit>, Flag{}>({"inhibit_on_failure", "", "off", "Default inhibit_on_failure of the real servers."}),
    custom<V, read_scheduler, show_scheduler>({"lb_algo", "rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos", "wlc, reported", "IPVS scheduler.", everyday}, 1).also("lvs_sched"),
    custom<V, read_flag>({"hashed", "", "off", "Accepted with the scheduler sh or mh, no effect.", rare}, 0),
    keyword<Attribute<&VA::flags, &VF::one_packet>, Flag{}>({"ops", "", "off", "One packet scheduling, UDP or marks only."}),
    keyword<Attribute<&VA::flags, &VF::sched1>, Flag{}>({"flag-1", "", "off", "Scheduler flag 1.", rare}),
    keyword<Attribute<&VA::flags, &VF::sched2>, Flag{}>({"flag-2", "", "off", "Scheduler flag 2.", rare}),
    keyword<Attribute<&VA::flags, &VF::sched3>, Flag{}>({"flag-3", "", "off", "Scheduler flag 3.", rare}),
    custom<V, read_flag>({"sh-port", "", "off", "Hash the source port too; after lb_algo sh.", rare}, 0),
    custom<V, read_flag>({"sh-fallback", "", "off", "Choose again when the server is not there; after lb_algo sh.", rare}, 0),
    custom<V, read_flag>({"mh-port", "", "off", "As sh-port, after lb_algo mh.", rare}, 0),
    custom<V, read_flag>({"mh-fallback", "", "off", "As sh-fallback, after lb_algo mh.", rare}, 0),
    custom<V, read_forwarding_default, show_forwarding_default>({"lb_kind", "NAT|DR|TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]", "NAT, reported", "Forwarding method of the real and sorry servers that follow.", everyday}).also("lvs_method"),
    keyword<Attribute<&VA::persistence_engine>, Word{15}>({"persistence_engine", "NAME", "none", "Persistence engine, for example sip.", rare}),
    custom<V, read_persistence, show_persistence>({"persistence_timeout", "[SECS]", "0: none; bare: 360", "Persistence, 1..2678400.", everyday}, 1),
    custom<V, read_granularity, show_granularity>({"persistence_granularity", "NETMASK|PLEN", "each client", "Clients that persist together; switches persistence on."}, 1),
    custom<V, read_protocol, show_protocol>({"protocol", "TCP|UDP|SCTP", "UDP, reported", "Protocol of an address service.", everyday}, 1),
    keyword<Value<&VS::ha_suspend>, Flag{}>({"ha_suspend", "", "off", "Check only while the address is on this node."}),
    keyword<Value<&VS::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_checker", "Mail on changes of the quorum."}),
    keyword<Value<&VS::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "none", "Default Host of HTTP_GET and SSL_GET.", everyday, replaces}),
    keyword<Value<&VS::snmp_name>, kOneWord>({"snmp_name", "STRING", "none", "Label in SNMP tables.", rare, replaces}),
    keyword<Value<&VS::alpha>, Flag{}>({"alpha", "", "off", "Real servers start as down."}),
    keyword<Value<&VS::omega>, Flag{}>({"omega", "", "off", "Run notify_down and quorum_down at the end."}),
    keyword<Value<&VS::quorum_up>, kNotify>({"quorum_up", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the quorum is gained.", everyday, once}),
    keyword<Value<&VS::quorum_down>, kNotify>({"quorum_down", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the quorum is lost.", everyday, once}),
    custom<V, read_quorum, show_quorum>({"quorum", "N", "1", "Least total weight of live real servers.", everyday}, 1),
    keyword<Value<&VS::hysteresis>, Integer{0, kMaxUint32}>({"hysteresis", "N", "0", "Up at quorum + N, down below quorum - N."}),
    keyword<Field<&V::weight>, Integer{1, kMaxInt32}>({"weight", "N", "1", "Default weight of the real servers."}),
    custom<V, read_sorry_server, show_sorry_server>({"sorry_server", "ADDR [PORT]", "none", "Used when the quorum is lost.", everyday}, 2),
    custom<V, read_sorry_inhibit>({"sorry_server_inhibit", "", "off", "Keep it with weight 0 while unused; after sorry_server."}, 0),
    custom<V, read_sorry_method>({"sorry_server_lvs_method", "as lb_kind", "of the service", "Its forwarding method; after sorry_server."}),
    block<V, RD, open_real_server, close_real_server, show_real_servers>({"real_server", "ADDR [PORT] { ... }", "", "A destination.", everyday, adds_up}, kRealServer),
};
// clang-format on

// ---- real_server ----

template <auto... Path>
using Real = Field<&RD::value, Path...>;

void read_real_forwarding(Loading& loading, RD& real, const Line& line) {
    ipvs::Forwarding forwarding = real.forwarding.value_or(ipvs::Forwarding{});
    if (read_forwarding(loading, line, forwarding)) real.forwarding = forwarding;
}

void show_real_forwarding(const RD& real, const Row& row, Writer& writer) {
    if (real.forwarding) writer.line(row.facts.name, to_text(*real.forwarding));
}

// clang-format off: one row, one line
const Row kRealRows[] = {
    keyword<Field<&RD::weight>, Integer{0, kMaxInt32}>({"weight", "N", "of the virtual_server", "IPVS weight and share of the quorum; 0 = drained.", everyday}),
    custom<RD, read_real_forwarding, show_real_forwarding>({"lvs_method", "as lb_kind", "of the virtual_server at that point", "Forwarding method of this server.", everyday}),
    keyword<Real<&RS::upper_threshold>, Integer{0, kMaxUint32}>({"uthreshold", "N", "0: no limit", "Upper connection threshold."}),
    keyword<Real<&RS::lower_threshold>, Integer{0, kMaxUint32}>({"lthreshold", "N", "0", "Lower connection threshold."}),
    keyword<Field<&RD::inhibit>, Switch{}>({"inhibit_on_failure", "[BOOL]", "of the virtual_server", "On failure weight 0 instead of removal.", everyday}),
    keyword<Real<&RS::notify_up>, kNotify>({"notify_up", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the server comes up.", everyday, once}),
    keyword<Real<&RS::notify_down>, kNotify>({"notify_down", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the server goes down.", everyday, once}),
    keyword<Field<&RD::schedule, &SD::alpha>, Switch{}>({"alpha", "[BOOL]", "of the virtual_server", "Start as down."}),
    keyword<Field<&RD::schedule, &SD::retry>, kRetry>({"retry", "N", "of the virtual_server", "Default retry of its checkers.", everyday}),
    keyword<Field<&RD::schedule, &SD::delay_before_retry>, kTimer>({"delay_before_retry", "SECS", "of the virtual_server", "Default delay_before_retry.", everyday}),
    keyword<Field<&RD::schedule, &SD::warmup>, kTimer>({"warmup", "SECS", "of the virtual_server", "Default warmup."}),
    keyword<Field<&RD::schedule, &SD::connect_timeout>, kConnectTimeout>({"connect_timeout", "SECS", "of the virtual_server", "Default connect_timeout.", everyday}),
    keyword<Field<&RD::schedule, &SD::delay_loop>, kInterval>({"delay_loop", "SECS", "of the virtual_server", "Default delay_loop.", everyday}),
    keyword<Field<&RD::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_checker, else on", "Mail on changes."}),
    keyword<Real<&RS::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "of the virtual_server", "Default Host.", everyday, replaces}),
    keyword<Real<&RS::snmp_name>, kOneWord>({"snmp_name", "STRING", "none", "Label in SNMP tables.", rare, replaces}),
};
// clang-format on

// kRealRows and the checkers; built when first asked for, because both come from other tables.
std::span<const Row> real_server_rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> list(std::begin(kRealRows), std::end(kRealRows));
        list.insert(list.end(), checker_rows().begin(), checker_rows().end());
        return list;
    }();
    return all;
}

// ---- virtual_server_group ----

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

// ---- SSL ----

TlsDraft* open_tls(Loading& loading, Draft& draft, const Line& line) {
    if (draft.config.tls) loading.error(line, 0, "SSL was given before; this one replaces it");
    loading.tls_workbench = {};
    return &loading.tls_workbench;
}

void close_tls(Loading&, Draft& draft, TlsDraft& tls, const Line&) {
    draft.config.tls = std::move(tls.value);
}

using TL = TlsSettings;
// clang-format off: one row, one line
const Row kTlsRows[] = {
    keyword<Field<&TlsDraft::value, &TL::password>, SoftWord{}>({"password", "STRING", "none", "Pass phrase of the key file.", rare, replaces}),
    keyword<Field<&TlsDraft::value, &TL::ca>, SoftWord{}>({"ca", "PATH", "none", "Certificate authorities.", common, replaces}),
    keyword<Field<&TlsDraft::value, &TL::certificate>, SoftWord{}>({"certificate", "PATH", "none", "Client certificate.", common, replaces}),
    keyword<Field<&TlsDraft::value, &TL::key>, SoftWord{}>({"key", "PATH", "none", "Its private key.", common, replaces}),
};
// clang-format on

void show_tls(const Draft& draft, const Row& row, Writer& writer) {
    if (!draft.config.tls) return;
    const TlsDraft tls{*draft.config.tls};
    writer.open(row.facts.name);
    show_rows(kTls, &tls, writer);
    writer.close();
}

void show_virtual_servers(const Draft& draft, const Row& row, Writer& writer) {
    for (const auto& server : draft.virtual_servers) {
        const VS& value = server->value;
        writer.open(row.facts.name, !value.group.empty() ? "group " + quoted(value.group)
                                    : server->by_mark    ? fmt::format("fwmark {}", value.key.firewall_mark)
                                                         : endpoint_text(value.key.endpoint));
        show_rows(kVirtualServer, server.get(), writer);
        writer.close();
    }
}

}  // namespace

bool read_forwarding(Loading& loading, const Line& line, ipvs::Forwarding& out) {
    const std::string_view method = line.word(1);
    if (loading.stopped()) return false;
    ipvs::Forwarding result;
    if (method == "NAT") {
        result.method = ipvs::ForwardingMethod::masquerade;
    } else if (method == "DR") {
        result.method = ipvs::ForwardingMethod::direct_route;
    } else if (method == "TUN") {
        result.method = ipvs::ForwardingMethod::tunnel;
    } else {
        bad_word(loading, ReportClass::general, line, 1, "is not NAT, DR or TUN");
        return false;
    }
    // From here on a mistake keeps the method and the options that were in force.
    out.method = result.method;
    for (size_t i = 2; i < line.size(); ++i) {
        const std::string_view word = line.word(i);
        if (word == "type" || word == "port") {
            if (!line.has(i + 1)) {
                bad_word(loading, ReportClass::general, line, i, "has no value");
                return true;
            }
            const std::string_view value = line.word(++i);
            if (word == "port") {
                const auto port = parse_integer(value, 1, 65535, Lenient::no);
                if (!port.value) {
                    bad_word(loading, ReportClass::number, line, i, port.problem);
                    return true;
                }
                result.tunnel_port = static_cast<uint16_t>(*port.value);
            } else if (value == "ipip") {
                result.tunnel_type = ipvs::TunnelType::ipip;
            } else if (value == "gue") {
                result.tunnel_type = ipvs::TunnelType::gue;
            } else if (value == "gre") {
                result.tunnel_type = ipvs::TunnelType::gre;
            } else {
                bad_word(loading, ReportClass::general, line, i, "is not ipip, gue or gre");
                return true;
            }
        } else if (word == "nocsum") {
            result.tunnel_checksum = ipvs::TunnelChecksum::none;
        } else if (word == "csum") {
            result.tunnel_checksum = ipvs::TunnelChecksum::checksum;
        } else if (word == "remcsum") {
            result.tunnel_checksum = ipvs::TunnelChecksum::remote_checksum;
        } else {
            bad_word(loading, ReportClass::general, line, i, "is not an option of a tunnel");
            return true;
        }
    }
    const auto complain = [&](std::string_view problem) {
        bad_word(loading, ReportClass::general, line, 0, problem);
        return true;
    };
    if ((result.tunnel_type == ipvs::TunnelType::gue) != (result.tunnel_port != 0))
        return complain("needs a port for gue, and for gue only");
    if (result.tunnel_type == ipvs::TunnelType::ipip && result.tunnel_checksum != ipvs::TunnelChecksum::none)
        return complain("cannot have a checksum with ipip");
    if (result.tunnel_type == ipvs::TunnelType::gre &&
        result.tunnel_checksum == ipvs::TunnelChecksum::remote_checksum)
        return complain("cannot have a remote checksum with gre");
    out = result;
    return true;
}

std::string to_text(const ipvs::Forwarding& forwarding) {
    switch (forwarding.method) {
        case ipvs::ForwardingMethod::local:
        case ipvs::ForwardingMethod::masquerade:
            return "NAT";
        case ipvs::ForwardingMethod::direct_route:
            return "DR";
        case ipvs::ForwardingMethod::tunnel:
            break;
    }
    std::string text = "TUN";
    if (forwarding.tunnel_type == ipvs::TunnelType::gue)
        text += fmt::format(" type gue port {}", forwarding.tunnel_port);
    if (forwarding.tunnel_type == ipvs::TunnelType::gre) text += " type gre";
    if (forwarding.tunnel_checksum == ipvs::TunnelChecksum::checksum) text += " csum";
    if (forwarding.tunnel_checksum == ipvs::TunnelChecksum::remote_checksum) text += " remcsum";
    return text;
}

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

const Block kTls{"SSL", kTlsRows};
const Block kVirtualServerGroup{
    "virtual_server_group", {}, read_group_entry, {}, "ADDR[-END|/PLEN] [PORT] | fwmark N [inet|inet6]"};
const Block kVirtualServer{"virtual_server", kServerRows};
const Block kRealServer{"virtual_server/real_server", real_server_rows()};

// clang-format off: one row, one line
const Row kServerRootRows[3] = {
    block<Draft, TlsDraft, open_tls, close_tls, show_tls>({"SSL", "{ ... }", "", "Client certificate of SSL_GET.", common, replaces}, kTls).of(Part::checkers),
    block<Draft, Group, open_group, close_group, show_groups>({"virtual_server_group", "NAME { ... }", "", "Addresses and marks of a service.", common, adds_up}, kVirtualServerGroup).of(Part::checkers),
    block<Draft, V, open_virtual_server, close_virtual_server, show_virtual_servers>({"virtual_server", "ADDR [PORT] | fwmark N | group NAME { ... }", "", "An IPVS service.", everyday, adds_up}, kVirtualServer).of(Part::checkers),
};
// clang-format on

}  // namespace holdfast::config
