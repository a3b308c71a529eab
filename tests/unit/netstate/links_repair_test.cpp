#include "links_fixture.hpp"

namespace holdfast::netstate::testing {
namespace {

TEST_F(LinksTest, MakesItAgainWhenSomebodyRemovesIt) {
    define(vmac());
    observer.take();
    kernel.remove_link(link("vrrp.51")->index.value);
    deliver();
    ASSERT_NE(link("vrrp.51"), nullptr);
    EXPECT_EQ(observer.take(), (std::vector{What::lost, What::repaired}));
}

TEST_F(LinksTest, SaysOnceThatTheKernelRefusesIt) {
    kernel.refuse = [](const Operation& o) { return std::holds_alternative<AddLink>(o) ? EOPNOTSUPP : 0; };
    define(vmac());
    EXPECT_EQ(observer.take(), std::vector{What::refused});
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(state.deadline());
        now = *state.deadline();
        state.handle_deadline(now);
    }
    EXPECT_EQ(observer.take(), std::vector<What>{});
    kernel.refuse = {};
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_EQ(observer.take(), std::vector{What::installed});
}

TEST_F(LinksTest, IsThereAgainBeforeAnybodyJudgesByWhatIsMissing) {
    define(vmac());
    observer.take();
    bool was_usable = false;
    observer.on_complete = [&] { was_usable = link("vrrp.51") != nullptr && link("vrrp.51")->usable(); };
    // The kernel switches off what it deletes, and tells that first.
    LinkInfo off = *link("vrrp.51");
    off.up = off.running = false;
    kernel.set_link(off);
    kernel.rest_of_the_news = [&](ChangeListener& listener) {
        kernel.links.erase(off.index.value);
        listener.on_link_removed(off.index);
    };
    deliver();
    EXPECT_TRUE(was_usable);
    EXPECT_EQ(observer.take(), (std::vector{What::lost, What::repaired}));
}

TEST_F(LinksTest, IsLeftSwitchedOffWhenThatIsAll) {
    define(vmac());
    observer.take();
    bool was_usable = true;
    observer.on_complete = [&] { was_usable = link("vrrp.51") != nullptr && link("vrrp.51")->usable(); };
    LinkInfo off = *link("vrrp.51");
    off.up = off.running = false;
    kernel.set_link(off);
    deliver();
    EXPECT_FALSE(was_usable);
    EXPECT_EQ(observer.take(), std::vector<What>{});
}

TEST_F(LinksTest, BacksOffWhenSomebodyKeepsRemovingIt) {
    define(vmac());
    for (int i = 0; i < 3; ++i) {
        kernel.remove_link(link("vrrp.51")->index.value);
        deliver();
        ASSERT_NE(link("vrrp.51"), nullptr) << i;
    }
    kernel.remove_link(link("vrrp.51")->index.value);
    deliver();
    EXPECT_EQ(link("vrrp.51"), nullptr);
    ASSERT_TRUE(state.deadline());
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_NE(link("vrrp.51"), nullptr);
}

TEST_F(LinksTest, WaitsForItsBaseAndReturnsWithIt) {
    kernel.remove_link(2);
    deliver();
    define(vmac());
    EXPECT_TRUE(kernel.take_log() == std::vector<std::string>{"move all/rp_filter to interfaces"});
    kernel.set_link(ethernet(3, "eth0"));
    deliver();
    ASSERT_NE(link("vrrp.51"), nullptr);
    EXPECT_EQ(link("vrrp.51")->lower, InterfaceIndex{3});
    EXPECT_EQ(kernel.sysctls["net/ipv4/conf/eth0/arp_ignore"], "1");
    kernel.take_log();

    // A base that goes takes its macvlans along; the new one has knobs of its own.
    kernel.remove_link(3);
    kernel.remove_link(link("vrrp.51")->index.value);
    deliver();
    EXPECT_EQ(link("vrrp.51"), nullptr);
    kernel.set_link(ethernet(5, "eth0"));
    deliver();
    EXPECT_EQ(link("vrrp.51")->lower, InterfaceIndex{5});
    const auto log = kernel.take_log();
    EXPECT_NE(std::ranges::find(log, "set net/ipv4/conf/eth0/arp_ignore to 1"), log.end());
}

TEST_F(LinksTest, GoesWhenItsBaseIsRenamed) {
    define(vmac());
    kernel.set_link(ethernet(2, "lan"));
    deliver();
    EXPECT_EQ(link("vrrp.51"), nullptr);
    kernel.set_link(ethernet(2, "eth0"));
    deliver();
    EXPECT_NE(link("vrrp.51"), nullptr);
}

TEST_F(LinksTest, RefusedLinkIsTriedAgainLater) {
    kernel.refuse = [](const Operation& o) { return std::holds_alternative<AddLink>(o) ? ENOMEM : 0; };
    define(vmac());
    EXPECT_EQ(observer.take(), std::vector{What::refused});
    kernel.refuse = {};
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_NE(link("vrrp.51"), nullptr);
    EXPECT_EQ(observer.take(), std::vector{What::installed});
}

TEST_F(LinksTest, LinkThatCannotBeSwitchedOnIsTriedAgain) {
    kernel.refuse = [](const Operation& o) { return std::holds_alternative<SwitchLinkOn>(o) ? EBUSY : 0; };
    define(vmac());
    EXPECT_FALSE(link("vrrp.51")->up);
    EXPECT_EQ(observer.take(), (std::vector{What::installed, What::refused}));
    kernel.refuse = {};
    now = *state.deadline();
    state.handle_deadline(now);
    EXPECT_TRUE(link("vrrp.51")->up);
}

TEST_F(LinksTest, LinkThatSomebodySwitchesOffStaysOff) {
    define(vmac());
    LinkInfo off = *link("vrrp.51");
    off.up = off.running = false;
    kernel.set_link(off);
    deliver();
    EXPECT_FALSE(link("vrrp.51")->up);
}

}  // namespace
}  // namespace holdfast::netstate::testing
