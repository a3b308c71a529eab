#include "holdfast/config/lexer.hpp"

#include <gtest/gtest.h>

namespace holdfast::config {
namespace {

TEST(StripComment, EndsAtHashOrBangAlsoInsideAWord) {
    EXPECT_EQ(strip_comment("  priority 100#x").text, "priority 100");
    EXPECT_EQ(strip_comment("priority 100 ! x").text, "priority 100");
    EXPECT_EQ(strip_comment("# all of it").text, "");
}

TEST(StripComment, LeavesQuotedSignsAlone) {
    EXPECT_EQ(strip_comment("a \"b # c\" d # e").text, "a \"b # c\" d");
    EXPECT_EQ(strip_comment("a 'b # c'").text, "a 'b");
}

TEST(StripComment, LeavesEscapedSignsAloneAndEscaped) {
    EXPECT_EQ(strip_comment("a \\# b \\! c # d").text, "a \\# b \\! c");
    // The first backslash escapes the second.
    EXPECT_EQ(strip_comment("a \\\\# b").text, "a \\\\");
}

TEST(StripComment, ReportsTheQuoteThatStaysOpen) {
    EXPECT_EQ(strip_comment("a \"b c").open_quote, 2U);
    EXPECT_EQ(strip_comment("a \"b\" \"c").open_quote, 6U);
    EXPECT_EQ(strip_comment("a \"b\"").open_quote, std::string_view::npos);
    EXPECT_EQ(strip_comment("a \"b \\\" c\"").open_quote, std::string_view::npos);
    EXPECT_EQ(strip_comment("a \"b # c").text, "a \"b # c");
}

TEST(FindBrace, SkipsQuotedOnes) {
    EXPECT_EQ(find_brace("V1{"), 2U);
    EXPECT_EQ(find_brace("a \"{\" }"), 6U);
    EXPECT_EQ(find_brace("a \"{\""), std::string_view::npos);
    EXPECT_EQ(find_brace("a \"b {"), std::string_view::npos);
    EXPECT_EQ(find_brace("{ {", 1), 2U);
    EXPECT_EQ(find_brace("a '{'"), 3U);
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    EXPECT_TRUE(split_words(text, words)) << text;
    return words;
}

using Words = std::vector<std::string_view>;

TEST(SplitWords, SeparatesAtAllWhiteSpace) {
    EXPECT_EQ(words_of(" a\tb \f c\v\rd "), (Words{"a", "b", "c", "d"}));
}

TEST(SplitWords, GroupsAndSplitsAtDoubleQuotes) {
    EXPECT_EQ(words_of("\"u\"\"v\""), (Words{"u", "v"}));
    EXPECT_EQ(words_of("a\"b c\"d"), (Words{"a", "b c", "d"}));
    EXPECT_EQ(words_of("a \"\" b"), (Words{"a", "", "b"}));
    EXPECT_EQ(words_of("it's 'one two'"), (Words{"it's", "'one", "two'"}));
    EXPECT_EQ(words_of("\"a\\\" b"), (Words{"a\\", "b"}));
}

TEST(SplitWords, DropsWhatFollowsAQuoteWithoutPartner) {
    Words words;
    EXPECT_FALSE(split_words("router_id \"abc def", words));
    EXPECT_EQ(words, (Words{"router_id"}));
}

std::string clean(std::string_view text) {
    std::vector<size_t> origin;
    std::string result = clean_text(text, origin);
    EXPECT_EQ(result.size(), origin.size());
    for (size_t i = 0; i < result.size(); ++i) EXPECT_EQ(result[i], text[origin[i]]);
    EXPECT_EQ(needs_cleaning(text), result != text) << text;
    return result;
}

TEST(CleanText, RemovesTheBackslashOfCommentSignsOnly) {
    EXPECT_EQ(clean("a \\# b\\!c"), "a # b!c");
    EXPECT_EQ(clean("a \\x \\\\ \\\""), "a \\x \\\\ \\\"");
    EXPECT_EQ(clean("plain"), "plain");
}

TEST(CleanText, KeepsQuotedEscapes) {
    std::vector<size_t> origin;
    EXPECT_EQ(clean_text("a \"\\#\" \\#", origin), "a \"\\#\" #");
}

TEST(CleanText, JoinsATrailingBackslashToTheWordBeforeIt) {
    EXPECT_EQ(clean("priority 10 \\"), "priority 10\\");
    EXPECT_EQ(clean("priority 10\\"), "priority 10\\");
    EXPECT_EQ(clean("\\"), "\\");
}

}  // namespace
}  // namespace holdfast::config
