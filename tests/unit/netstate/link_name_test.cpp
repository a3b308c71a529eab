#include "links_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

class LinkNameTest : public ::testing::Test {
  protected:
    LinkNameTest() { add(ethernet(2, "eth0")); }
    void add(const LinkInfo& link) { mirror.set_link(link); }
    void add_macvlan(uint32_t index, const std::string& name, const MacAddress& mac, uint32_t lower = 2) {
        LinkInfo link = ethernet(index, name);
        link.kind = "macvlan";
        link.mode = kMacvlanPrivate;
        link.lower = {lower};
        link.mac = mac;
        add(link);
    }
    std::string choose(const std::set<std::string, std::less<>>& taken = {}) const {
        return choose_link_name(request, mirror, taken);
    }
    Mirror mirror;
    LinkNameRequest request{.configured = {},
                            .prefix = "vrrp",
                            .vrid = 51,
                            .family = Family::ipv4,
                            .base = "eth0",
                            .ipvlan = false,
                            .mac = virtual_router_mac(Family::ipv4, 51),
                            .ipvlan_flags = 0,
                            .ipvlan_address = {}};
};

TEST_F(LinkNameTest, IsPrefixAndVrid) {
    EXPECT_EQ(choose(), "vrrp.51");
    request.prefix = "vmac";
    EXPECT_EQ(choose(), "vmac.51");
    request.configured = "lan51";
    EXPECT_EQ(choose(), "lan51");
}

TEST_F(LinkNameTest, CountsUpWhileNamesAreTaken) {
    EXPECT_EQ(choose({"vrrp.51"}), "vrrp1.51");
    EXPECT_EQ(choose({"vrrp.51", "vrrp1.51"}), "vrrp2.51");
    request.family = Family::ipv6;
    EXPECT_EQ(choose({"vrrp.51"}), "vrrp6.51");
    EXPECT_EQ(choose({"vrrp.51", "vrrp6.51"}), "vrrp1.51");
    EXPECT_EQ(choose({"vrrp.51", "vrrp6.51", "vrrp1.51", "vrrp2.51", "vrrp3.51", "vrrp4.51", "vrrp5.51"}),
              "vrrp7.51");
}

TEST_F(LinkNameTest, ExistingInterfacesTakeNamesToo) {
    add(ethernet(3, "vrrp.51"));
    EXPECT_EQ(choose(), "vrrp1.51");
}

TEST_F(LinkNameTest, LongPrefixIsCut) {
    request.prefix = "averyveryveryverylongone";
    EXPECT_EQ(choose(), "averyveryver.51");
    EXPECT_EQ(choose({"averyveryver.51"}), "averyveryve1.51");
}

TEST_F(LinkNameTest, FittingInterfaceGivesItsName) {
    add_macvlan(8, "old51", virtual_router_mac(Family::ipv4, 51));
    EXPECT_EQ(choose(), "old51");
    request.configured = "new51";
    EXPECT_EQ(choose(), "old51");
    EXPECT_EQ(choose({"old51"}), "new51");
}

TEST_F(LinkNameTest, OtherMacModeOrBaseDoesNotFit) {
    add(ethernet(3, "eth1"));
    add_macvlan(8, "a", virtual_router_mac(Family::ipv4, 52));
    add_macvlan(9, "b", virtual_router_mac(Family::ipv6, 51));
    add_macvlan(10, "c", virtual_router_mac(Family::ipv4, 51), 3);
    EXPECT_EQ(choose(), "vrrp.51");
}

TEST_F(LinkNameTest, ConfiguredNameOfAnotherKindOfInterfaceIsNotUsed) {
    add(ethernet(3, "lan51"));
    request.configured = "lan51";
    EXPECT_EQ(choose(), "vrrp.51");
}

TEST_F(LinkNameTest, OnAMacvlanTheLinkSitsOnWhatIsBeneath) {
    add_macvlan(7, "mv0", {}, 2);
    request.base = "mv0";
    EXPECT_EQ(lower_of(*mirror.link("mv0"), false), InterfaceIndex{2});
    EXPECT_EQ(lower_of(*mirror.link("mv0"), true), InterfaceIndex{7});
    add_macvlan(8, "old51", virtual_router_mac(Family::ipv4, 51), 2);
    EXPECT_EQ(choose(), "old51");
}

TEST_F(LinkNameTest, IpvlanIsKnownByItsNameOrAddress) {
    LinkInfo link = ethernet(8, "ipv51");
    link.kind = "ipvlan";
    link.lower = {2};
    add(link);
    request.ipvlan = true;
    EXPECT_EQ(choose(), "vrrp.51");
    request.configured = "ipv51";
    EXPECT_EQ(choose(), "ipv51");
    request.configured = "";
    request.ipvlan_address = *IpAddress::parse("192.0.2.51");
    EXPECT_EQ(choose(), "vrrp.51");
    KernelAddress address;
    address.interface = {8};
    address.prefix = *Prefix::parse("192.0.2.51/24");
    mirror.set_address(address);
    EXPECT_EQ(choose(), "ipv51");
    request.ipvlan_flags = 1;
    EXPECT_EQ(choose(), "vrrp.51");
}

TEST(VirtualRouterMac, IsOfTheRfc) {
    EXPECT_EQ(virtual_router_mac(Family::ipv4, 1).to_string(), "00:00:5e:00:01:01");
    EXPECT_EQ(virtual_router_mac(Family::ipv6, 255).to_string(), "00:00:5e:00:02:ff");
}

}  // namespace
}  // namespace holdfast::netstate::testing
