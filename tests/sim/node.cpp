// The life of a simulated node's daemon, and what can be seen of it.
#include "node.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "environment.hpp"
#include "holdfast/base/require.hpp"
#include "holdfast/config/diagnostics.hpp"
#include "process.hpp"

namespace holdfast::sim {

Node::Node(World& world, std::string name, uint8_t number)
    : world_(world), name_(std::move(name)), number_(number) {
    table.schedulers = {"rr", "wrr", "lc", "wlc"};
    boot();
}

Node::~Node() {
    kernel.set_listener(nullptr);
}

config::LoadResult Node::load(const std::string& config) const {
    config::MemoryFiles source("/");
    source.add("/keepalived.conf", config);
    const SimEnvironment environment(*this);
    config::LoadOptions options;
    options.path = "/keepalived.conf";
    return config::load(options, source, environment);
}

bool Node::start(const std::string& config) {
    require(process_ == nullptr, "the node is not running");
    config_ = config;
    config::LoadResult loaded = load(config);
    for (const auto& diagnostic : loaded.diagnostics.all())
        world_.record(name_, config::render_line(diagnostic));
    if (world_.trace) fmt::print("{}", config);
    if (loaded.fatal || !loaded.config) return false;
    world_.record(name_, "--- start");
    fifo.clear();  // What the crashed process had told belongs to it.
    scripts_ended_.clear();
    log_.clear();
    stopping_ = false;
    kernel.outside_unheard(netstate::RestoreSysctl{"-"});  // Old news is not for a new socket.
    process_ = std::make_unique<Process>(world_, *this);
    started_at_ = world_.now();
    set_time();
    if (!process_->daemon->start(std::move(loaded))) {
        process_.reset();
        return false;
    }
    turn();
    return true;
}

bool Node::reload(const std::string& config) {
    world_.record(name_, "--- reload");
    if (world_.trace) fmt::print("{}", config);
    set_time();
    require(!is_reading(), "one reload at a time");
    const app::ReloadOutcome outcome = process_->daemon->reload(load(config));
    if (outcome.applied) config_ = config;
    if (!outcome.applied && world_.sabotage.die_of_bad_files) {
        crash();
        return false;
    }
    turn();
    return outcome.applied;
}

void Node::begin_reload(const std::string& config, Duration takes) {
    world_.record(name_, "--- reload begins");
    set_time();
    process_->worker.takes = takes;
    process_->content = config;
    process_->reloads->reload([this, config](const app::SharedOutcome& outcome) {
        world_.record(name_, outcome->applied ? "--- reload ends" : "--- reload refused");
        if (outcome->applied) config_ = config;
    });
}

bool Node::is_reading() const {
    return process_ != nullptr && process_->reloads->reloading();
}

void Node::stop() {
    world_.record(name_, "--- stop");
    stopping_ = true;
    set_time();
    process_->reloads->stop();
    process_->daemon->stop([this] { process_->stopped = true; });
    turn();
    if (world_.sabotage.leave_traces)
        kernel.addresses.push_back({.interface = {2}, .prefix = *Prefix::parse("10.0.0.77/32")});
}

void Node::crash() {
    world_.record(name_, "--- crash");
    // The daemon's destructors talk to the kernel no more than a killed process would.
    kernel.set_listener(nullptr);
    process_.reset();
    process_table.stop_listening();
    paused_at_.reset();
    started_at_.reset();
}

void Node::pause() {
    world_.record(name_, "--- pause");
    paused_at_ = world_.now();
}

void Node::resume() {
    world_.record(name_, "--- resume");
    paused_at_.reset();
    if (process_ == nullptr) return;
    if (world_.observer.resumed) world_.observer.resumed(*this);
    if (world_.sabotage.rush_after_pause) {
        turn();
        process_->link.drain();
        turn();
        return;
    }
    // As the real loop after a stall: descriptors first, then timers.
    const auto due = process_->timers.next();
    set_time();
    kernel.deliver_changes();
    if (due && world_.now() - *due > 100ms) process_->daemon->stalled(world_.now() - *due);
    process_->link.drain();
    turn();
}

vrrp::State Node::state(const std::string& name) const {
    const app::VrrpInstance* found = instance(name);
    return found == nullptr ? vrrp::State::Initialize : found->router.reported_state();
}

int Node::priority(const std::string& name) const {
    const app::VrrpInstance* found = instance(name);
    return found == nullptr ? -1 : found->router.effective_priority().value;
}

const app::VrrpInstance* Node::instance(const std::string& name) const {
    if (process_ == nullptr) return nullptr;
    for (const auto& candidate : process_->daemon->vrrp().instances()) {
        if (candidate->name() == name) return candidate.get();
    }
    return nullptr;
}

const app::Daemon& Node::daemon() const {
    require(process_ != nullptr, "the node is running");
    return *process_->daemon;
}

std::string Node::last_told(const std::string& name) const {
    const std::string quoted = "\"" + name + "\" ";
    for (auto line = fifo.rbegin(); line != fifo.rend(); ++line) {
        const size_t at = line->find(quoted);
        if (at == std::string::npos || line->find("_PRIORITY") != std::string::npos) continue;
        const size_t begin = at + quoted.size();
        const std::string word = line->substr(begin, line->find(' ', begin) - begin);
        if (word != "MASTER_RX_LOWER_PRI") return word;
    }
    return {};
}

bool Node::logged(std::string_view text) const {
    return std::ranges::any_of(log_,
                               [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

void Node::told(std::string line) {
    const bool third = ++notices_ % 3 == 0;
    if (third && world_.sabotage.swallow_notices) return;
    for (int copy = third && world_.sabotage.repeat_notices ? 2 : 1; copy > 0; --copy) {
        fifo.push_back(line);
        world_.record(name_, "fifo " + line);
        if (world_.observer.fifo) world_.observer.fifo(*this, line);
    }
}

void Node::deliver(const std::string& interface, const vrrp::SendOptions& options,
                   std::vector<uint8_t> payload, uint8_t protocol) {
    std::string socket;
    if (paused_at_) {
        socket = fmt::format("{} {} {} {}", interface, options.source.is_v6(), protocol,
                             options.destination.is_multicast());
    }
    receive(interface, socket, [this, interface, options, payload = std::move(payload), protocol] {
        process_->link.receive(interface, options, payload, protocol);
    });
}

void Node::deliver_datagram(const std::string& interface, bfd::ReceivedDatagram datagram,
                            std::vector<uint8_t> payload) {
    receive(interface, "bfd", [this, datagram, payload = std::move(payload)]() mutable {
        datagram.payload = payload;
        process_->bfd.receive(datagram);
    });
}

void Node::receive(const std::string& interface, const std::string& socket, std::function<void()> what) {
    if (process_ == nullptr || !link_is_usable(interface)) return;
    if (paused_at_) {
        process_->link.keep(socket, std::move(what));
        return;
    }
    set_time();
    what();
}

void Node::set_time() {
    if (process_ != nullptr) process_->timers.set_now(world_.now());
    kernel.now = world_.now();
}

std::optional<Instant> Node::next() const {
    if (process_ == nullptr || paused_at_) return std::nullopt;
    if (!process_->turn_ends.is_empty()) return world_.now();
    const auto due = process_->timers.next();
    return due ? std::optional(*due + world_.sabotage.sluggish + latency_) : due;
}

void Node::turn() {
    if (process_ == nullptr || paused_at_) return;
    const bool is_late = world_.sabotage.sluggish > Duration::zero();
    const auto due = process_->timers.next();
    set_time();
    kernel.deliver_changes();
    if (!is_late || (due && *due + world_.sabotage.sluggish <= world_.now())) process_->timers.run_due();
    if (world_.wakeup_latency > Duration::zero() && due && *due <= world_.now()) {
        latency_ = std::chrono::nanoseconds(
            static_cast<int64_t>(world_.chance() * static_cast<double>(world_.wakeup_latency.count())));
    }
    while (!process_->turn_ends.is_empty()) process_->turn_ends.run();
    process_->link.flush();
    kernel.deliver_changes();
    while (!process_->turn_ends.is_empty()) process_->turn_ends.run();
    process_->link.flush();
    if (process_->stopped) {
        kernel.set_listener(nullptr);
        process_.reset();
        started_at_.reset();
        world_.record(name_, "--- stopped");
    }
}

}  // namespace holdfast::sim
