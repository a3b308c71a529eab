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

}  // namespace

std::string_view keyword(const Checker& checker) {
    return std::visit(Keyword{}, checker.probe);
}

// The number behind a group's name tells apart several virtual servers of one group: the first has 0.
std::string VirtualServerSettings::to_string() const {
    if (!group.empty()) return fmt::format("[{}]:{}", group, key.endpoint.port);
    return key.to_string();
}

}  // namespace holdfast::check
