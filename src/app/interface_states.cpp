#include "holdfast/app/interface_states.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::app {

namespace {

using config::LinkbeatMethod;

/// The flags word as the log shows it (netdevice(7)), as far as we keep flags.
uint32_t flags_of(const netstate::LinkInfo& link) {
    uint32_t flags = 0;
    const auto set = [&](bool on, uint32_t flag) { flags |= on ? flag : 0; };
    set(link.up, 0x1);
    set(!link.loopback && !link.point_to_point, 0x2);
    set(link.loopback, 0x8);
    set(link.point_to_point, 0x10);
    set(link.running, 0x40);
    set(!link.arp, 0x80);
    set(link.multicast, 0x1000);
    set(link.running, 0x10000);
    return flags;
}

kernel::LinkQuestion question_of(LinkbeatMethod method) {
    return method == LinkbeatMethod::mii ? kernel::LinkQuestion::mii : kernel::LinkQuestion::ethtool;
}

std::string_view name_of(LinkbeatMethod method) {
    return method == LinkbeatMethod::mii ? "MII" : method == LinkbeatMethod::ethtool ? "ETHTOOL" : "IOCTL";
}

}  // namespace

/// An interface with delays: what it was last said to be, and what it will be when the delay is over.
class InterfaceStates::Delayed {
  public:
    Delayed(InterfaceStates& owner, std::string name)
        : owner_(owner), name_(std::move(name)), timer_(owner.edges_.timers, [this] { settle(); }) {
        const netstate::LinkInfo* link = owner_.network_.mirror().link(name_);
        up_ = link != nullptr && link->usable();
        seen_up_ = up_;
        if (link != nullptr) flags_ = flags_of(*link);
    }
    Delayed(const Delayed&) = delete;
    Delayed& operator=(const Delayed&) = delete;
    ~Delayed() = default;

    bool is_up() const { return up_; }

    /// True when the news count now.
    bool report(const netstate::LinkInfo& link) {
        const bool now_up = link.usable();
        // All is as it was before the delay began.
        if (flags_of(link) == flags_) timer_.cancel();
        if (timer_.armed()) {
            if (pending_ == now_up) {
                pending_flags_ = flags_of(link);
                return false;
            }
            timer_.cancel();
            owner_.edges_.log.info(Part::vrrp, fmt::format("Delay timer for {} cancelled", name_));
        }
        if (now_up == up_) return false;
        const Duration delay = owner_.delay(name_, now_up);
        if (seen_up_ && delay > Duration::zero()) {
            pending_ = now_up;
            pending_flags_ = flags_of(link);
            timer_.arm_after(delay);
            owner_.edges_.log.info(
                Part::vrrp,
                fmt::format("{}: Adding flags change from {:#x} to {:#x} delay by {}", name_, flags_,
                            pending_flags_,
                            std::chrono::duration_cast<std::chrono::microseconds>(delay).count()));
            return false;
        }
        become(now_up, flags_of(link));
        return true;
    }
    void vanish() {
        timer_.cancel();
        up_ = false;
        seen_up_ = false;
        flags_ = 0;
    }

  private:
    void become(bool up, uint32_t flags) {
        up_ = up;
        flags_ = flags;
        seen_up_ = seen_up_ || up;
    }
    void settle() {
        become(pending_, pending_flags_);
        owner_.changed_(name_);
    }

    InterfaceStates& owner_;
    std::string name_;
    io::Timer timer_;
    bool up_ = false;
    bool seen_up_ = false;  ///< The first time up is not delayed.
    bool pending_ = false;
    uint32_t flags_ = 0;
    uint32_t pending_flags_ = 0;
};

/// An interface whose driver is asked.
class InterfaceStates::Polled {
  public:
    Polled(InterfaceStates& owner, std::string name, LinkbeatMethod wish)
        : owner_(owner),
          name_(std::move(name)),
          wish_(wish),
          timer_(owner.edges_.timers, [this] { poll(); }) {
        up_ = ask();
        timer_.arm_after(kPollPeriod);
    }
    Polled(const Polled&) = delete;
    Polled& operator=(const Polled&) = delete;
    ~Polled() = default;

    bool is_up() const { return up_; }
    LinkbeatMethod wish() const { return wish_; }
    void vanish() {
        up_ = false;
        method_ = LinkbeatMethod::automatic;  // Another driver may come with the same name.
    }

  private:
    bool exists() const { return owner_.network_.mirror().link(name_) != nullptr; }

    bool ask() {
        if (!exists()) return false;
        std::optional<bool> answer;
        if (method_ == LinkbeatMethod::automatic) {
            answer = find_method();
        } else if (method_ != LinkbeatMethod::ioctl) {
            // A driver that has answered before and fails now says nothing bad about the link.
            answer = owner_.edges_.ask_link(name_, question_of(method_)).value_or(true);
        }
        return answer.value_or(true) &&
               owner_.edges_.ask_link(name_, kernel::LinkQuestion::flags).value_or(true);
    }
    /// The first of the wish, MII, ETHTOOL that the driver answers; the flags always work.
    std::optional<bool> find_method() {
        std::array<LinkbeatMethod, 2> order{LinkbeatMethod::mii, LinkbeatMethod::ethtool};
        if (wish_ == LinkbeatMethod::ethtool) std::swap(order[0], order[1]);
        std::optional<bool> answer;
        method_ = LinkbeatMethod::ioctl;
        for (const LinkbeatMethod method : order) {
            if (wish_ == LinkbeatMethod::ioctl) break;
            answer = owner_.edges_.ask_link(name_, question_of(method));
            if (!answer) continue;
            method_ = method;
            break;
        }
        if (wish_ != LinkbeatMethod::automatic && wish_ != method_) {
            owner_.edges_.log.info(
                Part::vrrp, fmt::format("({}): Configured linkbeat type {} not supported, using {}", name_,
                                        name_of(wish_), name_of(method_)));
        }
        return answer;
    }
    void poll() {
        timer_.arm_after(kPollPeriod);
        const bool before = std::exchange(up_, ask());
        if (before == up_) return;
        owner_.edges_.log.info(Part::vrrp, fmt::format("Linkbeat reports {} {}", name_, up_ ? "up" : "down"));
        owner_.changed_(name_);
    }

    InterfaceStates& owner_;
    std::string name_;
    LinkbeatMethod wish_;
    LinkbeatMethod method_ = LinkbeatMethod::automatic;  ///< Not asked yet.
    bool up_ = false;
    io::Timer timer_;
};

InterfaceStates::InterfaceStates(Edges& edges, const Network& network, Changed changed, Limit limit)
    : edges_(edges), network_(network), changed_(std::move(changed)), limit_(std::move(limit)) {}

InterfaceStates::~InterfaceStates() = default;

void InterfaceStates::load(const config::Config& config, const Delays& delays,
                           const std::set<std::string>& followed, const std::set<std::string>& polled) {
    delays_ = delays;
    std::erase_if(delayed_, [&](const auto& item) { return !delays_.contains(item.first); });
    for (const auto& [name, each] : delays_) {
        if (!delayed_.contains(name)) delayed_.emplace(name, std::make_unique<Delayed>(*this, name));
    }

    std::map<std::string, LinkbeatMethod> wanted;
    for (const std::string& name : polled) wanted.emplace(name, LinkbeatMethod::automatic);
    for (const std::string& name : config.linkbeat_interfaces) {
        const auto method = config.linkbeat_methods.find(name);
        if (!followed.contains(name)) {
            edges_.log.info(Part::vrrp,
                            fmt::format("Turning off linkbeat for {} since not used for tracking", name));
            continue;
        }
        wanted[name] = method == config.linkbeat_methods.end() ? LinkbeatMethod::automatic : method->second;
    }
    std::erase_if(wanted, [&](const auto& item) {
        const netstate::LinkInfo* link = network_.mirror().link(item.first);
        if (link == nullptr || (link->kind != "macvlan" && link->kind != "ipvlan")) return false;
        edges_.log.info(
            Part::vrrp,
            fmt::format("Turning off linkbeat for {} since netlink works for vmacs/ipvlans", item.first));
        return true;
    });
    std::erase_if(polled_, [&](const auto& item) {
        const auto wish = wanted.find(item.first);
        return wish == wanted.end() || wish->second != item.second->wish();
    });
    for (const auto& [name, method] : wanted) {
        if (!polled_.contains(name)) polled_.emplace(name, std::make_unique<Polled>(*this, name, method));
    }
    if (!wanted.empty()) edges_.log.info(Part::vrrp, "Using MII-BMSR/ETHTOOL NIC polling thread(s)...");
}

void InterfaceStates::stop() {
    delayed_.clear();
    polled_.clear();
}

bool InterfaceStates::is_usable(std::string_view interface) const {
    if (const auto polled = polled_.find(interface); polled != polled_.end()) return polled->second->is_up();
    if (const auto delayed = delayed_.find(interface); delayed != delayed_.end())
        return delayed->second->is_up();
    return network_.is_usable(interface);
}

bool InterfaceStates::on_link_changed(const netstate::LinkInfo& link, const netstate::LinkInfo* before) {
    if (before != nullptr && before->name != link.name) on_link_removed(before->name);
    if (polled_.contains(link.name)) return false;
    const auto delayed = delayed_.find(link.name);
    if (delayed == delayed_.end()) return true;
    return delayed->second->report(link);
}

void InterfaceStates::on_link_removed(std::string_view interface) {
    if (const auto polled = polled_.find(interface); polled != polled_.end()) polled->second->vanish();
    if (const auto delayed = delayed_.find(interface); delayed != delayed_.end()) delayed->second->vanish();
}

bool InterfaceStates::is_polled(std::string_view interface) const {
    return polled_.contains(interface);
}

Duration InterfaceStates::delay(std::string_view interface, bool up) const {
    const auto found = delays_.find(std::string(interface));
    if (found == delays_.end()) return Duration::zero();
    const config::InterfaceDelays& configured = found->second;
    const auto limit = limit_(interface);
    if (limit && *limit == Duration::zero()) return Duration::zero();
    const bool fits = !limit || configured.down <= *limit;
    // Going up late keeps nobody from being master in time: that delay is shortened only together with the
    // other.
    if (fits || (up && configured.up != configured.down)) return up ? configured.up : configured.down;
    return *limit;
}

}  // namespace holdfast::app
