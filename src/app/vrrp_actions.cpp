// Events into the machines, actions out of them onto the edges. The order of actions is the machine's;
// nothing is decided here.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/app/vrrp_service.hpp"

namespace holdfast::app {

namespace {

uint64_t route_key(vrrp::ChannelId channel, vrrp::VirtualRouterId vrid) {
    return static_cast<uint64_t>(channel.value) << 8U | vrid.value;
}

notify::Word word_of(const vrrp::StateChanged& change) {
    switch (change.to) {
        case vrrp::State::Master:
            return notify::Word::master;
        case vrrp::State::Backup:
            return notify::Word::backup;
        case vrrp::State::Fault:
            return notify::Word::fault;
        case vrrp::State::Initialize:
            break;
    }
    return change.cause == vrrp::Cause::removed ? notify::Word::deleted : notify::Word::stop;
}

}  // namespace

void VrrpService::on_frame(vrrp::ChannelId channel, const vrrp::ReceivedFrame& frame) {
    const OpenChannel* open = find_channel(channel);
    if (open == nullptr) return;
    const auto vrid = vrrp::peek_vrid(frame.payload, open->settings.protocol);
    if (!vrid) return;
    const auto found = by_vrid_.find(route_key(channel, *vrid));
    if (found == by_vrid_.end()) {
        if (global_.log_unknown_vrids) {
            const netstate::LinkInfo* link = network_.mirror().link(frame.interface);
            edges_.log.info(Part::vrrp,
                            fmt::format("Unknown VRID({}) received on interface({}). ignoring...",
                                        vrid->value, link == nullptr ? std::string_view{} : link->name));
        }
        return;
    }
    VrrpInstance& instance = *found->second;
    if (!instance.router.listens(edges_.timers.now())) return;
    vrrp::ReadingContext context = instance.router.reading_context(frame.source);
    context.authenticator = instance.authenticator.get();
    if (instance.settings->router.hmac) context.clock = vrrp::TrailerClock::of(edges_.wall_clock());
    const vrrp::Reading reading = instance.reader.read(frame, context, instance.router.counters());
    if (reading.switched_to_old_checksum && instance.advert) instance.advert->use_old_checksum(true);
    const bool accepted = reading.advert.has_value();
    if (accepted)
        instance.heard = {reading.advert->source, reading.advert->priority,
                          edges_.timers.now() - frame.waited};
    run(instance, vrrp::AdvertReceived{reading, frame.waited});
    if (accepted) end_adoption(instance, "another router is at work");
}

void VrrpService::expired(VrrpInstance& instance) {
    // An advert that waits to be read may keep it a Backup.
    if (!instance.router.is_master()) edges_.link.catch_up();
    run(instance, vrrp::DeadlineReached{.early = true, .crowded = has_many_masters_});
}

void VrrpService::run(VrrpInstance& instance, const vrrp::Event& event) {
    vrrp::Actions actions;
    instance.router.handle(edges_.timers.now(), event, actions);
    arm(instance);
    perform_all(instance, actions);
}

void VrrpService::arm(VrrpInstance& instance) {
    if (const auto deadline = instance.router.deadline()) {
        instance.timer.arm(*deadline, instance.router.early());
    } else {
        instance.timer.cancel();
    }
    if (instance.router.patience() != instance.patience) review_at_turn_end_.request();
}

void VrrpService::perform_all(VrrpInstance& instance, const vrrp::Actions& actions) {
    for (const vrrp::Action& action : actions.view()) {
        std::visit([&](const auto& a) { perform(instance, a); }, action);
    }
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::SendAdvert& action) {
    if (!instance.advert || !instance.channel || !instance.source) return;
    const vrrp::TransportSettings& transport = instance.settings->transport;
    vrrp::AdvertTemplate& advert = *instance.advert;
    if (advert.is_authenticated()) {
        advert.sign(
            action.priority, *instance.authenticator,
            advert.needs_clock() ? vrrp::TrailerClock::of(edges_.wall_clock()) : vrrp::TrailerClock{});
    }
    if (++instance.last_ip_id == 0) instance.last_ip_id = 1;
    vrrp::SendOptions options;
    options.source = *instance.source;
    options.ip_id = instance.last_ip_id;
    if (!transport.unicast) {
        options.destination = transport.multicast_group;
        send_copy(instance, action.priority, options);
    } else {
        // Without unicast_ttl the reference leaves IPv6 unicast at the kernel's hop limit.
        const uint8_t kernel_default = 64;
        options.ttl = transport.ttl.value_or(options.source.is_v6() ? kernel_default : vrrp::kTtl);
        for (const vrrp::UnicastPeer& peer : transport.peers) {
            options.destination = peer.address;
            send_copy(instance, action.priority, options);
        }
    }
    // The peers must know before the addresses are gone.
    if (action.priority == vrrp::kLeaving) edges_.link.flush();
}

void VrrpService::send_copy(VrrpInstance& instance, vrrp::Priority priority,
                            const vrrp::SendOptions& options) {
    vrrp::AdvertTemplate& advert = *instance.advert;
    const vrrp::SealedHeader header{options.source, options.destination, options.ttl, options.ip_id};
    edges_.link.send(instance.channel, options,
                     advert.is_authenticated() ? advert.sealed(priority, header, *instance.authenticator)
                                               : advert.packet(priority, options.destination));
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::InstallAddresses&) {
    const bool was_adopting = std::exchange(instance.adopting, false);
    // The first advert leaves before the kernel is busy with a long list of addresses.
    edges_.link.flush();
    protect(instance, true);
    const auto say = [&](bool is_there, std::string_view what) {
        if (is_there) edges_.log.detail(Part::vrrp, fmt::format("({}) setting {}", instance.name(), what));
    };
    say(!instance.addresses().empty(), "VIPs.");
    say(!instance.excluded_addresses().empty(), "E-VIPs.");
    say(!instance.settings->routes.empty(), "Virtual Routes");
    say(!instance.settings->rules.empty(), "Virtual Rules");
    installing_ = &instance;
    if (was_adopting) define_objects(instance);
    network_.hold(instance.owner());
    installing_ = nullptr;
    if (instance.settings->garp_extra_interfaces > Duration::zero()) {
        if (!instance.extra_garp) {
            instance.extra_garp = std::make_unique<io::Timer>(
                edges_.timers, [this, &instance] { announce_elsewhere(instance); });
        }
        instance.extra_garp->arm_after(instance.settings->router.garp.master_delay +
                                       instance.settings->garp_extra_interfaces);
    }
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::RemoveAddresses&) {
    if (instance.adopting && !instance.started) return;  // At start: decided by the first advert or timeout.
    const bool was_adopting = std::exchange(instance.adopting, false);
    if (instance.extra_garp) instance.extra_garp->cancel();
    const auto say = [&](bool is_there, std::string_view what) {
        if (is_there) edges_.log.detail(Part::vrrp, fmt::format("({}) removing {}", instance.name(), what));
    };
    say(!instance.settings->rules.empty(), "Virtual Rules");
    say(!instance.settings->routes.empty(), "Virtual Routes");
    say(!instance.addresses().empty(), "VIPs.");
    say(!instance.excluded_addresses().empty(), "E-VIPs.");
    network_.release(instance.owner());
    if (was_adopting) define_objects(instance);
    protect(instance, false);
}

/// The rules for its addresses: before they are there, and until they are gone.
void VrrpService::protect(const VrrpInstance& instance, bool on) {
    if (!instance.refuses()) return;
    edges_.log.detail(
        Part::vrrp, fmt::format("({}) {} firewall drop rule", instance.name(), on ? "setting" : "removing"));
    if (on) {
        refresh_firewall(&instance);
    } else {
        refresh_firewall_later();
    }
}

void VrrpService::end_adoption(VrrpInstance& instance, std::string_view why) {
    if (!std::exchange(instance.adopting, false) || instance.router.is_master()) return;
    edges_.log.info(Part::vrrp,
                    fmt::format("({}) {}: removing the VIPs of the last run", instance.name(), why));
    network_.release(instance.owner());
    define_objects(instance);
    refresh_firewall(nullptr);
}

void VrrpService::list_announcements(const VrrpInstance& instance) {
    announcements_.clear();
    const auto add = [&](const std::vector<netstate::AddressSettings>& addresses) {
        for (const netstate::AddressSettings& address : addresses) {
            const netstate::LinkInfo* link = network_.mirror().link(address.interface);
            if (link == nullptr) continue;
            const bool router = address.prefix.address.is_v6() && edges_.forwards_ipv6(address.interface);
            // What leaves a VMAC leaves its base, whose spacing it shares.
            const InterfaceIndex base = network_.is_virtual_link(link->name) ? link->lower : InterfaceIndex{};
            announcements_.push_back({link->index, address.prefix.address, MacAddress{}, router, base});
        }
    };
    add(instance.addresses());
    add(instance.excluded_addresses());
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::Announce& action) {
    list_announcements(instance);
    announce(instance, action.repeat);
}

void VrrpService::announce(const VrrpInstance& instance, uint32_t repeat) {
    if (edges_.log.has_detail()) {
        for (const vrrp::Announcement& announcement : announcements_) {
            const netstate::LinkInfo* link = network_.mirror().link(announcement.interface);
            edges_.log.info(Part::vrrp,
                            fmt::format("({}) Sending/queueing {} on {} for {}", instance.name(),
                                        announcement.address.is_v4() ? "gratuitous ARPs"
                                                                     : "Unsolicited Neighbour Adverts",
                                        link->name, announcement.address.to_string()));
        }
    }
    if (const auto sent = edges_.link.announce(announcements_, repeat); !sent) {
        edges_.log.write(Part::vrrp, LogLevel::error,
                         fmt::format("({}) {}", instance.name(), sent.error().message));
    }
}

/// garp_extra_if: one announcement for each interface that carries addresses and no adverts, because switches
/// learn where it is from nothing else.
void VrrpService::announce_elsewhere(VrrpInstance& instance) {
    if (!instance.router.is_master()) return;
    list_announcements(instance);
    std::set<InterfaceIndex> seen;
    const InterfaceIndex own = network_.index_of(instance.links->own);
    const bool adverts_from_own = instance.links->own == instance.links->transmit;
    std::erase_if(announcements_, [&](const vrrp::Announcement& announcement) {
        const netstate::LinkInfo* link = network_.mirror().link(announcement.interface);
        if (link == nullptr) return true;
        if (!instance.settings->garp_extra_all && !network_.is_virtual_link(link->name)) return true;
        if (announcement.interface == own && adverts_from_own) return true;
        return !seen.insert(announcement.interface).second;
    });
    announce(instance, 1);
    instance.extra_garp->arm_after(instance.settings->garp_extra_interfaces);
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::CancelAnnouncements&) {
    list_announcements(instance);
    edges_.link.cancel_announcements(announcements_);
}

// So that the master can go on sending to us. Only a unicast master keeps us in its neighbour table.
void VrrpService::perform(VrrpInstance& instance, const vrrp::AnnounceSource&) {
    if (!instance.settings->transport.unicast) return;
    const InterfaceIndex interface = network_.index_of(instance.settings->transport.interface);
    if (!interface || !instance.source) return;
    edges_.log.detail(Part::vrrp,
                      fmt::format("{}: sending gratuitous {} for {}", instance.name(),
                                  instance.source->is_v4() ? "ARP" : "NA", instance.source->to_string()));
    const vrrp::Announcement announcement{interface, *instance.source, MacAddress{}, false};
    (void)edges_.link.announce({&announcement, 1}, 1);
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::StateChanged& action) {
    instance.last_transition = edges_.wall_clock();
    if (action.to == vrrp::State::Fault) end_adoption(instance, "not fit to serve");
    if (state_listener_) state_listener_(instance, action);
    notifications_.tell(notify::Subject::instance, instance.name(),
                        notify::StateEntered{word_of(action), instance.router.effective_priority().value});
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::LowerPriorityReceived&) {
    notifications_.tell(notify::Subject::instance, instance.name(),
                        notify::LowerPriorityHeard{instance.router.effective_priority().value});
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::ContinueSequence& action) {
    if (instance.authenticator) instance.authenticator->continue_after(action.sequence);
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::EffectivePriorityChanged& action) {
    notifications_.tell(notify::Subject::instance, instance.name(),
                        notify::PriorityChanged{instance.router.is_master(), action.to.value});
    if (priority_listener_) priority_listener_(instance, action);
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::RequestGroup& action) {
    const auto group = groups_.find(instance.group);
    if (group == groups_.end()) return;
    std::vector<vrrp::GroupAction> actions;
    group->second->machine.handle(instance.member, action, actions);
    group_trigger_ = &instance;
    perform_group(*group->second, actions);
    group_trigger_ = nullptr;
}

void VrrpService::perform_group(VrrpGroup& group, const std::vector<vrrp::GroupAction>& actions) {
    const std::string& name = group.settings.group.name;
    for (const vrrp::GroupAction& action : actions) {
        if (const auto* command = std::get_if<vrrp::CommandMember>(&action)) {
            VrrpInstance& member = *group.members[command->member];
            run(member, vrrp::GroupCommanded{command->command, command->cause});
            // A member that was still held in init goes to FAULT without a change of state.
            if (command->command == vrrp::GroupCommand::enter_fault) end_adoption(member, "not fit to serve");
        } else if (const auto* change = std::get_if<vrrp::GroupStateChanged>(&action)) {
            if (group_listener_) group_listener_(group, *change);
            notifications_.tell(notify::Subject::group, name,
                                notify::StateEntered{word_of({change->from, change->to, {}}), 0});
        } else if (const auto* line = std::get_if<vrrp::Log>(&action)) {
            log(name, line->event);
        }
    }
}

// A MASTER has been told of and still is one; everybody else says again where he is.
void VrrpService::repeat_states(const config::Config& before, const std::vector<VrrpInstance*>& fresh) {
    for (const config::SyncGroup& old : before.sync_groups) {
        const auto group = groups_.find(old.group.name);
        if (group == groups_.end()) continue;
        const vrrp::State state = group->second->machine.state();
        notifications_.tell(notify::Subject::group, old.group.name,
                            notify::StateRepeated{word_of({state, state, {}}), 0});
    }
    for (const auto& instance : instances_) {
        const vrrp::State state = instance->router.reported_state();
        if (instance->router.is_master() || std::ranges::find(fresh, instance.get()) != fresh.end()) continue;
        notifications_.tell(
            notify::Subject::instance, instance->name(),
            notify::StateRepeated{word_of({state, state, {}}), instance->router.effective_priority().value});
    }
}

void VrrpService::perform(VrrpInstance& instance, const vrrp::Log& action) {
    log(instance.name(), action.event);
}

void VrrpService::log(std::string_view name, const vrrp::LogEvent& event) {
    if (vrrp::is_detail(event.id) && !edges_.log.has_detail()) return;
    edges_.log.info(Part::vrrp, vrrp::describe(event, name));
}

}  // namespace holdfast::app
