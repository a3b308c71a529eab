// DNS_CHECK, UDP_CHECK and PING_CHECK.
#include <gtest/gtest.h>

#include "holdfast/check/dns.hpp"
#include "holdfast/check/ping.hpp"
#include "holdfast/check/udp.hpp"
#include "talk.hpp"

namespace holdfast::check {
namespace {

Step hear(Conversation& conversation, std::string_view datagram) {
    Bytes out;
    Step step = conversation.received(as_bytes(datagram), out);
    EXPECT_TRUE(out.empty());
    return step;
}

// ---- DNS_CHECK ----

std::string query(std::string_view name, uint16_t type = 6) {
    return as_text(dns_query(0x1234, name, type));
}
const std::string kHead("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);

TEST(DnsQuery, AsksOneQuestion) {
    EXPECT_EQ(query("."), kHead + std::string("\0\0\6\0\1", 5));
    EXPECT_EQ(query("www.example.org", 28), kHead + std::string("\3www\7example\3org\0\0\x1c\0\1", 21));
    EXPECT_EQ(query("example.org."), query("example.org"));
    EXPECT_EQ(query(""), query("."));
}

TEST(DnsQuery, NeverMakesMoreThanANameMayBe) {
    const std::string label(100, 'a');
    EXPECT_EQ(query(label), kHead + "\x3f" + std::string(63, 'a') + std::string("\0\0\6\0\1", 5));
    std::string longest;
    for (int i = 0; i < 200; ++i) longest += "abc.";
    EXPECT_LE(query(longest).size(), 12U + 255 + 4);
    EXPECT_EQ(query(longest)[query(longest).size() - 5], '\0');
}

class Dns : public testing::Test {
  protected:
    Dns() : memory(checker) {
        memory.random = 0x1234;
        conversation.emplace(std::get<DnsCheck>(checker.probe), memory);
        conversation->connected(sent);
    }
    Checker checker{.probe = DnsCheck{.connect = {.destination = {IpAddress::v4(10, 0, 0, 1), 53}}}};
    ProbeMemory memory;
    std::optional<DnsConversation> conversation;
    Bytes sent;
};

TEST_F(Dns, TakesAnAnswerWithoutRecords) {
    EXPECT_EQ(as_text(sent), query("."));
    EXPECT_TRUE(hear(*conversation, std::string("\x12\x34\x81\x80\0\1\0\0\0\0\0\0", 12)).outcome.good);
}

TEST_F(Dns, AnErrorCodeIsAFailure) {
    const Step step = hear(*conversation, std::string("\x12\x34\x81\x83\0\1\0\0\0\0\0\0", 12));
    EXPECT_EQ(step.outcome.reason, "read error occurred. (rcode = 3)");
    EXPECT_FALSE(step.outcome.good);
}

TEST_F(Dns, PassesOverWhatIsNoAnswer) {
    EXPECT_EQ(hear(*conversation, std::string("\x12\x35\x81\x80\0\1\0\0\0\0\0\0", 12)).next,
              Step::Next::wait);
    EXPECT_EQ(hear(*conversation, as_text(sent)).next, Step::Next::wait);
    for (size_t length = 0; length < 12; ++length)
        EXPECT_EQ(hear(*conversation, std::string("\x12\x34\x81\x80\0\1\0\0\0\0\0\0", length)).next,
                  Step::Next::wait);
    EXPECT_EQ(conversation->timed_out().outcome.reason, "read timeout from socket");
}

TEST_F(Dns, NamesFailures) {
    EXPECT_EQ(conversation->failed({Trouble::refused, 111, ""}).outcome.reason,
              "failed to read socket; errno 111 (Connection refused)");
    EXPECT_EQ(conversation->failed({Trouble::unreachable, 101, ""}).outcome.reason,
              "network unreachable for [10.0.0.1]:53");
    EXPECT_FALSE(conversation->minds_path_errors());
}

// ---- UDP_CHECK ----

TEST(UdpConversation, SendsThePayloadOrTheUsualText) {
    UdpCheck check;
    Bytes out;
    UdpConversation(check).connected(out);
    EXPECT_EQ(as_text(out), "keepalived check - keepalived ch");
    check.payload = {1, 2, 0xff};
    out.clear();
    UdpConversation(check).connected(out);
    EXPECT_EQ(out, (Bytes{1, 2, 0xff}));
}

TEST(UdpConversation, SilenceIsGoodUnlessAReplyIsWanted) {
    UdpCheck check;
    UdpConversation relaxed(check);
    EXPECT_TRUE(relaxed.timed_out().outcome.good);
    EXPECT_TRUE(hear(relaxed, "x").outcome.good);
    EXPECT_FALSE(relaxed.failed({Trouble::refused, 111, "no"}).outcome.good);
    EXPECT_TRUE(relaxed.minds_path_errors());
    check.require_reply = true;
    UdpConversation strict(check);
    EXPECT_FALSE(strict.timed_out().outcome.good);
    EXPECT_TRUE(hear(strict, "x").outcome.good);
}

TEST(UdpConversation, ComparesTheReplyWhereTheMaskSaysSo) {
    const UdpCheck check{.require_reply = true,
                         .reply = std::vector<uint8_t>{0x12, 0x30, 0xff},
                         .reply_mask = {0xff, 0xf0, 0x00}};
    UdpConversation conversation(check);
    EXPECT_TRUE(hear(conversation, "\x12\x3a\x01").outcome.good);
    EXPECT_TRUE(hear(conversation, "\x12").outcome.good);  // The shorter of both.
    EXPECT_TRUE(hear(conversation, "\x12\x3a\x01 and more").outcome.good);
    EXPECT_EQ(hear(conversation, "\x13\x3a\x01").outcome.reason, kReplyMismatch);
    EXPECT_FALSE(hear(conversation, "\x12\x4a").outcome.good);
}

// The reference looks at the lengths only when a content is given as well.
TEST(UdpConversation, HoldsAReplyToItsLengths) {
    const UdpCheck check{.require_reply = true, .min_reply_length = 2, .max_reply_length = 4};
    UdpConversation conversation(check);
    EXPECT_FALSE(hear(conversation, "a").outcome.good);
    EXPECT_TRUE(hear(conversation, "ab").outcome.good);
    EXPECT_TRUE(hear(conversation, "abcd").outcome.good);
    EXPECT_FALSE(hear(conversation, "abcde").outcome.good);
    UdpCheck relaxed = check;
    relaxed.require_reply = false;
    UdpConversation any(relaxed);
    EXPECT_TRUE(hear(any, "a").outcome.good);
}

// ---- PING_CHECK ----

class Ping : public testing::TestWithParam<bool> {
  protected:
    Ping()
        : checker{.probe = PingCheck{.connect = {.destination = {GetParam() ? *IpAddress::parse("2001:db8::1")
                                                                            : IpAddress::v4(10, 0, 0, 1),
                                                                 0}}}},
          memory(checker) {}
    std::unique_ptr<Conversation> start() {
        auto conversation = make_conversation(checker, &memory);
        sent.clear();
        conversation->connected(sent);
        return conversation;
    }
    std::string reply(uint8_t sequence) const {
        return std::string(1, static_cast<char>(GetParam() ? 129 : 0)) +
               std::string("\0\xab\xcd\x11\x22\0", 6) + std::string(1, static_cast<char>(sequence)) + "data";
    }
    Checker checker;
    ProbeMemory memory;
    Bytes sent;
};

TEST_P(Ping, TakesTheAnswerToThisRequestAlone) {
    auto first = start();
    EXPECT_EQ(sent.size(), 8U + 128);
    EXPECT_EQ(sent[0], GetParam() ? 128 : 8);
    EXPECT_EQ(as_text(sent).substr(1, 7), std::string("\0\0\0\0\0\0\1", 7));
    EXPECT_EQ(as_text(sent).substr(8, 22), "keepalived check - kee");
    EXPECT_TRUE(hear(*first, reply(1)).outcome.good);
    auto second = start();
    EXPECT_EQ(sent[7], 2);
    EXPECT_EQ(hear(*second, reply(1)).next, Step::Next::wait);
    EXPECT_EQ(hear(*second, as_text(sent)).next, Step::Next::wait);  // Our own request.
    EXPECT_EQ(hear(*second, reply(2).substr(0, 7)).next, Step::Next::wait);
    EXPECT_TRUE(hear(*second, reply(2)).outcome.good);
    EXPECT_FALSE(second->timed_out().outcome.good);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, Ping, testing::Bool());

}  // namespace
}  // namespace holdfast::check
