#include "holdfast/check/http.hpp"

#include <gtest/gtest.h>

#include "talk.hpp"

namespace holdfast::check {
namespace {

constexpr std::string_view kOk = "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello world\n";
// md5 of "hello world\n".
constexpr std::array<uint8_t, 16> kHelloDigest{0x6f, 0x59, 0x02, 0xac, 0x23, 0x70, 0x24, 0xbd,
                                               0xd0, 0xc1, 0x76, 0xcb, 0x93, 0x06, 0x3d, 0xc4};

HttpCheck check_for(UrlSettings url) {
    HttpCheck check;
    check.connect.destination = {IpAddress::v4(10, 0, 0, 1), 8080};
    check.urls.push_back(std::move(url));
    return check;
}

/// One probe against `answer`, cut like this, then the end of the stream.
class OneProbe {
  public:
    explicit OneProbe(HttpCheck check)
        : checker_{.probe = std::move(check)},
          memory_(checker_),
          conversation_(std::get<HttpCheck>(checker_.probe), memory_) {}

    Outcome run(std::string_view answer, const std::vector<size_t>& cuts = {}) {
        Bytes out;
        conversation_.connected(out);
        const Step step = give(conversation_, answer, cuts);
        return step.next == Step::Next::done ? step.outcome : conversation_.closed().outcome;
    }
    HttpConversation& conversation() { return conversation_; }

  private:
    Checker checker_;
    ProbeMemory memory_;
    HttpConversation conversation_;
};

Outcome probe(const UrlSettings& url, std::string_view answer, const std::vector<size_t>& cuts = {}) {
    return OneProbe(check_for(url)).run(answer, cuts);
}

// ---- The request ----

TEST(HttpRequest, IsTheReferencesByteForByte) {
    HttpCheck check = check_for({.path = "/a?b"});
    EXPECT_EQ(http_request(check, check.urls[0]),
              "GET /a?b HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1:8080\r\n\r\n");
    check.protocol = HttpProtocol::http_1_1;
    EXPECT_EQ(http_request(check, check.urls[0]),
              "GET /a?b HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
              "10.0.0.1:8080\r\n\r\n");
    check.protocol = HttpProtocol::http_1_0_compatible;
    EXPECT_EQ(http_request(check, check.urls[0]),
              "GET /a?b HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: "
              "10.0.0.1:8080\r\n\r\n");
}

TEST(HttpRequest, NamesTheVirtualhostWithoutAPort) {
    HttpCheck check = check_for({.path = "/"});
    check.servers_virtualhost.text = "server.example";
    EXPECT_NE(http_request(check, check.urls[0]).find("Host: server.example\r\n\r\n"), std::string::npos);
    check.virtualhost = "checker.example";
    EXPECT_NE(http_request(check, check.urls[0]).find("Host: checker.example\r\n\r\n"), std::string::npos);
    check.urls[0].virtualhost = "url.example";
    EXPECT_NE(http_request(check, check.urls[0]).find("Host: url.example\r\n\r\n"), std::string::npos);
}

TEST(HttpCheck, IsTheSameWithAnotherVirtualhostOfItsServerButNotWithAnotherOfItsOwn) {
    const HttpCheck one = check_for({.path = "/"});
    HttpCheck other = one;
    other.servers_virtualhost.text = "server.example";
    EXPECT_EQ(one, other);
    other.virtualhost = "checker.example";
    EXPECT_NE(one, other);
}

TEST(HttpRequest, PutsAnIpv6AddressIntoBrackets) {
    HttpCheck check = check_for({.path = "/"});
    check.connect.destination = {*IpAddress::parse("2001:db8::1"), 80};
    EXPECT_NE(http_request(check, check.urls[0]).find("Host: [2001:db8::1]:80\r\n"), std::string::npos);
    check.virtualhost = "v.example";
    EXPECT_NE(http_request(check, check.urls[0]).find("Host: v.example\r\n"), std::string::npos);
}

TEST(HttpConversation, NamesTheHostToTlsOnlyWhenAsked) {
    HttpCheck check = check_for({.path = "/", .virtualhost = "url.example"});
    check.virtualhost = "checker.example";
    EXPECT_EQ(OneProbe(check).conversation().server_name(), "");
    check.enable_sni = true;
    EXPECT_EQ(OneProbe(check).conversation().server_name(), "url.example");
    check.urls[0].virtualhost.clear();
    EXPECT_EQ(OneProbe(check).conversation().server_name(), "checker.example");
    check.sni_name = "sni.example";
    EXPECT_EQ(OneProbe(check).conversation().server_name(), "sni.example");
}

// ---- The answer, in every fragmentation ----

TEST(HttpConversation, ReadsAnAnswerHoweverItIsCut) {
    UrlSettings url{.path = "/", .digest = kHelloDigest, .regex = "wor.d"};
    for (const auto& cuts : every_cut(kOk)) {
        const Outcome outcome = probe(url, kOk, cuts);
        EXPECT_TRUE(outcome.good) << outcome.reason;
        EXPECT_EQ(outcome.reason, "Regex match");
        EXPECT_EQ(outcome.detail, " url(/)");
    }
}

TEST(HttpConversation, JudgesTheStatus) {
    const auto answer = [](int status) { return "HTTP/1.1 " + std::to_string(status) + " X\r\n\r\n"; };
    EXPECT_TRUE(probe({.path = "/"}, answer(200)).good);
    EXPECT_TRUE(probe({.path = "/"}, answer(299)).good);
    EXPECT_EQ(probe({.path = "/"}, answer(300)).reason, "HTTP status code error to");
    EXPECT_FALSE(probe({.path = "/"}, answer(199)).good);
    UrlSettings url{.path = "/"};
    for (unsigned code : {100U, 302U, 599U}) url.status_codes.set(code - 100);
    EXPECT_TRUE(probe(url, answer(100)).good);
    EXPECT_TRUE(probe(url, answer(302)).good);
    EXPECT_TRUE(probe(url, answer(599)).good);
    EXPECT_FALSE(probe(url, answer(200)).good);
    EXPECT_FALSE(probe(url, answer(600)).good);
    EXPECT_FALSE(probe(url, answer(999)).good);
}

TEST(HttpConversation, TakesNothingForAStatusThatIsNone) {
    for (std::string_view line : {"HTTP/1.0 20x OK", "HTTP/1.0 2000 OK", "HTTP/1.0  200 OK", "HTTP/1.0 200",
                                  "HTTP/1.0", "", "HTTP/1.0\r 200 OK", "HTTP/1.0 -20 OK", "200"})
        EXPECT_EQ(probe({.path = "/"}, std::string(line) + "\r\n\r\n").reason, "HTTP status code error to")
            << line;
}

TEST(HttpConversation, NeedsAWholeHeader) {
    for (std::string_view text : {"", "HTTP/1.0 200 OK\r\n", "HTTP/1.0 200 OK\n\nbody", "\r\n\r"})
        EXPECT_EQ(probe({.path = "/"}, text).reason, "Read, no data received from ") << text;
}

TEST(HttpConversation, GivesUpAHeaderWithoutEnd) {
    OneProbe one(check_for({.path = "/"}));
    Bytes out;
    const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
    Step step = one.conversation().received(as_bytes("HTTP/1.0 200 OK\r\n"), out);
    int lines = 0;
    while (step.next != Step::Next::done && ++lines < 1000) {
        step = one.conversation().received(as_bytes(line), out);
        EXPECT_LE(one.conversation().answer().header().size(), HttpAnswer::kLongestHeader);
    }
    EXPECT_EQ(step.outcome.reason, "Read, no data received from ");
    EXPECT_LT(lines, 40);
}

// The body beyond Content-Length does not count, but the answer still ends with the stream.
TEST(HttpConversation, TakesTheDigestOfTheBodyThatWasAnnounced) {
    const UrlSettings url{.path = "/", .digest = kHelloDigest};
    const std::string head = "HTTP/1.0 200 OK\r\nContent-Length: ";
    EXPECT_TRUE(probe(url, head + "12\r\n\r\nhello world\n").good);
    EXPECT_TRUE(probe(url, head + "12\r\n\r\nhello world\nmore").good);
    EXPECT_EQ(probe(url, head + "11\r\n\r\nhello world\n").reason, "MD5 digest error to");
    EXPECT_TRUE(probe(url, head + "99\r\n\r\nhello world\n").good);
    EXPECT_TRUE(probe(url, head + "99999999999999999999999\r\n\r\nhello world\n").good);  // Not a length.
    EXPECT_TRUE(probe(url, head + "1x\r\n\r\nhello world\n").good);
    EXPECT_TRUE(probe(url, "HTTP/1.0 200 OK\r\ncontent-length:12\r\n\r\nhello world\nmore").good);
    EXPECT_EQ(probe({.path = "/", .digest = kHelloDigest}, kOk).reason, "MD5 digest");
    for (const auto& cuts : every_cut("hello world\nmore")) {
        OneProbe one(check_for(url));
        Bytes out;
        one.conversation().received(as_bytes(head + "12\r\n\r\n"), out);
        EXPECT_TRUE(one.run("hello world\nmore", cuts).good);
    }
}

// As the reference: chunks are not undone, so the digest that genhash prints fits.
TEST(HttpConversation, TakesChunksAsTheyCome) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(probe({.path = "/", .digest = kHelloDigest}, head + "c\r\nhello world\n\r\n0\r\n\r\n").reason,
              "MD5 digest error to");
    EXPECT_TRUE(probe({.path = "/", .regex = "hello"}, head + "c\r\nhello world\n\r\n0\r\n\r\n").good);
}

TEST(HttpConversation, SaysOnceThatALengthIsWrong) {
    Checker checker{.probe = check_for({.path = "/p"})};
    ProbeMemory memory(checker);
    const auto once = [&](std::string_view body) {
        HttpConversation conversation(std::get<HttpCheck>(checker.probe), memory);
        Bytes out;
        conversation.received(as_bytes("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n" + std::string(body)),
                              out);
        const Outcome outcome = conversation.closed().outcome;
        EXPECT_TRUE(outcome.good);
        return outcome.remark;
    };
    EXPECT_EQ(once("hello"), "");
    EXPECT_EQ(once("hel"), " url /p: content_length (5) does not match received bytes (3)");
    EXPECT_EQ(once("hel"), "");
    EXPECT_EQ(once("hell"), " url /p: content_length (5) does not match received bytes (4)");
    EXPECT_EQ(once("hello"), "");
    EXPECT_NE(once("hell"), "");
}

// ---- regex ----

TEST(HttpConversation, LooksForAPattern) {
    EXPECT_EQ(probe({.path = "/", .regex = "nothing"}, kOk).reason, "Regex match failed");
    EXPECT_EQ(probe({.path = "/", .regex = "hello", .regex_no_match = true}, kOk).reason,
              "Regex match failed");
    EXPECT_TRUE(probe({.path = "/", .regex = "nothing", .regex_no_match = true}, kOk).good);
    // The status comes first.
    EXPECT_EQ(probe({.path = "/", .regex = "hello"}, "HTTP/1.0 500 X\r\n\r\nhello").reason,
              "HTTP status code error to");
}

// Offsets count from the first byte of the answer.
TEST(HttpConversation, HoldsAMatchToItsOffsets) {
    const size_t at = kOk.find("world");
    for (const auto& cuts : every_cut(kOk)) {
        const auto match = [&](size_t min, std::optional<size_t> max) {
            return probe({.path = "/", .regex = "world", .regex_min_offset = min, .regex_max_offset = max},
                         kOk, cuts)
                .good;
        };
        EXPECT_TRUE(match(at, at));
        EXPECT_FALSE(match(at + 1, std::nullopt));
        EXPECT_FALSE(match(0, at - 1));
        EXPECT_TRUE(match(0, at));
    }
}

TEST(HttpConversation, APatternThatDoesNotCompileIsLeftOut) {
    EXPECT_TRUE(probe({.path = "/", .regex = "(("}, kOk).good);
}

// ---- Time ----

TEST(HttpConversation, ABodyThatKeepsComingHasTimeAndAHeaderHasNot) {
    OneProbe one(check_for({.path = "/"}));
    Bytes out;
    EXPECT_EQ(one.conversation().received(as_bytes("H"), out).next, Step::Next::wait_anew);
    EXPECT_EQ(one.conversation().received(as_bytes("TTP/1.0 200 OK\r\n\r"), out).next, Step::Next::wait);
    EXPECT_EQ(one.conversation().received(as_bytes("\n"), out).next, Step::Next::wait_anew);
    EXPECT_EQ(one.conversation().received(as_bytes("b"), out).next, Step::Next::wait_anew);
    EXPECT_EQ(one.conversation().timed_out().outcome.reason, "Timeout HTTP read");
    EXPECT_EQ(OneProbe(check_for({.path = "/"})).conversation().timed_out().outcome.reason,
              "Timeout WEB read");
}

TEST(HttpConversation, WithTlsTheWholeAnswerHasOneLimit) {
    HttpCheck check = check_for({.path = "/"});
    check.tls = true;
    OneProbe one(check);
    Bytes out;
    EXPECT_EQ(one.conversation().transport(), Transport::tls);
    EXPECT_EQ(one.conversation().timed_out().outcome.reason, "Timeout SSL read");
    EXPECT_EQ(one.conversation().received(as_bytes("HTTP/1.0 200 OK\r\n\r\n"), out).next,
              Step::Next::wait_anew);
    EXPECT_EQ(one.conversation().received(as_bytes("body"), out).next, Step::Next::wait);
    EXPECT_EQ(one.conversation().timed_out().outcome.reason, "Timeout SSL read");
}

TEST(HttpConversation, NamesWhatKeptItFromTalking) {
    const auto reason = [](Trouble trouble, bool tls = false) {
        HttpCheck check = check_for({.path = "/"});
        check.tls = tls;
        return OneProbe(check).conversation().failed({trouble, 0, "x"}).outcome.reason;
    };
    EXPECT_EQ(reason(Trouble::refused), "Connection failed");
    EXPECT_EQ(reason(Trouble::unreachable), "HTTP/SSL_CHECK - network unreachable");
    EXPECT_EQ(reason(Trouble::timed_out), "Timeout connecting");
    EXPECT_EQ(reason(Trouble::handshake, true), "SSL handshake/communication error connecting to");
    EXPECT_EQ(reason(Trouble::broken), "Read error with");
    EXPECT_EQ(reason(Trouble::broken, true), "Read, no data received from ");
}

TEST(HttpConversation, ATlsSessionThatEndsProperlyWithoutAnAnswerHasItsOwnReason) {
    HttpCheck check = check_for({.path = "/"});
    check.tls = true;
    EXPECT_EQ(OneProbe(check).conversation().closed().outcome.reason, "SSL read error from");
    EXPECT_TRUE(OneProbe(check).run(kOk).good);
}

// A TLS server that ends its session by a reset has answered nevertheless.
TEST(HttpConversation, WithTlsWhatCameBeforeAResetCounts) {
    HttpCheck check = check_for({.path = "/"});
    for (const bool tls : {false, true}) {
        check.tls = tls;
        OneProbe one(check);
        Bytes out;
        one.conversation().received(as_bytes(kOk), out);
        EXPECT_EQ(one.conversation().failed({Trouble::broken, 104, "reset"}).outcome.good, tls);
    }
}

// ---- The order of urls ----

TEST(UrlCycle, GoesThroughAllAndCountsTheRound) {
    UrlCycle urls(3);
    EXPECT_FALSE(urls.passed());
    EXPECT_EQ(urls.current(), 1U);
    EXPECT_FALSE(urls.passed());
    EXPECT_TRUE(urls.passed());
    EXPECT_EQ(urls.current(), 0U);
}

TEST(UrlCycle, AfterAFailureThatUrlMustPassAndThenAll) {
    UrlCycle urls(2);
    urls.passed();
    urls.failed();
    EXPECT_EQ(urls.current(), 1U);
    EXPECT_FALSE(urls.recovering());
    EXPECT_FALSE(urls.passed());
    EXPECT_TRUE(urls.recovering());
    EXPECT_EQ(urls.current(), 0U);
    EXPECT_FALSE(urls.passed());
    EXPECT_TRUE(urls.passed());
}

TEST(UrlCycle, OneUrlThatFailedNeedsTwoSuccesses) {
    UrlCycle urls(1);
    EXPECT_TRUE(urls.passed());
    urls.failed();
    EXPECT_FALSE(urls.passed());
    EXPECT_TRUE(urls.passed());
}

}  // namespace
}  // namespace holdfast::check
