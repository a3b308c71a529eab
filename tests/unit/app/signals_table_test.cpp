#include "holdfast/app/signals_table.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace holdfast::app {
namespace {

// The numbers that `keepalived --signum` of 2.4.3 prints.
TEST(Signals, HaveTheReferencesNumbers) {
    EXPECT_EQ(signal_number("STOP"), 15);
    EXPECT_EQ(signal_number("RELOAD"), 1);
    EXPECT_EQ(signal_number("DATA"), 10);
    EXPECT_EQ(signal_number("STATS"), 12);
    EXPECT_EQ(signal_number("STATS_CLEAR"), 63);
    EXPECT_EQ(signal_number("JSON"), 36);
    EXPECT_EQ(signal_number("TDUMP"), std::nullopt);
    EXPECT_EQ(signal_number("stop"), std::nullopt);
}

TEST(Signals, MeaningUndoesNumberAndSigintStopsToo) {
    for (const SignalRow& row : signals_table()) EXPECT_EQ(signal_meaning(row.number), row.meaning);
    EXPECT_EQ(signal_meaning(SIGINT), SignalMeaning::stop);
    EXPECT_EQ(signal_meaning(SIGPIPE), std::nullopt);
}

}  // namespace
}  // namespace holdfast::app
