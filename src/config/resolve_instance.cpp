// One vrrp_instance once everything is read: defaults, RFC 'strict' corrections, contradictions. The order of
// the steps is keepalived 2.4.3's, because a correction early in the list changes what a later one sees.
#include "resolve_instance.hpp"

#include <algorithm>

#include "instance_resolver.hpp"

namespace holdfast::config {
namespace {

constexpr uint32_t kDefaultDownTimerAdverts = 3;

}  // namespace

using vrrp::Version;

void InstanceResolver::resolve() {
    strict_ = d_.strict.value_or(defaults_.strict);
    resolve_version();
    resolve_priority();
    resolve_authentication();
    resolve_hmac();
    if (!resolve_transport()) return;
    resolve_link();
    check_link_local_first();
    move_excess_addresses();
    resolve_preemption();
    resolve_accept();
    resolve_multicast_group();
    resolve_strict_switches();
    resolve_owner();
    resolve_notifications();
    resolve_interval();
    limit_interface_delays();
    check_own_interface();
    resolve_address_interfaces();
    resolve_garp_extra();
    if (!check_any_address()) return;
    drop_weights();
    write_router();
}

void InstanceResolver::resolve_version() {
    if (d_.family == Family::ipv6 && d_.version == Version::v2 && strict_) {
        complain_at(at("version", 1), "IPv6 needs version 3, which is used",
                    {.note = loading_.note(first_address(), "the first address is here")});
        d_.version = Version::v3;
    }
    router_.family = d_.family.value_or(Family::ipv4);
    router_.version = d_.version.value_or(router_.family == Family::ipv6 ? Version::v3 : defaults_.version);
}

void InstanceResolver::resolve_priority() {
    const bool master = d_.wants_master.value_or(false);
    router_.priority.value = d_.priority.value_or(master ? 255 : vrrp::kDefaultPriority.value);
    router_.wants_master = d_.wants_master.value_or(owner());
    if (d_.wants_master && strict_ && *d_.wants_master != owner()) {
        complain("state", "state MASTER and priority 255 go together in strict mode; the state is changed");
        router_.wants_master = owner();
    }
}

void InstanceResolver::resolve_preemption() {
    if (!router_.preempt && owner()) {
        complain("nopreempt", "nopreempt does not go with priority 255; it is ignored",
                 {.note = d_.priority ? note("priority", "priority is set here")
                                      : note("state", "MASTER without a priority means 255")});
        router_.preempt = true;
    }
    if (router_.wants_master) {
        if (!router_.preempt) {
            complain("nopreempt", "nopreempt does not work with state MASTER; it is ignored",
                     {.note = note("state", "state is set here"),
                      .advice = "write state BACKUP: the first to start becomes master, and stays it"});
            router_.preempt = true;
        }
        if (router_.preempt_delay != Duration{0}) clear_preempt_delay("state MASTER", "state");
    }
    if (router_.preempt_delay != Duration{0} && strict_) clear_preempt_delay("strict mode");
    if (router_.preempt_delay != Duration{0} && !router_.preempt)
        clear_preempt_delay("nopreempt", "nopreempt");
    if (d_.down_timer_adverts != kDefaultDownTimerAdverts && strict_) {
        complain("down_timer_adverts", "down_timer_adverts is 3 in strict mode");
        d_.down_timer_adverts = kDefaultDownTimerAdverts;
    }
    if (d_.timer_expired_backup && router_.preempt) {
        complain("timer_expired_backup", "timer_expired_backup needs nopreempt; it is ignored");
        d_.timer_expired_backup.reset();
    }
}

void InstanceResolver::clear_preempt_delay(std::string_view why, std::string_view keyword) {
    Hints hints;
    if (!keyword.empty()) hints.note = note(keyword, fmt::format("{} is here", keyword));
    complain("preempt_delay", fmt::format("preempt_delay does not go with {}; it is ignored", why),
             std::move(hints));
    router_.preempt_delay = Duration{0};
}

void InstanceResolver::resolve_strict_switches() {
    vrrp::GarpSettings& garp = router_.garp;
    garp.lower_prio_repeat = strict_choice<uint32_t>(
        d_.garp_lower_prio_repeat, 0, defaults_.garp_lower_prio_repeat.value_or(defaults_.garp_master_repeat),
        "garp_lower_prio_repeat");
    garp.lower_prio_delay = strict_choice<Duration>(
        d_.garp_lower_prio_delay, Duration{0},
        defaults_.garp_lower_prio_delay.value_or(defaults_.garp_master_delay), "garp_lower_prio_delay");
    router_.lower_priority_no_advert = strict_choice<bool>(
        d_.lower_priority_no_advert, true, defaults_.lower_priority_no_advert, "lower_prio_no_advert");
    router_.higher_priority_send_advert =
        strict_choice<bool>(d_.higher_priority_send_advert, false, defaults_.higher_priority_send_advert,
                            "higher_prio_send_advert");
}

void InstanceResolver::resolve_owner() {
    const auto& wish = d_.owner_ignore_adverts;
    if (!owner()) {
        if (wish == true)
            complain("owner_ignore_adverts", "owner_ignore_adverts needs priority 255; it is ignored");
        router_.owner_ignore_adverts = false;
    } else {
        router_.owner_ignore_adverts = wish.value_or(strict_ || defaults_.owner_ignore_adverts);
        if (strict_ && wish == false) {
            complain("owner_ignore_adverts", "owner_ignore_adverts is on in strict mode");
            router_.owner_ignore_adverts = true;
        }
    }
}

void InstanceResolver::resolve_notifications() {
    const GlobalSettings& global = global_.value;
    if (!v_.notify.smtp_alert)
        v_.notify.smtp_alert = global.smtp_alert_vrrp.value_or(global.smtp_alert.value_or(false));
    v_.notify.priority_changes = d_.notify_priority_changes.value_or(
        d_.group != nullptr && d_.group->notify_priority_changes ? *d_.group->notify_priority_changes
                                                                 : global.vrrp_notify_priority_changes);
}

void InstanceResolver::resolve_interval() {
    using namespace std::chrono;
    Duration interval = d_.advert_interval.value_or(seconds(1));
    const bool v2 = router_.version == Version::v2;
    const Duration unit = v2 ? Duration(seconds(1)) : Duration(milliseconds(10));
    const Duration largest = v2 ? Duration(seconds(255)) : Duration(milliseconds(40950));
    const auto text = [](Duration value) {
        return format_decimal(static_cast<uint64_t>(duration_cast<microseconds>(value).count()), 6);
    };
    if (interval > largest) {
        complain_at(at("advert_int", 1),
                    fmt::format("advert_int {} is more than version {} can say; {} is used", text(interval),
                                v2 ? 2 : 3, text(largest)));
        interval = largest;
    } else if (interval % unit != Duration{0}) {
        const Duration rounded = std::clamp((interval + unit / 2) / unit * unit, unit, largest);
        complain_at(at("advert_int", 1),
                    fmt::format("advert_int {} must be a multiple of {} in version {}; {} is used",
                                text(interval), text(unit), v2 ? 2 : 3, text(rounded)));
        interval = rounded;
    }
    router_.advert_interval = interval;
}

void InstanceResolver::write_router() {
    router_.strict = strict_;
    router_.down_timer_adverts = static_cast<uint8_t>(d_.down_timer_adverts);
    if (d_.timer_expired_backup) router_.timer_expired_backup = vrrp::Priority{*d_.timer_expired_backup};
    router_.addresses.clear();
    for (const netstate::AddressSettings& address : v_.addresses)
        router_.addresses.push_back(address.prefix.address);
    if (loading_.draft.root.value.linkbeat_use_polling) v_.linkbeat_use_polling = true;
    if (!d_.interface) v_.linkbeat_use_polling = false;
}

void resolve_instance(Loading& loading, InstanceDraft& instance) {
    InstanceResolver(loading, instance).resolve();
}

}  // namespace holdfast::config
