#include "holdfast/bfd/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::bfd {

namespace {

uint32_t microseconds(Duration duration) {
    return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

}  // namespace

Session::Session(SessionSettings settings, std::function<double()> random,
                 std::function<uint32_t()> new_discriminator)
    : settings_(std::move(settings)),
      random_(std::move(random)),
      new_discriminator_(std::move(new_discriminator)),
      discriminator_(new_discriminator_()) {
    timers_.local_tx = microseconds(settings_.idle_tx);
}

void Session::handle(Instant now, const Event& event, Actions& out) {
    std::visit(Overloaded{
                   [&](const Started&) {
                       if (state_ == State::AdminDown) {
                           state_ = State::Down;
                           diagnostic_ = Diagnostic::none;
                       }
                       if (settings_.passive) return;
                       send(out);
                       schedule_send(now);
                   },
                   [&](const SocketFailed&) {
                       const bool was_up = state_ == State::Up;
                       state_ = State::AdminDown;
                       diagnostic_ = Diagnostic::administratively_down;
                       send_at_.reset();
                       expires_at_.reset();
                       timers_.local_tx = idle_interval();
                       out.emplace_back(LogLine{entering(), Detail::always, true});
                       if (was_up) out.emplace_back(Reachability{false});
                   },
                   [&](const PacketReceived& received) { receive(now, received, out); },
                   [&](const DeadlineReached&) {
                       if (expires_at_ && *expires_at_ <= now) expire(now, out);
                       if (forget_at_ && *forget_at_ <= now) forget_neighbor();
                       if (send_at_ && *send_at_ <= now) {
                           send(out);
                           schedule_send(now);
                       }
                   },
                   [&](const Reconfigured& change) { reconfigure(now, change.settings, out); },
               },
               event);
}

std::optional<Instant> Session::deadline() const {
    std::optional<Instant> earliest;
    for (const auto& at : {send_at_, expires_at_, forget_at_}) {
        if (at && (!earliest || *at < *earliest)) earliest = at;
    }
    return earliest;
}

bool Session::accepts_ttl(uint8_t ttl) const {
    const int hops = settings_.max_hops;
    if (ttl == 0 || hops < 0 || hops == 255) return true;
    return hops + ttl >= settings_.ttl.value_or(settings_.neighbor.is_v4() ? 255 : 64);
}

void Session::receive(Instant now, const PacketReceived& received, Actions& out) {
    const ControlPacket& packet = received.packet;
    // RFC 5880, 6.8.6: no authentication is in use, and nothing is heard while AdminDown.
    if (packet.authentication_present || state_ == State::AdminDown || !accepts_ttl(received.ttl)) return;
    renegotiate(now, packet, out);
    change_state(now, out);

    const bool quiet = remote_.demand && state_ == State::Up && remote_.state == State::Up;
    if (quiet) {
        send_at_.reset();
    } else if (!send_at_) {
        schedule_send(now);  // Passive ones too: the neighbour has spoken (6.8.7).
    }
    if (packet.poll) {
        final_ = true;
        send(out);  // At once, beside the periodic ones (6.8.7).
    }
    last_seen_ = now;
    if (state_ == State::Up && expires_at_)
        expires_at_ = now + std::chrono::microseconds(timers_.local_detect);
}

void Session::renegotiate(Instant now, const ControlPacket& packet, Actions& out) {
    const ControlPacket before = std::exchange(remote_, packet);
    const Timers old = timers_;
    if (packet.final) poll_ = false;
    if (state_ != State::Up || packet.poll || packet.final) {
        const bool fast = remote_.state == State::Up && (state_ == State::Init || state_ == State::Up);
        timers_.local_tx =
            fast ? std::max(microseconds(settings_.min_tx), remote_.required_min_rx) : idle_interval();
        timers_.remote_tx = std::max(microseconds(settings_.min_rx), remote_.desired_min_tx);
    }
    timers_.local_detect = uint64_t{remote_.detect_multiplier} * timers_.remote_tx;
    timers_.remote_detect = uint64_t{settings_.multiplier} * timers_.local_tx;
    const bool changed = remote_.required_min_rx != before.required_min_rx ||
                         remote_.desired_min_tx != before.desired_min_tx ||
                         remote_.detect_multiplier != before.detect_multiplier ||
                         timers_.local_tx != old.local_tx;
    const size_t indent = settings_.name.size() + 2;  // What belongs to the line with the name is set in.
    if (changed) {
        const auto row = [&](std::string_view who, uint32_t min_tx, uint32_t min_rx, uint32_t interval,
                             unsigned multiplier, uint64_t detect) {
            out.emplace_back(LogLine{fmt::format("{:{}} {:<6} {:8} {:7} {:8} {:5} {:12}", "", indent, who,
                                                 min_tx, min_rx, interval, multiplier, detect),
                                     Detail::detail});
        };
        out.emplace_back(
            LogLine{fmt::format("({}) ---------------< Session parameters >--------------", settings_.name),
                    Detail::detail});
        out.emplace_back(
            LogLine{fmt::format("{:{}}          min_tx  min_rx  tx_intv  mult  detect_time", "", indent),
                    Detail::detail});
        row("local", desired_min_tx(), microseconds(settings_.min_rx), timers_.local_tx, settings_.multiplier,
            timers_.local_detect);
        row("remote", remote_.desired_min_tx, remote_.required_min_rx, timers_.remote_tx,
            remote_.detect_multiplier, timers_.remote_detect);
    }
    if (timers_.local_tx < old.local_tx && send_at_) schedule_send(now);
    if (timers_.local_detect != old.local_detect) {
        out.emplace_back(LogLine{fmt::format("{:{}} Detection time is {} us (was {} us)", "", indent,
                                             timers_.local_detect, old.local_detect)});
    }
}

/// RFC 5880, section 6.8.6, the last part; the neighbour's AdminDown ends Init as well as Up.
void Session::change_state(Instant now, Actions& out) {
    if (remote_.state == State::AdminDown) {
        if (state_ != State::Down) go_down(now, Diagnostic::neighbor_signaled_down, out);
        return;
    }
    switch (state_) {
        case State::Down:
            if (remote_.state == State::Down) go_init(now, out);
            if (remote_.state == State::Init) go_up(now, out);
            return;
        case State::Init:
            if (remote_.state == State::Init || remote_.state == State::Up) go_up(now, out);
            return;
        case State::Up:
            if (remote_.state == State::Down) go_down(now, Diagnostic::neighbor_signaled_down, out);
            return;
        case State::AdminDown:
            return;
    }
}

void Session::go_down(Instant now, Diagnostic diagnostic, Actions& out) {
    const bool was_up = state_ == State::Up;
    state_ = State::Down;
    diagnostic_ = diagnostic;
    if (was_up) discriminator_ = new_discriminator_();
    out.emplace_back(
        LogLine{fmt::format("({}) Entering Down state (Local diagnostic - {}, Remote diagnostic - {})",
                            settings_.name, name_of(diagnostic), name_of(remote_.diagnostic)),
                was_up ? Detail::always : Detail::extra, true});
    forget_at_ = now + std::chrono::microseconds(timers_.local_detect);
    if (settings_.passive) send_at_.reset();
    timers_.local_tx = idle_interval();
    expires_at_.reset();
    // An administrator took the neighbour's session down: that says nothing about the path (RFC 5882, 4.2).
    if (was_up && remote_.state != State::AdminDown) out.emplace_back(Reachability{false});
}

void Session::go_init(Instant now, Actions& out) {
    state_ = State::Init;
    rise(now, out);
    if (settings_.passive && !send_at_) schedule_send(now);
}

void Session::go_up(Instant now, Actions& out) {
    state_ = State::Up;
    rise(now, out);
    if (settings_.idle_tx != settings_.min_tx) begin_poll(out);
    out.emplace_back(Reachability{true});
}

void Session::rise(Instant now, Actions& out) {
    diagnostic_ = Diagnostic::none;
    out.emplace_back(LogLine{entering(), state_ == State::Up ? Detail::always : Detail::extra});
    forget_at_.reset();
    if (!expires_at_) expires_at_ = now + std::chrono::microseconds(timers_.local_detect);
}

void Session::expire(Instant now, Actions& out) {
    const auto silent = std::chrono::duration_cast<std::chrono::microseconds>(now - last_seen_.value_or(now));
    const auto overdue = std::max<int64_t>(0, silent.count() - static_cast<int64_t>(timers_.local_detect));
    out.emplace_back(LogLine{fmt::format("({}) Expired after {} ms ({} usec overdue)", settings_.name,
                                         silent.count() / 1000, overdue),
                             state_ == State::Up ? Detail::always : Detail::extra, true});
    remote_.my_discriminator = 0;
    go_down(now, Diagnostic::detection_time_expired, out);
}

/// One detection time after going down nothing of the neighbour is true any more (RFC 5880, 6.8.1).
void Session::forget_neighbor() {
    forget_at_.reset();
    remote_.state = State::Down;
    remote_.my_discriminator = 0;
    remote_.diagnostic = Diagnostic::none;
    remote_.demand = false;
    poll_ = final_ = false;
    timers_.local_tx = idle_interval();
}

void Session::reconfigure(Instant now, const SessionSettings& settings, Actions& out) {
    const bool new_timers = settings.min_rx != settings_.min_rx || settings.min_tx != settings_.min_tx;
    settings_ = settings;
    if (new_timers) begin_poll(out);
    if (settings_.passive) {
        if (state_ == State::Down) send_at_.reset();
    } else if (!send_at_ && state_ != State::AdminDown) {
        schedule_send(now);
    }
}

void Session::begin_poll(Actions& out) {
    out.emplace_back(LogLine{fmt::format("({}) Starting poll sequence", settings_.name), Detail::detail});
    // The answer to the neighbour's own poll carries the new values already (RFC 5880, 6.8.3).
    if (!final_) poll_ = true;
}

void Session::send(Actions& out) {
    if (state_ == State::AdminDown) return;
    if (poll_ && final_) poll_ = false;  // Never both (RFC 5880, 6.5).
    ControlPacket packet;
    packet.diagnostic = diagnostic_;
    packet.state = state_;
    packet.poll = poll_;
    packet.final = std::exchange(final_, false);
    packet.detect_multiplier = settings_.multiplier;
    packet.my_discriminator = discriminator_;
    packet.your_discriminator = remote_.my_discriminator;
    packet.desired_min_tx = desired_min_tx();
    packet.required_min_rx = microseconds(settings_.min_rx);
    out.emplace_back(SendPacket{packet});
}

/// 10 to 25 per cent less than the interval, as the reference does for every multiplier (the RFC demands the
/// 10 per cent for a multiplier of 1 only).
void Session::schedule_send(Instant now) {
    const auto interval = static_cast<double>(timers_.local_tx);
    const double shortened = interval * (0.9 - 0.15 * random_());
    send_at_ = now + std::chrono::microseconds(static_cast<int64_t>(shortened));
}

/// At least a second while not Up (RFC 5880, 6.8.3); idle_tx cannot be less.
uint32_t Session::idle_interval() const {
    return std::max(microseconds(settings_.idle_tx), remote_.required_min_rx);
}

uint32_t Session::desired_min_tx() const {
    return microseconds(state_ == State::Up ? settings_.min_tx : settings_.idle_tx);
}

std::string Session::entering() const {
    return fmt::format("({}) Entering {} state", settings_.name, name_of(state_));
}

}  // namespace holdfast::bfd
