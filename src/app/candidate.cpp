#include "holdfast/app/candidate.hpp"

#include <fmt/format.h>

#include <utility>

#include "holdfast/config/dump.hpp"

namespace holdfast::app {

namespace {

std::string refusal_of(const Incumbent& incumbent, const config::LoadResult& loaded, const Errors& errors) {
    if (loaded.fatal || !loaded.config) return "the new configuration cannot run";
    // Somebody is writing it, or the disk is full. A comment in it says that it is meant.
    if (loaded.is_blank) return "the configuration file is empty";
    for (const std::string& error : errors) {
        if (errors.count(error) > incumbent.errors->count(error)) return fmt::format("new error: {}", error);
    }
    return {};
}

}  // namespace

Errors errors_of(const config::LoadResult& loaded) {
    Errors errors;
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all()) {
        if (diagnostic.severity == config::Severity::error) errors.insert(diagnostic.message);
    }
    for (const std::string& lost : loaded.lost_files)
        if (!errors.contains(lost)) errors.insert(lost);
    errors.insert(loaded.left_out.begin(), loaded.left_out.end());
    return errors;
}

Shared<config::Config> generation_of(config::Config config, const io::Worker::Bin& bin) {
    return Shared<config::Config>::of(io::destroyed_in(bin, std::move(config)));
}

Candidate examine(const Incumbent& incumbent, config::LoadResult loaded) {
    Candidate candidate;
    candidate.generation = incumbent.generation;
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all())
        candidate.diagnostics.push_back(config::render_line(diagnostic));
    if (incumbent.config->global.reload_check_config) candidate.report = config::render(loaded.diagnostics);
    candidate.errors = errors_of(loaded);
    candidate.refusal = refusal_of(incumbent, loaded, candidate.errors);
    if (!loaded.config) return candidate;
    const config::Config& after =
        **(candidate.config = generation_of(std::move(*loaded.config), incumbent.bin));
    if (!candidate.refusal.empty()) return candidate;
    candidate.plan = config::diff(incumbent.config, after);
    if (!candidate.plan.refused.empty()) {
        candidate.refusal =
            fmt::format("{} cannot be changed by a reload", fmt::join(candidate.plan.refused, ", "));
        return candidate;
    }
    candidate.actions = planned_actions(incumbent.config, after, candidate.plan);
    if (!after.global.config_save_dir.empty()) candidate.dump = config::dump(after);
    return candidate;
}

}  // namespace holdfast::app
