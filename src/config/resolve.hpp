// Shared by the resolve_*.cpp files. Internal to config/.
#pragma once

#include <optional>
#include <string_view>

#include "loading.hpp"

namespace holdfast::config {

/// What keepalived's SECURITY VIOLATION is about.
struct ScriptSecurity {
    std::optional<ScriptPlace> first{};           ///< Of the scripts that are there.
    std::optional<ScriptPlace> first_insecure{};  ///< Of those that others than root can change.
    void add(const ScriptVerdict& verdict, const ScriptPlace& place) {
        if (verdict.is_script && !first) first = place;
        if (verdict.insecure && !first_insecure) first_insecure = place;
    }
};

/// Scripts are configured, but enable_script_security is not (`-t` exits 6): reported at the first one, or at
/// the first one that is in danger.
void report_security(Loading& loading, const ScriptSecurity& scripts, std::string_view which);

}  // namespace holdfast::config
