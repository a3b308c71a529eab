// Reading and writing /proc/sys, remembering what was there before.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "holdfast/base/address.hpp"
#include "holdfast/base/result.hpp"

namespace holdfast::kernel {

/// The value of `net/ipv4/conf/eth0/arp_ignore` (a path below /proc/sys), without the line end. The slashes
/// of the path are real: an interface named `eth0.5` is one component.
Result<std::string> read_sysctl(std::string_view path);
Result<> write_sysctl(std::string_view path, std::string_view value);

/// The path of an interface's knob: `net/ipv4/conf/eth0/promote_secondaries`.
std::string interface_sysctl(Family family, std::string_view interface, std::string_view name);

/// Whether the host forwards IPv6 on the interface: the router flag of its neighbour advertisements (RFC
/// 4861, 4.4). False when it cannot be read.
bool forwards_ipv6(std::string_view interface);

/// Changes sysctls and puts the first values back when destroyed or told. Interfaces that have gone meanwhile
/// are no error: their knobs went with them.
class SysctlKeeper {
  public:
    SysctlKeeper() = default;
    SysctlKeeper(const SysctlKeeper&) = delete;
    SysctlKeeper& operator=(const SysctlKeeper&) = delete;
    ~SysctlKeeper() { restore_all(); }

    /// Writes unless the value is there already; the value found first is what is restored.
    Result<> set(const std::string& path, std::string_view value);
    void restore(const std::string& path);
    void restore_all();
    /// Leaves things as they are now.
    void forget_all() { before_.clear(); }

  private:
    std::map<std::string, std::string> before_;
};

/// Moves net.ipv4.conf.all.rp_filter, which rules over every interface, to the interfaces themselves, so that
/// a VMAC can be without. Nothing changes for the others, present or to come.
class ReversePathFilter {
  public:
    ReversePathFilter() = default;
    ReversePathFilter(const ReversePathFilter&) = delete;
    ReversePathFilter& operator=(const ReversePathFilter&) = delete;
    ~ReversePathFilter() { restore(); }

    Result<> relax();
    /// Puts back what still is as `relax` has left it.
    void restore();

  private:
    std::string all_;                            // What all/rp_filter was; empty = nothing moved.
    std::map<std::string, std::string> before_;  // By interface ("default" included): what each one was.
};

}  // namespace holdfast::kernel
