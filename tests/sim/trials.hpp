// Experiments on a healthy cluster whose outcome can be reckoned: a master that goes away, a backup that
// stands still.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "faults.hpp"

namespace holdfast::sim {

struct Trial {
    std::string_view name;
    /// False when the cluster offers no occasion. `let_pass` lets time go by under the eyes of the judges.
    bool (*run)(Stage& stage, Dice& dice, const std::function<void(Duration)>& let_pass);
};

std::span<const Trial> trials();

}  // namespace holdfast::sim
