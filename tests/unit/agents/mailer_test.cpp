#include "holdfast/agents/mailer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <ctime>

namespace holdfast::agents {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A server made of values: it greets and answers when the test says so.
class FakeStreams final : public io::Streams {
  public:
    std::unique_ptr<io::Connection> connect(const io::ConnectRequest& request,
                                            io::StreamHandler& handler) override {
        ++connects;
        last = request;
        open = &handler;
        return std::make_unique<FakeConnection>(*this);
    }
    void say(std::string_view text) {
        open->on_data({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }
    int connects = 0;
    io::ConnectRequest last;
    io::StreamHandler* open = nullptr;  ///< The handler of the connection that exists.
    std::string sent;

  private:
    class FakeConnection final : public io::Connection {
      public:
        explicit FakeConnection(FakeStreams& owner) : owner_(owner) {}
        ~FakeConnection() override { owner_.open = nullptr; }
        void send(std::span<const uint8_t> data) override { owner_.sent.append(data.begin(), data.end()); }
        void close_gracefully() override {}

      private:
        FakeStreams& owner_;
    };
};

class MailerTest : public testing::Test {
  protected:
    void SetUp() override {
        settings.recipients = {"first@example.org", "second@example.org"};
        settings.from = "router@example.org";
        settings.server_name = "mail.example";
        settings.server = IpAddress::parse("192.0.2.25");
        settings.port = 2525;
        settings.helo_name = "router";
        settings.timeout = 30s;
        mailer.configure(settings);
    }
    void advance(Duration by) {
        timers.set_now(timers.now() + by);
        timers.run_due();
    }
    void send(const std::string& subject) {
        mailer.send({subject, "=> body <="}, "Sat, 21 Nov 2026 15:04:37 +0000");
        advance(0s);
    }
    /// The server takes everything that is told now.
    void deliver() {
        streams.open->on_connected();
        for (const char* line : {"220 a", "250 b", "250 c", "250 d", "250 e", "354 f", "250 g", "221 h"}) {
            streams.say(std::string(line) + "\r\n");
        }
        advance(0s);
    }

    io::TimerQueue timers;
    FakeStreams streams;
    std::vector<std::string> reports;
    notify::MailSettings settings;
    std::vector<std::string> details;
    Mailer mailer{streams, timers, [this](const std::string& line) { reports.push_back(line); },
                  [this](const std::string& line) { details.push_back(line); }};
};

TEST_F(MailerTest, SendsOneMailOverOneConnection) {
    send("[r] one");
    ASSERT_NE(streams.open, nullptr);
    EXPECT_EQ(streams.last.destination, (Endpoint{*settings.server, 2525}));
    EXPECT_EQ(streams.last.timeout, 30s);
    deliver();
    EXPECT_THAT(streams.sent, HasSubstr("Date: Sat, 21 Nov 2026 15:04:37 +0000\r\n"));
    EXPECT_THAT(streams.sent, HasSubstr("Subject: [r] one\r\n"));
    EXPECT_THAT(streams.sent, HasSubstr("\r\n\r\n=> body <=\r\n\r\n.\r\nQUIT\r\n"));
    EXPECT_THAT(details, ElementsAre("Remote SMTP server [192.0.2.25]:2525 connected.",
                                     "SMTP alert successfully sent."));
    EXPECT_EQ(streams.open, nullptr) << "the connection is closed";
    EXPECT_THAT(reports, IsEmpty());
    EXPECT_TRUE(mailer.is_idle());
}

TEST_F(MailerTest, TheNextMailWaitsForItsTurn) {
    send("one");
    send("two");
    EXPECT_EQ(streams.connects, 1);
    EXPECT_EQ(mailer.waiting(), 1U);
    deliver();
    EXPECT_EQ(streams.connects, 2);
    deliver();
    EXPECT_LT(streams.sent.find("Subject: one"), streams.sent.find("Subject: two"));
    EXPECT_TRUE(mailer.is_idle());
}

TEST_F(MailerTest, WithoutServerOrRecipientsNothingHappens) {
    settings.recipients.clear();
    mailer.configure(settings);
    send("lost");
    EXPECT_EQ(streams.connects, 0);
    EXPECT_THAT(reports, IsEmpty());
}

TEST_F(MailerTest, AServerWhoseNameDidNotResolveIsReported) {
    settings.server.reset();
    settings.server_name = "nowhere.example";
    mailer.configure(settings);
    send("lost");
    EXPECT_EQ(streams.connects, 0);
    EXPECT_THAT(reports,
                ElementsAre("Mail \"lost\" was not sent by nowhere.example: its address is not known"));
}

TEST_F(MailerTest, AServerWhoseNameDoesNotResolveAnyMoreKeepsItsAddress) {
    settings.server.reset();
    mailer.configure(settings);  // After what the fixture has configured.
    send("kept");
    EXPECT_EQ(streams.connects, 1);
    settings.server_name = "other.example";
    mailer.configure(settings);
    send("lost");
    EXPECT_THAT(reports,
                ElementsAre("Mail \"lost\" was not sent by other.example: its address is not known"));
}

TEST_F(MailerTest, AFailedConnectIsReportedOnceAndTheNextIsTried) {
    send("one");
    send("two");
    streams.open->on_failed({"Connection refused", 0, {}}, io::StreamFailure::refused);
    EXPECT_THAT(reports, ElementsAre("Mail \"one\" was not sent by mail.example: Connection refused"));
    advance(0s);
    EXPECT_EQ(streams.connects, 2);
}

TEST_F(MailerTest, TheServersAnswerIsReported) {
    send("one");
    streams.open->on_connected();
    streams.say("554 go away\r\n221 bye\r\n");
    EXPECT_THAT(reports,
                ElementsAre("Mail \"one\" was not sent by mail.example: the connection was answered 554 "
                            "go away"));
    EXPECT_EQ(streams.open, nullptr);
}

TEST_F(MailerTest, ARefusedRecipientIsReportedAlthoughTheMailLeaves) {
    send("one");
    streams.open->on_connected();
    for (const char* line : {"220 a", "250 b", "250 c", "550 no such user", "250 e", "354 f", "250 g"}) {
        streams.say(std::string(line) + "\r\n");
    }
    EXPECT_THAT(reports, IsEmpty());
    streams.open->on_closed();
    ASSERT_THAT(reports, SizeIs(1));
    EXPECT_THAT(reports[0], HasSubstr("was not taken for all recipients by mail.example: RCPT "
                                      "TO:<first@example.org> was answered 550 no such user"));
}

TEST_F(MailerTest, EachAnswerHasItsOwnTimeLimit) {
    send("one");
    streams.open->on_connected();
    advance(29s);
    streams.say("220 slow\r\n");
    advance(29s);
    streams.say("250 slow\r\n");
    advance(30s - 1ns);
    EXPECT_NE(streams.open, nullptr);
    advance(1ns);
    EXPECT_EQ(streams.open, nullptr);
    EXPECT_THAT(reports, ElementsAre("Mail \"one\" was not sent by mail.example: no answer to MAIL "
                                     "FROM:<router@example.org> in time"));
    advance(1h);
    EXPECT_THAT(reports, SizeIs(1));
}

TEST_F(MailerTest, AServerThatDripsDoesNotProlongItsTime) {
    send("one");
    streams.open->on_connected();
    for (int i = 0; i < 40 && streams.open != nullptr; ++i) {
        streams.say("2");
        advance(1s);
    }
    EXPECT_EQ(streams.open, nullptr);
}

TEST_F(MailerTest, TheAnswerToQuitIsNotAwaitedForLong) {
    send("one");
    streams.open->on_connected();
    for (const char* line : {"220 a", "250 b", "250 c", "250 d", "250 e", "354 f", "250 g"}) {
        streams.say(std::string(line) + "\r\n");
    }
    EXPECT_NE(streams.open, nullptr);
    advance(Mailer::kPartingLimit);
    EXPECT_EQ(streams.open, nullptr);
    EXPECT_THAT(reports, IsEmpty());
}

TEST_F(MailerTest, WhenTooManyWaitTheOldestIsLost) {
    send("on its way");
    for (size_t i = 0; i <= Mailer::kMaxWaiting; ++i) send(fmt::format("number {}", i));
    EXPECT_EQ(mailer.waiting(), Mailer::kMaxWaiting);
    EXPECT_THAT(reports, ElementsAre("Mail \"number 0\" was not sent by mail.example: too many mails wait"));
}

TEST_F(MailerTest, TheEndWaitsForWhatIsOnItsWay) {
    int done = 0;
    send("one");
    mailer.finish(2s, [&] { ++done; });
    advance(1s);
    EXPECT_EQ(done, 0);
    deliver();
    EXPECT_EQ(done, 1);
    advance(1h);
    EXPECT_EQ(done, 1);
    EXPECT_THAT(reports, IsEmpty());
}

TEST_F(MailerTest, TheEndWaitsNoLongerThanItsLimit) {
    int done = 0;
    send("one");
    send("two");
    mailer.finish(2s, [&] { ++done; });
    advance(2s - 1ns);
    EXPECT_EQ(done, 0);
    advance(1ns);
    EXPECT_EQ(done, 1);
    EXPECT_THAT(reports, ElementsAre(HasSubstr("\"two\" was not sent"), HasSubstr("\"one\" was not sent")));
    EXPECT_EQ(streams.open, nullptr);
}

TEST_F(MailerTest, AnIdleMailerIsDoneAtOnceButNotFromInside) {
    int done = 0;
    mailer.finish(2s, [&] { ++done; });
    EXPECT_EQ(done, 0);
    advance(0s);
    EXPECT_EQ(done, 1);
}

TEST(MailDate, HasTheFormOfRfc5322InTheLocalZone) {
    ASSERT_EQ(setenv("TZ", "XYZ-5:30", 1), 0);
    tzset();
    EXPECT_EQ(mail_date(std::chrono::system_clock::from_time_t(1795273477)),
              "Sat, 21 Nov 2026 20:34:37 +0530");
    ASSERT_EQ(unsetenv("TZ"), 0);
    tzset();
}

}  // namespace
}  // namespace holdfast::agents
