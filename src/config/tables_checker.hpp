// The checker rows of real_server. Internal to config/.
#pragma once

#include <span>

#include "tables.hpp"

namespace holdfast::config {

/// MISC_CHECK, SMTP_CHECK, TCP_CHECK, PING_CHECK, UDP_CHECK, HTTP_GET, SSL_GET, DNS_CHECK, FILE_CHECK,
/// BFD_CHECK.
std::span<const Row> checker_rows();

extern const Row kMiscCheckRow;
extern const Row kSmtpCheckRow;
extern const Row kTcpCheckRow;
extern const Row kPingCheckRow;
extern const Row kUdpCheckRow;
extern const Row kHttpGetRow;
extern const Row kSslGetRow;
extern const Row kDnsCheckRow;
extern const Row kFileCheckRow;
extern const Row kBfdCheckRow;

}  // namespace holdfast::config
