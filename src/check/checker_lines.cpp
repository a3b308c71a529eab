// What each kind of checker says. The kinds grew at different times in keepalived and every one has words of
// its own; all of them are in this one table because people's log filters know them.
#include <fmt/format.h>

#include "holdfast/check/log_lines.hpp"
#include "holdfast/check/udp.hpp"

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
                      "ICMP CHECK on service {rs} of {vs} failed after {retries} retries.",
                      "ICMP connection to {rs} of {vs} failed.",
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
constexpr std::string_view kMiscDown =
    "Misc check for [{rs} VS {vs}] by [{name}] {ending}{retrying}{reason}.";
constexpr Words kMisc{"Misc check for [{rs} VS {vs}] by [{name}] succeeded.",
                      kMiscDown,
                      kMiscDown,
                      kMiscDown,
                      kMiscDown,
                      "=> MISC CHECK succeeded on service <=",
                      "=> MISC CHECK {ending} on service <="};
// As in keepalived, no line but the one about the file, and no mail.
constexpr Words kFile{"", "", "", "", "", "", ""};
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

/// What the patterns may name.
struct Facts {
    std::string_view rs{};
    std::string_view vs{};
    uint32_t retries = 0;
    std::string_view reason{};
    bool timed_out = false;
    std::string retrying{};  ///< MISC_CHECK: which of its attempts this was.
};

std::string fill(std::string_view pattern, const Checker& checker, const Facts& facts) {
    if (pattern.empty()) return {};
    return fmt::format(fmt::runtime(pattern), fmt::arg("rs", facts.rs), fmt::arg("vs", facts.vs),
                       fmt::arg("retries", facts.retries), fmt::arg("reason", facts.reason),
                       fmt::arg("ending", facts.timed_out ? "timed out" : "failed"),
                       fmt::arg("retrying", facts.retrying), fmt::arg("name", name_of(checker)));
}

std::string retrying(uint32_t attempt, uint32_t retry) {
    const std::string_view noun = retry == 1 ? "retry" : "retries";
    if (retry == 0) return " with retry disabled";
    if (attempt > retry) return fmt::format(" after {} {}", retry, noun);
    if (attempt == 1) return fmt::format(", will do {} {}", retry, noun);
    return fmt::format(" on retry {}/{}", attempt - 1, retry);
}

// These kinds say one thing about a failed attempt, the verdict's line if it is the last.
bool says_it_once(const Checker& checker) {
    return std::holds_alternative<SmtpCheck>(checker.probe) ||
           std::holds_alternative<DnsCheck>(checker.probe) ||
           std::holds_alternative<MiscCheck>(checker.probe);
}

// The others speak of a lost connection only when there was a server to lose.
bool speaks_while_down(const Checker& checker) {
    return says_it_once(checker) || std::holds_alternative<HttpCheck>(checker.probe);
}

bool has_retried(const Checker& checker, const Verdict& verdict) {
    return std::holds_alternative<DnsCheck>(checker.probe) ? !verdict.first : verdict.retries != 0;
}

}  // namespace

std::string verdict(const Checker& checker, const Verdict& verdict, std::string_view rs,
                    std::string_view vs) {
    const Words& words = std::visit(Choose{}, checker.probe);
    const Facts facts{.rs = rs,
                      .vs = vs,
                      .retries = verdict.retries,
                      .reason = verdict.reason,
                      .timed_out = verdict.timed_out,
                      .retrying = retrying(checker.schedule.retry + 1, checker.schedule.retry)};
    if (verdict.up) return fill(words.success, checker, facts);
    if (std::holds_alternative<HttpCheck>(checker.probe) && !verdict.was_up) return {};
    return fill(has_retried(checker, verdict) ? words.down_after : words.down, checker, facts);
}

std::string failure(const Checker& checker, const FailureSeen& failure, std::string_view rs,
                    std::string_view vs) {
    if (failure.is_last && says_it_once(checker)) return {};
    if (!failure.was_up && !speaks_while_down(checker)) return {};
    if (std::holds_alternative<UdpCheck>(checker.probe) && failure.reason == kReplyMismatch)
        return fmt::format("UDP check to {} {}.", rs, kReplyMismatch);
    const Words& words = std::visit(Choose{}, checker.probe);
    return fill(failure.timed_out ? words.timeout : words.failure, checker,
                {.rs = rs,
                 .vs = vs,
                 .reason = failure.reason,
                 .timed_out = failure.timed_out,
                 .retrying = retrying(failure.attempt, checker.schedule.retry)});
}

std::string success(const SuccessSeen& success, std::string_view rs) {
    return fmt::format("{} success to {}{}", success.reason, rs, success.detail);
}

std::string remark(std::string_view remark, std::string_view rs, std::string_view vs) {
    return fmt::format("http_check for RS {} VS {}{}", rs, vs, remark);
}

std::string mail_body(const Checker& checker, const Verdict& verdict) {
    const Words& words = std::visit(Choose{}, checker.probe);
    return fill(verdict.up ? words.mail_up : words.mail_down, checker,
                {.retries = verdict.retries, .reason = verdict.reason, .timed_out = verdict.timed_out});
}

}  // namespace holdfast::check::log_lines
