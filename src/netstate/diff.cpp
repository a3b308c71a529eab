#include "holdfast/netstate/diff.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

namespace holdfast::netstate {

namespace {

/// Collects operations and, for each, the number of the desired object it belongs to.
class Plan {
  public:
    explicit Plan(std::vector<size_t>* origins) : origins_(origins) {
        if (origins_ != nullptr) origins_->clear();
    }
    void add(Operation operation, size_t origin) {
        operations_.push_back(std::move(operation));
        if (origins_ != nullptr) origins_->push_back(origin);
    }
    void reserve(size_t count) { operations_.reserve(count); }
    std::vector<Operation> take() { return std::move(operations_); }

  private:
    std::vector<Operation> operations_;
    std::vector<size_t>* origins_;
};

bool is_wanted(const KernelRoute& route, const Desired& desired) {
    for (const KernelRoute& wanted : desired.routes)
        if (matches(wanted, route)) return true;
    return false;
}

bool is_wanted(const KernelRule& rule, const Desired& desired) {
    for (const KernelRule& wanted : desired.rules)
        if (wanted == rule) return true;
    return false;
}

enum class Need : uint8_t { nothing, add, replace };

/// What each wanted address needs; the second of two equal wishes needs nothing.
std::vector<Need> address_needs(const Desired& desired, const Mirror& mirror) {
    std::vector<Need> needs;
    needs.reserve(desired.addresses.size());
    std::set<AddressKey> seen;
    for (const KernelAddress& address : desired.addresses) {
        const KernelAddress* have = mirror.address(address.key());
        if (!seen.insert(address.key()).second)
            needs.push_back(Need::nothing);
        else if (have == nullptr)
            needs.push_back(Need::add);
        else
            needs.push_back(matches(address, *have) ? Need::nothing : Need::replace);
    }
    return needs;
}

}  // namespace

std::vector<Operation> diff(const Desired& desired, const Mirror& mirror, std::vector<size_t>* origins) {
    Plan plan(origins);
    plan.reserve(desired.addresses.size() + desired.unwanted_addresses.size());
    // Desired objects are numbered through: addresses, routes, rules, then the unwanted ones alike.
    const size_t first_route = desired.addresses.size();
    const size_t first_rule = first_route + desired.routes.size();
    const size_t first_unwanted_address = first_rule + desired.rules.size();
    const size_t first_unwanted_route = first_unwanted_address + desired.unwanted_addresses.size();
    const size_t first_unwanted_rule = first_unwanted_route + desired.unwanted_routes.size();

    for (size_t i = desired.unwanted_rules.size(); i-- > 0;) {
        const KernelRule& rule = desired.unwanted_rules[i];
        if (mirror.has_rule(rule) && !is_wanted(rule, desired))
            plan.add(RemoveRule{rule}, first_unwanted_rule + i);
    }
    for (size_t i = desired.unwanted_routes.size(); i-- > 0;) {
        const KernelRoute& route = desired.unwanted_routes[i];
        if (mirror.route(route) != nullptr && !is_wanted(route, desired))
            plan.add(RemoveRoute{route}, first_unwanted_route + i);
    }

    const std::vector<Need> needs = address_needs(desired, mirror);
    std::set<AddressKey> kept;
    if (!desired.unwanted_addresses.empty())
        for (const KernelAddress& address : desired.addresses) kept.insert(address.key());
    for (size_t i = desired.unwanted_addresses.size(); i-- > 0;) {
        const KernelAddress& address = desired.unwanted_addresses[i];
        const KernelAddress* have = mirror.address(address.key());
        // An IPv6 address is one entry whatever its prefix length, but one with another length is not ours.
        if (have == nullptr || have->prefix.length != address.prefix.length) continue;
        // The second of two equal objects has nothing to do.
        if (kept.insert(address.key()).second) plan.add(RemoveAddress{*have}, first_unwanted_address + i);
    }
    for (size_t i = desired.addresses.size(); i-- > 0;)
        if (needs[i] == Need::replace)
            plan.add(RemoveAddress{*mirror.address(desired.addresses[i].key())}, i);

    for (size_t i = 0; i < desired.addresses.size(); ++i)
        if (needs[i] != Need::nothing) plan.add(AddAddress{desired.addresses[i]}, i);
    for (size_t i = 0; i < desired.routes.size(); ++i) {
        if (mirror.route(desired.routes[i]) != nullptr) continue;
        plan.add(AddRoute{desired.routes[i], i < desired.append.size() && desired.append[i]},
                 first_route + i);
    }
    for (size_t i = 0; i < desired.rules.size(); ++i) {
        const bool is_repeated =
            std::find(desired.rules.begin(), desired.rules.begin() + static_cast<ptrdiff_t>(i),
                      desired.rules[i]) != desired.rules.begin() + static_cast<ptrdiff_t>(i);
        if (!is_repeated && !mirror.has_rule(desired.rules[i]))
            plan.add(AddRule{desired.rules[i]}, first_rule + i);
    }
    return plan.take();
}

Outcome outcome(const Operation& operation, const Result<>& result) {
    if (result) return Outcome::done;
    const int error = result.error().os_error;
    if (is_install(operation)) return error == EEXIST ? Outcome::exists : Outcome::refused;
    // net/ipv4/devinet.c and addrconf.c answer EADDRNOTAVAIL, fib_trie.c and route.c ESRCH, fib_rules.c
    // ENOENT; ENODEV when the interface has gone with everything on it.
    const bool is_gone = error == EADDRNOTAVAIL || error == ESRCH || error == ENOENT || error == ENODEV;
    return is_gone ? Outcome::done : Outcome::refused;
}

}  // namespace holdfast::netstate
