// A finished generation is turned back into drafts in which everything is "given", and their rows are
// printed.
#include "holdfast/config/dump.hpp"

#include "loading.hpp"
#include "rows.hpp"
#include "writer.hpp"

namespace holdfast::config {
namespace {

void describe(const VrrpInstance& instance, InstanceDraft& draft) {
    const vrrp::RouterSettings& router = instance.router;
    draft.value = instance;
    draft.family = router.family;
    draft.vrid = router.vrid.value;
    draft.priority = router.priority.value;
    draft.wants_master = router.wants_master;
    draft.version = router.version;
    draft.advert_interval = router.advert_interval;
    draft.strict = router.strict;
    draft.accept = instance.accept;
    draft.lower_priority_no_advert = router.lower_priority_no_advert;
    draft.higher_priority_send_advert = router.higher_priority_send_advert;
    if (router.priority == vrrp::kOwner) draft.owner_ignore_adverts = router.owner_ignore_adverts;
    draft.notify_priority_changes = instance.notify.priority_changes;
    draft.garp_lower_prio_delay = router.garp.lower_prio_delay;
    draft.garp_lower_prio_repeat = router.garp.lower_prio_repeat;
    draft.garp_extra = instance.garp_extra_interfaces;
    draft.down_timer_adverts = router.down_timer_adverts;
    if (router.timer_expired_backup) draft.timer_expired_backup = router.timer_expired_backup->value;
    if (!instance.transport.unicast) draft.multicast_group = instance.transport.multicast_group;
    if (!instance.transport.interface.empty()) draft.interface = instance.transport.interface;
    if (router.auth_type != vrrp::AuthType::none) {
        draft.auth_type = router.auth_type;
        for (const uint8_t byte : router.auth_data)
            if (byte != 0) draft.auth_password += static_cast<char>(byte);
    }
    draft.has_hmac = router.hmac.has_value();
    if (router.hmac) draft.hmac = *router.hmac;
    if (instance.vmac) {
        draft.vmac = *instance.vmac;
        draft.use_ipvlan = instance.vmac->ipvlan;
        draft.use_vmac = !instance.vmac->ipvlan;
        draft.vmac_xmit_base = instance.vmac->transmit_on_base;
    }
    draft.unicast_keyword = instance.transport.unicast;
}

std::unique_ptr<SyncGroupDraft> describe(const SyncGroup& group) {
    auto draft = std::make_unique<SyncGroupDraft>();
    draft->value = group;
    draft->members = group.group.members;
    draft->smtp_alert = group.notify.smtp_alert;
    draft->notify_priority_changes = group.notify.priority_changes;
    return draft;
}

void describe(const check::CheckerDefaults& defaults, ScheduleDraft& draft) {
    draft.connect_timeout = defaults.connect_timeout;
    draft.delay_loop = defaults.delay_loop;
    draft.retry = defaults.retry;
    draft.delay_before_retry = defaults.delay_before_retry;
    draft.warmup = defaults.warmup;
}

RealServerDraft describe(const check::RealServerSettings& real) {
    RealServerDraft draft;
    draft.value = real;
    draft.value.checkers.clear();
    draft.weight = real.weight;
    draft.forwarding = real.forwarding;
    draft.inhibit = real.inhibit_on_failure;
    if (real.checker_defaults) describe(*real.checker_defaults, draft.schedule);
    draft.schedule.alpha = real.alpha;
    draft.smtp_alert = real.smtp_alert;
    for (const check::Checker& checker : real.checkers) draft.checkers.emplace_back().value = checker;
    return draft;
}

std::unique_ptr<VirtualServerDraft> describe(const check::VirtualServerSettings& server) {
    auto draft = std::make_unique<VirtualServerDraft>();
    draft->value = server;
    draft->value.real_servers.clear();
    draft->by_mark = server.group.empty() && server.key.firewall_mark != 0;
    draft->family = server.key.family;
    draft->forwarding = server.forwarding;
    draft->scheduler = server.attributes.scheduler;
    draft->inhibit = server.inhibit_on_failure;
    describe(server.checker_defaults, draft->schedule);
    const uint32_t widest = server.key.family == Family::ipv4 ? 0xffffffffU : 128U;
    if (server.attributes.persistence_netmask != widest)
        draft->netmask = server.attributes.persistence_netmask;
    for (const check::RealServerSettings& real : server.real_servers)
        draft->real_servers.push_back(describe(real));
    return draft;
}

Draft describe(const Config& config) {
    Draft draft;
    draft.root.value = config.root;
    draft.global.value = config.global;
    draft.global.ipsets_given = config.global.iptables.has_value();
    draft.config = config;
    for (const track::ScriptSettings& script : config.scripts) {
        ScriptDraft& entry = draft.scripts.emplace_back();
        entry.value = script;
        entry.identity = script.command.identity;
    }
    for (const VrrpInstance& instance : config.instances) describe(instance, draft.instances.emplace_back());
    for (const SyncGroup& group : config.sync_groups) draft.sync_groups.push_back(describe(group));
    for (const check::VirtualServerSettings& server : config.virtual_servers)
        draft.virtual_servers.push_back(describe(server));
    return draft;
}

}  // namespace

std::string dump(const Config& config) {
    const Draft draft = describe(config);
    Writer writer;
    show_rows(root_block(), &draft, writer);
    return writer.take();
}

}  // namespace holdfast::config
