// holdfast_sim: many random clusters, figures at the end; a failing seed is printed with its history.
//
//   holdfast_sim [--seeds N] [--first SEED] [--seconds WALL] [--length SIMULATED] [--jobs N]
//   holdfast_sim --seed N [--trace] [--shrink]     one cluster, with everything that happens
//   holdfast_sim --broken NAME | --broken all      the self-test: the judges must notice a deliberate mistake
//   --skip FAULT and --ignore JUDGE narrow a search
//   holdfast_sim --list                            names of mistakes and faults
//
// Exit status 0 when all invariants held on every seed (with --broken: when every mistake was noticed).
#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "faults.hpp"
#include "figures.hpp"
#include "scenario.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::sim;

struct Options {
    uint64_t seeds = 200;
    uint64_t first = 1;
    uint64_t wall = 600;
    uint64_t length = 60;
    uint64_t jobs = 1;
    std::string_view broken;
    std::set<std::string, std::less<>> skipped;
    std::set<std::string, std::less<>> ignored;
    bool single = false;
    bool trace = false;
    bool shrink = false;
    bool list = false;
};

int usage() {
    fmt::print(
        stderr,
        "usage: holdfast_sim [--seeds N] [--first SEED] [--seconds WALL] [--length SIMULATED] [--jobs N]\n"
        "       holdfast_sim --seed N [--trace] [--shrink] [--broken NAME]\n"
        "       holdfast_sim --broken NAME|all [--seeds N]\n"
        "       holdfast_sim --list\n");
    return 2;
}

bool read_options(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--trace" || option == "--shrink" || option == "--list") {
            (option == "--trace"    ? options.trace
             : option == "--shrink" ? options.shrink
                                    : options.list) = true;
            continue;
        }
        if (i + 1 == argc) return false;
        const std::string_view value = argv[++i];
        if (option == "--broken") {
            options.broken = value;
            continue;
        }
        if (option == "--skip" || option == "--ignore") {
            (option == "--skip" ? options.skipped : options.ignored).emplace(value);
            continue;
        }
        uint64_t number = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc{})
            return false;
        if (option == "--seeds") {
            options.seeds = number;
        } else if (option == "--first") {
            options.first = number;
        } else if (option == "--seed") {
            options.first = number;
            options.single = true;
        } else if (option == "--seconds") {
            options.wall = number;
        } else if (option == "--length") {
            options.length = number;
        } else if (option == "--jobs") {
            options.jobs = std::max<uint64_t>(number, 1);
        } else {
            return false;
        }
    }
    return true;
}

ScenarioOptions scenario_of(const Options& options, uint64_t seed) {
    ScenarioOptions scenario;
    scenario.seed = seed;
    scenario.length = std::chrono::seconds(options.length);
    scenario.skipped = options.skipped;
    scenario.ignored = options.ignored;
    return scenario;
}

void print_violations(uint64_t seed, const ScenarioResult& result) {
    fmt::print("seed {} violates:\n", seed);
    for (const Violation& violation : result.violations)
        fmt::print("  [{}] {}\n", violation.checker, violation.text);
}

int run_single(const Options& options) {
    ScenarioOptions scenario = scenario_of(options, options.first);
    scenario.trace = options.trace && !options.shrink;
    scenario.mutation = find_mutation(options.broken);
    ScenarioResult result = options.shrink ? shrink(scenario) : run_scenario(scenario);
    if (options.shrink && options.trace) {
        scenario.trace = true;
        result = run_scenario(scenario);
    }
    fmt::print("steps:\n");
    for (const std::string& step : result.steps) fmt::print("  {}\n", step);
    if (result.violations.empty()) {
        fmt::print("seed {}: all invariants held\n", options.first);
        return 0;
    }
    print_violations(options.first, result);
    if (!options.trace) fmt::print("history:\n{}", result.history);
    return 1;
}

/// Whether the judge that a mistake is made for notices it on at least one seed.
bool is_noticed(const Options& options, const Mutation& mutation) {
    uint64_t noticed = 0;
    uint64_t ran = 0;
    const uint64_t most = std::max<uint64_t>(options.seeds, 20);
    for (uint64_t seed = options.first; seed < options.first + most && noticed < 3; ++seed, ++ran) {
        ScenarioOptions scenario = scenario_of(options, seed);
        scenario.length = 20s;
        scenario.mutation = &mutation;
        for (const Violation& violation : run_scenario(scenario).violations) {
            if (violation.checker != mutation.checker) continue;
            ++noticed;
            break;
        }
    }
    fmt::print("{:22} {} by \"{}\" in {} of {} clusters\n", mutation.name,
               noticed > 0 ? "noticed" : "NOT NOTICED", mutation.checker, noticed, ran);
    return noticed > 0;
}

int run_broken(const Options& options) {
    uint64_t noticed = 0;
    uint64_t missed = 0;
    for (const Mutation& mutation : mutations()) {
        if (options.broken == "all" || options.broken == mutation.name)
            ++(is_noticed(options, mutation) ? noticed : missed);
    }
    fmt::print("{} passed, {} failed\n", noticed, missed);
    return missed == 0 && noticed > 0 ? 0 : 1;
}

int run_many(const Options& options) {
    const auto began = std::chrono::steady_clock::now();
    const auto spent = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    std::atomic<uint64_t> next = options.first;
    std::mutex mutex;
    Figures figures;
    uint64_t printed = 0;
    const auto work = [&] {
        while (spent() < static_cast<double>(options.wall)) {
            const uint64_t seed = next++;
            if (seed >= options.first + options.seeds) return;
            const ScenarioResult result = run_scenario(scenario_of(options, seed));
            const std::lock_guard lock(mutex);
            figures.add(result);
            if (result.violations.empty() || printed > 20) continue;
            print_violations(seed, result);
            if (++printed <= 1) fmt::print("history:\n{}", result.history);
            fmt::print("  holdfast_sim --seed {} --shrink --trace shows more\n", seed);
        }
    };
    std::vector<std::jthread> helpers;
    for (uint64_t i = 1; i < options.jobs; ++i) helpers.emplace_back(work);
    work();
    helpers.clear();
    fmt::print("{}", figures.to_string(spent()));
    fmt::print("{} passed, {} failed\n", figures.passed(), figures.failed());
    return figures.failed() == 0 && figures.passed() > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read_options(argc, argv, options)) return usage();
    if (options.list) {
        for (const Mutation& mutation : mutations())
            fmt::print("mistake {:22} for \"{}\"\n", mutation.name, mutation.checker);
        for (const Fault& fault : faults()) fmt::print("fault   {}\n", fault.name);
        return 0;
    }
    if (!options.broken.empty() && options.broken != "all" && find_mutation(options.broken) == nullptr) {
        fmt::print(stderr, "there is no mistake named {}, see --list\n", options.broken);
        return 2;
    }
    if (options.single) return run_single(options);
    if (!options.broken.empty()) return run_broken(options);
    return run_many(options);
}
