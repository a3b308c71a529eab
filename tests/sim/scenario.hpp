// Random clusters under random faults, judged from outside by the invariants of docs/architecture.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world.hpp"

namespace holdfast::sim {

struct ScenarioResult {
    std::vector<std::string> violations;  ///< Empty = all invariants held.
    std::string history;                  ///< The last events, when something was violated.
    Duration simulated{};
    uint64_t events = 0;
    uint64_t frames = 0;
    uint64_t faults = 0;
    uint64_t checks = 0;  ///< Invariant evaluations.
};

struct ScenarioOptions {
    uint64_t seed = 1;
    Duration length = 60s;  ///< Of the faulty part; a quiet part follows.
    /// Sabotage for the self-test: one node hears nobody.
    bool broken_election = false;
};

ScenarioResult run_scenario(const ScenarioOptions& options);

/// One instance of a node, as keepalived.conf text.
struct InstanceText {
    std::string name = "VI_1";
    std::string interface = "eth0";
    int vrid = 51;
    int priority = 100;
    std::string state = "BACKUP";
    std::string address = "10.0.0.100/24";
    std::string extra;  ///< Further lines.
};
std::string config_text(const std::vector<InstanceText>& instances, const std::string& before = {},
                        const std::string& after = {});

}  // namespace holdfast::sim
