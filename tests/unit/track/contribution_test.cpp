#include "holdfast/track/contribution.hpp"

#include <gtest/gtest.h>

namespace holdfast::track {
namespace {

constexpr auto kUp = TrackedState::up;
constexpr auto kDown = TrackedState::down;

struct Row {
    TrackedState state;
    int weight;
    bool reverse;
    Contribution expected;
};

class ContributionTable : public testing::TestWithParam<Row> {};

TEST_P(ContributionTable, FollowsTheSignOfTheWeight) {
    const Row& row = GetParam();
    EXPECT_EQ(contribution_of(row.state, row.weight, row.reverse), row.expected);
}

INSTANTIATE_TEST_SUITE_P(All, ContributionTable,
                         testing::Values(Row{kUp, 20, false, {.sum = 20}}, Row{kDown, 20, false, {}},
                                         Row{kUp, -20, false, {}}, Row{kDown, -20, false, {.sum = -20}},
                                         Row{kUp, 20, true, {.sum = -20}}, Row{kDown, 20, true, {}},
                                         Row{kUp, -20, true, {}}, Row{kDown, -20, true, {.sum = 20}},
                                         Row{kUp, 0, false, {}}, Row{kDown, 0, false, {.faults = 1}},
                                         Row{kUp, 0, true, {.faults = 1}}, Row{kDown, 0, true, {}},
                                         Row{TrackedState::unknown, 0, false, {.awaited = 1}},
                                         Row{TrackedState::unknown, -20, false, {}},
                                         Row{TrackedState::untested, 0, false, {}}));

TEST(FileContribution, IsValueTimesWeightWithinLimits) {
    EXPECT_EQ(contribution_of_file(7, 3, false).sum, 21);
    EXPECT_EQ(contribution_of_file(7, 3, true).sum, -21);
    EXPECT_EQ(contribution_of_file(-7, 3, false).sum, -21);
    EXPECT_EQ(contribution_of_file(253, 1, false).sum, 253);
    EXPECT_EQ(contribution_of_file(254, 1, false).sum, 253);
    EXPECT_EQ(contribution_of_file(2147483648, 254, false).sum, 253);
    EXPECT_EQ(contribution_of_file(-253, 1, false), (Contribution{.sum = -253}));
    EXPECT_EQ(contribution_of_file(-254, 1, false), (Contribution{.faults = 1}));
    EXPECT_EQ(contribution_of_file(2147483648, -254, false), (Contribution{.faults = 1}));
}

TEST(FileContribution, WithoutWeightAnyValueButZeroIsAFault) {
    EXPECT_EQ(contribution_of_file(0, 0, false).faults, 0U);
    EXPECT_EQ(contribution_of_file(-1, 0, false).faults, 1U);
    EXPECT_EQ(contribution_of_file(0, 0, true).faults, 1U);
    EXPECT_EQ(contribution_of_file(5, 0, true).faults, 0U);
}

TEST(FileValue, IsReadAsKeepalivedReadsIt) {
    EXPECT_EQ(parse_file_value("12\n"), 12);
    EXPECT_EQ(parse_file_value(" \t-12 and more"), -12);
    EXPECT_EQ(parse_file_value("0x1F"), 31);
    EXPECT_EQ(parse_file_value("017"), 15);
    EXPECT_EQ(parse_file_value("089"), 0);
    EXPECT_EQ(parse_file_value("0x"), 0);
    EXPECT_EQ(parse_file_value(""), 0);
    EXPECT_EQ(parse_file_value("up"), 0);
    EXPECT_EQ(parse_file_value("-2147483648"), -2147483648LL);
    EXPECT_EQ(parse_file_value("2147483648"), 2147483648LL);
    EXPECT_EQ(parse_file_value("2147483649"), std::nullopt);
    EXPECT_EQ(parse_file_value("-2147483649"), std::nullopt);
    EXPECT_EQ(parse_file_value("99999999999999999999999"), std::nullopt);
}

std::optional<OwnWeight> weights(Kind kind, std::string_view name) {
    if (kind == Kind::interface || name == "missing") return std::nullopt;
    if (kind == Kind::file) return OwnWeight{1, false};
    if (name == "plain") return OwnWeight{0, false};
    return OwnWeight{-20, true};
}

TEST(Sources, TakeTheTrackedObjectsWeightUnlessTheReferenceHasOne) {
    References own;
    own.scripts = {{"heavy", {}, {}}, {"heavy", 5, {}}, {"heavy", {}, false}, {"missing", {}, {}}};
    own.interfaces = {{"eth1", {}, {}}};
    const auto sources = resolve_sources(own, nullptr, weights, false, false);
    ASSERT_EQ(sources.size(), 4U);
    EXPECT_EQ(sources[0], (Source{Kind::interface, "eth1", 0, false}));
    EXPECT_EQ(sources[1], (Source{Kind::script, "heavy", -20, true}));
    EXPECT_EQ(sources[2], (Source{Kind::script, "heavy", 5, true}));
    EXPECT_EQ(sources[3], (Source{Kind::script, "heavy", -20, false}));
}

TEST(Sources, MembersOfAGroupLoseTheirOwnWeightsButNotTheGroups) {
    References own;
    own.interfaces = {{"eth1", 10, {}}};
    own.scripts = {{"heavy", {}, {}}, {"plain", {}, {}}};
    own.files = {{"f1", {}, {}}, {"f2", 2, {}}};
    own.processes = {{"heavy", {}, {}}};
    own.bfds = {{"heavy", {}, {}}};
    References group;
    group.scripts = {{"heavy", 7, {}}};
    const auto sources = resolve_sources(own, &group, weights, true, false);
    const std::vector<Source> expected{{Kind::interface, "eth1", 0, false},
                                       {Kind::script, "plain", 0, false},
                                       {Kind::file, "f1", 0, false},
                                       {Kind::process, "heavy", -20, true},
                                       {Kind::script, "heavy", 7, true, true}};
    EXPECT_EQ(sources, expected);
}

TEST(Sources, AddressOwnerIgnoresWhateverHasAWeight) {
    References own;
    own.interfaces = {{"eth1", 10, {}}, {"eth2", {}, {}}};
    own.scripts = {{"heavy", {}, {}}, {"plain", {}, {}}};
    const auto sources = resolve_sources(own, nullptr, weights, false, true);
    const std::vector<Source> expected{{Kind::interface, "eth2", 0, false},
                                       {Kind::script, "plain", 0, false}};
    EXPECT_EQ(sources, expected);
}

TEST(TrackingTest, SumsSeveralSourcesAndCountsFaults) {
    Tracking tracking({{Kind::script, "a", -20, false},
                       {Kind::script, "b", 30, false},
                       {Kind::interface, "eth1", 0, false},
                       {Kind::file, "f", 2, false}});
    EXPECT_EQ(tracking.total(), (Contribution{.sum = 0, .faults = 1}));  // eth1 is down until told otherwise.
    EXPECT_TRUE(tracking.set(Kind::interface, "eth1", kUp));
    EXPECT_TRUE(tracking.set(Kind::script, "a", kDown));
    EXPECT_TRUE(tracking.set(Kind::script, "b", kUp));
    EXPECT_TRUE(tracking.set_file("f", 3));
    EXPECT_EQ(tracking.total(), (Contribution{.sum = 16}));
    EXPECT_TRUE(tracking.set(Kind::script, "a", kUp));
    EXPECT_EQ(tracking.total().sum, 36);
}

TEST(TrackingTest, ReportsOnlyChangesOfItsOwnTotal) {
    Tracking tracking({{Kind::script, "a", -20, false}});
    EXPECT_FALSE(tracking.set(Kind::script, "other", kDown));
    EXPECT_FALSE(tracking.set(Kind::interface, "a", kDown));
    EXPECT_FALSE(tracking.set(Kind::script, "a", kUp));
    EXPECT_TRUE(tracking.set(Kind::script, "a", kDown));
    EXPECT_FALSE(tracking.set(Kind::script, "a", kDown));
    EXPECT_TRUE(tracking.follows(Kind::script, "a"));
    EXPECT_FALSE(tracking.follows(Kind::file, "a"));
}

TEST(TrackingTest, UnweightedScriptsAreAwaited) {
    Tracking tracking({{Kind::script, "a", 0, false}, {Kind::script, "b", 0, false}});
    EXPECT_EQ(tracking.total().awaited, 2U);
    tracking.set(Kind::script, "a", kUp);
    tracking.set(Kind::script, "b", kDown);
    EXPECT_EQ(tracking.total(), (Contribution{.faults = 1}));
}

// Seen with keepalived 2.4.3: the effective priority stays what it was while a file means FAULT.
TEST(Tracking, AFaultOfAFileWithholdsWhatTheFileGave) {
    Tracking tracking({{.kind = Kind::file, .name = "F", .weight = 2}});
    tracking.set_file("F", 10);
    EXPECT_EQ(tracking.total().sum, 20);
    tracking.set_file("F", -127);
    EXPECT_EQ(tracking.total().faults, 1U);
    EXPECT_EQ(tracking.total().sum, 0);
    EXPECT_EQ(tracking.total().withheld, 20);
    tracking.set_file("F", -130);
    EXPECT_EQ(tracking.total().withheld, 20);
    tracking.set_file("F", -3);
    EXPECT_EQ(tracking.total(), (Contribution{.sum = -6}));
}

}  // namespace
}  // namespace holdfast::track
