// An IPVS table as a value: services and their destinations, as we want them or as the kernel has them.
// Lookup is by hash; listing is in the order in which services were added, because the order of destinations
// decides where round robin starts and people compare listings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "holdfast/ipvs/settings.hpp"

namespace holdfast::ipvs {

struct Destination {
    DestinationKey key{};
    DestinationAttributes attributes{};
    friend bool operator==(const Destination&, const Destination&) = default;
};

/// A service's attributes and its pool. No two destinations of a service have the same key.
struct Service {
    ServiceAttributes attributes{};
    std::vector<Destination> destinations{};

    /// Linear; pools are small. The reconciler builds an index of its own for large ones.
    Destination* find(const DestinationKey& key);
    const Destination* find(const DestinationKey& key) const;
    /// Adds the destination, or gives the existing one these attributes.
    void put(const Destination& destination);
    /// True when there was one.
    bool erase(const DestinationKey& key);
    /// Same attributes and the same destinations in any order.
    friend bool operator==(const Service& a, const Service& b);
};

class Table {
  public:
    struct Entry {
        const ServiceKey* key;
        const Service* service;
    };

    Service* find(const ServiceKey& key);
    const Service* find(const ServiceKey& key) const;
    /// The service with this key; a new, empty one gets `attributes`, an existing one keeps its own.
    Service& add(const ServiceKey& key, const ServiceAttributes& attributes);
    /// Adds or replaces a whole service; a replaced one keeps its place in the order.
    void put(const ServiceKey& key, Service service);
    bool erase(const ServiceKey& key);
    void clear();

    size_t size() const { return services_.size(); }
    bool empty() const { return services_.empty(); }
    size_t destination_count() const;
    /// All services in the order in which they were added. Valid until the table changes.
    std::vector<Entry> ordered() const;

    /// Same services with equal contents; order does not matter.
    friend bool operator==(const Table& a, const Table& b);

  private:
    struct Slot {
        uint64_t position = 0;
        Service service;
    };
    std::unordered_map<ServiceKey, Slot> services_{};
    uint64_t next_position_ = 0;
};

/// One line per service, then its destinations, in the words of `ipvsadm -S -n`: what people read and tests
/// compare.
std::string to_string(const Table& table);

}  // namespace holdfast::ipvs
