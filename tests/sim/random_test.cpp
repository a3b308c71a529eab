// Random clusters in the unit-test run: a few seeds hold, and every deliberate mistake is noticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario.hpp"

namespace holdfast::sim {
namespace {

ScenarioResult run(uint64_t seed, Duration length, const Mutation* mutation = nullptr) {
    ScenarioOptions options;
    options.seed = seed;
    options.length = length;
    options.mutation = mutation;
    return run_scenario(options);
}

TEST(RandomClusters, KeepTheInvariants) {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        const ScenarioResult result = run(seed, 30s);
        for (const Violation& violation : result.violations)
            ADD_FAILURE() << "seed " << seed << ": [" << violation.checker << "] " << violation.text;
    }
}

TEST(RandomClusters, RunTheSameForTheSameSeed) {
    for (uint64_t seed = 1; seed <= 5; ++seed)
        EXPECT_EQ(run(seed, 30s).fingerprint, run(seed, 30s).fingerprint) << "seed " << seed;
}

class DeliberateMistake : public ::testing::TestWithParam<Mutation> {};

TEST_P(DeliberateMistake, IsNoticedByItsJudge) {
    const Mutation mutation = GetParam();
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        for (const Violation& violation : run(seed, 20s, &mutation).violations) {
            if (violation.checker == mutation.checker) return;
        }
    }
    FAIL() << "nobody noticed in 60 clusters; " << mutation.checker << " should have";
}

INSTANTIATE_TEST_SUITE_P(Mistakes, DeliberateMistake,
                         ::testing::ValuesIn(mutations().begin(), mutations().end()), [](const auto& tested) {
                             std::string name;
                             bool capital = true;
                             for (const char letter : tested.param.name) {
                                 if (letter != '-')
                                     name += capital ? static_cast<char>(std::toupper(letter)) : letter;
                                 capital = letter == '-';
                             }
                             return name;
                         });

}  // namespace
}  // namespace holdfast::sim
