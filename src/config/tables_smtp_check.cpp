// SMTP_CHECK, with its obsolete host blocks.
#include <fmt/format.h>

#include "checker_rows.hpp"

namespace holdfast::config {
namespace {

using C = CheckerDraft;
using RD = RealServerDraft;
using CD = ConnectDraft;

// Each obsolete `host` block is a checker of its own; the block's own address counts only when something is
// given.
void close_smtp(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.smtp.helo_name.empty()) checker.smtp.helo_name = "smtpchecker.keepalived.org";
    if (!checker.smtp_hosts.empty())
        loading.remark(line, 0, "the host block of SMTP_CHECK is obsolete; use one SMTP_CHECK per address");
    std::vector<CD> hosts = std::move(checker.smtp_hosts);
    const CD& own = checker.connect;
    const bool own_given = own.address || own.port || own.bind_address || own.bind_port || own.timeout ||
                           !own.bind_interface.empty() || own.firewall_mark != 0;
    if (hosts.empty() || own_given) hosts.insert(hosts.begin(), own);
    for (const CD& host : hosts) {
        check::SmtpCheck probe = checker.smtp;
        probe.hosts.emplace_back();
        if (resolve_connect(loading, real, host, line, probe.hosts.back()))
            add_checker(real, checker, std::move(probe), line, host.timeout);
    }
}

void read_helo(Loading& loading, C& checker, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (!checker.smtp.helo_name.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one replaces it");
    checker.smtp.helo_name = line.word(1);
}

void show_helo(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, quoted(checker.smtp.helo_name));
}

// Connection keywords inside `host` are its own, timing keywords are the checker's: the connection is
// exchanged while the block is read.
C* open_host(Loading& loading, C& checker, const Line&) {
    loading.host_workbench = std::exchange(checker.connect, CD{});
    return &checker;
}

void close_host(Loading& loading, C& checker, C&, const Line&) {
    checker.smtp_hosts.push_back(std::exchange(checker.connect, std::move(loading.host_workbench)));
}

const Block kHost =
    Block{"virtual_server/real_server/SMTP_CHECK/host", kConnectingRows}.around("connect_ip 192.0.2.52");

// clang-format off: one row, one line
constexpr std::array kSmtpOwnRows{
    custom<C, read_helo, show_helo>({"helo_name", "STRING", "smtpchecker.keepalived.org", "Argument of HELO.", common, replaces}, 1).example("helo_name probe.example.org", "."),
    block<C, C, open_host, close_host>({"host", "{ ... }", "none", "Obsolete: one SMTP_CHECK per address.", rare, adds_up}, kHost).example("host {", kNothingWrong),
};
// clang-format on
constexpr auto kSmtpRows = concat(kConnectingRows, kSmtpOwnRows);

}  // namespace

const Block kSmtpCheck{"virtual_server/real_server/SMTP_CHECK", kSmtpRows};

// clang-format off: one row, one line
constinit const Row kSmtpCheckRow = block<RD, C, open_plain_checker, close_smtp>({"SMTP_CHECK", "{ ... }", "", "Talk SMTP up to QUIT.", common, adds_up}, kSmtpCheck).example("SMTP_CHECK {", kNothingWrong);
// clang-format on

}  // namespace holdfast::config
