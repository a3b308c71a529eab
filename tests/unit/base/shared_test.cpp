#include "holdfast/base/shared.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

struct Generation {
    std::string name;
    std::vector<int> numbers;
};

TEST(SharedTest, TakesAPlainValueAndReadsAsOne) {
    const Shared<std::string> shared = std::string("web");
    const std::string& value = shared;
    EXPECT_EQ(value, "web");
    EXPECT_EQ(shared->size(), 3U);
    EXPECT_TRUE(Shared<std::string>()->empty());
}

TEST(SharedTest, CopiesAreTheSameValue) {
    const Shared<std::string> shared = std::string("web");
    const Shared<std::string> copy = shared;  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(&*copy, &*shared);
}

TEST(SharedTest, EqualValuesAreEqualWhereverTheyAre) {
    const Shared<std::string> one = std::string("web");
    EXPECT_EQ(one, Shared<std::string>(std::string("web")));
    EXPECT_FALSE(one == Shared<std::string>(std::string("mail")));
}

TEST(SharedTest, APartIsNoCopyAndKeepsTheWholeAlive) {
    Shared<Generation> whole = Generation{"first", {1, 2, 3}};
    const Shared<std::string> name = whole.part(whole->name);
    const std::vector<Shared<int>> numbers = whole.parts(whole->numbers);
    EXPECT_EQ(&*name, &whole->name);
    whole = Generation{"second", {}};
    EXPECT_EQ(*name, "first");
    ASSERT_EQ(numbers.size(), 3U);
    EXPECT_EQ(*numbers[2], 3);
}

}  // namespace
}  // namespace holdfast
