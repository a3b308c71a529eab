// The rows of global_defs, by topic. Internal to config/.
#pragma once

#include <span>

#include "tables.hpp"

namespace holdfast::config {

extern const std::span<const Row> kGlobalProcessRows;   // tables_global_process.cpp
extern const std::span<const Row> kGlobalMailRows;      // tables_global_mail.cpp
extern const std::span<const Row> kGlobalScriptsRows;   // tables_global_scripts.cpp
extern const std::span<const Row> kGlobalLvsRows;       // tables_global_lvs.cpp
extern const std::span<const Row> kGlobalVrrpRows;      // tables_global_vrrp.cpp
extern const std::span<const Row> kGlobalFirewallRows;  // tables_global_firewall.cpp
extern const std::span<const Row> kGlobalAgentsRows;    // tables_global_agents.cpp
extern const std::span<const Row> kGlobalFilesRows;     // tables_global_files.cpp

}  // namespace holdfast::config
