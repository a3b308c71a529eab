// Checkers from their timer to their verdict, with servers that the test plays.
#include "holdfast/app/checker_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "fake_edges.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kRs = "[10.0.0.1]:tcp:80";

class CheckerRunnerTest : public WithFakeEdges {
  protected:
    CheckerRunnerTest() {
        edges.random = [] { return 0.0; };
    }
    void start(const check::Checker& checker) {
        check::RealServerSettings server;
        server.endpoint = {IpAddress::v4(10, 0, 0, 1), 80};
        server.checkers = {checker};
        check::VirtualServerSettings service;
        service.key = {.protocol = ipvs::Protocol::tcp, .endpoint = {IpAddress::v4(192, 0, 2, 1), 80}};
        service.real_servers = {server};
        check::DirectorActions actions;
        director.load({.virtual_servers = {service}, .log_all_failures = true}, actions);
        runner.emplace(around, director.added().front(), checker);
        runner->begin(false);
        advance(1s);
    }
    static check::Checker http(std::vector<std::string> paths) {
        check::HttpCheck check{.connect = {.destination = {IpAddress::v4(10, 0, 0, 1), 80}, .timeout = 5s}};
        for (std::string& path : paths) check.urls.push_back({.path = std::move(path)});
        return {.schedule = {.delay_loop = 10s, .warmup = 0s, .retry = 0, .delay_before_retry = 3s},
                .probe = check};
    }
    void say(std::string_view text) {
        streams.handler->on_data({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }
    void answer(std::string_view text) {
        ASSERT_NE(streams.handler, nullptr);
        streams.handler->on_connected();
        say(text);
        streams.handler->on_closed();
    }
    bool is_up() const {
        const auto service = director.service(director.services(0).front());
        return service && !service->destinations.empty();
    }

    std::vector<std::string> said;
    check::Director director;
    CheckerSurroundings around{edges, director, [this](const check::DirectorActions& actions) {
                                   for (const auto& action : actions)
                                       if (const auto* line = std::get_if<check::Log>(&action))
                                           said.push_back(line->text);
                               }};
    std::optional<CheckerRunner> runner;
};

TEST_F(CheckerRunnerTest, AGoodPageKeepsTheServerIn) {
    start(http({"/"}));
    EXPECT_EQ(streams.requests.back().destination, (Endpoint{IpAddress::v4(10, 0, 0, 1), 80}));
    answer("HTTP/1.0 200 OK\r\n\r\n");
    EXPECT_THAT(said, ElementsAre("Remote Web server " + kRs + " succeed on service."));
    EXPECT_TRUE(is_up());
    EXPECT_EQ(streams.handler, nullptr);
    advance(9s);
    EXPECT_EQ(streams.requests.size(), 1U);
    advance(1s);
    EXPECT_EQ(streams.requests.size(), 2U);
}

TEST_F(CheckerRunnerTest, ABadPageTakesItOutAndTwoGoodOnesBringItBack) {
    start(http({"/"}));
    answer("HTTP/1.0 500 X\r\n\r\n");
    EXPECT_FALSE(is_up());
    EXPECT_THAT(said, Contains("HTTP status code error to server " + kRs + "."));
    EXPECT_THAT(said, Contains("HTTP_CHECK on service " + kRs + " failed."));
    said.clear();
    advance(10s);
    answer("HTTP/1.0 200 OK\r\n\r\n");
    EXPECT_THAT(said, ElementsAre("HTTP status code success to " + kRs + " url(/)"));
    EXPECT_FALSE(is_up());
    advance(10s);
    answer("HTTP/1.0 200 OK\r\n\r\n");
    EXPECT_TRUE(is_up());
}

TEST_F(CheckerRunnerTest, FastRecoveryDoesNotWaitBetweenUrls) {
    check::Checker checker = http({"/a", "/b"});
    std::get<check::HttpCheck>(checker.probe).fast_recovery = true;
    start(checker);
    answer("HTTP/1.0 200 OK\r\n\r\n");
    advance(0s);
    answer("HTTP/1.0 200 OK\r\n\r\n");
    EXPECT_THAT(said, ElementsAre("Remote Web server " + kRs + " succeed on service."));
    advance(0s);
    EXPECT_EQ(streams.requests.size(), 2U);
}

TEST_F(CheckerRunnerTest, AServerThatKeepsTalkingEndsAfterTenLimits) {
    start(http({"/"}));
    streams.handler->on_connected();
    say("HTTP/1.0 200 OK\r\n\r\n");
    int seconds = 0;
    for (; streams.handler != nullptr && seconds < 1000; ++seconds) {
        say("x");
        advance(1s);
    }
    EXPECT_EQ(seconds, 50);
    EXPECT_FALSE(is_up());
    EXPECT_THAT(said, Contains("Timeout HTTP read server " + kRs + "."));
}

TEST_F(CheckerRunnerTest, AHeaderThatDripsEndsAfterOneMoreLimit) {
    start(http({"/"}));
    streams.handler->on_connected();
    int seconds = 0;
    for (; streams.handler != nullptr && seconds < 1000; ++seconds) {
        say("X");
        advance(1s);
    }
    EXPECT_EQ(seconds, 5);
    EXPECT_FALSE(is_up());
}

// What is wrong on our side says nothing about the server.
TEST_F(CheckerRunnerTest, AnAttemptThatCouldNotBeMadeIsNoFailure) {
    start(http({"/"}));
    streams.handler->on_failed({"too many open files", EMFILE, {}}, io::StreamFailure::out_of_descriptors);
    EXPECT_TRUE(logged("Out of means for checks: " + kRs + " put off (too many open files)"));
    advance(10s);
    streams.handler->on_failed({"cannot bind", EADDRNOTAVAIL, {}}, io::StreamFailure::not_started);
    EXPECT_TRUE(is_up());
    EXPECT_THAT(said, IsEmpty());
    advance(10s);
    EXPECT_EQ(streams.requests.size(), 3U);
}

TEST_F(CheckerRunnerTest, TlsWithoutAContextIsNotPossible) {
    check::Checker checker = http({"/"});
    std::get<check::HttpCheck>(checker.probe).tls = true;
    start(checker);
    advance(0s);
    EXPECT_TRUE(streams.requests.empty());
    EXPECT_TRUE(logged("the SSL block cannot be used"));
    EXPECT_TRUE(is_up());
}

TEST_F(CheckerRunnerTest, WhereThereAreNoDatagramsTheyAreNotPossible) {
    start({.schedule = {.delay_loop = 10s, .warmup = 0s}, .probe = check::UdpCheck{}});
    advance(0s);
    EXPECT_TRUE(logged("no datagram sockets here"));
    EXPECT_TRUE(is_up());
}

TEST_F(CheckerRunnerTest, AMissingRouteAndARefusalHaveTheirOwnWords) {
    start(http({"/"}));
    streams.handler->on_failed({"unreachable", ENETUNREACH, {}}, io::StreamFailure::unreachable);
    EXPECT_THAT(said, Contains("HTTP/SSL_CHECK - network unreachable server " + kRs + "."));
    start(http({"/"}));
    streams.handler->on_failed({"no host", EHOSTUNREACH, {}}, io::StreamFailure::unreachable);
    EXPECT_THAT(said, Contains("Connection failed server " + kRs + "."));
}

TEST_F(CheckerRunnerTest, MiscDynamicSetsTheWeight) {
    check::MiscCheck misc;
    misc.command.arguments = {"check"};
    misc.dynamic = true;
    start({.schedule = {.delay_loop = 10s, .warmup = 0s, .retry = 0}, .probe = misc});
    processes.end(0, {.code = 12});
    EXPECT_EQ(director.machine(0).servers()[0].weight, 10);
    advance(10s);
    processes.end(1, {.code = 0});
    EXPECT_EQ(director.machine(0).servers()[0].weight, 1);
    advance(10s);
    processes.end(2, {.code = 1});
    EXPECT_FALSE(is_up());
    EXPECT_THAT(said, Contains(testing::HasSubstr("failed with retry disabled (exited with status 1).")));
}

// The interval counts from the start of the program.
TEST_F(CheckerRunnerTest, AMiscCheckThatTakesLongIsNotLate) {
    check::MiscCheck misc;
    misc.command.arguments = {"check"};
    start({.schedule = {.delay_loop = 10s, .warmup = 0s, .retry = 0}, .probe = misc});
    advance(4s);
    processes.end(0);
    advance(6s);
    EXPECT_EQ(processes.started.size(), 2U);
}

TEST_F(CheckerRunnerTest, WithoutADescriptorTheServerKeepsItsStateAndIsCheckedAgain) {
    start(http({"/"}));
    answer("HTTP/1.0 200 OK\r\n\r\n");
    for (int round = 1; round <= 7; ++round) {
        advance(10s);
        ASSERT_NE(streams.handler, nullptr) << round;
        streams.handler->on_failed({"socket: Too many open files", EMFILE, CodePosition::here()},
                                   io::StreamFailure::out_of_descriptors);
        EXPECT_TRUE(is_up());
    }
    // Told at the first, then every 30 s, with the number of those in between.
    const auto told = [](const std::string& line) { return line.find("Out of means") != line.npos; };
    EXPECT_EQ(std::ranges::count_if(lines, told), 3);
    EXPECT_TRUE(logged("Out of means for checks: " + kRs +
                       ", and 2 others since the last time put off (socket: Too many open files)"));
    advance(10s);
    answer("HTTP/1.0 500 X\r\n\r\n");
    EXPECT_FALSE(is_up());
}

TEST_F(CheckerRunnerTest, AScriptThatCannotBeStartedForWantOfDescriptorsIsNotAFailedOne) {
    processes.exhausted = true;
    check::MiscCheck script;
    script.command.arguments = {"/bin/check"};
    script.timeout = 5s;
    const check::Checker checker{.schedule = {.delay_loop = 10s, .warmup = 0s, .retry = 0}, .probe = script};
    start(checker);
    advance(0s);
    EXPECT_TRUE(is_up());
    EXPECT_TRUE(logged("Out of means for checks"));
    processes.exhausted = false;
    advance(10s);
    ASSERT_EQ(processes.started.size(), 1U);
    processes.end(0, {.code = 3});
    EXPECT_FALSE(is_up());
}

TEST_F(CheckerRunnerTest, WhyACheckIsNotPossibleIsToldOnce) {
    start(http({"/"}));
    for (int round = 0; round < 3; ++round) {
        streams.handler->on_failed(
            {"bind: Cannot assign requested address", EADDRNOTAVAIL, CodePosition::here()},
            io::StreamFailure::not_started);
        advance(10s);
    }
    EXPECT_EQ(std::ranges::count(lines, "Cannot check " + kRs + ": bind: Cannot assign requested address"),
              1);
    EXPECT_TRUE(is_up());
}

}  // namespace
}  // namespace holdfast::app
