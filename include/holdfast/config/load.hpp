// From file to generation: source -> lexer -> block tree -> keyword tables -> resolved, validated Config.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "holdfast/config/config.hpp"
#include "holdfast/config/diagnostics.hpp"
#include "holdfast/config/environment.hpp"
#include "holdfast/config/source.hpp"

namespace holdfast::config {

struct LoadOptions {
    /// `-f`; a file name or a glob pattern.
    std::string path = "/etc/keepalived/keepalived.conf";
    /// `-i`; empty = the node name up to its first dot.
    std::string config_id;
    /// `-e`: every include must match.
    bool all_config = false;
    /// `-t`: nothing will run, so what only matters at run time (a missing interface) is reported, not fatal.
    bool test_only = false;
    /// `-D`: what is worth knowing but no mistake is reported as one, as keepalived does.
    bool details = false;
    /// Which parts will run (`-P`, `-C`, `-B`). A part that does not run cannot fail: its blocks are read,
    /// not judged.
    bool vrrp = true;
    bool checkers = true;
    bool bfd = true;
};

struct LoadResult {
    /// The generation; absent when `fatal` and nothing usable could be built.
    std::optional<Config> config;
    Diagnostics diagnostics;
    /// The daemon must not run with this file: processing stopped (missing parameter), a required include is
    /// missing, no file, or an instance cannot work (no VRID, no interface ...).
    bool fatal = false;
    /// What `-t` exits with: 0, 2, 4, 5 or 6 (compat/language.md section 10).
    int test_exit_code = 0;
    /// What a start with this file exits with; 0 unless `fatal`: 2 = configuration, 6 = file or include
    /// missing.
    int fatal_exit_code = 0;
    /// Every file that was read, in the order of reading, once per reading.
    std::vector<std::string> files;
    /// What was said about included files that are named and could not be read. A start goes on without them.
    std::vector<std::string> lost_files;
    /// What was said about objects that a start goes without and `-t` does not mind, as in the reference.
    std::vector<std::string> left_out;
    /// There is nothing in the files, not even a comment.
    bool is_blank = false;
};

/// Reads everything; never throws for what a file contains. Linear in the size of the text.
LoadResult load(const LoadOptions& options, const FileReader& reader, const Environment& environment);

}  // namespace holdfast::config
