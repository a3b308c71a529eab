#include "holdfast/config/words.hpp"

#include <gtest/gtest.h>

namespace holdfast::config {
namespace {

using Texts = std::vector<std::string>;

TEST(ReadQuoted, GroupsWithBothQuotesAndKeepsEscapes) {
    EXPECT_EQ(*read_quoted("a 'b c' \"d 'e\" f\\ g"), (Texts{"a", "b c", "d 'e", "f\\ g"}));
    EXPECT_EQ(*read_quoted("x'a b'y"), (Texts{"xa by"}));
    EXPECT_EQ(*read_quoted("\"a \\\" b\""), (Texts{"a \\\" b"}));
    EXPECT_EQ(*read_quoted("''"), (Texts{""}));
    EXPECT_EQ(*read_quoted("  "), (Texts{}));
}

TEST(ReadQuoted, FailsOnAnOpenQuoteOrALastBackslash) {
    EXPECT_FALSE(read_quoted("a 'b"));
    EXPECT_FALSE(read_quoted("a \"b"));
    EXPECT_FALSE(read_quoted("a \\"));
}

TEST(ReadEscaped, ReplacesNamedEscapes) {
    EXPECT_EQ(*read_escaped("\\a\\b\\E\\f\\n\\r\\t\\v"), (Texts{"\a\b\x1b\f\n\r\t\v"}));
    EXPECT_EQ(*read_escaped("\\z\\\\\\ \\'\\\""), (Texts{"z\\ '\""}));
}

TEST(ReadEscaped, ReplacesNumbers) {
    EXPECT_EQ(*read_escaped("\\101\\60\\7x"), (Texts{"A0\ax"}));
    EXPECT_EQ(*read_escaped("\\1011"), (Texts{"A1"}));
    EXPECT_EQ(*read_escaped("\\x41\\x4g\\x4G\\xzz"), (Texts{"A\x04g\x04Gxzz"}));
    EXPECT_EQ(*read_escaped("\\cA\\c?"), (Texts{"\x01\x1f"}));
    EXPECT_EQ(*read_escaped("\\8"), (Texts{"8"}));
    // Nothing may be read behind the end.
    EXPECT_EQ(*read_escaped("\\x"), (Texts{"x"}));
    EXPECT_EQ(*read_escaped("\\x4"), (Texts{"\x04"}));
    EXPECT_EQ(*read_escaped("\\c"), (Texts{"c"}));
    EXPECT_EQ(*read_escaped("\\1"), (Texts{"\x01"}));
}

TEST(ReadEscaped, ReplacesInsideQuotesToo) {
    EXPECT_EQ(*read_escaped("'a\\'b' \"c\\\"d\""), (Texts{"a'b", "c\"d"}));
}

// The nested form: one outer pair of double quotes, arguments protected inside.
TEST(SplitCommand, ReadsTheExampleOfTheManual) {
    auto line = split_command(R"("/etc/ka/m.sh M \x41 '\"q\"' \"d q\" plain")");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->argv, (Texts{"/etc/ka/m.sh", "M", "A", "\"q\"", "\"d", "q\"", "plain"}));
    EXPECT_EQ(line->extra, Texts{});
}

TEST(SplitCommand, TakesFurtherWordsForUserAndGroup) {
    auto line = split_command("\"/bin/notify a b\" nobody daemon");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->argv, (Texts{"/bin/notify", "a", "b"}));
    EXPECT_EQ(line->extra, (Texts{"nobody", "daemon"}));
    EXPECT_EQ(*split_command("/bin/true"), (CommandLine{{"/bin/true"}, {}}));
}

TEST(SplitCommand, SplitsTheCommandAtBlanksOutsideSingleQuotes) {
    EXPECT_EQ(split_command("\"a 'b c' d\"")->argv, (Texts{"a", "b c", "d"}));
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
