#include "holdfast/ipvs/reconciler.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace holdfast::ipvs {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::seconds(60);

// The errors that say "the table is not what you think": something is there already, or is not there. An
// unknown scheduler gives ENOENT as well, which is why a second failure after reading the table again counts
// as a refusal.
bool is_stale(const Error& error) {
    return error.os_error == EEXIST || error.os_error == ENOENT || error.os_error == ESRCH;
}

// When the service itself cannot be made, the failures of its destinations say nothing new.
void drop_consequences(std::vector<Refusal>& failures) {
    const bool no_service = std::ranges::any_of(
        failures, [](const Refusal& one) { return std::holds_alternative<AddService>(one.operation); });
    if (!no_service) return;
    std::erase_if(failures,
                  [](const Refusal& one) { return !std::holds_alternative<AddService>(one.operation); });
}

}  // namespace

Result<> Reconciler::start() {
    auto table = kernel_.dump();
    if (!table) return Failure(std::move(table.error()));
    mirror_ = std::move(*table);
    return {};
}

void Reconciler::enqueue(const ServiceKey& key, bool in_front) {
    if (!queued_.insert(key).second) return;
    if (in_front) {
        work_.push_front(key);
    } else {
        work_.push_back(key);
    }
}

bool Reconciler::differs(const ServiceKey& key) const {
    std::vector<Operation> operations;
    operations_for(key, operations);
    return !operations.empty();
}

void Reconciler::operations_for(const ServiceKey& key, std::vector<Operation>& out) const {
    const Service* have = mirror_.find(key);
    if (const Service* wanted = desired_.find(key)) {
        diff_service(key, *wanted, have, out);
    } else if (have != nullptr && owned_.contains(key)) {
        out.emplace_back(RemoveService{key});
    }
}

void Reconciler::set_desired(Table desired) {
    desired_ = std::move(desired);
    for (const auto& [key, service] : desired_.ordered()) {
        owned_.insert(*key);
        retries_.erase(*key);
        if (differs(*key)) enqueue(*key);
    }
    std::vector<ServiceKey> gone;
    for (const ServiceKey& key : owned_)
        if (desired_.find(key) == nullptr) gone.push_back(key);
    std::ranges::sort(gone);
    for (const ServiceKey& key : gone) enqueue(key);
}

void Reconciler::set_service(const ServiceKey& key, Service service) {
    owned_.insert(key);
    desired_.put(key, std::move(service));
    retries_.erase(key);
    if (differs(key)) enqueue(key);
}

void Reconciler::remove_service(const ServiceKey& key) {
    if (!desired_.erase(key)) return;
    retries_.erase(key);
    enqueue(key);
}

void Reconciler::own(const ServiceSet& keys) {
    for (const ServiceKey& key : keys) {
        owned_.insert(key);
        if (desired_.find(key) == nullptr) enqueue(key);
    }
}

void Reconciler::remove_all() {
    set_desired({});
    retries_.clear();
}

void Reconciler::release() {
    desired_.clear();
    owned_.clear();
    work_.clear();
    queued_.clear();
    retries_.clear();
    reread_.clear();
    round_.clear();
}

void Reconciler::finish(const ServiceKey& key) {
    reread_.erase(key);
    retries_.erase(key);
    if (desired_.find(key) == nullptr && mirror_.find(key) == nullptr) owned_.erase(key);
}

Progress Reconciler::step(Instant now, size_t limit) {
    Progress progress;
    for (auto& [key, retry] : retries_)
        if (retry.at <= now) enqueue(key);

    struct Share {
        ServiceKey key;
        size_t end;
        bool whole;
    };
    std::vector<Operation> operations;
    std::vector<Share> shares;
    while (!work_.empty() && operations.size() < limit) {
        const ServiceKey key = work_.front();
        operations_for(key, operations);
        // A cut in the middle of a service is harmless: its operations are ordered so that every beginning is
        // safe, and the rest follows from the comparison with the mirror on the next turn.
        const bool whole = operations.size() <= limit;
        if (!whole) operations.resize(limit, operations.front());
        shares.push_back({key, operations.size(), whole});
        work_.pop_front();
        queued_.erase(key);
    }

    const std::vector<Result<>> results =
        operations.empty() ? std::vector<Result<>>{} : kernel_.apply(operations);
    size_t index = 0;
    for (const Share& share : shares) {
        std::vector<Refusal> failures;
        for (; index < share.end; ++index) {
            if (results[index]) {
                apply_to(mirror_, operations[index]);
                ++progress.applied;
            } else {
                failures.push_back({operations[index], results[index].error()});
            }
        }
        if (!failures.empty()) {
            settle(now, share.key, std::move(failures), progress);
        } else if (share.whole) {
            finish(share.key);
        } else {
            enqueue(share.key, true);
        }
    }
    progress.remaining = work_.size();
    return progress;
}

void Reconciler::settle(Instant now, const ServiceKey& key, std::vector<Refusal> failures,
                        Progress& progress) {
    drop_consequences(failures);
    const bool stale = std::ranges::all_of(failures, [](const Refusal& one) { return is_stale(one.error); });
    const bool known = compare(key).has_value();
    if (known && !differs(key)) {
        progress.applied += failures.size();
        return finish(key);
    }
    if (known && stale && reread_.insert(key).second) return enqueue(key, true);

    auto [retry, is_new] = retries_.try_emplace(key, Retry{now, kFirstPause / 2});
    retry->second.pause = std::min(retry->second.pause * 2, kLongestPause);
    retry->second.at = now + retry->second.pause;
    for (Refusal& failure : failures) {
        failure.again = !is_new;
        progress.refused.push_back(std::move(failure));
    }
}

void Reconciler::retry_refused() {
    for (const auto& [key, retry] : retries_) enqueue(key);
    retries_.clear();
}

std::optional<Instant> Reconciler::deadline() const {
    std::optional<Instant> next;
    for (const auto& [key, retry] : retries_)
        if (!next || retry.at < *next) next = retry.at;
    return next;
}

Result<bool> Reconciler::compare(const ServiceKey& key) {
    auto found = kernel_.read(key);
    if (!found) return Failure(std::move(found.error()));
    const Service* known = mirror_.find(key);
    const bool changed = found->has_value() ? known == nullptr || *known != **found : known != nullptr;
    if (found->has_value()) {
        mirror_.put(key, std::move(**found));
    } else {
        mirror_.erase(key);
    }
    return changed;
}

Result<std::vector<ServiceKey>> Reconciler::verify(size_t limit) {
    std::vector<ServiceKey> changed;
    if (round_.empty()) {
        for (const auto& [key, service] : desired_.ordered()) round_.push_back(*key);
        std::ranges::reverse(round_);
    }
    while (limit-- > 0 && !round_.empty()) {
        const ServiceKey key = round_.back();
        round_.pop_back();
        auto difference = compare(key);
        if (!difference) return Failure(std::move(difference.error()));
        if (!*difference || !differs(key)) continue;
        ++repairs_;
        enqueue(key);
        changed.push_back(key);
    }
    return changed;
}

Result<std::vector<ServiceKey>> Reconciler::verify_all() {
    auto table = kernel_.dump();
    if (!table) return Failure(std::move(table.error()));
    std::vector<ServiceKey> changed;
    const Table before = std::exchange(mirror_, std::move(*table));
    for (const auto& [key, service] : desired_.ordered()) {
        const Service* known = before.find(*key);
        const Service* found = mirror_.find(*key);
        const bool same = known == nullptr ? found == nullptr : found != nullptr && *known == *found;
        if (same || !differs(*key)) continue;
        ++repairs_;
        enqueue(*key);
        changed.push_back(*key);
    }
    return changed;
}

}  // namespace holdfast::ipvs
