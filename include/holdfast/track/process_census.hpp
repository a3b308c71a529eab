// All vrrp_track_process blocks over the processes of the host: knows which process counts for which block,
// and feeds their ProcessTrackers. The driver scans the host and passes the news on.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/track/process_tracker.hpp"
#include "holdfast/track/settings.hpp"

namespace holdfast::track {

/// What tells a process from others.
struct ProcessFacts {
    int64_t pid = 0;
    std::string_view name;                   ///< /proc/PID/comm
    std::span<const std::string> arguments;  ///< /proc/PID/cmdline, by words.
};

/// A block's verdict changed, or is known for the first time.
struct TrackedProcessChanged {
    std::string name;  ///< Of the block.
    TrackedState state = TrackedState::unknown;
    std::string line;  ///< For the log; empty the first time.
};
using CensusActions = std::vector<TrackedProcessChanged>;

class ProcessCensus {
  public:
    ProcessCensus() = default;
    /// Blocks that are equal in `before` keep their verdict and their running delays. Count the host next.
    ProcessCensus(const std::vector<ProcessSettings>& blocks, ProcessCensus&& before);

    bool is_empty() const { return blocks_.empty(); }
    /// What must be read of a process.
    bool needs_names() const { return needs_names_; }
    bool needs_arguments() const { return needs_arguments_; }

    /// Everything that runs: at the start, after a reload, and when news were lost.
    void count(Instant now, std::span<const ProcessFacts> all, CensusActions& out);
    /// The child counts where its parent does, until it becomes something else.
    void forked(Instant now, int64_t parent, int64_t child, CensusActions& out);
    void executed(Instant now, const ProcessFacts& process, CensusActions& out);
    /// Another name, the same command line.
    void renamed(Instant now, int64_t pid, std::string_view name, CensusActions& out);
    void ended(Instant now, int64_t pid, CensusActions& out);
    /// The instant that `deadline()` named has come.
    void expired(Instant now, CensusActions& out);
    std::optional<Instant> deadline() const;

    /// The machine of a block; null when there is none of this name.
    const ProcessTracker* find(std::string_view name) const;

  private:
    struct Block {
        ProcessTracker tracker;
        bool by_arguments = false;  ///< Compared by command line, otherwise by name.
        uint32_t running = 0;
    };
    using Memberships = std::set<size_t>;  ///< Indexes of blocks.

    void tell(Instant now, Block& block, bool at_once, CensusActions& out);
    void enter(Instant now, int64_t pid, size_t index, bool at_once, CensusActions& out);
    void leave(Instant now, int64_t pid, size_t index, bool at_once, CensusActions& out);

    std::vector<Block> blocks_;
    std::unordered_map<int64_t, Memberships> members_;  ///< Processes that count for a block.
    bool needs_names_ = false;
    bool needs_arguments_ = false;
};

}  // namespace holdfast::track
