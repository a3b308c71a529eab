// keepalived_check.data: its LVS part, line by line as scrapers of keepalived's know it. The servers
// themselves are in virtual_server_dump.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <ctime>
#include <limits>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "dump_text.hpp"
#include "holdfast/app/data_dump.hpp"
#include "holdfast/check/director.hpp"
#include "holdfast/check/log_lines.hpp"
#include "holdfast/config/config.hpp"

namespace holdfast::app {

namespace {

long long microseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

/// When something began, as MISC_CHECK tells it; the epoch for what has not.
std::string moment_text(std::optional<WallClock> when) {
    const int64_t since =
        when ? std::chrono::duration_cast<std::chrono::microseconds>(when->time_since_epoch()).count() : 0;
    const std::time_t second = since / 1'000'000;
    std::tm local{};
    localtime_r(&second, &local);
    std::array<char, 32> date{};
    std::strftime(date.data(), date.size(), "%a %b %e %T %Y", &local);
    return fmt::format("{}.{:06} ({}.{:06})", second, since % 1'000'000, date.data(), since % 1'000'000);
}

const check::ConnectSettings* connection_of(const check::Checker& checker) {
    return std::visit(
        []<class Probe>(const Probe& probe) -> const check::ConnectSettings* {
            if constexpr (requires { probe.connect; }) {
                return &probe.connect;
            } else if constexpr (requires { probe.hosts; }) {
                return probe.hosts.empty() ? nullptr : &probe.hosts.front();
            } else {
                return nullptr;
            }
        },
        checker.probe);
}

void connection(DumpText& out, const check::ConnectSettings& settings) {
    out.line("   Connection");
    out.line("     Dest = {}", settings.destination.to_string());
    if (settings.has_bind) out.line("     Bind to = {}", settings.bind.to_string());
    if (!settings.bind_interface.empty()) out.line("     Bind i/f = {}", settings.bind_interface.string());
    if (settings.firewall_mark != 0) out.line("     Mark = {}", settings.firewall_mark);
    out.line("     Timeout = {:f}", to_seconds(settings.timeout));
}

// Runs of codes, one line each.
void status_codes(DumpText& out, std::bitset<500> codes) {
    constexpr size_t kFirst = 100;
    if (codes.none())
        for (size_t code = 200; code < 300; ++code) codes.set(code - kFirst);
    for (size_t begin = 0; begin < codes.size(); ++begin) {
        if (!codes.test(begin)) continue;
        size_t end = begin;
        while (end + 1 < codes.size() && codes.test(end + 1)) ++end;
        if (begin == end) {
            out.line("       {}", begin + kFirst);
        } else {
            out.line("       {}-{}", begin + kFirst, end + kFirst);
        }
        begin = end;
    }
}

std::string option_names(uint32_t options) {
    std::string names;
    for (const check::RegexOption& option : check::regex_options())
        if ((options & option.bit) != 0) (names += ' ') += option.name;
    return names;
}

/// What all urls of the configuration say together about their patterns.
struct Patterns {
    explicit Patterns(const check::Director& director) {
        for (const check::CheckerId id : director.checkers()) {
            const auto* http = std::get_if<check::HttpCheck>(&director.checker(id)->probe);
            if (http == nullptr) continue;
            for (const check::UrlSettings& url : http->urls) {
                if (url.regex.empty()) continue;
                ++uses[{url.regex, url.regex_options}];
                stack_start = std::max(stack_start, url.regex_stack_start);
                stack_max = std::max(stack_max, url.regex_stack_max);
            }
        }
    }
    std::map<std::pair<std::string, uint32_t>, size_t> uses{};
    uint32_t stack_start = 0;
    uint32_t stack_max = 0;
};

void url(DumpText& out, const Patterns& patterns, const check::UrlSettings& url) {
    out.line("   Checked url = {}", url.path);
    if (url.digest) {
        std::string digest;
        for (const uint8_t byte : *url.digest) digest += fmt::format("{:02x}", byte);
        out.line("     digest = {}", digest);
    }
    out.line("     tls_compliant {}set", url.tls_compliant.value_or(false) ? "" : "un");
    out.line("     HTTP Status Code(s)");
    status_codes(out, url.status_codes);
    if (!url.virtualhost.empty()) out.line("     Virtual host = {}", url.virtualhost);
    if (url.regex.empty()) return;
    out.line("     Regex = \"{}\"", url.regex);
    if (url.regex_no_match) out.line("     Regex no match");
    if (url.regex_max_offset) {
        out.line("     Regex min offset = {}, max_offset = {}", url.regex_min_offset, *url.regex_max_offset);
    } else if (url.regex_min_offset != 0) {
        out.line("     Regex min offset = {}", url.regex_min_offset);
    }
    out.line("     Regex options:{}", option_names(url.regex_options));
    out.line("     Regex ref count = {}", patterns.uses.at({url.regex, url.regex_options}));
    if (url.regex_stack_max != 0)
        out.line("     Regex stack start {}, max {}", patterns.stack_start, patterns.stack_max);
}

void http(DumpText& out, const Patterns& patterns, const check::HttpCheck& check, const CheckerView& life) {
    std::string_view version = "1.0";
    if (check.protocol == check::HttpProtocol::http_1_0_compatible) version = "1.0C";
    if (check.protocol == check::HttpProtocol::http_1_1) version = "1.1";
    out.line("   Keepalive method = {}_GET, http protocol {}", check.tls ? "SSL" : "HTTP", version);
    if (!check.virtualhost.empty()) out.line("   Virtualhost = {}", check.virtualhost.string());
    out.line("   Enable SNI {}set", check.enable_sni ? "" : "un");
    out.line("   Fast recovery {}set", check.fast_recovery ? "" : "un");
    if (check.tls) out.line("   tls_compliant {}set", check.tls_compliant ? "" : "un");
    for (const check::UrlSettings& each : check.urls) url(out, patterns, each);
    if (life.failing_url) out.line("   Failed URL = {}", check.urls[*life.failing_url].path);
}

void udp(DumpText& out, const check::UdpCheck& check) {
    if (check.payload.empty()) {
        out.line("   Payload specified = no");
    } else {
        out.line("   Payload len = {}", check.payload.size());
    }
    out.line("   Require reply = {}", yes_no(check.require_reply));
    if (!check.require_reply) return;
    out.line("     Min reply length = {}", check.min_reply_length);
    out.line("     Max reply length = {}", check.max_reply_length);
    out.line("     Reply data len = {}", check.reply ? check.reply->size() : 0);
    if (!check.reply) return;
    const bool masked = std::ranges::any_of(check.reply_mask, [](uint8_t byte) { return byte != 0xff; });
    out.line("     Reply data mask = {}", yes_no(masked));
}

/// Where a kind's own default stands in for the real server's delay_before_retry.
Duration default_retry_delay(const check::Checker& checker) {
    if (std::holds_alternative<check::HttpCheck>(checker.probe)) return std::chrono::seconds(3);
    if (std::holds_alternative<check::DnsCheck>(checker.probe)) return Duration::zero();  // delay_loop
    return std::chrono::seconds(1);
}

std::string_view dns_type(uint16_t type) {
    switch (type) {
        case 1:
            return "A";
        case 2:
            return "NS";
        case 5:
            return "CNAME";
        case 6:
            return "SOA";
        case 15:
            return "MX";
        case 16:
            return "TXT";
        case 28:
            return "AAAA";
        case 46:
            return "RRSIG";
        case 48:
            return "DNSKEY";
        default:
            return "(unknown)";
    }
}

void schedule(DumpText& out, const check::Checker& settings, const CheckerView& life) {
    const check::Schedule& schedule = settings.schedule;
    // No attempts are made for it, so the times keep the marks of "not set".
    const bool polled = !std::holds_alternative<check::BfdCheck>(settings.probe);
    constexpr auto kUnset = std::numeric_limits<unsigned long>::max();
    const auto time = [&](Duration value) {
        return polled ? static_cast<unsigned long>(microseconds(value)) : kUnset;
    };
    const uint32_t retry = polled ? schedule.retry : std::numeric_limits<uint32_t>::max();
    out.line("   Alpha = {}", yes_no(schedule.alpha));
    out.line("   Delay loop = {} us", time(schedule.delay_loop));
    out.line("   Warmup = {} us", time(schedule.warmup));
    out.line("   Retries = {}", retry);
    if (retry != 0) {
        out.line("   Delay before retry = {} us", time(schedule.delay_before_retry));
        out.line("   Retries iterations = {}", polled ? life.failures : retry);
    }
    out.line("   Default delay before retry = {} us", microseconds(default_retry_delay(settings)));
}

void checker(DumpText& out, const DaemonView& view, const Patterns& patterns, check::CheckerId id) {
    const check::Director& director = *view.director;
    const CheckerView life = view.checker ? view.checker(id) : CheckerView{};
    const check::CheckerPlace& place = *director.place(id);
    const check::Checker& settings = *director.checker(id);
    const auto& state =
        director.machine(place.virtual_server).servers()[place.real_server].checkers[place.checker];
    out.line(" {} -> {}", director.virtual_server_name(id), director.server_name(id));
    out.line("   Enabled = {}", yes_no(!director.suspended(id)));
    out.line("   Up = {}", yes_no(state.up));
    out.line("   Has run = {}", yes_no(state.has_run));
    out.line("   Current weight = {}", director.contribution(id));
    if (!std::holds_alternative<check::FileCheck>(settings.probe)) schedule(out, settings, life);
    out.line("   Log all failures = {}", yes_no(settings.schedule.log_all_failures));
    if (const check::ConnectSettings* where = connection_of(settings)) connection(out, *where);
    if (const auto* web = std::get_if<check::HttpCheck>(&settings.probe))
        return http(out, patterns, *web, life);
    out.line("   Keepalive method = {}", check::keyword(settings));
    if (const auto* misc = std::get_if<check::MiscCheck>(&settings.probe)) {
        if (!misc->command.path.empty()) out.line("   path = {}", misc->command.path);
        out.line("   script = {}", misc->command.to_string());
        out.line("   timeout = {}", misc->timeout_given ? microseconds(misc->timeout) / 1000000 : 0);
        out.line("   dynamic = {}", misc->dynamic ? "YES" : "NO");
        out.line("   uid:gid = {}:{}", misc->command.identity.uid.value_or(0),
                 misc->command.identity.gid.value_or(0));
        out.line("   Last ran = {}", moment_text(life.last_begun));
        out.line("   Last status = {}", life.last_status);
    } else if (const auto* smtp = std::get_if<check::SmtpCheck>(&settings.probe)) {
        out.line("   helo = {}", smtp->helo_name);
    } else if (const auto* dns = std::get_if<check::DnsCheck>(&settings.probe)) {
        out.line("   Type = {}", dns_type(dns->type));
        out.line("   Name = {}", dns->name == "." ? "" : dns->name);
    } else if (const auto* datagrams = std::get_if<check::UdpCheck>(&settings.probe)) {
        udp(out, *datagrams);
    } else if (const auto* file = std::get_if<check::FileCheck>(&settings.probe)) {
        out.line("     Tracked file = {}", file->track_file);
        out.line("     Reloaded = No");  // The reference has nothing that says yes.
    } else if (const auto* bfd = std::get_if<check::BfdCheck>(&settings.probe)) {
        out.line("   Name = {}", bfd->session);
        out.line("   Alpha is {}", settings.schedule.alpha ? "ON" : "OFF");
    } else if (std::holds_alternative<check::PingCheck>(settings.probe)) {
        out.line("     ICMP seq no = {}", life.ping_sequence);
    }
}

void tls(DumpText& out, const config::TlsSettings& settings) {
    out.section("SSL definitions");
    if (settings == config::TlsSettings{}) return out.line(" Using autogen SSL context");
    if (!settings.password.empty()) out.line(" Password : ********");
    if (!settings.ca.empty()) out.line(" CA-file : {}", settings.ca);
    if (!settings.certificate.empty()) out.line(" Certificate file : {}", settings.certificate);
    if (!settings.key.empty()) out.line(" Key file : {}", settings.key);
}

/// Those whose checkers of one kind follow `name`.
template <class Check, std::string Check::* name_of>
std::vector<check::CheckerId> followers(const check::Director& director, const std::string& name) {
    std::vector<check::CheckerId> ids = director.checkers();
    std::erase_if(ids, [&](check::CheckerId id) {
        const auto* check = std::get_if<Check>(&director.checker(id)->probe);
        return check == nullptr || check->*name_of != name;
    });
    return ids;
}

void track_file(DumpText& out, const DaemonView& view, const FileView& file) {
    out.line(" Track file = {}", file.name);
    out.line("   File = {}", file.path);
    out.line("   Status = {}", file.value);
    out.line("   Weight = {}{}", file.weight, file.reverse ? " reverse" : "");
    const check::Director& director = *view.director;
    const auto ids = followers<check::FileCheck, &check::FileCheck::track_file>(director, file.name);
    if (!ids.empty()) out.line("   Tracking instances :");
    for (const check::CheckerId id : ids) {
        out.line("     {} -> {}, {}", director.virtual_server_name(id), director.server_name(id),
                 file_weight_text(view, std::get<check::FileCheck>(director.checker(id)->probe)));
    }
}

void track_bfd(DumpText& out, const check::Director& director, const std::string& session) {
    out.line(" Checker Track BFD = {}", session);
    out.line("   Tracking RS :");
    for (const check::CheckerId id : followers<check::BfdCheck, &check::BfdCheck::session>(director, session))
        out.line("   {}", director.server_name(id));
}

}  // namespace

std::string file_weight_text(const DaemonView& view, const check::FileCheck& check) {
    if (check.weight) return fmt::format("weight {}{}", *check.weight, check.reverse ? " reverse" : "");
    const auto file = std::ranges::find(view.checker_files, check.track_file, &FileView::name);
    if (file == view.checker_files.end()) return "weight 0";
    return fmt::format("weight {}{}", file->weight, file->reverse ? " reverse" : "");
}

std::string checker_data(const DaemonView& view) {
    DumpText out;
    dump_global(out, view.global, GlobalPart::others);
    if (view.tls != nullptr) tls(out, *view.tls);
    if (view.director == nullptr) return out.take();
    const check::Director& director = *view.director;
    if (director.size() != 0) {
        out.section("LVS Topology");
        out.line(" System is compiled with LVS v1.2.1");
        dump_virtual_servers(out, view);
    }
    std::vector<check::CheckerId> checkers = director.checkers();
    // As in keepalived, the files that a server follows come after its other checkers.
    std::ranges::stable_sort(checkers, {}, [&](check::CheckerId id) {
        const check::CheckerPlace& place = *director.place(id);
        return std::tuple(place.virtual_server, place.real_server,
                          std::holds_alternative<check::FileCheck>(director.checker(id)->probe));
    });
    if (!checkers.empty()) out.section("Health checkers");
    const Patterns patterns(director);
    for (const check::CheckerId id : checkers) checker(out, view, patterns, id);
    if (!view.checker_files.empty()) out.section("Checker track files");
    for (const FileView& file : view.checker_files) track_file(out, view, file);
    if (!view.checker_bfds.empty()) out.section("Checker track BFDs");
    for (const std::string& session : view.checker_bfds) track_bfd(out, director, session);
    return out.take();
}

}  // namespace holdfast::app
