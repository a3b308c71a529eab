// What instances follow: scripts, files, processes, interfaces, static objects; and what a change of one of
// them does to whom.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "group_index.hpp"
#include "holdfast/app/vrrp_service.hpp"
#include "holdfast/vrrp/election.hpp"

namespace holdfast::app {

namespace {

/// The weights of the tracked objects themselves, by name.
class OwnWeightIndex {
  public:
    explicit OwnWeightIndex(const config::Config& config) {
        add(track::Kind::script, config.scripts);
        add(track::Kind::file, config.track_files);
        add(track::Kind::process, config.track_processes);
        for (const bfd::SessionSettings& session : config.bfd_sessions) {
            if (!session.for_vrrp) continue;
            weights_[static_cast<size_t>(track::Kind::bfd)].emplace(
                session.name, track::OwnWeight{session.weight, session.reverse});
        }
    }
    std::optional<track::OwnWeight> of(track::Kind kind, std::string_view name) const {
        const auto& weights = weights_[static_cast<size_t>(kind)];
        const auto found = weights.find(name);
        if (found == weights.end()) return std::nullopt;
        return found->second;
    }

  private:
    template <class Blocks>
    void add(track::Kind kind, const Blocks& blocks) {
        for (const auto& block : blocks) {
            weights_[static_cast<size_t>(kind)].emplace(block.name,
                                                        track::OwnWeight{block.weight, block.reverse});
        }
    }
    static constexpr size_t kKinds = static_cast<size_t>(track::Kind::bfd) + 1;
    std::array<std::unordered_map<std::string_view, track::OwnWeight>, kKinds> weights_;
};

/// What the reference calls the status of a file for one instance, for its log line.
int64_t file_status(int64_t value, const track::Source& source) {
    constexpr int64_t kFault = -254;
    if (source.weight == 0) return kFault;
    return value * (source.reverse ? -source.weight : source.weight);
}

}  // namespace

void VrrpService::load_trackers(const config::Config& config) {
    const OwnWeightIndex index(config);
    const track::OwnWeights weights = [&](track::Kind kind, std::string_view name) {
        return index.of(kind, name);
    };
    const GroupIndex groups(config);
    std::map<track::Kind, std::set<std::string>> followed;
    followers_.clear();
    for (const auto& instance : instances_) {
        const config::SyncGroup* group = groups.of(instance->name());
        auto sources =
            track::resolve_sources(instance->settings->track, group == nullptr ? nullptr : &group->track,
                                   weights, group != nullptr && !group->group.tracking_weight,
                                   instance->settings->router.priority == vrrp::kOwner);
        for (const track::Source& source : sources) {
            followed[source.kind].insert(source.name);
            auto& followers = followers_[{source.kind, source.name}];
            if (followers.empty() || followers.back() != instance.get()) followers.push_back(instance.get());
        }
        instance->tracking = track::Tracking(std::move(sources));
    }
    follow_statics(config);
    load_interfaces(config);
    scripts_.load(config.scripts, followed[track::Kind::script]);
    files_.load(config.track_files, followed[track::Kind::file]);
    processes_.load(config.track_processes, followed[track::Kind::process],
                    config.global.process_monitor_buffers);
    for (const auto& [object, followers] : followers_) {
        const auto& [kind, name] = object;
        for (VrrpInstance* instance : followers) {
            if (kind == track::Kind::script) instance->tracking.set(kind, name, scripts_.state(name));
            if (kind == track::Kind::process) instance->tracking.set(kind, name, processes_.state(name));
            if (kind == track::Kind::file) instance->tracking.set_file(name, files_.value(name).value_or(0));
            if (const auto up = bfd_up_.find(name); kind == track::Kind::bfd && up != bfd_up_.end()) {
                instance->tracking.set(kind, name,
                                       up->second ? track::TrackedState::up : track::TrackedState::down);
            }
        }
    }
    for (const auto& instance : instances_) {
        follow_interfaces(*instance);
        touch(*instance);
    }
}

/// A static object itself is put back when it is lost; what its track_group follows is its interface.
void VrrpService::follow_statics(const config::Config& config) {
    std::unordered_map<std::string_view, VrrpInstance*> by_name;
    for (const auto& instance : instances_) {
        instance->static_interfaces.clear();
        by_name.emplace(instance->name(), instance.get());
    }
    const auto follow = [&](std::string_view kind, const auto& object, const std::string& interface) {
        const auto group = config.track_groups.find(object.track_group);
        if (group == config.track_groups.end() || interface.empty()) return;
        if (object.no_track) {
            edges_.log.info(
                Part::vrrp,
                fmt::format("Static {} has both track_group and no_track set - not tracking", kind));
            return;
        }
        for (const std::string& member : group->second) {
            const auto instance = by_name.find(member);
            if (instance != by_name.end()) instance->second->static_interfaces.push_back(interface);
        }
    };
    for (const auto& address : config.static_addresses) follow("address", address, address.interface);
    for (const auto& route : config.static_routes) follow("route", route, route.interface);
    for (const auto& rule : config.static_rules) follow("rule", rule, rule.input_interface);
}

void VrrpService::load_interfaces(const config::Config& config) {
    std::set<std::string> followed;
    std::set<std::string> polled;
    InterfaceStates::Delays wanted = config.interface_delays;
    for (const auto& instance : instances_) {
        const std::string& own = instance->settings->transport.interface;
        if (!own.empty()) followed.insert(own);
        if (!own.empty() && instance->settings->linkbeat_use_polling) polled.insert(own);
        for (const std::string_view name : required_interfaces(*instance)) followed.emplace(name);
        for (const track::Source& source : instance->tracking.sources()) {
            if (source.kind == track::Kind::interface) followed.insert(source.name);
        }
        const auto delays = config.interface_delays.find(own);
        const uint8_t adverts = instance->settings->router.down_timer_adverts;
        if (delays == config.interface_delays.end()) continue;
        // A VMAC goes up and down with the interface it sits on.
        if (instance->links->has_own()) wanted.emplace(instance->links->own, delays->second);
        if (adverts == 1) {
            edges_.log.info(
                Part::vrrp,
                fmt::format("{}: cannot use debounce timers with down_timer_adverts = 1 - resetting",
                            instance->name()));
        } else if (const auto limit = longest_delay(own); limit && delays->second.down > *limit) {
            edges_.log.info(
                Part::vrrp,
                fmt::format("{}: interface {} debounce timer(s) not less that {} * advert_int - resetting",
                            instance->name(), own, adverts - 1));
        }
    }
    interface_states_.load(config, wanted, followed, polled);
}

void VrrpService::tracked_state_changed(track::Kind kind, std::string_view name, track::TrackedState state) {
    const auto found = followers_.find({kind, std::string(name)});
    if (found == followers_.end()) return;
    for (VrrpInstance* instance : found->second) {
        if (instance->tracking.set(kind, name, state)) touch(*instance);
    }
}

void VrrpService::file_changed(std::string_view name, int64_t before, int64_t value) {
    const auto found = followers_.find({track::Kind::file, std::string(name)});
    if (found == followers_.end()) return;
    for (VrrpInstance* instance : found->second) {
        bool shown_again = false;
        for (const track::Source& source : instance->tracking.sources()) {
            if (source.kind != track::Kind::file || source.name != name) continue;
            const auto old = track::contribution_of_file(before, source.weight, source.reverse);
            const auto now = track::contribution_of_file(value, source.weight, source.reverse);
            if (old.faults == now.faults) continue;
            // The priority that the fault has hidden comes back without being told as a change.
            if (now.faults == 0) instance->tells_priority = false;
            shown_again |= now.faults == 0 && now.sum != 0;
            edges_.log.detail(Part::vrrp,
                              fmt::format("({}): tracked file {} {} FAULT state", instance->name(), name,
                                          now.faults > 0 ? "now" : "leaving"));
        }
        if (instance->tracking.set_file(name, value)) touch(*instance);
        if (shown_again) {
            edges_.log.detail(Part::vrrp, fmt::format("({}) Setting effective priority to {}",
                                                      instance->name(), effective_priority(*instance).value));
        }
    }
}

/// After its delay, or by a poll, an interface is up or down.
void VrrpService::interface_settled(std::string_view name) {
    if (!interface_states_.is_polled(name)) {
        const bool of_interest = std::ranges::any_of(
            instances_, [&](const auto& instance) { return depends_on(*instance, name); });
        if (of_interest) {
            edges_.log.info(Part::vrrp, fmt::format("Netlink reports {} {}", name,
                                                    interface_states_.is_usable(name) ? "up" : "down"));
        }
    }
    touch_interface(name);
}

/// A Master must notice that its interface is down before the others miss its adverts.
std::optional<Duration> VrrpService::longest_delay(std::string_view interface) const {
    std::optional<Duration> longest;
    for (const auto& instance : instances_) {
        if (instance->settings->transport.interface != interface && instance->links->own != interface)
            continue;
        const vrrp::RouterSettings& router = instance->settings->router;
        Duration interval = router.advert_interval;
        if (const Duration learnt = instance->router.master_advert_interval(); learnt > Duration::zero())
            interval = std::min(interval, learnt);
        const Duration limit = router.down_timer_adverts <= 1
                                   ? Duration::zero()
                                   : (router.down_timer_adverts - 1) * interval - interval / 256;
        longest = longest ? std::min(*longest, limit) : limit;
    }
    return longest;
}

void VrrpService::follow_interfaces(VrrpInstance& instance) {
    for (const track::Source& source : instance.tracking.sources()) {
        if (source.kind != track::Kind::interface) continue;
        instance.tracking.set(
            track::Kind::interface, source.name,
            interface_states_.is_usable(source.name) ? track::TrackedState::up : track::TrackedState::down);
    }
}

/// The interfaces besides its own whose failure is the instance's: those of tracked addresses and routes, and
/// of the static objects that it is made to follow.
std::vector<std::string_view> VrrpService::required_interfaces(const VrrpInstance& instance) const {
    const config::VrrpInstance& settings = *instance.settings;
    std::vector<std::string_view> names;
    const auto add = [&](std::string_view name, bool no_track) {
        if (no_track || name.empty() || name == settings.transport.interface || name == instance.links->own)
            return;
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    for (const auto& address : instance.addresses()) add(address.interface, address.no_track);
    for (const auto& address : instance.excluded_addresses()) add(address.interface, address.no_track);
    for (const auto& route : settings.routes) add(route.interface, route.no_track);
    for (const auto& name : instance.static_interfaces) add(name, false);
    return names;
}

/// The addresses that adverts could be sent from, and the interfaces that are still to come.
void VrrpService::log_interfaces_at_start(const std::vector<VrrpInstance*>& fresh) {
    std::set<std::string_view> seen;
    for (const VrrpInstance* instance : fresh) {
        const std::string& interface = instance->settings->transport.interface;
        if (interface.empty() || !seen.insert(interface).second) continue;
        if (!network_.index_of(interface)) {
            edges_.log.info(Part::vrrp, fmt::format("Configuration specifies interface {} which doesn't "
                                                    "currently exist - will use if created",
                                                    interface));
        }
        for (const Family family : {Family::ipv4, Family::ipv6}) log_source_change(interface, family);
    }
    const auto remember = [&](std::string_view name) {
        if (seen.contains(name)) return;
        for (const Family family : {Family::ipv4, Family::ipv6})
            known_sources_[{std::string(name), family}] = network_.source_address(name, family);
    };
    for (const VrrpInstance* instance : fresh) {
        for (const track::Source& source : instance->tracking.sources()) {
            if (source.kind != track::Kind::interface) continue;
            if (!source.of_group) {
                remember(source.name);
            } else if (seen.insert(source.name).second) {
                for (const Family family : {Family::ipv4, Family::ipv6})
                    log_source_change(source.name, family);
            }
        }
        for (const std::string_view name : required_interfaces(*instance)) remember(name);
    }
}

/// Why an instance starts in FAULT; later the line of the interface or tracker itself says so.
void VrrpService::log_faults_at_start(const VrrpInstance& instance) {
    std::vector<std::string_view> names = required_interfaces(instance);
    const auto add = [&](std::string_view name) {
        if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    if (!instance.settings->dont_track_primary) {
        add(instance.settings->transport.interface);
        add(instance.links->own);
    }
    for (const track::Source& source : instance.tracking.sources()) {
        if (source.kind == track::Kind::interface && source.weight == 0 && !source.reverse) add(source.name);
    }
    for (const std::string_view name : names) {
        if (interface_states_.is_usable(name)) continue;
        edges_.log.info(Part::vrrp,
                        fmt::format("({}): entering FAULT state (interface {} down)", instance.name(), name));
    }
    for (size_t i = 0; i < instance.tracking.sources().size(); ++i) {
        const track::Source& source = instance.tracking.sources()[i];
        if (instance.tracking.of(i).faults == 0) continue;
        if (source.kind == track::Kind::file) {
            edges_.log.info(
                Part::vrrp,
                fmt::format("({}): entering FAULT state (tracked file {} has status {})", instance.name(),
                            source.name, file_status(files_.value(source.name).value_or(0), source)));
        } else if (source.kind == track::Kind::process) {
            edges_.log.info(Part::vrrp,
                            fmt::format("({}) entering FAULT state (tracked process {} quorum not achieved)",
                                        instance.name(), source.name));
        } else if (source.kind == track::Kind::script) {
            edges_.log.info(Part::vrrp, fmt::format("({}): entering FAULT state due to script {}",
                                                    instance.name(), source.name));
        }
    }
}

vrrp::Priority VrrpService::effective_priority(const VrrpInstance& instance) const {
    const track::Contribution total = instance.tracking.total();
    const std::array<int, 2> sum{total.sum, total.withheld};
    return vrrp::effective_priority(instance.settings->router.priority, sum);
}

}  // namespace holdfast::app
