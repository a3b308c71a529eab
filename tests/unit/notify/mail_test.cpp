#include "holdfast/notify/mail.hpp"

#include <gtest/gtest.h>

namespace holdfast::notify {
namespace {

TEST(TransitionMail, NamesRouterSubjectAndState) {
    EXPECT_EQ(transition_mail(Subject::instance, "VI_1", Word::master, "lb1"),
              (MailText{"[lb1] VRRP Instance VI_1 - Entering MASTER state",
                        "=> VRRP Instance is now owning VRRP VIPs <="}));
    EXPECT_EQ(transition_mail(Subject::group, "G", Word::fault, "lb1"),
              (MailText{"[lb1] VRRP Group G - Entering FAULT state",
                        "=> All VRRP group instances are now in FAULT state <="}));
    EXPECT_EQ(transition_mail(Subject::instance, "VI_1", Word::stop, "lb1")->subject,
              "[lb1] VRRP Instance VI_1 - Stopping");
}

TEST(TransitionMail, SaysNothingAboutPrioritiesAndDeletedGroups) {
    EXPECT_EQ(transition_mail(Subject::instance, "V", Word::backup_priority, "r"), std::nullopt);
    EXPECT_EQ(transition_mail(Subject::instance, "V", Word::master_rx_lower_pri, "r"), std::nullopt);
    EXPECT_EQ(transition_mail(Subject::group, "G", Word::deleted, "r"), std::nullopt);
    EXPECT_NE(transition_mail(Subject::instance, "V", Word::deleted, "r"), std::nullopt);
}

TEST(ServerMail, HasServerAndState) {
    EXPECT_EQ(real_server_mail("[10.0.0.2]:tcp:80", "FWM 5", false, "r", "=> TCP CHECK failed on service <=")
                  .subject,
              "[r] Realserver [10.0.0.2]:tcp:80 of virtual server FWM 5 - DOWN");
    EXPECT_EQ(virtual_server_mail("FWM 5", true, "r", "x").subject, "[r] Virtualserver FWM 5 - UP");
}

TEST(MailMessage, HasFoldedRecipientsAndCrlfLines) {
    MailSettings settings;
    settings.from = "ka@example.org";
    settings.recipients = {"a@example.org", "b@example.org"};
    EXPECT_EQ(mail_message(settings, {"subject", "=> body <="}, "Mon, 01 Mar 2021 09:44:08 +0000"),
              "Date: Mon, 01 Mar 2021 09:44:08 +0000\r\nFrom: ka@example.org\r\nSubject: subject\r\n"
              "X-Mailer: Keepalived\r\nTo: a@example.org,\r\n b@example.org\r\n\r\n=> body <=\r\n\r\n");
}

TEST(MailMessage, NeitherHeaderNorBodyCanBeBrokenOutOf) {
    MailSettings settings;
    settings.recipients = {"a"};
    const auto message = mail_message(settings, {"s\r\nBcc: x", ".\n..\nlast"}, "d");
    EXPECT_NE(message.find("Subject: s  Bcc: x\r\n"), message.npos);
    EXPECT_NE(message.find("\r\n\r\n..\r\n...\r\nlast\r\n"), message.npos);
}

}  // namespace
}  // namespace holdfast::notify
