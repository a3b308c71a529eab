// A vrrp_sync_group: its members are Master together or not at all (compat/protocol.md section 7). A machine
// without time: members' requests in, commands to the members and group notifications out.
//
// How the composition drives it: send Startup to the members that are faulted by themselves; build it, call
// `start` with the fitness of every member, then `finish_start`, and perform what they emit; send
// Startup{fitness, group = fitness()} to the other members. Later hand every
// RequestGroup action to `handle` and perform what comes out in order; commands are carried out by
// VirtualRouter::handle(GroupCommanded) and never answered with a request, so there is no recursion.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/vrrp/actions.hpp"
#include "holdfast/vrrp/events.hpp"
#include "holdfast/vrrp/log_lines.hpp"

namespace holdfast::vrrp {

/// `member` counts from 0 in configuration order.
struct CommandMember {
    size_t member = 0;
    GroupCommand command = GroupCommand::become_backup;
    Cause cause = Cause::group_backup;
    friend bool operator==(const CommandMember&, const CommandMember&) = default;
};

/// Run the group's notifications: `GROUP "NAME" STATE 0`.
struct GroupStateChanged {
    State from = State::Initialize;
    State to = State::Initialize;
    friend bool operator==(const GroupStateChanged&, const GroupStateChanged&) = default;
};

using GroupAction = std::variant<CommandMember, GroupStateChanged, Log>;

class SyncGroup {
  public:
    explicit SyncGroup(size_t members);

    /// Takes the members' fitness at start. When all are fit it emits the group's BACKUP, which precedes the
    /// members' own; but a group of owners is Master from the beginning, and nobody is told.
    void start(std::span<const Fitness> fitness, std::vector<GroupAction>& out, bool owners = false);
    /// After the Startup of the members that are faulted by themselves: emits the group's FAULT, if there are
    /// any. Those that it pulls along are told of later.
    void finish_start(std::vector<GroupAction>& out);

    /// A reload: goes on from what the members are. Emits nothing.
    void restore(std::span<const State> member_states, std::span<const Fitness> fitness);
    /// After restore(): a reload that makes a group or gives it other members may have joined what was apart.
    /// A faulted member takes the others with it; Masters beside a Backup step down, and who was in Fault for
    /// a partner that is gone leaves it. Emits nothing when the members are one already; members that have
    /// not begun are not counted.
    void unite(std::span<const State> member_states, std::vector<GroupAction>& out);

    /// A member's request. `out` is appended to.
    void handle(size_t member, const RequestGroup& request, std::vector<GroupAction>& out);

    /// The daemon stops: emits the change to Initialize (STOP), after the members' own notifications.
    void stop(std::vector<GroupAction>& out);

    /// That of the least fit member: only when it is `fit` may any member take part.
    Fitness fitness() const;
    State state() const { return state_; }
    size_t size() const { return members_.size(); }

  private:
    struct Member {
        Fitness fitness = Fitness::fit;
        bool wants_master = false;
    };

    void become(State to, LogId line, size_t trigger, GroupCommand command, Cause cause,
                std::vector<GroupAction>& out);

    std::vector<Member> members_;
    State state_ = State::Initialize;
};

}  // namespace holdfast::vrrp
