// Judges for a cluster in which nothing has happened for a while: everything must be as the configuration,
// the trackers and the election say.
#pragma once

#include <string>
#include <vector>

#include "cluster.hpp"
#include "report.hpp"

namespace holdfast::sim {

/// "n1/VI_1" of every master.
std::vector<std::string> masters_of(const Cluster& cluster);
/// The node that is Master of this router; nothing when there is none, or more than one.
Member* master_of(Cluster& cluster, size_t router);
/// Instances of this router that could be Master.
std::vector<Member*> candidates_for(Cluster& cluster, size_t router);

void judge_quiet(Cluster& cluster, Report& report, const std::string& when);
/// After every daemon was stopped.
void judge_stopped(const Cluster& cluster, Report& report);

}  // namespace holdfast::sim
