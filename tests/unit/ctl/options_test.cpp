#include "holdfast/ctl/options.hpp"

#include <gtest/gtest.h>

namespace holdfast::ctl {
namespace {

using namespace std::chrono_literals;
using agents::ControlCommand;

ParsedCommand parse(std::vector<std::string> words) {
    words.insert(words.begin(), "holdctl");
    return parse_command(words, "/home/me");
}

TEST(HoldctlOptions, EveryCommandHasItsWord) {
    EXPECT_EQ(parse({"status"}).options->request.command, ControlCommand::status);
    EXPECT_EQ(parse({"events"}).options->request.command, ControlCommand::events);
    EXPECT_EQ(parse({"reload"}).options->request.command, ControlCommand::reload);
    EXPECT_EQ(parse({"plan"}).options->request.command, ControlCommand::plan);
    EXPECT_EQ(parse({"version"}).options->request.command, ControlCommand::version);
    EXPECT_EQ(parse({"why", "VI_1"}).options->request.name, "VI_1");
    EXPECT_EQ(parse({"why", "[10.0.0.9]:tcp:80", "of", "[10.0.0.1]:tcp:80"}).options->request.name,
              "[10.0.0.9]:tcp:80 of [10.0.0.1]:tcp:80");
}

TEST(HoldctlOptions, StandBeforeAndBehindTheCommand) {
    const auto before = parse({"--json", "-s", "/x.sock", "status"});
    const auto behind = parse({"status", "--socket=/x.sock", "-j"});
    ASSERT_TRUE(before.options && behind.options);
    EXPECT_TRUE(before.options->json && behind.options->json);
    EXPECT_EQ(before.options->socket, "/x.sock");
    EXPECT_EQ(behind.options->socket, "/x.sock");
}

TEST(HoldctlOptions, ADaemonIsNamedByItsPidFileOrInstance) {
    EXPECT_EQ(parse({"-p", "/tmp/main.pid", "status"}).options->socket, "/tmp/main.sock");
    EXPECT_EQ(parse({"-i", "blue", "status"}).options->socket, "/run/keepalived/keepalived_blue.sock");
    EXPECT_FALSE(parse({"status"}).options->socket);
}

TEST(HoldctlOptions, APlanReadsFilesFromWhereTheCallerIs) {
    EXPECT_EQ(parse({"plan", "new.conf"}).options->request.file, "/home/me/new.conf");
    EXPECT_EQ(parse({"plan", "/etc/new.conf"}).options->request.file, "/etc/new.conf");
    EXPECT_EQ(parse({"plan", "--", "-odd"}).options->request.file, "/home/me/-odd");
}

TEST(HoldctlOptions, EventsHaveANumberAndMayGoOn) {
    const auto parsed = parse({"events", "-n", "5", "--follow"});
    EXPECT_EQ(parsed.options->request.count, 5U);
    EXPECT_TRUE(parsed.options->request.follow);
    EXPECT_FALSE(parse({"events"}).options->request.count);
}

TEST(HoldctlOptions, WatchHasAPeriod) {
    EXPECT_EQ(parse({"status", "--watch"}).options->watch, 1000ms);
    EXPECT_EQ(parse({"status", "--watch=0.5"}).options->watch, 500ms);
    EXPECT_EQ(parse({"status", "-w"}).options->watch, 1000ms);
}

TEST(HoldctlOptions, WhatMakesNoSenseIsAUsageError) {
    const std::vector<std::vector<std::string>> wrong{
        {},
        {"halt"},
        {"why"},
        {"status", "more"},
        {"plan", "a", "b"},
        {"reload", "now"},
        {"--color", "status"},
        {"--color=red", "status"},
        {"events", "-n"},
        {"events", "-n", "x"},
        {"events", "-n", "-1"},
        {"status", "-n", "3"},
        {"status", "--follow"},
        {"events", "--watch"},
        {"status", "--watch=0"},
        {"status", "--watch=x"},
        {"status", "--watch", "--json"},
        {"--nonsense", "status"},
        {"-p"},
    };
    for (const auto& words : wrong) {
        const ParsedCommand parsed = parse(words);
        EXPECT_FALSE(parsed.options);
        EXPECT_EQ(parsed.status, exit_status::kUsage);
        EXPECT_NE(parsed.output.find("holdctl: "), std::string::npos);
    }
}

TEST(HoldctlOptions, HelpNamesEveryCommand) {
    const ParsedCommand parsed = parse({"--help"});
    EXPECT_EQ(parsed.status, exit_status::kOk);
    for (const char* word : {"status", "why", "events", "plan", "reload", "version", "--watch", "--json"})
        EXPECT_NE(parsed.output.find(word), std::string::npos) << word;
}

}  // namespace
}  // namespace holdfast::ctl
