#include "holdfast/app/virtual_links.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using ::testing::ElementsAre;

class VirtualLinksTest : public ::testing::Test {
  protected:
    VirtualLinksTest() {
        add(2, "eth0");
        add(3, "eth1");
        settings.router.name = "VI";
        settings.router.vrid = {51};
        settings.transport.interface = "eth0";
    }
    void add(uint32_t index, const char* name) {
        netstate::LinkInfo link;
        link.index = {index};
        link.name = name;
        mirror.set_link(link);
    }
    static netstate::AddressSettings address(const char* prefix, const char* interface = "eth0",
                                             bool use_vmac = false) {
        netstate::AddressSettings result;
        result.prefix = *Prefix::parse(prefix);
        result.interface = interface;
        result.use_vmac = use_vmac;
        return result;
    }
    InstanceLinks plan() const { return plan_links(settings, global, mirror, taken); }
    static std::vector<std::string> places(const std::vector<netstate::AddressSettings>& addresses) {
        std::vector<std::string> names;
        for (const auto& each : addresses) names.push_back(each.interface);
        return names;
    }
    static std::vector<std::string> names(const InstanceLinks& links) {
        std::vector<std::string> result;
        for (const auto& link : links.made) result.push_back(link.name);
        return result;
    }
    config::VrrpInstance settings;
    config::GlobalSettings global;
    netstate::Mirror mirror;
    std::set<std::string, std::less<>> taken;
};

TEST_F(VirtualLinksTest, WithoutVmacTheInterfaceServes) {
    settings.addresses = {address("192.0.2.1/24")};
    const InstanceLinks links = plan();
    EXPECT_EQ(links.own, "eth0");
    EXPECT_EQ(links.transmit, "eth0");
    EXPECT_TRUE(links.made.empty());
    EXPECT_FALSE(links.relocates);
    EXPECT_FALSE(links.has_own());
}

TEST_F(VirtualLinksTest, VmacTakesAddressesOfItsFamilyOnItsInterface) {
    settings.vmac = netstate::VmacSettings{};
    settings.addresses = {address("192.0.2.1/24"), address("198.51.100.1/24", "eth1")};
    settings.excluded_addresses = {address("2001:db8::1/64"), address("192.0.2.9/24")};
    const InstanceLinks links = plan();
    EXPECT_EQ(links.own, "vrrp.51");
    EXPECT_EQ(links.transmit, "vrrp.51");
    EXPECT_TRUE(links.has_own());
    EXPECT_THAT(places(links.addresses), ElementsAre("vrrp.51", "eth1"));
    EXPECT_THAT(places(links.excluded_addresses), ElementsAre("eth0", "vrrp.51"));
    const netstate::VirtualLink& vmac = links.made.front();
    EXPECT_EQ(vmac.base, "eth0");
    EXPECT_EQ(vmac.mac.to_string(), "00:00:5e:00:01:33");
    EXPECT_TRUE(vmac.ipv6);  // For the address of the other family.
    EXPECT_TRUE(vmac.other_family);
    EXPECT_FALSE(vmac.link_local);
}

TEST_F(VirtualLinksTest, TransmittingOnTheBaseNeedsNoSourceOnTheVmac) {
    settings.router.family = Family::ipv6;
    settings.vmac = netstate::VmacSettings{};
    settings.addresses = {address("fe80::51/128")};
    EXPECT_TRUE(plan().made.front().link_local);
    settings.vmac->transmit_on_base = true;
    const InstanceLinks links = plan();
    EXPECT_EQ(links.transmit, "eth0");
    EXPECT_EQ(links.own, "vrrp.51");
    EXPECT_FALSE(links.made.front().link_local);
    EXPECT_THAT(places(links.addresses), ElementsAre("vrrp.51"));
}

TEST_F(VirtualLinksTest, OwnMacIsUsedForAllItsVmacs) {
    settings.vmac = netstate::VmacSettings{};
    settings.vmac->mac = *MacAddress::parse("02:00:00:00:00:51");
    settings.use_vmac_addr = true;
    settings.addresses = {address("192.0.2.1/24"), address("198.51.100.1/24", "eth1")};
    for (const auto& link : plan().made) EXPECT_EQ(link.mac.to_string(), "02:00:00:00:00:51");
}

TEST_F(VirtualLinksTest, OneVmacForEachOtherInterfaceAndFamily) {
    settings.vmac = netstate::VmacSettings{};
    settings.use_vmac_addr = true;
    settings.addresses = {address("192.0.2.1/24"), address("198.51.100.1/24", "eth1"),
                          address("198.51.100.2/24", "eth1")};
    settings.excluded_addresses = {address("2001:db8::1/64"), address("2001:db8:1::1/64", "eth1")};
    const InstanceLinks links = plan();
    EXPECT_THAT(names(links), ElementsAre("vrrp.51", "vrrp1.51", "vrrp6.51", "vrrp2.51"));
    EXPECT_THAT(places(links.addresses), ElementsAre("vrrp.51", "vrrp1.51", "vrrp1.51"));
    EXPECT_THAT(places(links.excluded_addresses), ElementsAre("vrrp6.51", "vrrp2.51"));
    EXPECT_EQ(links.made[2].mac.to_string(), "00:00:5e:00:02:33");
    EXPECT_TRUE(links.made[2].link_local);
}

TEST_F(VirtualLinksTest, AnAddressMayAskByItself) {
    global.vmac_address_prefix = "va";
    settings.addresses = {address("192.0.2.1/24"), address("198.51.100.1/24", "eth1", true)};
    const InstanceLinks links = plan();
    EXPECT_EQ(links.own, "eth0");
    EXPECT_FALSE(links.has_own());
    EXPECT_TRUE(links.makes("va.51"));
    EXPECT_THAT(places(links.addresses), ElementsAre("eth0", "va.51"));
}

TEST_F(VirtualLinksTest, NamesOfOthersAreAvoided) {
    settings.vmac = netstate::VmacSettings{};
    taken = {"vrrp.51"};
    EXPECT_EQ(plan().own, "vrrp1.51");
    global.vmac_prefix = "vm";
    EXPECT_EQ(plan().own, "vm.51");
    settings.vmac->name = "lan51";
    EXPECT_EQ(plan().own, "lan51");
}

TEST_F(VirtualLinksTest, IpvlanCarriesAdvertsAndNoAddresses) {
    settings.vmac = netstate::VmacSettings{};
    settings.vmac->ipvlan = true;
    settings.vmac->ipvlan_flags = 1;
    settings.vmac->ipvlan_address = IpAddress::parse("192.0.2.51");
    settings.vmac->ipvlan_prefix_length = 24;
    settings.addresses = {address("192.0.2.1/24")};
    const InstanceLinks links = plan();
    EXPECT_EQ(links.transmit, "vrrp.51");
    // As in the reference: the virtual addresses stay on the interface.
    EXPECT_THAT(places(links.addresses), ElementsAre("eth0"));
    EXPECT_EQ(links.made.front().address, Prefix::parse("192.0.2.51/24"));
    EXPECT_EQ(links.made.front().ipvlan_flags, 1);
}

TEST_F(VirtualLinksTest, WithoutInterfaceThereIsNothingToMake) {
    settings.transport.interface.clear();
    settings.vmac = netstate::VmacSettings{};
    const InstanceLinks links = plan();
    EXPECT_EQ(links.own, "");
    EXPECT_TRUE(links.made.empty());
}

}  // namespace
}  // namespace holdfast::app
