// The life of instances and sync groups: start, reload, stop.
#include "holdfast/app/vrrp_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "group_index.hpp"

namespace holdfast::app {

namespace {

netstate::SharedObjects objects_of(const VrrpInstance& instance) {
    netstate::SharedObjects objects;
    const auto add = [&](const std::vector<netstate::AddressSettings>& addresses) {
        for (const netstate::AddressSettings& address : addresses)
            objects.addresses.push_back(instance.links->relocates ? instance.links.part(address)
                                                                  : instance.settings.part(address));
    };
    objects.addresses.reserve(instance.addresses().size() + instance.excluded_addresses().size());
    add(instance.addresses());
    add(instance.excluded_addresses());
    objects.routes = instance.settings.parts(instance.settings->routes);
    objects.rules = instance.settings.parts(instance.settings->rules);
    return objects;
}

bool is_of_owners(const std::vector<VrrpInstance*>& members) {
    return std::ranges::all_of(members, [](const VrrpInstance* member) {
        return member->settings->router.priority == vrrp::kOwner && member->settings->router.wants_master;
    });
}

}  // namespace

VrrpInstance::VrrpInstance(Shared<config::VrrpInstance> configured, io::TimerQueue& timers,
                           const Expired& expired)
    : settings(std::move(configured)),
      router(router_settings()),
      reader(router_settings(), transport_settings()),
      timer(timers, [this, &expired] { expired(*this); }) {}

VrrpService::VrrpService(Edges& edges, Network& network, Notifications& notifications)
    : edges_(edges),
      network_(network),
      notifications_(notifications),
      scripts_(edges,
               [this](std::string_view name, track::TrackedState state) {
                   tell_tracker(track::Kind::script, name, state);
                   tracked_state_changed(track::Kind::script, name, state);
               }),
      firewall_(edges),
      files_(edges, Part::vrrp,
             [this](std::string_view name, int64_t before, int64_t value) {
                 tell_tracker(track::Kind::file, name, std::to_string(value));
                 file_changed(name, before, value);
             }),
      processes_(edges,
                 [this](std::string_view name, track::TrackedState state) {
                     tell_tracker(track::Kind::process, name, state);
                     tracked_state_changed(track::Kind::process, name, state);
                 }),
      interface_states_(
          edges, network,
          [this](std::string_view name) {
              tell_tracker(track::Kind::interface, name, interface_states_.is_usable(name) ? "up" : "down");
              interface_settled(name);
          },
          [this](std::string_view name) { return longest_delay(name); }),
      expired_([this](VrrpInstance& instance) { expired(instance); }),
      reevaluate_at_turn_end_(edges.turn_ends, [this] { reevaluate_dirty(); }),
      review_at_turn_end_(edges.turn_ends, [this] { review_crowds(); }),
      startup_delay_over_(edges.timers, [this] { edges_.log.info(Part::vrrp, "Delayed start completed"); }),
      open_again_(edges.timers, [this] {
          for (const auto& instance : instances_) {
              if (!instance->channel_error.empty()) touch(*instance);
          }
      }) {
    edges_.link.on_receive(
        [this](vrrp::ChannelId channel, const vrrp::ReceivedFrame& frame) { on_frame(channel, frame); });
    if (edges_.log.has_detail()) {
        edges_.link.on_announced([this](const vrrp::Announcement& announcement) {
            const netstate::LinkInfo* link = network_.mirror().link(announcement.interface);
            if (link == nullptr || link->loopback) return;  // Nobody is there to hear it.
            edges_.log.info(
                Part::vrrp,
                fmt::format("Sending {} on {} for {}",
                            announcement.address.is_v4() ? "gratuitous ARP" : "unsolicited Neighbour Advert",
                            link->name, announcement.address.to_string()));
        });
    }
    edges_.link.on_send_error([this](vrrp::ChannelId channel, const IpAddress& destination, int os_error) {
        log_send_error(channel, destination, os_error);
    });
}

VrrpService::~VrrpService() = default;

void VrrpService::log_send_error(vrrp::ChannelId channel, const IpAddress& destination, int os_error) {
    if (os_error == 0) return;
    for (const auto& instance : instances_) {
        if (instance->channel != channel) continue;
        // Who resigns because the interface is down cannot tell it any more: that is no news.
        const bool is_down = !interface_states_.is_usable(instance->links->transmit);
        if (os_error == ENETUNREACH && is_down && !instance->settings->dont_track_primary) continue;
        const std::string why = std::system_category().message(os_error);
        edges_.log.info(Part::vrrp, instance->settings->transport.unicast
                                        ? fmt::format("({}) Cant send advert to {} ({})", instance->name(),
                                                      destination.to_string(), why)
                                        : fmt::format("({}): send advert error {} ({})", instance->name(),
                                                      os_error, why));
    }
}

VrrpInstance& VrrpService::add(Shared<config::VrrpInstance> settings) {
    instances_.push_back(std::make_unique<VrrpInstance>(std::move(settings), edges_.timers, expired_));
    authenticate(*instances_.back());
    return *instances_.back();
}

void VrrpService::authenticate(VrrpInstance& instance) {
    const config::VrrpInstance& settings = *instance.settings;
    if (instance.authenticator) {
        instance.authenticator->reconfigure(settings.router, settings.transport);
    } else if (settings.router.hmac || settings.router.auth_type == vrrp::AuthType::header) {
        instance.authenticator =
            std::make_unique<vrrp::Authenticator>(settings.router, settings.transport, edges_.digest);
    }
}

/// Nothing has changed but the generation that holds the settings.
void VrrpService::share(VrrpInstance& instance, Shared<config::VrrpInstance> equal) {
    instance.settings = std::move(equal);
    instance.router.share(instance.router_settings());
    instance.reader.reconfigure(instance.router_settings(), instance.transport_settings());
    define_objects(instance);
}

void VrrpService::remember(const config::Config& config) {
    global_ = config.global;
    startup_delay_ = config.global.startup_delay;
    if (config.global.delay_after_boot > Duration::zero()) {
        startup_delay_ = std::max(startup_delay_, config.global.delay_after_boot - edges_.uptime());
    }
}

void VrrpService::start(const Shared<config::Config>& generation) {
    const config::Config& config = *generation;
    remember(config);
    std::vector<netstate::RouteSettings> routes = config.static_routes;
    for (const config::VrrpInstance& instance : config.instances)
        routes.insert(routes.end(), instance.routes.begin(), instance.routes.end());
    network_.remove_stale_routes(routes);
    define_statics(generation);
    define_sysctls(config);
    std::vector<VrrpInstance*> fresh;
    for (const config::VrrpInstance& settings : config.instances) {
        fresh.push_back(&add(generation.part(settings)));
        lay_links(*fresh.back(), config);
    }
    if (firewall_.uses_iptables()) firewall_.expect_leftovers(possible_firewall());
    define_links(fresh);
    define_notifications(generation);
    load_trackers(config);
    begin(fresh);
    // Also when rules are no longer configured, but were when this router crashed as Master.
    if (std::ranges::any_of(
            fresh, [](const VrrpInstance* instance) { return instance->refuses() || instance->adopting; }))
        firewall_.remove_leftovers();
    // Who is in FAULT is told of before the groups, and these before the others, as in the reference.
    const auto others = std::ranges::stable_partition(
        fresh, [](const VrrpInstance* instance) { return instance->fitness == vrrp::Fitness::faulted; });
    for (VrrpInstance* instance : std::span(fresh.begin(), others.begin())) start_router(*instance);
    build_groups(config, false);
    if (startup_delay_ > Duration::zero()) {
        edges_.log.info(Part::vrrp,
                        fmt::format("Delaying startup for {:g} seconds", to_seconds(startup_delay_)));
        startup_delay_over_.arm_after(startup_delay_);
    }
    for (const auto& [name, group] : groups_) {
        std::vector<vrrp::GroupAction> actions;
        group->machine.finish_start(actions);
        perform_group(*group, actions);
    }
    for (VrrpInstance* instance : others) start_router(*instance);
}

void VrrpService::start_router(VrrpInstance& instance) {
    vrrp::Startup startup{instance.fitness, group_fitness(instance), std::nullopt,
                          starts_as_master(instance)};
    if (startup_delay_ > Duration::zero()) startup.delayed_until = edges_.timers.now() + startup_delay_;
    run(instance, startup);
    // Waiting for a script is a state of its own in the dumps, though nobody is told of it.
    if (instance.last_transition == WallClock{}) instance.last_transition = edges_.wall_clock();
    instance.started = true;
}

vrrp::Fitness VrrpService::group_fitness(const VrrpInstance& instance) const {
    const auto group = groups_.find(instance.group);
    return group == groups_.end() ? vrrp::Fitness::fit : group->second->machine.fitness();
}

bool VrrpService::starts_as_master(const VrrpInstance& instance) const {
    const auto group = groups_.find(instance.group);
    return group != groups_.end() && is_of_owners(group->second->members);
}

void VrrpService::define_objects(const VrrpInstance& instance) {
    netstate::SharedObjects objects = objects_of(instance);
    if (instance.adopting) objects.addresses = network_.left_by_us(objects.addresses);
    network_.define(instance.owner(), std::move(objects), instance.router.is_master() || instance.adopting);
}

void VrrpService::begin(const std::vector<VrrpInstance*>& fresh) {
    log_interfaces_at_start(fresh);
    for (VrrpInstance* instance : fresh) {
        // A crash in the middle of a change leaves some: those stay, the others come with the mastership.
        instance->adopting = !network_.left_by_us(objects_of(*instance).addresses).empty();
        if (instance->adopting) {
            edges_.log.info(Part::vrrp,
                            fmt::format("({}) keeping the VIPs of the last run until another router is heard",
                                        instance->name()));
        }
        define_objects(*instance);
        log_faults_at_start(*instance);
        instance->source = wanted_source(*instance);
        if (instance->source) {
            instance->advert.emplace(instance->settings->router, *instance->source,
                                     instance->settings->transport.multicast_group);
        } else {
            edges_.log.info(Part::vrrp,
                            fmt::format("({}) entering FAULT state (no {} address for interface)",
                                        instance->name(), to_string(instance->settings->router.family)));
        }
        bind(*instance);
        run(*instance, vrrp::PrimaryAddressChanged{instance->source});
        instance->fitness = judge(*instance);
        if (const vrrp::Priority priority = effective_priority(*instance);
            priority != instance->router.effective_priority()) {
            run(*instance, vrrp::PriorityChanged{priority});
        }
    }
    refresh_firewall(nullptr);  // For addresses that are kept from the last run.
}

void VrrpService::build_groups(const config::Config& config, bool restore) {
    groups_.clear();
    std::unordered_map<std::string_view, VrrpInstance*> by_name;
    for (const auto& instance : instances_) {
        instance->group.clear();
        by_name.emplace(instance->name(), instance.get());
    }
    for (const config::SyncGroup& settings : config.sync_groups) {
        std::vector<VrrpInstance*> members;
        for (const std::string& name : settings.group.members) {
            const auto found = by_name.find(name);
            if (found == by_name.end()) continue;
            found->second->group = settings.group.name;
            found->second->member = members.size();
            members.push_back(found->second);
        }
        if (members.empty()) continue;
        std::vector<vrrp::Fitness> fitness;
        std::vector<vrrp::State> states;
        for (const VrrpInstance* member : members) {
            fitness.push_back(member->fitness);
            states.push_back(member->router.reported_state());
        }
        auto& group = groups_[settings.group.name];
        group = std::make_unique<VrrpGroup>(VrrpGroup{settings, vrrp::SyncGroup(members.size()), members});
        if (restore) {
            group->machine.restore(states, fitness);
            std::vector<vrrp::GroupAction> actions;
            group->machine.unite(states, actions);
            perform_group(*group, actions);
        } else {
            std::vector<vrrp::GroupAction> actions;
            group->machine.start(fitness, actions, is_of_owners(members));
            perform_group(*group, actions);
        }
    }
}

void VrrpService::define_notifications(const Shared<config::Config>& generation) {
    const config::Config& config = *generation;
    const config::GlobalSettings& global = config.global;
    const Shared<notify::QueuePolicy> policy;
    const bool mail = global.smtp_alert_vrrp.value_or(global.smtp_alert.value_or(false));
    const auto settings_for = [&](notify::Subject subject, const std::string& name,
                                  const notify::ScriptSettings& scripts, bool inherited_changes) {
        notify::QueueSettings settings;
        settings.subject = subject;
        settings.name = name;
        settings.scripts = generation.part(scripts);
        settings.priority_changes = scripts.priority_changes.value_or(inherited_changes);
        settings.smtp_alert = scripts.smtp_alert.value_or(mail);
        settings.no_fault_mail = global.no_email_faults;
        settings.router_id = generation.part(global.router_id);
        settings.policy = policy;
        return settings;
    };
    for (const config::SyncGroup& group : config.sync_groups) {
        notifications_.define(settings_for(notify::Subject::group, group.group.name, group.notify,
                                           global.vrrp_notify_priority_changes));
    }
    const GroupIndex groups(config);
    for (const config::VrrpInstance& instance : config.instances) {
        bool inherited = global.vrrp_notify_priority_changes;
        if (const config::SyncGroup* group = groups.of(instance.router.name)) {
            inherited = group->notify.priority_changes.value_or(inherited);
        }
        notifications_.define(
            settings_for(notify::Subject::instance, instance.router.name, instance.notify, inherited));
    }
}

void VrrpService::define_statics(const Shared<config::Config>& generation) {
    netstate::SharedObjects objects;
    objects.addresses = generation.parts(generation->static_addresses);
    objects.routes = generation.parts(generation->static_routes);
    objects.rules = generation.parts(generation->static_rules);
    network_.define(netstate::Owner{}, std::move(objects), true);
}

void VrrpService::remove(VrrpInstance& instance) {
    run(instance, vrrp::Shutdown{vrrp::Cause::removed, true});
    if (instance.adopting) network_.release(instance.owner());
    unbind(instance);
    network_.forget(instance.owner(), true);
    for (const netstate::VirtualLink& link : instance.links->made) network_.forget_link(link.name, true);
    notifications_.remove(notify::Subject::instance, instance.name());
    std::erase(dirty_, &instance);
}

/// What goes by the name of an instance follows those that get another one, all at once: two may swap theirs.
/// Notifications stay with the name, because their order is what its scripts see.
void VrrpService::rename(const config::Config& before, const config::Config& after,
                         const config::Changes& instances) {
    std::vector<netstate::RenamedOwner> renamed;
    std::unordered_set<std::string_view> names;
    for (const config::VrrpInstance& instance : after.instances) names.insert(instance.router.name);
    for (const auto& pair : instances.changed) {
        const std::string& old_name = before.instances[pair.before].router.name;
        const std::string& new_name = after.instances[pair.after].router.name;
        if (old_name == new_name) continue;
        renamed.push_back({{old_name}, {new_name}});
        if (!names.contains(old_name)) notifications_.remove(notify::Subject::instance, old_name);
    }
    network_.rename(std::move(renamed));
}

void VrrpService::reload(const config::Config& before, const Shared<config::Config>& next_generation,
                         const config::Plan& plan) {
    const config::Config& after = *next_generation;
    const bool buffers_changed = before.global.rx_buffer_policy != after.global.rx_buffer_policy ||
                                 before.global.rx_buffer_multiplier != after.global.rx_buffer_multiplier;
    remember(after);
    define_statics(next_generation);
    define_sysctls(after);
    // By index of the old generation; instances_ is in its order.
    firewall_waits_ = true;  // Until all instances are in their places again.
    std::vector<std::unique_ptr<VrrpInstance>> old = std::exchange(instances_, {});
    std::vector<std::unique_ptr<VrrpInstance>> next(after.instances.size());
    for (const size_t index : plan.instances.removed) remove(*old[index]);
    rename(before, after, plan.instances);
    for (const auto& pair : plan.instances.unchanged) {
        next[pair.after] = std::move(old[pair.before]);
        if (buffers_changed) touch(*next[pair.after]);
    }
    std::vector<VrrpInstance*> fresh;
    std::vector<VrrpInstance*> changed;
    for (const auto& pair : plan.instances.changed) {
        next[pair.after] = std::move(old[pair.before]);
        changed.push_back(next[pair.after].get());
    }
    for (const size_t index : plan.instances.added) {
        fresh.push_back(&add(next_generation.part(after.instances[index])));
        next[index] = std::move(instances_.back());
        instances_.pop_back();
    }
    instances_ = std::move(next);
    firewall_waits_ = false;
    define_notifications(next_generation);

    for (const auto& pair : plan.instances.unchanged)
        share(*instances_[pair.after], next_generation.part(after.instances[pair.after]));
    for (const auto& pair : plan.instances.changed) {
        VrrpInstance& instance = *instances_[pair.after];
        instance.settings = next_generation.part(after.instances[pair.after]);
        lay_links_again(instance, after);
        define_objects(instance);
        instance.reader.reconfigure(instance.router_settings(), instance.transport_settings());
        authenticate(instance);
        instance.source = wanted_source(instance);
        instance.advert.reset();
        if (instance.source) {
            instance.advert.emplace(instance.settings->router, *instance.source,
                                    instance.settings->transport.multicast_group);
            instance.advert->use_old_checksum(instance.reader.uses_old_checksum());
        }
        bind(instance);
    }
    load_trackers(after);
    for (VrrpInstance* instance : changed) {
        vrrp::Actions actions;
        instance->router.reconfigure(edges_.timers.now(), instance->router_settings(),
                                     effective_priority(*instance), actions);
        arm(*instance);
        perform_all(*instance, actions);
        touch(*instance);
    }
    for (VrrpInstance* instance : fresh) lay_links(*instance, after);
    define_links(fresh);
    begin(fresh);
    for (const config::SyncGroup& group : before.sync_groups) {
        const bool stays = std::ranges::any_of(after.sync_groups, [&](const config::SyncGroup& other) {
            return other.group.name == group.group.name;
        });
        if (!stays) notifications_.remove(notify::Subject::group, group.group.name);
    }
    if (!plan.instances.empty() || !plan.sync_groups.empty()) build_groups(after, true);
    for (VrrpInstance* instance : fresh) {
        run(*instance, vrrp::Startup{instance->fitness, group_fitness(*instance), std::nullopt});
        instance->started = true;
    }
    if (global_.fifo_write_vrrp_states_on_reload) repeat_states(before, fresh);
    refresh_firewall(nullptr);
    const bool needs_rules = std::ranges::any_of(instances_, [](const auto& instance) {
        return instance->refuses() || !instance->links->made.empty();
    });
    if (!needs_rules) firewall_.remove_unneeded();
}

void VrrpService::stop(bool release) {
    stopping_ = true;
    for (const auto& instance : instances_) {
        run(*instance, vrrp::Shutdown{vrrp::Cause::shutdown, release});
        if (instance->adopting && release) network_.release(instance->owner());
    }
    for (const auto& [name, group] : groups_) {
        std::vector<vrrp::GroupAction> actions;
        group->machine.stop(actions);
        perform_group(*group, actions);
    }
    edges_.link.flush();
    for (const auto& instance : instances_) {
        unbind(*instance);
        network_.forget(instance->owner(), release);
        for (const netstate::VirtualLink& link : instance->links->made)
            network_.forget_link(link.name, release);
    }
    firewall_.stop(release);
    network_.define_sysctls(netstate::Owner{}, {});
    network_.forget(netstate::Owner{}, release);
    scripts_.stop();
    files_.stop();
    processes_.stop();
    interface_states_.stop();
}

void VrrpService::stalled(Duration length) {
    // A MASTER judges by its last advert, and what it is about to hear may make it send another one. The
    // others judge by what they hear.
    std::vector<VrrpInstance*> others;
    for (const auto& instance : instances_) {
        if (!instance->router.is_master()) {
            others.push_back(instance.get());
            continue;
        }
        run(*instance, vrrp::Stalled{length});
    }
    edges_.link.drain();
    for (VrrpInstance* instance : others) run(*instance, vrrp::Stalled{length});
}

void VrrpService::bfd_changed(const std::string& session, bool up) {
    edges_.log.detail(Part::vrrp,
                      fmt::format("Received BFD event: instance {} is in state {} (delivered in 0 usec)",
                                  session, up ? "Up" : "Down"));
    bool& known = bfd_up_[session];
    if (known == up) return;
    known = up;
    tell_tracker(track::Kind::bfd, session, up ? "up" : "down");
    for (const auto& instance : instances_) {
        if (!instance->tracking.follows(track::Kind::bfd, session)) continue;
        edges_.log.info(Part::vrrp, fmt::format("VRRP_Instance({}) Tracked BFD instance {} is {}",
                                                instance->name(), session, up ? "UP" : "DOWN"));
        if (instance->tracking.set(track::Kind::bfd, session,
                                   up ? track::TrackedState::up : track::TrackedState::down))
            touch(*instance);
    }
}

void VrrpService::tell_tracker(track::Kind kind, std::string_view name, std::string_view state) const {
    if (tracker_listener_) tracker_listener_(kind, name, state);
}

void VrrpService::tell_tracker(track::Kind kind, std::string_view name, track::TrackedState state) const {
    if (state == track::TrackedState::up || state == track::TrackedState::down)
        tell_tracker(kind, name, std::string_view(state == track::TrackedState::up ? "up" : "down"));
}

void VrrpService::clear_counters() {
    for (const auto& instance : instances_) instance->router.counters() = {};
}

}  // namespace holdfast::app
