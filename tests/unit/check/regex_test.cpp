#include "holdfast/check/regex.hpp"

#include <gtest/gtest.h>

#include "talk.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace holdfast::check {
namespace {

bool search(const std::string& pattern, std::string_view text, const std::vector<size_t>& cuts = {},
            uint32_t options = 0, size_t min = 0, std::optional<size_t> max = {}) {
    const auto regex = Regex::compile({.pattern = pattern, .options = options});
    EXPECT_TRUE(regex.has_value());
    RegexSearch search(**regex, min, max);
    size_t from = 0;
    for (const size_t cut : cuts) {
        search.feed(as_bytes(text.substr(from, cut - from)));
        from = cut;
    }
    search.feed(as_bytes(text.substr(from)));
    search.finish();
    return search.found();
}

TEST(Regex, SaysWhereAPatternIsWrong) {
    const auto regex = Regex::compile({.pattern = "a(b"});
    ASSERT_FALSE(regex.has_value());
    EXPECT_EQ(regex.error().message.substr(0, 33), "Invalid regex: 'a(b' at offset 3:");
}

// The same answer for a text however it is cut: matches at the cut, anchors, lookbehinds, ends.
TEST(RegexSearch, CutsMakeNoDifference) {
    struct Case {
        std::string pattern;
        std::string text;
        bool found;
        uint32_t options = 0;
    };
    const Case cases[] = {
        {"needle", "hay needle hay", true},
        {"needle", "hay needl hay neede", false},
        {"^first", "first line", true},
        {"^line", "first line", false},
        {"line$", "first line", true},
        {"line$", "first line\n", true},
        {"first$", "first line", false},
        {"[0-9]+", "answer 123", true},
        {"(?<=foo)bar", "xfoobar", true},
        {"(?<=foo)bar", "xfobar", false},
        {"(?<!foo)bar", "xfoobar", false},
        {"(?<!foo)bar", "xxxxxbar", true},
        {"\\bword\\b", "a word.", true},
        {"\\bword\\b", "a sword.", false},
        {"(a+)+b", "aaaaaaaac", false},
        {"A.C", "xabcx", true, PCRE2_CASELESS},
        {"a.c", "xa\ncx", true, PCRE2_DOTALL},
        {"a.c", "xa\ncx", false},
        {"^b", "a\nb", true, PCRE2_MULTILINE},
        {"\xc3\xa9t.", "\xc3\xa9t\xc3\xa9", true, PCRE2_UTF},
        {"^.t.$", "\xc3\xa9t\xc3\xa9", true, PCRE2_UTF},
        {"abc|bcd", "xbcd", true},
    };
    for (const Case& one : cases)
        for (const auto& cuts : every_cut(one.text))
            EXPECT_EQ(search(one.pattern, one.text, cuts, one.options), one.found)
                << one.pattern << " in " << one.text;
}

TEST(RegexSearch, BytesThatAreNotUtf8AreNoMatchAndNoError) {
    EXPECT_TRUE(search("ok", "\xff\xfe ok \xc3", {}, PCRE2_UTF));
    EXPECT_FALSE(search("no", "\xff\xfe ok \xc3", {}, PCRE2_UTF));
}

TEST(RegexSearch, OffsetsLimitWhereAMatchStarts) {
    const std::string text = "abc abc abc";
    for (const auto& cuts : every_cut(text)) {
        EXPECT_TRUE(search("abc", text, cuts, 0, 1, 4));
        EXPECT_FALSE(search("abc", text, cuts, 0, 1, 3));
        EXPECT_TRUE(search("abc", text, cuts, 0, 8, {}));
        EXPECT_FALSE(search("abc", text, cuts, 0, 9, {}));
        EXPECT_FALSE(search("abc", text, cuts, 0, 100, {}));
        EXPECT_TRUE(search("(?<=abc )abc", text, cuts, 0, 4, 4));
    }
}

TEST(RegexSearch, HoldsLittleOfALongText) {
    const auto regex = Regex::compile({.pattern = "needle"});
    RegexSearch search(**regex, 0, {});
    const std::string hay(100000, 'n');
    for (int i = 0; i < 20; ++i) search.feed(as_bytes(hay));
    EXPECT_FALSE(search.found());
    search.feed(as_bytes("needle"));
    EXPECT_TRUE(search.found());
}

// Endless backtracking is given up, and so is a match that never ends.
TEST(RegexSearch, EndsInBoundedTime) {
    EXPECT_FALSE(search("(x+x+)+y", std::string(5000, 'x')));
    EXPECT_FALSE(search("a.*b.*c.*d.*e.*f.*g$", std::string(300000, 'a'), {100000, 200000}, PCRE2_DOTALL));
}

}  // namespace
}  // namespace holdfast::check
