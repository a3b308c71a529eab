#include "holdfast/netstate/network_state.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "fake_kernel.hpp"

namespace holdfast::netstate {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = ObjectEvent::What;

const Owner kWeb{"WEB"};
const Owner kMail{"MAIL"};
const Owner kStatic{};

struct Observer final : NetworkObserver {
    void on_link_changed(Instant, const LinkInfo& link, const LinkInfo* before) override {
        log.push_back(fmt::format("link {}{}", link.name,
                                  before == nullptr ? " new"
                                  : link.usable()   ? " up"
                                                    : " down"));
        if (on_link) on_link(link);
    }
    void on_link_removed(Instant, const LinkInfo& last) override {
        log.push_back("link " + last.name + " gone");
    }
    void on_address_changed(Instant, const KernelAddress& address, bool present) override {
        log.push_back((present ? "+" : "-") + address.to_string());
    }
    void on_object_events(Instant, std::span<const ObjectEvent> batch) override {
        ++batches;
        events.insert(events.end(), batch.begin(), batch.end());
        if (on_events) on_events(batch);
    }
    std::vector<std::string> take() { return std::exchange(log, {}); }
    std::vector<What> take_events() {
        std::vector<What> kinds;
        for (const ObjectEvent& event : std::exchange(events, {})) kinds.push_back(event.what);
        return kinds;
    }

    std::vector<std::string> log;
    std::vector<ObjectEvent> events;
    int batches = 0;
    std::function<void(const LinkInfo&)> on_link;
    std::function<void(std::span<const ObjectEvent>)> on_events;
};

bool is_any_installed(std::span<const ObjectEvent> events) {
    return std::ranges::any_of(events, [](const ObjectEvent& event) {
        return event.what == What::installed || event.what == What::repaired;
    });
}

class NetworkStateTest : public ::testing::Test {
  protected:
    NetworkStateTest() {
        kernel.now = now;
        kernel.links[2] = {.index = {2}, .name = "eth0", .up = true, .running = true};
        kernel.addresses.push_back(address("192.0.2.9/24"));
    }
    static KernelAddress address(const char* text) {
        return {.interface = {2}, .prefix = *Prefix::parse(text)};
    }
    static AddressSettings vip(const char* text) {
        return {.prefix = *Prefix::parse(text), .interface = "eth0"};
    }
    static Objects vips(std::initializer_list<const char*> texts) {
        Objects objects;
        for (const char* text : texts) objects.addresses.push_back(vip(text));
        return objects;
    }
    void start() {
        ASSERT_TRUE(state.start(now).has_value());
        kernel.take_log();
        observer.take();
        observer.take_events();
    }
    void start_holding(std::initializer_list<const char*> texts) {
        state.define(now, kWeb, vips(texts), true);
        start();
    }
    void advance(Duration by) {
        now += by;
        kernel.now = now;
        if (state.deadline() && *state.deadline() <= now) state.handle_deadline(now);
    }
    /// Somebody removes the address; how long until it is back.
    Duration time_to_repair(const char* text) {
        kernel.outside(RemoveAddress{address(text)});
        const Instant began = now;
        while (!kernel.has(text)) {
            if (!state.deadline()) return Duration::max();
            advance(*state.deadline() - now);
        }
        return now - began;
    }

    Instant now{1h};
    testing::FakeKernel kernel;
    Observer observer;
    NetworkState state{kernel, observer};
};

TEST_F(NetworkStateTest, StartReportsWhatIsThere) {
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(observer.log, ElementsAre("link eth0 new", "+192.0.2.9/24"));
    EXPECT_THAT(kernel.log, IsEmpty());
}

TEST_F(NetworkStateTest, NothingIsAskedOfTheKernelBeforeStart) {
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_EQ(kernel.dumps, 0);
}

TEST_F(NetworkStateTest, LeftoverOfAnEarlierRunIsRemovedFromABackup) {
    kernel.addresses.push_back(address("192.0.2.100/32"));
    state.define(now, kWeb, vips({"192.0.2.100", "192.0.2.101"}), false);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(kernel.log, ElementsAre("remove address 192.0.2.100/32"));
    EXPECT_TRUE(kernel.has("192.0.2.9/24"));
}

TEST_F(NetworkStateTest, AddressFoundAtStartIsAdoptedByItsHolder) {
    kernel.addresses.push_back(address("192.0.2.100/32"));
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_THAT(observer.take_events(), ElementsAre(What::adopted));
}

TEST_F(NetworkStateTest, HoldInstallsInOrderAndReleaseRemovesInReverse) {
    state.define(now, kWeb, vips({"192.0.2.100", "192.0.2.101"}), false);
    start();
    state.hold(now, kWeb);
    EXPECT_THAT(kernel.take_log(), ElementsAre("add address 192.0.2.100/32", "add address 192.0.2.101/32"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed, What::installed));
    EXPECT_THAT(observer.take(), ElementsAre("+192.0.2.100/32", "+192.0.2.101/32"));
    state.release(now, kWeb);
    EXPECT_THAT(kernel.take_log(),
                ElementsAre("remove address 192.0.2.101/32", "remove address 192.0.2.100/32"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::removed, What::removed));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, HoldingTwiceAsksTheKernelOnce) {
    start_holding({"192.0.2.100"});
    state.hold(now, kWeb);
    kernel.deliver_changes();
    EXPECT_THAT(kernel.log, IsEmpty());
}

TEST_F(NetworkStateTest, LostAddressIsPutBackInTheSameTurn) {
    start_holding({"192.0.2.100", "192.0.2.101"});
    kernel.outside(RemoveAddress{address("192.0.2.100/32")}, 31337);
    EXPECT_THAT(kernel.take_log(), ElementsAre("add address 192.0.2.100/32"));
    ASSERT_EQ(observer.events.size(), 2U);
    EXPECT_EQ(observer.events[0].what, What::lost);
    EXPECT_EQ(observer.events[0].requester, 31337U);
    EXPECT_EQ(observer.events[0].interface, "eth0");
    EXPECT_EQ(observer.events[1].what, What::repaired);
    EXPECT_EQ(observer.events[1].repairs, 1U);
    EXPECT_EQ(state.reconciler().repairs(), 1U);
}

TEST_F(NetworkStateTest, OurOwnRemovalIsNotALoss) {
    start_holding({"192.0.2.100"});
    state.release(now, kWeb);
    state.hold(now, kWeb);
    kernel.deliver_changes();
    EXPECT_THAT(observer.take_events(), ElementsAre(What::removed, What::installed));
    EXPECT_EQ(state.reconciler().repairs(), 0U);
}

TEST_F(NetworkStateTest, RepairsSlowDownWhileSomebodyKeepsRemoving) {
    start_holding({"192.0.2.100"});
    std::vector<int64_t> delays;
    for (int i = 0; i < 13; ++i) delays.push_back(time_to_repair("192.0.2.100/32") / 1ms);
    EXPECT_THAT(delays, ElementsAre(0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000));
    EXPECT_EQ(state.reconciler().repairs(), 13U);
}

TEST_F(NetworkStateTest, AMinuteOfPeaceForgivesTheFight) {
    start_holding({"192.0.2.100"});
    for (int i = 0; i < 6; ++i) time_to_repair("192.0.2.100/32");
    advance(59s);
    EXPECT_EQ(time_to_repair("192.0.2.100/32"), 2s);
    advance(60s);
    EXPECT_EQ(time_to_repair("192.0.2.100/32"), 0s);
}

TEST_F(NetworkStateTest, ReleaseEndsADelayedRepair) {
    start_holding({"192.0.2.100"});
    for (int i = 0; i < 3; ++i) time_to_repair("192.0.2.100/32");
    kernel.outside(RemoveAddress{address("192.0.2.100/32")});
    ASSERT_TRUE(state.deadline().has_value());
    state.release(now, kWeb);
    advance(1h);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, NoTrackAddressIsInstalledAndNotPutBack) {
    Objects objects = vips({"192.0.2.100"});
    objects.addresses[0].no_track = true;
    state.define(now, kWeb, objects, true);
    start();
    ASSERT_TRUE(kernel.has("192.0.2.100/32"));
    EXPECT_EQ(time_to_repair("192.0.2.100/32"), Duration::max());
    EXPECT_THAT(observer.take_events(), ElementsAre(What::lost));
    state.release(now, kWeb);
    state.hold(now, kWeb);  // Master again: a new beginning.
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, BackupLeavesAddressesOfOthersAlone) {
    state.define(now, kWeb, vips({"192.0.2.100"}), false);
    start();
    kernel.outside(AddAddress{address("192.0.2.100/32")});
    EXPECT_THAT(kernel.log, IsEmpty());
}

TEST_F(NetworkStateTest, LostNewsLeadToADumpAndARepair) {
    start_holding({"192.0.2.100"});
    kernel.outside_unheard(RemoveAddress{address("192.0.2.100/32")});
    kernel.outside_unheard(AddAddress{address("192.0.2.77/24")});
    const int dumps = kernel.dumps;
    kernel.overrun();
    EXPECT_EQ(kernel.dumps, dumps + 1);
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::lost, What::repaired));
    EXPECT_THAT(observer.take(), ElementsAre("-192.0.2.100/32", "+192.0.2.77/24", "+192.0.2.100/32"));
}

TEST_F(NetworkStateTest, FailedDumpIsRepeatedLater) {
    start_holding({"192.0.2.100"});
    kernel.outside_unheard(RemoveAddress{address("192.0.2.100/32")});
    kernel.failing_dumps = 1;
    kernel.overrun();
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    ASSERT_EQ(state.deadline(), now + 500ms);
    advance(500ms);
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, AddressOfUnknownShapeIsReplacedAfterALook) {
    state.define(now, kWeb, vips({"192.0.2.100"}), false);
    start();
    KernelAddress other = address("192.0.2.100/32");
    other.scope = 253;
    kernel.outside_unheard(AddAddress{other});
    state.hold(now, kWeb);
    EXPECT_THAT(kernel.log, ElementsAre("add address 192.0.2.100/32", "remove address 192.0.2.100/32",
                                        "add address 192.0.2.100/32"));
    EXPECT_EQ(kernel.addresses.back().scope, 0);
}

TEST_F(NetworkStateTest, RefusedRequestIsRepeatedWithGrowingDelays) {
    kernel.refuse = [](const Operation& operation) { return is_install(operation) ? EACCES : 0; };
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    start();
    EXPECT_EQ(state.deadline(), now + 250ms);
    advance(250ms);
    EXPECT_EQ(state.deadline(), now + 500ms);
    EXPECT_THAT(observer.take_events(), IsEmpty());  // Said once.
    kernel.refuse = {};
    advance(500ms);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, LinkComingUpEndsTheWaitForARefusedRequest) {
    kernel.refuse = [](const Operation&) { return EACCES; };
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    start();
    kernel.refuse = {};
    kernel.set_link({.index = {2}, .name = "eth0", .up = true, .running = true, .mtu = 9000});
    kernel.deliver_changes();
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, RefusedRemovalIsRepeated) {
    start_holding({"192.0.2.100"});
    kernel.refuse = [](const Operation&) { return EPERM; };
    state.release(now, kWeb);
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    kernel.refuse = {};
    ASSERT_TRUE(state.deadline().has_value());
    advance(*state.deadline() - now);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    EXPECT_FALSE(state.deadline().has_value());
}

TEST_F(NetworkStateTest, AddressFollowsAnInterfaceThatIsMadeAnew) {
    start_holding({"192.0.2.100"});
    kernel.remove_link(2);
    kernel.deliver_changes();
    EXPECT_THAT(observer.take(), ElementsAre("-192.0.2.9/24", "-192.0.2.100/32", "link eth0 gone"));
    EXPECT_THAT(kernel.take_log(), IsEmpty());
    EXPECT_THAT(observer.take_events(), IsEmpty());
    kernel.set_link({.index = {7}, .name = "eth0", .up = true, .running = true});
    kernel.deliver_changes();
    ASSERT_EQ(kernel.addresses.size(), 1U);
    EXPECT_EQ(kernel.addresses[0].interface.value, 7U);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
}

TEST_F(NetworkStateTest, ObserverMayReleaseFromWithinANotification) {
    start_holding({"192.0.2.100"});
    observer.on_link = [&](const LinkInfo& link) {
        if (!link.usable()) state.release(now, kWeb);
    };
    kernel.set_link({.index = {2}, .name = "eth0", .up = true, .running = false});
    kernel.deliver_changes();
    EXPECT_THAT(kernel.log, ElementsAre("remove address 192.0.2.100/32"));
    EXPECT_FALSE(state.reconciler().holds(kWeb));
}

TEST_F(NetworkStateTest, AddressesThatGoDownWithTheirLinkAreNotPutBackOnceReleased) {
    // IPv6 addresses leave with the link; the release must be heard before the repair is planned.
    start_holding({"2001:db8::1/64"});
    observer.on_link = [&](const LinkInfo& link) {
        if (!link.usable()) state.release(now, kWeb);
    };
    kernel.set_link({.index = {2}, .name = "eth0", .up = false, .running = false});
    kernel.outside(RemoveAddress{address("2001:db8::1/64")});
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_THAT(observer.take_events(), IsEmpty());
}

TEST_F(NetworkStateTest, InstallationIsReportedInPiecesWhileItRuns) {
    Objects many;
    for (int i = 0; i < 200; ++i) many.addresses.push_back(vip(fmt::format("10.0.0.{}", i).c_str()));
    state.define(now, kWeb, many, false);
    start();
    size_t in_kernel_at_first_report = 0;
    observer.on_events = [&](std::span<const ObjectEvent>) {
        if (in_kernel_at_first_report == 0) in_kernel_at_first_report = kernel.addresses.size();
    };
    observer.batches = 0;
    state.hold(now, kWeb);
    EXPECT_EQ(observer.events.size(), 200U);
    EXPECT_GT(observer.batches, 1);
    EXPECT_LT(in_kernel_at_first_report, 100U);
}

TEST_F(NetworkStateTest, ReloadTouchesOnlyWhatChanged) {
    start_holding({"192.0.2.100", "192.0.2.101", "192.0.2.102"});
    state.define(now, kWeb, vips({"192.0.2.100", "192.0.2.102", "192.0.2.103"}), true);
    EXPECT_THAT(kernel.take_log(),
                ElementsAre("remove address 192.0.2.101/32", "add address 192.0.2.103/32"));
    state.define(now, kWeb, vips({"192.0.2.103", "192.0.2.102", "192.0.2.100"}), true);
    EXPECT_THAT(kernel.take_log(), IsEmpty());
}

TEST_F(NetworkStateTest, ReloadWithAnotherLabelReplacesTheAddress) {
    start_holding({"192.0.2.100"});
    Objects labelled = vips({"192.0.2.100"});
    labelled.addresses[0].label = "eth0:1";
    state.define(now, kWeb, labelled, true);
    EXPECT_THAT(kernel.take_log(),
                ElementsAre("remove address 192.0.2.100/32", "add address 192.0.2.100/32"));
    EXPECT_EQ(kernel.addresses.back().label, "eth0:1");
}

TEST_F(NetworkStateTest, AddressMovedToAnotherHolderStays) {
    start_holding({"192.0.2.100"});
    state.define(now, kMail, vips({"192.0.2.100"}), true);
    state.release(now, kWeb);
    EXPECT_THAT(kernel.log, IsEmpty());
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
    state.release(now, kMail);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
}

TEST_F(NetworkStateTest, ForgottenOwnerCleansUpOrLeavesThingsAsTold) {
    start_holding({"192.0.2.100"});
    state.define(now, kMail, vips({"192.0.2.200"}), true);
    state.forget(now, kWeb, true);
    EXPECT_FALSE(kernel.has("192.0.2.100/32"));
    state.forget(now, kMail, false);
    EXPECT_TRUE(kernel.has("192.0.2.200/32"));
    EXPECT_FALSE(state.reconciler().is_ours(IpAddress::v4(192, 0, 2, 200)));
}

TEST_F(NetworkStateTest, SourceAddressIsNeverAVirtualOne) {
    kernel.addresses.insert(kernel.addresses.begin(), address("192.0.2.100/32"));
    state.define(now, kWeb, vips({"192.0.2.100"}), true);
    start();
    EXPECT_EQ(state.source_address({2}, Family::ipv4), IpAddress::v4(192, 0, 2, 9));
}

class NetworkStateRoutes : public NetworkStateTest {
  protected:
    static RouteSettings route(const char* to) {
        return {.destination = *Prefix::parse(to), .via = IpAddress::v4(192, 0, 2, 254), .interface = "eth0"};
    }
    static RuleSettings rule(uint32_t table) {
        return {.from = Prefix::parse("10.0.0.0/8"), .priority = 100, .table = table};
    }
    void start_with_routes() {
        Objects objects = vips({"192.0.2.100"});
        objects.routes = {route("10.0.0.0/8")};
        objects.rules = {rule(7)};
        state.define(now, kWeb, objects, true);
        start();
    }
};

TEST_F(NetworkStateRoutes, AreInstalledAfterAddressesAndRemovedBefore) {
    start_with_routes();
    state.release(now, kWeb);
    EXPECT_THAT(kernel.take_log(), ElementsAre("remove rule from 10.0.0.0/8 table 7 priority 100",
                                               "remove route 10.0.0.0/8", "remove address 192.0.2.100/32"));
    state.hold(now, kWeb);
    EXPECT_THAT(kernel.take_log(), ElementsAre("add address 192.0.2.100/32", "add route 10.0.0.0/8",
                                               "add rule from 10.0.0.0/8 table 7 priority 100"));
}

TEST_F(NetworkStateRoutes, LostRouteAndRuleArePutBackAlone) {
    start_with_routes();
    kernel.outside(RemoveRoute{kernel.routes[0]});
    EXPECT_THAT(kernel.take_log(), ElementsAre("add route 10.0.0.0/8"));
    kernel.outside(RemoveRule{kernel.rules[0]});
    EXPECT_THAT(kernel.take_log(), ElementsAre("add rule from 10.0.0.0/8 table 7 priority 100"));
    EXPECT_EQ(state.reconciler().repairs(), 2U);
}

TEST_F(NetworkStateRoutes, RouteThatVanishedSilentlyWithItsLinkIsFoundByADump) {
    start_with_routes();
    kernel.routes.clear();  // What the kernel does when the link loses its carrier.
    kernel.set_link({.index = {2}, .name = "eth0", .up = true, .running = false});
    kernel.deliver_changes();
    EXPECT_THAT(kernel.take_log(), ElementsAre("add route 10.0.0.0/8"));
}

TEST_F(NetworkStateRoutes, ProtocolsOfTheConfigurationAreWatchedAndOnlyThose) {
    start_holding({"192.0.2.100"});
    EXPECT_THAT(kernel.watched, IsEmpty());
    const int dumps = kernel.dumps;
    Objects objects;
    objects.routes = {route("10.0.0.0/8"), route("10.1.0.0/16")};
    objects.routes[0].protocol = 99;
    state.define(now, kMail, objects, false);
    EXPECT_EQ(kernel.dumps, dumps + 1);  // What was not watched before is not in the mirror.
    EXPECT_THAT(kernel.watched, ElementsAre(18, 99));
}

TEST_F(NetworkStateRoutes, ImpossibleRouteIsReportedOnceAndDoesNotStopTheOthers) {
    Objects objects;
    objects.routes = {route("10.0.0.0/8"), route("10.1.0.0/16")};
    objects.routes[0].encapsulation = {"mpls", "a hundred"};
    state.define(now, kWeb, objects, true);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_THAT(kernel.take_log(), ElementsAre("add route 10.1.0.0/16"));
    EXPECT_THAT(observer.take_events(), ElementsAre(What::refused, What::installed));
    kernel.overrun();
    EXPECT_THAT(observer.take_events(), IsEmpty());
}

TEST_F(NetworkStateRoutes, ObjectTheKernelShowsInOtherWordsIsNotAskedForAgain) {
    // The kernel agrees but reports a route that does not match: after a dump one more request tells by
    // EEXIST.
    Objects objects;
    objects.routes = {route("10.0.0.0/8")};
    state.define(now, kWeb, objects, true);
    kernel.before_operation = [&](const Operation& operation) {
        const auto* add = std::get_if<AddRoute>(&operation);
        if (add != nullptr) kernel.refuse = [](const Operation&) { return EEXIST; };
    };
    start();
    kernel.overrun();
    advance(1h);
    kernel.take_log();
    kernel.overrun();
    EXPECT_LE(kernel.log.size(), 1U);
    EXPECT_FALSE(state.deadline().has_value());
}

TEST(NetworkStateFight, SomebodyFasterThanUsDoesNotKeepTheLoop) {
    // A rival that removes the address before we have looked again, and a policy that always repairs at once:
    // settling ends all the same, and goes on a little later.
    testing::FakeKernel kernel;
    Observer observer;
    kernel.links[2] = {.index = {2}, .name = "eth0", .up = true, .running = true};
    NetworkState state{kernel, observer, RepairPolicy{.free_repairs = 1000}};
    const KernelAddress address{.interface = {2}, .prefix = *Prefix::parse("192.0.2.100/32")};
    observer.on_events = [&](std::span<const ObjectEvent> events) {
        if (is_any_installed(events)) kernel.outside(RemoveAddress{address});
    };
    const Instant now{1h};
    state.define(now, kWeb, Objects{.addresses = {{.prefix = address.prefix, .interface = "eth0"}}}, true);
    ASSERT_TRUE(state.start(now).has_value());
    EXPECT_LT(kernel.take_log().size(), 20U);
    ASSERT_TRUE(state.deadline().has_value());
    EXPECT_GT(*state.deadline(), now);
    observer.on_events = {};
    state.handle_deadline(*state.deadline());
    EXPECT_TRUE(kernel.has("192.0.2.100/32"));
}

TEST(NetworkStateScale, NotificationAboutOneAddressDoesNotLookAtAllOwners) {
    testing::FakeKernel kernel;
    Observer observer;
    kernel.links[2] = {.index = {2}, .name = "eth0", .up = true, .running = true};
    NetworkState state{kernel, observer};
    const Instant now{1h};
    for (int owner = 0; owner < 200; ++owner) {
        Objects objects;
        for (int i = 0; i < 10; ++i)
            objects.addresses.push_back(
                {.prefix = *Prefix::parse(fmt::format("10.{}.0.{}", owner, i)), .interface = "eth0"});
        state.define(now, Owner{fmt::format("VI_{}", owner)}, objects, true);
    }
    ASSERT_TRUE(state.start(now).has_value());
    ASSERT_EQ(kernel.addresses.size(), 2000U);
    kernel.take_log();
    const auto began = std::clock();  // Processor time, which a busy machine does not falsify.
    for (int i = 0; i < 100; ++i)
        kernel.outside(
            RemoveAddress{{.interface = {2}, .prefix = *Prefix::parse(fmt::format("10.{}.0.5", i))}});
    const auto took = std::clock() - began;
    EXPECT_EQ(kernel.log.size(), 100U);
    // Looking at all 2000 objects each time costs some 100 times more.
    EXPECT_LT(took, CLOCKS_PER_SEC / 4);
}

KernelRoute via(const char* gateway, uint8_t protocol = kRouteProtocol) {
    KernelRoute route;
    route.destination = *Prefix::parse("10.0.0.0/8");
    route.protocol = protocol;
    route.next_hops.push_back({.via = IpAddress::parse(gateway), .interface = {2}});
    return route;
}

RouteSettings wanted_via(const char* gateway) {
    RouteSettings route;
    route.destination = *Prefix::parse("10.0.0.0/8");
    route.via = IpAddress::parse(gateway);
    route.interface = "eth0";
    return route;
}

TEST_F(NetworkStateTest, StaleRouteInThePlaceOfAWantedOneIsRemoved) {
    kernel.routes = {via("192.0.2.1"), via("192.0.2.2")};
    start();
    state.remove_stale_routes(now, std::vector{wanted_via("192.0.2.2")});
    ASSERT_EQ(kernel.routes.size(), 1U);
    EXPECT_EQ(kernel.routes[0].next_hops[0].via, IpAddress::parse("192.0.2.2"));
}

TEST_F(NetworkStateTest, RoutesInOtherPlacesAndOfOthersAreNotStale) {
    KernelRoute elsewhere = via("192.0.2.1");
    elsewhere.priority = 7;
    kernel.routes = {elsewhere, via("192.0.2.1", 4)};
    start();
    state.remove_stale_routes(now, std::vector{wanted_via("192.0.2.2")});
    EXPECT_EQ(kernel.routes.size(), 2U);
    EXPECT_TRUE(kernel.take_log().empty());
}

TEST_F(NetworkStateTest, LookingForStaleRoutesCostsOneDump) {
    start();
    const int before = kernel.dumps;
    state.remove_stale_routes(now, std::vector{wanted_via("192.0.2.2")});
    Objects objects;
    objects.routes = {wanted_via("192.0.2.2")};
    state.define(now, kWeb, objects, true);
    EXPECT_EQ(kernel.dumps, before + 1);
    EXPECT_EQ(kernel.routes.size(), 1U);
}

TEST_F(NetworkStateTest, WhatIsRefusedAgainAndAgainIsNewsOnce) {
    start();
    kernel.refuse = [](const Operation& o) { return std::holds_alternative<AddAddress>(o) ? EINVAL : 0; };
    state.define(now, kWeb, vips({"192.0.2.1/32"}), true);
    for (int i = 0; i < 5; ++i) advance(*state.deadline() - now);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::refused));
    kernel.refuse = {};
    advance(*state.deadline() - now);
    EXPECT_THAT(observer.take_events(), ElementsAre(What::installed));
}

}  // namespace
}  // namespace holdfast::netstate
