// Random clusters under random faults, judged from outside by the invariants of docs/testing.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mutations.hpp"
#include "report.hpp"

namespace holdfast::sim {

struct ScenarioResult {
    std::vector<Violation> violations;  ///< Empty = all invariants held.
    std::string history;                ///< The last events before the first violation.
    Duration simulated{};
    uint64_t events = 0;
    WireCounts wire;
    std::map<std::string, uint64_t, std::less<>> faults;  ///< How many of each kind struck.
    std::map<std::string_view, uint64_t> checks;          ///< Evaluations of each invariant.
    std::vector<std::string> steps;                       ///< What was done, one line each.
    uint64_t fingerprint = 0;                             ///< Equal for equal runs.
};

struct ScenarioOptions {
    uint64_t seed = 1;
    Duration length = 60s;  ///< Of the faulty part; quiet parts follow.
    const Mutation* mutation = nullptr;
    bool trace = false;  ///< Prints everything that happens.
    /// Faults to leave out, by their number in the run: for the search of the few that matter.
    std::set<size_t> without;
    std::set<std::string, std::less<>> skipped;  ///< Kinds of faults that never strike.
    std::set<std::string, std::less<>> ignored;  ///< Judges nobody listens to.
};

ScenarioResult run_scenario(const ScenarioOptions& options);
/// Leaves out faults one after the other as long as the same judge objects; the result of the last run that
/// failed. `options.without` tells what could be left out.
ScenarioResult shrink(ScenarioOptions& options);

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
