// Whether an interface counts as up for VRRP: the kernel's word, softened by `interface_up_down_delays` and,
// for `linkbeat_interfaces`, replaced by what the driver answers once a second.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "holdfast/app/edges.hpp"
#include "holdfast/app/network.hpp"

namespace holdfast::app {

class InterfaceStates {
  public:
    static constexpr Duration kPollPeriod = std::chrono::seconds(1);

    /// `changed` is told when an interface has another state now: after its delay, or by a poll.
    using Changed = std::function<void(std::string_view interface)>;
    /// The longest delay that still lets a router with this interface be master in time; nothing = any.
    using Limit = std::function<std::optional<Duration>(std::string_view interface)>;
    InterfaceStates(Edges& edges, const Network& network, Changed changed, Limit limit);
    InterfaceStates(const InterfaceStates&) = delete;
    InterfaceStates& operator=(const InterfaceStates&) = delete;
    ~InterfaceStates();

    using Delays = std::map<std::string, config::InterfaceDelays>;

    /// Takes over the delays of a generation, and the polling of those interfaces that are in `followed`: the
    /// listed ones, and those in `polled` (linkbeat_use_polling).
    void load(const config::Config& config, const Delays& delays, const std::set<std::string>& followed,
              const std::set<std::string>& polled);
    void stop();

    /// Exists, is up and has a carrier, as far as VRRP may know by now.
    bool is_usable(std::string_view interface) const;
    /// The kernel's news of this interface; false when they do not count, or not yet.
    bool on_link_changed(const netstate::LinkInfo& link, const netstate::LinkInfo* before);
    /// It is gone or has another name: that counts at once.
    void on_link_removed(std::string_view interface);

    /// For dumps.
    bool is_polled(std::string_view interface) const;

  private:
    class Delayed;
    class Polled;
    Duration delay(std::string_view interface, bool up) const;

    Edges& edges_;
    const Network& network_;
    Changed changed_;
    Limit limit_;
    Delays delays_;
    std::map<std::string, std::unique_ptr<Delayed>, std::less<>> delayed_;
    std::map<std::string, std::unique_ptr<Polled>, std::less<>> polled_;
};

}  // namespace holdfast::app
