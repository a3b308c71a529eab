#include "holdfast/base/rare.hpp"

#include <gmock/gmock.h>

namespace holdfast {
namespace {

using testing::ElementsAre;

TEST(RareListTest, IsAPointerAndReadsAsAnEmptyVector) {
    const RareList<int> list;
    EXPECT_EQ(sizeof list, sizeof(void*));
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.begin(), list.end());
    const std::vector<int>& vector = list;
    EXPECT_TRUE(vector.empty());
}

TEST(RareListTest, GrowsAndShrinks) {
    RareList<int> list;
    for (const int& value : list) FAIL() << value;  // Nothing to change.
    list.push_back(1);
    list.emplace_back(2);
    for (int& value : list) value *= 10;
    EXPECT_THAT(list, ElementsAre(10, 20));
    EXPECT_EQ(list[1], 20);
    list.erase_if([](int value) { return value == 10; });
    EXPECT_THAT(list, ElementsAre(20));
    list.erase_if([](int) { return true; });
    EXPECT_TRUE(list.empty());
}

TEST(RareListTest, CopiesAreIndependentAndEqual) {
    const RareList<int> list{1, 2};
    RareList<int> copy = list;
    EXPECT_EQ(copy, list);
    copy.push_back(3);
    EXPECT_FALSE(copy == list);
    EXPECT_EQ(list.size(), 2U);
    EXPECT_EQ(RareList<int>(), RareList<int>({}));
}

}  // namespace
}  // namespace holdfast
