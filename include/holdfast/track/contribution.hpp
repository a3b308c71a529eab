// What tracked objects do to one Virtual Router: a sum for its priority and a count of reasons to be in FAULT
// (compat/protocol.md, section 8). Pure arithmetic; the router itself limits the result to 1..254.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/track/settings.hpp"

namespace holdfast::track {

enum class Kind : uint8_t { interface, script, file, process, bfd };
/// The name of the enumerator.
std::string_view to_string(Kind kind);

/// What is known of a tracked object. `unknown` is a script without a result since the start: unweighted, it
/// holds its instances in init. `untested` is one that came with a reload and has no result: it holds nobody.
enum class TrackedState : uint8_t { unknown, untested, down, up };

struct Contribution {
    int sum = 0;           ///< Added to the base priority.
    uint32_t faults = 0;   ///< Reasons to be in FAULT; the router leaves FAULT at 0.
    uint32_t awaited = 0;  ///< Unweighted scripts without a result: the router waits in init.
    /// What was added before the fault: the effective priority stays what it was until the fault is over.
    int withheld = 0;
    friend bool operator==(const Contribution&, const Contribution&) = default;
    Contribution& operator+=(const Contribution& other);
};

/// Interfaces, scripts, processes and BFD sessions. w > 0 is added while up, w < 0 while down; weight 0 makes
/// down (with `reverse` up) a fault. `reverse` turns the sign otherwise.
Contribution contribution_of(TrackedState state, int weight, bool reverse);

/// Track files: value x weight, turned by `reverse`; -254 and below is a fault, more than 253 counts 253.
/// With weight 0 any value but 0 is a fault (with `reverse`, 0 is).
Contribution contribution_of_file(int64_t value, int weight, bool reverse);

/// The number in a track file as keepalived reads it: leading blanks, sign, 0x/0 prefixes, anything after the
/// number ignored, no number = 0. Nothing when it is outside -2^31..2^31, when keepalived keeps the old
/// value.
std::optional<int64_t> parse_file_value(std::string_view content);

/// One thing an instance follows, with the weight already decided.
struct Source {
    Kind kind = Kind::interface;
    std::string name;
    int weight = 0;
    bool reverse = false;
    bool of_group = false;  ///< Named by the sync group, not by the instance itself.
    friend bool operator==(const Source&, const Source&) = default;
};

/// A tracked object's own weight, used where the reference gives none.
struct OwnWeight {
    int weight = 0;
    bool reverse = false;
};
using OwnWeights = std::function<std::optional<OwnWeight>(Kind, std::string_view name)>;

/// Everything an instance follows. `group` is its sync group's list or nullptr; it comes after the instance's
/// own and applies with its weights. `drop_own_weights` is true for a member of a group without
/// sync_group_tracking_weight: its own weighted interfaces then count with weight 0, weighted scripts and
/// BFDs are not followed, files of weight 1 count with weight 0 and files of other weights are not followed,
/// processes stay, as in keepalived. `address_owner` (base priority 255) drops everything of the instance's
/// own that has a weight, interfaces too. Names that `own_weights` does not know are left out; interfaces
/// need no row and default to weight 0.
std::vector<Source> resolve_sources(const References& own, const References* group,
                                    const OwnWeights& own_weights, bool drop_own_weights, bool address_owner);

/// The running total of one instance. Interfaces and BFD sessions start as given by `set`, else as down;
/// scripts start as unknown, files with value 0, processes as down.
class Tracking {
  public:
    explicit Tracking(std::vector<Source> sources = {});

    /// True when the instance follows this object and its total changed.
    bool set(Kind kind, std::string_view name, TrackedState state);
    bool set_file(std::string_view name, int64_t value);

    Contribution total() const { return total_; }
    const std::vector<Source>& sources() const { return sources_; }
    /// What one source contributes now, for dumps and "why".
    Contribution of(size_t index) const { return contributions_[index]; }
    bool follows(Kind kind, std::string_view name) const;

  private:
    bool store(size_t index, Contribution contribution);

    std::vector<Source> sources_;
    std::vector<Contribution> contributions_;
    Contribution total_;
};

}  // namespace holdfast::track
