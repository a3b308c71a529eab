#include "holdfast/check/smtp.hpp"

#include <gtest/gtest.h>

#include "talk.hpp"

namespace holdfast::check {
namespace {

SmtpCheck settings() {
    SmtpCheck check;
    check.hosts.push_back({.destination = {IpAddress::v4(10, 0, 0, 1), 25}});
    check.helo_name = "probe.example";
    return check;
}

struct Result {
    Outcome outcome;
    std::string sent;
};

Result probe(std::string_view answers, const std::vector<size_t>& cuts = {}) {
    const SmtpCheck check = settings();
    SmtpConversation conversation(check);
    Result result;
    Bytes out;
    EXPECT_EQ(conversation.connected(out).next, Step::Next::wait);
    EXPECT_TRUE(out.empty());  // The server speaks first.
    const Step step = give(conversation, answers, cuts, &result.sent);
    result.outcome = step.next == Step::Next::done ? step.outcome : conversation.closed().outcome;
    return result;
}

constexpr std::string_view kGood = "220 mail.example ESMTP\r\n250 hello\r\n221 bye\r\n";

TEST(SmtpConversation, GreetsAndQuitsHoweverTheAnswersAreCut) {
    for (const auto& cuts : every_cut(kGood)) {
        const Result result = probe(kGood, cuts);
        EXPECT_TRUE(result.outcome.good);
        EXPECT_EQ(result.sent, "HELO probe.example\r\nQUIT\r\n");
    }
}

// RFC 5321, 4.2.1. The reference fails here.
TEST(SmtpConversation, UnderstandsAnswersOfSeveralLines) {
    constexpr std::string_view kLong =
        "220-mail.example\r\n220-says\r\n220 hello\r\n250-a\r\n250 b\r\n221 bye\r\n";
    for (const auto& cuts : every_cut(kLong)) {
        const Result result = probe(kLong, cuts);
        EXPECT_TRUE(result.outcome.good) << result.outcome.reason;
        EXPECT_EQ(result.sent, "HELO probe.example\r\nQUIT\r\n");
    }
}

// RFC 5321, 4.5.3.1.5: 512 bytes with the end of the line. The reference has room for as many.
TEST(SmtpConversation, ALineThatIsTooLongIsNoAnswer) {
    const auto greeting = [](size_t length) { return "220 " + std::string(length - 4, 'x'); };
    EXPECT_TRUE(probe(greeting(510) + "\n250 x\n221 x\n").outcome.good);
    EXPECT_EQ(probe(greeting(511) + "\n250 x\n221 x\n").outcome.reason,
              "Bad greeting banner from server [10.0.0.1]:25");
    EXPECT_FALSE(probe(greeting(100'000) + "\n250 x\n221 x\n").outcome.good);
}

TEST(SmtpConversation, WhatQuitIsAnsweredWithDoesNotMatter) {
    EXPECT_TRUE(probe("220 x\n250 x\nanything\n").outcome.good);
    EXPECT_EQ(probe("220 x\n250 x\n").outcome.reason, "Read failure from server [10.0.0.1]:25");
}

TEST(SmtpConversation, OtherCodesAreFailures) {
    EXPECT_EQ(probe("554 no\r\n").outcome.reason, "Bad greeting banner from server [10.0.0.1]:25");
    EXPECT_EQ(probe("554 no\r\n").sent, "");
    EXPECT_EQ(probe("220 x\r\n500 no\r\n").outcome.reason, "Bad HELO response from server [10.0.0.1]:25");
    EXPECT_EQ(probe("220 x\r\n500 no\r\n").sent, "HELO probe.example\r\n");
    for (std::string_view line : {"22 x\n", "2200 x\n", "x220 y\n", "\n", " 220 x\n", "220x\n"})
        EXPECT_EQ(probe(line).outcome.reason, "Bad greeting banner from server [10.0.0.1]:25") << line;
    EXPECT_EQ(probe("220\r\n250\r\n221\r\n").outcome.good, true);
}

TEST(SmtpConversation, ALineWithoutEndIsHeldInBoundedSpace) {
    const SmtpCheck check = settings();
    SmtpConversation conversation(check);
    const std::string much = "220 " + std::string(1000000, 'x');
    Bytes out;
    EXPECT_EQ(conversation.received(as_bytes(much), out).next, Step::Next::wait);
    EXPECT_EQ(conversation.received(as_bytes("\r\n"), out).next, Step::Next::done);
}

// A drip of one byte now and then within a line is not given more time.
TEST(SmtpConversation, OnlyWholeAnswersBeginANewLimit) {
    const SmtpCheck check = settings();
    SmtpConversation conversation(check);
    Bytes out;
    EXPECT_EQ(conversation.received(as_bytes("2"), out).next, Step::Next::wait);
    EXPECT_EQ(conversation.received(as_bytes("20-more\r\n"), out).next, Step::Next::wait);
    EXPECT_EQ(conversation.received(as_bytes("220 x\r\n"), out).next, Step::Next::wait_anew);
    EXPECT_EQ(conversation.timed_out().outcome.reason, "Read timeout from server [10.0.0.1]:25");
}

TEST(SmtpConversation, NamesWhatKeptItFromTalking) {
    const SmtpCheck check = settings();
    SmtpConversation conversation(check);
    const auto reason = [&](Trouble trouble) { return conversation.failed({trouble, 0, ""}).outcome.reason; };
    EXPECT_EQ(reason(Trouble::refused), "Could not connect to server [10.0.0.1]:25");
    EXPECT_EQ(reason(Trouble::timed_out), "Connection timeout to server [10.0.0.1]:25");
    EXPECT_EQ(reason(Trouble::unreachable),
              "Network unreachable for server 10.0.0.1 - real server [10.0.0.1]:25");
    EXPECT_EQ(reason(Trouble::broken), "Read failure from server [10.0.0.1]:25");
}

}  // namespace
}  // namespace holdfast::check
