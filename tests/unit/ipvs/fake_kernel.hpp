// An IPVS table in memory that answers like the kernel: errors for what exists or is missing, unknown
// schedulers, and a count of pools that ran empty on the way.
#pragma once

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>

#include "holdfast/ipvs/kernel.hpp"
#include "holdfast/ipvs/reconciler.hpp"

namespace holdfast::ipvs {

class FakeKernel final : public TableKernel {
  public:
    Table table;
    std::set<std::string> schedulers{"rr", "wrr", "lc", "wlc", "sh", "mh"};
    std::vector<Operation> seen;
    size_t calls = 0;
    size_t reads = 0;
    bool broken = false;  ///< Every request fails with EIO.

    Result<> available() override { return {}; }
    Result<Info> info() override { return Info{}; }
    Result<Table> dump() override {
        if (broken) return fail_errno("dump", EIO);
        return table;
    }
    Result<std::optional<Service>> read(const ServiceKey& key) override {
        ++reads;
        if (broken) return fail_errno("read", EIO);
        const Service* found = table.find(key);
        if (found == nullptr) return std::nullopt;
        return *found;
    }
    std::vector<Result<>> apply(std::span<const Operation> operations) override {
        ++calls;
        std::vector<Result<>> results;
        for (const Operation& operation : operations) {
            seen.push_back(operation);
            const int error = broken ? EIO : check(operation);
            if (error == 0) {
                apply_to(table, operation);
                results.emplace_back();
            } else {
                results.emplace_back(fail_errno(to_string(operation), error));
            }
        }
        return results;
    }
    Result<> flush() override {
        table.clear();
        return {};
    }
    Result<Timeouts> timeouts() override { return Timeouts{}; }
    Result<> set_timeouts(const Timeouts&) override { return {}; }
    Result<std::vector<SyncDaemon>> sync_daemons() override { return std::vector<SyncDaemon>{}; }
    Result<> start_sync_daemon(const SyncDaemon&) override { return {}; }
    Result<> stop_sync_daemon(SyncRole) override { return {}; }

  private:
    // net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_genl_set_cmd and what it calls.
    int check(const Operation& operation) const {
        const Service* service = table.find(service_of(operation));
        if (const auto* add = std::get_if<AddService>(&operation)) {
            if (service != nullptr) return EEXIST;
            return schedulers.contains(add->attributes.scheduler) ? 0 : ENOENT;
        }
        if (service == nullptr) return ESRCH;
        if (const auto* edit = std::get_if<EditService>(&operation))
            return schedulers.contains(edit->attributes.scheduler) ? 0 : ENOENT;
        if (const auto* add = std::get_if<AddDestination>(&operation))
            return service->find(add->destination.key) != nullptr ? EEXIST : 0;
        if (const auto* edit = std::get_if<EditDestination>(&operation))
            return service->find(edit->destination.key) != nullptr ? 0 : ENOENT;
        if (const auto* remove = std::get_if<RemoveDestination>(&operation))
            return service->find(remove->key) != nullptr ? 0 : ENOENT;
        return 0;
    }
};

inline ServiceKey tcp_service(uint8_t last, uint16_t port = 80) {
    return {.protocol = Protocol::tcp, .endpoint = {IpAddress::v4(192, 0, 2, last), port}};
}

inline DestinationKey server(uint8_t last, uint16_t port = 80) {
    return {IpAddress::v4(10, 0, 0, last), port};
}

inline Destination weighted(uint8_t last, int32_t weight) {
    return {server(last), {.forwarding = {.method = ForwardingMethod::direct_route}, .weight = weight}};
}

}  // namespace holdfast::ipvs
