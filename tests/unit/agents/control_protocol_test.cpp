#include "holdfast/agents/control_protocol.hpp"

#include <gtest/gtest.h>

namespace holdfast::agents {
namespace {

TEST(ControlRequest, IsReadBackAsItWasWritten) {
    const ControlRequest requests[] = {
        {.command = ControlCommand::version},
        {.command = ControlCommand::status},
        {.command = ControlCommand::why, .name = "VI \"1\"\n"},
        {.command = ControlCommand::events, .count = 20, .follow = true},
        {.command = ControlCommand::reload},
        {.command = ControlCommand::plan, .file = "/etc/keepalived/other.conf"},
    };
    for (const ControlRequest& request : requests) {
        std::string line = to_line(request);
        ASSERT_EQ(line.back(), '\n');
        line.pop_back();
        EXPECT_EQ(line.find('\n'), std::string::npos);
        const auto parsed = parse_request(line);
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(*parsed, request);
    }
}

TEST(ControlRequest, UnknownMembersAreForLaterVersions) {
    const auto parsed = parse_request(R"( {"later":[1,{}], "command":"status"} )");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->command, ControlCommand::status);
}

TEST(ControlRequest, WhatIsNoRequestIsRefusedWithASentence) {
    const std::string_view lines[] = {
        "",
        "status",
        "[]",
        "{}",
        "{\"command\":7}",
        "{\"command\":\"halt\"}",
        "{\"command\":\"why\"}",
        "{\"command\":\"why\",\"name\":7}",
        "{\"command\":\"why\",\"name\":\"a\\u0000b\"}",
        "{\"command\":\"events\",\"count\":-1}",
        "{\"command\":\"events\",\"count\":4294967296}",
        "{\"command\":\"events\",\"count\":\"3\"}",
        "{\"command\":\"events\",\"follow\":1}",
        "{\"command\":\"plan\",\"file\":\"relative.conf\"}",
        "{\"command\":\"status\"",
        "{\"command\":\"status\"} trailing",
        "\xff",
    };
    for (const std::string_view line : lines) {
        const auto parsed = parse_request(line);
        ASSERT_FALSE(parsed) << line;
        EXPECT_FALSE(parsed.error().message.empty());
    }
    EXPECT_FALSE(parse_request(std::string(kLongestRequest + 1, ' ') + "{\"command\":\"status\"}"));
}

TEST(ControlRequest, DeepNestingIsNoDanger) {
    const std::string deep = "{\"command\":" + std::string(8000, '[') + std::string(8000, ']') + "}";
    EXPECT_FALSE(parse_request(deep));
}

TEST(LineBuffer, CutsLinesWhereverTheyWereCutBefore) {
    LineBuffer lines;
    EXPECT_TRUE(lines.add("on"));
    EXPECT_FALSE(lines.next());
    EXPECT_FALSE(lines.has_line());
    EXPECT_TRUE(lines.add("e\r\ntwo\n\nrest"));
    EXPECT_TRUE(lines.has_line());
    EXPECT_EQ(lines.next(), "one");
    EXPECT_EQ(lines.next(), "two");
    EXPECT_EQ(lines.next(), "");
    EXPECT_FALSE(lines.next());
}

TEST(LineBuffer, TakesALineOfTheLimitAndNoLongerOne) {
    LineBuffer lines(8);
    EXPECT_TRUE(lines.add("12345678"));
    EXPECT_TRUE(lines.add("\n"));
    EXPECT_EQ(lines.next(), "12345678");
    EXPECT_TRUE(lines.add("12345678"));
    EXPECT_FALSE(lines.add("9"));
}

TEST(LineBuffer, ManyShortLinesThatNobodyTakesAreTooMuch) {
    LineBuffer lines(8);
    bool taken = true;
    for (int i = 0; i < 17 && taken; ++i) taken = lines.add("\n");
    EXPECT_FALSE(taken);
}

TEST(ControlSocketPath, IsBesideThePidFile) {
    EXPECT_EQ(control_socket_path("/run/keepalived.pid"), "/run/keepalived.sock");
    EXPECT_EQ(control_socket_path("/tmp/x/main"), "/tmp/x/main.sock");
    EXPECT_EQ(control_socket_path("/run/keepalived/keepalived_a.pid"), "/run/keepalived/keepalived_a.sock");
}

}  // namespace
}  // namespace holdfast::agents
