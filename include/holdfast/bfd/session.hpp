// One BFD session (RFC 5880, section 6.8): no authentication, no echo, no demand of ours. What keepalived
// does beyond the RFC, or instead, is told at its place: the neighbour's configuration expects it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/base/time.hpp"
#include "holdfast/bfd/packet.hpp"
#include "holdfast/bfd/settings.hpp"

namespace holdfast::bfd {

// ---- Events ----

/// The socket stands: begin to send, unless passive.
struct Started {};
/// There is no socket to send with (its address is missing): AdminDown until one can be opened.
struct SocketFailed {};
/// A packet for this session passed decode(). `ttl` is 0 when the kernel did not tell it.
struct PacketReceived {
    ControlPacket packet;
    uint8_t ttl = 0;
};
struct DeadlineReached {};
/// A reload keeps the session and brings new settings.
struct Reconfigured {
    SessionSettings settings;
};
using Event = std::variant<Started, SocketFailed, PacketReceived, DeadlineReached, Reconfigured>;

// ---- Actions ----

struct SendPacket {
    ControlPacket packet;
    friend bool operator==(const SendPacket&, const SendPacket&) = default;
};
/// Trackers and checkers learn whether the neighbour can be reached. Repeated news are possible and harmless.
struct Reachability {
    bool up = false;
    friend bool operator==(const Reachability&, const Reachability&) = default;
};
enum class Detail : uint8_t { always, detail, extra };
struct LogLine {
    std::string text;
    Detail when = Detail::always;
    bool warning = false;
    friend bool operator==(const LogLine&, const LogLine&) = default;
};
using Action = std::variant<SendPacket, Reachability, LogLine>;
using Actions = std::vector<Action>;

/// Timers of a session, in microseconds, as the dump shows them.
struct Timers {
    uint32_t local_tx = 0;       ///< The interval we send at, before jitter.
    uint32_t remote_tx = 0;      ///< The interval the neighbour may send at.
    uint64_t local_detect = 0;   ///< Without a packet for this long the session is down.
    uint64_t remote_detect = 0;  ///< The same as the neighbour reckons.
};

class Session {
  public:
    /// `random` gives numbers in [0, 1) for jitter; `new_discriminator` a non-zero number no other session
    /// of this system has (RFC 5880, section 6.8.1).
    Session(SessionSettings settings, std::function<double()> random,
            std::function<uint32_t()> new_discriminator);

    void handle(Instant now, const Event& event, Actions& out);
    std::optional<Instant> deadline() const;

    /// RFC 5881, section 5: whether a packet with this TTL may have come from the neighbour.
    bool accepts_ttl(uint8_t ttl) const;

    const SessionSettings& settings() const { return settings_; }
    State state() const { return state_; }
    State remote_state() const { return remote_.state; }
    Diagnostic diagnostic() const { return diagnostic_; }
    uint32_t discriminator() const { return discriminator_; }
    /// The neighbour's last packet; its discriminator is 0 after the detection time has passed.
    const ControlPacket& remote() const { return remote_; }
    const Timers& timers() const { return timers_; }
    bool polling() const { return poll_; }
    std::optional<Instant> last_seen() const { return last_seen_; }

  private:
    void receive(Instant now, const PacketReceived& received, Actions& out);
    void renegotiate(Instant now, const ControlPacket& packet, Actions& out);
    void change_state(Instant now, Actions& out);
    void go_down(Instant now, Diagnostic diagnostic, Actions& out);
    void go_init(Instant now, Actions& out);
    void go_up(Instant now, Actions& out);
    void rise(Instant now, Actions& out);
    void reconfigure(Instant now, const SessionSettings& settings, Actions& out);
    void begin_poll(Actions& out);
    void expire(Instant now, Actions& out);
    void forget_neighbor();
    void send(Actions& out);
    void schedule_send(Instant now);
    uint32_t idle_interval() const;
    uint32_t desired_min_tx() const;
    std::string entering() const;

    SessionSettings settings_;
    std::function<double()> random_;
    std::function<uint32_t()> new_discriminator_;
    State state_ = State::Down;
    Diagnostic diagnostic_ = Diagnostic::none;
    uint32_t discriminator_;
    ControlPacket remote_;
    Timers timers_;
    bool poll_ = false;
    bool final_ = false;
    std::optional<Instant> last_seen_;
    std::optional<Instant> send_at_;
    std::optional<Instant> expires_at_;
    std::optional<Instant> forget_at_;
};

}  // namespace holdfast::bfd
