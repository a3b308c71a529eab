// Runs the vrrp_script blocks that somebody follows: one machine, one timer and at most one process each.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/track/script_tracker.hpp"

namespace holdfast::app {

/// How the latest run of a script ended.
struct ScriptRun {
    std::optional<int> status;  ///< Exit status; none when a signal ended it.
    int signal = 0;
    Duration duration{};
    Instant ended_at{};
};

class ScriptTrackers {
  public:
    /// `changed` is told every new verdict; it may not destroy this object.
    ScriptTrackers(Edges& edges, std::function<void(std::string_view name, track::TrackedState)> changed);
    ~ScriptTrackers();

    /// Takes over the scripts of a generation that are in `followed`. Those that are equal to before run on
    /// untouched; changed ones keep their last verdict until a new result comes. The first call is the start
    /// of the daemon, where instances wait for first results; later ones are reloads, where they do not.
    void load(const std::vector<track::ScriptSettings>& scripts, const std::set<std::string>& followed);
    void stop();

    track::TrackedState state(std::string_view name) const;
    const track::ScriptTracker* tracker(std::string_view name) const;
    /// Nothing before the first run has ended.
    std::optional<ScriptRun> last_run(std::string_view name) const;

  private:
    class Runner;
    Edges& edges_;
    std::function<void(std::string_view, track::TrackedState)> changed_;
    std::map<std::string, std::unique_ptr<Runner>, std::less<>> runners_;
    bool loaded_ = false;
};

}  // namespace holdfast::app
