#include <algorithm>

#include "holdfast/ipvs/reconciler.hpp"

namespace holdfast::ipvs {
namespace {

// Finds destinations of one pool by key: by searching in a small pool, by hash in a large one, where
// searching would make the whole comparison quadratic.
class PoolIndex {
  public:
    explicit PoolIndex(const Service& service) : service_(service) {
        if (service.destinations.size() <= kSmallPool) return;
        index_.reserve(service.destinations.size());
        for (const Destination& one : service.destinations) index_.emplace(one.key, &one);
    }

    const Destination* find(const DestinationKey& key) const {
        if (index_.empty()) return service_.find(key);
        auto found = index_.find(key);
        return found == index_.end() ? nullptr : found->second;
    }

  private:
    static constexpr size_t kSmallPool = 16;
    const Service& service_;
    std::unordered_map<DestinationKey, const Destination*> index_;
};

void add_whole_service(const ServiceKey& key, const Service& desired, std::vector<Operation>& out) {
    out.emplace_back(AddService{key, normal(key, desired.attributes)});
    for (const Destination& one : desired.destinations)
        out.emplace_back(AddDestination{key, {one.key, normal(one.attributes)}});
}

}  // namespace

ServiceAttributes normal(const ServiceKey& key, ServiceAttributes attributes) {
    attributes.flags.hashed = false;  // The kernel sets it on every service; asking for it means nothing.
    if (attributes.persistence_timeout == 0) {
        attributes.persistence_netmask = 0;
        attributes.persistence_engine.clear();
    } else if (attributes.persistence_netmask == 0) {
        attributes.persistence_netmask = key.family == Family::ipv4 ? 0xffffffff : 128;
    }
    return attributes;
}

DestinationAttributes normal(DestinationAttributes attributes) {
    Forwarding& forwarding = attributes.forwarding;
    if (forwarding.method != ForwardingMethod::tunnel) {
        forwarding = {.method = forwarding.method};
    } else {
        if (forwarding.tunnel_type != TunnelType::gue) forwarding.tunnel_port = 0;
        if (forwarding.tunnel_type == TunnelType::ipip) forwarding.tunnel_checksum = TunnelChecksum::none;
    }
    return attributes;
}

void diff_service(const ServiceKey& key, const Service& desired, const Service* current,
                  std::vector<Operation>& out) {
    if (current == nullptr) return add_whole_service(key, desired, out);

    if (ServiceAttributes wanted = normal(key, desired.attributes); wanted != current->attributes)
        out.emplace_back(EditService{key, std::move(wanted)});

    const PoolIndex have(*current);
    std::vector<Operation> raised;
    std::vector<Operation> changed;
    size_t kept = 0;
    for (const Destination& one : desired.destinations) {
        const Destination wanted{one.key, normal(one.attributes)};
        const Destination* found = have.find(one.key);
        if (found == nullptr) {
            out.emplace_back(AddDestination{key, wanted});
            continue;
        }
        ++kept;
        if (found->attributes == wanted.attributes) continue;
        auto& group = wanted.attributes.weight > found->attributes.weight ? raised : changed;
        group.emplace_back(EditDestination{key, wanted});
    }
    std::ranges::move(raised, std::back_inserter(out));
    std::ranges::move(changed, std::back_inserter(out));
    if (kept == current->destinations.size()) return;

    const PoolIndex want(desired);
    for (const Destination& one : current->destinations)
        if (want.find(one.key) == nullptr) out.emplace_back(RemoveDestination{key, one.key});
}

std::vector<Operation> diff(const Table& desired, const Table& current, const ServiceSet& owned) {
    std::vector<Operation> operations;
    for (const auto& [key, service] : desired.ordered())
        diff_service(*key, *service, current.find(*key), operations);
    if (owned.empty()) return operations;
    for (const auto& [key, service] : current.ordered())
        if (owned.contains(*key) && desired.find(*key) == nullptr)
            operations.emplace_back(RemoveService{*key});
    return operations;
}

namespace {

struct Apply {
    Table& table;
    void operator()(const AddService& o) const { table.add(o.key, o.attributes).attributes = o.attributes; }
    void operator()(const EditService& o) const {
        if (Service* service = table.find(o.key)) service->attributes = o.attributes;
    }
    void operator()(const RemoveService& o) const { table.erase(o.key); }
    void operator()(const AddDestination& o) const {
        if (Service* service = table.find(o.service)) service->put(o.destination);
    }
    void operator()(const EditDestination& o) const {
        if (Service* service = table.find(o.service)) service->put(o.destination);
    }
    void operator()(const RemoveDestination& o) const {
        if (Service* service = table.find(o.service)) service->erase(o.key);
    }
};

}  // namespace

void apply_to(Table& table, const Operation& operation) {
    std::visit(Apply{table}, operation);
}

}  // namespace holdfast::ipvs
