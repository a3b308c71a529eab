// Shared by the resolve_*.cpp files. Internal to config/.
#pragma once

#include <string_view>

#include "loading.hpp"

namespace holdfast::config {

/// keepalived's SECURITY VIOLATION: scripts are configured, but enable_script_security is not (`-t` exits 6).
void report_security(Loading& loading, bool any_script, bool insecure, std::string_view which);

}  // namespace holdfast::config
