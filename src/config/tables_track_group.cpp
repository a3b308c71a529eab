// track_group.
#include <fmt/format.h>

#include "tables_track.hpp"

namespace holdfast::config {
namespace {

TrackGroupDraft* open_track_group(Loading& loading, Draft& draft, const Line& line) {
    if (line.size() != 2) {
        loading.error(line, kWholeLine, "track_group needs exactly one name; the block is skipped");
        return nullptr;
    }
    TrackGroupDraft& group = loading.group_workbench;
    group = {};
    group.name = line.word(1);
    if (!draft.config.track_groups.contains(group.name)) return &group;
    loading.error(line, 1, fmt::format("track_group {} is defined before; this one is skipped", group.name));
    return nullptr;
}

void close_track_group(Loading& loading, Draft& draft, TrackGroupDraft& group, const Line& line) {
    if (!group.members || group.members->empty())
        loading.error(line, 1, fmt::format("track_group {} has no members and is left out", group.name));
    else
        draft.config.track_groups.emplace(group.name, std::move(*group.members));
}

TrackGroupDraft* open_members(Loading& loading, TrackGroupDraft& group, const Line& line) {
    if (group.members) {
        loading.error(line, 0,
                      fmt::format("track_group {} has a second list of members; it is skipped", group.name));
        return nullptr;
    }
    group.members.emplace();
    return &group;
}

void close_members(Loading& loading, TrackGroupDraft& group, TrackGroupDraft&, const Line& line) {
    if (!group.members->empty()) return;
    loading.error(line, 0, fmt::format("track_group {} has an empty list of members", group.name));
    group.members.reset();
}

void read_member(Loading&, void* target, const Line& line) {
    auto& members = *static_cast<TrackGroupDraft*>(target)->members;
    for (size_t i = 0; i < line.size(); ++i) members.emplace_back(line.word(i));
}

void show_members(const TrackGroupDraft& group, const Row& row, Writer& writer) {
    if (!group.members) return;
    writer.open(row.facts.name);
    for (const std::string& name : *group.members) writer.entry(quoted(name));
    writer.close();
}

const Block kTrackGroupMembers =
    Block{"track_group/group", {}, read_member, {}, "INSTANCE..."}.around("VI_1");
// clang-format off: one row, one line
const Row kTrackGroupRows[] = {
    block<TrackGroupDraft, TrackGroupDraft, open_members, close_members, show_members>({"group", "{ INSTANCE... }", "required", "The instances.", rare, once}, kTrackGroupMembers).example("group {", kNothingWrong),
};
// clang-format on

void show_track_groups(const Draft& draft, const Row& row, Writer& writer) {
    for (const auto& [name, members] : draft.config.track_groups) {
        const TrackGroupDraft group{name, members};
        writer.open(row.facts.name, quoted(name));
        show_rows(kTrackGroup, &group, writer);
        writer.close();
    }
}

}  // namespace

const Block kTrackGroup = Block{"track_group", kTrackGroupRows}.around("group {\nVI_1\n}");

// clang-format off: one row, one line
constinit const Row kTrackGroupRootRow = block<Draft, TrackGroupDraft, open_track_group, close_track_group, show_track_groups>({"track_group", "NAME { group { ... } }", "", "Instances that follow static addresses, routes and rules.", rare, adds_up}, kTrackGroup).of(Part::vrrp).example("track_group TG1 {", " {\nTG1 TG2 {");
// clang-format on

}  // namespace holdfast::config
