// The checkers of a real_server: one table of rows all have in common, one of those that connect, and one per
// kind.
#include "tables_checker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::config {
namespace {

using C = CheckerDraft;
using RD = RealServerDraft;
using SD = ScheduleDraft;
using CD = ConnectDraft;

// ---- Opening and closing ----

C* fresh(Loading& loading, uint32_t retry = 1, Duration delay_before_retry = std::chrono::seconds(1)) {
    C& checker = loading.checker_workbench;
    checker = {};
    checker.default_retry = retry;
    checker.default_delay_before_retry = delay_before_retry;
    return &checker;
}

C* open_plain(Loading& loading, RD&, const Line&) {
    return fresh(loading);
}
C* open_misc(Loading& loading, RD&, const Line&) {
    return fresh(loading, 0);
}
C* open_http(Loading& loading, RD&, const Line& line) {
    C* checker = fresh(loading, 1, std::chrono::seconds(3));
    checker->http.tls = line.keyword() == "SSL_GET";
    return checker;
}
C* open_dns(Loading& loading, RD&, const Line&) {
    return fresh(loading, 3, Duration{0});
}
C* open_udp(Loading& loading, RD&, const Line&) {
    C* checker = fresh(loading);
    checker->udp.min_reply_length = 0;
    checker->udp.max_reply_length = 255;
    return checker;
}

/// Fills in what is not given: the real server's address and port. False = reported, the checker is dropped.
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

template <class Probe>
void add_checker(RD& real, const C& checker, Probe probe, const Line& line, std::optional<Duration> timeout,
                 bool polled = true) {
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

void close_udp(Loading& loading, RD& real, C& checker, const Line& line) {
    if (!resolve_connect(loading, real, checker.connect, line, checker.udp.connect)) return;
    if (checker.udp.min_reply_length > checker.udp.max_reply_length)
        loading.error(line, 0, "min_reply_length is more than max_reply_length, so the check always fails");
    add_checker(real, checker, std::move(checker.udp), line, checker.connect.timeout);
}

void close_dns(Loading& loading, RD& real, C& checker, const Line& line) {
    if (resolve_connect(loading, real, checker.connect, line, checker.dns.connect))
        add_checker(real, checker, std::move(checker.dns), line, checker.connect.timeout);
}

void close_http(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.http.urls.empty()) {
        loading.error(line, 0, fmt::format("{} has no url and is left out", line.keyword()));
        return;
    }
    if (resolve_connect(loading, real, checker.connect, line, checker.http.connect))
        add_checker(real, checker, std::move(checker.http), line, checker.connect.timeout);
}

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

void close_misc(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.remove) return;
    if (checker.misc.command.empty()) {
        loading.error(line, 0, "MISC_CHECK has no misc_path and is left out");
        return;
    }
    auto identity = checker.misc_identity ? checker.misc_identity : loading.default_identity(line);
    if (!identity) {
        loading.error(line, 0, "MISC_CHECK has nobody to run its script and is left out");
        return;
    }
    checker.misc.command.identity = std::move(*identity);
    add_checker(real, checker, std::move(checker.misc), line, std::nullopt);
}

void close_file(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.file.track_file.empty())
        loading.error(line, 0, "FILE_CHECK has no track_file and is left out");
    else
        add_checker(real, checker, std::move(checker.file), line, std::nullopt, false);
}

void close_bfd(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.remove) return;
    if (checker.bfd.session.empty())
        loading.error(line, 0, "BFD_CHECK has no name and is left out");
    else
        add_checker(real, checker, std::move(checker.bfd), line, std::nullopt, false);
}

// ---- Keywords with a function of their own ----

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

void read_helo(Loading& loading, C& checker, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (!checker.smtp.helo_name.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one replaces it");
    checker.smtp.helo_name = line.word(1);
}
void show_helo(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, quoted(checker.smtp.helo_name));
}

void read_misc_path(Loading& loading, C& checker, const Line& line) {
    const auto words = read_quoted(line.directive().rest());
    if (!words) {
        loading.error(line, kWholeLine, fmt::format("misc_path: {}", words.error().message));
        return;
    }
    if (words->empty()) return;
    auto arguments = read_escaped(words->front());
    if (arguments && !arguments->empty()) checker.misc.command.arguments = std::move(*arguments);
}
void show_misc_path(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, command_words(checker.misc.command));
}

void read_misc_user(Loading& loading, C& checker, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    checker.misc_identity = loading.identity(line, 1);
    if (checker.misc_identity) return;
    bad_word(loading, ReportClass::general, line, 1,
             "is not a user that exists, or its group is unknown; the checker is left out");
    checker.remove = true;
}
void show_misc_user(const C& checker, const Row& row, Writer& writer) {
    const notify::Identity& identity = checker.misc.command.identity;
    if (!identity.user.empty())
        writer.line(row.facts.name,
                    identity.user + (identity.group.empty()
                                         ? ""
                                         : (identity.supplementary_groups ? " :" : " ") + identity.group));
}

constexpr uint16_t kDnsTypes[] = {1, 2, 5, 6, 15, 16, 28, 46, 48};
constexpr std::string_view kDnsNames[] = {"A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"};

void read_dns_type(Loading& loading, C& checker, const Line& line) {
    std::string name(line.word(1));
    if (loading.stopped()) return;
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    for (size_t i = 0; i < std::size(kDnsNames); ++i) {
        if (kDnsNames[i] != name) continue;
        checker.dns.type = kDnsTypes[i];
        return;
    }
    bad_word(loading, ReportClass::general, line, 1, "is not a type a DNS_CHECK can ask for");
}
void show_dns_type(const C& checker, const Row& row, Writer& writer) {
    for (size_t i = 0; i < std::size(kDnsTypes); ++i)
        if (kDnsTypes[i] == checker.dns.type) writer.line(row.facts.name, kDnsNames[i]);
}

void read_dns_name(Loading& loading, C& checker, const Line& line) {
    if (checker.dns_name_set) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    const std::string_view name = line.word(1);
    if (loading.stopped()) return;
    if ((name.starts_with('.') && name.size() > 1) || name.find("..") != std::string_view::npos) {
        bad_word(loading, ReportClass::general, line, 1, "has an empty label; it is ignored");
        return;
    }
    checker.dns.name = name;
    checker.dns_name_set = true;
}
void show_dns_name(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, quoted(checker.dns.name));
}

void read_payload(Loading& loading, C& checker, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    auto bytes = parse_hex(join(line, 1), nullptr);
    if (bytes)
        checker.udp.payload = std::move(*bytes);
    else
        bad_word(loading, ReportClass::general, line, 0, "is not a row of hex digits");
}

void read_reply(Loading& loading, C& checker, const Line& line) {
    checker.udp.require_reply = true;
    if (!line.has(1)) return;
    std::vector<uint8_t> mask;
    auto bytes = parse_hex(join(line, 1), &mask);
    if (!bytes) {
        bad_word(loading, ReportClass::general, line, 0, "is not a row of hex digits or X");
        return;
    }
    checker.udp.reply = std::move(bytes);
    checker.udp.reply_mask = std::move(mask);
}

std::string hex_text(std::span<const uint8_t> bytes, std::span<const uint8_t> mask) {
    std::string text;
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (i != 0) text += ' ';
        const uint8_t valid = i < mask.size() ? mask[i] : 0xff;
        for (const unsigned shift : {4U, 0U})
            text += (valid >> shift & 0xfU) == 0 ? 'x' : "0123456789abcdef"[bytes[i] >> shift & 0xfU];
    }
    return text;
}
void show_payload(const C& checker, const Row& row, Writer& writer) {
    if (!checker.udp.payload.empty()) writer.line(row.facts.name, hex_text(checker.udp.payload, {}));
}
void show_reply(const C& checker, const Row& row, Writer& writer) {
    if (checker.udp.require_reply)
        writer.line(row.facts.name,
                    checker.udp.reply ? hex_text(*checker.udp.reply, checker.udp.reply_mask) : "");
}

void read_track_file(Loading& loading, C& checker, const Line& line) {
    const std::string name(line.word(1));
    if (loading.stopped()) return;
    if (loading.draft.file_names.contains(name))
        checker.file.track_file = name;
    else
        bad_word(loading, ReportClass::general, line, 1, "is not the name of a track_file above");
}
void show_track_file(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, quoted(checker.file.track_file));
}

void read_file_weight(Loading& loading, C& checker, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    int weight = 0;
    if (!Integer{-kMaxInt32, kMaxInt32}.read(loading, line, weight)) return;
    bool reverse = false;
    if (line.has(2)) {
        if (line.word(2) == "reverse") {
            reverse = true;
        } else if (line.word(2) != "noreverse") {
            bad_word(loading, ReportClass::general, line, 2,
                     "is not reverse or noreverse; the line is ignored");
            return;
        }
    }
    checker.file.weight = weight;
    checker.file.reverse = reverse;
}
void show_file_weight(const C& checker, const Row& row, Writer& writer) {
    if (checker.file.weight)
        writer.line(row.facts.name,
                    fmt::format("{}{}", *checker.file.weight, checker.file.reverse ? " reverse" : ""));
}

void read_bfd_name(Loading& loading, C& checker, const Line& line) {
    auto refuse = [&](std::string_view problem) {
        loading.error(line, kWholeLine, fmt::format("BFD_CHECK: {}; it is left out", problem));
        checker.remove = true;
    };
    if (line.size() != 2) return refuse("name takes exactly one word");
    const std::string name(line.word(1));
    const auto known = loading.draft.bfd_names.find(name);
    if (known == loading.draft.bfd_names.end() ||
        !loading.draft.config.bfd_sessions[known->second].for_checker)
        return refuse(fmt::format("{} is not a bfd_instance above that tells the checkers", name));
    if (!checker.bfd.session.empty()) return refuse("it has two names");
    for (const PendingChecker& other : loading.real_server_workbench.checkers)
        if (const auto* bfd = std::get_if<check::BfdCheck>(&other.value.probe);
            bfd != nullptr && bfd->session == name)
            return refuse(fmt::format("{} is checked twice", name));
    checker.bfd.session = name;
}
void show_bfd_name(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, quoted(checker.bfd.session));
}

/// [NAME]; a bare keyword only switches SNI on.
void read_sni_name(Loading& loading, C& checker, const Line& line) {
    checker.http.enable_sni = true;
    if (!line.has(1)) return;
    if (!checker.http.sni_name.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one replaces it");
    checker.http.sni_name = line.word(1);
}
void show_sni_name(const C& checker, const Row& row, Writer& writer) {
    if (!checker.http.sni_name.empty()) writer.line(row.facts.name, quoted(checker.http.sni_name));
}

constexpr std::pair<std::string_view, check::HttpProtocol> kProtocols[] = {
    {"1.0", check::HttpProtocol::http_1_0},
    {"1.1", check::HttpProtocol::http_1_1},
    {"1.0C", check::HttpProtocol::http_1_0_compatible},
    {"1.0c", check::HttpProtocol::http_1_0_compatible},
};

void read_http_protocol(Loading& loading, C& checker, const Line& line) {
    if (word_present<Missing::reported>(loading, line, 1))
        OneOf<kProtocols>{}.read(loading, line, checker.http.protocol);
}
void show_http_protocol(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, OneOf<kProtocols>{}.write(checker.http.protocol).value_or("1.0"));
}

// ---- url ----

UrlDraft* open_url(Loading& loading, C&, const Line&) {
    loading.url_workbench = {};
    return &loading.url_workbench;
}

void close_url(Loading& loading, C& checker, UrlDraft& url, const Line& line) {
    check::UrlSettings& value = url.value;
    if (value.path.empty()) {
        loading.error(line, 0, "url has no path and is left out");
        return;
    }
    const bool tuned = value.regex_no_match || value.regex_options != 0 || value.regex_min_offset != 0 ||
                       value.regex_max_offset || value.regex_stack_max != 0;
    if (value.regex.empty() && tuned) {
        loading.remark(line, 0, "url has regex settings but no regex; they are ignored");
        value.regex_no_match = false;
        value.regex_options = value.regex_stack_start = value.regex_stack_max = 0;
        value.regex_min_offset = 0;
        value.regex_max_offset.reset();
    }
    if (value.regex_max_offset && value.regex_min_offset > *value.regex_max_offset) {
        loading.remark(line, 0, "regex_min_offset is more than regex_max_offset; both are ignored");
        value.regex_min_offset = 0;
        value.regex_max_offset.reset();
    }
    checker.http.urls.push_back(std::move(value));
}

void read_digest(Loading& loading, UrlDraft& url, const Line& line) {
    const std::string_view text = line.word(1);
    if (loading.stopped()) return;
    if (url.value.digest) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    const auto bytes = text.size() == 32 ? parse_hex(text, nullptr) : std::nullopt;
    if (!bytes) {
        bad_word(loading, ReportClass::general, line, 1, "is not an MD5 digest of 32 hex digits");
        return;
    }
    url.value.digest.emplace();
    std::copy(bytes->begin(), bytes->end(), url.value.digest->begin());
}
void show_digest(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.digest)
        writer.line(row.facts.name, fmt::format("{:02x}", fmt::join(*url.value.digest, "")));
}

void read_status(Loading& loading, UrlDraft& url, const Line& line) {
    for (size_t i = 1; i < line.size(); ++i) {
        const std::string_view text = line.word(i);
        const size_t dash = text.find('-');
        const auto first = parse_unsigned(text.substr(0, dash), 100, 599, Lenient::no);
        const auto last = dash == std::string_view::npos
                              ? first
                              : parse_unsigned(text.substr(dash + 1), 100, 599, Lenient::no);
        if (!first.value || !last.value || *first.value > *last.value) {
            bad_word(loading, ReportClass::general, line, i,
                     "is not a status code or a range of them (100..599)");
            continue;
        }
        for (uint64_t code = *first.value; code <= *last.value; ++code)
            url.value.status_codes.set(code - 100);
    }
}
void show_status(const UrlDraft& url, const Row& row, Writer& writer) {
    std::string text;
    const auto& codes = url.value.status_codes;
    for (size_t i = 0; i < codes.size(); ++i) {
        if (!codes[i]) continue;
        size_t end = i;
        while (end + 1 < codes.size() && codes[end + 1]) ++end;
        text += fmt::format("{}{}", text.empty() ? "" : " ", i + 100);
        if (end != i) text += fmt::format("-{}", end + 100);
        i = end;
    }
    if (!text.empty()) writer.line(row.facts.name, text);
}

void read_regex(Loading& loading, UrlDraft& url, const Line& line) {
    auto words = read_escaped(line.directive().rest());
    if (!words || words->size() != 1) {
        bad_word(loading, ReportClass::general, line, 0, "takes exactly one word");
        return;
    }
    if (!url.value.regex.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one replaces it");
    url.value.regex = std::move(words->front());
}
void show_regex(const UrlDraft& url, const Row& row, Writer& writer) {
    if (!url.value.regex.empty())
        writer.line(row.facts.name, fmt::format("\"{}\"", escaped_argument(url.value.regex)));
}

struct RegexOption {
    std::string_view name;
    uint32_t bit;
};
// PCRE2_* option bits of pcre2.h, part of its stable interface.
constexpr RegexOption kRegexOptions[] = {
    {"allow_empty_class", 0x00000001}, {"alt_bsux", 0x00000002},
    {"auto_callout", 0x00000004},      {"caseless", 0x00000008},
    {"dollar_endonly", 0x00000010},    {"dotall", 0x00000020},
    {"dupnames", 0x00000040},          {"extended", 0x00000080},
    {"firstline", 0x00000100},         {"match_unset_backref", 0x00000200},
    {"multiline", 0x00000400},         {"never_ucp", 0x00000800},
    {"never_utf", 0x00001000},         {"no_auto_capture", 0x00002000},
    {"no_auto_possess", 0x00004000},   {"no_dotstar_anchor", 0x00008000},
    {"no_start_optimize", 0x00010000}, {"ucp", 0x00020000},
    {"ungreedy", 0x00040000},          {"utf", 0x00080000},
    {"never_backslash_c", 0x00100000}, {"alt_circumflex", 0x00200000},
    {"alt_verbnames", 0x00400000},     {"use_offset_limit", 0x00800000},
};

void read_regex_options(Loading& loading, UrlDraft& url, const Line& line) {
    for (size_t i = 1; i < line.size(); ++i) {
        const auto* option =
            std::find_if(std::begin(kRegexOptions), std::end(kRegexOptions),
                         [&](const RegexOption& candidate) { return candidate.name == line.word(i); });
        if (option != std::end(kRegexOptions))
            url.value.regex_options |= option->bit;
        else
            loading.remark(line, i, fmt::format("{} is not an option of a regex", line.word(i)));
    }
}
void show_regex_options(const UrlDraft& url, const Row& row, Writer& writer) {
    std::string text;
    for (const RegexOption& option : kRegexOptions)
        if ((url.value.regex_options & option.bit) != 0)
            (text += text.empty() ? "" : " ").append(option.name);
    if (!text.empty()) writer.line(row.facts.name, text);
}

std::optional<size_t> regex_number(Loading& loading, const Line& line, size_t word, size_t words) {
    if (line.size() != words) {
        loading.remark(line, 0, fmt::format("{} takes {} numbers; it is ignored", line.keyword(), words - 1));
        return std::nullopt;
    }
    const auto number = parse_unsigned(line.word(word), 0, UINT32_MAX, Lenient::no);
    if (!number.value)
        loading.remark(line, word, fmt::format("{} {} {}", line.keyword(), line.word(word), number.problem));
    return number.value ? std::optional(static_cast<size_t>(*number.value)) : std::nullopt;
}

void read_min_offset(Loading& loading, UrlDraft& url, const Line& line) {
    url.value.regex_min_offset = regex_number(loading, line, 1, 2).value_or(0);
}
void read_max_offset(Loading& loading, UrlDraft& url, const Line& line) {
    url.value.regex_max_offset = regex_number(loading, line, 1, 2);
}
void show_min_offset(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.regex_min_offset != 0)
        writer.line(row.facts.name, fmt::format("{}", url.value.regex_min_offset));
}
void show_max_offset(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.regex_max_offset)
        writer.line(row.facts.name, fmt::format("{}", *url.value.regex_max_offset));
}

void read_regex_stack(Loading& loading, UrlDraft& url, const Line& line) {
    const auto start = regex_number(loading, line, 1, 3);
    const auto most = start ? regex_number(loading, line, 2, 3) : std::nullopt;
    if (!most) return;
    if (*start > *most) {
        loading.remark(line, 0, "regex_stack starts with more than its maximum; it is ignored");
        return;
    }
    url.value.regex_stack_start = std::max(url.value.regex_stack_start, static_cast<uint32_t>(*start));
    url.value.regex_stack_max = std::max(url.value.regex_stack_max, static_cast<uint32_t>(*most));
}
void show_regex_stack(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.regex_stack_max != 0)
        writer.line(row.facts.name,
                    fmt::format("{} {}", url.value.regex_stack_start, url.value.regex_stack_max));
}

template <auto... Path>
using Url = Field<&UrlDraft::value, Path...>;
using US = check::UrlSettings;

template <size_t... sizes>
// clang-format off: one row, one line
constexpr auto concat(const std::array<Row, sizes>&... tables) {
    std::array<Row, (sizes + ...)> all{};
    size_t at = 0;
    ((std::copy(tables.begin(), tables.end(), all.begin() + static_cast<std::ptrdiff_t>(at)), at += sizes), ...);
    return all;
}

// ---- host, inside SMTP_CHECK ----

// Connection keywords inside `host` are its own, timing keywords are the checker's: the connection is exchanged while
// the block is read.
C* open_host(Loading& loading, C& checker, const Line&) {
    loading.host_workbench = std::exchange(checker.connect, CD{});
    return &checker;
}

void close_host(Loading& loading, C& checker, C&, const Line&) {
    checker.smtp_hosts.push_back(std::exchange(checker.connect, std::move(loading.host_workbench)));
}

// ---- Tables ----

template <auto... Path>
using Schedule = Field<&C::schedule, Path...>;
template <auto... Path>
using Connect = Field<&C::connect, Path...>;
template <auto... Path>
using Http = Field<&C::http, Path...>;
using HC = check::HttpCheck;
using UC = check::UdpCheck;
using MC = check::MiscCheck;

constexpr Seconds kTimer{0, kLongestTimer};
constexpr Seconds kInterval{1, kLongestTimer};
constexpr Seconds kConnectTimeout{1, kUint32Microseconds};
constexpr Integer kPort{1, 65535};

constexpr std::array kTimingRows{
    keyword<Schedule<&SD::retry>, Integer{0, kMaxUint32}>({"retry", "N", "of the real_server, else MISC 0, DNS 3, others 1", "Further attempts before a live server counts as down.", everyday}),
    keyword<Schedule<&SD::delay_before_retry>, kTimer>({"delay_before_retry", "SECS", "of the real_server, else HTTP 3, DNS delay_loop, others 1", "Pause before each retry.", everyday}),
    keyword<Schedule<&SD::warmup>, kTimer>({"warmup", "SECS", "of the real_server, else delay_loop", "The first check starts after a random part of it; 0 = at once."}),
    keyword<Schedule<&SD::delay_loop>, kInterval>({"delay_loop", "SECS", "of the real_server", "Interval between checks.", everyday}),
    keyword<Schedule<&SD::alpha>, Switch{}>({"alpha", "[BOOL]", "of the real_server", "Start as failed."}),
    keyword<Field<&C::log_all_failures>, Switch{}>({"log_all_failures", "[BOOL]", "off", "Log every failed attempt."}),
};
// clang-format on

// clang-format off: one row, one line
constexpr std::array kConnectRows{
    custom<C, read_connect_ip, show_connect_ip>({"connect_ip", "ADDR", "of the real_server", "Address to connect to."}, 1),
    keyword<Connect<&CD::port>, kPort>({"connect_port", "PORT", "of the real_server", "Port to connect to.", everyday}),
    custom<C, read_bindto, show_bindto>({"bindto", "ADDR", "none", "Local address, of the same family."}, 1),
    keyword<Connect<&CD::bind_port>, kPort>({"bind_port", "PORT", "any", "Local port.", rare}),
    custom<C, read_bind_if, show_bind_if>({"bind_if", "IFNAME", "none", "Interface; needed for link-local destinations.", rare}, 1),
    keyword<Connect<&CD::timeout>, kConnectTimeout>({"connect_timeout", "SECS", "of the real_server", "Limit of connecting and of each step after it.", everyday}),
    keyword<Connect<&CD::firewall_mark>, Integer{0, kMaxUint32}>({"fwmark", "N", "0", "Mark of the packets.", rare}),
};
// clang-format on

constexpr auto kConnectingRows = concat(kConnectRows, kTimingRows);

// clang-format off: one row, one line
constexpr std::array kUrlRows{
    keyword<Url<&US::path>, Word{}>({"path", "PATH", "required", "Request target, sent as it is.", everyday, replaces}),
    custom<UrlDraft, read_digest, show_digest>({"digest", "MD5HEX", "none", "MD5 of the body.", everyday, once}, 1),
    custom<UrlDraft, read_status, show_status>({"status_code", "CODE|A-B...", "200-299", "Good status codes, 100..599.", everyday, adds_up}),
    keyword<Url<&US::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "of the checker", "Host of this url.", everyday, replaces}),
    custom<UrlDraft, read_regex, show_regex>({"regex", "PATTERN", "none", "The body must match; PCRE2, quotes and escapes are processed.", common, replaces}).raw_line(),
    keyword<Url<&US::regex_no_match>, Flag{}>({"regex_no_match", "", "off", "A match is a failure.", rare}),
    custom<UrlDraft, read_regex_options, show_regex_options>({"regex_options", "OPTION...", "none", "PCRE2 compile options.", rare, adds_up}),
    custom<UrlDraft, read_min_offset, show_min_offset>({"regex_min_offset", "N", "0", "Where matching starts in the body.", rare}, 1),
    custom<UrlDraft, read_max_offset, show_max_offset>({"regex_max_offset", "N", "no limit", "Last offset where a match may start.", rare}, 1),
    custom<UrlDraft, read_regex_stack, show_regex_stack>({"regex_stack", "START MAX", "of PCRE2", "Sizes of the matcher's stack, in bytes.", rare}, 2),
};
// clang-format on
// clang-format off: one row, one line
constexpr std::array kTlsUrlRow{
    keyword<Url<&US::tls_compliant>, Switch{}>({"tls_compliant", "[BOOL]", "of the checker", "As SSL_GET/tls_compliant, for this url.", rare, last_wins, Reload::live, "2.4"}),
};
// clang-format on
constexpr auto kTlsUrlRows = concat(kUrlRows, kTlsUrlRow);
const Block kUrl{"virtual_server/real_server/HTTP_GET/url", kUrlRows};
const Block kTlsUrl{"virtual_server/real_server/SSL_GET/url", kTlsUrlRows};

template <const Block& inside>
void show_urls(const C& checker, const Row& row, Writer& writer) {
    for (const US& url : checker.http.urls) {
        const UrlDraft url_draft{url};
        writer.open(row.facts.name);
        show_rows(inside, &url_draft, writer);
        writer.close();
    }
}

void read_old_retry(Loading& loading, C& checker, const Line& line) {
    loading.report(ReportClass::deprecated, line, 0, "nb_get_retry is the old name of retry");
    uint32_t retry = 0;
    if (Integer{0, kMaxUint32}.read(loading, line, retry)) checker.schedule.retry = retry;
}

// clang-format off: one row, one line
constexpr std::array kHttpCommonRows{
    custom<C, read_old_retry>({"nb_get_retry", "N", "as retry", "Old name of retry."}, 1),
    keyword<Http<&HC::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "of the real_server, else address and port", "Host of urls without their own.", everyday, replaces}),
    custom<C, read_http_protocol, show_http_protocol>({"http_protocol", "1.0|1.0C|1.0c|1.1", "1.0", "Request version; 1.0C: 1.0 with Connection: close."}, 1),
    keyword<Http<&HC::enable_sni>, Switch{}>({"enable_sni", "[BOOL]", "off", "Send the host name in the TLS handshake.", everyday}),
    custom<C, read_sni_name, show_sni_name>({"sni_name", "[NAME]", "the virtual host", "Name to send; switches enable_sni on.", common, replaces, Reload::live, "2.4"}, 1),
    keyword<Http<&HC::fast_recovery>, Switch{}>({"fast_recovery", "[BOOL]", "off", "Ask all urls without pause when recovering.", rare}),
};
// clang-format on
// clang-format off: one row, one line
constexpr std::array kHttpUrlRow{
    block<C, UrlDraft, open_url, close_url, show_urls<kUrl>>({"url", "{ path P ... }", "required", "One request; all must pass.", everyday, adds_up}, kUrl),
};
// clang-format on
// clang-format off: one row, one line
constexpr std::array kTlsOnlyRows{
    keyword<Http<&HC::tls_compliant>, Switch{}>({"tls_compliant", "[BOOL]", "off", "Send close_notify at the end.", rare, last_wins, Reload::live, "2.4"}),
    block<C, UrlDraft, open_url, close_url, show_urls<kTlsUrl>>({"url", "{ path P ... }", "required", "One request; all must pass.", everyday, adds_up}, kTlsUrl),
};
// clang-format on
constexpr auto kHttpRows = concat(kConnectingRows, kHttpCommonRows, kHttpUrlRow);
constexpr auto kSslRows = concat(kConnectingRows, kHttpCommonRows, kTlsOnlyRows);

// clang-format off: one row, one line
constexpr std::array kMiscOwnRows{
    custom<C, read_misc_path, show_misc_path>({"misc_path", "PATH | \"PATH ARGS\"", "required", "Program; exit 0 = up, 1 = down, others down unless misc_dynamic.", everyday}).raw_line(),
    keyword<Field<&C::misc, &MC::timeout>, WholeSeconds{0, kMaxDelaySeconds}>({"misc_timeout", "SECS", "delay_loop", "Limit of its run time.", everyday}),
    keyword<Field<&C::misc, &MC::dynamic>, Flag{}>({"misc_dynamic", "", "off", "Exit status 2..255 sets the weight."}),
    custom<C, read_misc_user, show_misc_user>({"user", "USER [[:]GROUP]", "script_user", "Who runs it."}, 2),
};
// clang-format on
constexpr auto kMiscRows = concat(kTimingRows, kMiscOwnRows);

const Block kHost{"virtual_server/real_server/SMTP_CHECK/host", kConnectingRows};
// clang-format off: one row, one line
constexpr std::array kSmtpOwnRows{
    custom<C, read_helo, show_helo>({"helo_name", "STRING", "smtpchecker.keepalived.org", "Argument of HELO.", common, replaces}, 1),
    block<C, C, open_host, close_host>({"host", "{ ... }", "none", "Obsolete: one SMTP_CHECK per address.", rare, adds_up}, kHost),
};
// clang-format on
constexpr auto kSmtpRows = concat(kConnectingRows, kSmtpOwnRows);

// clang-format off: one row, one line
constexpr std::array kUdpOwnRows{
    custom<C, read_payload, show_payload>({"payload", "HEX...", "random", "What is sent."}),
    custom<C, read_reply, show_reply>({"require_reply", "[HEX...]", "none needed", "A reply must come, and match; X = any digit."}),
    keyword<Field<&C::udp, &UC::min_reply_length>, Integer{0, 65535, Lenient::no}>({"min_reply_length", "0..65535", "0", "Least length of the reply.", rare}),
    keyword<Field<&C::udp, &UC::max_reply_length>, Integer{0, 65535, Lenient::no}>({"max_reply_length", "0..65535", "255", "Greatest length of the reply.", rare}),
};
// clang-format on
constexpr auto kUdpRows = concat(kConnectingRows, kUdpOwnRows);

// clang-format off: one row, one line
constexpr std::array kDnsOwnRows{
    custom<C, read_dns_type, show_dns_type>({"type", "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY", "SOA", "Type of the question.", everyday}, 1),
    custom<C, read_dns_name, show_dns_name>({"name", "DOMAIN", ".", "Name in the question.", everyday, once}, 1),
};
// clang-format on
constexpr auto kDnsRows = concat(kConnectingRows, kDnsOwnRows);

// clang-format off: one row, one line
constexpr std::array kFileRows{
    custom<C, read_track_file, show_track_file>({"track_file", "NAME", "required", "A track_file above.", rare}, 1),
    custom<C, read_file_weight, show_file_weight>({"weight", "N [reverse|noreverse]", "of the track_file", "Multiplier; 0: another number than 0 is down.", rare}, 2),
};
// clang-format on

// clang-format off: one row, one line
constexpr std::array kBfdRows{
    custom<C, read_bfd_name, show_bfd_name>({"name", "NAME", "required", "A bfd_instance above.", common, once}),
    keyword<Schedule<&SD::alpha>, Switch{}>({"alpha", "[BOOL]", "of the real_server", "Start as failed.", rare}),
};
// clang-format on

// ---- For the dump ----

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

// clang-format off: one row, one line
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

namespace {

/// The checkers are printed together, in their order, by the row of the first kind.
void show_checkers(const RD& real, const Row&, Writer& writer) {
    for (const PendingChecker& checker : real.checkers) show_checker(checker.value, writer);
}

}  // namespace

const Block kMiscCheck{"virtual_server/real_server/MISC_CHECK", kMiscRows};
const Block kSmtpCheck{"virtual_server/real_server/SMTP_CHECK", kSmtpRows};
const Block kTcpCheck{"virtual_server/real_server/TCP_CHECK", kConnectingRows};
const Block kPingCheck{"virtual_server/real_server/PING_CHECK", kConnectingRows};
const Block kUdpCheck{"virtual_server/real_server/UDP_CHECK", kUdpRows};
const Block kHttpGet{"virtual_server/real_server/HTTP_GET", kHttpRows};
const Block kSslGet{"virtual_server/real_server/SSL_GET", kSslRows};
const Block kDnsCheck{"virtual_server/real_server/DNS_CHECK", kDnsRows};
const Block kFileCheck{"virtual_server/real_server/FILE_CHECK", kFileRows};
const Block kBfdCheck{"virtual_server/real_server/BFD_CHECK", kBfdRows};

// clang-format off: one row, one line
constexpr Row kCheckerRowTable[10] = {
    block<RD, C, open_misc, close_misc, show_checkers>({"MISC_CHECK", "{ ... }", "", "Run a program.", everyday, adds_up}, kMiscCheck),
    block<RD, C, open_plain, close_smtp>({"SMTP_CHECK", "{ ... }", "", "Talk SMTP up to QUIT.", common, adds_up}, kSmtpCheck),
    block<RD, C, open_plain, close_tcp>({"TCP_CHECK", "{ ... }", "", "Connect.", everyday, adds_up}, kTcpCheck),
    block<RD, C, open_plain, close_ping>({"PING_CHECK", "{ ... }", "", "ICMP echo.", everyday, adds_up}, kPingCheck),
    block<RD, C, open_udp, close_udp>({"UDP_CHECK", "{ ... }", "", "Send a datagram.", common, adds_up}, kUdpCheck),
    block<RD, C, open_http, close_http>({"HTTP_GET", "{ ... url { ... } }", "", "GET each url.", everyday, adds_up}, kHttpGet),
    block<RD, C, open_http, close_http>({"SSL_GET", "{ ... url { ... } }", "", "HTTP_GET over TLS.", everyday, adds_up}, kSslGet),
    block<RD, C, open_dns, close_dns>({"DNS_CHECK", "{ ... }", "", "Ask a DNS question.", everyday, adds_up}, kDnsCheck),
    block<RD, C, open_plain, close_file>({"FILE_CHECK", "{ ... }", "", "Weight or state from a track_file.", rare, adds_up}, kFileCheck),
    block<RD, C, open_plain, close_bfd>({"BFD_CHECK", "{ ... }", "", "Up while a BFD session is up.", common, adds_up}, kBfdCheck),
};
// clang-format on
// clang-format on

std::span<const Row> checker_rows() {
    return kCheckerRowTable;
}

}  // namespace holdfast::config
