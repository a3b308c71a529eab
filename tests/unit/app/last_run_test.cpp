#include "holdfast/app/last_run.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

constexpr std::string_view kHeader =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

std::string with(std::string_view line) {
    return std::string(kHeader) + std::string(line) + "\n";
}

TEST(LastRun, VrrpSocketIsSeenByItsProtocol) {
    EXPECT_TRUE(
        lists_vrrp_socket(with("  112: 00000000:0070 00000000:0000 07 00000000:00000000 00:00000000")));
    EXPECT_TRUE(lists_vrrp_socket(
        with("  112: 00000000000000000000000000000000:0070 00000000000000000000000000000000:0000 07")));
}

TEST(LastRun, SocketOfTheAuthenticationHeaderCountsToo) {
    EXPECT_TRUE(
        lists_vrrp_socket(with("   51: 00000000:0033 00000000:0000 07 00000000:00000000 00:00000000")));
}

TEST(LastRun, SocketsOfOtherProtocolsDoNotCount) {
    EXPECT_FALSE(
        lists_vrrp_socket(with("    1: 00000000:0001 00000000:0070 07 00000000:00000000 00:00000000")));
    EXPECT_FALSE(lists_vrrp_socket(kHeader));
    EXPECT_FALSE(lists_vrrp_socket(""));
}

TEST(LastRun, LastLineCountsAsMuchAsTheFirst) {
    const std::string both =
        with("    1: 00000000:0001 00000000:0000 07\n  112: 00000000:0070 00000000:0000 07");
    EXPECT_TRUE(lists_vrrp_socket(both));
}

TEST(LastRun, NoTableIsNoSocket) {
    EXPECT_FALSE(vrrp_is_spoken_here("/nonexistent"));
}

}  // namespace
}  // namespace holdfast::app
