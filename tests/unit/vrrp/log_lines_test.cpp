#include "holdfast/vrrp/log_lines.hpp"

#include <set>

#include "support.hpp"

namespace holdfast::vrrp {
namespace {

// The lines that compat/runtime.md section 7 promises and no test of the machines shows.
TEST(LogLines, AreWordedAsTheReferences) {
    const auto text = [](LogId id) { return describe({id, {kHigher, kLower}, {1, 2, 3}}, "VI_1"); };
    EXPECT_EQ(text(LogId::entering_fault), "(VI_1) Entering FAULT STATE");
    EXPECT_EQ(text(LogId::group_to_master), "VRRP_Group(VI_1) Syncing instances to MASTER state");
    EXPECT_EQ(text(LogId::group_to_backup), "VRRP_Group(VI_1) Syncing instances to BACKUP state");
    EXPECT_EQ(text(LogId::group_to_fault), "VRRP_Group(VI_1) Syncing instances to FAULT state");
    EXPECT_EQ(text(LogId::hmac_missing), "(VI_1) missing authentication trailer from 10.9.0.9");
    EXPECT_EQ(text(LogId::hmac_unknown_key), "(VI_1) unknown authentication key id 1 from 10.9.0.9");
    EXPECT_EQ(text(LogId::hmac_stale),
              "(VI_1) stale authentication trailer from 10.9.0.9, clock skew 1 sec exceeds window 2 sec");
}

TEST(LogLines, WriteMicrosecondsAsSeconds) {
    EXPECT_EQ(describe({LogId::preempt_delay_started, {}, {61000007}}, "V"),
              "(V) start preempt delay (61.000007)");
}

TEST(LogLines, LeaveNoPlaceholderAndDifferFromEachOther) {
    std::set<std::string> seen;
    for (size_t i = 0; i < kLogIdCount; ++i) {
        const std::string line = describe({static_cast<LogId>(i), {kHigher, kLower}, {7, 8, 9}}, "VI_1");
        EXPECT_EQ(line.find('$'), line.npos) << line;
        EXPECT_TRUE(seen.insert(line).second) << line;
    }
}

TEST(LogLines, AreDetailWhereTheReferenceNeedsD) {
    EXPECT_TRUE(is_detail(LogId::receive_timeout));
    EXPECT_TRUE(is_detail(LogId::sent_priority_zero));
    EXPECT_FALSE(is_detail(LogId::entering_master));
    EXPECT_FALSE(is_detail(LogId::lower_priority_discarded));
}

TEST(LogLines, AreLimitedForPacketsOnly) {
    EXPECT_TRUE(is_rate_limited(LogId::invalid_ttl));
    EXPECT_TRUE(is_rate_limited(LogId::address_count));
    EXPECT_FALSE(is_rate_limited(LogId::entering_backup));
    EXPECT_FALSE(is_rate_limited(LogId::lower_priority_advert_new_election));
}

TEST(States, HaveTheNumbersAndWordsOfKeepalived) {
    EXPECT_EQ(static_cast<int>(State::Initialize), 0);
    EXPECT_EQ(static_cast<int>(State::Backup), 1);
    EXPECT_EQ(static_cast<int>(State::Master), 2);
    EXPECT_EQ(static_cast<int>(State::Fault), 3);
    EXPECT_EQ(to_string(State::Initialize), "INIT");
    EXPECT_EQ(to_string(State::Backup), "BACKUP");
    EXPECT_EQ(to_string(State::Master), "MASTER");
    EXPECT_EQ(to_string(State::Fault), "FAULT");
}

}  // namespace
}  // namespace holdfast::vrrp
