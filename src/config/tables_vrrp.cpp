// vrrp_instance: opening and closing; its rows come from the files by topic.
#include "tables_vrrp.hpp"

#include <fmt/format.h>

namespace holdfast::config {
namespace {

using D = InstanceDraft;
using GS = vrrp::GarpSettings;

std::string_view name_of(const D& instance) {
    return instance.value.router.name;
}

D* open_instance(Loading& loading, Draft& draft, const Line& line) {
    if (line.size() != 2) {
        loading.error(line, kWholeLine, "vrrp_instance needs exactly one name; the block is skipped");
        return nullptr;
    }
    std::string name(line.word(1));
    auto [known, fresh] = draft.instance_names.try_emplace(name, nullptr);
    if (!fresh) {
        Diagnostic diagnostic = loading.document.report(
            Severity::error, ReportClass::general, line.directive(), 1,
            fmt::format("vrrp_instance {} is defined before; this one is skipped", name));
        if (known->second != nullptr)
            diagnostic.note = loading.document.note(known->second->place.text(), "first defined here");
        loading.add(std::move(diagnostic));
        return nullptr;
    }
    D& instance = draft.instances.emplace_back();
    known->second = &instance;
    instance.place = line.place();
    static_cast<SourcePosition&>(instance.value.position) = line.directive().position();
    instance.value.router.name = std::move(name);
    const InstanceDefaults& defaults = draft.global.instance;
    GS& garp = instance.value.router.garp;
    garp.master_repeat = defaults.garp_master_repeat;
    garp.master_refresh = defaults.garp_master_refresh;
    garp.master_refresh_repeat = defaults.garp_master_refresh_repeat;
    garp.master_delay = defaults.garp_master_delay;
    instance.down_timer_adverts = defaults.down_timer_adverts;
    instance.value.router.v3_checksum_as_v2 = defaults.v3_checksum_as_v2;
    instance.value.router.skip_check_advert_addresses = defaults.skip_check_advert_addresses;
    return &instance;
}

void close_instance(Loading& loading, Draft&, D& instance, const Line&) {
    // Repetitions are looked for within one block only.
    loading.draft.seen = {};
    loading.tracked.clear();
    if (instance.unicast_keyword && (instance.use_vmac || instance.use_ipvlan)) {
        if (!instance.interface) {
            loading.error(instance.place,
                          fmt::format("({}) a VMAC or ipvlan with unicast needs an interface; it is not used",
                                      name_of(instance)));
            instance.use_vmac = instance.use_ipvlan = false;
        } else if (!instance.vmac_xmit_base) {
            loading.error(instance.place,
                          fmt::format("({}) unicast with use_vmac needs vmac_xmit_base, which is set",
                                      name_of(instance)));
            instance.vmac_xmit_base = true;
        }
    }
    if (instance.value.transport.peers.empty() && instance.value.transport.ttl) {
        loading.error(instance.place,
                      fmt::format("({}) unicast_ttl without unicast_peer is ignored", name_of(instance)));
        instance.value.transport.ttl.reset();
    }
}

void show_instances(const Draft& draft, const Row& row, Writer& writer) {
    for (const auto& instance : draft.instances) {
        writer.open(row.facts.name, quoted(instance->value.router.name));
        show_rows(kVrrpInstance, instance, writer);
        writer.close();
    }
}

std::span<const Row> rows() {
    static const std::vector<Row> all =
        joined({kInstanceLinkRows, kInstanceTransportRows, kInstanceElectionRows, kInstanceListRows,
                kInstanceNotifyRows, kInstanceGarpRows, kInstanceAuthenticationRows});
    return all;
}

}  // namespace

const Block kVrrpInstance = Block{"vrrp_instance", rows()}.around(
    "interface eth0\nvirtual_router_id 51\npriority 100\nvirtual_ipaddress {\n192.0.2.1/24\n}");

// clang-format off: one row, one line
constinit const Row kInstanceRootRow = block<Draft, D, open_instance, close_instance, show_instances>({"vrrp_instance", "NAME { ... }", "", "A Virtual Router.", everyday, adds_up}, kVrrpInstance).of(Part::vrrp).example("vrrp_instance VI_1 {", " {\nVI_1 VI_2 {");
// clang-format on

}  // namespace holdfast::config
