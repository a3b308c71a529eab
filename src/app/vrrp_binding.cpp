// What an instance has under its feet: interface, source address, sockets, trackers; and whether with all
// that it is fit to take part.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "holdfast/app/vrrp_service.hpp"

namespace holdfast::app {

namespace {

uint64_t route_key(vrrp::ChannelId channel, vrrp::VirtualRouterId vrid) {
    return static_cast<uint64_t>(channel.value) << 8U | vrid.value;
}

/// After which sockets that could not be opened are tried again.
constexpr Duration kOpenAgain = std::chrono::seconds(1);

/// The kind of fault that is counted.
constexpr bool FaultReasons::* kTracked = nullptr;

/// A tracked thing that is the instance's fault, in words.
std::string tracked_fault(const track::Source& source) {
    switch (source.kind) {
        case track::Kind::interface:
            return fmt::format("tracked interface {} is {}", source.name, source.reverse ? "up" : "down");
        case track::Kind::script:
            return fmt::format("script {} {}", source.name, source.reverse ? "succeeds" : "fails");
        case track::Kind::file:
            return fmt::format("the number in tracked file {} means FAULT", source.name);
        case track::Kind::process:
            return fmt::format("tracked process {} {} its quorum", source.name,
                               source.reverse ? "has" : "does not have");
        case track::Kind::bfd:
            return fmt::format("BFD session {} is {}", source.name, source.reverse ? "up" : "down");
    }
    return source.name;
}

}  // namespace

void VrrpService::touch(VrrpInstance& instance) {
    if (instance.dirty || !instance.started) return;
    instance.dirty = true;
    dirty_.push_back(&instance);
    reevaluate_at_turn_end_.request();
}

void VrrpService::touch_interface(std::string_view name) {
    for (const auto& instance : instances_) {
        if (!depends_on(*instance, name)) continue;
        follow_interfaces(*instance);
        touch(*instance);
    }
}

bool VrrpService::depends_on(const VrrpInstance& instance, std::string_view interface) const {
    const vrrp::TransportSettings& transport = instance.settings->transport;
    if (transport.interface == interface || instance.links->own == interface) return true;
    if (transport.interface.empty() && transport.vrf == interface) return true;
    if (instance.tracking.follows(track::Kind::interface, interface)) return true;
    const auto names = required_interfaces(instance);
    return std::ranges::find(names, interface) != names.end();
}

void VrrpService::reevaluate_dirty() {
    if (!stopping_) refresh_firewall(nullptr);
    for (VrrpInstance* instance : std::exchange(dirty_, {})) {
        instance->dirty = false;
        if (!stopping_) reevaluate(*instance);
    }
}

std::optional<IpAddress> VrrpService::wanted_source(const VrrpInstance& instance) const {
    const vrrp::TransportSettings& transport = instance.settings->transport;
    if (transport.source) {
        if (transport.track_source && !network_.mirror().has_address(*transport.source)) return std::nullopt;
        return transport.source;
    }
    if (instance.settings->vmac && instance.settings->vmac->ipvlan_address)
        return *instance.settings->vmac->ipvlan_address;
    // An IPv6 VMAC has a link-local address of its own; IPv4 adverts carry the address of the base interface.
    const bool is_v6 = instance.settings->router.family == Family::ipv6;
    return network_.source_address(is_v6 ? instance.links->transmit : transport.interface,
                                   instance.settings->router.family);
}

/// Calls `tell(kind, words)` for everything that makes the instance unfit: the member of FaultReasons that it
/// sets, or kTracked; `words` is called only by whoever wants to read them.
template <class Tell>
void VrrpService::for_each_fault(const VrrpInstance& instance, const Tell& tell) const {
    const vrrp::TransportSettings& transport = instance.settings->transport;
    const auto fails = [&](const std::string& name) {
        if (!network_.index_of(name)) return true;
        return !instance.settings->dont_track_primary && !interface_states_.is_usable(name);
    };
    const auto tell_interface = [&](bool FaultReasons::* kind, const std::string& name) {
        if (!fails(name)) return;
        tell(kind, [&] {
            return fmt::format("interface {} {}", name,
                               network_.index_of(name) ? "is down" : "does not exist");
        });
    };
    const std::string& own = instance.links->own;
    const bool is_base = own != transport.interface;
    if (!transport.interface.empty()) {
        tell_interface(is_base ? &FaultReasons::base_interface_down : &FaultReasons::interface_down,
                       transport.interface);
    } else if (!transport.vrf.empty() && !network_.is_usable(transport.vrf)) {
        tell(&FaultReasons::interface_down,
             [&] { return fmt::format("VRF {} is down", transport.vrf.string()); });
    }
    // The own VMAC or ipvlan fails by itself too: removed, or switched off by somebody.
    if (is_base) tell_interface(&FaultReasons::interface_down, own);
    for (const std::string_view name : required_interfaces(instance)) {
        if (interface_states_.is_usable(name)) continue;
        tell(&FaultReasons::interface_down,
             [&] { return fmt::format("interface {}, which it needs, is down", name); });
    }
    if (!wanted_source(instance)) {
        tell(&FaultReasons::no_source, [&] {
            if (transport.source)
                return fmt::format("this host does not have the source address {}",
                                   transport.source->to_string());
            return fmt::format("interface {} has no {} address", transport.interface,
                               to_string(instance.settings->router.family));
        });
    }
    if (!instance.channel_error.empty()) {
        tell(&FaultReasons::no_sockets, [&] {
            return fmt::format("its sockets cannot be opened: {}", instance.channel_error.string());
        });
    }
    if (transport.unicast && transport.unicast_fault_no_peer && transport.peers.empty())
        tell(&FaultReasons::configuration, [] { return std::string("it has no unicast peer"); });
    for (const std::string& fault : instance.settings->config_faults)
        tell(&FaultReasons::configuration, [&] { return fault; });
    const std::vector<track::Source>& sources = instance.tracking.sources();
    for (size_t i = 0; i < sources.size(); ++i) {
        if (instance.tracking.of(i).faults == 0) continue;
        tell(sources[i].kind == track::Kind::interface ? &FaultReasons::interface_down : kTracked,
             [&] { return tracked_fault(sources[i]); });
    }
}

vrrp::Fitness VrrpService::judge(VrrpInstance& instance) {
    FaultReasons faults;
    for_each_fault(instance, [&](bool FaultReasons::* kind, const auto&) {
        if (kind == kTracked) {
            ++faults.tracked;
        } else {
            faults.*kind = true;
        }
    });
    instance.faults = faults;
    if (faults.any()) return vrrp::Fitness::faulted;
    return instance.tracking.total().awaited > 0 ? vrrp::Fitness::held : vrrp::Fitness::fit;
}

std::vector<std::string> VrrpService::fault_reasons(const VrrpInstance& instance) const {
    std::vector<std::string> reasons;
    for_each_fault(instance, [&](bool FaultReasons::*, const auto& words) { reasons.push_back(words()); });
    return reasons;
}

std::string VrrpService::channel_text(const OpenChannel& open) const {
    const vrrp::ChannelSettings& settings = open.settings;
    const vrrp::ChannelDescriptors descriptors = edges_.link.descriptors(open.id);
    const bool multicast = settings.multicast_group.has_value();
    return fmt::format(
        "VRRP sockpool: [ifindex({:3}), family({}), proto({}), fd({},{}) {}icast, address({})]",
        settings.interface.value, to_string(settings.family), settings.protocol, descriptors.receive,
        descriptors.send, multicast ? "mult" : ", un",
        (multicast ? *settings.multicast_group : settings.bind_address.value_or(IpAddress{})).to_string());
}

/// Null without one.
VrrpService::OpenChannel* VrrpService::find_channel(vrrp::ChannelId id) {
    const auto open = std::ranges::lower_bound(channels_, id, {}, &OpenChannel::id);
    return open != channels_.end() && open->id == id ? &*open : nullptr;
}

void VrrpService::bind(VrrpInstance& instance) {
    const vrrp::TransportSettings& transport = instance.settings->transport;
    vrrp::ChannelSettings wanted;
    wanted.family = instance.settings->router.family;
    wanted.protocol = instance.settings->router.auth_type == vrrp::AuthType::header
                          ? vrrp::kProtocolAuthenticationHeader
                          : vrrp::kProtocolVrrp;
    // Without an interface of its own a unicast router may live in a VRF, whose table then routes its
    // packets.
    const std::string& interface =
        instance.links->transmit.empty() ? transport.vrf.string() : instance.links->transmit;
    wanted.interface = network_.index_of(interface);
    wanted.interface_name = interface;
    if (transport.unicast) {
        wanted.bind_address = instance.source;
    } else {
        wanted.multicast_group = transport.multicast_group;
        const bool on_vmac = instance.links->has_own() && instance.links->transmit == instance.links->own &&
                             !instance.links->made.front().ipvlan;
        if (on_vmac && firewall_.drops_reports()) {
            const netstate::LinkInfo* made = network_.mirror().link(interface);
            if (made != nullptr) wanted.join_also = made->lower;
        }
    }
    if (const OpenChannel* open = find_channel(instance.channel);
        open != nullptr && open->settings == wanted) {
        size_receive_buffer(instance, wanted_receive_buffer(instance));
        return;
    }
    unbind(instance);
    const RareText failed_before = std::exchange(instance.channel_error, {});
    if (!interface.empty() && !wanted.interface) return;
    if (transport.unicast && !wanted.bind_address) return;

    OpenChannel* shared = nullptr;
    for (OpenChannel& open : channels_) {
        if (open.settings == wanted) shared = &open;
    }
    if (shared == nullptr) {
        const auto opened = edges_.link.open_channel(wanted);
        if (!opened) {
            instance.channel_error = opened.error().message;
            if (instance.channel_error != failed_before) {
                edges_.log.write(Part::vrrp, LogLevel::error,
                                 fmt::format("({}) cannot open sockets on {}: {}", instance.name(), interface,
                                             opened.error().message));
            }
            open_again_.arm_after(kOpenAgain);
            return;
        }
        shared = &channels_.emplace_back(OpenChannel{wanted, *opened, 0});
        if (edges_.log.has_detail()) edges_.log.info(Part::vrrp, channel_text(*shared));
    }
    ++shared->users;
    instance.channel = shared->id;
    by_vrid_[route_key(instance.channel, instance.settings->router.vrid)] = &instance;
    review_at_turn_end_.request();
    size_receive_buffer(instance, wanted_receive_buffer(instance));
}

void VrrpService::unbind(VrrpInstance& instance) {
    if (!instance.channel) return;
    by_vrid_.erase(route_key(instance.channel, instance.router.settings().vrid));
    size_receive_buffer(instance, 0);
    review_at_turn_end_.request();
    OpenChannel* open = find_channel(instance.channel);
    if (open != nullptr && --open->users == 0) {
        edges_.link.close_channel(open->id);
        channels_.erase(channels_.begin() + (open - channels_.data()));
    }
    instance.channel = {};
}

void VrrpService::reevaluate(VrrpInstance& instance) {
    vrrp::Fitness fitness = judge(instance);
    const auto tell_fitness = [&] {
        if (fitness == instance.fitness) return;
        instance.fitness = fitness;
        run(instance, vrrp::FitnessChanged{fitness});
    };
    // Bad news first: a Master resigns while its sockets and source still are what they were. Good news last,
    // when everything is in place.
    if (fitness != vrrp::Fitness::fit) tell_fitness();
    if (const auto source = wanted_source(instance); source != instance.source) {
        // An interface that is gone has taken it along, which says nothing more.
        if (!source && instance.source && !instance.faults.interface_down) {
            edges_.log.info(Part::vrrp,
                            fmt::format("({}) entering FAULT state (no {} address for interface)",
                                        instance.name(), to_string(instance.settings->router.family)));
        }
        instance.source = source;
        if (!source) {
            instance.advert.reset();
        } else if (instance.advert) {
            instance.advert->set_source(*source);
        } else {
            instance.advert.emplace(instance.settings->router, *source,
                                    instance.settings->transport.multicast_group);
        }
        run(instance, vrrp::PrimaryAddressChanged{source});
    }
    bind(instance);
    fitness = judge(instance);
    if (fitness != vrrp::Fitness::fit) tell_fitness();
    if (const vrrp::Priority priority = effective_priority(instance);
        priority != instance.router.effective_priority()) {
        run(instance, vrrp::PriorityChanged{priority, !instance.tells_priority});
    }
    instance.tells_priority = true;
    tell_fitness();
}

void VrrpService::on_link_changed(Instant, const netstate::LinkInfo& link, const netstate::LinkInfo* before) {
    const bool was_usable = before != nullptr && before->usable();
    const bool counts = interface_states_.on_link_changed(link, before);
    const bool same_name = before != nullptr && before->name == link.name;
    const bool of_interest = std::ranges::any_of(
        instances_, [&](const auto& instance) { return depends_on(*instance, link.name); });
    if (before == nullptr && !instances_.empty() && !network_.is_virtual_link(link.name))
        edges_.log.detail(Part::vrrp, fmt::format("Interface {} added", link.name));
    // Our own links are made switched off and are switched on with the next breath.
    const auto is_for_it = [&](const auto& instance) {
        return !instance->started && instance->links->makes(link.name);
    };
    const bool is_being_made =
        network_.is_virtual_link(link.name) && !was_usable &&
        (before == nullptr || (!before->up && std::ranges::any_of(instances_, is_for_it)));
    if (of_interest && counts && !is_being_made && !stopping_ && was_usable != link.usable()) {
        edges_.log.info(Part::vrrp,
                        fmt::format("Netlink reports {} {}", link.name, link.usable() ? "up" : "down"));
        tell_tracker(track::Kind::interface, link.name, link.usable() ? "up" : "down");
    }
    const bool same_size = before == nullptr || before->mtu == link.mtu ||
                           global_.rx_buffer_policy.kind != config::ReceiveBufferPolicy::Kind::mtu;
    if (same_name && same_size && (was_usable == link.usable() || !counts)) return;
    if (before != nullptr && !same_name) touch_interface(before->name);
    touch_interface(link.name);
}

void VrrpService::on_link_removed(Instant, const netstate::LinkInfo& last) {
    const bool of_interest = std::ranges::any_of(
        instances_, [&](const auto& instance) { return depends_on(*instance, last.name); });
    if (of_interest && !stopping_) tell_tracker(track::Kind::interface, last.name, "gone");
    if (!stopping_ && (of_interest || (edges_.log.has_detail() && !network_.is_virtual_link(last.name))))
        edges_.log.info(Part::vrrp, fmt::format("Interface {} deleted", last.name));
    interface_states_.on_link_removed(last.name);
    touch_interface(last.name);
}

void VrrpService::on_address_changed(Instant, const netstate::KernelAddress& address, bool) {
    if (network_.reconciler().is_ours(address.prefix.address)) return;
    const netstate::LinkInfo* link = network_.mirror().link(address.interface);
    const std::string_view name = link == nullptr ? std::string_view{} : std::string_view{link->name};
    bool of_interest = false;
    for (const auto& instance : instances_) {
        const vrrp::TransportSettings& transport = instance->settings->transport;
        const bool is_used = transport.interface == name || instance->links->own == name ||
                             transport.source == address.prefix.address;
        if (is_used) touch(*instance);
        of_interest = of_interest || is_used || depends_on(*instance, name);
    }
    if (of_interest && !stopping_) log_source_change(name, address.prefix.address.family());
}

// Of the addresses of an interface only the one that adverts would come from is news.
void VrrpService::log_source_change(std::string_view interface, Family family) {
    if (!edges_.log.has_detail()) return;
    const auto now = network_.source_address(interface, family);
    auto& known = known_sources_[{std::string(interface), family}];
    if (now.has_value() != known.has_value()) {
        edges_.log.info(Part::vrrp,
                        fmt::format("{} address {} {} interface {}", now ? "Assigned" : "Deassigned",
                                    (now ? now : known)->to_string(), now ? "for" : "from", interface));
    }
    known = now;
}

void VrrpService::on_object_events(Instant, std::span<const netstate::ObjectEvent> events) {
    // Becoming Master announces by itself. What is put back, or added by a reload, must be told to the
    // neighbours too: somebody else may have taught them otherwise.
    using What = netstate::ObjectEvent::What;
    // Rules about a link of ours come before its first packet.
    if (std::ranges::any_of(events, [](const auto& event) {
            return event.kind == netstate::ObjectKind::link && event.what != What::refused;
        }))
        refresh_firewall(nullptr);
    std::map<netstate::Owner, std::set<IpAddress>> news;
    for (const netstate::ObjectEvent& event : events) {
        if ((event.what == What::repaired || event.what == What::installed) &&
            event.kind == netstate::ObjectKind::address &&
            (installing_ == nullptr || event.owner.instance != installing_->name()))
            news[event.owner].insert(event.address);
    }
    if (news.empty()) return;
    for (const auto& instance : instances_) {
        if (!instance->router.is_master()) continue;
        const auto own = news.find(instance->owner());
        if (own == news.end()) continue;
        list_announcements(*instance);
        std::erase_if(announcements_, [&](const vrrp::Announcement& announcement) {
            return !own->second.contains(announcement.address);
        });
        if (!announcements_.empty()) announce(*instance, instance->settings->router.garp.master_repeat);
    }
}

}  // namespace holdfast::app
