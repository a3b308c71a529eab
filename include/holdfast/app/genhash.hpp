// genhash: prints the digest of a page for the `digest` of a url, and looks at the page the way HTTP_GET and
// SSL_GET do. Options, output and exit status are the reference's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/check/settings.hpp"

namespace holdfast::app {

struct GenhashOptions {
    check::HttpCheck check{};  ///< With one url.
    bool verbose = false;
};
/// What is to be said instead of asking for a page; the exit status is then 1.
struct GenhashUsage {
    std::string text{};
};

/// `arguments[0]` is the program; genhash's own options begin at `from`. Uses getopt's global state.
std::variant<GenhashOptions, GenhashUsage> parse_genhash(const std::vector<std::string>& arguments, int from);

/// Offsets, bytes and characters in rows of 16.
std::string hex_dump(std::span<const uint8_t> data);

/// Gives the exit status: 1 for wrong options, 0 otherwise, also when there is no page.
int run_genhash(const std::vector<std::string>& arguments, int from);

}  // namespace holdfast::app
