#include "holdfast/notify/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "holdfast/notify/mail.hpp"

namespace holdfast::notify {

namespace {

const Rare<Command>* specific_script(const ScriptSettings& scripts, Word word) {
    switch (word) {
        case Word::master:
            return &scripts.master;
        case Word::backup:
            return &scripts.backup;
        case Word::fault:
            return &scripts.fault;
        case Word::stop:
            return &scripts.stop;
        case Word::deleted:
            return &scripts.deleted;
        case Word::master_rx_lower_pri:
            return &scripts.master_rx_lower_pri;
        case Word::master_priority:
        case Word::backup_priority:
            return nullptr;
    }
    return nullptr;
}

// keepalived's prefix of log lines about an instance or a group.
std::string prefix(const QueueSettings& settings) {
    return settings.subject == Subject::group ? fmt::format("VRRP_Group({})", settings.name)
                                              : fmt::format("({})", settings.name);
}

}  // namespace

NotifyQueue::NotifyQueue(QueueSettings settings) : settings_(std::move(settings)) {}

void NotifyQueue::reconfigure(QueueSettings settings) {
    settings_ = std::move(settings);
}

void NotifyQueue::handle(Instant now, const QueueEvent& event, QueueActions& out) {
    if (const auto* state = std::get_if<StateEntered>(&event)) {
        // Scripts are started before the FIFO hears of the state: keepalived's order.
        QueueActions after;
        enter(*state, after);
        drop_superseded(settings_.policy->max_pending, out);
        pump(now, out);
        std::ranges::move(after, std::back_inserter(out));
    } else if (const auto* lower = std::get_if<LowerPriorityHeard>(&event)) {
        enqueue(settings_.scripts->master_rx_lower_pri, {}, 0);
        drop_superseded(settings_.policy->max_pending, out);
        pump(now, out);
        tell_fifo(Word::master_rx_lower_pri, lower->priority, out);
    } else if (const auto* change = std::get_if<PriorityChanged>(&event)) {
        if (settings_.priority_changes)
            tell_fifo(change->is_master ? Word::master_priority : Word::backup_priority, change->priority,
                      out);
    } else if (const auto* repeated = std::get_if<StateRepeated>(&event)) {
        tell_fifo(repeated->word, repeated->priority, out);
    } else if (const auto* done = std::get_if<ScriptDone>(&event)) {
        std::erase_if(running_, [&](const Running& running) { return running.id == done->id; });
        pump(now, out);
    } else if (std::holds_alternative<StopRequested>(event)) {
        begin_stop(now, out);
    } else if (std::holds_alternative<QueueDeadlineReached>(event)) {
        pump(now, out);
        stop_due(now, out);
    }
    check_stopped(out);
}

std::optional<Instant> NotifyQueue::deadline() const {
    auto result = patience_ends();
    const bool stopping = stop_ != StopPhase::none && stop_ != StopPhase::done;
    if (stopping && (!result || stop_step_ < *result)) result = stop_step_;
    return result;
}

void NotifyQueue::enter(const StateEntered& event, QueueActions& out) {
    const ScriptSettings& scripts = *settings_.scripts;
    ++newest_state_;
    if (const auto* script = specific_script(scripts, event.word)) enqueue(*script, {}, newest_state_);
    // A deleted instance was always reported as FAULT; notify_deleted asks for the newer word.
    const bool hide = event.word == Word::deleted && !scripts.notify_deleted && !scripts.deleted;
    const Word word = hide ? Word::fault : event.word;
    if (scripts.generic) {
        enqueue(scripts.generic, generic_arguments(settings_.subject, settings_.name, word, event.priority),
                newest_state_);
    }
    tell_fifo(word, event.priority, out);
    mail(word, out);
}

void NotifyQueue::enqueue(const Rare<Command>& command, const std::vector<std::string>& extra,
                          uint64_t event) {
    if (!command || command->empty()) return;
    Waiting next{.command = *command, .event = event};
    next.command.arguments.insert(next.command.arguments.end(), extra.begin(), extra.end());
    if (event == 0 && !waiting_.empty() && waiting_.back() == next) return;
    waiting_.push_back(std::move(next));
}

// Drops waiting scripts, oldest first, down to `keep`, sparing those of the newest state.
void NotifyQueue::drop_superseded(size_t keep, QueueActions& out) {
    size_t count = 0;
    for (auto waiting = waiting_.begin(); waiting != waiting_.end() && waiting_.size() > keep;) {
        if (waiting->event == newest_state_ && newest_state_ != 0) {
            ++waiting;
            continue;
        }
        waiting = waiting_.erase(waiting);
        ++count;
    }
    if (count == 0) return;
    dropped_ += count;
    out.emplace_back(
        QueueLog{fmt::format("{} dropped {} notify script{} of superseded states, {} dropped so far",
                             prefix(settings_), count, count == 1 ? "" : "s", dropped_)});
}

std::optional<Instant> NotifyQueue::patience_ends() const {
    if (waiting_.empty() || running_.empty()) return std::nullopt;
    if (stop_ != StopPhase::none) {
        return std::max(running_.back().since, stop_requested_) + settings_.policy->stop_wait / 4;
    }
    if (settings_.policy->patience == Duration::zero()) return std::nullopt;
    return running_.back().since + settings_.policy->patience;
}

void NotifyQueue::pump(Instant now, QueueActions& out) {
    if (stop_ == StopPhase::terminating || stop_ == StopPhase::killing) return;
    while (!waiting_.empty()) {
        if (!running_.empty()) {
            const auto ends = patience_ends();
            if (!ends || now < *ends) return;
            out.emplace_back(
                QueueLog{fmt::format("{} notify script {} is still running, starting the next one beside it",
                                     prefix(settings_), running_.back().what)});
        }
        start_next(now, out);
    }
}

void NotifyQueue::start_next(Instant now, QueueActions& out) {
    Command command = std::move(waiting_.front().command);
    waiting_.pop_front();
    const uint32_t id = next_id_++;
    running_.push_back({.id = id, .since = now, .what = command.to_string()});
    if (stop_ == StopPhase::waiting) stop_step_ = now + settings_.policy->stop_wait;
    out.emplace_back(StartScript{.id = id,
                                 .arguments = std::move(command.arguments),
                                 .identity = std::move(command.identity),
                                 .path = std::move(command.path)});
}

void NotifyQueue::tell_fifo(Word word, uint8_t priority, QueueActions& out) const {
    out.emplace_back(WriteFifo{fifo_line(settings_.subject, settings_.name, word, priority)});
}

void NotifyQueue::mail(Word word, QueueActions& out) {
    if (!settings_.smtp_alert || last_mailed_ == word) return;
    if (word == Word::fault && settings_.no_fault_mail) return;
    auto text = transition_mail(settings_.subject, settings_.name, word, *settings_.router_id);
    if (!text) return;
    last_mailed_ = word;
    out.emplace_back(SendMail{.subject = std::move(text->subject), .body = std::move(text->body)});
}

void NotifyQueue::begin_stop(Instant now, QueueActions& out) {
    if (stop_ != StopPhase::none) return;
    stop_ = StopPhase::waiting;
    stop_requested_ = now;
    stop_step_ = now + settings_.policy->stop_wait;
    drop_superseded(0, out);
    pump(now, out);
}

void NotifyQueue::stop_due(Instant now, QueueActions& out) {
    if (stop_ == StopPhase::none || stop_ == StopPhase::done || now < stop_step_) return;
    stop_step_ = now + settings_.policy->stop_kill;
    switch (stop_) {
        case StopPhase::waiting:
            stop_ = StopPhase::terminating;
            signal_all(false, out);
            return;
        case StopPhase::terminating:
            stop_ = StopPhase::killing;
            signal_all(true, out);
            return;
        case StopPhase::killing:
            // Not even SIGKILL ended them (a hung file system): the daemon's end must not wait for that.
            running_.clear();
            waiting_.clear();
            return;
        case StopPhase::none:
        case StopPhase::done:
            return;
    }
}

void NotifyQueue::signal_all(bool force, QueueActions& out) const {
    for (const Running& running : running_) out.emplace_back(SignalScript{.id = running.id, .force = force});
}

void NotifyQueue::check_stopped(QueueActions& out) {
    if (stop_ == StopPhase::none || stop_ == StopPhase::done) return;
    if (stop_ != StopPhase::waiting) waiting_.clear();
    if (!running_.empty() || !waiting_.empty()) return;
    stop_ = StopPhase::done;
    out.emplace_back(StopComplete{});
}

}  // namespace holdfast::notify
