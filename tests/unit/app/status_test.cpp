// What the control socket tells of a daemon on edges in memory.
#include "holdfast/app/status.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "daemon_fixture.hpp"
#include "holdfast/app/control_service.hpp"

namespace holdfast::app {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class StatusTest : public WithDaemon {
  protected:
    static check::VirtualServerSettings a_service(size_t number, size_t servers) {
        check::VirtualServerSettings service;
        service.key.protocol = ipvs::Protocol::tcp;
        service.key.endpoint = {
            IpAddress::v4(10, 0, static_cast<uint8_t>(number >> 8U), static_cast<uint8_t>(number)), 80};
        service.attributes.scheduler = "rr";
        for (size_t i = 0; i < servers; ++i) {
            check::RealServerSettings server;
            server.endpoint = {IpAddress::v4(192, 0, 2, static_cast<uint8_t>(i + 1)), 80};
            check::Checker checker;
            checker.probe = check::TcpCheck{};
            server.checkers.push_back(std::move(checker));
            service.real_servers.push_back(std::move(server));
        }
        return service;
    }
    /// The answer and the longest piece.
    static std::string all_of(agents::ControlAnswer& answer, Duration* longest = nullptr) {
        std::string text;
        while (true) {
            const auto begin = std::chrono::steady_clock::now();
            const auto next = answer.produce(text);
            const Duration took = std::chrono::steady_clock::now() - begin;
            if (longest != nullptr) *longest = std::max(*longest, took);
            if (next != agents::ControlAnswer::Next::more) break;
        }
        return text;
    }
    json status() const { return json::parse(all_of(*status_answer(daemon, {4711, "/etc/k.conf", false}))); }
    json why(std::string_view name) const {
        const auto line = why_line(daemon, name);
        return line ? json::parse(*line).at("subjects") : json();
    }
};

TEST_F(StatusTest, AnEmptyGenerationHasEveryMember) {
    start({});
    const json answer = status();
    EXPECT_EQ(answer.at("schema"), agents::kControlSchema);
    EXPECT_EQ(answer.at("daemon").at("pid"), 4711);
    EXPECT_EQ(answer.at("daemon").at("generation"), 1);
    EXPECT_TRUE(answer.at("last_reload").is_null());
    for (const char* list : {"instances", "sync_groups", "scripts", "files", "processes", "interfaces",
                             "bfd_sessions", "virtual_servers"})
        EXPECT_TRUE(answer.at(list).is_array() && answer.at(list).empty()) << list;
}

TEST_F(StatusTest, AnInstanceBecomesMasterAndSaysWhy) {
    config::Config config;
    config.instances = {an_instance("VI_1", 51, 100)};
    start(std::move(config));
    EXPECT_EQ(status().at("instances").at(0).at("state"), "BACKUP");
    EXPECT_THAT(why("VI_1").at(0).at("rules").at(0).get<std::string>(),
                HasSubstr("no advert is heard; without one it is MASTER in"));
    pass(5s);
    const json instance = status().at("instances").at(0);
    EXPECT_EQ(instance.at("state"), "MASTER");
    EXPECT_EQ(instance.at("cause"), "master_down");
    EXPECT_EQ(instance.at("priority").at("effective"), 100);
    const json subject = why("VI_1").at(0);
    EXPECT_EQ(subject.at("state"), "MASTER");
    EXPECT_EQ(subject.at("event"), "no advert was heard for Master_Down_Interval");
    EXPECT_EQ(subject.at("history").size(), 2U);
    EXPECT_EQ(subject.at("history").at(0).at("cause"), "startup");
}

TEST_F(StatusTest, FaultNamesEveryReason) {
    config::Config config;
    config.instances = {an_instance("VI_1", 51, 100)};
    config.instances[0].config_faults = {"it was born that way"};
    start(std::move(config));
    netstate::LinkInfo eth0 = kernel.links.at(2);
    eth0.running = false;
    kernel.set_link(eth0);
    kernel.deliver_changes();
    turn_ends.run();
    const json subject = why("VI_1").at(0);
    EXPECT_EQ(subject.at("state"), "FAULT");
    ASSERT_EQ(subject.at("rules").size(), 2U);
    EXPECT_EQ(subject.at("rules").at(0), "interface eth0 is down");
    EXPECT_EQ(subject.at("rules").at(1), "it was born that way");
}

TEST_F(StatusTest, NobodyOfThatNameIsNothing) {
    start({});
    EXPECT_FALSE(why_line(daemon, "VI_9"));
    EXPECT_FALSE(why_line(daemon, ""));
}

TEST_F(StatusTest, ServersAreFoundByTheirNames) {
    config::Config config;
    config.virtual_servers = {a_service(1, 2), a_service(2, 2)};
    start(std::move(config));
    EXPECT_EQ(why("[10.0.0.1]:tcp:80").size(), 1U);
    EXPECT_EQ(why("[192.0.2.2]:tcp:80").size(), 2U);
    const json one = why("[192.0.2.2]:tcp:80 of [10.0.0.2]:tcp:80");
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one.at(0).at("state"), "UP");
    EXPECT_EQ(one.at(0).at("name"), "[192.0.2.2]:tcp:80 of [10.0.0.2]:tcp:80");
}

TEST_F(StatusTest, AReloadBetweenTwoPiecesBreaksTheAnswerOff) {
    config::Config config;
    config.virtual_servers = {a_service(1, 2)};
    start(std::move(config));
    const auto answer = status_answer(daemon, {});
    std::string text;
    EXPECT_EQ(answer->produce(text), agents::ControlAnswer::Next::more);
    config::LoadResult loaded;
    loaded.config.emplace();
    EXPECT_TRUE(daemon.reload(std::move(loaded)).applied);
    EXPECT_EQ(answer->produce(text), agents::ControlAnswer::Next::broken);
    EXPECT_TRUE(status().at("virtual_servers").empty());
}

TEST_F(StatusTest, APlanSaysWhatTheReloadThenDoes) {
    config::Config before;
    before.instances = {an_instance("A", 1, 100), an_instance("B", 2, 100)};
    before.virtual_servers = {a_service(1, 3)};
    config::Config after;
    after.instances = {an_instance("B", 2, 120), an_instance("C", 3, 100)};
    after.virtual_servers = {a_service(1, 2), a_service(2, 1)};
    start(std::move(before));
    config::LoadResult planned;
    planned.config = after;
    const ReloadOutcome plan = daemon.plan(examine(daemon.incumbent(), planned));
    EXPECT_TRUE(plan.applied);
    EXPECT_EQ(plan.actions.size(), 6U);
    EXPECT_EQ(daemon.generation(), 1U);
    EXPECT_EQ(daemon.vrrp().instances().size(), 2U);
    const ReloadOutcome reload = daemon.reload(std::move(planned));
    EXPECT_EQ(reload.actions, plan.actions);
    EXPECT_EQ(daemon.generation(), 2U);
    config::LoadResult again;
    again.config = after;
    EXPECT_TRUE(daemon.plan(examine(daemon.incumbent(), again)).actions.empty());
}

TEST_F(StatusTest, ARefusedReloadIsRememberedWithItsDiagnostics) {
    start({});
    config::LoadResult loaded;
    loaded.fatal = true;
    config::Diagnostic diagnostic;
    diagnostic.message = "a brace is missing";
    diagnostic.span.position = {"k.conf", 7, 1};
    loaded.diagnostics.add(diagnostic);
    const ReloadOutcome outcome = daemon.reload(std::move(loaded));
    EXPECT_FALSE(outcome.applied);
    ASSERT_EQ(outcome.diagnostics.size(), 1U);
    const json reload = status().at("last_reload");
    EXPECT_EQ(reload.at("applied"), false);
    EXPECT_EQ(reload.at("diagnostics").at(0).get<std::string>(), outcome.diagnostics[0]);
    EXPECT_EQ(daemon.journal().events().back()->to(), "reload refused");
}

TEST_F(StatusTest, EventsAreAllOrTheLatest) {
    config::Config config;
    config.instances = {an_instance("VI_1", 51, 100)};
    start(std::move(config));
    pass(5s);
    const json all = json::parse(all_of(*events_answer(daemon, std::nullopt, false))).at("events");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all.at(1).at("to"), "MASTER");
    const json latest = json::parse(all_of(*events_answer(daemon, 1, false))).at("events");
    ASSERT_EQ(latest.size(), 1U);
    EXPECT_EQ(latest.at(0).at("number"), 2);
}

TEST_F(StatusTest, AFollowerHearsOfWhatItMissed) {
    start({});
    const auto follower = events_answer(daemon, 0, true);
    std::string text;
    EXPECT_EQ(follower->produce(text), agents::ControlAnswer::Next::waits);
    EXPECT_EQ(text, "");
    const auto happen = [&] { daemon.journal().add({}, {.name = "x", .to = "y"}); };
    happen();
    EXPECT_EQ(follower->produce(text), agents::ControlAnswer::Next::waits);
    EXPECT_EQ(json::parse(text).at("to"), "y");
    for (size_t i = 0; i < EventJournal::kDefaultCapacity + 7; ++i) happen();
    text.clear();
    EXPECT_EQ(follower->produce(text), agents::ControlAnswer::Next::more);
    EXPECT_EQ(text.substr(0, text.find('\n')), "{\"lost\":7}");
}

TEST_F(StatusTest, ManyServersAreToldInSmallPieces) {
    constexpr size_t kServices = 2284;
    constexpr size_t kServers = 16;
    config::Config config;
    for (size_t i = 0; i < kServices; ++i) config.virtual_servers.push_back(a_service(i, kServers));
    start(std::move(config));
    Duration longest{};
    const auto answer = status_answer(daemon, {});
    const auto begin = std::chrono::steady_clock::now();
    const std::string text = all_of(*answer, &longest);
    const Duration took = std::chrono::steady_clock::now() - begin;
    RecordProperty("milliseconds", static_cast<int>(to_seconds(took) * 1000));
    std::printf("%zu bytes in %.1f ms, longest piece %.3f ms\n", text.size(), to_seconds(took) * 1000,
                to_seconds(longest) * 1000);
    EXPECT_EQ(json::parse(text).at("virtual_servers").size(), kServices);
    // Generous: sanitizers and a busy machine. The figure above is what counts.
    EXPECT_LT(took, 5s);
}

/// Requests as ControlServer hands them over.
class ControlServiceTest : public StatusTest {
  protected:
    ControlServiceTest() {
        service = std::make_unique<ControlService>(
            loop, log, daemon,
            ControlHooks{[] { return ProcessFacts{7, "/etc/k.conf", false}; }, [this] { return ready; },
                         [this](Reloads::Answer answer) {
                             ++reloads;
                             answers.push_back(std::move(answer));
                         },
                         [this](const std::string& file, const Reloads::Answer& answer) {
                             planned = file;
                             answer(std::make_shared<ReloadOutcome>(ReloadOutcome{true, {}, {}, {}}));
                         }});
    }
    json ask(const agents::ControlRequest& request, uid_t uid = 0) {
        return json::parse(all_of(*service->answer(request, {uid, 1})));
    }
    static constexpr uid_t kSomebody = 65534;

    io::EventLoop loop;
    bool ready = true;
    int reloads = 0;
    std::vector<Reloads::Answer> answers;
    std::string planned = "nothing";
    std::unique_ptr<ControlService> service;
};

TEST_F(ControlServiceTest, TellsItsVersionAtAnyTime) {
    ready = false;
    EXPECT_THAT(ask({.command = agents::ControlCommand::version}).at("version").get<std::string>(),
                HasSubstr("Holdfast"));
    EXPECT_EQ(ask({.command = agents::ControlCommand::status}).at("error"), "not_ready");
}

TEST_F(ControlServiceTest, AReloadIsForRoot) {
    start({});
    EXPECT_EQ(ask({.command = agents::ControlCommand::reload}, kSomebody).at("error"), "not_permitted");
    EXPECT_EQ(reloads, 0);
    EXPECT_NE(service->answer({.command = agents::ControlCommand::reload}, {0, 1}), nullptr);
    EXPECT_EQ(reloads, 1);
}

TEST_F(ControlServiceTest, WhoAskedForAReloadIsAnsweredWhenItHasEnded) {
    start({});
    const auto answer = service->answer({.command = agents::ControlCommand::reload}, {0, 1});
    std::string text;
    EXPECT_EQ(answer->produce(text), agents::ControlAnswer::Next::waits);
    EXPECT_EQ(text, "");
    EXPECT_TRUE(answer->is_owed());
    answers.at(0)(
        std::make_shared<ReloadOutcome>(ReloadOutcome{false, "no", {"k.conf:3:1: error: bad"}, {}}));
    const json outcome = json::parse(all_of(*answer));
    EXPECT_EQ(outcome.at("result"), "refused");
    EXPECT_EQ(outcome.at("diagnostics").at(0), "k.conf:3:1: error: bad");
}

TEST_F(ControlServiceTest, WhoHasHungUpMeanwhileIsForgotten) {
    start({});
    service->answer({.command = agents::ControlCommand::reload}, {0, 1}).reset();
    answers.at(0)(std::make_shared<ReloadOutcome>());
}

TEST_F(ControlServiceTest, OnlyRootMayHaveAnotherFileRead) {
    start({});
    EXPECT_EQ(ask({.command = agents::ControlCommand::plan, .file = "/etc/shadow"}, kSomebody).at("error"),
              "not_permitted");
    EXPECT_EQ(planned, "nothing");
    EXPECT_EQ(ask({.command = agents::ControlCommand::plan}, kSomebody).at("result"), "possible");
    EXPECT_EQ(planned, "");
    EXPECT_EQ(ask({.command = agents::ControlCommand::plan, .file = "/etc/new"}).at("result"), "possible");
    EXPECT_EQ(planned, "/etc/new");
}

TEST_F(ControlServiceTest, AMisspeltNameIsGuessed) {
    config::Config config;
    config.instances = {an_instance("external", 51, 100)};
    start(std::move(config));
    const json answer = ask({.command = agents::ControlCommand::why, .name = "externel"});
    EXPECT_EQ(answer.at("error"), "not_found");
    EXPECT_THAT(answer.at("message").get<std::string>(), HasSubstr("did you mean external?"));
}

}  // namespace
}  // namespace holdfast::app
