// What happens to a cluster: a table of faults, each done by name with dice of its own, so that a failing run
// can be repeated with some of them left out.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cluster.hpp"
#include "report.hpp"
#include "watcher.hpp"

namespace holdfast::sim {

/// Where faults are done, and what they must not cause.
struct Stage {
    Cluster& cluster;
    Report& report;
    Watcher& watcher;
};

struct Fault {
    std::string_view name;
    int weight = 1;  ///< How often, among the others.
    /// False when it does not fit the moment, such as resuming a node that runs.
    bool (*strike)(Stage& stage, Dice& dice, Member& member);
};

std::span<const Fault> faults();
/// Draws one by weight.
size_t draw_fault(Dice& dice);

/// Undoes everything that a fault can have done, but for what trackers look at, which is drawn anew.
void heal(Stage& stage, Dice& dice);
/// Starts the daemon on its current plan and judges whether it should.
void start(Stage& stage, Member& member);
void crash(Stage& stage, Member& member);
void stop(Stage& stage, Member& member);

}  // namespace holdfast::sim
