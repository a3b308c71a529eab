// Brings the kernel's table to the desired one with the fewest operations, in an order in which no pool that
// is to have servers is ever empty. Services of others are never touched.
//
// `diff` is the pure part. `Reconciler` keeps the mirror, hands operations to the kernel in portions, and
// repairs what somebody else changed. IPVS sends no change notifications, so whoever drives it asks for
// `verify` now and then.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/ipvs/kernel.hpp"
#include "holdfast/ipvs/table.hpp"

namespace holdfast::ipvs {

using ServiceSet = std::unordered_set<ServiceKey>;

/// The operations that make `current` look like `desired` for every service in `desired` or in `owned`; other
/// services of `current` are left alone. Order, service by service in desired order: the service, its new
/// destinations, raised weights, other changes, removed destinations; after all of them the services no
/// longer wanted. So at no point does a service have no usable destination when it has one before and after.
/// Equal tables give no operation. Time is linear in the size of both tables.
std::vector<Operation> diff(const Table& desired, const Table& current, const ServiceSet& owned = {});

/// The form in which the kernel reports what it was given, so that a comparison does not see differences
/// without meaning: a mask only with persistence and then explicit, no dead flags, tunnel options only for
/// tunnels.
ServiceAttributes normal(const ServiceKey& key, ServiceAttributes attributes);
DestinationAttributes normal(DestinationAttributes attributes);

/// The part of `diff` for one service. `current` null: the kernel does not have it.
void diff_service(const ServiceKey& key, const Service& desired, const Service* current,
                  std::vector<Operation>& out);

/// What `operation` does to a table when the kernel accepts it; the mirror and simulations use it.
void apply_to(Table& table, const Operation& operation);

/// An operation the kernel refused.
struct Refusal {
    Operation operation;
    Error error;
    bool again = false;  ///< A retry of what has been refused before.
};

/// What one call did. Refusals that leave the wanted state (already there, already gone) are not among them.
struct Progress {
    size_t applied = 0;  ///< Operations done, and those that proved to be done already.
    std::vector<Refusal> refused;
    size_t remaining =
        0;  ///< Operations still to do; 0 = the table is as desired, or a refused part waits for its retry.
};

class Reconciler {
  public:
    explicit Reconciler(TableKernel& kernel) : kernel_(kernel) {}

    /// Reads the kernel's table. Must succeed once before `step`; what is there and desired is adopted as it
    /// stands.
    Result<> start();

    /// Replaces the whole desired table. Services of the old one that are not in the new one are removed.
    void set_desired(Table desired);
    /// Replaces or adds one desired service.
    void set_service(const ServiceKey& key, Service service);
    /// Takes one service away, also from the kernel.
    void remove_service(const ServiceKey& key);
    /// Declares services as ours that are not desired any more (left by an earlier run): they will be
    /// removed.
    void own(const ServiceSet& keys);
    /// Empties the table of what is ours: `step` until nothing remains. Then `owned()` is empty.
    void remove_all();
    /// Forgets what is ours without touching the kernel (dont_release, lvs_flush).
    void release();

    /// Applies up to `limit` operations. Called until `idle()` it comes to an end, also when the kernel
    /// refuses everything. A refused service is tried again by itself after a pause that doubles from 1 s to
    /// 60 s, and at once when its desired state changes.
    Progress step(Instant now, size_t limit = 256);
    /// The next `step` tries all of them again.
    void retry_refused();
    /// When `step` should be called again because a refused service is due. Nothing: no need.
    std::optional<Instant> deadline() const;
    bool idle() const { return work_.empty(); }

    /// Compares up to `limit` of our services with the kernel, going round; differences are queued for `step`
    /// and counted as repairs. Gives the services found changed.
    Result<std::vector<ServiceKey>> verify(size_t limit);
    /// Compares everything at once.
    Result<std::vector<ServiceKey>> verify_all();

    const Table& desired() const { return desired_; }
    /// The kernel's table as far as we know it.
    const Table& mirror() const { return mirror_; }
    const ServiceSet& owned() const { return owned_; }
    size_t repairs() const { return repairs_; }

  private:
    struct Retry {
        Instant at{};
        Duration pause{};
    };
    void enqueue(const ServiceKey& key, bool in_front = false);
    bool differs(const ServiceKey& key) const;
    void operations_for(const ServiceKey& key, std::vector<Operation>& out) const;
    void finish(const ServiceKey& key);
    void settle(Instant now, const ServiceKey& key, std::vector<Refusal> failures, Progress& progress);
    Result<bool> compare(const ServiceKey& key);

    TableKernel& kernel_;
    Table desired_;
    Table mirror_;
    ServiceSet owned_;
    std::deque<ServiceKey> work_;  ///< Services to bring into line, in this order.
    ServiceSet queued_;            ///< The keys in work_.
    ServiceSet reread_;  ///< The mirror was stale for these; their next failure is the kernel's opinion.
    std::unordered_map<ServiceKey, Retry> retries_;
    std::vector<ServiceKey> round_;  ///< What is left of the current verification round.
    size_t repairs_ = 0;
};

}  // namespace holdfast::ipvs
