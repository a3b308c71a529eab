// The block of a vrrp_instance in the data dump, line for line as keepalived 2.4.3 writes it.
#include "dump_text.hpp"
#include "holdfast/app/data_dump.hpp"

namespace holdfast::app {

namespace {

int64_t seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

int64_t milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::string interval_text(const InstanceView& view) {
    if (view.version == vrrp::Version::v2) return fmt::format("{} sec", seconds(view.advert_interval));
    return fmt::format("{} milli-sec", milliseconds(view.advert_interval));
}

std::string_view authentication(vrrp::AuthType type) {
    switch (type) {
        case vrrp::AuthType::none:
            return "none";
        case vrrp::AuthType::password:
            return "SIMPLE_PASSWORD";
        case vrrp::AuthType::header:
            return "IPSEC_AH";
    }
    return "none";
}

bool is_owner(const InstanceView& view) {
    return view.base_priority == vrrp::kOwner.value;
}

void fault_lines(DumpText& out, const InstanceView& view) {
    out.line("   Number of config faults = {}", view.config_faults);
    out.line("   Number of tracker faults = {}", view.faults);
    if (view.faults == 0 && view.other_faults.empty()) {
        out.line("   Flags of interface faults - (none)");
    } else {
        out.line("   Flags of interface faults:");
        if (view.faults > 0) out.line("     unspecified");
        for (const std::string& fault : view.other_faults) out.line("     {}", fault);
    }
    out.line("   Number of track scripts init = {}", view.awaited_scripts);
}

void state_lines(DumpText& out, const InstanceView& view) {
    out.line("   VRRP Version = {}", static_cast<int>(view.version));
    if (!view.sync_group.empty()) out.line("   Sync group = {}", view.sync_group);
    if (view.family == Family::ipv6) out.line("   Using Native IPv6");
    out.line("   State = {}", vrrp::to_string(view.state));
    if (view.state == vrrp::State::Backup) {
        out.line("   Master router = {}", view.master_address ? view.master_address->to_string() : "(none)");
        out.line("   Master priority = {}", view.master_priority);
        if (view.version == vrrp::Version::v3) {
            out.line("   Master advert interval = {} milli-sec", milliseconds(view.master_advert_interval));
        }
    } else if (view.state == vrrp::State::Master && is_owner(view)) {
        out.line("   Rogue master counter = {}", view.rogue_adverts_left);
    }
    if (view.has_flags || !view.flags.empty()) {
        out.line("   Flags:");
        for (const std::string& flag : view.flags) out.line("     {}", flag);
    } else {
        out.line("   Flags: none");
    }
    out.line("   Wantstate = {}", vrrp::to_string(view.wanted_state));
    fault_lines(out, view);
    out.line("   Last transition = {}", transition_text(view.last_transition));
    if (view.next_step_at) {
        out.line("   Read timeout = {}", transition_text(*view.next_step_at));
    } else {
        out.line("   Read timeout = DISABLED");
    }
    out.line("   Master down timer = {} usecs",
             std::chrono::duration_cast<std::chrono::microseconds>(view.master_down_time).count());
}

void link_lines(DumpText& out, const InstanceView& view) {
    for (const std::string& line : view.link_lines) out.line("{}", line);
    if (!view.interface_note.empty())
        out.line("   Interface = {}{}", view.vmac_interface, view.interface_note);
    else
        out.line("   Interface = {}", view.interface.empty() ? "not configured" : view.interface);
    if (!view.vrf.empty()) out.line("   VRF = {}", view.vrf);
    if (view.dont_track_primary) out.line("   VRRP interface tracking disabled");
    if (view.skip_check_advert_addresses) out.line("   Skip checking advert IP addresses");
    if (view.no_addresses_is_fine) out.line("   Suppress no VIPs warning");
    if (view.strict) out.line("   Enforcing strict VRRP compliance");
    out.line("   Using src_ip = {}{}", view.source ? view.source->to_string() : "(none)",
             view.source_configured ? " (from configuration)" : "");
    if (view.multicast_group && view.family == Family::ipv6) {
        out.line("   Multicast address {}, ifindex {}", view.multicast_group->to_string(),
                 view.interface_index);
    } else if (view.multicast_group) {
        out.line("   Multicast address {}", view.multicast_group->to_string());
    }
}

void announcement_lines(DumpText& out, const InstanceView& view) {
    out.line("   Gratuitous ARP delay = {}", seconds(view.garp_delay));
    out.line("   Gratuitous ARP repeat = {}", view.garp_repeat);
    out.line("   Gratuitous ARP refresh = {}", seconds(view.garp_refresh));
    out.line("   Gratuitous ARP refresh repeat = {}", view.garp_refresh_repeat);
    out.line("   Gratuitous ARP lower priority delay = {}", seconds(view.garp_lower_prio_delay));
    out.line("   Gratuitous ARP lower priority repeat = {}", view.garp_lower_prio_repeat);
    out.line("   Down timer adverts = {}", view.down_timer_adverts);
    if (view.extra_garp > Duration::zero()) {
        out.line("   Gratuitous ARP for each secondary {} = {}", view.extra_garp_all ? "i/f" : "VMAC",
                 seconds(view.extra_garp));
    }
}

void election_lines(DumpText& out, const InstanceView& view) {
    out.line("   Send advert after receive lower priority advert = {}",
             true_false(!view.lower_priority_no_advert));
    out.line("   Send advert after receive higher priority advert = {}",
             true_false(view.higher_priority_send_advert));
    if (is_owner(view))
        out.line("   Address owner ignores received adverts = {}", true_false(view.owner_ignores_adverts));
    out.line("   Virtual Router ID = {}", view.vrid);
    out.line("   Priority = {}", view.base_priority);
    out.line("   Effective priority = {}", view.effective_priority);
    out.line("   Total priority = {}", view.total_priority);
    if (!view.preempt) out.line("   Highest other priority = {}", view.highest_other_priority);
    out.line("   Advert interval = {}", interval_text(view));
    out.line("   Last advert sent = {}",
             view.last_advert_at ? seconds_since_epoch(*view.last_advert_at) : "0.000000");
    out.line("   Accept = {}", enabled(view.accept));
    out.line("   Preempt = {}", enabled(view.preempt));
    if (view.preempt_delay > Duration::zero())
        out.line("   Preempt delay = {:g} secs", to_seconds(view.preempt_delay));
    out.line("   Promote_secondaries = {}", enabled(view.promote_secondaries));
}

void authentication_lines(DumpText& out, const InstanceView& view) {
    if (view.version == vrrp::Version::v2) {
        out.line("   Authentication type = {}", authentication(view.auth_type));
        if (view.auth_type == vrrp::AuthType::password) out.line("   Password = ********");
    }
    if (view.hmac) {
        out.line("   Authentication extension = HMAC-SHA256-128");
        out.line("     Keys = {}, active key id = {}", view.hmac->keys, view.hmac->active_key);
        out.line("     Mode = {}", view.hmac->mode);
        if (view.hmac->window) {
            out.line("     Anti replay = time, window = {} sec", *view.hmac->window);
        } else {
            out.line("     Anti replay = monotonic");
        }
    }
    if (view.checksum_as_v2) out.line("   VRRPv3 uses VRRPv2 checksum = {}", enabled(*view.checksum_as_v2));
}

void address_lines(DumpText& out, const InstanceView& view) {
    if (!view.addresses.empty()) {
        out.line("   Virtual IP ({}):", view.addresses.size());
        for (const std::string& address : view.addresses) out.line("     {}", address);
    }
    out.list("Virtual IP Excluded", view.excluded_addresses);
    if (!view.multicast_group) {
        if (view.unicast_ttl) out.line("   Unicast TTL = {}", *view.unicast_ttl);
        out.line("   Check unicast src : {}", yes_no(view.check_unicast_source));
        out.list("Unicast Peer", view.unicast_peers);
        if (!view.unicast_checksum.empty())
            out.line("   Unicast checksum compatibility = {}", view.unicast_checksum);
    }
    if (view.receive_descriptor >= 0) {
        out.line("   fd_in {}, fd_out {}", view.receive_descriptor, view.send_descriptor);
    } else {
        out.line("   No sockets allocated");
    }
    out.list("Virtual Routes", view.routes);
    out.list("Virtual Rules", view.rules);
}

}  // namespace

void dump_tracks(DumpText& out, const TracksView& view, std::string_view processes) {
    auto list = [&](std::string_view heading, const std::vector<TrackView>& entries,
                    std::string_view separator) {
        std::vector<std::string> lines;
        for (const TrackView& track : entries)
            lines.push_back(fmt::format("{}{} weight {}{}", track.name, separator, track.weight,
                                        track.reverse ? " reverse" : ""));
        out.list(heading, lines);
    };
    list("Tracked interfaces", view.interfaces, "");
    list("Tracked scripts", view.scripts, "");
    list("Tracked files", view.files, ",");
    list(processes, view.processes, ",");
    list("Tracked BFDs", view.bfds, ":");
}

void dump_scripts(DumpText& out, const NotifyView& view) {
    auto one = [&](std::string_view what, const std::optional<NotifyCommand>& command) {
        if (!command) return;
        out.line("   {} state transition script = {}, uid:gid {}:{}", what, command->text, command->uid,
                 command->gid);
    };
    one("Backup", view.backup);
    one("Master", view.master);
    one("Fault", view.fault);
    one("Stop", view.stop);
    one("Deleted", view.deleted);
    one("Generic", view.generic);
    one("Master rx lower pri", view.master_rx_lower_pri);
}

void dump_instance(DumpText& out, const InstanceView& view) {
    out.line(" VRRP Instance = {}", view.name);
    state_lines(out, view);
    link_lines(out, view);
    announcement_lines(out, view);
    election_lines(out, view);
    authentication_lines(out, view);
    if (view.receive_buffer != 0) out.line("   Kernel rx buffer size = {}", view.receive_buffer);
    if (view.debug != 0) out.line("   Debug level = {}", view.debug);
    address_lines(out, view);
    dump_tracks(out, view.tracks);
    out.line("   Using smtp notification = {}", yes_no(view.notify.smtp_alert));
    out.line("   Notify deleted = {}",
             view.notify.notify_deleted || view.notify.deleted ? "Deleted" : "Fault");
    dump_scripts(out, view.notify);
    out.line("   Notify priority changes = {}", true_false(view.notify.priority_changes));
}

}  // namespace holdfast::app
