// Deliberate mistakes for the self-test of the simulation: each must be noticed by the judge it is made for.
#pragma once

#include <span>
#include <string_view>

#include "cluster.hpp"

namespace holdfast::sim {

struct Mutation {
    std::string_view name;
    std::string_view checker;  ///< Who must notice it.
    void (*prepare)(Cluster& cluster);
    /// Done again and again while the cluster is at work; may be null.
    void (*meddle)(Cluster& cluster);
};

std::span<const Mutation> mutations();
/// nullptr when there is none of this name.
const Mutation* find_mutation(std::string_view name);

}  // namespace holdfast::sim
