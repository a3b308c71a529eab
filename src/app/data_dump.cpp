#include "holdfast/app/data_dump.hpp"

#include <array>
#include <ctime>

#include "dump_text.hpp"

namespace holdfast::app {

namespace {

int64_t microseconds_of(WallClock when) {
    return std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
}

std::string_view reverse_word(const TrackView& track) {
    return track.reverse ? " reverse" : "";
}

void followers(DumpText& out, const std::vector<TrackView>& entries, std::string_view heading) {
    out.line("   {} :", heading);
    for (const TrackView& track : entries)
        out.line("     {}, weight {}{}", track.name, track.weight, reverse_word(track));
}

void group(DumpText& out, const GroupView& view) {
    out.line(" VRRP Sync Group = {}, {}", view.name, vrrp::to_string(view.state));
    out.line("   Num member fault {}, num member init {}", view.faulted_members, view.initial_members);
    out.list("VRRP member instances", view.members);
    if (view.tracking_weight) out.line("   sync group tracking weight set");
    out.line("   Using smtp notification = {}", yes_no(view.notify.smtp_alert));
    if (view.priority_changes) out.line("   Notify priority changes = {}", yes_no(*view.priority_changes));
    dump_tracks(out, view.tracks, "Tracked process");
    dump_scripts(out, view.notify);
}

void script(DumpText& out, const ScriptView& view) {
    out.line(" VRRP Script = {}", view.name);
    out.line("   Command = {}", view.command);
    out.line("   Interval = {}", seconds_text(view.interval));
    out.line("   Timeout = {}", seconds_text(view.timeout));
    out.line("   Weight = {}{}", view.weight, view.reverse ? " reverse" : "");
    out.line("   Rise = {}", view.rise);
    out.line("   Fall = {}", view.fall);
    out.line("   Result = {}", view.result_count);
    out.line("   Insecure = no");  // An insecure script is switched off when the file is read.
    std::string_view initial = "unknown";
    if (!view.first_result_seen) initial = view.init_fail ? "INIT/FAILED" : "INIT";
    out.line("   Init state = {}", initial);
    out.line("   Status = {}", view.up ? "GOOD" : "BAD");
    out.line("   Script uid:gid = {}:{}", view.uid.value_or(0), view.gid.value_or(0));
    out.line("   VRRP instances :");
    if (!view.followers.empty()) followers(out, view.followers, "Tracking instances");
    out.line("   State = {}", view.running ? "running" : "idle");
}

void process(DumpText& out, const ProcessView& view) {
    out.line(" VRRP Track process = {}", view.name);
    out.line("   Process = {}", view.process);
    std::string parameters;
    for (const std::string& word : view.parameters) parameters += " " + word;
    if (!parameters.empty()) out.line("   Parameters ={}", parameters);
    if (view.match == "exact") {
        out.line("   Param match");
    } else if (view.match != "none") {
        out.line("   Param match = {}", view.match);
    }
    out.line("   Min processes = {}", view.quorum);
    if (view.quorum_max) out.line("   Max processes = {}", *view.quorum_max);
    out.line("   Current processes = {}", view.current);
    out.line("   Have quorum = {}", true_false(view.have_quorum));
    out.line("   Weight = {}{}", view.weight, view.reverse ? " reverse" : "");
    out.line("   Terminate delay = {:f}s", to_seconds(view.terminate_delay));
    out.line("   Fork delay = {:f}s", to_seconds(view.fork_delay));
    out.line("   Fork delay timer {}running", view.fork_delay_running ? "" : "not ");
    out.line("   Terminate delay timer {}running", view.terminate_delay_running ? "" : "not ");
    out.line("   Full command = {}", true_false(view.full_command));
    followers(out, view.followers, "Tracking instances");
}

void interface(DumpText& out, const InterfaceView& view) {
    const auto addresses = [&](std::string_view family, const std::vector<IpAddress>& list) {
        out.line("   {} address = {}", family, list.empty() ? "(none)" : list.front().to_string());
        if (list.size() < 2) return;
        out.line("   Additional {} addresses :", family);
        for (size_t i = 1; i < list.size(); ++i) out.line("     {}", list[i].to_string());
    };
    out.line(" Name = {}", view.name);
    out.line("   index = {}", view.index);
    addresses("IPv4", view.addresses4);
    addresses("IPv6", view.addresses6);
    out.line("   MAC = {}", view.mac.to_string());
    out.line("   State = {}UP, {}RUNNING{}{}{}{}{}", view.up ? "" : "not ", view.running ? "" : "not ",
             view.loopback || view.point_to_point ? ", no broadcast" : "", view.loopback ? ", loopback" : "",
             view.point_to_point ? ", point to point" : "", view.arp ? "" : ", no arp",
             view.multicast ? "" : ", no multicast");
    out.line("   Group = {}", view.group);
    out.line("   MTU = {}", view.mtu);
    out.line("   HW Type = {}", view.loopback ? "LOOPBACK" : "ETHERNET");
    if (!view.followers.empty()) followers(out, view.followers, "Tracking VRRP instances");
}

void socket(DumpText& out, const SocketView& view) {
    out.line(" fd_in {} fd_out = {}", view.receive, view.send);
    out.line("   Interface = {}", view.interface);
    out.line("   Family = {}", to_string(view.family));
    out.line("   Protocol = {}", view.authentication_header ? "AH" : "VRRP");
    out.line("   Type = {}icast", view.unicast_source ? "Un" : "Mult");
    if (view.unicast_source) out.line("   Address = {}", view.unicast_source->to_string());
    out.line("   Rx buf size = {}", view.receive_buffer);
    out.line("   VRRP instances");
    for (const std::string& instance : view.instances) out.line("     {}", instance);
}

void tracked_bfd(DumpText& out, const TrackedBfdView& view) {
    out.line(" VRRP Track BFD = {}", view.name);
    out.line("   Weight = {}{}", view.weight, view.reverse ? " reverse" : "");
    out.line("   Bfd is {}", view.up ? "up" : "down");
    out.line("   Tracking VRRP instances :");
    followers(out, view.followers, "Tracking instances");
}

void garp_delay(DumpText& out, const GarpDelayView& view) {
    out.section("GARP delay group");
    const auto seconds = [](Duration duration) {
        const auto total = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
        return fmt::format("{}.{:06}", total / 1'000'000, total % 1'000'000);
    };
    if (view.garp) out.line(" GARP interval = {}", seconds(*view.garp));
    if (view.gna) out.line(" GNA interval = {}", seconds(*view.gna));
    if (!view.garp && !view.gna) out.line(" No configuration");
    out.line(" Interfaces");
    for (const std::string& interface : view.interfaces) out.line("  {}", interface);
}

void track_group(DumpText& out, const TrackGroupView& view) {
    out.line(" Static Track Group = {}", view.name);
    out.list("VRRP member instances", view.instances);
}

void plain_section(DumpText& out, std::string_view name, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out.section(name);
    for (const std::string& text : lines) out.line("     {}", text);
}

template <class View>
void section(DumpText& out, std::string_view name, const std::vector<View>& views,
             void (*one)(DumpText&, const View&)) {
    if (views.empty()) return;
    out.section(name);
    for (const View& view : views) one(out, view);
}

void file(DumpText& out, const FileView& view) {
    out.line(" Track file = {}", view.name);
    out.line("   File = {}", view.path);
    out.line("   Status = {}", view.value);
    out.line("   Weight = {}{}", view.weight, view.reverse ? " reverse" : "");
    followers(out, view.followers, "Tracking instances");
}

}  // namespace

std::string seconds_since_epoch(WallClock when) {
    const int64_t since = microseconds_of(when);
    return fmt::format("{}.{:06}", since / 1'000'000, since % 1'000'000);
}

std::string transition_text(WallClock when) {
    const int64_t since = microseconds_of(when);
    if (since == 0) return "0.000000";
    const int64_t fraction = since % 1'000'000;
    const std::time_t second = since / 1'000'000;
    std::tm local{};
    localtime_r(&second, &local);
    std::array<char, 32> date{};
    std::strftime(date.data(), date.size(), "%a %b %e %T", &local);
    return fmt::format("{}.{:06} ({}.{:06} {})", second, fraction, date.data(), fraction,
                       local.tm_year + 1900);
}

std::string vrrp_data(const DaemonView& view) {
    DumpText out;
    dump_global(out, view.global, GlobalPart::vrrp);
    section(out, "Gratuitous ARP delays", view.garp_delays, garp_delay);
    plain_section(out, "Static Addresses", view.static_addresses);
    plain_section(out, "Static Routes", view.static_routes);
    plain_section(out, "Static Rules", view.static_rules);
    section(out, "Static Track groups", view.track_groups, track_group);
    section(out, "VRRP Topology", view.instances, dump_instance);
    section(out, "VRRP Sockpool", view.sockets, socket);
    section(out, "VRRP Sync groups", view.groups, group);
    section(out, "VRRP Scripts", view.scripts, script);
    section(out, "VRRP Track files", view.files, file);
    section(out, "VRRP Track processes", view.processes, process);
    section(out, "VRRP Track BFDs", view.tracked_bfds, tracked_bfd);
    section(out, "Interfaces", view.interfaces, interface);
    return out.take();
}

std::string parent_data(const DaemonView& view) {
    DumpText out;
    dump_global(out, view.global, GlobalPart::others);
    return out.take();
}

}  // namespace holdfast::app
