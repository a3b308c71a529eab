// The rows of vrrp_instance, by topic, and the root rows of VRRP. Internal to config/.
#pragma once

#include <span>

#include "tables.hpp"

namespace holdfast::config {

extern const std::span<const Row> kInstanceLinkRows;            // tables_instance_link.cpp
extern const std::span<const Row> kInstanceTransportRows;       // tables_instance_transport.cpp
extern const std::span<const Row> kInstanceElectionRows;        // tables_instance_election.cpp
extern const std::span<const Row> kInstanceListRows;            // tables_instance_lists.cpp
extern const std::span<const Row> kInstanceNotifyRows;          // tables_instance_notify.cpp
extern const std::span<const Row> kInstanceGarpRows;            // tables_instance_garp.cpp
extern const std::span<const Row> kInstanceAuthenticationRows;  // tables_instance_authentication.cpp

extern const Row kInstanceRootRow;   // tables_vrrp.cpp
extern const Row kSyncGroupRootRow;  // tables_sync_group.cpp

}  // namespace holdfast::config
