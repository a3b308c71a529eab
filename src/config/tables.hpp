// The blocks of the keyword tree, one file per family. Internal to config/.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "rows.hpp"

namespace holdfast::config {

extern const Block kGlobalDefs;         // tables_global.cpp
extern const Block kNotificationEmail;  // tables_global_mail.cpp
extern const Block kAddressList;        // tables_address.cpp: virtual_ipaddress
extern const Block kExcludedAddressList;
extern const Block kStaticAddressList;
extern const Block kRouteList;  // tables_route.cpp
extern const Block kStaticRouteList;
extern const Block kRuleList;  // tables_rule.cpp
extern const Block kStaticRuleList;
extern const Block kVrrpInstance;  // tables_vrrp.cpp
extern const Block kSyncGroup;     // tables_sync_group.cpp
extern const Block kVrrpScript;    // tables_script.cpp
extern const Block kTrackFile;     // tables_track_file.cpp
extern const Block kTrackProcess;  // tables_track_process.cpp
extern const Block kTrackGroup;    // tables_track_group.cpp
extern const Block kGarpGroup;     // tables_interface.cpp
extern const Block kLinkbeatInterfaces;
extern const Block kInterfaceDelays;
extern const Block kBfdInstance;         // tables_bfd.cpp
extern const Block kTls;                 // tables_tls.cpp
extern const Block kVirtualServerGroup;  // tables_server_group.cpp
extern const Block kVirtualServer;       // tables_virtual_server.cpp
extern const Block kRealServer;          // tables_real_server.cpp
extern const Block kMiscCheck;           // tables_misc_check.cpp
extern const Block kFileCheck;
extern const Block kBfdCheck;
extern const Block kSmtpCheck;  // tables_smtp_check.cpp
extern const Block kTcpCheck;   // tables_checker.cpp
extern const Block kPingCheck;
extern const Block kUdpCheck;  // tables_datagram_check.cpp
extern const Block kDnsCheck;
extern const Block kHttpGet;  // tables_http.cpp
extern const Block kSslGet;

// Entries of the route and rule lists, also used for static ones.
std::string to_text(const netstate::AddressSettings& address);
std::string to_text(const netstate::RouteSettings& route);
std::string to_text(const netstate::RuleSettings& rule);
std::string to_text(const track::Reference& reference);
std::string to_text(const ipvs::Forwarding& forwarding);
std::string to_text(const check::GroupEntry& entry);

// One entry of each family; nothing when it was refused (and reported).
std::optional<netstate::AddressSettings> read_address(Loading& loading, const Line& line, bool is_static);
std::optional<netstate::RouteSettings> read_route(Loading& loading, const Line& line, bool is_static);
std::optional<netstate::RuleSettings> read_rule(Loading& loading, const Line& line, bool is_static);

/// The rows of several tables as one. The tables must be constants: blocks are made before main().
std::vector<Row> joined(std::initializer_list<std::span<const Row>> tables);

/// NAME of the track_group an entry belongs to; "" and a report when there is none.
std::string read_track_group(Loading& loading, const Line& line, size_t word, const std::string& before);

/// `SCHEDULER METHOD` words of lb_kind / lvs_method / sorry_server_lvs_method; false = refused and reported.
bool read_forwarding(Loading& loading, const Line& line, ipvs::Forwarding& out);

/// A checker for the dump, and its block.
void show_checker(const check::Checker& checker, Writer& writer);

}  // namespace holdfast::config
