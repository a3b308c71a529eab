// Sends gratuitous ARP and unsolicited neighbour advertisements through one packet socket, many per system
// call.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/io/fd.hpp"
#include "holdfast/vrrp/link.hpp"

namespace holdfast::kernel {

/// What an announcement needs to know about its interface.
struct InterfaceFacts {
    MacAddress mac;
    uint16_t hardware_type = 1;  ///< ARPHRD_*; only Ethernet (1) is announced on.
    bool arp = true;             ///< IFF_NOARP clear.
};

class Announcer {
  public:
    /// Asks whoever knows the interfaces (the mirror); nothing = gone. Unset: the kernel is asked by ioctl.
    using Facts = std::function<std::optional<InterfaceFacts>(InterfaceIndex)>;

    explicit Announcer(Facts facts = {}) : facts_(std::move(facts)) {}

    /// Opens the socket unless it is open. Needs CAP_NET_RAW.
    Result<> open();
    /// Sends all now, in order. Interfaces that are gone, down, without ARP or not Ethernet drop silently;
    /// other failures are counted.
    void send(std::span<const vrrp::Announcement> announcements);

    uint64_t sent() const { return sent_; }
    uint64_t dropped() const { return dropped_; }

  private:
    std::optional<InterfaceFacts> facts(InterfaceIndex interface) const;

    Facts facts_;
    io::Fd socket_;
    uint64_t sent_ = 0;
    uint64_t dropped_ = 0;
};

}  // namespace holdfast::kernel
