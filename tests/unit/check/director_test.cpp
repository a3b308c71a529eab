#include "holdfast/check/director.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builders.hpp"

namespace holdfast::check {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class DirectorTest : public testing::Test {
  protected:
    void load(std::vector<VirtualServerSettings> servers, std::vector<VirtualServerGroup> groups = {}) {
        actions.clear();
        director.load(
            {.virtual_servers = {servers.begin(), servers.end()}, .groups = std::move(groups), .options = {}},
            actions);
    }
    CheckerId id(size_t server, size_t real_server = 0, size_t checker = 0) const {
        for (CheckerId one : director.checkers())
            if (*director.place(one) == CheckerPlace{server, real_server, checker}) return one;
        return 0;
    }
    void verdict(CheckerId one, bool up) {
        actions.clear();
        director.verdict(one, {.up = up}, actions);
    }
    std::string pool(const ipvs::ServiceKey& key) const {
        const auto service = director.service(key);
        return service ? pool_text(*service) : "none";
    }
    std::vector<std::string> said() const { return words(actions); }

    Director director;
    DirectorActions actions;
};

const ipvs::ServiceKey kFirst = virtual_server({}, 1).key;
const ipvs::ServiceKey kSecond = virtual_server({}, 2).key;

TEST_F(DirectorTest, StartTellsOfServicesFirstAndOfCheckersLast) {
    load({virtual_server({real(1), real(2)}, 1), virtual_server({real(3)}, 2)});
    EXPECT_THAT(
        said(),
        ElementsAre("services: [192.0.2.1]:tcp:80 [192.0.2.2]:tcp:80",
                    "log: Gained quorum 1+0=1 <= 2 for VS [192.0.2.1]:tcp:80", "run: quorum-up",
                    "fifo: VS [192.0.2.1]:tcp:80 UP",
                    "log: Gained quorum 1+0=1 <= 1 for VS [192.0.2.2]:tcp:80", "run: quorum-up",
                    "fifo: VS [192.0.2.2]:tcp:80 UP",
                    "log: Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80",
                    "log: Activating healthchecker for service [10.0.0.2]:tcp:80 for VS [192.0.2.1]:tcp:80",
                    "log: Activating healthchecker for service [10.0.0.3]:tcp:80 for VS [192.0.2.2]:tcp:80"));
    EXPECT_EQ(director.added().size(), 3U);
    EXPECT_EQ(ipvs::to_string(director.desired()),
              "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1\n"
              "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 1\n"
              "-A -t 192.0.2.2:80 -s wrr\n-a -t 192.0.2.2:80 -r 10.0.0.3:80 -g -w 1\n");
}

TEST_F(DirectorTest, AVerdictNamesTheServicesItChanges) {
    load({virtual_server({real(1), real(2)}, 1), virtual_server({real(1)}, 2)});
    verdict(id(0, 0), false);
    EXPECT_THAT(said(), ElementsAre("log: TCP_CHECK on service [10.0.0.1]:tcp:80 failed.",
                                    "log: Removing service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80",
                                    "services: [192.0.2.1]:tcp:80", "run: down-1",
                                    "fifo: RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN"));
    EXPECT_EQ(pool(kFirst), "10.0.0.2:1");
    EXPECT_EQ(pool(kSecond), "10.0.0.1:1");
    EXPECT_EQ(*director.desired().find(kFirst), *director.service(kFirst));
}

TEST_F(DirectorTest, AVerdictOfARemovedCheckerIsIgnored) {
    load({virtual_server({real(1)})});
    const CheckerId gone = id(0);
    load({});
    EXPECT_THAT(director.removed(), ElementsAre(gone));
    verdict(gone, false);
    EXPECT_THAT(said(), IsEmpty());
    EXPECT_EQ(director.checker(gone), nullptr);
}

TEST_F(DirectorTest, FailuresAreLoggedOnlyWhenWanted) {
    RealServerSettings loud = real(1);
    loud.checkers[0].schedule.log_all_failures = true;
    load({virtual_server({loud, real(2)})});
    actions.clear();
    director.failure(id(0, 1), {}, actions);
    EXPECT_THAT(said(), IsEmpty());
    director.failure(id(0, 0), {.timed_out = true}, actions);
    EXPECT_THAT(said(), ElementsAre("log: TCP connection to [10.0.0.1]:tcp:80 timeout."));
    actions.clear();
    director.load({.virtual_servers = {virtual_server({real(1)})}, .options = {}, .log_all_failures = true},
                  actions);
    actions.clear();
    director.failure(id(0, 0), {}, actions);
    EXPECT_EQ(said().size(), 1U);
}

TEST_F(DirectorTest, WithNftablesIpvsAGroupOfAddressesIsOneServiceByMark) {
    const auto in_group = [](std::string group, ipvs::Protocol protocol) {
        VirtualServerSettings server = virtual_server({real(1)});
        server.group = std::move(group);
        server.key = {.protocol = protocol};
        return server;
    };
    const VirtualServerGroup addresses{.name = "A",
                                       .entries = {{.first = {IpAddress::v4(192, 0, 2, 1), 80}, .count = 3},
                                                   {.first = {*IpAddress::parse("2001:db8::1"), 81}}}};
    const VirtualServerGroup marks{
        .name = "M", .entries = {{.first = {IpAddress::v4(192, 0, 2, 9), 80}}, {.firewall_mark = 7}}};
    const auto tcp = in_group("A", ipvs::Protocol::tcp);
    const auto udp = in_group("A", ipvs::Protocol::udp);
    const auto load_marked = [&](std::vector<VirtualServerSettings> servers) {
        DirectorSettings settings{.virtual_servers = {servers.begin(), servers.end()},
                                  .groups = {addresses, marks}};
        settings.first_mark = 1000;
        director.load(std::move(settings), actions);
    };
    load_marked({tcp, udp, in_group("M", ipvs::Protocol::tcp), virtual_server({real(1)}, 99)});
    const auto by_mark = [](uint32_t mark, Family family) {
        return ipvs::ServiceKey{
            .family = family, .firewall_mark = mark, .endpoint = {IpAddress::any(family), 0}};
    };
    EXPECT_THAT(director.services(0), ElementsAre(by_mark(1000, Family::ipv4), by_mark(1000, Family::ipv6)));
    EXPECT_THAT(director.services(1), ElementsAre(by_mark(1001, Family::ipv4), by_mark(1001, Family::ipv6)));
    EXPECT_EQ(director.services(2).size(), 2U);  // It has a mark of its own.
    EXPECT_EQ(director.services(3).front().firewall_mark, 0U);
    EXPECT_EQ(pool(by_mark(1000, Family::ipv4)), "10.0.0.1:1");
    const ipvs::MarkedAddresses range{ipvs::Protocol::tcp, IpAddress::v4(192, 0, 2, 1),
                                      IpAddress::v4(192, 0, 2, 3), 80, 1000};
    EXPECT_EQ(director.marked().size(), 4U);
    EXPECT_THAT(director.marked(), Contains(range));

    // A mark stays its group's over reloads, and is not given to another one.
    load_marked({udp});
    EXPECT_THAT(director.services(0), ElementsAre(by_mark(1001, Family::ipv4), by_mark(1001, Family::ipv6)));
    EXPECT_EQ(director.mark_of("A", ipvs::Protocol::udp), 1001U);
    EXPECT_EQ(director.mark_of("A", ipvs::Protocol::tcp), 0U);
    EXPECT_EQ(director.marked().size(), 2U);
    load_marked({tcp, udp});
    EXPECT_EQ(director.mark_of("A", ipvs::Protocol::tcp), 1002U);
    load({udp}, {addresses});
    EXPECT_EQ(director.services(0).size(), 4U);
    EXPECT_THAT(director.marked(), IsEmpty());
}

TEST_F(DirectorTest, EveryServiceOfAGroupHasEveryServer) {
    VirtualServerSettings settings = virtual_server({real(1), real(2)});
    settings.group = "G";
    settings.key = {.protocol = ipvs::Protocol::tcp};
    load({settings}, {{"G",
                       {{.first = {IpAddress::v4(192, 0, 2, 10), 80}, .count = 2},
                        {.first = {IpAddress::v4(192, 0, 2, 20), 443}}}}});
    EXPECT_EQ(director.services(0).size(), 3U);
    const ipvs::Table table = director.desired();
    for (const auto& [key, service] : table.ordered()) {
        EXPECT_EQ(pool_text(*service), "10.0.0.1:1 10.0.0.2:1");
        EXPECT_EQ(service->destinations[0].key.port,
                  key->endpoint.port);  // Direct routing: the service's port.
    }
    verdict(id(0, 0), false);
    EXPECT_THAT(said(), Contains("services: [192.0.2.10]:tcp:80 [192.0.2.11]:tcp:80 [192.0.2.20]:tcp:443"));
}

TEST_F(DirectorTest, AnUnknownGroupLeavesTheVirtualServerOut) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.group = "X";
    load({settings, virtual_server({real(2)})});
    EXPECT_EQ(said()[0],
              "log: Virtual server group X specified but not configured - ignoring virtual server [X]:80");
    EXPECT_EQ(director.size(), 1U);
    EXPECT_EQ(director.checkers().size(), 1U);
}

TEST_F(DirectorTest, AVirtualServerWithoutServersIsLeftOut) {
    load({virtual_server({})});
    EXPECT_EQ(director.size(), 0U);
    EXPECT_TRUE(director.desired().empty());
}

TEST_F(DirectorTest, VirtualServersThatShareAServiceShareItsPool) {
    VirtualServerSettings other = virtual_server({real(2), real(3)});
    other.attributes.scheduler = "rr";
    load({virtual_server({real(1), real(2)}), other});
    EXPECT_EQ(pool(kFirst), "10.0.0.1:1 10.0.0.2:1 10.0.0.3:1");
    EXPECT_EQ(director.service(kFirst)->attributes.scheduler, "wrr");
    verdict(id(0, 1), false);  // 10.0.0.2 still serves through the other one.
    EXPECT_EQ(pool(kFirst), "10.0.0.1:1 10.0.0.2:1 10.0.0.3:1");
    verdict(id(1, 0), false);
    EXPECT_EQ(pool(kFirst), "10.0.0.1:1 10.0.0.3:1");
    EXPECT_EQ(*director.desired().find(kFirst), *director.service(kFirst));
    load({virtual_server({real(1), real(2)})});
    EXPECT_EQ(pool(kFirst), "10.0.0.1:1");
}

TEST_F(DirectorTest, AReloadWithoutChangeKeepsEveryCheckerAndSaysNothing) {
    const std::vector<VirtualServerSettings> servers{virtual_server({real(1), real(2)}, 1),
                                                     virtual_server({real(3)}, 2)};
    load(servers);
    const auto ids = director.checkers();
    verdict(ids[0], false);
    for (size_t i = 1; i < ids.size(); ++i) verdict(ids[i], true);
    load(servers);
    EXPECT_THAT(said(), IsEmpty());
    EXPECT_EQ(director.checkers(), ids);
    EXPECT_THAT(director.kept(), IsEmpty());
    EXPECT_THAT(director.added(), IsEmpty());
    EXPECT_THAT(director.removed(), IsEmpty());
    EXPECT_EQ(pool(kFirst), "10.0.0.2:1");
    EXPECT_FALSE(director.starts_up(ids[0]));
}

TEST_F(DirectorTest, OnlyTheVirtualServerThatChangesIsUpdated) {
    load({virtual_server({real(1)}, 1), virtual_server({real(2), real(3)}, 2)});
    load({virtual_server({real(1)}, 1), virtual_server({real(2, 9), real(3)}, 2)});
    EXPECT_THAT(said(), Contains("services: [192.0.2.2]:tcp:80"));
    EXPECT_THAT(director.kept(), ElementsAre(id(1, 0), id(1, 1)));
}

TEST_F(DirectorTest, ServicesThatVirtualServersShareAreUpdatedWithEither) {
    const VirtualServerGroup both{.name = "G",
                                  .entries = {{.first = {IpAddress::v4(192, 0, 2, 1), 80}, .count = 2}}};
    VirtualServerSettings grouped = virtual_server({real(7)});
    grouped.group = "G";
    load({virtual_server({real(1)}, 1), grouped}, {both});
    EXPECT_EQ(pool(kFirst), "10.0.0.1:1 10.0.0.7:1");
    load({grouped}, {both});
    EXPECT_THAT(said(), Contains("services: [192.0.2.1]:tcp:80"));
    EXPECT_EQ(pool(kFirst), "10.0.0.7:1");
    load({grouped, virtual_server({real(1)}, 1)}, {both});
    load({virtual_server({real(1)}, 1), grouped}, {both});
    EXPECT_THAT(said(), Contains("services: [192.0.2.1]:tcp:80"));
}

TEST_F(DirectorTest, AReloadFollowsServersToTheirNewPlaces) {
    load({virtual_server({real(1), real(2)}, 1), virtual_server({real(3)}, 2)});
    const CheckerId one = id(0, 0);
    const CheckerId two = id(0, 1);
    const CheckerId three = id(1, 0);
    verdict(two, false);
    load({virtual_server({real(4)}, 3), virtual_server({real(5), real(2)}, 1)});
    EXPECT_EQ(*director.place(two), (CheckerPlace{1, 1, 0}));
    EXPECT_THAT(director.removed(), UnorderedElementsAre(one, three));
    EXPECT_THAT(director.kept(), ElementsAre(two));
    EXPECT_THAT(director.added(), UnorderedElementsAre(id(0, 0), id(1, 0)));
    EXPECT_EQ(pool(kFirst), "10.0.0.5:1");
    EXPECT_EQ(said()[0], "services: [192.0.2.3]:tcp:80 [192.0.2.1]:tcp:80 [192.0.2.2]:tcp:80");
    EXPECT_THAT(said(), Contains("log: Removing Virtual Server [192.0.2.2]:tcp:80"));
    EXPECT_THAT(said(), Contains("log: Removing service [10.0.0.3]:tcp:80 from VS [192.0.2.2]:tcp:80"));
    EXPECT_EQ(pool(kSecond), "none");
    verdict(two, true);
    EXPECT_EQ(pool(kFirst), "10.0.0.5:1 10.0.0.2:1");
}

TEST_F(DirectorTest, ANewCheckerOfAHealthyServerHasItsRetries) {
    load({virtual_server({real(1)})});
    EXPECT_TRUE(director.first_failure_counts(id(0)));
    RealServerSettings more = real(1);
    more.checkers.push_back(tcp_checker(false, 81));
    load({virtual_server({more})});
    EXPECT_FALSE(director.first_failure_counts(id(0, 0, 1)));
    EXPECT_TRUE(director.starts_up(id(0, 0, 1)));
}

TEST_F(DirectorTest, AlphaCheckersStartDown) {
    RealServerSettings one = real(1);
    one.checkers = {tcp_checker(true)};
    load({virtual_server({one})});
    EXPECT_FALSE(director.starts_up(id(0)));
    EXPECT_EQ(pool(kFirst), "");
}

TEST_F(DirectorTest, ContributionsToTheWeightAddUpAndGoWithTheirChecker) {
    RealServerSettings one = real(1, 10);
    one.checkers = {tcp_checker(false, 80), tcp_checker(false, 81)};
    load({virtual_server({one})});
    actions.clear();
    director.wish_weight(id(0, 0, 0), 15, actions);
    director.wish_weight(id(0, 0, 1), 7, actions);
    EXPECT_EQ(pool(kFirst), "10.0.0.1:12");
    EXPECT_THAT(said(), Contains("services: [192.0.2.1]:tcp:80"));
    one.checkers.pop_back();
    load({virtual_server({one})});
    EXPECT_EQ(pool(kFirst), "10.0.0.1:15");
    EXPECT_THAT(said(), Contains("log: Changing weight from 12 to 15 for active service [10.0.0.1]:tcp:80 of "
                                 "VS [192.0.2.1]:tcp:80"));
    // A wish is a weight, whatever is configured.
    one.weight = 20;
    load({virtual_server({one})});
    EXPECT_EQ(pool(kFirst), "10.0.0.1:15");
    EXPECT_THAT(said(), Not(Contains(HasSubstr("Changing weight"))));
    director.wish_weight(id(0, 0, 0), std::nullopt, actions);
    EXPECT_EQ(pool(kFirst), "10.0.0.1:20");
}

TEST_F(DirectorTest, AFailedMiscCheckTakesItsWishBackWithoutAWord) {
    RealServerSettings one = real(1, 5);
    one.checkers = {Checker{.probe = MiscCheck{}}};
    load({virtual_server({one, real(2)})});
    director.wish_weight(id(0, 0, 0), 20, actions);
    actions.clear();
    director.verdict(id(0, 0, 0), {.up = false, .first = false, .was_up = true}, actions);
    EXPECT_THAT(said(), Not(Contains(HasSubstr("Changing weight"))));
    director.verdict(id(0, 0, 0), {.up = true, .first = false, .was_up = false}, actions);
    EXPECT_EQ(pool(kFirst), "10.0.0.1:5 10.0.0.2:1");
}

TEST_F(DirectorTest, FilesCountFromTheStartOn) {
    RealServerSettings one = real(1, 5);
    one.checkers = {Checker{.probe = FileCheck{.track_file = "good"}}};
    RealServerSettings two = real(2, 5);
    two.checkers = {Checker{.probe = FileCheck{.track_file = "bad"}}};
    DirectorSettings settings;
    settings.virtual_servers = {virtual_server({one, two})};
    settings.opinion_of = [](const FileCheck& check) {
        return check.track_file == "good" ? Opinion{true, 6} : Opinion{false, 0};
    };
    director.load(settings, actions);
    EXPECT_EQ(pool(kFirst), "10.0.0.1:11");
    EXPECT_THAT(said(), Contains("log: Gained quorum 1+0=1 <= 11 for VS [192.0.2.1]:tcp:80"));
    EXPECT_THAT(said(), Not(Contains(HasSubstr("Changing weight"))));
    // What was known at the start is no news.
    actions.clear();
    director.follow(id(0, 0, 0), {true, 6}, actions);
    director.follow(id(0, 1, 0), {false, 0}, actions);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(DirectorTest, StopEmptiesTheDesiredTable) {
    load({virtual_server({real(1)})});
    actions.clear();
    director.stop(
        false, [&](const DirectorActions& part) { actions.insert(actions.end(), part.begin(), part.end()); });
    EXPECT_THAT(said(),
                ElementsAre("services: [192.0.2.1]:tcp:80",
                            "log: Shutting down service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80"));
    EXPECT_EQ(pool(kFirst), "none");
    EXPECT_TRUE(director.desired().empty());
}

TEST_F(DirectorTest, HaSuspendFollowsTheAddressesOfTheHost) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.ha_suspend = true;
    load({settings, virtual_server({real(2)}, 2)});
    EXPECT_TRUE(director.suspended(id(0)));
    EXPECT_FALSE(director.suspended(id(1)));
    EXPECT_THAT(said(), Contains("log: Deactivating healthchecker for service [10.0.0.1]:tcp:80 for VS "
                                 "[192.0.2.1]:tcp:80"));
    actions.clear();
    EXPECT_THAT(director.address_count(IpAddress::v4(192, 0, 2, 1), 2, actions), ElementsAre(id(0)));
    EXPECT_FALSE(director.suspended(id(0)));
    EXPECT_THAT(
        said(),
        ElementsAre("log: Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80"));
    EXPECT_THAT(director.address_count(IpAddress::v4(192, 0, 2, 1), 1, actions), IsEmpty());
    EXPECT_THAT(director.address_count(IpAddress::v4(192, 0, 2, 77), 1, actions), IsEmpty());
    load({settings});  // Known addresses stay known.
    EXPECT_FALSE(director.suspended(id(0)));
    actions.clear();
    EXPECT_THAT(director.address_count(IpAddress::v4(192, 0, 2, 1), 0, actions), ElementsAre(id(0)));
    EXPECT_THAT(
        said(),
        ElementsAre("log: Suspending healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80"));
}

TEST_F(DirectorTest, HaSuspendKnowsTheAddressesThatAreThereAtTheStart) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.ha_suspend = true;
    bool present = true;
    const auto load_it = [&] {
        actions.clear();
        director.load(
            {.virtual_servers = {settings}, .has_address = [&](const IpAddress&) { return present; }},
            actions);
    };
    load_it();
    EXPECT_FALSE(director.suspended(id(0)));
    EXPECT_TRUE(director.awaits(IpAddress::v4(192, 0, 2, 1)));
    EXPECT_FALSE(director.awaits(IpAddress::v4(192, 0, 2, 2)));
    EXPECT_EQ(said()[1], "log: Netlink reflector reports IP 192.0.2.1 added");
    EXPECT_EQ(said().back(),
              "log: Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80");
    load_it();
    EXPECT_THAT(said(), Not(Contains(HasSubstr("Netlink"))));
    present = false;
    load_it();
    EXPECT_TRUE(director.suspended(id(0)));
    EXPECT_EQ(said().back(),
              "log: Deactivating healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80");
}

TEST_F(DirectorTest, HaSuspendOfAGroupIsOverWhileOneOfItsAddressesIsHere) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.group = "G";
    settings.ha_suspend = true;
    load({settings}, {{.name = "G", .entries = {{.first = {IpAddress::v4(192, 0, 2, 5), 80}, .count = 3}}}});
    EXPECT_TRUE(director.suspended(id(0)));
    EXPECT_THAT(director.address_count(IpAddress::v4(192, 0, 2, 6), 1, actions), ElementsAre(id(0)));
    EXPECT_FALSE(director.suspended(id(0)));
}

TEST_F(DirectorTest, AnAddressOfTwoGroupsStaysWhenOneOfThemGoes) {
    VirtualServerSettings one = virtual_server({real(1)});
    VirtualServerSettings other = virtual_server({real(2)});
    one.group = "G";
    other.group = "H";
    const std::vector<GroupEntry> shared = {{.first = kFirst.endpoint}};
    load({one, other}, {{.name = "G", .entries = shared}, {.name = "H", .entries = shared}});
    EXPECT_EQ(pool(kFirst), "10.0.0.1:1 10.0.0.2:1");
    load({one}, {{.name = "G", .entries = shared}});
    EXPECT_EQ(pool(kFirst), "10.0.0.1:1");
}

TEST_F(DirectorTest, AReloadNamesTheEntriesOfAGroupThatComeAndGo) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.group = "G";
    const GroupEntry address{.first = {IpAddress::v4(192, 0, 2, 1), 80}};
    const GroupEntry range{.first = {IpAddress::v4(192, 0, 2, 5), 80}, .count = 3};
    load({settings}, {{.name = "G", .entries = {{.firewall_mark = 4}, address}}});
    load({settings}, {{.name = "G", .entries = {range, {.firewall_mark = 5}}}});
    EXPECT_THAT(said(), testing::IsSupersetOf({"log: VS [[192.0.2.1]:tcp:80] in group G no longer exists",
                                               "log: VS [4] in group G no longer exists",
                                               "log: VS [[192.0.2.5]:tcp:80-192.0.2.7] added into group G",
                                               "log: VS [FWM 5] added into group G"}));
    load({settings}, {{.name = "G", .entries = {range, {.firewall_mark = 5}}}});
    EXPECT_THAT(said(), Not(Contains(HasSubstr("group G"))));
}

TEST_F(DirectorTest, AReloadGoesThroughWhatWasInItsOrderAndThenThroughWhatIs) {
    load({virtual_server({real(1), real(2)}, 1), virtual_server({real(3)}, 2), virtual_server({real(4)}, 3)});
    load({virtual_server({real(4), real(5)}, 3), virtual_server({real(2, 7)}, 1)});
    std::vector<std::string> lines;
    for (const std::string& line : said())
        if (line.starts_with("log: ") && !line.contains("healthchecker")) lines.push_back(line.substr(5));
    EXPECT_THAT(lines, ElementsAre("service [10.0.0.1]:tcp:80 no longer exist",
                                   "Removing service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80",
                                   "Removing Virtual Server [192.0.2.2]:tcp:80",
                                   "Removing service [10.0.0.3]:tcp:80 from VS [192.0.2.2]:tcp:80",
                                   "Changing weight from 1 to 7 for active service [10.0.0.2]:tcp:80 of VS "
                                   "[192.0.2.1]:tcp:80"));
}

TEST_F(DirectorTest, ATrackedFileSaysWhenItTakesAServerOut) {
    RealServerSettings one = real(1);
    one.checkers = {Checker{.probe = FileCheck{.track_file = "F"}}};
    DirectorSettings settings;
    settings.virtual_servers = {virtual_server({one, real(2)})};
    settings.opinion_of = [](const FileCheck&) { return Opinion{}; };
    director.load(settings, actions);
    actions.clear();
    director.follow(id(0), {false, 0}, actions);
    EXPECT_EQ(said().front(), "log: ([10.0.0.1]:tcp:80): tracked file F now FAULT state");
    EXPECT_TRUE(std::get<Log>(actions.front()).detail);
    EXPECT_EQ(pool(kFirst), "10.0.0.2:1");
    actions.clear();
    director.follow(id(0), {true, 8}, actions);
    EXPECT_EQ(said().front(), "log: ([10.0.0.1]:tcp:80): tracked file F leaving FAULT state");
    EXPECT_THAT(said(), Not(Contains(HasSubstr("Changing weight"))));
    EXPECT_EQ(pool(kFirst), "10.0.0.1:9 10.0.0.2:1");
}

TEST_F(DirectorTest, ChangedAttributesShowInTheService) {
    load({virtual_server({real(1)})});
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.attributes.scheduler = "sh";
    settings.real_servers[0].upper_threshold = 9;
    load({settings});
    EXPECT_EQ(director.service(kFirst)->attributes.scheduler, "sh");
    EXPECT_EQ(director.service(kFirst)->destinations[0].attributes.upper_threshold, 9U);
    EXPECT_THAT(said(), Not(Contains(testing::HasSubstr("Removing"))));
}

TEST_F(DirectorTest, MarksOfBothFamiliesAreDifferentVirtualServers) {
    VirtualServerSettings v4 = virtual_server({real(1)});
    v4.key = {.firewall_mark = 5};
    VirtualServerSettings v6 = v4;
    v6.key.family = Family::ipv6;
    load({v4, v6});
    const CheckerId second = id(1);
    load({v6});
    EXPECT_EQ(id(0), second);
    EXPECT_THAT(director.removed(), testing::SizeIs(1));
}

}  // namespace
}  // namespace holdfast::check
