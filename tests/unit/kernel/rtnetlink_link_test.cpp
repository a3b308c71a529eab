// VMACs, ipvlans and their knobs on the real kernel.
#include <gtest/gtest.h>

#include <algorithm>

#include "holdfast/kernel/rtnetlink.hpp"
#include "holdfast/kernel/sysctl.hpp"
#include "holdfast/netstate/links.hpp"
#include "namespace.hpp"

namespace holdfast::kernel {
namespace {

using namespace netstate;

class LinkRequestsTest : public testing::NamespaceTest {
  protected:
    void SetUp() override {
        NamespaceTest::SetUp();
        if (IsSkipped()) return;
        auto opened = RouteNetlink::open(loop);
        ASSERT_TRUE(opened.has_value()) << opened.error().message;
        kernel = *std::move(opened);
        vmac.name = "vrrp.51";
        vmac.lower = v0;
        vmac.mac = virtual_router_mac(Family::ipv4, 51);
    }
    /// The errors of the operations; all succeed when it is empty.
    std::vector<std::string> apply(const std::vector<Operation>& operations) {
        std::vector<std::string> errors;
        for (const auto& result : kernel->apply(operations))
            if (!result) errors.push_back(result.error().message);
        return errors;
    }
    std::optional<LinkInfo> link(const std::string& name) {
        const auto state = kernel->dump();
        if (!state) return std::nullopt;
        const auto found = std::ranges::find(state->links, name, &LinkInfo::name);
        return found == state->links.end() ? std::nullopt : std::optional(*found);
    }
    static std::string knob(Family family, const char* name) {
        return read_sysctl(interface_sysctl(family, "vrrp.51", name)).value_or("?");
    }
    io::EventLoop loop;
    std::unique_ptr<RouteNetlink> kernel;
    KernelVirtualLink vmac;
};

const std::vector<std::string> kNone;

TEST_F(LinkRequestsTest, VmacIsMadeTunedAndSwitchedOn) {
    vmac.group = 7;
    EXPECT_EQ(apply({AddLink{vmac}, TuneLink{"vrrp.51", true, true, false}, SwitchLinkOn{"vrrp.51"}}), kNone);
    const auto made = link("vrrp.51");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->kind, "macvlan");
    EXPECT_EQ(made->mode, kMacvlanPrivate);
    EXPECT_EQ(made->mac, vmac.mac);
    EXPECT_EQ(made->lower, v0);
    EXPECT_EQ(made->group, 7U);
    EXPECT_TRUE(made->usable());
    EXPECT_EQ(knob(Family::ipv4, "arp_ignore"), "1");
    EXPECT_EQ(knob(Family::ipv4, "accept_local"), "1");
    EXPECT_EQ(knob(Family::ipv4, "rp_filter"), "0");
    EXPECT_EQ(knob(Family::ipv4, "promote_secondaries"), "1");
    EXPECT_EQ(knob(Family::ipv6, "disable_ipv6"), "1");
    EXPECT_EQ(knob(Family::ipv6, "addr_gen_mode"), "1");
}

TEST_F(LinkRequestsTest, VmacOfIpv6HasNoAddressOfItsOwn) {
    EXPECT_EQ(apply({AddLink{vmac}, TuneLink{"vrrp.51", true, false, true}, SwitchLinkOn{"vrrp.51"}}), kNone);
    EXPECT_EQ(knob(Family::ipv4, "arp_ignore"), "1");
    EXPECT_EQ(knob(Family::ipv4, "accept_local"), "0");
    EXPECT_EQ(knob(Family::ipv6, "disable_ipv6"), "0");
    const auto state = kernel->dump();
    ASSERT_TRUE(state);
    const InterfaceIndex index = link("vrrp.51")->index;
    EXPECT_TRUE(std::ranges::none_of(state->addresses, [&](const auto& a) { return a.interface == index; }));
}

TEST_F(LinkRequestsTest, ManyLinksInOneBatch) {
    std::vector<Operation> operations;
    for (uint8_t vrid = 1; vrid <= 80; ++vrid) {
        KernelVirtualLink each = vmac;
        each.name = "vrrp." + std::to_string(vrid);
        each.mac = virtual_router_mac(Family::ipv4, vrid);
        operations.emplace_back(AddLink{each});
    }
    for (int vrid = 1; vrid <= 80; ++vrid)
        operations.emplace_back(TuneLink{"vrrp." + std::to_string(vrid), true, true, false});
    for (int vrid = 1; vrid <= 80; ++vrid)
        operations.emplace_back(SwitchLinkOn{"vrrp." + std::to_string(vrid)});
    EXPECT_EQ(apply(operations), kNone);
    EXPECT_TRUE(link("vrrp.80")->usable());
    EXPECT_EQ(knob(Family::ipv6, "disable_ipv6"), "1");
}

TEST_F(LinkRequestsTest, UpdateChangesMacModeAndGroup) {
    testing::Namespace::run("ip link add link v0 name vrrp.51 type macvlan mode vepa");
    vmac.group = 9;
    EXPECT_EQ(apply({UpdateLink{vmac}}), kNone);
    EXPECT_EQ(link("vrrp.51")->mac, vmac.mac);
    EXPECT_EQ(link("vrrp.51")->mode, kMacvlanPrivate);
    EXPECT_EQ(link("vrrp.51")->group, 9U);
}

TEST_F(LinkRequestsTest, WhatExistsOrIsMissingIsSaid) {
    EXPECT_EQ(apply({AddLink{vmac}}), kNone);
    const auto results = kernel->apply(std::vector<Operation>{AddLink{vmac}, SwitchLinkOn{"nobody"}});
    EXPECT_EQ(results[0].error().os_error, EEXIST);
    EXPECT_EQ(results[1].error().os_error, ENODEV);
}

TEST_F(LinkRequestsTest, RemoveTakesItAway) {
    EXPECT_EQ(apply({AddLink{vmac}}), kNone);
    EXPECT_EQ(apply({RemoveLink{link("vrrp.51")->index, "vrrp.51"}}), kNone);
    EXPECT_FALSE(link("vrrp.51"));
}

TEST_F(LinkRequestsTest, ReannouncingChangesNothing) {
    testing::Namespace::run("ip link set v0 group 5");
    EXPECT_EQ(apply({ReannounceLink{v0, 5}}), kNone);
    EXPECT_EQ(link("v0")->group, 5U);
}

TEST_F(LinkRequestsTest, KnobsAreSetAndRestored) {
    const std::string path = interface_sysctl(Family::ipv4, "v0", "arp_ignore");
    EXPECT_EQ(apply({SetSysctl{path, "1"}}), kNone);
    EXPECT_EQ(read_sysctl(path).value_or("?"), "1");
    EXPECT_EQ(apply({RestoreSysctl{path}}), kNone);
    EXPECT_EQ(read_sysctl(path).value_or("?"), "0");
    EXPECT_EQ(apply({SetSysctl{"net/ipv4/conf/nobody/arp_ignore", "1"}}).size(), 1U);
}

}  // namespace
}  // namespace holdfast::kernel
