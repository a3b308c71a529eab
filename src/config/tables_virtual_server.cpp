// virtual_server: opening and closing, its rows, and how it opens real_server.
#include "tables_virtual_server.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::config {
namespace {

using V = VirtualServerDraft;
using VS = check::VirtualServerSettings;
using RD = RealServerDraft;
using VA = ipvs::ServiceAttributes;
using VF = ipvs::ServiceFlags;

constexpr uint32_t kDefaultPersistence = 360;

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
    // The drafts of the virtual server before are used up, their room is not.
    if (!draft.virtual_servers.empty() && draft.virtual_servers.back()->settled)
        server->real_servers.swap(draft.virtual_servers.back()->real_servers);
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
        if (loading.is_explained(line.place(), {"real_server"}))
            loading.hide(ReportClass::warning, Severity::warning);
        else
            loading.report(
                ReportClass::warning, line, kWholeLine,
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
    settle_early(loading, server);
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

/// What schedulers are called in other programs, and how people write their names out.
constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {{"roundrobin", "rr"},
                                                                         {"weightedroundrobin", "wrr"},
                                                                         {"leastconn", "lc"},
                                                                         {"leastconnection", "lc"},
                                                                         {"leastconnections", "lc"},
                                                                         {"weightedleastconn", "wlc"},
                                                                         {"weightedleastconnection", "wlc"},
                                                                         {"weightedleastconnections", "wlc"},
                                                                         {"source", "sh"},
                                                                         {"sourcehash", "sh"},
                                                                         {"sourcehashing", "sh"},
                                                                         {"iphash", "sh"},
                                                                         {"destinationhash", "dh"},
                                                                         {"destinationhashing", "dh"},
                                                                         {"maglev", "mh"},
                                                                         {"failover", "fo"},
                                                                         {"overflow", "ovf"},
                                                                         {"neverqueue", "nq"},
                                                                         {"shortestexpecteddelay", "sed"}};

/// The scheduler that a word means which is none.
std::string scheduler_for(std::string_view word) {
    std::string plain;
    for (const char c : word)
        if (c != '-' && c != '_') plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    for (const auto& [name, scheduler] : kOtherNames)
        if (name == plain) return std::string(scheduler);
    if (std::find(std::begin(kSchedulers), std::end(kSchedulers), plain) != std::end(kSchedulers))
        return plain;
    return std::string(nearest(word, kSchedulers).value_or(std::string_view{}));
}

void read_scheduler(Loading& loading, V& server, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    if (std::find(std::begin(kSchedulers), std::end(kSchedulers), name) != std::end(kSchedulers)) {
        server.scheduler = name;
        return;
    }
    loading.error(line.place(1),
                  fmt::format("{} {} is not one of {}; it is ignored", line.keyword(), name,
                              fmt::join(kSchedulers, ", ")),
                  {.suggestion = scheduler_for(name)});
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

constexpr std::string_view kProtocols[] = {"TCP", "UDP", "SCTP"};

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
        bad_choice(loading, line, 1, "is not TCP, UDP or SCTP", kProtocols);
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

// clang-format off: one row, one line
const Row kServerRows[] = {
    custom<V, read_ip_family, show_ip_family>({"ip_family", "inet|inet6", "of the real servers", "Family of a service by firewall mark.", rare}, 1).example("ip_family inet", "!\n^ipv4\n^inet6"),
    keyword<Schedule<&SD::retry>, kRetry>({"retry", "N", "of the checker", "Default retry of the checkers.", everyday}).example("retry 3"),
    keyword<Schedule<&SD::delay_before_retry>, kTimer>({"delay_before_retry", "SECS", "of the checker", "Default delay_before_retry of the checkers.", everyday}).example("delay_before_retry 2"),
    keyword<Schedule<&SD::warmup>, kTimer>({"warmup", "SECS", "delay_loop", "Default warmup of the checkers."}).example("warmup 5"),
    keyword<Schedule<&SD::connect_timeout>, kConnectTimeout>({"connect_timeout", "SECS", "5", "Default connect_timeout of the checkers.", everyday}).example("connect_timeout 3"),
    keyword<Schedule<&SD::delay_loop>, kInterval>({"delay_loop", "SECS", "60", "Default interval of the checkers.", everyday}).example("delay_loop 6"),
    keyword<Field<&V::inhibit>, Flag{}>({"inhibit_on_failure", "", "off", "Default inhibit_on_failure of the real servers."}).example("inhibit_on_failure"),
    custom<V, read_scheduler, show_scheduler>({"lb_algo", "rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos", "wlc, reported", "IPVS scheduler.", everyday}, 1).also("lvs_sched").example("lb_algo wrr", "!\n^fastest\n^WRR"),
    custom<V, read_flag>({"hashed", "", "off", "Accepted with the scheduler sh or mh, no effect.", rare}, 0).example("hashed", kNothingWrong, "-lb_algo\nlb_algo sh"),
    keyword<Attribute<&VA::flags, &VF::one_packet>, Flag{}>({"ops", "", "off", "One packet scheduling, UDP or marks only."}).example("ops", "", "-protocol\nprotocol UDP"),
    keyword<Attribute<&VA::flags, &VF::sched1>, Flag{}>({"flag-1", "", "off", "Scheduler flag 1.", rare}).example("flag-1"),
    keyword<Attribute<&VA::flags, &VF::sched2>, Flag{}>({"flag-2", "", "off", "Scheduler flag 2.", rare}).example("flag-2"),
    keyword<Attribute<&VA::flags, &VF::sched3>, Flag{}>({"flag-3", "", "off", "Scheduler flag 3.", rare}).example("flag-3"),
    custom<V, read_flag>({"sh-port", "", "off", "Hash the source port too; after lb_algo sh.", rare}, 0).example("sh-port", kNothingWrong, "-lb_algo\nlb_algo sh"),
    custom<V, read_flag>({"sh-fallback", "", "off", "Choose again when the server is not there; after lb_algo sh.", rare}, 0).example("sh-fallback", kNothingWrong, "-lb_algo\nlb_algo sh"),
    custom<V, read_flag>({"mh-port", "", "off", "As sh-port, after lb_algo mh.", rare}, 0).example("mh-port", kNothingWrong, "-lb_algo\nlb_algo mh"),
    custom<V, read_flag>({"mh-fallback", "", "off", "As sh-fallback, after lb_algo mh.", rare}, 0).example("mh-fallback", kNothingWrong, "-lb_algo\nlb_algo mh"),
    custom<V, read_forwarding_default, show_forwarding_default>({"lb_kind", "NAT|DR|TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]", "NAT, reported", "Forwarding method of the real and sorry servers that follow.", everyday}).also("lvs_method").example("lb_kind DR", "!\n^ROUTE\nTUN ^type\nTUN type ^vxlan\nTUN type gue port ^0\nTUN ^fast\nTUN type gue\nTUN type ipip csum\nTUN type gre remcsum"),
    keyword<Attribute<&VA::persistence_engine>, Word{16}>({"persistence_engine", "NAME", "none", "Persistence engine, for example sip.", rare}).example("persistence_engine sip", "", "-protocol\nprotocol UDP\npersistence_timeout 50"),
    custom<V, read_persistence, show_persistence>({"persistence_timeout", "[SECS]", "0: none; bare: 360", "Persistence, 1..2678400.", everyday}, 1).example("persistence_timeout 50", "^0\n^2678401\n^abc"),
    custom<V, read_granularity, show_granularity>({"persistence_granularity", "NETMASK|PLEN", "each client", "Clients that persist together; switches persistence on."}, 1).example("persistence_granularity 255.255.255.0", "!\n^255.255.255.256\n^/24"),
    custom<V, read_protocol, show_protocol>({"protocol", "TCP|UDP|SCTP", "UDP, reported", "Protocol of an address service.", everyday}, 1).example("protocol UDP", "!\n^ICMP"),
    keyword<Value<&VS::ha_suspend>, Flag{}>({"ha_suspend", "", "off", "Check only while the address is on this node."}).example("ha_suspend"),
    keyword<Value<&VS::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_checker", "Mail on changes of the quorum."}).example("smtp_alert on"),
    keyword<Value<&VS::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "none", "Default Host of HTTP_GET and SSL_GET.", everyday, replaces}).example("virtualhost www.example.org"),
    keyword<Value<&VS::snmp_name>, kOneWord>({"snmp_name", "STRING", "none", "Label in SNMP tables.", rare, replaces}).example("snmp_name web"),
    keyword<Value<&VS::alpha>, Flag{}>({"alpha", "", "off", "Real servers start as down."}).example("alpha"),
    keyword<Value<&VS::omega>, Flag{}>({"omega", "", "off", "Run notify_down and quorum_down at the end."}).example("omega"),
    keyword<Value<&VS::quorum_up>, kNotify>({"quorum_up", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the quorum is gained.", everyday, once}).example("quorum_up \"/usr/bin/true up\""),
    keyword<Value<&VS::quorum_down>, kNotify>({"quorum_down", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the quorum is lost.", everyday, once}).example("quorum_down \"/usr/bin/true down\" root"),
    custom<V, read_quorum, show_quorum>({"quorum", "N", "1", "Least total weight of live real servers.", everyday}, 1).example("quorum 1", "!\n^0\n^abc"),
    keyword<Value<&VS::hysteresis>, Integer{0, kMaxUint32}>({"hysteresis", "N", "0", "Up at quorum + N, down below quorum - N."}).example("hysteresis 0"),
    keyword<Field<&V::weight>, Integer{1, kMaxInt32}>({"weight", "N", "1", "Default weight of the real servers."}).example("weight 3"),
    custom<V, read_sorry_server, show_sorry_server>({"sorry_server", "ADDR [PORT]", "none", "Used when the quorum is lost.", everyday}, 2).example("sorry_server 192.0.2.90 80", "!\n^192.0.2.300 80\n192.0.2.90 ^65536"),
    custom<V, read_sorry_inhibit>({"sorry_server_inhibit", "", "off", "Keep it with weight 0 while unused; after sorry_server."}, 0).example("sorry_server_inhibit", kNothingWrong, "sorry_server 192.0.2.90 80"),
    custom<V, read_sorry_method>({"sorry_server_lvs_method", "as lb_kind", "of the service", "Its forwarding method; after sorry_server."}).example("sorry_server_lvs_method DR", "!\n^ROUTE\nTUN ^type\nTUN type ^vxlan\nTUN type gue port ^0\nTUN ^fast\nTUN type gue\nTUN type ipip csum\nTUN type gre remcsum", "sorry_server 192.0.2.90 80"),
    block<V, RD, open_real_server, close_real_server, show_real_servers>({"real_server", "ADDR [PORT] { ... }", "", "A destination.", everyday, adds_up}, kRealServer).example("real_server 192.0.2.51 80 {", "! {\n^192.0.2.300 80 {\n192.0.2.51 ^65536 {"),
};
// clang-format on

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

const Block kVirtualServer = Block{"virtual_server", kServerRows}.around(
    "lb_algo rr\nlb_kind NAT\nprotocol TCP\nreal_server 192.0.2.50 80 {\n}");

// clang-format off: one row, one line
constinit const Row kVirtualServerRootRow = block<Draft, V, open_virtual_server, close_virtual_server, show_virtual_servers>({"virtual_server", "ADDR [PORT] | fwmark N | group NAME { ... }", "", "An IPVS service.", everyday, adds_up}, kVirtualServer).of(Part::checkers).example("virtual_server 10.0.0.1 80 {", "! {\n^10.0.0.300 80 {\n10.0.0.1 ^65536 {\nfwmark ^0 {\nfwmark ^abc {");
// clang-format on

}  // namespace holdfast::config
