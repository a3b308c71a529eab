// Decides when each gratuitous ARP and unsolicited NA leaves: at once, or spaced by `garp_interval` and
// `gna_interval`. Pure: the time is passed in, what is due comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/vrrp/link.hpp"

namespace holdfast::kernel {

/// The smallest distance of two packets: `garp_interval`, `gna_interval`, per interface or shared by a
/// `garp_group`. 0 = no spacing.
struct Pacing {
    Duration garp{0};
    Duration gna{0};
    friend bool operator==(const Pacing&, const Pacing&) = default;
};

/// Interfaces of one `garp_group` share one number; an interface with spacing of its own is a group of one.
class AnnouncementQueue {
  public:
    /// Interfaces without a group are not spaced. Replaces what was set; packets already queued keep their
    /// turn.
    void set_group(std::span<const InterfaceIndex> interfaces, const Pacing& pacing);
    /// Before a new configuration's groups are set. What waits loses its spacing and is due at once.
    void clear_groups();

    /// Queues `repeat` rounds over the batch: all addresses, then all again. Without spacing everything is
    /// due now. With spacing, an address still waiting is not queued twice; its remaining count grows up to
    /// `repeat`, one per round, as in the reference.
    void add(std::span<const vrrp::Announcement> batch, uint32_t repeat);

    /// Takes out what may leave at `now`, in order. Spaced groups give one packet per interval.
    void take_due(Instant now, std::vector<vrrp::Announcement>& due);
    /// When the next packet may leave (far in the past when at once); nothing when none waits.
    std::optional<Instant> deadline() const;

    /// Drops what waits for an address (its instance leaves Master) or an interface (gone).
    void cancel(InterfaceIndex interface, const IpAddress& address);
    void cancel(InterfaceIndex interface);

    bool is_empty() const;
    /// Packets waiting.
    size_t size() const;

  private:
    struct Waiting {
        vrrp::Announcement announcement;
        uint32_t remaining = 0;
    };
    /// One kind (ARP or NA) of one group.
    struct Lane {
        Duration interval{0};
        std::optional<Instant> next;  // When the next may leave; unset before the first.
        std::deque<Waiting> waiting;
    };
    struct Group {
        Lane garp;
        Lane gna;
    };
    Lane* lane(const vrrp::Announcement& announcement);
    template <class Is>
    void erase(const Is& is_it);

    std::vector<vrrp::Announcement> immediate_;
    std::deque<Group> groups_;
    std::map<InterfaceIndex, Group*> group_of_;
};

}  // namespace holdfast::kernel
