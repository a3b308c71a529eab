#include "holdfast/ctl/json_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::ctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TakeListOut, GivesTheElementsAndTheRest) {
    const std::string text = R"({"a":[1,2],"list":[{"x":[1,{"y":2}]},{"z":"]}"},3],"b":{"list":[4]}})";
    const auto taken = take_list_out(text, "list");
    ASSERT_TRUE(taken);
    EXPECT_THAT(taken->elements, ElementsAre(R"({"x":[1,{"y":2}]})", R"({"z":"]}"})", "3"));
    EXPECT_EQ(taken->rest, R"({"a":[1,2],"list":[],"b":{"list":[4]}})");
}

TEST(TakeListOut, AnEmptyListHasNoElements) {
    const auto taken = take_list_out(R"({"list":[]})", "list");
    ASSERT_TRUE(taken);
    EXPECT_THAT(taken->elements, IsEmpty());
    EXPECT_EQ(taken->rest, R"({"list":[]})");
}

TEST(TakeListOut, StringsMayLookLikeAnything) {
    const auto taken = take_list_out(R"({"s":"\"list\":[1,2]\\","list":["a\"],[","\\"]})", "list");
    ASSERT_TRUE(taken);
    EXPECT_THAT(taken->elements, ElementsAre(R"("a\"],[")", R"("\\")"));
}

TEST(TakeListOut, OnlyAMemberOfTheOutermostObjectCounts) {
    EXPECT_FALSE(take_list_out(R"({"a":{"list":[1]}})", "list"));
    EXPECT_FALSE(take_list_out(R"({"list":5})", "list"));
}

TEST(TakeListOut, WhatIsCutOffIsNoList) {
    const std::string text = R"({"list":[{"a":"b\"c"},2]})";
    for (size_t length = 0; length + 1 < text.size(); ++length)
        EXPECT_FALSE(take_list_out(text.substr(0, length), "list")) << length;
}

}  // namespace
}  // namespace holdfast::ctl
