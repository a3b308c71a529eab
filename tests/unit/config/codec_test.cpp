#include "holdfast/config/codec.hpp"

#include <gtest/gtest.h>

#include "holdfast/config/words.hpp"

namespace holdfast::config {
namespace {

TEST(ParseInteger, TakesBothEndsOfTheRangeAndNothingBeyond) {
    EXPECT_EQ(parse_integer("1", 1, 255, Lenient::no).value, 1);
    EXPECT_EQ(parse_integer("255", 1, 255, Lenient::no).value, 255);
    EXPECT_FALSE(parse_integer("0", 1, 255, Lenient::yes).value);
    EXPECT_FALSE(parse_integer("256", 1, 255, Lenient::yes).value);
    EXPECT_EQ(parse_integer("256", 1, 255, Lenient::yes).problem, "is outside 1..255");
    EXPECT_EQ(parse_integer("-20", -20, 19, Lenient::no).value, -20);
}

TEST(ParseInteger, UsesTheBeginningOfGarbageOnlyWhenLenient) {
    const auto lenient = parse_integer("10x", 1, 255, Lenient::yes);
    EXPECT_EQ(lenient.value, 10);
    EXPECT_FALSE(lenient.problem.empty());
    const auto strict = parse_integer("10x", 1, 255, Lenient::no);
    EXPECT_FALSE(strict.value);
    EXPECT_FALSE(strict.problem.empty());
    EXPECT_FALSE(parse_integer("x", 0, 255, Lenient::yes).value);
    EXPECT_FALSE(parse_integer("", 0, 255, Lenient::yes).value);
}

TEST(ParseInteger, DoesNotWrapAround) {
    EXPECT_FALSE(parse_integer("18446744073709551617", 0, 255, Lenient::yes).value);
    EXPECT_FALSE(parse_integer("99999999999999999999999", 0, INT64_MAX, Lenient::yes).value);
    EXPECT_EQ(parse_unsigned("18446744073709551615", 0, UINT64_MAX, Lenient::no).value, UINT64_MAX);
}

TEST(ParseUnsigned, ReadsPrefixesOnlyWhereTheyAreAllowed) {
    EXPECT_EQ(parse_unsigned("0x10", 0, 255, Lenient::no, 0).value, 16U);
    EXPECT_EQ(parse_unsigned("010", 0, 255, Lenient::no, 0).value, 8U);
    EXPECT_EQ(parse_unsigned("010", 0, 255, Lenient::no).value, 10U);
    EXPECT_FALSE(parse_unsigned("0x10", 0, 255, Lenient::no).value);
    EXPECT_FALSE(parse_unsigned("-1", 0, 255, Lenient::yes).value);
}

TEST(ParseDecimal, ScalesByTheNumberOfDecimals) {
    EXPECT_EQ(parse_decimal("2.5", 0, UINT32_MAX, 3, Lenient::no).value, 2500U);
    EXPECT_EQ(parse_decimal("2", 0, UINT32_MAX, 3, Lenient::no).value, 2000U);
    EXPECT_EQ(parse_decimal(".5", 0, UINT32_MAX, 3, Lenient::no).value, 500U);
    EXPECT_FALSE(parse_decimal("1,5", 0, UINT32_MAX, 3, Lenient::no).value);
    EXPECT_FALSE(parse_decimal("-1", 0, UINT32_MAX, 3, Lenient::yes).value);
    EXPECT_FALSE(parse_decimal("0.0001", 1, UINT32_MAX, 3, Lenient::yes).value);
}

TEST(ParseDecimal, ReportsAndRoundsTooManyDecimals) {
    const auto result = parse_decimal("1.2345", 0, UINT32_MAX, 3, Lenient::no);
    EXPECT_EQ(result.value, 1235U);
    EXPECT_FALSE(result.problem.empty());
}

TEST(ParseDecimal, IsUndoneByFormatDecimal) {
    for (const char* text : {"0", "1", "2.5", "0.000001", "4294.967295", "10.01"}) {
        const auto parsed = parse_decimal(text, 0, UINT64_MAX, 6, Lenient::no);
        ASSERT_TRUE(parsed.value) << text;
        EXPECT_EQ(format_decimal(*parsed.value, 6), text);
    }
}

TEST(ParseBoolean, KnowsLowerCaseWordsOnly) {
    for (const char* text : {"on", "true", "yes"}) EXPECT_EQ(parse_boolean(text), true);
    for (const char* text : {"off", "false", "no"}) EXPECT_EQ(parse_boolean(text), false);
    for (const char* text : {"ON", "1", "", "enabled"}) EXPECT_FALSE(parse_boolean(text)) << text;
}

TEST(ParseAddress, CutsRangesAndMasksOff) {
    EXPECT_EQ(parse_address("10.0.0.1-5"), IpAddress::parse("10.0.0.1"));
    EXPECT_EQ(parse_address("10.0.0.1/24"), IpAddress::parse("10.0.0.1"));
    EXPECT_EQ(parse_address("2001:db8::1"), IpAddress::parse("2001:db8::1"));
    EXPECT_FALSE(parse_address("host"));
}

TEST(ParseHex, TakesBlanksLoneDigitsAndWildcards) {
    EXPECT_EQ(parse_hex("01 02 0a ff", nullptr), (std::vector<uint8_t>{1, 2, 10, 255}));
    EXPECT_EQ(parse_hex("1 2", nullptr), (std::vector<uint8_t>{1, 2}));
    EXPECT_FALSE(parse_hex("0g", nullptr));
    EXPECT_FALSE(parse_hex("xx", nullptr));
    std::vector<uint8_t> mask;
    EXPECT_EQ(parse_hex("01 xx 0A x", &mask), (std::vector<uint8_t>{1, 0, 10, 0}));
    EXPECT_EQ(mask, (std::vector<uint8_t>{0xff, 0, 0xff, 0xf0}));
    EXPECT_TRUE(parse_hex("01", &mask));
    EXPECT_TRUE(mask.empty());
}

TEST(EscapedArgument, SurvivesBothReadersOfCommands) {
    for (const std::string argument :
         {"plain", "two words", "it's", "a \"quote\"", "back\\slash", "", "tab\there", "\x1b[0m"}) {
        const auto words = read_quoted("\"" + escaped_argument(argument) + "\"");
        ASSERT_TRUE(words) << argument;
        const auto arguments = read_escaped(words->front());
        ASSERT_TRUE(arguments) << argument;
        EXPECT_EQ(*arguments, std::vector<std::string>{argument});
    }
}

TEST(ValidInterfaceName, FollowsTheKernel) {
    EXPECT_TRUE(valid_interface_name("eth0.100"));
    EXPECT_TRUE(valid_interface_name("123456789012345"));
    for (const char* name : {"", ".", "..", "a/b", "a:b", "a b", "1234567890123456"})
        EXPECT_FALSE(valid_interface_name(name)) << name;
}

}  // namespace
}  // namespace holdfast::config
