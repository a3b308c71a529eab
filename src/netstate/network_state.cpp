#include "holdfast/netstate/network_state.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

namespace holdfast::netstate {

namespace {

/// Requests per call of the kernel. Small enough that the first addresses are announced within a millisecond
/// or two (an address costs the kernel some 15 us), large enough that the calls do not count.
constexpr size_t kChunk = 64;

/// How often one settling may plan anew. Every round that is not the last has changed something; more than a
/// few mean that somebody undoes our work while we do it, and the loop must turn.
constexpr int kMaxRounds = 8;
constexpr Duration kSettlePause = std::chrono::milliseconds(20);

/// When a dump fails, the kernel is short of memory or worse; asking at once would not help.
constexpr Duration kDumpRetry = std::chrono::milliseconds(500);

/// Tables that change while they are read, as those of a busy router, are read again; before the start
/// nothing else can be done, and an end to it is needed all the same.
constexpr int kFirstDumps = 10;

}  // namespace

NetworkState::NetworkState(NetworkKernel& kernel, NetworkObserver& observer, RepairPolicy policy)
    : kernel_(kernel), observer_(observer), reconciler_(policy), links_(policy) {
    kernel_.set_listener(this);
}

NetworkState::~NetworkState() {
    kernel_.set_listener(nullptr);
}

Result<> NetworkState::start(Instant now) {
    protocols_ = reconciler_.protocols();
    kernel_.watch_protocols(protocols_);
    now_ = now;
    is_settling_ = true;
    auto loaded = reload_mirror(now);
    for (int i = 1; i < kFirstDumps && !loaded && loaded.error().os_error == EAGAIN; ++i)
        loaded = reload_mirror(now);
    is_settling_ = false;
    if (!loaded) return loaded;
    is_started_ = true;
    settle(now);
    return {};
}

void NetworkState::define(Instant now, const Owner& owner, SharedObjects objects, bool hold) {
    deferred_.push_back([this, owner, objects = std::move(objects), hold]() mutable {
        reconciler_.define(owner, std::move(objects), hold);
        auto protocols = reconciler_.protocols();
        if (protocols == protocols_) return;
        // What the kernel has under the new numbers is not in the mirror yet.
        protocols_ = std::move(protocols);
        kernel_.watch_protocols(protocols_);
        is_dirty_ = is_started_;
    });
    settle(now);
}

void NetworkState::hold(Instant now, const Owner& owner) {
    deferred_.push_back([this, owner] { reconciler_.set_hold(owner, true); });
    settle(now);
}

void NetworkState::release(Instant now, const Owner& owner) {
    deferred_.push_back([this, owner] { reconciler_.set_hold(owner, false); });
    settle(now);
}

void NetworkState::forget(Instant now, const Owner& owner, bool remove) {
    deferred_.push_back([this, owner, remove] { reconciler_.forget(owner, remove); });
    settle(now);
}

void NetworkState::rename(Instant now, std::vector<RenamedOwner> names) {
    deferred_.push_back([this, names = std::move(names)] { reconciler_.rename(names); });
    settle(now);
}

void NetworkState::define_links(Instant now, std::vector<VirtualLink> links) {
    deferred_.push_back([this, links = std::move(links)]() mutable {
        for (VirtualLink& link : links) links_.define(std::move(link));
    });
    settle(now);
}

void NetworkState::forget_link(Instant now, const std::string& name, bool remove) {
    deferred_.push_back([this, name, remove] { links_.forget(name, remove); });
    settle(now);
}

void NetworkState::define_sysctls(Instant now, const Owner& owner, std::vector<SysctlWish> wishes) {
    deferred_.push_back([this, owner, wishes = std::move(wishes)]() mutable {
        links_.define_sysctls(owner, std::move(wishes));
    });
    settle(now);
}

void NetworkState::handle_deadline(Instant now) {
    if (dump_again_at_ && *dump_again_at_ <= now) {
        dump_again_at_.reset();
        is_dirty_ = true;
    }
    settle(now);
}

std::optional<Instant> NetworkState::deadline() const {
    auto deadline = reconciler_.deadline();
    for (const auto& other : {links_.deadline(), dump_again_at_, settle_again_at_})
        if (other && (!deadline || *other < *deadline)) deadline = other;
    return deadline;
}

std::optional<IpAddress> NetworkState::source_address(InterfaceIndex interface, Family family) const {
    return mirror_.source_address(interface, family,
                                  [this](const IpAddress& address) { return reconciler_.is_ours(address); });
}

void NetworkState::settle(Instant now) {
    now_ = now;
    if (is_settling_ || is_in_batch_) return;
    is_settling_ = true;
    settle_again_at_.reset();
    int round = 0;
    while (settle_once(now, round < kMaxRounds)) ++round;
    if (round >= kMaxRounds) settle_again_at_ = now + kSettlePause;
    is_settling_ = false;
    observer_.on_settled();
}

/// True when there may be more to do.
bool NetworkState::settle_once(Instant now, bool may_plan) {
    for (auto& command : std::exchange(deferred_, {})) command();
    if (!is_started_) return false;
    refresh_mirror(now);
    // The dump was news to the observer, which may have answered.
    if (!deferred_.empty()) return true;
    if (!may_plan) return false;

    if (settle_links(now)) return true;
    std::vector<ObjectEvent> events;
    if (!reconciler_.has_work(now)) return false;
    const std::vector<Operation> operations = reconciler_.plan(now, mirror_, events);
    report(now, events);
    execute(now, operations);
    return true;
}

/// True when something has been asked for.
bool NetworkState::settle_links(Instant now) {
    if (!links_.has_work(now)) return false;
    std::vector<ObjectEvent> events;
    const std::vector<Operation> operations = links_.plan(now, mirror_, reconciler_, events);
    report(now, events);
    execute_links(now, operations);
    return !operations.empty();
}

void NetworkState::execute(Instant now, std::span<const Operation> operations) {
    std::vector<ObjectEvent> events;
    bool is_known = true;
    for (size_t first = 0; first < operations.size(); first += kChunk) {
        const auto chunk = operations.subspan(first, std::min(kChunk, operations.size() - first));
        const std::vector<Result<>> results = apply(now, chunk);
        if (reconciler_.completed(now, first, chunk, results, events)) is_dirty_ = true;
        for (size_t i = 0; i < chunk.size(); ++i)
            is_known = is_known && results[i] && std::holds_alternative<AddAddress>(chunk[i]);
        report(now, events);
    }
    // The kernel's own words about what we did, so that the next plan sees it as it is. An address that has
    // been added is as we wanted it: a thousand of them shall be announced before their news is read.
    if (!is_known) kernel_.deliver_changes();
}

void NetworkState::execute_links(Instant now, std::span<const Operation> operations) {
    if (operations.empty()) return;
    std::vector<ObjectEvent> events;
    const std::vector<Result<>> results = apply(now, operations);
    links_.completed(now, operations, results, events);
    kernel_.deliver_changes();
    report(now, events);
}

/// Asks the kernel, and enters what it has agreed to.
std::vector<Result<>> NetworkState::apply(Instant now, std::span<const Operation> operations) {
    std::vector<Result<>> results = kernel_.apply(operations);
    for (size_t i = 0; i < operations.size(); ++i) {
        if (outcome(operations[i], results[i]) != Outcome::done) continue;
        const auto* add = std::get_if<AddAddress>(&operations[i]);
        const auto* remove = std::get_if<RemoveAddress>(&operations[i]);
        if (add != nullptr && mirror_.set_address(add->address))
            observer_.on_address_changed(now, add->address, true);
        if (remove != nullptr && mirror_.remove_address(remove->address.key()))
            observer_.on_address_changed(now, remove->address, false);
        if (add == nullptr && remove == nullptr) mirror_.record(operations[i]);
    }
    return results;
}

void NetworkState::report(Instant now, std::vector<ObjectEvent>& events) {
    if (!events.empty()) observer_.on_object_events(now, events);
    events.clear();
}

/// Dumps when that is due.
void NetworkState::refresh_mirror(Instant now) {
    if (is_started_ && is_dirty_ && !dump_again_at_ && !reload_mirror(now)) dump_again_at_ = now + kDumpRetry;
}

/// Dumps, and tells the observer how the picture differs from the one before.
Result<> NetworkState::reload_mirror(Instant now) {
    auto state = kernel_.dump();
    if (!state) return Failure(std::move(state.error()));
    is_dirty_ = false;
    ++dumps_;

    const Mirror before = std::exchange(mirror_, Mirror{});
    mirror_.load(*state);
    reconciler_.mirror_loaded();
    links_.mark();
    for (const KernelAddress& address : before.addresses()) {
        if (mirror_.address(address.key()) != nullptr) continue;
        reconciler_.note_removal(address, 0);
        observer_.on_address_changed(now, address, false);
    }
    for (const auto& [index, link] : before.links())
        if (mirror_.link(index) == nullptr) observer_.on_link_removed(now, link);
    for (const LinkInfo& link : state->links) {
        const LinkInfo* known = before.link(link.index);
        if (known == nullptr || *known != link) observer_.on_link_changed(now, link, known);
    }
    for (const KernelAddress& address : state->addresses)
        if (before.address(address.key()) == nullptr) observer_.on_address_changed(now, address, true);
    return {};
}

void NetworkState::on_changes_begin(Instant now) {
    now_ = now;
    is_in_batch_ = true;
}

void NetworkState::on_changes_end(Instant now) {
    // Before an address is put back it shall be known what it went with. Our own removals are told while we
    // settle, and nothing else goes with them.
    if (std::exchange(address_lost_, false) && !is_settling_) kernel_.complete_news();
    is_in_batch_ = false;
    if (std::exchange(news_lost_, false)) observer_.on_news_lost(now);
    // News about our own requests comes while we settle, possibly on behalf of an instance that is just about
    // something else.
    if (!is_settling_) {
        is_settling_ = true;
        refresh_mirror(now);
        // A VMAC that somebody has deleted is there again before anybody judges by what is missing.
        for (int round = 0; is_started_ && round < kMaxRounds && settle_links(now); ++round) {
        }
        is_settling_ = false;
        observer_.on_news_complete(now);
    }
    settle(now);
}

void NetworkState::on_link(const LinkInfo& link) {
    const std::optional<LinkInfo> before = mirror_.set_link(link);
    if (before && *before == link) return;
    reconciler_.links_changed();
    links_.mark();
    // IPv4 routes through a link that goes down vanish without a notification (fib_sync_down_dev,
    // fib_frontend.c).
    const bool is_worse = before && ((before->up && !link.up) || (before->usable() && !link.usable()));
    if (is_worse && mirror_.has_routes()) is_dirty_ = true;
    // A VMAC of ours that is deleted goes down first, and is not to be taken for one that is switched off.
    if (before && before->up && !link.up && links_.is_ours(link.name)) address_lost_ = true;
    observer_.on_link_changed(now_, link, before ? &*before : nullptr);
}

void NetworkState::on_link_removed(InterfaceIndex link) {
    const std::vector<KernelAddress> addresses = mirror_.addresses(link);
    const std::optional<LinkInfo> last = mirror_.remove_link(link);
    if (!last) return;
    reconciler_.links_changed();
    links_.mark();
    for (const KernelAddress& address : addresses) observer_.on_address_changed(now_, address, false);
    observer_.on_link_removed(now_, *last);
}

void NetworkState::on_address(const KernelAddress& address) {
    if (!mirror_.set_address(address)) return;
    links_.mark_address(address);
    observer_.on_address_changed(now_, address, true);
}

void NetworkState::on_address_removed(const KernelAddress& address, uint32_t requester) {
    if (!mirror_.remove_address(address.key())) return;
    reconciler_.note_removal(address, requester);
    address_lost_ = address_lost_ || reconciler_.is_ours(address.prefix.address);
    links_.mark_address(address);
    // Routes with this preferred source go with it and without a notification (fib_sync_down_addr).
    if (mirror_.has_routes()) is_dirty_ = true;
    observer_.on_address_changed(now_, address, false);
}

void NetworkState::on_route(const KernelRoute& route) {
    mirror_.set_route(route);
}

void NetworkState::on_route_removed(const KernelRoute& route, uint32_t requester) {
    if (mirror_.remove_route(route)) reconciler_.note_removal(route, requester);
}

void NetworkState::on_rule(const KernelRule& rule) {
    mirror_.set_rule(rule);
}

void NetworkState::on_rule_removed(const KernelRule& rule, uint32_t requester) {
    if (mirror_.remove_rule(rule)) reconciler_.note_removal(rule, requester);
}

}  // namespace holdfast::netstate
