#include "holdfast/check/log_lines.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "holdfast/check/conversation.hpp"

namespace holdfast::check {
namespace {

constexpr const char* kRs = "[10.0.0.1]:tcp:80";
constexpr const char* kVs = "[192.0.2.1]:tcp:80";

std::string up(const Checker& checker) {
    return log_lines::verdict(checker, {.up = true}, kRs, kVs);
}
std::string down(const Checker& checker, uint32_t retries = 0, std::string reason = {}) {
    return log_lines::verdict(checker, {.up = false, .retries = retries, .reason = std::move(reason)}, kRs,
                              kVs);
}
std::string seen(const Checker& checker, bool timed_out, std::string reason = {}) {
    return log_lines::failure(checker, {.timed_out = timed_out, .reason = std::move(reason)}, kRs, kVs);
}
std::string mail(const Checker& checker, bool is_up) {
    return log_lines::mail_body(checker, {.up = is_up});
}

TEST(CheckerLines, TcpCheck) {
    const Checker checker = tcp_checker();
    EXPECT_EQ(up(checker), "TCP connection to [10.0.0.1]:tcp:80 success.");
    EXPECT_EQ(down(checker), "TCP_CHECK on service [10.0.0.1]:tcp:80 failed.");
    EXPECT_EQ(down(checker, 3), "TCP_CHECK on service [10.0.0.1]:tcp:80 failed after 3 retries.");
    EXPECT_EQ(seen(checker, false), "TCP connection to [10.0.0.1]:tcp:80 failed.");
    EXPECT_EQ(seen(checker, true), "TCP connection to [10.0.0.1]:tcp:80 timeout.");
    EXPECT_EQ(mail(checker, true), "=> TCP CHECK succeed on service <=");
    EXPECT_EQ(mail(checker, false), "=> TCP CHECK failed on service <=");
}

TEST(CheckerLines, OtherKindsHaveTheirOwnWords) {
    const Checker http{.probe = HttpCheck{}};
    EXPECT_EQ(up(http), "Remote Web server [10.0.0.1]:tcp:80 succeed on service.");
    EXPECT_EQ(down(http, 2), "HTTP_CHECK on service [10.0.0.1]:tcp:80 failed after 2 retries.");
    EXPECT_EQ(mail(http, false), "=> CHECK failed on service : HTTP/SSL request failed <=");
    const Checker ssl{.probe = HttpCheck{.tls = true}};
    EXPECT_EQ(down(ssl), "SSL_CHECK on service [10.0.0.1]:tcp:80 failed.");
    EXPECT_EQ(keyword(ssl), "SSL_GET");
    const Checker udp{.probe = UdpCheck{}};
    EXPECT_EQ(up(udp), "UDP connection to [10.0.0.1]:tcp:80 success.");
    const Checker dns{.probe = DnsCheck{}};
    EXPECT_EQ(up(dns), "");
    EXPECT_EQ(down(dns, 3, "read timeout"), "DNS_CHECK ([10.0.0.1]:tcp:80) read timeout after 3 retries");
    const Checker ping{.probe = PingCheck{}};
    EXPECT_EQ(seen(ping, true), "ICMP connection to address [10.0.0.1]:tcp:80 timeout.");
    const Checker smtp{.probe = SmtpCheck{}};
    EXPECT_EQ(down(smtp, 0, "x"), "SMTP_CHECK x");
    Checker misc{.probe = MiscCheck{.command = command("/bin/check")}};
    EXPECT_EQ(up(misc),
              "Misc check for [[10.0.0.1]:tcp:80 VS [192.0.2.1]:tcp:80] by [/bin/check] succeeded.");
    const Checker bfd{.probe = BfdCheck{.session = "B"}};
    EXPECT_EQ(down(bfd), "BFD check of [B] RS([10.0.0.1]:tcp:80) is DOWN");
    EXPECT_EQ(mail(bfd, true), "=> BFD CHECK B succeeded on service <=");
    EXPECT_EQ(up(Checker{.probe = FileCheck{}}), "");
}

// Measured with 2.4.3: each failed attempt has one line, which tells where in the retries it was.
TEST(CheckerLines, MiscCheckCountsItsRetries) {
    Checker misc{.probe = MiscCheck{.command = command("/bin/check")}};
    const std::string start = "Misc check for [[10.0.0.1]:tcp:80 VS [192.0.2.1]:tcp:80] by [/bin/check] ";
    misc.schedule.retry = 0;
    EXPECT_EQ(down(misc, 0, " (exited with status 1)"),
              start + "failed with retry disabled (exited with status 1).");
    misc.schedule.retry = 1;
    EXPECT_EQ(down(misc, 1, " (due to signal 9)"), start + "failed after 1 retry (due to signal 9).");
    misc.schedule.retry = 3;
    EXPECT_EQ(log_lines::verdict(misc, {.up = false, .retries = 3, .timed_out = true}, kRs, kVs),
              start + "timed out after 3 retries.");
    EXPECT_EQ(log_lines::mail_body(misc, {.up = false, .timed_out = true}),
              "=> MISC CHECK timed out on service <=");
    EXPECT_EQ(log_lines::failure(misc, {.reason = " (exited with status 2)", .attempt = 1}, kRs, kVs),
              start + "failed, will do 3 retries (exited with status 2).");
    EXPECT_EQ(log_lines::failure(misc, {.reason = " (exited with status 2)", .attempt = 3}, kRs, kVs),
              start + "failed on retry 2/3 (exited with status 2).");
    EXPECT_EQ(log_lines::failure(misc, {.attempt = 4, .is_last = true}, kRs, kVs), "");
}

TEST(CheckerLines, HttpNamesTheReason) {
    const Checker http{.probe = HttpCheck{}};
    EXPECT_EQ(seen(http, false, "HTTP status code error to"),
              "HTTP status code error to server [10.0.0.1]:tcp:80.");
    EXPECT_EQ(log_lines::success({"MD5 digest", " url(/a)"}, kRs),
              "MD5 digest success to [10.0.0.1]:tcp:80 url(/a)");
    EXPECT_EQ(log_lines::remark(" url /: content_length (5) does not match received bytes (3)", kRs, kVs),
              "http_check for RS [10.0.0.1]:tcp:80 VS [192.0.2.1]:tcp:80 url /: content_length (5) does not "
              "match received bytes (3)");
    // A checker that starts as down says nothing about its first failure.
    EXPECT_EQ(log_lines::verdict(http, {.up = false, .first = true, .was_up = false}, kRs, kVs), "");
    EXPECT_NE(log_lines::verdict(tcp_checker(), {.up = false, .first = true, .was_up = false}, kRs, kVs), "");
}

TEST(CheckerLines, DatagramKinds) {
    const Checker udp{.probe = UdpCheck{}};
    EXPECT_EQ(seen(udp, false, "connection refused"), "UDP connection to [10.0.0.1]:tcp:80 failed.");
    EXPECT_EQ(seen(udp, false, "reply data mismatch"), "UDP check to [10.0.0.1]:tcp:80 reply data mismatch.");
    const Checker ping{.probe = PingCheck{}};
    EXPECT_EQ(down(ping, 2),
              "ICMP CHECK on service [10.0.0.1]:tcp:80 of [192.0.2.1]:tcp:80 failed after 2 retries.");
    EXPECT_EQ(seen(ping, false), "ICMP connection to [10.0.0.1]:tcp:80 of [192.0.2.1]:tcp:80 failed.");
    const Checker dns{.probe = DnsCheck{}};
    EXPECT_EQ(log_lines::verdict(dns, {.up = false, .first = true, .reason = "no"}, kRs, kVs),
              "DNS_CHECK ([10.0.0.1]:tcp:80) no");
}

TEST(CheckerLines, SomeSpeakOfFailuresOnlyWhileUp) {
    const FailureSeen first{.was_up = false};
    EXPECT_EQ(log_lines::failure(tcp_checker(), first, kRs, kVs), "");
    EXPECT_NE(log_lines::failure({.probe = HttpCheck{}}, first, kRs, kVs), "");
}

TEST(LogLines, BracesInNamesAreNotTakenForPlaceholders) {
    const Checker misc{.probe = MiscCheck{.command = command("/bin/{rs}")}};
    EXPECT_EQ(down(misc, 0, "{name}"),
              "Misc check for [[10.0.0.1]:tcp:80 VS [192.0.2.1]:tcp:80] by [/bin/{rs}] failed after 1 "
              "retry{name}.");
}

TEST(LogLines, HealthcheckersAndRemovals) {
    EXPECT_EQ(log_lines::healthchecker(true, kRs, kVs),
              "Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80");
    EXPECT_EQ(log_lines::healthchecker(false, kRs, kVs),
              "Deactivating healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80");
    EXPECT_EQ(log_lines::healthchecker_resumed(false, kRs, kVs),
              "Suspending healthchecker for service [10.0.0.1]:tcp:80 for VS [192.0.2.1]:tcp:80");
    VirtualServerSettings settings = virtual_server({});
    EXPECT_EQ(log_lines::virtual_server_gone(settings), "Removing Virtual Server [192.0.2.1]:tcp:80");
    settings.group = "G";
    EXPECT_EQ(log_lines::virtual_server_gone(settings), "Removing Virtual Server Group [G]");
    EXPECT_EQ(log_lines::service_shutdown(true, true, kRs, kVs),
              "Shutting down (inhibited) service [10.0.0.1]:tcp:80 from VS [192.0.2.1]:tcp:80");
    EXPECT_EQ(log_lines::real_server({*IpAddress::parse("2001:db8::1"), 53}, ipvs::Protocol::udp),
              "[2001:db8::1]:udp:53");
}

TEST(TcpConversation, AConnectionIsSuccess) {
    const Checker checker = tcp_checker(false, 8080);
    auto conversation = make_conversation(checker, nullptr);
    ASSERT_NE(conversation, nullptr);
    EXPECT_EQ(conversation->transport(), Transport::tcp);
    EXPECT_EQ(conversation->settings().destination, at(1, 8080));
    Bytes out;
    const Step step = conversation->connected(out);
    EXPECT_EQ(step.next, Step::Next::done);
    EXPECT_TRUE(step.outcome.good);
    EXPECT_TRUE(out.empty());
    EXPECT_FALSE(conversation->timed_out().outcome.good);
}

TEST(MakeConversation, GivesNothingForWhatIsNoConversation) {
    EXPECT_EQ(make_conversation({.probe = MiscCheck{}}, nullptr), nullptr);
    EXPECT_EQ(make_conversation({.probe = FileCheck{}}, nullptr), nullptr);
    EXPECT_EQ(make_conversation({.probe = BfdCheck{}}, nullptr), nullptr);
}

}  // namespace
}  // namespace holdfast::check
