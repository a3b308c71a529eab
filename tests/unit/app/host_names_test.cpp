#include "holdfast/app/host_names.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

class HostNamesTest : public testing::Test {
  protected:
    int asked = 0;
    std::string canonical = "node.example.org";
    HostNames names{[this] {
                        ++asked;
                        return canonical;
                    },
                    "node", "root"};
    config::GlobalSettings global;
};

TEST_F(HostNamesTest, TheRouterIdIsTheNameOfTheMachine) {
    names.complete(global, true);
    EXPECT_EQ(global.router_id, "node.example.org");
    EXPECT_EQ(global.mail.helo_name, "");  // Nobody is sent any mail.
}

TEST_F(HostNamesTest, MailsComeFromTheUserAtTheMachine) {
    global.mail.server_name = "10.0.0.1";
    names.complete(global, true);
    EXPECT_EQ(global.mail.helo_name, "node.example.org");
    EXPECT_EQ(global.mail.from, "root@node.example.org");
}

TEST_F(HostNamesTest, WhatIsConfiguredStaysAndNothingIsAsked) {
    global.router_id = "R1";
    global.mail.server_name = "10.0.0.1";
    global.mail.helo_name = "helo";
    global.mail.from = "me@example.org";
    names.complete(global, true);
    EXPECT_EQ(global.router_id, "R1");
    EXPECT_EQ(global.mail.helo_name, "helo");
    EXPECT_EQ(global.mail.from, "me@example.org");
    EXPECT_EQ(asked, 0);
}

TEST_F(HostNamesTest, AReloadDoesNotWaitForANameServer) {
    names.complete(global, false);
    EXPECT_EQ(global.router_id, "node");
    EXPECT_EQ(asked, 0);
}

TEST_F(HostNamesTest, WhatWasAskedAtTheStartIsRemembered) {
    names.complete(global, true);
    config::GlobalSettings reloaded;
    names.complete(reloaded, false);
    EXPECT_EQ(reloaded.router_id, "node.example.org");
    EXPECT_EQ(asked, 1);
}

TEST_F(HostNamesTest, WithoutACanonicalNameThePlainOneServes) {
    canonical.clear();
    names.complete(global, true);
    EXPECT_EQ(global.router_id, "node");
}

}  // namespace
}  // namespace holdfast::app
