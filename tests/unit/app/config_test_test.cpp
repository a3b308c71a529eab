// The JSON of `-t --json`: editors and CI parse it, so its members are a promise (docs/diagnostics.md).
#include "holdfast/app/config_test.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::app {
namespace {

using Json = nlohmann::json;

config::LoadResult sample() {
    config::LoadResult loaded;
    config::Diagnostic diagnostic;
    diagnostic.report_class = config::ReportClass::unknown_keyword;
    diagnostic.message = "unknown keyword prioriti";
    diagnostic.span = {{"/etc/ka/more.conf", 12, 5}, 8};
    diagnostic.source_line = "    prioriti 200";
    diagnostic.suggestion = "priority";
    diagnostic.advice = "write:\n    priority 200";
    diagnostic.note = config::Note{"first defined here", {{"a.conf", 3, 2}, 3}, "\tfoo bar"};
    diagnostic.included_from = {{"/etc/ka/keepalived.conf", 7, 1}};
    loaded.diagnostics.add(diagnostic);
    loaded.files = {"/etc/ka/keepalived.conf", "/etc/ka/more.conf"};
    loaded.test_exit_code = 5;
    loaded.config.emplace();
    return loaded;
}

TEST(ConfigTestJson, NamesVerdictFilesAndEveryPartOfADiagnostic) {
    const Json json = Json::parse(config_test_json(sample(), false));
    EXPECT_EQ(json["version"], 1);
    EXPECT_EQ(json["verdict"], "reported");
    EXPECT_EQ(json["exit_code"], 5);
    EXPECT_EQ(json["files"], Json({"/etc/ka/keepalived.conf", "/etc/ka/more.conf"}));
    EXPECT_EQ(json["errors"], 1);
    EXPECT_EQ(json["warnings"], 0);
    EXPECT_EQ(json["not_listed"], 0);
    EXPECT_FALSE(json.contains("configuration"));
    ASSERT_EQ(json["diagnostics"].size(), 1U);
    EXPECT_EQ(json["diagnostics"][0], Json::parse(R"({
        "severity": "error", "class": "unknown_keyword", "file": "/etc/ka/more.conf", "line": 12, "column": 5,
        "end_column": 13, "text": "unknown keyword prioriti", "source": "    prioriti 200",
        "suggestion": "priority", "advice": ["write:", "    priority 200"],
        "notes": [{"file": "a.conf", "line": 3, "column": 2, "end_column": 5, "text": "first defined here",
                   "source": "\tfoo bar"}],
        "included_from": [{"file": "/etc/ka/keepalived.conf", "line": 7, "column": 1}]})"));
}

TEST(ConfigTestJson, IsCleanWithoutReportsAndRefusedWhenNothingCanRun) {
    config::LoadResult loaded;
    loaded.config.emplace();
    EXPECT_EQ(Json::parse(config_test_json(loaded, false))["verdict"], "clean");
    config::Diagnostic remark;
    remark.severity = config::Severity::remark;
    loaded.diagnostics.add(remark);
    EXPECT_EQ(Json::parse(config_test_json(loaded, false))["verdict"], "clean");
    loaded.fatal = true;
    loaded.config.reset();
    const Json json = Json::parse(config_test_json(loaded, true));
    EXPECT_EQ(json["verdict"], "refused");
    EXPECT_TRUE(json["configuration"].is_null());
}

TEST(ConfigTestJson, StaysJsonWhateverBytesTheFileHas) {
    config::LoadResult loaded = sample();
    config::Diagnostic garbage;
    garbage.message = "unknown keyword \xff\xfe";
    garbage.source_line = "\x01\xc3\x28";
    loaded.diagnostics.add(garbage);
    EXPECT_TRUE(Json::accept(config_test_json(loaded, false)));
}

TEST(ConfigTestJson, ShowsTheConfigurationAsATree) {
    config::LoadResult loaded = sample();
    loaded.config->global.router_id = "node 1";
    loaded.config->linkbeat_interfaces = {"eth0"};
    loaded.config->linkbeat_methods["eth0"] = config::LinkbeatMethod::mii;
    const Json tree = Json::parse(config_test_json(loaded, true))["configuration"];
    const Json expected = Json::parse(
        R"({"keyword": "global_defs", "words": [], "block": [{"keyword": "router_id", "words": ["node 1"]}]})");
    EXPECT_NE(std::find(tree.begin(), tree.end(), expected), tree.end()) << tree.dump(2);
}

}  // namespace
}  // namespace holdfast::app
