// What the dumps show of a vrrp_instance.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "holdfast/app/object_text.hpp"
#include "holdfast/netstate/resolve.hpp"
#include "view_parts.hpp"

namespace holdfast::app {

namespace {

/// Whether the kernel has the address on its interface, whoever put it there.
bool is_present(const netstate::AddressSettings& address, const netstate::Mirror& mirror) {
    const auto wanted = netstate::resolve(address, mirror);
    return wanted && mirror.address(wanted->key()) != nullptr;
}

std::optional<NotifyCommand> notify_command(const Rare<notify::Command>& command) {
    if (!command) return std::nullopt;
    NotifyCommand view = command->to_string();
    view.uid = command->identity.uid.value_or(0);
    view.gid = command->identity.gid.value_or(0);
    return view;
}

std::vector<std::string> fault_words(const FaultReasons& faults) {
    std::vector<std::string> words;
    if (faults.interface_down) words.emplace_back("i/f down");
    if (faults.base_interface_down) words.emplace_back("base i/f down");
    if (faults.no_source) words.emplace_back("no source IP address");
    if (faults.no_sockets) words.emplace_back("no sockets");
    if (faults.configuration) words.emplace_back("config error");
    return words;
}

/// Options that keepalived keeps as flags: it only says that there are some, and names those of unicast.
void describe_flags(const config::VrrpInstance& settings, InstanceView& view) {
    const vrrp::TransportSettings& transport = settings.transport;
    if (transport.unicast && !transport.peers.empty()) {
        view.flags.emplace_back("Using unicast");
    } else if (transport.unicast) {
        view.flags.emplace_back("Unicast config option specified but using multicast");
    }
    if (transport.unicast_fault_no_peer) view.flags.emplace_back("If unicast go to fault state if no peers");
    const vrrp::RouterSettings& router = settings.router;
    view.has_flags = settings.dont_track_primary || settings.linkbeat_use_polling ||
                     router.skip_check_advert_addresses || transport.source ||
                     transport.check_unicast_source || settings.promote_secondaries ||
                     settings.no_virtual_ipaddress || !router.preempt || router.v3_checksum_as_v2 ||
                     settings.vmac || settings.use_vmac_addr || settings.garp_extra_all;
}

std::string_view mode_name(vrrp::HmacMode mode) {
    switch (mode) {
        case vrrp::HmacMode::enforce:
            return "enforce";
        case vrrp::HmacMode::permissive:
            return "permissive";
        case vrrp::HmacMode::receive_only:
            return "receive-only";
    }
    return "enforce";
}

void describe_wire(const VrrpInstance& instance, const Edges& edges, const Network& network,
                   InstanceView& view) {
    const vrrp::RouterSettings& router = instance.settings->router;
    const vrrp::TransportSettings& transport = instance.settings->transport;
    if (router.hmac) {
        view.hmac = HmacView{router.hmac->keys.size(), router.hmac->active_key,
                             std::string(mode_name(router.hmac->mode)), std::nullopt};
        if (!router.hmac->monotonic) view.hmac->window = vrrp::trailer_window(router).count();
    }
    const bool is_v4 = router.family == Family::ipv4;
    if (router.version == vrrp::Version::v3 && is_v4) view.checksum_as_v2 = router.v3_checksum_as_v2;
    view.receive_buffer = transport.receive_buffer.value_or(0);
    view.interface_index = network.index_of(instance.links->transmit).value;
    view.unicast_ttl = transport.ttl;
    if (!view.unicast_ttl && is_v4) view.unicast_ttl = vrrp::kTtl;
    for (const vrrp::UnicastPeer& peer : transport.peers) {
        view.unicast_peers.push_back(
            fmt::format("{} min_ttl {} max_ttl {}", peer.address.to_string(), peer.min_ttl, peer.max_ttl));
    }
    switch (router.old_unicast_checksum) {
        case vrrp::OldUnicastChecksum::automatic:
            view.unicast_checksum = instance.reader.uses_old_checksum() ? "auto" : "no";
            break;
        case vrrp::OldUnicastChecksum::force:
            view.unicast_checksum = "config";
            break;
        case vrrp::OldUnicastChecksum::never:
            view.unicast_checksum = "never";
    }
    const vrrp::ChannelDescriptors descriptors = edges.link.descriptors(instance.channel);
    view.receive_descriptor = descriptors.receive;
    view.send_descriptor = descriptors.send;
}

/// The lines about a VMAC or ipvlan.
void describe_link(const VrrpInstance& instance, const netstate::Mirror& mirror, InstanceView& view) {
    if (!instance.links->has_own()) return;
    const netstate::VmacSettings& vmac = *instance.settings->vmac;
    const netstate::VirtualLink& made = instance.links->made.front();
    const char* is_up = mirror.link(made.name) != nullptr ? "true" : "false";
    view.vmac_interface = made.name;
    if (vmac.ipvlan) {
        constexpr std::array kKinds{"bridge", "private", "vepa"};
        std::string address;
        if (made.address) {
            address = ", i/f address = " + (made.address->length == made.address->address.max_prefix_length()
                                                ? made.address->address.to_string()
                                                : made.address->to_string());
        }
        view.link_lines.push_back(fmt::format("   Use IPVLAN, i/f {}, is_up = {}{}, type {}", made.name,
                                              is_up, address, kKinds.at(vmac.ipvlan_flags)));
    } else {
        view.link_lines.push_back(fmt::format("   Use VMAC, i/f name {}, is_up = {}, xmit_base = {}",
                                              made.name, is_up, vmac.transmit_on_base));
        if (vmac.mac) view.link_lines.push_back("     MAC = " + vmac.mac->to_string());
    }
    if (vmac.netlink_notify_msg) view.link_lines.emplace_back("     Force netlink update for base interface");
    if (instance.settings->use_vmac_addr)
        view.link_lines.emplace_back("     Use VMAC for VIPs on other interfaces");
    const netstate::LinkInfo* base = mirror.link(made.base);
    if (vmac.group) {
        view.link_lines.push_back(fmt::format("     Interface group {}", *vmac.group));
    } else if (base != nullptr && base->group != 0) {
        view.link_lines.push_back(fmt::format("     Interface group {} (copied from parent)", base->group));
    }
    view.interface_note = fmt::format(", {} on {}{}", vmac.ipvlan ? "ipvlan" : "vmac", made.base,
                                      vmac.transmit_on_base ? ", xmit base i/f" : "");
}

}  // namespace

std::optional<std::string> command_text(const Rare<notify::Command>& command) {
    if (!command) return std::nullopt;
    return command->to_string();
}

NotifyView notify_view(const notify::ScriptSettings& scripts) {
    NotifyView view;
    view.backup = notify_command(scripts.backup);
    view.master = notify_command(scripts.master);
    view.fault = notify_command(scripts.fault);
    view.stop = notify_command(scripts.stop);
    view.deleted = notify_command(scripts.deleted);
    view.generic = notify_command(scripts.generic);
    view.master_rx_lower_pri = notify_command(scripts.master_rx_lower_pri);
    view.smtp_alert = scripts.smtp_alert.value_or(false);
    view.notify_deleted = scripts.notify_deleted;
    view.priority_changes = scripts.priority_changes.value_or(false);
    return view;
}

std::string script_text(const track::ScriptSettings& script) {
    return script.open_path.empty() ? script.command.to_string() : "<" + script.open_path;
}

TracksView tracks_view(const config::Config& config, std::span<const track::Source> sources) {
    TracksView view;
    for (const track::Source& source : sources) {
        TrackView entry{source.name, source.weight, source.reverse, {}};
        switch (source.kind) {
            case track::Kind::interface:
                view.interfaces.push_back(entry);
                break;
            case track::Kind::script:
                for (const track::ScriptSettings& script : config.scripts) {
                    if (script.name == source.name) entry.command = script_text(script);
                }
                view.scripts.push_back(entry);
                break;
            case track::Kind::file:
                view.files.push_back(entry);
                break;
            case track::Kind::process:
                view.processes.push_back(entry);
                break;
            case track::Kind::bfd:
                view.bfds.push_back(entry);
                break;
        }
    }
    return view;
}

std::vector<std::string> address_list(const std::vector<netstate::AddressSettings>& addresses,
                                      const netstate::Mirror& mirror, bool owned, bool drops) {
    std::vector<std::string> list;
    for (const netstate::AddressSettings& address : addresses) {
        netstate::AddressSettings shown = address;
        // A VMAC or ipvlan is shown with what it sits on.
        const netstate::LinkInfo* link = mirror.link(address.interface);
        const bool is_virtual = link != nullptr && (link->kind == "macvlan" || link->kind == "ipvlan");
        if (const netstate::LinkInfo* base = is_virtual ? mirror.link(link->lower) : nullptr)
            shown.interface += "@" + base->name;
        list.push_back(address_text(shown));
        if (owned && is_present(address, mirror)) list.back() += drops ? " set nftable_set" : " set";
    }
    return list;
}

std::vector<std::string> route_list(const std::vector<netstate::RouteSettings>& routes,
                                    const netstate::Mirror& mirror, bool owned) {
    std::vector<std::string> list;
    for (const netstate::RouteSettings& route : routes) {
        list.push_back(route_text(route));
        if (!owned || route.no_track || !route.interface.empty()) continue;
        const auto wanted = netstate::resolve(route, mirror);
        const netstate::KernelRoute* have = wanted ? mirror.route(*wanted) : nullptr;
        if (have == nullptr || have->next_hops.size() != 1) continue;
        if (const netstate::LinkInfo* link = mirror.link(have->next_hops[0].interface))
            list.back() += " [dev " + link->name + "]";
    }
    return list;
}

std::vector<std::string> rule_list(const std::vector<netstate::RuleSettings>& rules) {
    std::vector<std::string> list;
    for (const netstate::RuleSettings& rule : rules) list.push_back(rule_text(rule));
    return list;
}

InstanceView instance_view(const config::Config& config, const Edges& edges, const Network& network,
                           const VrrpInstance& instance) {
    const vrrp::RouterSettings& router = instance.settings->router;
    const vrrp::TransportSettings& transport = instance.settings->transport;
    InstanceView view;
    view.name = instance.name();
    view.version = router.version;
    view.state = instance.router.reported_state();
    view.wanted_state = instance.router.wanted_state();
    view.family = router.family;
    view.faults = instance.faults.tracked;
    view.config_faults = static_cast<uint32_t>(instance.settings->config_faults.size());
    view.other_faults = fault_words(instance.faults);
    view.awaited_scripts = instance.tracking.total().awaited;
    describe_flags(instance.settings, view);
    const auto on_the_wall = [&](std::optional<Instant> at) -> std::optional<WallClock> {
        if (!at) return std::nullopt;
        return edges.wall_clock() + std::chrono::duration_cast<WallClock::duration>(*at - edges.timers.now());
    };
    view.next_step_at = on_the_wall(instance.router.next_step_at());
    view.last_advert_at = on_the_wall(instance.router.last_advert_at());
    if (const auto* master = std::get_if<vrrp::Master>(&instance.router.state()))
        view.rogue_adverts_left = master->rogue_adverts_left;
    view.owner_ignores_adverts = router.owner_ignore_adverts;
    view.no_addresses_is_fine = instance.settings->no_virtual_ipaddress;
    if (router.timer_expired_backup) view.highest_other_priority = router.timer_expired_backup->value;
    view.debug = instance.settings->debug;
    view.extra_garp = instance.settings->garp_extra_interfaces;
    view.extra_garp_all = instance.settings->garp_extra_all;
    describe_wire(instance, edges, network, view);
    view.vrid = router.vrid.value;
    view.base_priority = router.priority.value;
    view.effective_priority = instance.router.effective_priority().value;
    view.total_priority = router.priority.value + instance.tracking.total().sum;
    view.master_priority = instance.router.master_priority().value;
    view.master_address = instance.router.master_address();
    view.last_transition = instance.last_transition;
    view.advert_interval = router.advert_interval;
    view.master_advert_interval = instance.router.master_advert_interval();
    view.master_down_time = instance.router.down_timer();
    view.down_timer_adverts = router.down_timer_adverts;
    view.interface = transport.interface;
    describe_link(instance, network.mirror(), view);
    view.vrf = transport.vrf;
    view.source = instance.source;
    view.source_configured = transport.source.has_value();
    if (!transport.unicast) view.multicast_group = transport.multicast_group;
    view.check_unicast_source = transport.check_unicast_source;
    view.dont_track_primary = instance.settings->dont_track_primary;
    view.skip_check_advert_addresses = router.skip_check_advert_addresses;
    view.strict = router.strict;
    view.preempt = router.preempt;
    view.preempt_delay = router.preempt_delay;
    view.accept = instance.settings->accept;
    view.promote_secondaries = instance.settings->promote_secondaries;
    view.linkbeat_polling = instance.settings->linkbeat_use_polling;
    view.addresses_set = instance.router.is_master();
    view.lower_priority_no_advert = router.lower_priority_no_advert;
    view.higher_priority_send_advert = router.higher_priority_send_advert;
    view.garp_delay = router.garp.master_delay;
    view.garp_repeat = router.garp.master_repeat;
    view.garp_refresh = router.garp.master_refresh;
    view.garp_refresh_repeat = router.garp.master_refresh_repeat;
    view.garp_lower_prio_delay = router.garp.lower_prio_delay;
    view.garp_lower_prio_repeat = router.garp.lower_prio_repeat;
    view.auth_type = router.auth_type;
    view.notify = notify_view(instance.settings->notify);
    const bool owned = network.reconciler().holds(instance.owner());
    view.addresses = address_list(instance.addresses(), network.mirror(), owned, instance.refuses());
    view.excluded_addresses =
        address_list(instance.excluded_addresses(), network.mirror(), owned, instance.refuses());
    view.routes = route_list(instance.settings->routes, network.mirror(), owned);
    view.rules = rule_list(instance.settings->rules);
    std::vector<track::Source> own = instance.tracking.sources();
    std::erase_if(own, [](const track::Source& source) { return source.of_group; });
    view.tracks = tracks_view(config, own);
    view.sync_group = instance.group;
    view.counters = instance.router.counters();
    return view;
}

std::vector<SocketView> VrrpService::sockets() const {
    std::vector<SocketView> views;
    for (const OpenChannel& open : channels_) {
        SocketView view;
        const vrrp::ChannelDescriptors descriptors = edges_.link.descriptors(open.id);
        view.receive = descriptors.receive;
        view.send = descriptors.send;
        view.interface = open.settings.interface_name;
        view.family = open.settings.family;
        view.authentication_header = open.settings.protocol == vrrp::kProtocolAuthenticationHeader;
        view.unicast_source = open.settings.bind_address;
        view.receive_buffer = open.receive_buffer;
        for (const auto& instance : instances_) {
            if (instance->channel == open.id)
                view.instances.push_back(
                    fmt::format("{} vrid {}", instance->name(), instance->settings->router.vrid.value));
        }
        views.push_back(std::move(view));
    }
    return views;
}

}  // namespace holdfast::app
