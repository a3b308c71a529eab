#include "holdfast/kernel/sysctl.hpp"

#include <gtest/gtest.h>

#include "namespace.hpp"

namespace holdfast::kernel {
namespace {

class SysctlTest : public testing::NamespaceTest {
  protected:
    // /proc/sys/net shows the namespace of the reader.
    const std::string path = interface_sysctl(Family::ipv4, "v0", "promote_secondaries");
};

TEST_F(SysctlTest, PathIsThatOfTheInterface) {
    EXPECT_EQ(path, "net/ipv4/conf/v0/promote_secondaries");
    EXPECT_EQ(interface_sysctl(Family::ipv6, "eth0.5", "forwarding"), "net/ipv6/conf/eth0.5/forwarding");
}

TEST_F(SysctlTest, WrittenValueIsRead) {
    ASSERT_TRUE(write_sysctl(path, "1").has_value());
    EXPECT_EQ(read_sysctl(path).value_or("?"), "1");
}

TEST_F(SysctlTest, KeeperPutsTheFirstValueBack) {
    ASSERT_TRUE(write_sysctl(path, "0").has_value());
    {
        SysctlKeeper keeper;
        ASSERT_TRUE(keeper.set(path, "1").has_value());
        EXPECT_EQ(read_sysctl(path).value_or("?"), "1");
        ASSERT_TRUE(keeper.set(path, "0").has_value());
        ASSERT_TRUE(keeper.set(path, "1").has_value());
    }
    EXPECT_EQ(read_sysctl(path).value_or("?"), "0");
}

TEST_F(SysctlTest, ValueThatWasThereIsNotRestored) {
    ASSERT_TRUE(write_sysctl(path, "1").has_value());
    SysctlKeeper keeper;
    ASSERT_TRUE(keeper.set(path, "1").has_value());
    ASSERT_TRUE(write_sysctl(path, "0").has_value());  // Somebody else's wish.
    keeper.restore_all();
    EXPECT_EQ(read_sysctl(path).value_or("?"), "0");
}

TEST_F(SysctlTest, MissingKnobIsAnError) {
    const auto value = read_sysctl("net/ipv4/conf/nosuch0/arp_ignore");
    ASSERT_FALSE(value.has_value());
    EXPECT_EQ(value.error().os_error, ENOENT);
    SysctlKeeper keeper;
    EXPECT_FALSE(keeper.set("net/ipv4/conf/nosuch0/arp_ignore", "1").has_value());
}

TEST_F(SysctlTest, RouterFlagFollowsForwarding) {
    EXPECT_FALSE(forwards_ipv6("v0"));
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv6, "v0", "forwarding"), "1").has_value());
    EXPECT_TRUE(forwards_ipv6("v0"));
    EXPECT_FALSE(forwards_ipv6("nosuch0"));
}

std::string reverse_path(const char* interface) {
    return read_sysctl(interface_sysctl(Family::ipv4, interface, "rp_filter")).value_or("?");
}

TEST_F(SysctlTest, ReversePathFilterMovesToTheInterfaces) {
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "all", "rp_filter"), "1"));
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "default", "rp_filter"), "0"));
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "v0", "rp_filter"), "0"));
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "v1", "rp_filter"), "2"));
    {
        ReversePathFilter filter;
        ASSERT_TRUE(filter.relax());
        EXPECT_EQ(reverse_path("all"), "0");
        EXPECT_EQ(reverse_path("default"), "1");
        EXPECT_EQ(reverse_path("v0"), "1");
        EXPECT_EQ(reverse_path("v1"), "2");
        ASSERT_TRUE(filter.relax());
    }
    EXPECT_EQ(reverse_path("all"), "1");
    EXPECT_EQ(reverse_path("default"), "0");
    EXPECT_EQ(reverse_path("v0"), "0");
    EXPECT_EQ(reverse_path("v1"), "2");
}

TEST_F(SysctlTest, ReversePathFilterKeepsWhatSomebodyHasSetMeanwhile) {
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "all", "rp_filter"), "1"));
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "v0", "rp_filter"), "0"));
    ReversePathFilter filter;
    ASSERT_TRUE(filter.relax());
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "v0", "rp_filter"), "2"));
    filter.restore();
    EXPECT_EQ(reverse_path("v0"), "2");
    EXPECT_EQ(reverse_path("all"), "1");
}

TEST_F(SysctlTest, ReversePathFilterThatIsOffStaysAsItIs) {
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "all", "rp_filter"), "0"));
    ASSERT_TRUE(write_sysctl(interface_sysctl(Family::ipv4, "v0", "rp_filter"), "0"));
    ReversePathFilter filter;
    ASSERT_TRUE(filter.relax());
    EXPECT_EQ(reverse_path("v0"), "0");
}

}  // namespace
}  // namespace holdfast::kernel
