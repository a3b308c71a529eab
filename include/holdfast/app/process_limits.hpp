// Scheduling and memory of the process as vrrp_priority, vrrp_rt_priority, vrrp_cpu_affinity, vrrp_no_swap
// and their checker and bfd siblings ask. One process has one of each: VRRP's wish rules, then the checkers',
// then BFD's.
#pragma once

#include <functional>

#include "holdfast/app/logging.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/config/config.hpp"

namespace holdfast::app {

/// Applies what is configured; what the kernel refuses is logged and left.
void apply_process_limits(const config::Config& config, Log& log);

/// Each check has a descriptor while it runs, and thousands may wait for an answer at once: uses the hard
/// limit, and raises that to what tens of thousands of checks need where we may.
void raise_descriptor_limit(Log& log);

/// `max_auto_priority`: a loop that begins its turns late gets a real-time priority, and one more each time.
class AutomaticPriority {
  public:
    /// Sets the real-time priority of this process; false when the kernel refuses.
    using Setter = std::function<bool(int priority)>;
    explicit AutomaticPriority(Log& log, Setter setter = set_real_time_priority);

    void configure(const config::GlobalSettings& global);
    /// The loop was this late. (It tells so from EventLoop's stall threshold on; a shorter
    /// min_auto_priority_delay counts as that.)
    void late(Duration by);
    int current() const { return current_; }

  private:
    static bool set_real_time_priority(int priority);

    Log& log_;
    Setter setter_;
    int current_ = 0;
    int maximum_ = 0;
    Duration tolerated_{};
};

}  // namespace holdfast::app
