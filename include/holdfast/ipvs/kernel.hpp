// The edge to the kernel's IPVS table: what the reconciler and the composition need from it, and what a
// simulation replaces. The real one is kernel/ipvs.hpp (generic netlink, family "IPVS").
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/ipvs/settings.hpp"
#include "holdfast/ipvs/table.hpp"

namespace holdfast::ipvs {

struct AddService {
    ServiceKey key{};
    ServiceAttributes attributes{};
    friend bool operator==(const AddService&, const AddService&) = default;
};
/// Changes attributes in place: connections and statistics stay.
struct EditService {
    ServiceKey key{};
    ServiceAttributes attributes{};
    friend bool operator==(const EditService&, const EditService&) = default;
};
/// Removes the service with all its destinations.
struct RemoveService {
    ServiceKey key{};
    friend bool operator==(const RemoveService&, const RemoveService&) = default;
};
struct AddDestination {
    ServiceKey service{};
    Destination destination{};
    friend bool operator==(const AddDestination&, const AddDestination&) = default;
};
/// Changes weight, thresholds or forwarding in place: connections and statistics stay.
struct EditDestination {
    ServiceKey service{};
    Destination destination{};
    friend bool operator==(const EditDestination&, const EditDestination&) = default;
};
/// Established connections keep their entry until they end; no new ones are sent there.
struct RemoveDestination {
    ServiceKey service{};
    DestinationKey key{};
    friend bool operator==(const RemoveDestination&, const RemoveDestination&) = default;
};

using Operation =
    std::variant<AddService, EditService, RemoveService, AddDestination, EditDestination, RemoveDestination>;

/// The service an operation is about.
const ServiceKey& service_of(const Operation& operation);
/// "add service [192.0.2.1]:tcp:80", "edit destination [10.0.0.1]:80 of [192.0.2.1]:tcp:80", for logs and
/// errors.
std::string to_string(const Operation& operation);

enum class SyncRole : uint8_t { master = 1, backup = 2 };  ///< IP_VS_STATE_*

/// A running or wanted connection synchronisation daemon of the kernel.
struct SyncDaemon {
    SyncRole role = SyncRole::backup;
    std::string interface{};
    uint8_t sync_id = 0;               ///< 0 receives any id.
    uint16_t max_length = 0;           ///< UDP payload; 0 = kernel's choice by the interface's MTU.
    uint16_t port = 0;                 ///< 0 = 8848.
    uint8_t ttl = 0;                   ///< 0 = 1.
    std::optional<IpAddress> group{};  ///< Unset = 224.0.0.81.
    friend bool operator==(const SyncDaemon&, const SyncDaemon&) = default;
};

/// Packets to these addresses and this port get `mark`, so that one service by mark stands for all of them.
struct MarkedAddresses {
    Protocol protocol = Protocol::tcp;
    IpAddress first{};
    IpAddress last{};  ///< Of the same family.
    uint16_t port = 0;
    uint32_t mark = 0;
    friend auto operator<=>(const MarkedAddresses&, const MarkedAddresses&) = default;
};
/// `nftables_ipvs` and what it is to do.
struct MarkTable {
    std::string name = "keepalived_ipvs";
    int priority = -1;      ///< Of the chain.
    bool counters = false;  ///< nftables_counters: one for each entry.
    std::vector<MarkedAddresses> entries{};
    friend bool operator==(const MarkTable&, const MarkTable&) = default;
};

struct Info {
    uint32_t version = 0;  ///< Major, minor, patch in one byte each: 0x010201 is 1.2.1.
    uint32_t connection_table_size = 0;
    std::string version_text() const;
};

/// Calls block for the kernel's answer (some 10 us per operation) and may be made from one thread only.
class TableKernel {
  public:
    virtual ~TableKernel() = default;

    /// Fails with "IPVS is not available in this kernel: ..." when it is neither there nor could be loaded.
    /// Asked again after a failure it tries again.
    virtual Result<> available() = 0;
    virtual Result<Info> info() = 0;

    /// The whole table, also what is not ours.
    virtual Result<Table> dump() = 0;
    /// One service with its destinations; nothing when the kernel has no such service.
    virtual Result<std::optional<Service>> read(const ServiceKey& key) = 0;

    /// Carries out the operations in this order and gives one result for each, in the same order. A failed
    /// one does not stop those after it. The error's `os_error` is the kernel's errno (EEXIST, ENOENT, ...),
    /// its message the reason alone.
    virtual std::vector<Result<>> apply(std::span<const Operation> operations) = 0;
    /// Removes every service, also what is not ours (lvs_flush).
    virtual Result<> flush() = 0;

    /// Makes the marking of packets what `table` says, in one transaction; without entries the table goes.
    virtual Result<> set_marks(const MarkTable& table) {
        (void)table;
        return fail("packets cannot be marked here");
    }

    virtual Result<Timeouts> timeouts() = 0;
    /// Sets those that are not zero.
    virtual Result<> set_timeouts(const Timeouts& timeouts) = 0;

    virtual Result<std::vector<SyncDaemon>> sync_daemons() = 0;
    virtual Result<> start_sync_daemon(const SyncDaemon& daemon) = 0;
    /// Success when none runs in this role (any more).
    virtual Result<> stop_sync_daemon(SyncRole role) = 0;
};

}  // namespace holdfast::ipvs
