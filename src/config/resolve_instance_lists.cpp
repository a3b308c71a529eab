// The lists of an instance: its virtual addresses and what it tracks.
#include <algorithm>

#include "instance_resolver.hpp"

namespace holdfast::config {
namespace {

constexpr uint32_t kDefaultMtu = 1500;
constexpr size_t kMaxAddresses = 255;  // The count in an advert has 8 bits.
constexpr size_t kHmacTrailer = 28;    // Type, key, time, counter and 16 bytes of HMAC.

}  // namespace

using vrrp::AuthType;
using vrrp::Version;

void InstanceResolver::check_link_local_first() {
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
void InstanceResolver::move_excess_addresses() {
    const bool v4 = router_.family == Family::ipv4;
    size_t header = 14U + 8U + (v4 ? 20U : 40U);
    if (v4 && router_.version == Version::v2)
        header += 8U + (router_.auth_type == AuthType::header ? 24U : 0U);
    if (router_.hmac && router_.hmac->mode != vrrp::HmacMode::receive_only) header += kHmacTrailer;
    const size_t mtu = facts() ? facts()->mtu : kDefaultMtu;
    const size_t room = mtu > header ? std::min<size_t>(kMaxAddresses, (mtu - header) / (v4 ? 4U : 16U)) : 0;
    if (v_.addresses.size() <= room) return;
    complain(fmt::format(
        "{} virtual addresses are more than the {} an advert can hold; the others are not advertised",
        v_.addresses.size(), room));
    const auto first = v_.addresses.begin() + static_cast<std::ptrdiff_t>(room);
    v_.excluded_addresses.insert(v_.excluded_addresses.end(), first, v_.addresses.end());
    v_.addresses.erase(first, v_.addresses.end());
}

void InstanceResolver::check_own_interface() {
    if (!d_.interface) return;
    v_.track.interfaces.erase_if([&](const track::Reference& reference) {
        if (reference.name != *d_.interface) return false;
        complain_at(tracked_at("track_interface", reference.name),
                    fmt::format("track_interface {} is its own interface; it is ignored", reference.name));
        return true;
    });
}

void InstanceResolver::resolve_address_interfaces() {
    resolve_address_interfaces(v_.addresses, "virtual_ipaddress");
    resolve_address_interfaces(v_.excluded_addresses, "virtual_ipaddress_excluded");
}

void InstanceResolver::resolve_address_interfaces(std::vector<netstate::AddressSettings>& list,
                                                  std::string_view what) {
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

void InstanceResolver::resolve_garp_extra() {
    const GlobalSettings& global = global_.value;
    if (!d_.garp_extra) {
        d_.garp_extra = global.garp_extra_interfaces;
        v_.garp_extra_all = v_.garp_extra_all || global.garp_extra_all;
    }
    const bool useful = extra_vmac_ || (extra_interface_ && v_.garp_extra_all);
    v_.garp_extra_interfaces = useful ? *d_.garp_extra : Duration{0};
}

bool InstanceResolver::check_any_address() {
    if (v_.no_virtual_ipaddress && strict_) {
        loading_.report(ReportClass::warning, at("no_virtual_ipaddress"),
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
void InstanceResolver::drop_weights() {
    const bool grouped = d_.group != nullptr && !d_.group->value.group.tracking_weight;
    if (!grouped && !owner()) return;
    const std::string_view why = grouped ? "its sync group" : "priority 255";
    const Draft& draft = loading_.draft;
    const auto ignored = [&](std::string_view what, const std::string& name, std::string_view part) {
        complain_at(tracked_at(what, name),
                    fmt::format("{} {} has a weight, which does not go with {}; {} is ignored", what, name,
                                why, part));
    };
    v_.track.interfaces.erase_if([&](track::Reference& reference) {
        if (reference.weight.value_or(0) == 0) return false;
        ignored("track_interface", reference.name, grouped ? "the weight" : "it");
        reference.weight = 0;
        return !grouped;
    });
    v_.track.scripts.erase_if([&](const track::Reference& reference) {
        const auto script = draft.script_names.find(reference.name);
        if (reference.weight.value_or(
                script == draft.script_names.end() ? 0 : draft.scripts[script->second].value.weight) == 0)
            return false;
        ignored("track_script", reference.name, "it");
        return true;
    });
    v_.track.files.erase_if([&](track::Reference& reference) {
        const auto file = draft.file_names.find(reference.name);
        const int weight = reference.weight.value_or(
            file == draft.file_names.end() ? 1 : draft.config.track_files[file->second].weight);
        if (weight == 0) return false;
        ignored("track_file", reference.name, weight == 1 ? "the weight" : "it");
        reference.weight = 0;
        return weight != 1;
    });
    v_.track.bfds.erase_if([&](const track::Reference& reference) {
        const auto session = draft.bfd_names.find(reference.name);
        if (reference.weight.value_or(session == draft.bfd_names.end()
                                          ? 0
                                          : draft.config.bfd_sessions[session->second].weight) == 0)
            return false;
        ignored("track_bfd", reference.name, "it");
        return true;
    });
}

}  // namespace holdfast::config
