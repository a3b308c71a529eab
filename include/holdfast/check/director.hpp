// All virtual servers of a configuration generation: expands them to kernel services, keeps their machines,
// turns checkers' verdicts into pool changes, and carries health over a reload. The one class of this module
// that the composition talks to; the checkers themselves (timers, sockets) are the composition's, one per
// CheckerId.
//
//   director.load(config, ..., actions)   at start and at each reload; run the actions in order
//   for each of director.added(): make a HealthMachine and a probe; for each of removed(): drop it;
//   for each of kept(): machine.reconfigure(...) if the schedule changed
//   director.verdict(id, ...) whenever a HealthMachine gives a Verdict
//   each UpdatePool action names services: reconciler.set_service(key, director.service(key))
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/base/shared.hpp"
#include "holdfast/check/follow.hpp"
#include "holdfast/check/health.hpp"
#include "holdfast/check/pool.hpp"
#include "holdfast/check/settings.hpp"
#include "holdfast/ipvs/kernel.hpp"
#include "holdfast/ipvs/table.hpp"

namespace holdfast::check {

/// Names a checker for as long as it is configured, also across reloads. Never used twice.
using CheckerId = uint32_t;

/// Where a checker stands in the current generation.
struct CheckerPlace {
    size_t virtual_server = 0;
    size_t real_server = 0;
    size_t checker = 0;
    friend auto operator<=>(const CheckerPlace&, const CheckerPlace&) = default;
};

/// These services have changed: hand `service(key)` for each to the reconciler, or remove those that give
/// nothing.
struct UpdateServices {
    std::vector<ipvs::ServiceKey> keys;
    friend bool operator==(const UpdateServices&, const UpdateServices&) = default;
};
using DirectorAction = std::variant<Log, UpdateServices, RunCommand, FifoLine, Mail>;
using DirectorActions = std::vector<DirectorAction>;

/// The part of a configuration this module needs. The virtual servers are not copied: they are kept alive.
struct DirectorSettings {
    std::vector<Shared<VirtualServerSettings>> virtual_servers{};
    std::vector<VirtualServerGroup> groups{};
    PoolOptions options{};
    bool log_all_failures = false;  ///< checker_log_all_failures
    /// nftables_ipvs: groups of addresses become services by mark, counted from this one on.
    std::optional<uint32_t> first_mark{};
    /// What the file of a FILE_CHECK says now; empty: nothing is known yet, `follow` will tell.
    std::function<Opinion(const FileCheck&)> opinion_of{};
    /// Whether this host has the address, for ha_suspend; empty: it has none.
    std::function<bool(const IpAddress&)> has_address{};
};

class Director {
  public:
    Director() = default;
    Director(const Director&) = delete;
    Director& operator=(const Director&) = delete;

    /// Starts with these settings, or goes over to them from the earlier ones (reload). A virtual server that
    /// is the same in both goes on as it is, and its services are updated only when its pool changes.
    void load(DirectorSettings settings, DirectorActions& out);
    /// The daemon is ending: empties every pool with the notifications that belong to it (omega). `flushing`:
    /// lvs_flush_on_stop, nothing is said about servers. `perform` is first given an UpdateServices that
    /// empties the desired table, then what each virtual server has to say: never all at once.
    void stop(bool flushing, const std::function<void(const DirectorActions&)>& perform);

    /// What the last `load` did to the checkers.
    const std::vector<CheckerId>& added() const { return added_; }
    /// Those whose schedule or suspension may have changed; nothing has for others that are still there.
    const std::vector<CheckerId>& kept() const { return kept_; }
    const std::vector<CheckerId>& removed() const { return removed_; }

    /// Nothing for an id that is not configured (any more).
    const CheckerPlace* place(CheckerId id) const;
    const Checker* checker(CheckerId id) const;
    /// Whether the checker's HealthMachine should start as up (its alpha setting, or what a reload demands).
    bool starts_up(CheckerId id) const;
    /// The third argument of that machine.
    bool first_failure_counts(CheckerId id) const;
    /// The id of a checker by its place, which must exist.
    CheckerId id_at(const CheckerPlace& place) const {
        return ids_[place.virtual_server][place.real_server][place.checker];
    }
    /// Every checker in file order.
    std::vector<CheckerId> checkers() const;
    /// "[10.0.0.1]:tcp:80" and the virtual server's name, for log lines about a checker.
    std::string server_name(CheckerId id) const;
    const std::string& virtual_server_name(CheckerId id) const;

    /// A HealthMachine's verdict; an unknown id is ignored (a reload has just removed it). Also writes the
    /// checker's own log line.
    void verdict(CheckerId id, const Verdict& verdict, DirectorActions& out);
    /// A failed attempt that does not count yet; a log line when log_all_failures wants it.
    void failure(CheckerId id, const FailureSeen& failure, DirectorActions& out) const;
    /// A success that does not count yet, or the one that brings it up: a log line.
    void success(CheckerId id, const SuccessSeen& success, DirectorActions& out) const;
    /// What a probe noticed besides its result (Outcome::remark): a log line.
    void remark(CheckerId id, const std::string& remark, DirectorActions& out) const;
    /// What the file or session says that a FILE_CHECK or BFD_CHECK follows: state and weight change with it.
    void follow(CheckerId id, const Opinion& opinion, DirectorActions& out);
    /// The weight that a misc_dynamic checker wishes for its server, whatever is configured; nothing takes
    /// the wish back.
    void wish_weight(CheckerId id, std::optional<int64_t> weight, DirectorActions& out);

    /// ha_suspend: how many of this host's interfaces carry `address` now. Gives the checkers whose
    /// suspension changed; ask `suspended` for each.
    std::vector<CheckerId> address_count(const IpAddress& address, size_t count, DirectorActions& out);
    /// Whether a virtual server with ha_suspend has this address.
    bool awaits(const IpAddress& address) const { return awaiting_.contains(address); }
    bool suspended(CheckerId id) const;

    /// The desired state of one service: all virtual servers that share it together; nothing when none has
    /// it.
    std::optional<ipvs::Service> service(const ipvs::ServiceKey& key) const;
    /// The whole desired table.
    ipvs::Table desired() const;

    /// What a checker adds to its server's weight; 0 for one that is not configured.
    int64_t contribution(CheckerId id) const {
        const auto found = contributions_.find(id);
        return found == contributions_.end() ? 0 : found->second.value;
    }

    /// With `first_mark`: which packets are to get which mark, sorted.
    std::vector<ipvs::MarkedAddresses> marked() const;
    /// The mark of a group's services of this protocol; 0 for none.
    uint32_t mark_of(const std::string& group, ipvs::Protocol protocol) const {
        const auto found = marks_.find({group, protocol});
        return found == marks_.end() ? 0 : found->second;
    }

    size_t size() const { return machines_.size(); }
    const VirtualServerMachine& machine(size_t index) const { return *machines_[index]; }
    /// The kernel services of a virtual server.
    const std::vector<ipvs::ServiceKey>& services(size_t index) const { return services_[index]; }
    const DirectorSettings& settings() const { return *settings_; }
    /// Whether the last `load` found this entry in a group of the same name that a virtual server kept.
    bool known_before(const VirtualServerGroup& group, const GroupEntry& entry) const;

  private:
    struct Contribution {
        int64_t value = 0;              ///< To the server's weight.
        std::optional<int64_t> wish{};  ///< The value is what it takes from the configured weight.
    };
    /// Checker ids by real server and checker of one virtual server.
    using Ids = std::vector<std::vector<CheckerId>>;

    void drop_unusable(DirectorSettings& settings, DirectorActions& out) const;
    void expand();
    using Marks = std::map<std::pair<std::string, ipvs::Protocol>, uint32_t>;  ///< By group.
    uint32_t take_mark(const VirtualServerSettings& server, const VirtualServerGroup* group,
                       const Marks& before);
    struct Before;
    void match(Before& before) const;
    /// Whether a virtual server that was there before has the same settings, group and services.
    bool unchanged(const Before& before, size_t now) const;
    /// Whether its machine is that of the generation before (make_machines).
    static bool goes_on(const Before& before, size_t now);
    void make_machines(Before& before);
    /// What was there goes or is carried over, in its old order.
    void leave(Before& before, DirectorActions& out);
    /// A virtual server starts, or settles in the new generation; whether its pool may have changed by that.
    bool judge(const Before& before, size_t index, DirectorActions& out);
    void announce_checkers(DirectorActions& out) const;
    /// Whether an update was among them.
    bool relay_without_updates(PoolActions&& actions, DirectorActions& out) const;
    void remember_entries(const DirectorSettings& before, const std::string& group);
    Ids number_checkers(size_t index, const VirtualServerSettings* before, const Ids* ids_before);
    void know_addresses(DirectorActions& out);
    void contribute_again();
    void assume_files(size_t index);
    void set_contribution(CheckerId id, int64_t contribution, bool silently, DirectorActions& out);
    void relay(size_t virtual_server, PoolActions&& from, DirectorActions& out) const;
    const VirtualServerMachine::CheckerState* state(CheckerId id) const;
    int64_t contributions(size_t virtual_server, size_t real_server) const;
    bool address_present(size_t virtual_server) const;

    std::unique_ptr<DirectorSettings> settings_{
        std::make_unique<DirectorSettings>()};  ///< Machines point into it.
    std::vector<std::unique_ptr<VirtualServerMachine>> machines_;
    std::vector<std::vector<ipvs::ServiceKey>> services_;
    std::unordered_map<ipvs::ServiceKey, std::vector<size_t>>
        users_;                                      ///< Virtual servers behind each service.
    std::vector<std::vector<IpAddress>> addresses_;  ///< Of each virtual server, for ha_suspend.
    Marks marks_;                                    ///< Kept over reloads.
    uint32_t next_mark_ = 0;
    std::vector<Ids> ids_;
    std::unordered_map<CheckerId, CheckerPlace> checkers_;
    std::unordered_map<CheckerId, Contribution> contributions_;    ///< Of the few that have an influence.
    std::vector<bool> suspended_;                                  ///< By virtual server.
    std::unordered_map<IpAddress, size_t> host_addresses_;         ///< For ha_suspend.
    std::unordered_map<IpAddress, std::vector<size_t>> awaiting_;  ///< Virtual servers with ha_suspend.
    std::vector<CheckerId> added_;
    std::vector<CheckerId> kept_;
    std::vector<CheckerId> removed_;
    /// The entries of the generation before, by group, as far as a virtual server was taken over with them.
    std::unordered_map<std::string, std::vector<GroupEntry>> entries_before_;
    CheckerId next_id_ = 1;
};

}  // namespace holdfast::check
