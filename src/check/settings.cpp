#include "holdfast/check/settings.hpp"

#include <fmt/format.h>

namespace holdfast::check {
namespace {

struct Keyword {
    std::string_view operator()(const TcpCheck&) const { return "TCP_CHECK"; }
    std::string_view operator()(const HttpCheck& check) const { return check.tls ? "SSL_GET" : "HTTP_GET"; }
    std::string_view operator()(const SmtpCheck&) const { return "SMTP_CHECK"; }
    std::string_view operator()(const DnsCheck&) const { return "DNS_CHECK"; }
    std::string_view operator()(const UdpCheck&) const { return "UDP_CHECK"; }
    std::string_view operator()(const PingCheck&) const { return "PING_CHECK"; }
    std::string_view operator()(const MiscCheck&) const { return "MISC_CHECK"; }
    std::string_view operator()(const FileCheck&) const { return "FILE_CHECK"; }
    std::string_view operator()(const BfdCheck&) const { return "BFD_CHECK"; }
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

}  // namespace

std::span<const RegexOption> regex_options() {
    return kRegexOptions;
}

std::string_view keyword(const Checker& checker) {
    return std::visit(Keyword{}, checker.probe);
}

// The number behind a group's name tells apart several virtual servers of one group: the first has 0.
std::string VirtualServerSettings::to_string() const {
    if (!group.empty()) return fmt::format("[{}]:{}", group, key.endpoint.port);
    return key.to_string();
}

}  // namespace holdfast::check
