// Which tests use a keyword in a configuration.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::keywords {

/// The words in the configurations of a test.
struct TestWords {
    std::set<std::string, std::less<>> at_line_begin;
    std::set<std::string, std::less<>> anywhere;
};

/// By the name of the test: "netns/test_mail: test_subject", "unit/app/mail_test: Mail.Subject", or the file
/// alone when it is not parted into tests.
using TestIndex = std::map<std::string, TestWords>;

/// Reads the sources below `folder` (tests/). Empty when it does not exist.
TestIndex index_tests(const std::string& folder);

/// The tests with a line that begins with `keyword`, and with `word` too unless that is empty; sorted, those
/// that are only a file last.
std::vector<std::string> tests_using(const TestIndex& index, std::string_view keyword,
                                     std::string_view word = {});

}  // namespace holdfast::keywords
