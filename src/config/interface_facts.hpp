// The interfaces of this network namespace, read once by rtnetlink. Internal to config/.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "holdfast/config/environment.hpp"

namespace holdfast::config {

using InterfaceMap = std::map<std::string, InterfaceFacts, std::less<>>;

/// Takes the answers to RTM_GETLINK and RTM_GETADDR dumps apart. Trusts no length in them.
class InterfaceCollector {
  public:
    /// One or more netlink messages. False: the dump has ended, with success or with an error.
    bool take(std::span<const uint8_t> messages);
    InterfaceMap finish();

  private:
    void link(std::span<const uint8_t> message);
    void address(std::span<const uint8_t> message);

    struct Link {
        std::string name;
        uint32_t below = 0;
        InterfaceFacts facts;
    };
    std::map<uint32_t, Link> links_;
};

/// Asks the kernel; empty when it does not answer.
InterfaceMap read_interfaces();

}  // namespace holdfast::config
