// One vrrp_instance once everything is read: defaults, RFC 'strict' corrections, contradictions. The order of
// the steps is keepalived 2.4.3's, because a correction early in the list changes what a later one sees.
#include "resolve_instance.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tables_track.hpp"

namespace holdfast::config {
namespace {

using vrrp::AuthType;
using vrrp::Version;

constexpr uint32_t kDefaultMtu = 1500;
constexpr size_t kMaxAddresses = 255;  // The count in an advert has 8 bits.
constexpr size_t kHmacTrailer = 28;    // Type, key, time, counter and 16 bytes of HMAC.
constexpr uint32_t kDefaultDownTimerAdverts = 3;

class InstanceResolver {
  public:
    InstanceResolver(Loading& loading, InstanceDraft& instance)
        : loading_(loading),
          d_(instance),
          v_(instance.value),
          router_(v_.router),
          transport_(v_.transport),
          global_(loading.draft.global),
          defaults_(global_.instance) {}

    void resolve() {
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

  private:
    void complain(std::string_view problem) { complain_at(d_.place, problem); }
    /// At the line of the keyword it is about.
    void complain(std::string_view keyword, std::string_view problem, Hints hints = {}) {
        complain_at(at(keyword), problem, std::move(hints));
    }
    void complain_at(Place place, std::string_view problem, Hints hints = {}) {
        loading_.corrected(place, fmt::format("({}) {}", router_.name, problem), std::move(hints));
    }
    void fatal(Place place, std::string_view problem) {
        loading_.fatal(place, fmt::format("({}) {}", router_.name, problem));
    }
    /// Where a keyword stands, or the first word behind it; the head of the instance when it is not there.
    Place at(std::string_view keyword, uint32_t word = 0) {
        return loading_.place_of(d_.place, keyword, word);
    }
    /// Where an address of a list stands; no place when it is not there.
    Place address_at(std::string_view list, const IpAddress& address) {
        return loading_.place_of_entry(d_.place, list, [&](const Words& words) {
            return parse_address(words.at_or_empty(0)) == address;
        });
    }
    Place or_head(Place place) const { return place.begin == nullptr ? d_.place : place; }
    /// Where a list names an object to be tracked.
    Place tracked_at(std::string_view list, std::string_view name) {
        return or_head(loading_.place_of_entry(
            d_.place, list, [&](const Words& words) { return words.at_or_empty(0) == name; }));
    }
    Place first_address() {
        const auto any = [](const Words&) { return true; };
        return loading_.place_of_entry(d_.place, "virtual_ipaddress", any);
    }
    /// "TEXT" with the line of a keyword, if that was written.
    std::optional<Note> note(std::string_view keyword, std::string text) {
        const Place place = at(keyword);
        return place.begin == d_.place.begin ? std::nullopt : loading_.note(place, std::move(text));
    }
    bool owner() const { return router_.priority == vrrp::kOwner; }
    const std::optional<InterfaceFacts>& facts() {
        static const std::optional<InterfaceFacts> kNone;
        return d_.interface ? loading_.interface(*d_.interface) : kNone;
    }

    void resolve_version() {
        if (d_.family == Family::ipv6 && d_.version == Version::v2 && strict_) {
            complain_at(at("version", 1), "IPv6 needs version 3, which is used",
                        {.note = loading_.note(first_address(), "the first address is here")});
            d_.version = Version::v3;
        }
        router_.family = d_.family.value_or(Family::ipv4);
        router_.version =
            d_.version.value_or(router_.family == Family::ipv6 ? Version::v3 : defaults_.version);
    }

    void resolve_priority() {
        const bool master = d_.wants_master.value_or(false);
        router_.priority.value = d_.priority.value_or(master ? 255 : vrrp::kDefaultPriority.value);
        router_.wants_master = d_.wants_master.value_or(owner());
        if (d_.wants_master && strict_ && *d_.wants_master != owner()) {
            complain("state",
                     "state MASTER and priority 255 go together in strict mode; the state is changed");
            router_.wants_master = owner();
        }
    }

    void resolve_authentication() {
        AuthType type = d_.auth_type.value_or(AuthType::none);
        if (type == AuthType::none) return;
        const auto ignore = [&](std::string_view why) {
            complain("authentication", fmt::format("authentication is ignored: {}", why));
            type = AuthType::none;
        };
        if (strict_)
            ignore("strict mode has none");
        else if (router_.version == Version::v3)
            ignore("version 3 has none");
        else if (d_.auth_password.empty() && loading_.is_explained(d_.place, {"authentication"})) {
            loading_.hide(ReportClass::general, Severity::warning);
            type = AuthType::none;
        } else if (d_.auth_password.empty())
            ignore("there is no auth_pass");
        else if (router_.family == Family::ipv6 && type == AuthType::header)
            ignore("AH does not work with IPv6");
        else if (type == AuthType::header && router_.wants_master && !owner()) {
            complain("state", "with AH the state must be BACKUP, which is used");
            router_.wants_master = false;
        }
        router_.auth_type = type;
        if (type == AuthType::none) return;
        std::copy(d_.auth_password.begin(), d_.auth_password.end(), router_.auth_data.begin());
    }

    void resolve_hmac() {
        if (!d_.has_hmac) return;
        if (router_.auth_type != AuthType::none) {
            complain("authentication", "authentication is ignored, because there is auth_hmac",
                     {.note = note("auth_hmac", "auth_hmac is here")});
            router_.auth_type = AuthType::none;
            router_.auth_data = {};
        }
        const auto& keys = d_.hmac.keys;
        const bool known = std::any_of(
            keys.begin(), keys.end(), [&](const vrrp::HmacKey& key) { return key.id == d_.hmac.active_key; });
        if (!known) {
            complain("auth_hmac", fmt::format("auth_hmac is not used: active_key {} is not one of its keys",
                                              d_.hmac.active_key));
            return;
        }
        if (strict_ && d_.hmac.mode != vrrp::HmacMode::enforce) {
            complain("auth_hmac", "auth_hmac must have mode enforce in strict mode, which is used");
            d_.hmac.mode = vrrp::HmacMode::enforce;
        }
        router_.hmac = d_.hmac;
    }

    /// No harm, and the reference says nothing: a list of all nodes used on each of them.
    void check_own_address_among_peers() {
        for (const vrrp::UnicastPeer& peer : transport_.peers)
            if (transport_.source == peer.address)
                loading_.report(ReportClass::notice, or_head(address_at("unicast_peer", peer.address)),
                                fmt::format("({}) unicast_peer {} is its own address", router_.name,
                                            peer.address.to_string()),
                                {.note = note("unicast_src_ip", "unicast_src_ip is here")});
    }

    bool resolve_transport() {
        transport_.interface = d_.interface.value_or("");
        transport_.unicast = d_.unicast_keyword && !transport_.peers.empty();
        check_own_address_among_peers();
        if (d_.unicast_keyword && transport_.peers.empty()) {
            if (transport_.unicast_fault_no_peer) {
                transport_.unicast = true;
                loading_.remark(d_.place,
                                fmt::format("({}) has no unicast peers and stays in FAULT", router_.name));
                v_.config_faults.emplace_back("unicast without peers");
            } else {
                loading_.report(
                    ReportClass::deprecated, d_.place,
                    fmt::format("({}) has a unicast keyword but no unicast_peer; multicast is used",
                                router_.name));
            }
        }
        transport_.check_unicast_source = transport_.check_unicast_source || defaults_.check_unicast_source;
        const bool multicast = facts() && facts()->multicast;
        if (strict_ && transport_.unicast && !transport_.peers.empty() && multicast) {
            fatal(at("unicast_peer"), "strict mode has no unicast peers");
            return false;
        }
        if (!d_.interface) {
            if (!transport_.source) {
                fatal(d_.place, "an instance without interface needs unicast_src_ip");
                return false;
            }
            if (transport_.source->is_v6() && transport_.source->is_link_local()) {
                fatal(at("unicast_src_ip", 1), "without interface unicast_src_ip must not be link-local");
                return false;
            }
        }
        if (facts() && !facts()->multicast && !transport_.unicast) {
            complain_at(
                at("interface", 1),
                fmt::format("interface {} has no multicast: unicast_peer is needed; it stays in FAULT",
                            *d_.interface));
            v_.config_faults.emplace_back("the interface has no multicast");
        }
        if (loading_.options.details && facts() && facts()->lacks_arp)
            complain_at(at("interface", 1),
                        fmt::format("interface {} has no ARP, so no gratuitous ARP is sent", *d_.interface));
        if (!transport_.vrf.empty() && (d_.interface || !transport_.unicast)) {
            complain("vrf", fmt::format("vrf works only {}; it is ignored",
                                        d_.interface ? "without interface" : "with unicast"));
            transport_.vrf.clear();
        }
        if (!transport_.source) transport_.track_source = false;
        return true;
    }

    void resolve_link() {
        if (strict_ && d_.vmac.mac) {
            complain(d_.use_vmac ? "use_vmac" : "use_ipvlan",
                     "strict mode has no MAC address of its own; it is ignored");
            d_.vmac.mac.reset();
        }
        if (d_.vmac_xmit_base && strict_ && d_.use_vmac) {
            complain("vmac_xmit_base", "strict mode has no vmac_xmit_base; it is ignored");
            d_.vmac_xmit_base = false;
        }
        if (!d_.use_vmac && !d_.use_ipvlan) {
            if (d_.vmac_xmit_base) complain("vmac_xmit_base", "vmac_xmit_base needs use_vmac; it is ignored");
            return;
        }
        if (d_.vmac_xmit_base && !d_.use_vmac) {
            complain("vmac_xmit_base", "vmac_xmit_base needs use_vmac; it is ignored");
            d_.vmac_xmit_base = false;
        }
        if (facts() && !facts()->ethernet) {
            complain_at(
                at("interface", 1),
                fmt::format("interface {} is not Ethernet, so it cannot have a VMAC; it stays in FAULT",
                            *d_.interface));
            v_.config_faults.emplace_back("VMAC on an interface that is not Ethernet");
            d_.use_vmac = d_.use_ipvlan = d_.vmac_xmit_base = false;
            return;
        }
        if (v_.promote_secondaries) {
            complain("promote_secondaries", "promote_secondaries is always set with a VMAC; it is ignored");
            v_.promote_secondaries = false;
        }
        d_.vmac.ipvlan = d_.use_ipvlan;
        d_.vmac.transmit_on_base = d_.vmac_xmit_base;
        if (d_.vmac.mac && d_.mac_from_vrid) d_.vmac.mac->bytes[5] = router_.vrid.value;
        if (d_.use_ipvlan && router_.family == Family::ipv4 && !d_.vmac.ipvlan_address) {
            complain("use_ipvlan", "an IPv4 ipvlan needs an address; it stays in FAULT");
            v_.config_faults.emplace_back("ipvlan without address");
        }
        if (d_.use_ipvlan && d_.vmac.ipvlan_address && d_.vmac.ipvlan_address->family() != router_.family) {
            complain("use_ipvlan", "the address of the ipvlan is of another family; it stays in FAULT");
            v_.config_faults.emplace_back("ipvlan address of another family");
        }
        v_.vmac = d_.vmac;
    }

    void check_link_local_first() {
        if (router_.family != Family::ipv6 || transport_.unicast || v_.addresses.empty() ||
            v_.addresses.front().prefix.address.is_link_local())
            return;
        if (strict_)
            complain_at(or_head(first_address()), "the first virtual address must be link-local");
        else
            loading_.remark(or_head(first_address()),
                            fmt::format("({}) the first virtual address should be link-local", router_.name));
    }

    // What does not fit one advert is held all the same, but not advertised.
    void move_excess_addresses() {
        const bool v4 = router_.family == Family::ipv4;
        size_t header = 14U + 8U + (v4 ? 20U : 40U);
        if (v4 && router_.version == Version::v2)
            header += 8U + (router_.auth_type == AuthType::header ? 24U : 0U);
        if (router_.hmac && router_.hmac->mode != vrrp::HmacMode::receive_only) header += kHmacTrailer;
        const size_t mtu = facts() ? facts()->mtu : kDefaultMtu;
        const size_t room =
            mtu > header ? std::min<size_t>(kMaxAddresses, (mtu - header) / (v4 ? 4U : 16U)) : 0;
        if (v_.addresses.size() <= room) return;
        complain(fmt::format(
            "{} virtual addresses are more than the {} an advert can hold; the others are not advertised",
            v_.addresses.size(), room));
        const auto first = v_.addresses.begin() + static_cast<std::ptrdiff_t>(room);
        v_.excluded_addresses.insert(v_.excluded_addresses.end(), first, v_.addresses.end());
        v_.addresses.erase(first, v_.addresses.end());
    }

    void resolve_preemption() {
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

    void clear_preempt_delay(std::string_view why, std::string_view keyword = {}) {
        Hints hints;
        if (!keyword.empty()) hints.note = note(keyword, fmt::format("{} is here", keyword));
        complain("preempt_delay", fmt::format("preempt_delay does not go with {}; it is ignored", why),
                 std::move(hints));
        router_.preempt_delay = Duration{0};
    }

    void resolve_accept() {
        v_.accept = d_.accept.value_or(owner() || !strict_);
        if (v_.accept && !owner() && strict_ && router_.version == Version::v2) {
            complain("accept", "accept does not go with strict version 2; it is ignored");
            v_.accept = false;
        }
        GlobalSettings& global = global_.value;
        if ((!v_.accept || d_.use_vmac) && !global.iptables && !global.nftables.table) {
            loading_.remark(
                d_.place,
                fmt::format("({}) needs a firewall and none is configured; nftables is used", router_.name));
            global.nftables.table = "keepalived";
        }
    }

    void resolve_multicast_group() {
        if (transport_.unicast) {
            if (d_.multicast_group)
                complain("mcast_dst_ip", "mcast_dst_ip does not go with unicast; it is ignored");
            return;
        }
        const GlobalSettings& global = global_.value;
        if (d_.multicast_group)
            transport_.multicast_group = *d_.multicast_group;
        else if (router_.family == Family::ipv4)
            transport_.multicast_group = global.multicast_group4;
        else
            transport_.multicast_group = global.multicast_group6.is_unspecified()
                                             ? *IpAddress::parse("ff02::12")
                                             : global.multicast_group6;
    }

    template <class T>
    T strict_choice(const std::optional<T>& own, T required, T otherwise, std::string_view keyword) {
        if (!own) return strict_ ? required : otherwise;
        if (strict_ && *own != required) {
            complain(keyword, fmt::format("{} has a fixed value in strict mode, which is used", keyword));
            return required;
        }
        return *own;
    }

    void resolve_strict_switches() {
        vrrp::GarpSettings& garp = router_.garp;
        garp.lower_prio_repeat =
            strict_choice<uint32_t>(d_.garp_lower_prio_repeat, 0,
                                    defaults_.garp_lower_prio_repeat.value_or(defaults_.garp_master_repeat),
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

    void resolve_owner() {
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

    void resolve_notifications() {
        const GlobalSettings& global = global_.value;
        if (!v_.notify.smtp_alert)
            v_.notify.smtp_alert = global.smtp_alert_vrrp.value_or(global.smtp_alert.value_or(false));
        v_.notify.priority_changes = d_.notify_priority_changes.value_or(
            d_.group != nullptr && d_.group->notify_priority_changes ? *d_.group->notify_priority_changes
                                                                     : global.vrrp_notify_priority_changes);
    }

    void resolve_interval() {
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
                        fmt::format("advert_int {} is more than version {} can say; {} is used",
                                    text(interval), v2 ? 2 : 3, text(largest)));
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

    // A backup must see that the interface is down before it would take over: the delays of
    // interface_up_down_delays have to be shorter than what remains of Master_Down_Interval.
    void limit_interface_delays() {
        if (!d_.interface) return;
        auto& all = loading_.draft.config.interface_delays;
        const std::string& below = facts() ? facts()->below : *d_.interface;
        const auto found = all.find(below.empty() ? *d_.interface : below);
        if (found == all.end()) return;
        InterfaceDelays& delays = found->second;
        const auto told = [&](std::string_view limit) {
            loading_.remark(d_.place, fmt::format("({}) the delays of interface {} are limited to {}",
                                                  router_.name, found->first, limit));
        };
        if (d_.down_timer_adverts == 1) {
            if (delays == InterfaceDelays{}) return;
            delays = {};
            told("0, because down_timer_adverts is 1");
            return;
        }
        const Duration largest =
            (d_.down_timer_adverts - 1) * router_.advert_interval - router_.advert_interval / 256;
        if (delays.down <= largest) return;
        if (delays.up == delays.down) delays.up = largest;
        delays.down = largest;
        told("what advert_int and down_timer_adverts leave");
    }

    void check_own_interface() {
        if (!d_.interface) return;
        std::erase_if(v_.track.interfaces, [&](const track::Reference& reference) {
            if (reference.name != *d_.interface) return false;
            complain_at(
                tracked_at("track_interface", reference.name),
                fmt::format("track_interface {} is its own interface; it is ignored", reference.name));
            return true;
        });
    }

    void resolve_address_interfaces() {
        resolve_address_interfaces(v_.addresses, "virtual_ipaddress");
        resolve_address_interfaces(v_.excluded_addresses, "virtual_ipaddress_excluded");
    }

    void resolve_address_interfaces(std::vector<netstate::AddressSettings>& list, std::string_view what) {
        std::erase_if(list, [&](netstate::AddressSettings& address) {
            const std::string text = address.prefix.address.to_string();
            const bool elsewhere = address.explicit_interface && address.interface != transport_.interface;
            const bool own_family = address.prefix.address.family() == router_.family;
            if (address.use_vmac) {
                if (!elsewhere && d_.use_vmac && own_family) {
                    complain_at(or_head(address_at(what, address.prefix.address)),
                                fmt::format("use_vmac of {} says what the instance says", text));
                    address.use_vmac = false;
                } else if ((elsewhere || !own_family) && v_.use_vmac_addr) {
                    complain_at(or_head(address_at(what, address.prefix.address)),
                                fmt::format("use_vmac of {} says what use_vmac_addr says", text));
                    address.use_vmac = false;
                }
            }
            if (address.interface.empty()) address.interface = transport_.interface;
            extra_interface_ = extra_interface_ || elsewhere;
            extra_vmac_ = extra_vmac_ || address.use_vmac || ((elsewhere || !own_family) && v_.use_vmac_addr);
            if (!address.interface.empty()) return false;
            complain_at(or_head(address_at(what, address.prefix.address)),
                        fmt::format("{} {} has no interface and is left out", what, text));
            return true;
        });
    }

    void resolve_garp_extra() {
        const GlobalSettings& global = global_.value;
        if (!d_.garp_extra) {
            d_.garp_extra = global.garp_extra_interfaces;
            v_.garp_extra_all = v_.garp_extra_all || global.garp_extra_all;
        }
        const bool useful = extra_vmac_ || (extra_interface_ && v_.garp_extra_all);
        v_.garp_extra_interfaces = useful ? *d_.garp_extra : Duration{0};
    }

    bool check_any_address() {
        if (v_.no_virtual_ipaddress && strict_) {
            loading_.report(
                ReportClass::warning, at("no_virtual_ipaddress"),
                fmt::format("({}) no_virtual_ipaddress does not go with strict mode; it is ignored",
                            router_.name));
            v_.no_virtual_ipaddress = false;
        }
        if (v_.no_virtual_ipaddress || !v_.addresses.empty()) return true;
        if (loading_.is_explained(d_.place, {"virtual_ipaddress"})) {
            const bool enough = router_.version == Version::v2 && !strict_;
            loading_.hide(enough ? ReportClass::warning : ReportClass::general,
                          enough ? Severity::warning : Severity::error);
            if (!enough) loading_.set_fatal();
            return enough;
        }
        if (router_.version == Version::v3 || strict_) {
            fatal(d_.place, "has no virtual_ipaddress; at least one is needed");
            return false;
        }
        loading_.report(
            ReportClass::warning, d_.place,
            fmt::format("({}) has no virtual_ipaddress; at least one would be sensible", router_.name));
        return true;
    }

    // A sync group fails over as a whole and an owner never changes its priority: neither can have weights.
    void drop_weights() {
        const bool grouped = d_.group != nullptr && !d_.group->value.group.tracking_weight;
        if (!grouped && !owner()) return;
        const std::string_view why = grouped ? "its sync group" : "priority 255";
        const Draft& draft = loading_.draft;
        const auto ignored = [&](std::string_view what, const std::string& name, std::string_view part) {
            complain_at(tracked_at(what, name),
                        fmt::format("{} {} has a weight, which does not go with {}; {} is ignored", what,
                                    name, why, part));
        };
        std::erase_if(v_.track.interfaces, [&](track::Reference& reference) {
            if (reference.weight.value_or(0) == 0) return false;
            ignored("track_interface", reference.name, grouped ? "the weight" : "it");
            reference.weight = 0;
            return !grouped;
        });
        std::erase_if(v_.track.scripts, [&](const track::Reference& reference) {
            const auto script = draft.script_names.find(reference.name);
            if (reference.weight.value_or(
                    script == draft.script_names.end() ? 0 : draft.scripts[script->second].value.weight) == 0)
                return false;
            ignored("track_script", reference.name, "it");
            return true;
        });
        std::erase_if(v_.track.files, [&](track::Reference& reference) {
            const auto file = draft.file_names.find(reference.name);
            const int weight = reference.weight.value_or(
                file == draft.file_names.end() ? 1 : draft.config.track_files[file->second].weight);
            if (weight == 0) return false;
            ignored("track_file", reference.name, weight == 1 ? "the weight" : "it");
            reference.weight = 0;
            return weight != 1;
        });
        std::erase_if(v_.track.bfds, [&](const track::Reference& reference) {
            const auto session = draft.bfd_names.find(reference.name);
            if (reference.weight.value_or(session == draft.bfd_names.end()
                                              ? 0
                                              : draft.config.bfd_sessions[session->second].weight) == 0)
                return false;
            ignored("track_bfd", reference.name, "it");
            return true;
        });
    }

    void write_router() {
        router_.strict = strict_;
        router_.down_timer_adverts = static_cast<uint8_t>(d_.down_timer_adverts);
        if (d_.timer_expired_backup) router_.timer_expired_backup = vrrp::Priority{*d_.timer_expired_backup};
        router_.addresses.clear();
        for (const netstate::AddressSettings& address : v_.addresses)
            router_.addresses.push_back(address.prefix.address);
        if (loading_.draft.root.value.linkbeat_use_polling) v_.linkbeat_use_polling = true;
        if (!d_.interface) v_.linkbeat_use_polling = false;
    }

    Loading& loading_;
    InstanceDraft& d_;
    VrrpInstance& v_;
    vrrp::RouterSettings& router_;
    vrrp::TransportSettings& transport_;
    GlobalDraft& global_;
    const InstanceDefaults& defaults_;
    bool strict_ = false;
    bool extra_interface_ = false;
    bool extra_vmac_ = false;
};

}  // namespace

void resolve_instance(Loading& loading, InstanceDraft& instance) {
    InstanceResolver(loading, instance).resolve();
}

}  // namespace holdfast::config
