#include "holdfast/app/reload_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using config::Config;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using What = PlannedAction::What;

config::VrrpInstance an_instance(const std::string& name, uint8_t vrid, uint8_t priority = 100) {
    config::VrrpInstance instance;
    instance.router.name = name;
    instance.router.vrid = {vrid};
    instance.router.priority = {priority};
    instance.transport.interface = "eth0";
    return instance;
}

check::RealServerSettings a_server(const std::string& address, int weight = 1) {
    check::RealServerSettings server;
    server.endpoint = {*IpAddress::parse(address), 80};
    server.weight = weight;
    return server;
}

check::VirtualServerSettings a_service(std::vector<check::RealServerSettings> servers) {
    check::VirtualServerSettings service;
    service.key.protocol = ipvs::Protocol::tcp;
    service.key.endpoint = {*IpAddress::parse("10.0.0.1"), 80};
    service.real_servers = std::move(servers);
    return service;
}

std::vector<PlannedAction> plan(const Config& before, const Config& after) {
    return planned_actions(before, after, config::diff(before, after));
}

TEST(PlannedActions, NothingForEqualGenerations) {
    Config config;
    config.instances = {an_instance("A", 1)};
    config.virtual_servers = {a_service({a_server("192.0.2.1")})};
    EXPECT_THAT(plan(config, config), IsEmpty());
}

TEST(PlannedActions, NameWhatGoesAndWhatComes) {
    Config before;
    Config after;
    before.instances = {an_instance("A", 1), an_instance("B", 2)};
    after.instances = {an_instance("B", 2), an_instance("C", 3)};
    EXPECT_THAT(plan(before, after), ElementsAre(PlannedAction{What::remove, "vrrp_instance", "A", {}},
                                                 PlannedAction{What::add, "vrrp_instance", "C", {}}));
}

TEST(PlannedActions, ShowWhatIsDifferentInAChangedOne) {
    Config before;
    Config after;
    before.instances = {an_instance("A", 1, 100)};
    after.instances = {an_instance("Renamed", 1, 150)};
    const auto actions = plan(before, after);
    ASSERT_THAT(actions, SizeIs(1));
    EXPECT_EQ(actions[0].what, What::change);
    EXPECT_EQ(actions[0].name, "Renamed");
    EXPECT_THAT(actions[0].details, ElementsAre("was A", "- priority 100", "+ priority 150"));
}

TEST(PlannedActions, ASecretIsNotShown) {
    Config before;
    Config after;
    before.instances = {an_instance("A", 1)};
    before.instances[0].router.auth_type = vrrp::AuthType::password;
    before.instances[0].router.auth_data = {'o', 'l', 'd', 'p', 'a', 's', 's', 0};
    after = before;
    after.instances[0].router.auth_data = {'n', 'e', 'w', 'p', 'a', 's', 's', 0};
    const auto actions = plan(before, after);
    ASSERT_THAT(actions, SizeIs(1));
    EXPECT_THAT(actions[0].details, ElementsAre("- auth_pass (not shown)", "+ auth_pass (not shown)"));
}

TEST(PlannedActions, RealServersAreNamedWithTheirVirtualServer) {
    Config before;
    Config after;
    before.virtual_servers = {
        a_service({a_server("192.0.2.1"), a_server("192.0.2.2"), a_server("192.0.2.4")})};
    after.virtual_servers = {
        a_service({a_server("192.0.2.2", 7), a_server("192.0.2.3"), a_server("192.0.2.4")})};
    EXPECT_THAT(
        plan(before, after),
        ElementsAre(PlannedAction{What::remove, "real_server", "[192.0.2.1]:tcp:80 of [10.0.0.1]:tcp:80", {}},
                    PlannedAction{What::change,
                                  "real_server",
                                  "[192.0.2.2]:tcp:80 of [10.0.0.1]:tcp:80",
                                  {"- weight 1", "+ weight 7"}},
                    PlannedAction{What::add, "real_server", "[192.0.2.3]:tcp:80 of [10.0.0.1]:tcp:80", {}}));
}

TEST(PlannedActions, AVirtualServerChangesWithoutItsRealServers) {
    Config before;
    Config after;
    before.virtual_servers = {a_service({a_server("192.0.2.1")})};
    after = before;
    after.virtual_servers[0].quorum = 3;
    const auto actions = plan(before, after);
    ASSERT_THAT(actions, SizeIs(1));
    EXPECT_EQ(actions[0].kind, "virtual_server");
    EXPECT_THAT(actions[0].details, Contains("+ quorum 3"));
    EXPECT_THAT(actions[0].details, Not(Contains(testing::HasSubstr("real_server"))));
}

TEST(PlannedActions, GlobalChangesAreOneAction) {
    Config before;
    Config after;
    after.global.router_id = "other";
    const auto actions = plan(before, after);
    ASSERT_THAT(actions, SizeIs(1));
    EXPECT_EQ(actions[0].kind, "global_defs");
    EXPECT_THAT(actions[0].details, Contains("+ router_id other"));
}

}  // namespace
}  // namespace holdfast::app
