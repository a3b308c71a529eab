// holdfast_sim: many random clusters, one line at the end; a failing seed is printed with its history.
//
//   holdfast_sim [--seeds N] [--first SEED] [--seconds WALL] [--length SIMULATED] [--broken-election]
//
// Exit status 0 when all invariants held on every seed (with --broken-election: when the harness noticed).
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <string_view>

#include "scenario.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::sim;

int usage() {
    fmt::print(stderr,
               "usage: holdfast_sim [--seeds N] [--first SEED] [--seconds WALL] [--length SIMULATED] "
               "[--broken-election]\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    uint64_t seeds = 200;
    uint64_t first = 1;
    uint64_t wall = 600;
    uint64_t length = 60;
    bool broken = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--broken-election") {
            broken = true;
            continue;
        }
        if (i + 1 == argc) return usage();
        const std::string_view value = argv[++i];
        uint64_t number = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc{})
            return usage();
        if (option == "--seeds") {
            seeds = number;
        } else if (option == "--first") {
            first = number;
        } else if (option == "--seconds") {
            wall = number;
        } else if (option == "--length") {
            length = number;
        } else {
            return usage();
        }
    }
    const auto began = std::chrono::steady_clock::now();
    const auto spent = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    uint64_t passed = 0;
    uint64_t failed = 0;
    ScenarioResult total;
    for (uint64_t seed = first; seed < first + seeds && spent() < static_cast<double>(wall); ++seed) {
        ScenarioOptions options;
        options.seed = seed;
        options.length = std::chrono::seconds(length);
        options.broken_election = broken;
        const ScenarioResult result = run_scenario(options);
        total.simulated += result.simulated;
        total.events += result.events;
        total.frames += result.frames;
        total.faults += result.faults;
        total.checks += result.checks;
        if (result.violations.empty()) {
            ++passed;
            continue;
        }
        ++failed;
        if (broken) continue;
        fmt::print("seed {} violates:\n  {}\n", seed, fmt::join(result.violations, "\n  "));
        if (failed <= 2) fmt::print("history:\n{}", result.history);
    }
    fmt::print("simulated {:.1f} hours in {:.1f} s: {} events, {} frames, {} faults, {} invariant checks\n",
               to_seconds(total.simulated) / 3600, spent(), total.events, total.frames, total.faults,
               total.checks);
    if (broken) {
        fmt::print("a broken election was noticed in {} of {} clusters\n", failed, passed + failed);
        return failed * 4 > passed + failed ? 0 : 1;
    }
    fmt::print("{} passed, {} failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
