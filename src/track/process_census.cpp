#include "holdfast/track/process_census.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::track {

namespace {

bool compares_arguments(const ProcessSettings& settings) {
    return settings.full_command || settings.match != ParameterMatch::none || !settings.parameters.empty();
}

bool is_of(const ProcessSettings& settings, const ProcessFacts& process) {
    const std::vector<std::string_view> words(process.arguments.begin(), process.arguments.end());
    return matches(settings, process.name, words);
}

}  // namespace

ProcessCensus::ProcessCensus(const std::vector<ProcessSettings>& blocks, ProcessCensus&& before) {
    for (const ProcessSettings& settings : blocks) {
        if (find(settings.name) != nullptr) continue;  // The first of a name is the one that is referred to.
        const auto old = std::ranges::find_if(
            before.blocks_, [&](const Block& block) { return block.tracker.settings() == settings; });
        Block& block = blocks_.emplace_back(
            Block{old == before.blocks_.end() ? ProcessTracker(settings) : std::move(old->tracker),
                  compares_arguments(settings)});
        (block.by_arguments ? needs_arguments_ : needs_names_) = true;
    }
}

void ProcessCensus::count(Instant now, std::span<const ProcessFacts> all, CensusActions& out) {
    members_.clear();
    for (Block& block : blocks_) block.running = 0;
    for (const ProcessFacts& process : all) {
        for (size_t i = 0; i < blocks_.size(); ++i) {
            if (!is_of(blocks_[i].tracker.settings(), process)) continue;
            members_[process.pid].insert(i);
            ++blocks_[i].running;
        }
    }
    for (Block& block : blocks_) tell(now, block, false, out);
}

void ProcessCensus::forked(Instant now, int64_t parent, int64_t child, CensusActions& out) {
    const auto found = members_.find(parent);
    if (found == members_.end()) return;
    const Memberships inherited = found->second;
    for (const size_t index : inherited) enter(now, child, index, false, out);
}

void ProcessCensus::executed(Instant now, const ProcessFacts& process, CensusActions& out) {
    for (size_t i = 0; i < blocks_.size(); ++i) {
        if (is_of(blocks_[i].tracker.settings(), process)) {
            enter(now, process.pid, i, true, out);
        } else {
            leave(now, process.pid, i, true, out);
        }
    }
}

void ProcessCensus::renamed(Instant now, int64_t pid, std::string_view name, CensusActions& out) {
    for (size_t i = 0; i < blocks_.size(); ++i) {
        if (blocks_[i].by_arguments) continue;
        if (is_of(blocks_[i].tracker.settings(), {pid, name, {}})) {
            enter(now, pid, i, true, out);
        } else {
            leave(now, pid, i, true, out);
        }
    }
}

void ProcessCensus::ended(Instant now, int64_t pid, CensusActions& out) {
    const auto found = members_.find(pid);
    if (found == members_.end()) return;
    const Memberships last = std::exchange(found->second, {});
    members_.erase(found);
    for (const size_t index : last) {
        --blocks_[index].running;
        tell(now, blocks_[index], false, out);
    }
}

void ProcessCensus::expired(Instant now, CensusActions& out) {
    for (Block& block : blocks_) {
        ProcessActions actions;
        block.tracker.handle(now, ProcessDeadlineReached{}, actions);
        for (ProcessStateChanged& action : actions)
            out.push_back({block.tracker.settings().name, action.state, std::move(action.line)});
    }
}

std::optional<Instant> ProcessCensus::deadline() const {
    std::optional<Instant> first;
    for (const Block& block : blocks_) {
        const auto deadline = block.tracker.deadline();
        if (deadline && (!first || *deadline < *first)) first = deadline;
    }
    return first;
}

const ProcessTracker* ProcessCensus::find(std::string_view name) const {
    const auto block = std::ranges::find_if(
        blocks_, [&](const Block& each) { return each.tracker.settings().name == name; });
    return block == blocks_.end() ? nullptr : &block->tracker;
}

void ProcessCensus::tell(Instant now, Block& block, bool at_once, CensusActions& out) {
    ProcessActions actions;
    block.tracker.handle(now, ProcessCount{block.running, at_once}, actions);
    for (ProcessStateChanged& action : actions)
        out.push_back({block.tracker.settings().name, action.state, std::move(action.line)});
}

void ProcessCensus::enter(Instant now, int64_t pid, size_t index, bool at_once, CensusActions& out) {
    if (!members_[pid].insert(index).second) return;
    ++blocks_[index].running;
    tell(now, blocks_[index], at_once, out);
}

void ProcessCensus::leave(Instant now, int64_t pid, size_t index, bool at_once, CensusActions& out) {
    const auto found = members_.find(pid);
    if (found == members_.end() || found->second.erase(index) == 0) return;
    if (found->second.empty()) members_.erase(found);
    --blocks_[index].running;
    tell(now, blocks_[index], at_once, out);
}

}  // namespace holdfast::track
