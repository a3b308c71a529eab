// global_defs: SNMP and D-Bus.
#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
using N = SnmpSettings;
template <auto... Path>
using Value = Field<&G::value, Path...>;
constexpr Reload restart = Reload::restart;

void read_snmp_socket(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (line.size() > 2)
        bad_word(loading, ReportClass::general, line, 0, "takes one word; it is ignored");
    else if (line.word(1).size() > 4095)
        bad_word(loading, ReportClass::general, line, 0, "is too long; it is ignored");
    else if (!global.value.snmp.socket.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
    else
        global.value.snmp.socket = line.word(1);
}

void show_snmp_socket(const G& global, const Row& row, Writer& writer) {
    if (!global.value.snmp.socket.empty()) writer.line(row.facts.name, quoted(global.value.snmp.socket));
}

void read_snmp_rfc(Loading&, G& global, const Line&) {
    global.value.snmp.rfc_v2 = true;
    global.value.snmp.rfc_v3 = true;
}

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<G, read_snmp_socket, show_snmp_socket>({"snmp_socket", "TRANSPORT", "unix:/var/agentx/master", "Address of the AgentX master.", common, once, restart}, 1).example("snmp_socket udp:127.0.0.1:705", ".\none two"),
    keyword<Value<&S::snmp, &N::traps>, Flag{}>({"enable_traps", "", "off", "Send SNMP notifications.", common, last_wins, restart}).example("enable_traps"),
    keyword<Value<&S::snmp, &N::vrrp>, Flag{}>({"enable_snmp_vrrp", "", "off", "The VRRP part of KEEPALIVED-MIB.", common, last_wins, restart}).also("enable_snmp_keepalived").example("enable_snmp_vrrp"),
    custom<G, read_snmp_rfc>({"enable_snmp_rfc", "", "off", "Both RFC MIBs.", rare, last_wins, restart}, 0).example("enable_snmp_rfc", kNothingWrong),
    keyword<Value<&S::snmp, &N::rfc_v2>, Flag{}>({"enable_snmp_rfcv2", "", "off", "The VRRP-MIB of RFC 2787.", rare, last_wins, restart}).example("enable_snmp_rfcv2"),
    keyword<Value<&S::snmp, &N::rfc_v3>, Flag{}>({"enable_snmp_rfcv3", "", "off", "The VRRPV3-MIB of RFC 6527.", rare, last_wins, restart}).example("enable_snmp_rfcv3"),
    keyword<Value<&S::snmp, &N::checker>, Flag{}>({"enable_snmp_checker", "", "off", "The server part of KEEPALIVED-MIB.", common, last_wins, restart}).example("enable_snmp_checker"),
    keyword<Value<&S::snmp, &N::virtual_server_interval>, Seconds{1000, 30000000}>({"snmp_vs_stats_update_interval", "SECS", "5", "Age at which statistics of virtual servers are read again, 0.001..30.", rare, last_wins, Reload::live, "2.3"}).example("snmp_vs_stats_update_interval 2.5"),
    keyword<Value<&S::snmp, &N::real_server_interval>, Seconds{1000, 30000000}>({"snmp_rs_stats_update_interval", "SECS", "as for virtual servers", "The same for real servers.", rare, last_wins, Reload::live, "2.3"}).example("snmp_rs_stats_update_interval 5"),
    keyword<Value<&S::dbus>, Flag{}>({"enable_dbus", "", "off", "Show the instances on the system bus.", common, last_wins, restart}).example("enable_dbus"),
    keyword<Value<&S::dbus_service_name>, SoftWord{}>({"dbus_service_name", "NAME", "org.keepalived.Vrrp1", "Bus name.", rare, last_wins, restart}).example("dbus_service_name org.keepalived.Vrrp2"),
    keyword<Value<&S::dbus_no_interface_name>, SoftWord{}>({"dbus_no_interface_name", "NAME", "none", "Path element of instances without interface.", rare, last_wins, restart, "2.3"}).example("dbus_no_interface_name none"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalAgentsRows{kRows};

}  // namespace holdfast::config
