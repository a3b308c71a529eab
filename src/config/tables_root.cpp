// What may stand outside all blocks.
#include "tables_root.hpp"

#include <fmt/format.h>

#include <vector>

#include "tables_track.hpp"
#include "tables_vrrp.hpp"

namespace holdfast::config {
namespace {

using R = RootSettings;
template <auto... Path>
using Root = Field<&Draft::root, &RootDraft::value, Path...>;

// A bare name means the namespace the machine started with.
void read_ipvs_namespace(Loading& loading, Draft& draft, const Line& line) {
    auto& name = draft.root.value.net_namespace_ipvs;
    if (name)
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
    else
        name = line.has(1) ? line.word(1) : std::string_view{};
}

void show_ipvs_namespace(const Draft& draft, const Row& row, Writer& writer) {
    const auto& name = draft.root.value.net_namespace_ipvs;
    if (name) writer.line(row.facts.name, name->empty() ? "" : quoted(*name));
}

GlobalDraft* open_globals(Loading&, Draft& draft, const Line&) {
    return &draft.global;
}

/// set_supplementary_groups counts for the users of the block wherever it stands in it.
void close_globals(Loading& loading, Draft& draft, GlobalDraft&, const Line&) {
    GlobalSettings& global = draft.global.value;
    if (!global.set_supplementary_groups) return;
    global.script_identity.supplementary_groups = true;
    for (auto* fifo : {&global.notify_fifo, &global.vrrp_notify_fifo, &global.lvs_notify_fifo})
        if (*fifo) (*fifo)->owner.supplementary_groups = true;
    loading.add_supplementary_groups();
}

void show_globals(const Draft& draft, const Row& row, Writer& writer) {
    const size_t before = writer.size();
    writer.open(row.facts.name);
    const size_t empty = writer.size();
    show_rows(kGlobalDefs, &draft.global, writer);
    if (writer.size() == empty) {
        writer.unindent();
        writer.cut(before);
    } else {
        writer.close();
    }
}

template <class Settings, std::vector<Settings> Config::* member>
void show_entries(const Draft& draft, const Row& row, Writer& writer) {
    const auto& list = draft.config.*member;
    if (list.empty()) return;
    writer.open(row.facts.name);
    for (const Settings& entry : list) writer.entry(to_text(entry));
    writer.close();
}

constexpr Reload restart = Reload::restart;

const std::vector<Row>& rows() {
    static const std::vector<Row> all = [] {
        // clang-format off: one row, one line
        std::vector<Row> list{
            keyword<Root<&R::linkbeat_use_polling>, Flag{}>({"linkbeat_use_polling", "", "off", "Poll the link state of every VRRP interface.", rare}).first().example("linkbeat_use_polling"),
            keyword<Root<&R::net_namespace>, SoftWord{}>({"net_namespace", "NAME", "the current one", "Run in this network namespace.", common, once, restart}).first().example("net_namespace blue"),
            custom<Draft, read_ipvs_namespace, show_ipvs_namespace>({"net_namespace_ipvs", "[NAME]", "as net_namespace", "Program IPVS in this namespace; bare: the initial one.", rare, once, restart}, 1).first().example("net_namespace_ipvs blue", kNothingWrong),
            keyword<Root<&R::namespace_with_ipsets>, Flag{}>({"namespace_with_ipsets", "", "off", "For kernels before 3.13; no effect on later ones.", rare}).first().example("namespace_with_ipsets"),
            keyword<Root<&R::use_pid_dir>, Flag{}>({"use_pid_dir", "", "off; on with instance or net_namespace", "Pid files go to a directory of their own.", common, last_wins, restart}).first().example("use_pid_dir"),
            keyword<Root<&R::instance>, SoftWord{}>({"instance", "NAME", "none", "Name of this daemon, so that several can run.", common, once, restart}).first().example("instance first"),
            keyword<Root<&R::child_wait_time>, WholeSeconds{0, kMaxUint32, Lenient::no}>({"child_wait_time", "SECS", "5", "Limit of an orderly shutdown.", rare}).first().example("child_wait_time 3"),
            block<Draft, GlobalDraft, open_globals, close_globals, show_globals>({"global_defs", "{ ... }", "", "Global settings.", everyday, adds_up}, kGlobalDefs).first().example("global_defs {", kNothingWrong),
        };
        list.push_back(kTrackGroupRootRow);
        list.push_back(block<Draft, Draft, same<Draft>, nullptr, show_entries<netstate::AddressSettings, &Config::static_addresses>>({"static_ipaddress", "{ ADDR... }", "", "Addresses kept whatever the state.", common, adds_up}, kStaticAddressList).of(Part::vrrp).example("static_ipaddress {", "^192.0.2.300 dev eth0\n^192.0.2.7/33 dev eth0", "/track_group\n/vrrp_instance"));
        list.push_back(block<Draft, Draft, same<Draft>, nullptr, show_entries<netstate::RouteSettings, &Config::static_routes>>({"static_routes", "{ ROUTE... }", "", "Routes kept whatever the state.", common, adds_up}, kStaticRouteList).of(Part::vrrp).example("static_routes {", kNothingWrong, "/track_group\n/vrrp_instance"));
        list.push_back(block<Draft, Draft, same<Draft>, nullptr, show_entries<netstate::RuleSettings, &Config::static_rules>>({"static_rules", "{ RULE... }", "", "Policy rules kept whatever the state.", common, adds_up}, kStaticRuleList).of(Part::vrrp).example("static_rules {", kNothingWrong, "/track_group\n/vrrp_instance"));
        list.insert(list.end(), std::begin(kInterfaceRootRows), std::end(kInterfaceRootRows));
        list.push_back(kScriptRootRow);
        list.push_back(kTrackProcessRootRow);
        list.push_back(kTrackFileRootRow);
        list.push_back(kBfdRootRow);
        list.push_back(kInstanceRootRow);
        list.push_back(kSyncGroupRootRow);
        list.push_back(kTlsRootRow);
        list.push_back(kServerGroupRootRow);
        list.push_back(kVirtualServerRootRow);
        return list;
        // clang-format on
    }();
    return all;
}

}  // namespace

const Block& root_block() {
    static const Block root{"", rows()};
    return root;
}

}  // namespace holdfast::config
