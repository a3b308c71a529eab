#include "holdfast/agents/json_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::agents {
namespace {

using namespace std::chrono_literals;

TEST(JsonText, WritesNestedValuesWithTheirCommas) {
    std::string text;
    JsonText json(text);
    json.open_object().text("name", "VI_1").number("vrid", 51).key("list").open_array();
    json.text("a").null().flag(true).number(-3).close_array();
    json.key("empty").open_object().close_object().seconds("age", 1500ms).null("nothing").close_object();
    EXPECT_EQ(
        text,
        R"({"name":"VI_1","vrid":51,"list":["a",null,true,-3],"empty":{},"age":1.500000,"nothing":null})");
}

TEST(JsonText, AnyBytesBecomeAStringThatCanBeRead) {
    using namespace std::string_literals;
    const std::string bytes = "q\" b\\ n\n t\t nul\0 del\x7f bad\xff cut\xe2\x82 over\xc0\xaf \xe2\x82\xac"s;
    std::string text;
    append_json_string(text, bytes);
    const auto value = nlohmann::json::parse(text, nullptr, false);
    ASSERT_TRUE(value.is_string()) << text;
    const std::string back = value.get<std::string>();
    EXPECT_NE(back.find("q\" b\\ n\n t\t nul"), std::string::npos);
    EXPECT_NE(
        back.find("bad\xef\xbf\xbd cut\xef\xbf\xbd\xef\xbf\xbd over\xef\xbf\xbd\xef\xbf\xbd \xe2\x82\xac"),
        std::string::npos);
}

TEST(JsonText, EveryTwoBytesCanBeRead) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            std::string text;
            append_json_string(text, std::string{static_cast<char>(first), static_cast<char>(second)});
            ASSERT_TRUE(nlohmann::json::accept(text)) << first << ' ' << second;
        }
    }
}

}  // namespace
}  // namespace holdfast::agents
