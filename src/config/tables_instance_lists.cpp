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

const Block kTrackInterface =
    Block{
        "vrrp_instance/track_interface", {}, read_tracked<Tracked::interface>, kReferenceOptions, kTrackEntry}
        .around("eth1 weight 10");

const Block kTrackScript =
    Block{"vrrp_instance/track_script", {}, read_tracked<Tracked::script>, kReferenceOptions, kTrackEntry}
        .around("chk weight 10");

const Block kTrackFiles =
    Block{"vrrp_instance/track_file", {}, read_tracked<Tracked::file>, kReferenceOptions, kTrackEntry}.around(
        "load weight 10");

const Block kTrackProcesses =
    Block{"vrrp_instance/track_process", {}, read_tracked<Tracked::process>, kReferenceOptions, kTrackEntry}
        .around("web weight 10");

const Block kTrackBfd =
    Block{"vrrp_instance/track_bfd", {}, read_tracked<Tracked::bfd>, kReferenceOptions, kTrackEntry}.around(
        "bfd0 weight 10");

// clang-format off: one row, one line
constexpr Row kRows[] = {
    block<D, D, same<D>, nullptr, show_tracked<Tracked::interface>>({"track_interface", "{ IF [weight W [reverse]]... }", "none", "Further interfaces.", everyday, adds_up}, kTrackInterface).example("track_interface {", "^no-such-thing\neth2 ^always\neth2 ^weight\neth2 weight ^255\neth2 weight ^abc\neth2 weight 10 ^backwards"),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::script>>({"track_script", "{ NAME [weight W [reverse|noreverse]]... }", "none", "vrrp_script results.", everyday, adds_up}, kTrackScript).example("track_script {", "^no-such-thing\nchk ^always\nchk ^weight\nchk weight ^255\nchk weight ^abc\nchk weight 10 ^backwards", "/vrrp_script"),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::file>>({"track_file", "{ NAME [weight W [reverse|noreverse]]... }", "none", "track_file values.", common, adds_up}, kTrackFiles).example("track_file {", "^no-such-thing\nload ^always\nload ^weight\nload weight ^255\nload weight ^abc\nload weight 10 ^backwards", "/track_file"),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::process>>({"track_process", "{ NAME [weight W [reverse|noreverse]]... }", "none", "vrrp_track_process results.", common, adds_up}, kTrackProcesses).example("track_process {", "^no-such-thing\nweb ^always\nweb ^weight\nweb weight ^255\nweb weight ^abc\nweb weight 10 ^backwards", "/vrrp_track_process"),
    block<D, D, same<D>, nullptr, show_tracked<Tracked::bfd>>({"track_bfd", "{ NAME [weight W [reverse|noreverse]]... }", "none", "bfd_instance sessions.", common, adds_up}, kTrackBfd).example("track_bfd {", "^no-such-thing\nbfd0 ^always\nbfd0 ^weight\nbfd0 weight ^254\nbfd0 weight ^abc\nbfd0 weight 10 ^backwards", "/bfd_instance"),
    block<D, D, same<D>, nullptr, show_entries<&V::addresses>>({"virtual_ipaddress", "{ ADDR... }", "required for version 3", "The addresses, all of one family; advertised.", everyday, adds_up}, kAddressList).example("virtual_ipaddress {", "^192.0.2.300\n^192.0.2.7/33\n^2001:db8::7/64"),
    block<D, D, same<D>, nullptr, show_entries<&V::excluded_addresses>>({"virtual_ipaddress_excluded", "{ ADDR... }", "none", "Addresses of either family that are not advertised.", everyday, adds_up}, kExcludedAddressList).example("virtual_ipaddress_excluded {", "^192.0.2.300\n^192.0.2.7/33\n^192.0.2.1"),
    keyword<Value<&V::no_virtual_ipaddress>, Flag{}>({"no_virtual_ipaddress", "", "off", "Having no address is intended.", rare, last_wins, Reload::live, "2.3"}).example("no_virtual_ipaddress", "", "-virtual_ipaddress"),
    block<D, D, same<D>, nullptr, show_entries<&V::routes>>({"virtual_routes", "{ ROUTE... }", "none", "Routes present while MASTER.", everyday, adds_up}, kRouteList).example("virtual_routes {", kNothingWrong),
    block<D, D, same<D>, nullptr, show_entries<&V::rules>>({"virtual_rules", "{ RULE... }", "none", "Policy rules present while MASTER.", everyday, adds_up}, kRuleList).example("virtual_rules {", kNothingWrong),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kInstanceListRows{kRows};

}  // namespace holdfast::config
