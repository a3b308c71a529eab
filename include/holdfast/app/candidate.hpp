// A generation that may go live: what a reload has found out about it before anything is touched. All of it
// is made of values and of generations that nobody changes, so it can be made in another thread while the
// daemon goes on; what is left for the loop is to go over.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "holdfast/app/reload_plan.hpp"
#include "holdfast/base/shared.hpp"
#include "holdfast/config/diff.hpp"
#include "holdfast/config/load.hpp"
#include "holdfast/io/worker.hpp"

namespace holdfast::app {

/// Error-level diagnostics without positions, each as often as it was found.
using Errors = std::multiset<std::string>;

/// What must be known of the running generation to judge another one.
struct Incumbent {
    Shared<config::Config> config;
    /// Old warts do not block a reload.
    Shared<Errors> errors;
    uint64_t generation = 0;
    /// Where a generation is destroyed when its last holder lets go of it.
    io::Worker::Bin bin;
};

struct Candidate {
    /// Absent when nothing usable could be built.
    std::optional<Shared<config::Config>> config;
    Errors errors;
    /// Why it may not go live, one line; empty = it may.
    std::string refusal;
    /// What was said about the file, one line each, with its place (config::render_line).
    std::vector<std::string> diagnostics;
    /// The same at length (config::render), where `reload_check_config` wants it.
    std::string report;
    /// The generation that it was compared with: `plan` and `actions` are about the two.
    uint64_t generation = 0;
    config::Plan plan;
    std::vector<PlannedAction> actions;
    /// The whole of it in its own language, where `config_save_dir` wants it.
    std::string dump;
};

/// What a reload must not bring in, unless it is there already.
Errors errors_of(const config::LoadResult& loaded);

/// A generation that is destroyed in `bin`, wherever its last holder is.
Shared<config::Config> generation_of(config::Config config, const io::Worker::Bin& bin);

/// Linear in the size of both.
Candidate examine(const Incumbent& incumbent, config::LoadResult loaded);

}  // namespace holdfast::app
