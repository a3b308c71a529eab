// vrrp_instance: what it tracks, and its addresses, routes and rules.
#include "tables_track.hpp"
#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using V = VrrpInstance;
template <auto... Path>
using Value = Field<&D::value, Path...>;

template <Tracked tracked>
void read_tracked(Loading& loading, void* target, const Line& line) {
    D& instance = *static_cast<D*>(target);
    read_reference(loading, tracked, instance.value.router.name, references(instance.value.track, tracked),
                   line);
}

template <Tracked tracked>
void show_tracked(const D& instance, const Row& row, Writer& writer) {
    const auto& list = references(const_cast<track::References&>(instance.value.track), tracked);
    if (list.empty()) return;
    writer.open(row.facts.name);
    for (const track::Reference& reference : list) writer.entry(to_text(reference));
    writer.close();
}

template <auto... Path>
void show_entries(const D& instance, const Row& row, Writer& writer) {
    const auto& list = Value<Path...>::get(instance);
    if (list.empty()) return;
    writer.open(row.facts.name);
    for (const auto& entry : list) writer.entry(to_text(entry));
    writer.close();
}

const Block kTrackInterface{
    "vrrp_instance/track_interface", {}, read_tracked<Tracked::interface>, kReferenceOptions, kTrackEntry};

const Block kTrackScript{
    "vrrp_instance/track_script", {}, read_tracked<Tracked::script>, kReferenceOptions, kTrackEntry};

const Block kTrackFiles{
    "vrrp_instance/track_file", {}, read_tracked<Tracked::file>, kReferenceOptions, kTrackEntry};

const Block kTrackProcesses{
    "vrrp_instance/track_process", {}, read_tracked<Tracked::process>, kReferenceOptions, kTrackEntry};

const Block kTrackBfd{
    "vrrp_instance/track_bfd", {}, read_tracked<Tracked::bfd>, kReferenceOptions, kTrackEntry};

// clang-format off: one row, one line
constexpr Row kRows[] = {
    block<D, D, same<D>, nullptr, show_tracked<Tracked::interface>>({"track_interface", "{ IF [weight W [reverse]]... }", "none", "Further interfaces.", everyday, adds_up}, kTrackInterface),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::script>>({"track_script", "{ NAME [weight W [reverse|noreverse]]... }", "none", "vrrp_script results.", everyday, adds_up}, kTrackScript),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::file>>({"track_file", "{ NAME [weight W [reverse|noreverse]]... }", "none", "track_file values.", common, adds_up}, kTrackFiles),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::process>>({"track_process", "{ NAME [weight W [reverse|noreverse]]... }", "none", "vrrp_track_process results.", common, adds_up}, kTrackProcesses),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::bfd>>({"track_bfd", "{ NAME [weight W [reverse|noreverse]]... }", "none", "bfd_instance sessions.", common, adds_up}, kTrackBfd),
    block<D, D, same<D>, nullptr, show_entries<&V::addresses>>({"virtual_ipaddress", "{ ADDR... }", "required for version 3", "The addresses, all of one family; advertised.", everyday, adds_up}, kAddressList),
    block<D, D, same<D>, nullptr, show_entries<&V::excluded_addresses>>({"virtual_ipaddress_excluded", "{ ADDR... }", "none", "Addresses of either family that are not advertised.", everyday, adds_up}, kExcludedAddressList),
    keyword<Value<&V::no_virtual_ipaddress>, Flag{}>({"no_virtual_ipaddress", "", "off", "Having no address is intended.", rare, last_wins, Reload::live, "2.3"}),
    block<D, D, same<D>, nullptr, show_entries<&V::routes>>({"virtual_routes", "{ ROUTE... }", "none", "Routes present while MASTER.", everyday, adds_up}, kRouteList),
    block<D, D, same<D>, nullptr, show_entries<&V::rules>>({"virtual_rules", "{ RULE... }", "none", "Policy rules present while MASTER.", everyday, adds_up}, kRuleList),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceListRows{kRows};

}  // namespace holdfast::config
