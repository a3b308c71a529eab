#include "holdfast/app/secrets.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

TEST(WithoutSecrets, KeepsEverythingButTheValues) {
    EXPECT_EQ(without_secrets("vrrp_instance A {\n  auth_hmac {\n    key 1 hex:00ff\n    active_key 1\n  }\n"
                              "  authentication {\n    auth_type PASS\n    auth_pass \"a b\"\n  }\n}\n"),
              "vrrp_instance A {\n  auth_hmac {\n    key (not shown)\n    active_key 1\n  }\n"
              "  authentication {\n    auth_type PASS\n    auth_pass (not shown)\n  }\n}\n");
    EXPECT_EQ(without_secrets("SSL {\n  password x\n  keyfile /k\n}"),
              "SSL {\n  password (not shown)\n  keyfile /k\n}");
    EXPECT_EQ(without_secrets(""), "");
    EXPECT_EQ(without_secrets("\n\n  key"), "\n\n  key");
}

}  // namespace
}  // namespace holdfast::app
