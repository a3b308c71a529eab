// What all checkers have in common, the plain ones, and the dump of a checker.
#include <fmt/format.h>

#include "checker_rows.hpp"

namespace holdfast::config {

using C = CheckerDraft;
using RD = RealServerDraft;
using CD = ConnectDraft;

C* fresh_checker(Loading& loading, uint32_t retry, Duration delay_before_retry) {
    C& checker = loading.checker_workbench;
    checker = {};
    checker.default_retry = retry;
    checker.default_delay_before_retry = delay_before_retry;
    return &checker;
}

C* open_plain_checker(Loading& loading, RD&, const Line&) {
    return fresh_checker(loading);
}

bool resolve_connect(Loading& loading, const RD& real, const CD& draft, const Line& line,
                     check::ConnectSettings& out) {
    out.destination.address = draft.address.value_or(real.value.endpoint.address);
    out.destination.port = draft.port.value_or(real.value.endpoint.port);
    out.has_bind = draft.bind_address.has_value() || draft.bind_port.has_value();
    out.bind.address = draft.bind_address.value_or(IpAddress::any(out.destination.address.family()));
    out.bind.port = draft.bind_port.value_or(0);
    out.bind_interface = draft.bind_interface;
    out.firewall_mark = draft.firewall_mark;
    if (out.destination.address.is_v6() && out.destination.address.is_link_local() &&
        out.bind_interface.empty()) {
        loading.error(line, 0,
                      fmt::format("the link-local address {} needs bind_if; the checker is left out",
                                  out.destination.address.to_string()));
        return false;
    }
    return true;
}

void add_checker(RD& real, const C& checker, decltype(check::Checker::probe) probe, const Line& line,
                 std::optional<Duration> timeout, bool polled) {
    PendingChecker pending;
    pending.value.probe = std::move(probe);
    pending.value.schedule.log_all_failures = checker.log_all_failures;
    pending.schedule = checker.schedule;
    pending.schedule.connect_timeout = timeout;
    pending.default_retry = checker.default_retry;
    pending.default_delay_before_retry = checker.default_delay_before_retry;
    pending.polled = polled;
    pending.place = line.place();
    real.checkers.push_back(std::move(pending));
}

namespace {

void close_tcp(Loading& loading, RD& real, C& checker, const Line& line) {
    check::TcpCheck probe;
    if (resolve_connect(loading, real, checker.connect, line, probe.connect))
        add_checker(real, checker, std::move(probe), line, checker.connect.timeout);
}

void close_ping(Loading& loading, RD& real, C& checker, const Line& line) {
    check::PingCheck probe;
    if (resolve_connect(loading, real, checker.connect, line, probe.connect))
        add_checker(real, checker, std::move(probe), line, checker.connect.timeout);
}

template <std::optional<IpAddress> CD::* member, std::optional<IpAddress> CD::* other>
void read_address_of(Loading& loading, CD& connect, const Line& line) {
    IpAddress address;
    if (!Address{}.read(loading, line, address)) return;
    if (connect.*other && (connect.*other)->family() != address.family()) {
        bad_word(loading, ReportClass::general, line, 1,
                 "is not of the family of the other address; it is ignored");
        return;
    }
    connect.*member = address;
}

}  // namespace

void read_connect_ip(Loading& loading, C& checker, const Line& line) {
    read_address_of<&CD::address, &CD::bind_address>(loading, checker.connect, line);
}

// The checker's destination is known when it opens, so bindto is compared with the real server's family as
// well.
void read_bindto(Loading& loading, C& checker, const Line& line) {
    IpAddress address;
    if (!Address{}.read(loading, line, address)) return;
    const Family destination =
        checker.connect.address.value_or(loading.real_server_workbench.value.endpoint.address).family();
    if (destination != address.family()) {
        bad_word(loading, ReportClass::general, line, 1,
                 "is not of the family of the destination; it is ignored");
        return;
    }
    checker.connect.bind_address = address;
}

void show_connect_ip(const C& checker, const Row& row, Writer& writer) {
    if (checker.connect.address) writer.line(row.facts.name, checker.connect.address->to_string());
}

void show_bindto(const C& checker, const Row& row, Writer& writer) {
    if (checker.connect.bind_address) writer.line(row.facts.name, checker.connect.bind_address->to_string());
}

void read_bind_if(Loading& loading, C& checker, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    if (name.size() > 15)
        bad_word(loading, ReportClass::general, line, 1, "is too long for an interface; it is ignored");
    else
        checker.connect.bind_interface = name;
}

void show_bind_if(const C& checker, const Row& row, Writer& writer) {
    if (!checker.connect.bind_interface.empty())
        writer.line(row.facts.name, quoted(checker.connect.bind_interface));
}

namespace {

CD describe(const check::ConnectSettings& connect) {
    CD draft;
    draft.address = connect.destination.address;
    if (connect.destination.port != 0) draft.port = connect.destination.port;
    if (connect.has_bind && !connect.bind.address.is_unspecified()) draft.bind_address = connect.bind.address;
    if (connect.has_bind && connect.bind.port != 0) draft.bind_port = connect.bind.port;
    draft.bind_interface = connect.bind_interface;
    draft.firewall_mark = connect.firewall_mark;
    draft.timeout = connect.timeout;
    return draft;
}

const Row& row_of(const check::Checker& checker) {
    struct Index {
        size_t operator()(const check::MiscCheck&) const { return 0; }
        size_t operator()(const check::SmtpCheck&) const { return 1; }
        size_t operator()(const check::TcpCheck&) const { return 2; }
        size_t operator()(const check::PingCheck&) const { return 3; }
        size_t operator()(const check::UdpCheck&) const { return 4; }
        size_t operator()(const check::HttpCheck& http) const { return http.tls ? 6 : 5; }
        size_t operator()(const check::DnsCheck&) const { return 7; }
        size_t operator()(const check::FileCheck&) const { return 8; }
        size_t operator()(const check::BfdCheck&) const { return 9; }
    };
    return checker_rows()[std::visit(Index{}, checker.probe)];
}

}  // namespace

void show_checker(const check::Checker& checker, Writer& writer) {
    C draft;
    draft.log_all_failures = checker.schedule.log_all_failures;
    const bool polled = !std::holds_alternative<check::FileCheck>(checker.probe) &&
                        !std::holds_alternative<check::BfdCheck>(checker.probe);
    draft.schedule.alpha = checker.schedule.alpha;
    if (polled) {
        draft.schedule.delay_loop = checker.schedule.delay_loop;
        draft.schedule.warmup = checker.schedule.warmup;
        draft.schedule.retry = checker.schedule.retry;
        draft.schedule.delay_before_retry = checker.schedule.delay_before_retry;
    }
    struct Fill {
        C& draft;
        void operator()(const check::TcpCheck& probe) const { draft.connect = describe(probe.connect); }
        void operator()(const check::PingCheck& probe) const { draft.connect = describe(probe.connect); }
        void operator()(const check::HttpCheck& probe) const {
            draft.http = probe;
            draft.connect = describe(probe.connect);
        }
        void operator()(const check::SmtpCheck& probe) const {
            draft.smtp = probe;
            if (!probe.hosts.empty()) draft.connect = describe(probe.hosts.front());
        }
        void operator()(const check::DnsCheck& probe) const {
            draft.dns = probe;
            draft.connect = describe(probe.connect);
        }
        void operator()(const check::UdpCheck& probe) const {
            draft.udp = probe;
            draft.connect = describe(probe.connect);
        }
        void operator()(const check::MiscCheck& probe) const { draft.misc = probe; }
        void operator()(const check::FileCheck& probe) const { draft.file = probe; }
        void operator()(const check::BfdCheck& probe) const { draft.bfd = probe; }
    };
    std::visit(Fill{draft}, checker.probe);
    const Row& row = row_of(checker);
    writer.open(row.facts.name);
    show_rows(*row.block, &draft, writer);
    writer.close();
}

void show_checkers(const RD& real, const Row&, Writer& writer) {
    for (const PendingChecker& checker : real.checkers) show_checker(checker.value, writer);
}

const Block kTcpCheck{"virtual_server/real_server/TCP_CHECK", kConnectingRows};
const Block kPingCheck{"virtual_server/real_server/PING_CHECK", kConnectingRows};

// clang-format off: one row, one line
constinit const Row kTcpCheckRow = block<RD, C, open_plain_checker, close_tcp>({"TCP_CHECK", "{ ... }", "", "Connect.", everyday, adds_up}, kTcpCheck).example("TCP_CHECK {", kNothingWrong);
constinit const Row kPingCheckRow = block<RD, C, open_plain_checker, close_ping>({"PING_CHECK", "{ ... }", "", "ICMP echo.", everyday, adds_up}, kPingCheck).example("PING_CHECK {", kNothingWrong);
// clang-format on

std::span<const Row> checker_rows() {
    static const Row all[] = {kMiscCheckRow, kSmtpCheckRow, kTcpCheckRow, kPingCheckRow, kUdpCheckRow,
                              kHttpGetRow,   kSslGetRow,    kDnsCheckRow, kFileCheckRow, kBfdCheckRow};
    return all;
}

}  // namespace holdfast::config
