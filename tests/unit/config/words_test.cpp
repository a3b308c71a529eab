#include "holdfast/config/words.hpp"

#include <gtest/gtest.h>

namespace holdfast::config {
namespace {

using Words = std::vector<std::string>;

TEST(ReadQuoted, GroupsWithBothQuotesAndKeepsEscapes) {
    EXPECT_EQ(*read_quoted("a 'b c' \"d 'e\" f\\ g"), (Words{"a", "b c", "d 'e", "f\\ g"}));
    EXPECT_EQ(*read_quoted("x'a b'y"), (Words{"xa by"}));
    EXPECT_EQ(*read_quoted("\"a \\\" b\""), (Words{"a \\\" b"}));
    EXPECT_EQ(*read_quoted("''"), (Words{""}));
    EXPECT_EQ(*read_quoted("  "), (Words{}));
}

TEST(ReadQuoted, FailsOnAnOpenQuoteOrALastBackslash) {
    EXPECT_FALSE(read_quoted("a 'b"));
    EXPECT_FALSE(read_quoted("a \"b"));
    EXPECT_FALSE(read_quoted("a \\"));
}

TEST(ReadEscaped, ReplacesNamedEscapes) {
    EXPECT_EQ(*read_escaped("\\a\\b\\E\\f\\n\\r\\t\\v"), (Words{"\a\b\x1b\f\n\r\t\v"}));
    EXPECT_EQ(*read_escaped("\\z\\\\\\ \\'\\\""), (Words{"z\\ '\""}));
}

TEST(ReadEscaped, ReplacesNumbers) {
    EXPECT_EQ(*read_escaped("\\101\\60\\7x"), (Words{"A0\ax"}));
    EXPECT_EQ(*read_escaped("\\1011"), (Words{"A1"}));
    EXPECT_EQ(*read_escaped("\\x41\\x4g\\x4G\\xzz"), (Words{"A\x04g\x04Gxzz"}));
    EXPECT_EQ(*read_escaped("\\cA\\c?"), (Words{"\x01\x1f"}));
    EXPECT_EQ(*read_escaped("\\8"), (Words{"8"}));
    // Nothing may be read behind the end.
    EXPECT_EQ(*read_escaped("\\x"), (Words{"x"}));
    EXPECT_EQ(*read_escaped("\\x4"), (Words{"\x04"}));
    EXPECT_EQ(*read_escaped("\\c"), (Words{"c"}));
    EXPECT_EQ(*read_escaped("\\1"), (Words{"\x01"}));
}

TEST(ReadEscaped, ReplacesInsideQuotesToo) {
    EXPECT_EQ(*read_escaped("'a\\'b' \"c\\\"d\""), (Words{"a'b", "c\"d"}));
}

// The nested form: one outer pair of double quotes, arguments protected inside.
TEST(SplitCommand, ReadsTheExampleOfTheManual) {
    auto line = split_command(R"("/etc/ka/m.sh M \x41 '\"q\"' \"d q\" plain")");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->argv, (Words{"/etc/ka/m.sh", "M", "A", "\"q\"", "\"d", "q\"", "plain"}));
    EXPECT_EQ(line->extra, Words{});
}

TEST(SplitCommand, TakesFurtherWordsForUserAndGroup) {
    auto line = split_command("\"/bin/notify a b\" nobody daemon");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->argv, (Words{"/bin/notify", "a", "b"}));
    EXPECT_EQ(line->extra, (Words{"nobody", "daemon"}));
    EXPECT_EQ(*split_command("/bin/true"), (CommandLine{{"/bin/true"}, {}}));
}

TEST(SplitCommand, SplitsTheCommandAtBlanksOutsideSingleQuotes) {
    EXPECT_EQ(split_command("\"a 'b c' d\"")->argv, (Words{"a", "b c", "d"}));
}

TEST(SplitCommand, FailsWithoutACommand) {
    EXPECT_FALSE(split_command(""));
    EXPECT_FALSE(split_command("\"\""));
    EXPECT_FALSE(split_command("\" \" nobody"));
    EXPECT_FALSE(split_command("\"a 'b\""));
    EXPECT_FALSE(split_command("\"a"));
}

}  // namespace
}  // namespace holdfast::config
