// The pure heart of the reconciler: what is wanted, what is unwanted, what there is -> requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/netstate/mirror.hpp"
#include "holdfast/netstate/objects.hpp"

namespace holdfast::netstate {

/// What shall be and what shall not be in the kernel. What is in neither list is foreign and stays as it is;
/// what is in both is wanted.
struct Desired {
    std::vector<KernelAddress> addresses;
    std::vector<KernelRoute> routes;
    std::vector<bool> append;  ///< Parallel to `routes`; may be shorter.
    std::vector<KernelRule> rules;
    std::vector<KernelAddress> unwanted_addresses;
    std::vector<KernelRoute> unwanted_routes;
    std::vector<KernelRule> unwanted_rules;
};

/// The requests that turn the mirror's state into the desired one. Removals come first and in the order rule,
/// route, address (the last one first, so that IPv4 secondaries go before their primary); then installations
/// in the order address, route, rule. An address present with the right key and wrong properties is removed
/// and added again; routes of one key may lie side by side and are left to each other.
///
/// `origins`, when given, gets for each request the number of the object it serves, counting through the
/// lists of Desired in the order addresses, routes, rules, unwanted_addresses, unwanted_routes,
/// unwanted_rules.
std::vector<Operation> diff(const Desired& desired, const Mirror& mirror,
                            std::vector<size_t>* origins = nullptr);

/// Whether the end state of an operation is reached although the kernel refused: adding what exists needs a
/// look (the mirror was wrong), removing what is not there is done.
enum class Outcome : uint8_t {
    done,     ///< Accepted, or removed by somebody else before.
    exists,   ///< Something with this key is already there: dump and compare.
    refused,  ///< Try again later.
};
Outcome outcome(const Operation& operation, const Result<>& result);

}  // namespace holdfast::netstate
