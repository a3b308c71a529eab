#include "links_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(LinksTest, Ipv6VmacHasTheLinkLocalAddressOfItsBase) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::1/64"});
    const KernelAddress address = state.mirror().addresses(link("vrrp6.51")->index)[0];
    EXPECT_EQ(address.preferred_lifetime, 0U);
    EXPECT_TRUE((address.flags & address_flag::kNoDad) != 0);
    EXPECT_TRUE(kernel.sysctls.empty());  // IPv6 has no ARP to keep quiet.
}

TEST_F(LinksTest, WithoutOneItIsMadeOfTheMacOfTheBase) {
    define(vmac(Family::ipv6));
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::ff:fe00:a/64"});
}

TEST_F(LinksTest, ConfiguredSourceIsUsedInstead) {
    add_address(2, "fe80::1/64");
    VirtualLink link = vmac(Family::ipv6);
    link.source = *IpAddress::parse("fe80::99");
    define(link);
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::99/64"});
}

TEST_F(LinksTest, LinkLocalAddressFollowsTheBase) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    remove_address(2, "fe80::1/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::ff:fe00:a/64"});
    add_address(2, "fe80::2/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::2/64"});
}

TEST_F(LinksTest, LinkLocalAddressStaysWhileTheBaseIsSwitchedOff) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    LinkInfo off = ethernet(2, "eth0");
    off.up = off.running = false;
    kernel.set_link(off);
    deliver();
    remove_address(2, "fe80::1/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), std::vector<std::string>{"fe80::1/64"});
}

TEST_F(LinksTest, TransmittingOnTheBaseNeedsNoLinkLocalAddress) {
    add_address(2, "fe80::1/64");
    VirtualLink link = vmac(Family::ipv6);
    define(link);
    link.link_local = false;
    define(link);
    EXPECT_TRUE(addresses_of("vrrp6.51").empty());
}

TEST_F(LinksTest, VirtualAddressesOnTheVmacAreNotTouched) {
    add_address(2, "fe80::1/64");
    define(vmac(Family::ipv6));
    AddressSettings vip;
    vip.prefix = *Prefix::parse("fe80::51/128");
    vip.interface = "vrrp6.51";
    state.define(now, Owner{"VI"}, Objects{.addresses = {vip}}, true);
    EXPECT_EQ(addresses_of("vrrp6.51"), (std::vector<std::string>{"fe80::1/64", "fe80::51/128"}));
    remove_address(2, "fe80::1/64");
    EXPECT_EQ(addresses_of("vrrp6.51"), (std::vector<std::string>{"fe80::51/128", "fe80::ff:fe00:a/64"}));
}

}  // namespace
}  // namespace holdfast::netstate::testing
