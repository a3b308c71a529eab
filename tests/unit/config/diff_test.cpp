// What a reload has to do: identity, values, order, and the keywords it refuses.
#include "holdfast/config/diff.hpp"

#include "keyword_fixture.hpp"

namespace holdfast::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DiffTest : public KeywordTest {
  protected:
    Config config(const std::string& text) {
        load(text);
        EXPECT_TRUE(result.config.has_value()) << render(result.diagnostics);
        return result.config.value_or(Config{});
    }
    static std::string an_instance(const std::string& name, int vrid, const std::string& lines = "") {
        return "vrrp_instance " + name + " {\n interface eth0\n virtual_router_id " + std::to_string(vrid) +
               "\n virtual_ipaddress {\n  192.0.2.1\n }\n" + lines + "\n}\n";
    }
    static std::string a_server(const std::string& header, const std::string& lines) {
        return "virtual_server " + header + " {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n" + lines +
               "\n}\n";
    }
};

TEST_F(DiffTest, FindsNothingBetweenEqualTexts) {
    const std::string text =
        an_instance("A", 1) + a_server("10.0.0.1 80", "real_server 192.0.2.9 80 {\n TCP_CHECK\n}");
    EXPECT_TRUE(diff(config(text), config("\n! moved\n\n" + text)).empty());
}

TEST_F(DiffTest, AnInstanceIsWhatItRuns) {
    const Config before = config(an_instance("A", 1) + an_instance("B", 2) + an_instance("C", 3));
    const Config after = config(an_instance("C", 3) + an_instance("Renamed", 2) + an_instance("A", 4) +
                                an_instance("A6", 1, "priority 20"));
    const Plan plan = diff(before, after);
    EXPECT_THAT(plan.instances.removed, IsEmpty());
    EXPECT_THAT(plan.instances.added, ElementsAre(2U));
    EXPECT_THAT(plan.instances.changed, ElementsAre(Changes::Pair{1, 1}, Changes::Pair{0, 3}));
    EXPECT_THAT(plan.instances.unchanged, ElementsAre(Changes::Pair{2, 0}));
    EXPECT_FALSE(plan.empty());
    EXPECT_FALSE(plan.globals_changed);
}

TEST_F(DiffTest, TransportAndVmacBelongToTheIdentity) {
    const Config before = config(an_instance("A", 1));
    for (const char* lines : {"unicast_peer {\n 192.0.2.7\n}", "use_vmac", "mcast_dst_ip 224.0.0.19"}) {
        const Plan plan = diff(before, config(an_instance("A", 1, lines)));
        EXPECT_THAT(plan.instances.removed, ElementsAre(0U)) << lines;
        EXPECT_THAT(plan.instances.added, ElementsAre(0U)) << lines;
    }
}

TEST_F(DiffTest, ARealServerIsItsAddressAndPort) {
    const Config before =
        config(a_server("10.0.0.1 80",
                        "real_server 192.0.2.1 80 {\n weight 1\n}\nreal_server 192.0.2.2 80 {\n weight 1\n}\n"
                        "real_server 192.0.2.3 80 {\n weight 1\n}"));
    const Config after =
        config(a_server("10.0.0.1 80",
                        "real_server 192.0.2.3 80 {\n weight 1\n}\nreal_server 192.0.2.2 80 {\n weight 7\n}\n"
                        "real_server 192.0.2.2 81 {\n weight 1\n}"));
    const Plan plan = diff(before, after);
    EXPECT_THAT(plan.virtual_servers.changed, ElementsAre(Changes::Pair{0, 0}));
    ASSERT_THAT(plan.virtual_server_changes, SizeIs(1));
    EXPECT_FALSE(plan.virtual_server_changes[0].service_changed);
    const Changes& reals = plan.virtual_server_changes[0].real_servers;
    EXPECT_THAT(reals.removed, ElementsAre(0U));
    EXPECT_THAT(reals.added, ElementsAre(2U));
    EXPECT_THAT(reals.changed, ElementsAre(Changes::Pair{1, 1}));
    EXPECT_THAT(reals.unchanged, ElementsAre(Changes::Pair{2, 0}));
}

TEST_F(DiffTest, AVirtualServerIsGroupMarkOrEndpoint) {
    const std::string real = "real_server 192.0.2.1 80 {\n weight 1\n}";
    const std::string group = "virtual_server_group G {\n 10.0.0.7 80\n}\n";
    const Config before = config(group + a_server("10.0.0.1 80", real) + a_server("fwmark 5", real) +
                                 a_server("group G", real));
    const Config after = config(group + a_server("10.0.0.1 80", "quorum 1\nlb_algo wrr\n" + real) +
                                a_server("fwmark 6", real) + a_server("group G", real));
    const Plan plan = diff(before, after);
    EXPECT_THAT(plan.virtual_servers.removed, ElementsAre(1U));
    EXPECT_THAT(plan.virtual_servers.added, ElementsAre(1U));
    EXPECT_THAT(plan.virtual_servers.changed, ElementsAre(Changes::Pair{0, 0}));
    EXPECT_THAT(plan.virtual_servers.unchanged, ElementsAre(Changes::Pair{2, 2}));
    EXPECT_TRUE(plan.virtual_server_changes.at(0).service_changed);
    EXPECT_TRUE(plan.virtual_server_changes.at(0).real_servers.empty());
}

TEST_F(DiffTest, NamesWhatAReloadMayNotChange) {
    const Plan plan = diff(config("instance one\n"), config("instance two\nnet_namespace blue\n"));
    EXPECT_THAT(plan.refused, testing::UnorderedElementsAre("instance", "net_namespace"));
    EXPECT_TRUE(plan.root_changed);
    EXPECT_THAT(diff(config(""), config("global_defs {\n router_id x\n}\n")).refused, IsEmpty());
}

TEST_F(DiffTest, EqualIdentitiesPairInTheirOrder) {
    const std::string route =
        "static_routes {\n 10.0.0.0/8 via 192.0.2.1 dev eth0\n 10.0.0.0/8 via 192.0.2.2 dev eth0\n}\n";
    EXPECT_TRUE(diff(config(route), config(route)).empty());
}

TEST_F(DiffTest, ComparesTheRest) {
    const Config before;
    const Plan plan = diff(
        before,
        config("static_ipaddress {\n 192.0.2.77/24 dev eth0\n}\nstatic_rules {\n from 10.0.0.1 table 7\n}\n"
               "linkbeat_interfaces {\n eth1\n}\ntrack_file f {\n file /tmp/f\n}\n"));
    EXPECT_THAT(plan.static_addresses.added, SizeIs(1));
    EXPECT_THAT(plan.static_rules.added, SizeIs(1));
    EXPECT_THAT(plan.track_files.added, SizeIs(1));
    EXPECT_TRUE(plan.interfaces_changed);
}

}  // namespace
}  // namespace holdfast::config
