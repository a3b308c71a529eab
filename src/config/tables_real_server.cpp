// The rows of real_server.
#include "tables_virtual_server.hpp"

namespace holdfast::config {
namespace {

using RD = RealServerDraft;
using RS = check::RealServerSettings;
using SD = ScheduleDraft;

template <auto... Path>
using Real = Field<&RD::value, Path...>;

void read_real_forwarding(Loading& loading, RD& real, const Line& line) {
    ipvs::Forwarding forwarding = real.forwarding.value_or(ipvs::Forwarding{});
    if (read_forwarding(loading, line, forwarding)) real.forwarding = forwarding;
}

void show_real_forwarding(const RD& real, const Row& row, Writer& writer) {
    if (real.forwarding) writer.line(row.facts.name, to_text(*real.forwarding));
}

// clang-format off: one row, one line
const Row kRealRows[] = {
    keyword<Field<&RD::weight>, Integer{0, kMaxInt32}>({"weight", "N", "of the virtual_server", "IPVS weight and share of the quorum; 0 = drained.", everyday}).example("weight 3"),
    custom<RD, read_real_forwarding, show_real_forwarding>({"lvs_method", "as lb_kind", "of the virtual_server at that point", "Forwarding method of this server.", everyday}).example("lvs_method TUN type gue port 6080 csum", "!\n^ROUTE\nTUN ^type\nTUN type ^vxlan\nTUN type gue port ^0\nTUN ^fast\nTUN type gue\nTUN type ipip csum\nTUN type gre remcsum"),
    keyword<Real<&RS::upper_threshold>, Integer{0, kMaxUint32}>({"uthreshold", "N", "0: no limit", "Upper connection threshold."}).example("uthreshold 1000"),
    keyword<Real<&RS::lower_threshold>, Integer{0, kMaxUint32}>({"lthreshold", "N", "0", "Lower connection threshold."}).example("lthreshold 500", "", "uthreshold 1000"),
    keyword<Field<&RD::inhibit>, Switch{}>({"inhibit_on_failure", "[BOOL]", "of the virtual_server", "On failure weight 0 instead of removal.", everyday}).example("inhibit_on_failure on"),
    keyword<Real<&RS::notify_up>, kNotify>({"notify_up", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the server comes up.", everyday, once}).example("notify_up \"/usr/bin/true up\""),
    keyword<Real<&RS::notify_down>, kNotify>({"notify_down", "SCRIPT [USER [[:]GROUP]]", "none", "Run when the server goes down.", everyday, once}).example("notify_down /usr/bin/true"),
    keyword<Field<&RD::schedule, &SD::alpha>, Switch{}>({"alpha", "[BOOL]", "of the virtual_server", "Start as down."}).example("alpha on"),
    keyword<Field<&RD::schedule, &SD::retry>, kRetry>({"retry", "N", "of the virtual_server", "Default retry of its checkers.", everyday}).example("retry 3"),
    keyword<Field<&RD::schedule, &SD::delay_before_retry>, kTimer>({"delay_before_retry", "SECS", "of the virtual_server", "Default delay_before_retry.", everyday}).example("delay_before_retry 2"),
    keyword<Field<&RD::schedule, &SD::warmup>, kTimer>({"warmup", "SECS", "of the virtual_server", "Default warmup."}).example("warmup 5"),
    keyword<Field<&RD::schedule, &SD::connect_timeout>, kConnectTimeout>({"connect_timeout", "SECS", "of the virtual_server", "Default connect_timeout.", everyday}).example("connect_timeout 3"),
    keyword<Field<&RD::schedule, &SD::delay_loop>, kInterval>({"delay_loop", "SECS", "of the virtual_server", "Default delay_loop.", everyday}).example("delay_loop 6"),
    keyword<Field<&RD::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "smtp_alert_checker, else on", "Mail on changes."}).example("smtp_alert on"),
    keyword<Real<&RS::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "of the virtual_server", "Default Host.", everyday, replaces}).example("virtualhost www.example.org"),
    keyword<Real<&RS::snmp_name>, kOneWord>({"snmp_name", "STRING", "none", "Label in SNMP tables.", rare, replaces}).example("snmp_name web1"),
};
// clang-format on

// kRealRows and the checkers; built when first asked for, because both come from other tables.
std::span<const Row> real_server_rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> list(std::begin(kRealRows), std::end(kRealRows));
        list.insert(list.end(), checker_rows().begin(), checker_rows().end());
        return list;
    }();
    return all;
}

}  // namespace

const Block kRealServer{"virtual_server/real_server", real_server_rows()};

}  // namespace holdfast::config
