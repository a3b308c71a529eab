// Scheduling and memory of the process as vrrp_priority, vrrp_rt_priority, vrrp_cpu_affinity, vrrp_no_swap
// and their checker and bfd siblings ask. One process has one of each: VRRP's wish rules, then the checkers',
// then BFD's.
#pragma once

#include "holdfast/app/logging.hpp"
#include "holdfast/config/config.hpp"

namespace holdfast::app {

/// Applies what is configured; what the kernel refuses is logged and left.
void apply_process_limits(const config::Config& config, Log& log);

}  // namespace holdfast::app
