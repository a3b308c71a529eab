// UDP_CHECK and DNS_CHECK.
#include <fmt/format.h>

#include "checker_rows.hpp"

namespace holdfast::config {
namespace {

using C = CheckerDraft;
using RD = RealServerDraft;

C* open_udp(Loading& loading, RD&, const Line&) {
    C* checker = fresh_checker(loading);
    checker->udp.min_reply_length = 0;
    checker->udp.max_reply_length = 255;
    return checker;
}

C* open_dns(Loading& loading, RD&, const Line&) {
    return fresh_checker(loading, 3, Duration{0});
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

using UC = check::UdpCheck;

// clang-format off: one row, one line
constexpr std::array kUdpOwnRows{
    custom<C, read_payload, show_payload>({"payload", "HEX...", "random", "What is sent."}).example("payload 01 02 0a ff", ".\n01 0g"),
    custom<C, read_reply, show_reply>({"require_reply", "[HEX...]", "none needed", "A reply must come, and match; X = any digit."}).example("require_reply 01 xx 0A", "01 0g"),
    keyword<Field<&C::udp, &UC::min_reply_length>, Integer{0, 65535, Lenient::no}>({"min_reply_length", "0..65535", "0", "Least length of the reply.", rare}).example("min_reply_length 3"),
    keyword<Field<&C::udp, &UC::max_reply_length>, Integer{0, 65535, Lenient::no}>({"max_reply_length", "0..65535", "255", "Greatest length of the reply.", rare}).example("max_reply_length 512"),
};
constexpr std::array kDnsOwnRows{
    custom<C, read_dns_type, show_dns_type>({"type", "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY", "SOA", "Type of the question.", everyday}, 1).example("type AAAA", "!\n^PTR\n^any"),
    custom<C, read_dns_name, show_dns_name>({"name", "DOMAIN", ".", "Name in the question.", everyday, once}, 1).example("name www.example.org", "!\n^.example.org\n^www..org"),
};
// clang-format on
constexpr auto kUdpRows = concat(kConnectingRows, kUdpOwnRows);
constexpr auto kDnsRows = concat(kConnectingRows, kDnsOwnRows);

}  // namespace

const Block kUdpCheck{"virtual_server/real_server/UDP_CHECK", kUdpRows};
const Block kDnsCheck{"virtual_server/real_server/DNS_CHECK", kDnsRows};

// clang-format off: one row, one line
constinit const Row kUdpCheckRow = block<RD, C, open_udp, close_udp>({"UDP_CHECK", "{ ... }", "", "Send a datagram.", common, adds_up}, kUdpCheck).example("UDP_CHECK {", kNothingWrong);
constinit const Row kDnsCheckRow = block<RD, C, open_dns, close_dns>({"DNS_CHECK", "{ ... }", "", "Ask a DNS question.", everyday, adds_up}, kDnsCheck).example("DNS_CHECK {", kNothingWrong);
// clang-format on

}  // namespace holdfast::config
