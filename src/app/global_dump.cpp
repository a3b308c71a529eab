// "Global definitions" of the data dumps, with the names and in the order of keepalived 2.4.3.
#include <unistd.h>

#include "dump_text.hpp"
#include "holdfast/config/config.hpp"

namespace holdfast::app {

namespace {

using config::GlobalSettings;

/// What keepalived shows for a real-time limit that is not configured.
constexpr uint64_t kUsualRealTimeLimit = 10'000;

std::string_view unset_on_off(const std::optional<bool>& value) {
    if (!value) return "unset";
    return *value ? "on" : "off";
}

uint32_t number(bool value) {
    return value ? 1 : 0;
}

int64_t whole_seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

std::string ids(const notify::Identity& identity) {
    return fmt::format("{}:{}", identity.uid.value_or(getuid()), identity.gid.value_or(getgid()));
}

void names(DumpText& out, const GlobalView& view) {
    const config::RootSettings& root = view.config->root;
    const GlobalSettings& global = view.config->global;
    if (!global.config_save_dir.empty()) out.line(" Config save dir = {}", global.config_save_dir);
    out.line(" Network namespace = {}", view.net_namespace.empty() ? "(default)" : view.net_namespace);
    std::string ipvs = "(main namespace)";
    if (root.net_namespace_ipvs)
        ipvs = root.net_namespace_ipvs->empty() ? "(default)" : *root.net_namespace_ipvs;
    out.line(" Network namespace ipvs = {}", ipvs);
    if (!root.instance.empty()) out.line(" Instance name = {}", root.instance);
    const auto process = [&](std::string_view which, const config::ProcessSettings& settings) {
        if (!settings.name.empty()) out.line(" {} process name = {}", which, settings.name);
    };
    process("Parent", global.parent_process);
    process("VRRP", global.vrrp_process);
    process("LVS", global.checker_process);
    process("BFD", global.bfd_process);
    out.line(" {} symlinks in script paths", global.use_symlink_paths ? "Keep" : "Replace");
    if (!global.router_id.empty()) out.line(" Router ID = {}", global.router_id);
}

void mails(DumpText& out, const GlobalSettings& global) {
    const notify::MailSettings& mail = global.mail;
    if (mail.server || !mail.server_name.empty()) {
        out.line(" Smtp server = {}", mail.server ? mail.server->to_string() : mail.server_name);
        out.line(" Smtp server port = {}", mail.port);
    }
    if (!mail.helo_name.empty()) out.line(" Smtp HELO name = {}", mail.helo_name);
    if (!mail.recipients.empty()) {
        out.line(" Smtp server connection timeout = {}", mail.timeout.count());
        out.line(" Email notification from = {}", mail.from);
        out.line(" Email notification to:");
        for (const std::string& recipient : mail.recipients) out.line("   {}", recipient);
    }
    out.line(" Default smtp_alert = {}", unset_on_off(global.smtp_alert));
    out.line(" Default smtp_alert_vrrp = {}", unset_on_off(global.smtp_alert_vrrp));
    out.line(" Default smtp_alert_checker = {}", unset_on_off(global.smtp_alert_checker));
    out.line(" Checkers log all failures = {}", true_false(global.checker_log_all_failures));
}

std::string local_time(WallClock when) {
    const std::time_t second = std::chrono::system_clock::to_time_t(when);
    std::tm local{};
    localtime_r(&second, &local);
    char text[32] = {};
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    return text;
}

void reloads(DumpText& out, const GlobalView& view) {
    const GlobalSettings& global = view.config->global;
    if (global.reload_check_config) {
        out.line(" Test config before reload, log to {}", *global.reload_check_config);
    } else {
        out.line(" No test config before reload");
    }
    if (!global.reload_time_file.empty()) {
        out.line(" Reload time file = {}{}", global.reload_time_file,
                 global.reload_repeat ? " (repeat)" : "");
        if (view.reload_at) {
            out.line(" Reload scheduled for {}{}", local_time(*view.reload_at),
                     view.reload_has_date ? " (date specified)" : "");
        } else {
            out.line(" No reload scheduled");
        }
    }
    if (global.reload_file) out.line(" Reload_file = {}", view.reload_file);
    out.line(" keep script symlinks = {}", true_false(global.use_symlink_paths));
    if (!global.tmp_config_directory.empty())
        out.line(" config save directory = {}", global.tmp_config_directory);
    if (global.data_use_instance) out.line(" Use instance name in data dumps");
    if (const auto& script = global.startup_script) {
        out.line(" Startup script = {}, uid:gid {}, timeout {}", script->to_string(), ids(script->identity),
                 global.startup_script_timeout.count());
    }
    if (const auto& script = global.shutdown_script) {
        out.line(" Shutdown script = {}, uid:gid {} timeout {}", script->to_string(), ids(script->identity),
                 global.shutdown_script_timeout.count());
    }
}

void ipvs_settings(DumpText& out, const GlobalSettings& global, GlobalPart part) {
    if (global.lvs_timeouts.tcp != 0) out.line(" LVS TCP timeout = {}", global.lvs_timeouts.tcp);
    if (global.lvs_timeouts.tcp_fin != 0) out.line(" LVS TCP FIN timeout = {}", global.lvs_timeouts.tcp_fin);
    if (global.lvs_timeouts.udp != 0) out.line(" LVS TCP timeout = {}", global.lvs_timeouts.udp);
    if (part == GlobalPart::vrrp) out.line(" Default interface = {}", global.default_interface);
    out.line(" Disable local IGMP = {}", yes_no(global.disable_local_igmp));
    out.line(" Use VRRPv2 checksum for VRRPv3 IPv4 = {}", yes_no(global.instance_defaults.v3_checksum_as_v2));
    if (const auto& sync = global.lvs_sync_daemon) {
        if (!sync->instance.empty()) out.line(" LVS syncd vrrp instance = {}", sync->instance);
        out.line(" LVS syncd interface = {}", sync->interface);
        out.line(" LVS syncd syncid = {}", sync->sync_id.value_or(0));
        if (sync->max_length != 0) out.line(" LVS syncd maxlen = {}", sync->max_length);
        if (sync->group) out.line(" LVS mcast group {}", sync->group->to_string());
        if (sync->port != 0) out.line(" LVS syncd mcast port = {}", sync->port);
        if (sync->ttl != 0) out.line(" LVS syncd mcast ttl = {}", sync->ttl);
    }
    out.line(" LVS flush = {}", true_false(global.lvs_flush));
    std::string_view on_stop = "disabled";
    if (global.lvs_flush_on_stop) on_stop = global.lvs_flush_on_stop_only_ours ? "VS" : "full";
    out.line(" LVS flush on stop = {}", on_stop);
}

void fifo(DumpText& out, const std::optional<notify::FifoSettings>& settings, std::string_view which) {
    if (!settings) return;
    out.line(" {} notify fifo = {}, uid:gid {}", which, settings->path, ids(settings->owner));
    if (!settings->script) return;
    const notify::Command& script = *settings->script;
    if (!script.path.empty()) {
        out.line(" {} notify fifo path = {}, script = {}, uid:gid {}", which, script.path, script.to_string(),
                 ids(script.identity));
    } else {
        out.line(" {} notify fifo script = {}, uid:gid {}", which, script.to_string(), ids(script.identity));
    }
}

void vrrp_defaults(DumpText& out, const GlobalSettings& global) {
    const config::InstanceDefaults& instance = global.instance_defaults;
    const IpAddress group6 = global.multicast_group6.is_unspecified()
                                 ? IpAddress::parse("ff02::12").value_or(global.multicast_group6)
                                 : global.multicast_group6;
    out.line(" FIFO write vrrp states on reload = {}", true_false(global.fifo_write_vrrp_states_on_reload));
    out.line(" VRRP notify priority changes = {}", true_false(global.vrrp_notify_priority_changes));
    out.line(" VRRP IPv4 mcast group = {}", global.multicast_group4.to_string());
    out.line(" VRRP IPv6 mcast group = {}", group6.to_string());
    out.line(" Gratuitous ARP delay = {}", whole_seconds(instance.garp_master_delay));
    out.line(" Gratuitous ARP repeat = {}", instance.garp_master_repeat);
    out.line(" Gratuitous ARP refresh timer = {}", whole_seconds(instance.garp_master_refresh));
    out.line(" Gratuitous ARP refresh repeat = {}", instance.garp_master_refresh_repeat);
    out.line(" Gratuitous ARP lower priority delay = {}",
             whole_seconds(instance.garp_lower_prio_delay.value_or(instance.garp_master_delay)));
    out.line(" Gratuitous ARP lower priority repeat = {}",
             instance.garp_lower_prio_repeat.value_or(instance.garp_master_repeat));
    out.line(" Num adverts before down = {}", instance.down_timer_adverts);
    out.line(" Gratuitous ARP for each secondary {} = {}s", global.garp_extra_all ? "i/f" : "VMAC",
             whole_seconds(global.garp_extra_interfaces));
    out.line(" Send advert after receive lower priority advert = {}",
             true_false(!instance.lower_priority_no_advert));
    out.line(" Send advert after receive higher priority advert = {}",
             true_false(instance.higher_priority_send_advert));
    out.line(" Gratuitous ARP interval = {:f}", to_seconds(global.garp_interval));
    out.line(" Gratuitous NA interval = {:f}", to_seconds(global.gna_interval));
    out.line(" VRRP default protocol version = {}", static_cast<int>(instance.version));
}

void firewall(DumpText& out, const GlobalSettings& global) {
    if (const auto& iptables = global.iptables) {
        out.line(" Iptables input chain = {}", iptables->input_chain);
        if (!iptables->output_chain.empty()) out.line(" Iptables output chain = {}", iptables->output_chain);
        out.line(" Using ipsets = {}", true_false(!global.ipset_names.empty()));
        constexpr std::string_view kSets[] = {"IPv4 address", "IPv6 address", "IPv6 address,iface",
                                              "IGMP",         "MLD",          "ND"};
        for (size_t i = 0; i < global.ipset_names.size() && i < std::size(kSets); ++i)
            out.line(" ipset {} set = {}", kSets[i], global.ipset_names[i]);
    }
    const config::NftablesSettings& nftables = global.nftables;
    if (nftables.table) {
        out.line(" nftables table name = {}", *nftables.table);
        out.line(" nftables base chain priority = {}", nftables.priority);
        out.line(" nftables {}force use ifindex for link local IPv6", nftables.ifindex ? "" : "don't ");
    }
    if (nftables.ipvs_table) {
        out.line(" ipvs nftables table name = {}", *nftables.ipvs_table);
        out.line(" ipvs nftables base chain priority = {}", nftables.ipvs_priority);
        out.line(" ipvs nftables start fwmark = {}", nftables.ipvs_start_mark);
    }
    out.line(" nftables with{} counters", nftables.counters ? "" : "out");
}

std::string cpu_list(const std::vector<uint32_t>& cpus) {
    std::string text;
    for (const uint32_t cpu : cpus) text += fmt::format(" {}", cpu);
    return text;
}

void process(DumpText& out, std::string_view which, const config::ProcessSettings& settings) {
    out.line(" {} process priority = {}", which, settings.priority.value_or(0));
    out.line(" {} don't swap = {}", which, true_false(settings.no_swap));
    out.line(" {} realtime priority = {}", which, settings.rt_priority.value_or(0));
    if (!settings.cpu_affinity.empty())
        out.line(" {} CPU Affinity ={}", which, cpu_list(settings.cpu_affinity));
    out.line(" {} realtime limit = {}", which, settings.rlimit_rttime.value_or(kUsualRealTimeLimit));
}

void processes(DumpText& out, const GlobalSettings& global) {
    const config::InstanceDefaults& instance = global.instance_defaults;
    out.line(" VRRP check unicast_src = {}", true_false(instance.check_unicast_source));
    out.line(" VRRP skip check advert addresses = {}", true_false(instance.skip_check_advert_addresses));
    out.line(" VRRP strict mode = {}", true_false(instance.strict));
    if (global.max_auto_priority < 0) {
        out.line(" Max auto priority = Disabled");
    } else {
        out.line(" Max auto priority = {}", global.max_auto_priority);
    }
    out.line(" Min auto priority delay = {} usecs", global.min_auto_priority_delay);
    process(out, "VRRP", global.vrrp_process);
    process(out, "Checker", global.checker_process);
    process(out, "BFD", global.bfd_process);
}

void agents(DumpText& out, const GlobalSettings& global) {
    const config::SnmpSettings& snmp = global.snmp;
    out.line(" SNMP vrrp {}", enabled(snmp.vrrp));
    out.line(" SNMP checker {}", enabled(snmp.checker));
    out.line(" SNMP RFCv2 {}", enabled(snmp.rfc_v2));
    out.line(" SNMP RFCv3 {}", enabled(snmp.rfc_v3));
    out.line(" SNMP traps {}", enabled(snmp.traps));
    out.line(" SNMP socket = {}", snmp.socket.empty() ? "default (unix:/var/agentx/master)" : snmp.socket);
    const Duration real =
        snmp.real_server_interval == Duration{0} ? snmp.virtual_server_interval : snmp.real_server_interval;
    out.line(" SNMP VS stats update interval = {:f}", to_seconds(snmp.virtual_server_interval));
    out.line(" SNMP RS stats update interval = {:f}", to_seconds(real));
    out.line(" DBus {}", enabled(global.dbus));
    out.line(" DBus service name = {}", global.dbus ? global.dbus_service_name : "");
    out.line(" DBus no interface name = {}", global.dbus_no_interface_name);
    out.line(" Script security {}", enabled(global.script_security));
    out.line(" Default script uid:gid {}", ids(global.script_identity));
}

void buffers(DumpText& out, const GlobalView& view) {
    const GlobalSettings& global = view.config->global;
    const auto netlink = [&](std::string_view which, const config::SocketBuffers& settings) {
        out.line(" {}_netlink_cmd_rcv_bufs = {}", which, settings.command.value_or(0));
        out.line(" {}_netlink_cmd_rcv_bufs_force = {}", which, number(settings.command_force));
        out.line(" {}_netlink_monitor_rcv_bufs = {}", which, settings.monitor.value_or(0));
        out.line(" {}_netlink_monitor_rcv_bufs_force = {}", which, number(settings.monitor_force));
    };
    netlink("vrrp", global.vrrp_buffers);
    out.line(" process_monitor_rcv_bufs = {}", global.process_monitor_buffers.monitor.value_or(0));
    out.line(" process_monitor_rcv_bufs_force = {}", number(global.process_monitor_buffers.monitor_force));
    netlink("lvs", global.lvs_buffers);
    out.line(" rs_init_notifies = {}", number(global.rs_init_notifies));
    out.line(" no_checker_emails = {}", number(global.no_checker_emails));
    switch (global.rx_buffer_policy.kind) {
        case config::ReceiveBufferPolicy::Kind::system:
            break;
        case config::ReceiveBufferPolicy::Kind::bytes:
            out.line(" rx_bufs_size = {}", global.rx_buffer_policy.bytes);
            break;
        case config::ReceiveBufferPolicy::Kind::mtu:
            out.line(" rx_bufs_policy = MTU");
            break;
        case config::ReceiveBufferPolicy::Kind::advert:
            out.line(" rx_bufs_policy = ADVERT");
            break;
    }
    out.line(" rx_bufs_multiples = {}", global.rx_buffer_multiplier);
    out.line(" umask = 0{:o}", view.umask);
    if (global.startup_delay > Duration{0})
        out.line(" vrrp_startup_delay = {:g}", to_seconds(global.startup_delay));
    if (global.log_unknown_vrids) out.line(" log_unknown_vrids");
    if (global.instance_defaults.owner_ignore_adverts) out.line(" vrrp_owner_ignore_adverts");
    if (global.vmac_prefix != "vrrp") out.line(" VMAC prefix = {}", global.vmac_prefix);
    if (!global.vmac_address_prefix.empty())
        out.line(" VMAC address prefix = {}", global.vmac_address_prefix);
    if (view.real_time_priority != 0) out.line(" current realtime priority = {}", view.real_time_priority);
    if (view.real_time_limit != 0) out.line(" current realtime time limit = {}", view.real_time_limit);
}

void files(DumpText& out, const GlobalSettings& global) {
    out.line(" json_version {}", global.json_version);
    const auto or_usual = [](const std::string& path, std::string_view usual) {
        return path.empty() ? usual : std::string_view(path);
    };
    out.line(" iproute usr directory {}", or_usual(global.iproute_usr_dir, "/usr/share/iproute2"));
    out.line(" iproute etc directory {}", or_usual(global.iproute_etc_dir, "/etc/iproute2"));
    if (!global.state_dump_file.empty()) out.line(" state dump file {}", global.state_dump_file);
    if (!global.stats_dump_file.empty()) out.line(" stats dump file {}", global.stats_dump_file);
    if (!global.json_dump_file.empty()) out.line(" json dump file {}", global.json_dump_file);
}

}  // namespace

void dump_global(DumpText& out, const GlobalView& view, GlobalPart part) {
    out.section("Global definitions");
    if (view.config == nullptr) return;
    const GlobalSettings& global = view.config->global;
    names(out, view);
    mails(out, global);
    reloads(out, view);
    out.line(" Dynamic interfaces = {}", true_false(global.dynamic_interfaces));
    if (global.dynamic_interfaces)
        out.line(" Allow interface changes = {}", true_false(global.allow_interface_changes));
    if (global.no_email_faults) out.line(" Send emails for fault transitions = off");
    ipvs_settings(out, global, part);
    fifo(out, global.notify_fifo, "Global");
    fifo(out, global.vrrp_notify_fifo, "VRRP");
    fifo(out, global.lvs_notify_fifo, "LVS");
    vrrp_defaults(out, global);
    firewall(out, global);
    processes(out, global);
    agents(out, global);
    buffers(out, view);
    files(out, global);
}

}  // namespace holdfast::app
