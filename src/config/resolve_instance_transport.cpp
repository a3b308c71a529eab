// How an instance sends: interface, unicast or multicast, VMAC, authentication, accept mode.
#include <algorithm>

#include "instance_resolver.hpp"

namespace holdfast::config {

using vrrp::AuthType;
using vrrp::Version;

void InstanceResolver::resolve_authentication() {
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

void InstanceResolver::resolve_hmac() {
    if (!d_.has_hmac) return;
    if (router_.auth_type != AuthType::none) {
        complain("authentication", "authentication is ignored, because there is auth_hmac",
                 {.note = note("auth_hmac", "auth_hmac is here")});
        router_.auth_type = AuthType::none;
        router_.auth_data = {};
    }
    const auto& keys = d_.hmac.keys;
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const vrrp::HmacKey& key) { return key.id == d_.hmac.active_key; });
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
void InstanceResolver::check_own_address_among_peers() {
    for (const vrrp::UnicastPeer& peer : transport_.peers)
        if (transport_.source == peer.address)
            loading_.report(ReportClass::notice, or_head(address_at("unicast_peer", peer.address)),
                            fmt::format("({}) unicast_peer {} is its own address", router_.name,
                                        peer.address.to_string()),
                            {.note = note("unicast_src_ip", "unicast_src_ip is here")});
}

bool InstanceResolver::resolve_transport() {
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
            loading_.report(ReportClass::deprecated, d_.place,
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
        complain_at(at("interface", 1),
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

void InstanceResolver::resolve_link() {
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
        complain_at(at("interface", 1),
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

void InstanceResolver::resolve_accept() {
    v_.accept = d_.accept.value_or(owner() || !strict_);
    if (v_.accept && !owner() && strict_ && router_.version == Version::v2) {
        complain("accept", "accept does not go with strict version 2; it is ignored");
        v_.accept = false;
    }
    GlobalSettings& global = global_.value;
    if ((!v_.accept || d_.use_vmac) && !global.iptables && !global.nftables.table) {
        loading_.remark(
            d_.place, "use_vmac or no_accept/strict specified, but no firewall configured - using nftables");
        global.nftables.table = "keepalived";
    }
}

void InstanceResolver::resolve_multicast_group() {
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
        transport_.multicast_group = global.multicast_group6.is_unspecified() ? *IpAddress::parse("ff02::12")
                                                                              : global.multicast_group6;
}

// A backup must see that the interface is down before it would take over: the delays of
// interface_up_down_delays have to be shorter than what remains of Master_Down_Interval.
void InstanceResolver::limit_interface_delays() {
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

}  // namespace holdfast::config
