// global_defs: what drops packets to addresses without accept, iptables or nftables.
#include <fmt/format.h>

#include <algorithm>

#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
template <auto... Path>
using Value = Field<&G::value, Path...>;
constexpr Reload restart = Reload::restart;

constexpr std::string_view kIpvsTable = "keepalived_ipvs";

bool chain_name(Loading& loading, const Line& line, size_t word, size_t limit) {
    if (!line.word(word).empty() && line.word(word).size() <= limit) return true;
    bad_word(loading, ReportClass::general, line, word, fmt::format("must have 1 to {} characters", limit));
    return false;
}

void read_iptables(Loading& loading, G& global, const Line& line) {
    if (global.value.iptables) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    IptablesSettings chains;
    if (line.has(1)) {
        if (!chain_name(loading, line, 1, 27)) return;
        chains.input_chain = line.word(1);
        chains.output_chain.clear();
        if (line.has(2)) {
            if (!chain_name(loading, line, 2, 27)) return;
            if (line.word(2) == line.word(1)) {
                loading.remark(line, 2, "both chains have the same name; iptables is not used");
                return;
            }
            chains.output_chain = line.word(2);
        }
    }
    global.value.iptables = std::move(chains);
}

void show_iptables(const G& global, const Row& row, Writer& writer) {
    if (global.value.iptables)
        writer.line(row.facts.name, global.value.iptables->output_chain.empty()
                                        ? quoted(global.value.iptables->input_chain)
                                        : quoted(global.value.iptables->input_chain) + ' ' +
                                              quoted(global.value.iptables->output_chain));
}

constexpr size_t kSetNameLimit = 30;
constexpr size_t kTableNameLimit = 254;  ///< NFT_TABLE_MAXNAMELEN of linux/netfilter/nf_tables.h, less two.

/// `base` cut so that `suffix` still fits.
std::string set_name(std::string_view base, std::string_view suffix) {
    return std::string(base.substr(0, kSetNameLimit + 1 - suffix.size())) + std::string(suffix);
}

void read_ipsets(Loading& loading, G& global, const Line& line) {
    global.value.ipset_names.clear();
    global.ipsets_given = false;
    std::vector<std::string> names;
    for (size_t i = 1; i < line.size() && i <= 6; ++i) {
        if (!chain_name(loading, line, i, kSetNameLimit)) return;
        names.emplace_back(line.word(i));
    }
    global.ipsets_given = true;
    if (names.empty()) return;
    if (names.size() < 2) names.push_back(set_name(names[0], "6"));
    if (names.size() < 3) {
        const std::string_view six = names[1];
        names.push_back(set_name(six.ends_with('6') ? six.substr(0, six.size() - 1) : six, "_if6"));
    }
    if (names.size() < 4) names.push_back(set_name(names[0], "_igmp"));
    if (names.size() < 5) names.push_back(set_name(names[0], "_mld"));
    if (names.size() < 6) names.push_back(set_name(names[0], "_nd"));
    std::vector<std::string> sorted = names;
    std::sort(sorted.begin(), sorted.end());
    if (auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
        bad_word(loading, ReportClass::general, line, 0, fmt::format("uses the name {} twice", *twice));
        global.ipsets_given = false;
        return;
    }
    global.value.ipset_names = std::move(names);
}

void show_ipsets(const G& global, const Row& row, Writer& writer) {
    if (!global.value.iptables) return;
    std::string text;
    for (const std::string& name : global.value.ipset_names) text += (text.empty() ? "" : " ") + quoted(name);
    writer.line(row.facts.name, text);
}

void read_nftables(Loading& loading, G& global, const Line& line) {
    if (global.value.nftables.table) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    if (line.has(1) && !chain_name(loading, line, 1, kTableNameLimit)) return;
    global.value.nftables.table = line.has(1) ? line.word(1) : "keepalived";
    global.value.nftables.priority = -1;
}

void show_nftables(const G& global, const Row& row, Writer& writer) {
    if (global.value.nftables.table) writer.line(row.facts.name, quoted(*global.value.nftables.table));
}

void read_nftables_ipvs(Loading& loading, G& global, const Line& line) {
    NftablesSettings& nftables = global.value.nftables;
    if (nftables.ipvs_table) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    if (line.has(1) && !chain_name(loading, line, 1, kTableNameLimit)) return;
    nftables.ipvs_table = line.has(1) ? line.word(1) : kIpvsTable;
    nftables.ipvs_priority = -1;
    nftables.ipvs_start_mark = 1000;
}

void show_nftables_ipvs(const G& global, const Row& row, Writer& writer) {
    if (global.value.nftables.ipvs_table)
        writer.line(row.facts.name, quoted(*global.value.nftables.ipvs_table));
}

/// A name that no table can have.
constexpr std::string_view kLongName =
    "^xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<G, read_iptables, show_iptables>({"vrrp_iptables", "[INCHAIN [OUTCHAIN]]", "off; bare: INPUT OUTPUT", "Use these iptables chains, which must exist, for no_accept and VMAC rules.", common, once}, 2).example("vrrp_iptables INPUT OUTPUT", "^a-chain-of-twenty-eight-chars\n?INPUT ^INPUT"),
    custom<G, read_ipsets, show_ipsets>({"vrrp_ipsets", "[SET [SET6 [SET_IF6 [SET_IGMP [SET_MLD [SET_ND]]]]]]", "keepalived keepalived6 ...; bare: no ipsets", "Names of the ipsets used with vrrp_iptables, at most 30 characters.", rare}, 6).example("vrrp_ipsets keepalived", "^a-name-with-more-than-thirty-letters\na a", "vrrp_iptables"),
    custom<G, read_nftables, show_nftables>({"nftables", "[TABLE]", "keepalived when a firewall is needed", "Use this nftables table for no_accept and VMAC rules.", common, once, restart}, 1).example("nftables keepalived", kLongName),
    keyword<Value<&S::nftables, &NftablesSettings::priority>, Integer{-kMaxInt32 - 1, kMaxInt32, Lenient::no}>({"nftables_priority", "N", "-1", "Priority of the base chains; must follow nftables.", rare}).example("nftables_priority -1", "", "nftables"),
    keyword<Value<&S::nftables, &NftablesSettings::ifindex>, Flag{}>({"nftables_ifindex", "", "off", "Match link-local addresses by interface index instead of name.", rare}).example("nftables_ifindex", "", "nftables"),
    custom<G, read_nftables_ipvs, show_nftables_ipvs>({"nftables_ipvs", "[TABLE]", "off; bare: keepalived_ipvs", "One firewall mark per virtual_server_group, set by nftables.", common, once, restart}, 1).example("nftables_ipvs keepalived_ipvs", kLongName),
    keyword<Value<&S::nftables, &NftablesSettings::ipvs_priority>, Integer{-kMaxInt32 - 1, kMaxInt32, Lenient::no}>({"nftables_ipvs_priority", "N", "-1", "Priority of the marking chains; must follow nftables_ipvs.", rare}).example("nftables_ipvs_priority -1", "", "nftables_ipvs"),
    keyword<Value<&S::nftables, &NftablesSettings::ipvs_start_mark>, Integer{1, kMaxUint32, Lenient::no}>({"nftables_ipvs_start_fwmark", "N", "1000", "First mark that is allocated; must follow nftables_ipvs.", rare}).example("nftables_ipvs_start_fwmark 2000", "", "nftables_ipvs"),
    keyword<Value<&S::nftables, &NftablesSettings::counters>, Flag{}>({"nftables_counters", "", "off", "Counters in the generated rules.", rare}).example("nftables_counters", "", "nftables"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalFirewallRows{kRows};

}  // namespace holdfast::config
