#include "holdfast/agents/smtp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::agents {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SmtpDialogueTest : public testing::Test {
  protected:
    /// What the client answers to this.
    std::string say(std::string_view text) {
        std::string out;
        dialogue.received({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, out);
        return out;
    }
    /// Up to the question that follows the sender.
    void introduce() {
        say("220 mail.example ready\r\n");
        say("250 hello\r\n");
    }

    SmtpDialogue dialogue{{"router.example",
                           "Keepalived <router@example.org>",
                           {"first@example.org", "Second <second@example.org>"},
                           "Subject: x\r\n\r\nbody\r\n"}};
};

TEST_F(SmtpDialogueTest, TellsTheMailStepByStep) {
    EXPECT_EQ(say("220 mail.example ready\r\n"), "HELO router.example\r\n");
    EXPECT_EQ(say("250 hello\r\n"), "MAIL FROM:<router@example.org>\r\n");
    EXPECT_EQ(say("250 ok\r\n"), "RCPT TO:<first@example.org>\r\n");
    EXPECT_EQ(say("250 ok\r\n"), "RCPT TO:<second@example.org>\r\n");
    EXPECT_EQ(say("251 forwarded\r\n"), "DATA\r\n");
    EXPECT_EQ(say("354 go on\r\n"), "Subject: x\r\n\r\nbody\r\n.\r\n");
    EXPECT_FALSE(dialogue.is_delivered());
    EXPECT_EQ(say("250 taken\r\n"), "QUIT\r\n");
    EXPECT_TRUE(dialogue.is_delivered());
    EXPECT_TRUE(dialogue.is_parting());
    EXPECT_EQ(say("221 bye\r\n"), "");
    EXPECT_TRUE(dialogue.is_over());
    EXPECT_THAT(dialogue.complaints(), IsEmpty());
}

TEST_F(SmtpDialogueTest, AReplyMayHaveManyLinesAndComeInPieces) {
    EXPECT_EQ(say("220-welcome\r\n220-to this\r\n220"), "");
    EXPECT_EQ(say(" server\r"), "");
    EXPECT_EQ(say("\n"), "HELO router.example\r\n");
    EXPECT_EQ(say("250\n"), "MAIL FROM:<router@example.org>\r\n") << "no text, and a bare line feed";
}

TEST_F(SmtpDialogueTest, ARefusedRecipientDoesNotKeepTheMailFromTheOthers) {
    introduce();
    say("250 ok\r\n");
    EXPECT_EQ(say("550 5.1.1 no such user\r\n"), "RCPT TO:<second@example.org>\r\n");
    EXPECT_EQ(say("250 ok\r\n"), "DATA\r\n");
    say("354 go on\r\n");
    say("250 taken\r\n");
    EXPECT_TRUE(dialogue.is_delivered());
    EXPECT_THAT(dialogue.complaints(),
                ElementsAre("RCPT TO:<first@example.org> was answered 550 5.1.1 no such user"));
}

TEST_F(SmtpDialogueTest, WithoutAnyRecipientThereIsNoData) {
    introduce();
    say("250 ok\r\n");
    say("550 no\r\n");
    EXPECT_EQ(say("550 no\r\n"), "QUIT\r\n");
    EXPECT_FALSE(dialogue.is_delivered());
    EXPECT_THAT(dialogue.complaints(), SizeIs(2));
}

TEST_F(SmtpDialogueTest, ARefusalAtAnyOtherStepEndsItPolitely) {
    const std::vector<std::string> good = {"220 hi", "250 hello", "250 ok", "250 ok",
                                           "250 ok", "354 go",    "250 ok"};
    for (size_t refused = 0; refused < good.size(); ++refused) {
        if (refused == 3 || refused == 4) continue;  // Recipients, see above.
        SmtpDialogue one({"h", "a@b", {"c@d", "e@f"}, "m\r\n"});
        std::string out;
        for (size_t i = 0; i <= refused; ++i) {
            out.clear();
            const std::string line = (i == refused ? "421 busy" : good[i]) + "\r\n";
            one.received({reinterpret_cast<const uint8_t*>(line.data()), line.size()}, out);
        }
        EXPECT_EQ(out, "QUIT\r\n") << refused;
        EXPECT_FALSE(one.is_delivered()) << refused;
        ASSERT_THAT(one.complaints(), SizeIs(1)) << refused;
        EXPECT_THAT(one.complaints()[0], HasSubstr("was answered 421 busy")) << refused;
    }
}

TEST_F(SmtpDialogueTest, AnEarlyCloseIsAComplaintUnlessAllIsSaid) {
    introduce();
    dialogue.closed();
    EXPECT_TRUE(dialogue.is_over());
    EXPECT_THAT(dialogue.complaints(), ElementsAre("the server closed the connection without an answer to "
                                                   "MAIL FROM:<router@example.org>"));

    SmtpDialogue told({"h", "a@b", {"c@d"}, "m\r\n"});
    std::string out;
    const std::string_view all = "220 a\r\n250 b\r\n250 c\r\n250 d\r\n354 e\r\n250 f\r\n";
    told.received({reinterpret_cast<const uint8_t*>(all.data()), all.size()}, out);
    told.closed();
    EXPECT_TRUE(told.is_delivered());
    EXPECT_THAT(told.complaints(), IsEmpty());
}

TEST_F(SmtpDialogueTest, SilenceIsAComplaint) {
    dialogue.timed_out();
    EXPECT_TRUE(dialogue.is_over());
    EXPECT_THAT(dialogue.complaints(), ElementsAre("no answer to the connection in time"));
}

TEST_F(SmtpDialogueTest, GarbageEndsItAndIsQuotedSafely) {
    EXPECT_EQ(say("SSH-2.0-\x01\x1b[2J\r\n220 late\r\n"), "");
    EXPECT_TRUE(dialogue.is_over());
    EXPECT_THAT(dialogue.complaints(), ElementsAre("the reply to the connection is not SMTP: SSH-2.0-??[2J"));
}

TEST_F(SmtpDialogueTest, AReplyWithoutAnEndIsGivenUp) {
    EXPECT_EQ(say(std::string(SmtpDialogue::kMaxReply, '2')), "");
    EXPECT_FALSE(dialogue.is_over());
    say("2");
    EXPECT_TRUE(dialogue.is_over());

    SmtpDialogue many({"h", "a@b", {"c@d"}, "m\r\n"});
    std::string out;
    const std::string_view line = "220-more\r\n";
    for (int i = 0; i < 1000 && !many.is_over(); ++i) {
        many.received({reinterpret_cast<const uint8_t*>(line.data()), line.size()}, out);
    }
    EXPECT_TRUE(many.is_over());
}

TEST_F(SmtpDialogueTest, AnAddressCannotBringItsOwnCommands) {
    SmtpDialogue one({"h", "a@b\r\nRSET", {"c@d"}, "m\r\n"});
    std::string out;
    const std::string_view text = "220 a\r\n250 b\r\n";
    one.received({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, out);
    EXPECT_THAT(out, testing::EndsWith("MAIL FROM:<a@bRSET>\r\n"));
}

}  // namespace
}  // namespace holdfast::agents
