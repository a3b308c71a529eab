#include "holdfast/io/shared_library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace holdfast::io {
namespace {

using ::testing::HasSubstr;
using Function = double (*)(double);

TEST(SharedLibrary, FindsWhatTheLibraryHas) {
    SharedLibrary library("libm.so.6");
    Function magnitude = nullptr;
    library.find(magnitude, "fabs");
    ASSERT_TRUE(library.verdict());
    ASSERT_NE(magnitude, nullptr);
    EXPECT_EQ(magnitude(-3.0), 3.0);
}

TEST(SharedLibrary, NamesTheLibraryThatIsMissing) {
    SharedLibrary library("libholdfast-nowhere.so.1");
    Function magnitude = nullptr;
    library.find(magnitude, "fabs");
    EXPECT_EQ(magnitude, nullptr);
    ASSERT_FALSE(library.verdict());
    EXPECT_THAT(library.verdict().error().message, HasSubstr("libholdfast-nowhere.so.1"));
}

TEST(SharedLibrary, NamesTheFirstFunctionThatIsMissing) {
    SharedLibrary library("libm.so.6");
    Function absent = nullptr;
    Function magnitude = nullptr;
    library.find(absent, "holdfast_absent");
    library.find(magnitude, "fabs");
    library.find(absent, "holdfast_absent_too");
    EXPECT_EQ(absent, nullptr);
    EXPECT_NE(magnitude, nullptr);
    ASSERT_FALSE(library.verdict());
    const std::string message = library.verdict().error().message;
    EXPECT_THAT(message, HasSubstr("libm.so.6"));
    EXPECT_THAT(message, HasSubstr("holdfast_absent"));
    EXPECT_THAT(message, ::testing::Not(HasSubstr("too")));
}

}  // namespace
}  // namespace holdfast::io
