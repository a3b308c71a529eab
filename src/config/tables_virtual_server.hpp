// What the tables of virtual_server, real_server and virtual_server_group share. Internal to config/.
#pragma once

#include "tables_checker.hpp"
#include "tables_root.hpp"

namespace holdfast::config {

/// ADDR [PORT]; a port of zeros is no port. False = reported, not usable.
bool read_endpoint(Loading& loading, const Line& line, size_t first, std::string_view what, Endpoint& out);

std::string endpoint_text(const Endpoint& endpoint);

/// snmp_name takes exactly one word.
inline constexpr WordOf<Missing::reported> kOneWord{0, true};
inline constexpr Script kNotify{};
inline constexpr Seconds kTimer{0, kLongestTimer};
inline constexpr Seconds kInterval{1, kLongestTimer};
inline constexpr Seconds kConnectTimeout{1, kUint32Microseconds};
inline constexpr Integer kRetry{1, kMaxUint32, Lenient::no};

}  // namespace holdfast::config
