// Documents and data made of the keyword tables and the option table. Each function returns the text of one
// file; it depends on nothing but the tables (and on the folder of the tests for the compatibility list), so
// a committed file can be compared with it.
#pragma once

#include <string>
#include <string_view>

#include "holdfast/config/keyword.hpp"
#include "tests_index.hpp"

namespace holdfast::keywords {

std::string compatibility_list(const TestIndex& tests);  ///< docs/compatibility.md
std::string configuration_manual();                      ///< docs/man/keepalived.conf.5
std::string daemon_manual();                             ///< docs/man/holdfast.8
std::string completion();                                ///< docs/completion/holdfast
std::string keyword_json();                              ///< docs/keywords.json
std::string dictionary();                                ///< tests/fuzz/config.dict

/// Text with roff's special characters escaped.
std::string roff(std::string_view text);
/// The heading of a page; the version stands where others have a date, so that it does not change by itself.
std::string page_title(std::string_view name, int section, std::string_view what);

}  // namespace holdfast::keywords
