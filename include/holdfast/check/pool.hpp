// One virtual server: which of its real servers are in, whether it has quorum, whether the sorry server
// serves. Told of checkers' verdicts and weight changes, it returns in contractual order what has to be
// logged, put into the kernel, run, told and mailed. It never touches the kernel: `put_destinations` says
// what the pool should be.
//
// Rules (compat/protocol.md, 11): a real server is down as soon as one of its checkers is, and up when the
// last failing one recovers. Quorum is gained at quorum + hysteresis of live weight and lost below quorum -
// hysteresis or at zero. Without quorum and with a sorry server the live servers leave the pool.
// inhibit_on_failure keeps a server that is out with weight 0 instead of removing it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/check/settings.hpp"
#include "holdfast/ipvs/table.hpp"

namespace holdfast::check {

/// A line for the log, level INFO. `detail`: only with -D.
struct Log {
    std::string text;
    bool detail = false;
    friend bool operator==(const Log&, const Log&) = default;
};
/// The destinations of this virtual server's services have changed: bring the kernel to them now.
struct UpdatePool {
    friend bool operator==(const UpdatePool&, const UpdatePool&) = default;
};
/// notify_up, notify_down, quorum_up, quorum_down. `at_stop`: the daemon is ending, wait for it (at most a
/// second).
struct RunCommand {
    notify::Command command;
    bool at_stop = false;
    /// Whose command it is: those of one virtual or real server run one after the other, in this order, and
    /// nobody waits for another one's.
    std::string lane{};
    friend bool operator==(const RunCommand&, const RunCommand&) = default;
};
/// A line for notify_fifo and lvs_notify_fifo, without its end.
struct FifoLine {
    std::string text;
    friend bool operator==(const FifoLine&, const FifoLine&) = default;
};
/// A mail. The subject is without "[router_id] " in front. Whether mail is wanted was already decided.
struct Mail {
    std::string subject;
    std::string body;
    friend bool operator==(const Mail&, const Mail&) = default;
};
using PoolAction = std::variant<Log, UpdatePool, RunCommand, FifoLine, Mail>;
using PoolActions = std::vector<PoolAction>;

/// Global switches that decide about notifications.
struct PoolOptions {
    bool rs_init_notifies = false;
    bool no_checker_emails = false;
    /// Default for virtual servers and for real servers without smtp_alert: smtp_alert_checker, then
    /// smtp_alert; when both are unset, false for virtual and true for real servers.
    bool virtual_server_mail = false;
    bool real_server_mail = true;
};

/// How `stop` leaves.
enum class Leaving : uint8_t {
    removed,   ///< The virtual server is no longer in the configuration.
    stopping,  ///< The daemon ends; omega decides about notifications.
    flushing,  ///< The daemon ends and drops services whole (lvs_flush_on_stop): nothing is said about
               ///< servers.
};

/// The checkers of `now` that are the same as one of `before`: by kind and everything that makes up the
/// probe, not the schedule. One entry per checker of `now`: its index in `before`, or nothing.
std::vector<std::optional<size_t>> match_checkers(const RealServerSettings& before,
                                                  const RealServerSettings& now);

class VirtualServerMachine {
  public:
    /// `settings` must outlive the machine, also during `take_over` by its successor.
    VirtualServerMachine(const VirtualServerSettings& settings, const PoolOptions& options);

    /// Before `start` or `settle`: the weight to begin with, configured weight plus all contributions.
    void set_initial_weight(size_t server, int64_t weight) { servers_[server].next_weight = weight; }
    /// Before `start`: what a checker that needs no attempt knows already (FILE_CHECK).
    void assume(size_t server, size_t checker, bool up);
    /// The daemon's start: servers without an alpha checker are in, quorum is judged, its notifications are
    /// given.
    void start(PoolActions& out);
    /// A checker's verdict (index of real server and checker in the settings). The mail about it has
    /// `mail_body`; without one there is no mail.
    void checker_verdict(size_t server, size_t checker, bool up, const std::string& mail_body,
                         PoolActions& out);
    /// The weight of a real server as changed by files or misc_dynamic: configured weight plus all
    /// contributions.
    void set_weight(size_t server, int64_t weight, PoolActions& out);
    /// The same without a word and without looking at the quorum: a server that is about to go or to come,
    /// which says enough.
    void set_weight_silently(size_t server, int64_t weight) { servers_[server].weight = weight; }
    /// Empties the pool, with the notifications that belong to it.
    void stop(Leaving how, PoolActions& out);

    /// Takes `old`'s place after a reload: what it knew about servers and checkers that are in both stays
    /// known, servers that went are taken out. `old` is finished afterwards. Real servers are the same by
    /// address and port, checkers by match_checkers. `settle` has to follow when all have taken over.
    void take_over(VirtualServerMachine& old, PoolActions& out);
    /// The next generation says the same about this virtual server. `settle` has to follow.
    void go_on(const VirtualServerSettings& same, const PoolOptions& options);
    /// After take_over or go_on, instead of `start`: weights change, new servers are treated as at start,
    /// quorum is judged.
    void settle(PoolActions& out);

    /// Adds the wanted destinations of this virtual server in one of its services; those present already
    /// stay.
    void put_destinations(const ipvs::ServiceKey& key, ipvs::Service& service) const;

    struct CheckerState {
        bool up = true;
        bool has_run = false;
        bool first_failure_counts = true;  ///< For the HealthMachine of a checker that has not run.
    };
    struct ServerState {
        bool alive = false;  ///< In its checkers' opinion; in the pool if there is quorum or no sorry server.
        uint32_t failed_checkers = 0;
        int64_t weight = 1;           ///< Effective weight before limiting.
        int64_t next_weight = 1;      ///< What `start` or `settle` makes of it.
        int64_t previous_weight = 0;  ///< `weight` when it was taken over; 0 for a server that was not.
        bool known_before = false;    ///< Was in the generation that was taken over from.
        std::vector<CheckerState> checkers{};
    };
    const VirtualServerSettings& settings() const { return *settings_; }
    const std::vector<ServerState>& servers() const { return servers_; }
    /// Whether it took the place of one of the generation before.
    bool known_before() const { return known_before_; }
    bool has_quorum() const { return quorum_up_; }
    bool sorry_serves() const { return sorry_alive_; }
    int64_t live_weight() const;
    const std::string& name() const { return name_; }
    /// Whether a real server is in the pool, be it with weight 0.
    bool is_set(size_t server) const;
    bool mails_virtual_server() const { return settings_->smtp_alert.value_or(options_.virtual_server_mail); }
    bool mails_real_server(size_t server) const {
        return settings_->real_servers[server].smtp_alert.value_or(options_.real_server_mail);
    }

  private:
    std::string server_name(size_t server) const;
    void set_checker(ServerState& server, CheckerState& checker, bool up) const;
    void set_server(size_t server, bool alive, PoolActions& out);
    void take_out(size_t server, bool stopping, PoolActions& lines, PoolActions& notifications);
    void carry_sorry_server(const VirtualServerMachine& old, PoolActions& lines);
    void carry_server(size_t server, const VirtualServerMachine& old, size_t old_server, PoolActions& lines,
                      PoolActions& notifications);
    void let_in(size_t server, PoolActions& notifications);
    void judge_quorum(bool at_start, PoolActions& lines, PoolActions& notifications);
    void say_virtual(bool at_start, bool at_stop, int64_t threshold, int64_t weight, PoolActions& out) const;
    void say_real(size_t server, bool at_stop, PoolActions& out) const;
    void mail_real(size_t server, const std::string& body, PoolActions& out) const;

    const VirtualServerSettings* settings_;
    PoolOptions options_;
    std::string name_;
    std::vector<ServerState> servers_;
    bool quorum_up_ = false;
    bool sorry_alive_ = false;
    bool known_before_ = false;
    bool goes_on_ = false;  ///< It was there before, with the same settings.
    bool stopped_ = false;
};

}  // namespace holdfast::check
