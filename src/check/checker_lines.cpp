// What each kind of checker says. The kinds grew at different times in keepalived and every one has words of
// its own; all of them are in this one table because people's log filters know them.
#include <fmt/format.h>

#include "holdfast/check/log_lines.hpp"

namespace holdfast::check::log_lines {
namespace {

struct Words {
    std::string_view success;     ///< Verdict up; {rs} is the server. Empty: says nothing.
    std::string_view down;        ///< Verdict down.
    std::string_view down_after;  ///< The same after {retries} retries.
    std::string_view failure;     ///< log_all_failures.
    std::string_view timeout;     ///< log_all_failures, when the limit passed.
    std::string_view mail_up;
    std::string_view mail_down;
};

constexpr Words kTcp{"TCP connection to {rs} success.",
                     "TCP_CHECK on service {rs} failed.",
                     "TCP_CHECK on service {rs} failed after {retries} retries.",
                     "TCP connection to {rs} failed.",
                     "TCP connection to {rs} timeout.",
                     "=> TCP CHECK succeed on service <=",
                     "=> TCP CHECK failed on service <="};
constexpr Words kUdp{"UDP connection to {rs} success.",
                     "UDP_CHECK on service {rs} failed.",
                     "UDP_CHECK on service {rs} failed after {retries} retries.",
                     "UDP connection to {rs} failed.",
                     "UDP connection to {rs} failed.",
                     "=> UDP CHECK succeed on service <=",
                     "=> UDP CHECK failed on service <="};
constexpr Words kPing{"ICMP connection to {rs} success.",
                      "ICMP CHECK on service {rs} failed.",
                      "ICMP CHECK on service {rs} failed after {retries} retries.",
                      "ICMP connection to {rs} failed.",
                      "ICMP connection to address {rs} timeout.",
                      "=> ICMP CHECK succeed on service <=",
                      "=> ICMP CHECK failed on service <="};
constexpr Words kHttp{"Remote Web server {rs} succeed on service.",
                      "HTTP_CHECK on service {rs} failed.",
                      "HTTP_CHECK on service {rs} failed after {retries} retries.",
                      "{reason} server {rs}.",
                      "{reason} server {rs}.",
                      "=> CHECK succeed on service <=",
                      "=> CHECK failed on service : HTTP/SSL request failed <="};
constexpr Words kSsl{kHttp.success,
                     "SSL_CHECK on service {rs} failed.",
                     "SSL_CHECK on service {rs} failed after {retries} retries.",
                     kHttp.failure,
                     kHttp.timeout,
                     kHttp.mail_up,
                     kHttp.mail_down};
constexpr Words kSmtp{"Remote SMTP server {rs} succeed on service.",
                      "SMTP_CHECK {reason}",
                      "SMTP_CHECK {reason}",
                      "SMTP_CHECK {reason}",
                      "SMTP_CHECK {reason}",
                      "=> CHECK succeed on service <=",
                      "=> CHECK failed on service : {reason} <="};
constexpr Words kDns{"",
                     "DNS_CHECK ({rs}) {reason}",
                     "DNS_CHECK ({rs}) {reason} after {retries} retries",
                     "DNS_CHECK ({rs}) {reason}",
                     "DNS_CHECK ({rs}) {reason}",
                     "=> DNS_CHECK: succeed on service <=",
                     "=> DNS_CHECK: failed on service <="};
constexpr Words kMisc{"Misc check for [{rs} VS {vs}] by [{name}] succeeded.",
                      "Misc check for [{rs} VS {vs}] by [{name}] {reason}.",
                      "Misc check for [{rs} VS {vs}] by [{name}] {reason}.",
                      "Misc check for [{rs} VS {vs}] by [{name}] {reason}.",
                      "Misc check for [{rs} VS {vs}] by [{name}] {reason}.",
                      "=> MISC CHECK succeeded on service <=",
                      "=> MISC CHECK failed on service <="};
constexpr Words kFile{
    "", "", "", "", "", "=> FILE CHECK succeeded on service <=", "=> FILE CHECK failed on service <="};
constexpr Words kBfd{"BFD check of [{name}] RS({rs}) is UP",
                     "BFD check of [{name}] RS({rs}) is DOWN",
                     "BFD check of [{name}] RS({rs}) is DOWN",
                     "",
                     "",
                     "=> BFD CHECK {name} succeeded on service <=",
                     "=> BFD CHECK {name} failed on service <="};

struct Choose {
    const Words& operator()(const TcpCheck&) const { return kTcp; }
    const Words& operator()(const HttpCheck& check) const { return check.tls ? kSsl : kHttp; }
    const Words& operator()(const SmtpCheck&) const { return kSmtp; }
    const Words& operator()(const DnsCheck&) const { return kDns; }
    const Words& operator()(const UdpCheck&) const { return kUdp; }
    const Words& operator()(const PingCheck&) const { return kPing; }
    const Words& operator()(const MiscCheck&) const { return kMisc; }
    const Words& operator()(const FileCheck&) const { return kFile; }
    const Words& operator()(const BfdCheck&) const { return kBfd; }
};

std::string_view name_of(const Checker& checker) {
    if (const auto* misc = std::get_if<MiscCheck>(&checker.probe))
        return misc->command.empty() ? std::string_view() : std::string_view(misc->command.arguments.front());
    if (const auto* bfd = std::get_if<BfdCheck>(&checker.probe)) return bfd->session;
    return {};
}

std::string fill(std::string_view pattern, const Checker& checker, std::string_view rs, std::string_view vs,
                 uint32_t retries, std::string_view reason) {
    if (pattern.empty()) return {};
    return fmt::format(fmt::runtime(pattern), fmt::arg("rs", rs), fmt::arg("vs", vs),
                       fmt::arg("retries", retries),
                       fmt::arg("reason", reason.empty() ? std::string_view("failed") : reason),
                       fmt::arg("name", name_of(checker)));
}

}  // namespace

std::string verdict(const Checker& checker, const Verdict& verdict, std::string_view rs,
                    std::string_view vs) {
    const Words& words = std::visit(Choose{}, checker.probe);
    const std::string_view down = verdict.retries != 0 ? words.down_after : words.down;
    return fill(verdict.up ? words.success : down, checker, rs, vs, verdict.retries, verdict.reason);
}

std::string failure(const Checker& checker, const FailureSeen& failure, std::string_view rs,
                    std::string_view vs) {
    const Words& words = std::visit(Choose{}, checker.probe);
    return fill(failure.timed_out ? words.timeout : words.failure, checker, rs, vs, 0, failure.reason);
}

std::string mail_body(const Checker& checker, const Verdict& verdict) {
    const Words& words = std::visit(Choose{}, checker.probe);
    return fill(verdict.up ? words.mail_up : words.mail_down, checker, {}, {}, verdict.retries,
                verdict.reason);
}

}  // namespace holdfast::check::log_lines
