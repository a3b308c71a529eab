// `-t`: a configuration is read and judged, nothing runs. The verdict is a text for people or, with --json,
// one JSON object for editors and CI (docs/diagnostics.md is its manual).
#pragma once

#include <string>

#include "holdfast/app/options.hpp"
#include "holdfast/config/load.hpp"

namespace holdfast::app {

/// What a start with these options loads.
config::LoadOptions load_options(const Options& options);

/// What `-t --json` prints: one object, indented, ending in a newline; always UTF-8. `with_configuration`
/// adds the configuration as it was understood, when there is one.
std::string config_test_json(const config::LoadResult& loaded, bool with_configuration);

/// Reads the configuration of the machine, prints the verdict and gives the exit status. The text goes to
/// standard error, JSON to standard output, either of them to the file given with -t instead.
int test_configuration(const Options& options);

}  // namespace holdfast::app
