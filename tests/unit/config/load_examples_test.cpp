// Every example of the compatibility list loads, and its dump says the same again.
#include "holdfast/config/diff.hpp"
#include "holdfast/config/dump.hpp"
#include "keyword_examples.hpp"

namespace holdfast::config {
namespace {

class LoadExamples : public testing::Test {
  protected:
    LoadResult load(const std::string& text) {
        MemoryFiles files;
        files.add("/etc/keepalived/keepalived.conf", text);
        return config::load({}, files, environment);
    }
    static std::string reports(const LoadResult& result) { return render(result.diagnostics); }

    GenerousEnvironment environment;
};

TEST_F(LoadExamples, OfTheCompatibilityListLoad) {
    const std::vector<Example> examples = compatibility_examples();
    if (examples.empty()) GTEST_SKIP() << "the compatibility list is not on this machine";
    // Obsolete forms are reported as keepalived reports them; vrf contradicts the interface that was named.
    const std::set<std::string> reported = {"global_defs/vrrp_vmac_garp_intvl",
                                            "vrrp_sync_group/global_tracking",
                                            "vrrp_instance/vrf",
                                            "vrrp_instance/linkbeat_use_polling",
                                            "vrrp_instance/virtual_routes/<entry>/gw",
                                            "vrrp_instance/virtual_routes/<entry>/or",
                                            "vrrp_instance/lvs_sync_daemon_interface",
                                            "vrrp_instance/thread_timer_expired",
                                            "vrrp_instance/vmac_garp_intvl",
                                            "virtual_server/real_server/HTTP_GET/nb_get_retry",
                                            "virtual_server/real_server/SSL_GET/nb_get_retry"};
    for (const Example& example : examples) {
        const LoadResult result = load(example.text);
        EXPECT_EQ(result.test_exit_code, reported.contains(example.path) ? 5 : 0)
            << example.path << "\n"
            << reports(result) << example.text;
        EXPECT_TRUE(result.config.has_value()) << example.path << "\n" << reports(result);
    }
}

TEST_F(LoadExamples, OfTheCompatibilityListSurviveADump) {
    const std::vector<Example> examples = compatibility_examples();
    if (examples.empty()) GTEST_SKIP() << "the compatibility list is not on this machine";
    for (const Example& example : examples) {
        const LoadResult result = load(example.text);
        if (!result.config) continue;
        const std::string text = dump(*result.config);
        const LoadResult again = load(text);
        ASSERT_TRUE(again.config.has_value()) << example.path << "\n" << reports(again) << text;
        EXPECT_TRUE(diff(*result.config, *again.config).empty()) << example.path << "\n"
                                                                 << reports(again) << text;
        EXPECT_EQ(dump(*again.config), text) << example.path;
    }
}

}  // namespace
}  // namespace holdfast::config
