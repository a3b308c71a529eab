// The blocks of the keyword tree, one file per family. Internal to config/.
#pragma once

#include "rows.hpp"

namespace holdfast::config {

extern const Block kGlobalDefs;  // tables_global.cpp
extern const Block kNotificationEmail;
extern const Block kAddressList;  // tables_address.cpp: virtual_ipaddress
extern const Block kExcludedAddressList;
extern const Block kStaticAddressList;
extern const Block kRouteList;  // tables_route.cpp
extern const Block kStaticRouteList;
extern const Block kRuleList;  // tables_rule.cpp
extern const Block kStaticRuleList;
extern const Block kVrrpInstance;  // tables_vrrp.cpp
extern const Block kSyncGroup;
extern const Block kVrrpScript;  // tables_track.cpp
extern const Block kTrackFile;
extern const Block kTrackProcess;
extern const Block kTrackGroup;
extern const Block kGarpGroup;  // tables_interface.cpp
extern const Block kLinkbeatInterfaces;
extern const Block kInterfaceDelays;
extern const Block kBfdInstance;  // tables_bfd.cpp
extern const Block kTls;          // tables_virtual_server.cpp
extern const Block kVirtualServerGroup;
extern const Block kVirtualServer;
extern const Block kRealServer;
extern const Block kMiscCheck;  // tables_checker.cpp
extern const Block kSmtpCheck;
extern const Block kTcpCheck;
extern const Block kPingCheck;
extern const Block kUdpCheck;
extern const Block kHttpGet;
extern const Block kSslGet;
extern const Block kDnsCheck;
extern const Block kFileCheck;
extern const Block kBfdCheck;

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

/// NAME of the track_group an entry belongs to; "" and a report when there is none.
std::string read_track_group(Loading& loading, const Line& line, size_t word, const std::string& before);

/// `SCHEDULER METHOD` words of lb_kind / lvs_method / sorry_server_lvs_method; false = refused and reported.
bool read_forwarding(Loading& loading, const Line& line, ipvs::Forwarding& out);

/// A checker for the dump, and its block.
void show_checker(const check::Checker& checker, Writer& writer);

}  // namespace holdfast::config
