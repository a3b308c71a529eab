// A config::Plan in words: one action per object that a reload touches, in the order in which it is done.
// What `holdctl plan` prints before and `holdctl reload` after is made here from the same plan.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/diff.hpp"

namespace holdfast::app {

struct PlannedAction {
    enum class What : uint8_t { remove, add, change };
    What what = What::change;
    std::string kind{};  ///< The block's keyword: "vrrp_instance", "real_server".
    std::string name{};
    /// What is different in a changed object, one line each: `priority 100 -> 150`. Secrets are not shown.
    std::vector<std::string> details{};
    friend bool operator==(const PlannedAction&, const PlannedAction&) = default;
};

/// "add", "remove", "change".
std::string_view to_string(PlannedAction::What what);

/// Linear in the number of objects that change.
std::vector<PlannedAction> planned_actions(const config::Config& before, const config::Config& after,
                                           const config::Plan& plan);

}  // namespace holdfast::app
