// Small configurations made of the keyword tables: every keyword and list word used as its row shows it, and
// used in every way its row calls wrong. Tests load them, the comparison with another keepalived reads them
// as files, the manual page prints the examples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "holdfast/config/keyword.hpp"

namespace holdfast::config {

/// What a load must say about an example.
enum class Verdict : uint8_t {
    clean,     ///< Nothing that `-t` shows.
    remarked,  ///< Something in the log, nothing that `-t` shows.
    reported,  ///< At least one report.
    stopped,   ///< A required word is missing: reading ends there.
};

/// One configuration.
struct Example {
    std::string path;     ///< "vrrp_instance/priority", "vrrp_instance/virtual_routes: via".
    std::string shown;    ///< The line (or entry) it is about.
    std::string text;     ///< The whole file: `shown` in the least surrounding that makes a legal one legal.
    uint32_t line = 0;    ///< Where `shown` begins in `text`, from 1.
    uint32_t column = 0;  ///< The column of the word that is wrong, from 1; 0 = not said.
    Verdict verdict = Verdict::clean;
};

/// The examples of all rows and list words below `root_block()`, in table order.
std::vector<Example> legal_examples();

/// All wrong uses, in table order.
std::vector<Example> wrong_examples();

}  // namespace holdfast::config
