#include "holdfast/vrrp/sync_group.hpp"

#include <algorithm>

#include "holdfast/base/require.hpp"

namespace holdfast::vrrp {

SyncGroup::SyncGroup(size_t members) : members_(members) {}

Fitness SyncGroup::fitness() const {
    Fitness least = Fitness::fit;
    for (const Member& member : members_) least = std::max(least, member.fitness);
    return least;
}

void SyncGroup::start(std::span<const Fitness> fitness, std::vector<GroupAction>& out, bool owners) {
    require(fitness.size() == members_.size(), "a sync group starts with the fitness of each member");
    for (size_t i = 0; i < members_.size(); ++i) members_[i] = {fitness[i], false};
    if (this->fitness() != Fitness::fit) return;
    if (owners) {
        for (Member& member : members_) member.wants_master = true;
        state_ = State::Master;
        return;
    }
    out.emplace_back(GroupStateChanged{state_, State::Backup});
    state_ = State::Backup;
}

void SyncGroup::finish_start(std::vector<GroupAction>& out) {
    if (fitness() != Fitness::faulted || state_ == State::Fault) return;
    out.emplace_back(GroupStateChanged{state_, State::Fault});
    state_ = State::Fault;
}

void SyncGroup::restore(std::span<const State> member_states, std::span<const Fitness> fitness) {
    require(member_states.size() == members_.size() && fitness.size() == members_.size(),
            "a sync group is restored from the state of each member");
    for (size_t i = 0; i < members_.size(); ++i)
        members_[i] = {fitness[i], member_states[i] == State::Master};
    if (this->fitness() != Fitness::fit) {
        state_ = this->fitness() == Fitness::faulted ? State::Fault : State::Initialize;
    } else if (std::ranges::all_of(members_, &Member::wants_master)) {
        state_ = State::Master;
    } else {
        state_ = State::Backup;
    }
}

void SyncGroup::unite(std::span<const State> member_states, std::vector<GroupAction>& out) {
    require(member_states.size() == members_.size(), "a sync group is united by the state of each member");
    const size_t before = out.size();
    const bool mixed = std::ranges::find(member_states, State::Master) != member_states.end() &&
                       std::ranges::find(member_states, State::Backup) != member_states.end();
    for (size_t i = 0; i < members_.size(); ++i) {
        const State state = member_states[i];
        const bool takes_part = state == State::Master || state == State::Backup;
        if (fitness() == Fitness::faulted && takes_part) {
            members_[i].wants_master = false;
            out.emplace_back(CommandMember{i, GroupCommand::enter_fault, Cause::group_fault});
        } else if (fitness() == Fitness::fit && state == State::Fault) {
            out.emplace_back(CommandMember{i, GroupCommand::leave_fault, Cause::group_fault_cleared});
        } else if (fitness() == Fitness::fit && state == State::Master && mixed) {
            members_[i].wants_master = false;
            out.emplace_back(CommandMember{i, GroupCommand::become_backup, Cause::group_backup});
        }
    }
    if (out.size() > before) out.emplace_back(GroupStateChanged{State::Initialize, state_});
}

void SyncGroup::handle(size_t member, const RequestGroup& request, std::vector<GroupAction>& out) {
    require(member < members_.size(), "a request comes from a member of the group");
    switch (request.request) {
        case GroupRequest::want_master:
            members_[member].wants_master = true;
            // The others go on waiting: half a group as Master would split the traffic.
            if (fitness() != Fitness::fit || !std::ranges::all_of(members_, &Member::wants_master)) return;
            out.emplace_back(CommandMember{member, GroupCommand::become_master, request.cause});
            become(State::Master, LogId::group_to_master, member, GroupCommand::become_master,
                   Cause::group_master, out);
            return;
        case GroupRequest::withdraw:
            members_[member].wants_master = false;
            return;
        case GroupRequest::backup:
            for (Member& each : members_) each.wants_master = false;
            become(State::Backup, LogId::group_to_backup, member, GroupCommand::become_backup,
                   Cause::group_backup, out);
            return;
        case GroupRequest::fault:
            members_[member].fitness = Fitness::faulted;
            for (Member& each : members_) each.wants_master = false;
            become(State::Fault, LogId::group_to_fault, member, GroupCommand::enter_fault, Cause::group_fault,
                   out);
            return;
        case GroupRequest::fit:
            members_[member].fitness = Fitness::fit;
            if (fitness() != Fitness::fit) return;
            out.emplace_back(CommandMember{member, GroupCommand::leave_fault, request.cause});
            become(State::Backup, LogId::group_to_backup, member, GroupCommand::leave_fault,
                   Cause::group_fault_cleared, out);
            return;
        case GroupRequest::lower_priority_heard:
            for (size_t i = 0; i < members_.size(); ++i)
                if (i != member)
                    out.emplace_back(CommandMember{i, GroupCommand::refresh_neighbours, request.cause});
            return;
    }
}

void SyncGroup::stop(std::vector<GroupAction>& out) {
    out.emplace_back(GroupStateChanged{state_, State::Initialize});
    state_ = State::Initialize;
}

// The order the reference shows: the line, the other members in configuration order, the group's
// notification.
void SyncGroup::become(State to, LogId line, size_t trigger, GroupCommand command, Cause cause,
                       std::vector<GroupAction>& out) {
    if (state_ == to) return;
    out.emplace_back(Log{{line, {}, {}}});
    for (size_t i = 0; i < members_.size(); ++i)
        if (i != trigger) out.emplace_back(CommandMember{i, command, cause});
    out.emplace_back(GroupStateChanged{state_, to});
    state_ = to;
}

}  // namespace holdfast::vrrp
