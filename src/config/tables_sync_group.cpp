// vrrp_sync_group.
#include <fmt/format.h>

#include "tables_track.hpp"
#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using NS = notify::ScriptSettings;

constexpr Script kNotify{};

using SG = SyncGroupDraft;

using S = SyncGroup;

SG* open_sync_group(Loading& loading, Draft& draft, const Line& line) {
    if (line.size() != 2) {
        loading.error(line, kWholeLine, "vrrp_sync_group needs exactly one name; the block is skipped");
        return nullptr;
    }
    std::string name(line.word(1));
    if (!draft.sync_group_names.insert(name).second) {
        loading.error(line, 1,
                      fmt::format("vrrp_sync_group {} is defined before; this one is skipped", name));
        return nullptr;
    }
    SG& group = *draft.sync_groups.emplace_back(std::make_unique<SG>());
    group.value.group.name = std::move(name);
    group.place = line.place();
    static_cast<SourcePosition&>(group.value.position) = line.directive().position();
    return &group;
}

void close_sync_group(Loading& loading, Draft& draft, SG& group, const Line& line) {
    if (group.members) return;
    loading.error(line, 1,
                  fmt::format("vrrp_sync_group {} has no members and is left out", group.value.group.name));
    draft.sync_group_names.erase(group.value.group.name);
    draft.sync_groups.pop_back();
}

SG* open_group_members(Loading& loading, SG& group, const Line& line) {
    if (group.members) {
        loading.error(line, 0,
                      fmt::format("vrrp_sync_group {} has a second list of members; it is skipped",
                                  group.value.group.name));
        return nullptr;
    }
    group.members.emplace();
    return &group;
}

void close_group_members(Loading& loading, SG& group, SG&, const Line& line) {
    if (!group.members->empty()) return;
    loading.error(line, 0,
                  fmt::format("vrrp_sync_group {} has an empty list of members", group.value.group.name));
    group.members.reset();
}

void read_group_member(Loading&, void* target, const Line& line) {
    auto& members = *static_cast<SG*>(target)->members;
    for (size_t i = 0; i < line.size(); ++i) members.emplace_back(line.word(i));
}

void show_group_members(const SG& group, const Row& row, Writer& writer) {
    if (!group.members) return;
    writer.open(row.facts.name);
    for (const std::string& name : *group.members) writer.entry(quoted(name));
    writer.close();
}

void read_global_tracking(Loading& loading, SG& group, const Line& line) {
    loading.error(line, 0, "global_tracking is obsolete; track on the sync group instead");
    group.value.group.tracking_weight = true;
    group.value.group.global_tracking = true;
}

void show_global_tracking(const SG& group, const Row& row, Writer& writer) {
    if (group.value.group.global_tracking) writer.line(row.facts.name, "");
}

template <Tracked tracked>
void read_group_tracked(Loading& loading, void* target, const Line& line) {
    SG& group = *static_cast<SG*>(target);
    read_reference(loading, tracked, group.value.group.name, references(group.value.track, tracked), line);
}

template <Tracked tracked>
void show_group_tracked(const SG& group, const Row& row, Writer& writer) {
    const auto& list = references(const_cast<track::References&>(group.value.track), tracked);
    if (list.empty()) return;
    writer.open(row.facts.name);
    for (const track::Reference& reference : list) writer.entry(to_text(reference));
    writer.close();
}

const Block kGroupMembers =
    Block{"vrrp_sync_group/group", {}, read_group_member, {}, "INSTANCE..."}.around("VI_1\nVI_2");

const Block kGroupInterfaces = Block{"vrrp_sync_group/track_interface",
                                     {},
                                     read_group_tracked<Tracked::interface>,
                                     kReferenceOptions,
                                     kTrackEntry}
                                   .around("eth1 weight 10");

const Block kGroupScripts = Block{"vrrp_sync_group/track_script",
                                  {},
                                  read_group_tracked<Tracked::script>,
                                  kReferenceOptions,
                                  kTrackEntry}
                                .around("chk weight 10");

const Block kGroupFiles =
    Block{"vrrp_sync_group/track_file", {}, read_group_tracked<Tracked::file>, kReferenceOptions, kTrackEntry}
        .around("load weight 10");

const Block kGroupProcesses = Block{"vrrp_sync_group/track_process",
                                    {},
                                    read_group_tracked<Tracked::process>,
                                    kReferenceOptions,
                                    kTrackEntry}
                                  .around("web weight 10");

const Block kGroupBfd =
    Block{"vrrp_sync_group/track_bfd", {}, read_group_tracked<Tracked::bfd>, kReferenceOptions, kTrackEntry}
        .around("bfd0 weight 10");

template <auto... Path>
using GroupValue = Field<&SG::value, Path...>;

// clang-format off: one row, one line
constexpr Row kSyncGroupRows[] = {
    block<SG, SG, open_group_members, close_group_members, show_group_members>({"group", "{ INSTANCE... }", "required", "The members.", everyday, once}, kGroupMembers).example("group {", kNothingWrong),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::interface>>({"track_interface", "{ IF [weight W [reverse]]... }", "none", "Interfaces tracked for every member.", everyday, adds_up}, kGroupInterfaces).example("track_interface {", "^no-such-thing\neth2 ^always\neth2 ^weight\neth2 weight ^255\neth2 weight ^abc\neth2 weight 10 ^backwards"),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::script>>({"track_script", "{ NAME [weight W [reverse|noreverse]]... }", "none", "Scripts tracked for every member.", everyday, adds_up}, kGroupScripts).example("track_script {", "^no-such-thing\nchk ^always\nchk ^weight\nchk weight ^255\nchk weight ^abc\nchk weight 10 ^backwards", "/vrrp_script"),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::file>>({"track_file", "{ NAME [weight W [reverse|noreverse]]... }", "none", "Files tracked for every member.", common, adds_up}, kGroupFiles).example("track_file {", "^no-such-thing\nload ^always\nload ^weight\nload weight ^255\nload weight ^abc\nload weight 10 ^backwards", "/track_file"),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::process>>({"track_process", "{ NAME [weight W [reverse|noreverse]]... }", "none", "Processes tracked for every member.", common, adds_up}, kGroupProcesses).example("track_process {", "^no-such-thing\nweb ^always\nweb ^weight\nweb weight ^255\nweb weight ^abc\nweb weight 10 ^backwards", "/vrrp_track_process"),
    block<SG, SG, same<SG>, nullptr, show_group_tracked<Tracked::bfd>>({"track_bfd", "{ NAME [weight W [reverse|noreverse]]... }", "none", "BFD sessions tracked for every member.", rare, adds_up}, kGroupBfd).example("track_bfd {", "^no-such-thing\nbfd0 ^always\nbfd0 ^weight\nbfd0 weight ^254\nbfd0 weight ^abc\nbfd0 weight 10 ^backwards", "/bfd_instance"),
    keyword<GroupValue<&S::notify, &NS::backup>, kNotify>({"notify_backup", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the group becomes BACKUP.", everyday, once}).example("notify_backup \"/usr/bin/true backup\""),
    keyword<GroupValue<&S::notify, &NS::master>, kNotify>({"notify_master", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the group becomes MASTER.", everyday, once}).example("notify_master /usr/bin/true"),
    keyword<GroupValue<&S::notify, &NS::fault>, kNotify>({"notify_fault", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the group becomes FAULT.", everyday, once}).example("notify_fault \"/usr/bin/true fault\" root root"),
    keyword<GroupValue<&S::notify, &NS::stop>, kNotify>({"notify_stop", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the daemon stops.", common, once}).example("notify_stop /usr/bin/true"),
    keyword<GroupValue<&S::notify, &NS::generic>, kNotify>({"notify", "SCRIPT [USER [[:]GROUP]]", "none", "Run on every transition with GROUP, name, state and 0.", everyday, once}).example("notify \"/usr/bin/true any\""),
    keyword<Field<&SG::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_vrrp", "Mail on transitions."}).example("smtp_alert on"),
    custom<SG, read_global_tracking, show_global_tracking>({"global_tracking", "", "off", "Obsolete form of sync_group_tracking_weight.", rare}, 0).example("global_tracking", kNothingWrong).obsolete(),
    keyword<GroupValue<&S::group, &vrrp::SyncGroupSettings::tracking_weight>, Flag{}>({"sync_group_tracking_weight", "", "off", "Keep the tracking weights of the group and its members.", rare}).example("sync_group_tracking_weight"),
    keyword<Field<&SG::notify_priority_changes>, Switch{}>({"notify_priority_changes", "[BOOL]", "global setting", "Default for the members.", rare}).example("notify_priority_changes on"),
};
// clang-format on

void show_sync_groups(const Draft& draft, const Row& row, Writer& writer) {
    for (const auto& group : draft.sync_groups) {
        writer.open(row.facts.name, quoted(group->value.group.name));
        show_rows(kSyncGroup, group.get(), writer);
        writer.close();
    }
}

}  // namespace

const Block kSyncGroup = Block{"vrrp_sync_group", kSyncGroupRows}.around("group {\nVI_1\nVI_2\n}");

// clang-format off: one row, one line
constinit const Row kSyncGroupRootRow = block<Draft, SG, open_sync_group, close_sync_group, show_sync_groups>({"vrrp_sync_group", "NAME { ... }", "", "Instances that change state together.", everyday, adds_up}, kSyncGroup).of(Part::vrrp).example("vrrp_sync_group VG_1 {", " {\nVG_1 VG_2 {", "/vrrp_instance\n/vrrp_instance VI_2 {; interface eth0; virtual_router_id 52; virtual_ipaddress {; 192.0.2.2; }; }");
// clang-format on

}  // namespace holdfast::config
