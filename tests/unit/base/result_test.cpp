#include "holdfast/base/result.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "holdfast/base/require.hpp"

namespace holdfast {
namespace {

TEST(Result, AFailureCarriesItsMessageAndWhereItWasRaised) {
    const Result<int> result = fail("300 is outside 1..255");
    const int line = __LINE__ - 1;
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "300 is outside 1..255");
    EXPECT_EQ(result.error().os_error, 0);
    EXPECT_EQ(result.error().raised.line, line);
    EXPECT_NE(std::string(result.error().raised.file).find("result_test.cpp"), std::string::npos);
}

TEST(Result, ASystemFailureNamesTheReasonAndKeepsTheNumber) {
    const Result<> result = fail_errno("open /x", ENOENT);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "open /x: No such file or directory");
    EXPECT_EQ(result.error().os_error, ENOENT);
}

TEST(Require, PassesWhatHoldsAndAbortsOtherwiseNamingTheRule) {
    require(true, "this holds");
    EXPECT_DEATH(require(false, "a watch outlives nothing"),
                 "result_test.cpp:[0-9]+: broken rule: a watch outlives nothing");
}

}  // namespace
}  // namespace holdfast
