// virtual_ipaddress, virtual_ipaddress_excluded and static_ipaddress: one address per line, options as `ip
// address`.
#include <fmt/format.h>

#include "tables.hpp"

namespace holdfast::config {
namespace {

using netstate::AddressSettings;

// clang-format off: one word, one line
const Option kAddressOptions[] = {
    {"use_vmac", "", "A VMAC for this address on its interface.", rare, {}, "192.0.2.8/24 use_vmac", kNothingWrong},
    {"dev", "IFNAME", "Interface of this address, tracked too unless no_track.", everyday, {}, "192.0.2.8/24 dev eth1", "192.0.2.8/24 dev ^no-such-if\n192.0.2.8/24 ^dev"},
    {"brd", "ADDR|+|-", "Broadcast address; + sets and - clears the host bits. IPv4 only.", common, {"broadcast"}, "192.0.2.8/24 brd +", "192.0.2.8/24 brd ^nobody\n192.0.2.8/24 ^brd\n^192.0.2.8/31 brd +"},
    {"scope", "global|site|link|host|nowhere|N", "Address scope, IPv4 only.", common, {}, "192.0.2.8/24 scope link", "192.0.2.8/24 scope ^moon\n192.0.2.8/24 ^scope"},
    {"label", "NAME", "Label of at most 15 characters, IPv4 only.", everyday, {}, "192.0.2.8/24 label eth0:1", "192.0.2.8/24 label ^eth0:a-long-name1"},
    {"peer", "ADDR", "Other end of a point-to-point link.", rare, {}, "192.0.2.8 peer 192.0.2.9", "192.0.2.8 peer ^192.0.2.300\n192.0.2.8 peer ^2001:db8::1"},
    {"home", "", "IFA_F_HOMEADDRESS.", rare, {}, "192.0.2.8/24 home", kNothingWrong},
    {"-nodad", "", "Do duplicate address detection after all.", rare, {}, "192.0.2.8/24 -nodad", kNothingWrong},
    {"mngtmpaddr", "", "IFA_F_MANAGETEMPADDR.", rare, {}, "192.0.2.8/24 mngtmpaddr", kNothingWrong},
    {"noprefixroute", "", "No route for the prefix.", rare, {}, "192.0.2.8/24 noprefixroute", kNothingWrong},
    {"autojoin", "", "Join the multicast group of the address.", rare, {}, "192.0.2.8/24 autojoin", kNothingWrong},
    {"no_track", "", "Losing the address has no effect; it is not put back.", common, {}, "192.0.2.8/24 no_track", kNothingWrong},
    {"preferred_lft", "SECS|forever", "Preferred lifetime; 0 = deprecated.", rare, {}, "192.0.2.8/24 preferred_lft 0", "192.0.2.8/24 preferred_lft ^-1\n192.0.2.8/24 preferred_lft ^long"},
    {"track_group", "NAME", "Losing it means FAULT for the group.", rare, {}, "192.0.2.8/24 dev eth0 track_group TG1", "192.0.2.8/24 dev eth0 track_group ^TG9"},
};
// clang-format on

// The first word is for virtual addresses only, the last one for static ones.
const std::span kVirtualOptions = std::span(kAddressOptions).first(std::size(kAddressOptions) - 1);
const std::span kStaticOptions = std::span(kAddressOptions).subspan(1);

class AddressReader {
  public:
    AddressReader(Loading& loading, const Line& line, bool is_static)
        : loading_(loading), line_(line), is_static_(is_static) {}

    std::optional<AddressSettings> read() {
        if (!read_prefix()) return std::nullopt;
        for (word_ = 1; word_ < line_.size(); ++word_)
            if (!read_option()) return std::nullopt;
        return finish();
    }

  private:
    void complain(size_t word, std::string_view problem) {
        loading_.error(line_, word, fmt::format("{} {}", line_.word(word), problem));
    }

    bool read_prefix() {
        const std::string_view text = line_.word(0);
        const size_t slash = text.find('/');
        const auto address = IpAddress::parse(text.substr(0, slash));
        if (!address) {
            complain(0, "is not an IP address; the line is ignored");
            return false;
        }
        address_.prefix = Prefix::host(*address);
        if (slash == std::string_view::npos) return true;
        const auto length = parse_integer(text.substr(slash + 1), 0, address_.prefix.length, Lenient::yes);
        if (!length.problem.empty())
            loading_.report(ReportClass::number, line_, 0,
                            fmt::format("prefix length {} {}", text.substr(slash + 1), length.problem));
        if (length.value) address_.prefix.length = static_cast<uint8_t>(*length.value);
        return true;
    }

    /// The value of the option at word_; false = none, and the address cannot be used.
    bool take_value() {
        if (line_.has(word_ + 1)) {
            value_ = line_.word(++word_);
            return true;
        }
        complain(word_, "has no value; the address is ignored");
        return false;
    }

    bool read_option() {
        const std::string_view option = line_.word(word_);
        if (option == "dev") return take_value() && read_interface();
        if (option == "scope") return take_value() && read_scope();
        if (option == "brd" || option == "broadcast") return take_value() && read_broadcast();
        if (option == "label") return take_value() && read_label();
        if (option == "peer") return take_value() && read_peer();
        if (option == "preferred_lft") return take_value() && read_lifetime();
        if (is_static_ && option == "track_group") {
            if (!take_value()) return false;
            address_.track_group = read_track_group(loading_, line_, word_, address_.track_group);
            return true;
        }
        if (option == "home") return address_.home = true;
        if (option == "-nodad") return address_.dad = true;
        if (option == "mngtmpaddr") return address_.mngtmpaddr = true;
        if (option == "noprefixroute") return address_.noprefixroute = true;
        if (option == "autojoin") return address_.autojoin = true;
        if (option == "no_track") return address_.no_track = true;
        if (!is_static_ && option == "use_vmac") return address_.use_vmac = true;
        Diagnostic diagnostic =
            loading_.document.report(Severity::error, ReportClass::general, line_.directive(), word_,
                                     fmt::format("{} is not an option of an address; it is ignored", option));
        if (parse_address(option) && option.find_first_of(".:") != std::string_view::npos)
            diagnostic.message = fmt::format("{} is lost: there is one address per line", option);
        else
            diagnostic.suggestion = closest(is_static_ ? kStaticAddressList : kAddressList, option);
        loading_.add(std::move(diagnostic));
        return true;
    }

    bool read_interface() {
        if (!address_.interface.empty()) {
            complain(word_, "is a second interface; the address is ignored");
            return false;
        }
        if (!loading_.interface_usable(value_)) {
            complain(word_, "is not an interface; the address is ignored");
            return false;
        }
        address_.interface = value_;
        address_.explicit_interface = true;
        return true;
    }

    bool read_scope() {
        if (auto scope = loading_.named_number(NameTable::scopes, value_, 255))
            address_.scope = static_cast<uint8_t>(*scope);
        else
            complain(word_, "is not a scope");
        return true;
    }

    bool read_broadcast() {
        if (address_.prefix.address.is_v6()) {
            complain(word_, "is a broadcast address, which IPv6 does not have; the address is ignored");
            return false;
        }
        broadcast_given_ = true;
        if (value_ == "+") {
            address_.broadcast_all_ones = true;
        } else if (value_ == "-") {
            address_.broadcast_network = true;
        } else if (auto broadcast = IpAddress::parse(value_); broadcast && broadcast->is_v4()) {
            address_.broadcast = broadcast;
        } else {
            complain(word_, "is not a broadcast address; the address is ignored");
            return false;
        }
        return true;
    }

    bool read_label() {
        if (value_.size() > 15) {
            complain(word_, "is longer than 15 characters; the address is ignored");
            return false;
        }
        address_.label = value_;
        return true;
    }

    bool read_peer() {
        if (address_.peer) {
            complain(word_, "is a second peer; it is ignored");
            return true;
        }
        const auto peer = IpAddress::parse(value_);
        if (!peer) {
            complain(word_, "is not an IP address");
        } else if (peer->family() != address_.prefix.address.family()) {
            complain(word_, "is not of the family of the address");
        } else {
            if (address_.prefix.length != peer->max_prefix_length())
                complain(0, "has a prefix length, which does not go with peer; it is ignored");
            address_.prefix.length = peer->max_prefix_length();
            address_.peer = Prefix::host(*peer);
        }
        return true;
    }

    bool read_lifetime() {
        if (value_ == "forever") {
            address_.preferred_lifetime = UINT32_MAX;
            return true;
        }
        const auto seconds = parse_integer(value_, 0, kMaxUint32, Lenient::yes);
        if (!seconds.problem.empty())
            loading_.report(ReportClass::number, line_, word_,
                            fmt::format("preferred_lft {} {}", value_, seconds.problem));
        if (seconds.value) address_.preferred_lifetime = static_cast<uint32_t>(*seconds.value);
        return true;
    }

    std::optional<AddressSettings> finish() {
        if (broadcast_given_ && address_.peer) {
            complain(0, "has a peer, so the broadcast address is ignored");
            clear_broadcast();
        } else if ((address_.broadcast_all_ones || address_.broadcast_network) &&
                   address_.prefix.length > 30) {
            complain(0, "has a prefix too long for a broadcast address");
            clear_broadcast();
        }
        if (is_static_ && address_.interface.empty()) {
            address_.interface = loading_.draft.global.value.default_interface;
            if (!loading_.interface_usable(address_.interface)) {
                loading_.report(ReportClass::fatal, line_, kWholeLine,
                                fmt::format("{} needs dev, because the default interface {} does not exist",
                                            line_.word(0), address_.interface));
                return std::nullopt;
            }
        }
        if (address_.prefix.address.is_v6()) {
            if (address_.scope != 0) complain(0, "is IPv6 and cannot have a scope; it is ignored");
            if (!address_.label.empty()) complain(0, "is IPv6 and cannot have a label; it is ignored");
            address_.scope = 0;
            address_.label.clear();
        }
        return address_;
    }

    void clear_broadcast() {
        address_.broadcast.reset();
        address_.broadcast_all_ones = address_.broadcast_network = false;
    }

    Loading& loading_;
    const Line& line_;
    const bool is_static_;
    AddressSettings address_;
    size_t word_ = 0;
    std::string_view value_;
    bool broadcast_given_ = false;
};

bool accepted_family(Loading& loading, InstanceDraft& instance, const Line& line, Family family) {
    if (!instance.family) instance.family = family;
    if (*instance.family == family) return true;
    loading.error(line, 0,
                  fmt::format("{} is not of the family of instance {}; it is ignored", line.word(0),
                              instance.value.router.name));
    return false;
}

void report_repeated(Loading& loading, const InstanceDraft& instance, const Line& line,
                     const IpAddress& address) {
    const char* const here = line.word(0).data();
    Place first;
    for (const std::string_view list : {"virtual_ipaddress", "virtual_ipaddress_excluded"}) {
        if (first.begin != nullptr) break;
        first = loading.place_of_entry(instance.place, list, [&](const Words& words) {
            return words.at_or_empty(0).data() != here && parse_address(words.at_or_empty(0)) == address;
        });
    }
    loading.error(line.place(0), fmt::format("{} was given before; this one is ignored", line.word(0)),
                  {.note = loading.note(first, "it is here already")});
}

void read_virtual_address(Loading& loading, void* target, const Line& line) {
    auto& instance = *static_cast<InstanceDraft*>(target);
    AddressesSeen& seen = loading.draft.seen;
    auto address = read_address(loading, line, false);
    if (!address || !accepted_family(loading, instance, line, address->prefix.address.family())) return;
    if (!seen.virtual_ones.insert(address->prefix.address).second ||
        seen.excluded.contains({address->prefix.address, address->interface})) {
        report_repeated(loading, instance, line, address->prefix.address);
        return;
    }
    seen.with_interface.insert({address->prefix.address, address->interface});
    instance.value.addresses.push_back(std::move(*address));
}

void read_excluded_address(Loading& loading, void* target, const Line& line) {
    auto& instance = *static_cast<InstanceDraft*>(target);
    AddressesSeen& seen = loading.draft.seen;
    auto address = read_address(loading, line, false);
    if (!address) return;
    // The same address may be a virtual one on another interface.
    const std::pair key{address->prefix.address, address->interface};
    if (seen.with_interface.contains(key) || !seen.excluded.insert(key).second) {
        report_repeated(loading, instance, line, address->prefix.address);
        return;
    }
    instance.value.excluded_addresses.push_back(std::move(*address));
}

void read_static_address(Loading& loading, void* target, const Line& line) {
    if (auto address = read_address(loading, line, true))
        static_cast<Draft*>(target)->config.static_addresses.push_back(std::move(*address));
}

constexpr std::string_view kEntry = "ADDR[/PLEN] [OPTION...]";

}  // namespace

std::optional<AddressSettings> read_address(Loading& loading, const Line& line, bool is_static) {
    return AddressReader(loading, line, is_static).read();
}

std::string read_track_group(Loading& loading, const Line& line, size_t word, const std::string& before) {
    const std::string name(line.word(word));
    if (!before.empty()) {
        loading.error(line, word, fmt::format("track_group {} is a second group; it is ignored", name));
        return before;
    }
    if (loading.draft.config.track_groups.contains(name)) return name;
    loading.error(line, word, fmt::format("track_group {} is not defined above", name));
    return {};
}

std::string to_text(const AddressSettings& address) {
    std::string text = address.prefix.to_string();
    if (address.broadcast_all_ones) text += " brd +";
    if (address.broadcast_network) text += " brd -";
    if (address.broadcast) text += " brd " + address.broadcast->to_string();
    if (address.explicit_interface) text += " dev " + quoted(address.interface);
    if (address.scope != 0) text += fmt::format(" scope {}", address.scope);
    if (!address.label.empty()) text += " label " + quoted(address.label);
    if (address.peer) text += " peer " + address.peer->address.to_string();
    if (address.home) text += " home";
    if (address.dad) text += " -nodad";
    if (address.mngtmpaddr) text += " mngtmpaddr";
    if (address.noprefixroute) text += " noprefixroute";
    if (address.autojoin) text += " autojoin";
    if (address.no_track) text += " no_track";
    if (address.preferred_lifetime)
        text += *address.preferred_lifetime == UINT32_MAX
                    ? " preferred_lft forever"
                    : fmt::format(" preferred_lft {}", *address.preferred_lifetime);
    if (address.use_vmac) text += " use_vmac";
    if (!address.track_group.empty()) text += " track_group " + quoted(address.track_group);
    return text;
}

const Block kAddressList =
    Block{"vrrp_instance/virtual_ipaddress", {}, read_virtual_address, kVirtualOptions, kEntry}.around(
        "192.0.2.1/24");
const Block kExcludedAddressList =
    Block{"vrrp_instance/virtual_ipaddress_excluded", {}, read_excluded_address, kVirtualOptions, kEntry}
        .around("192.0.2.230/32");
const Block kStaticAddressList =
    Block{"static_ipaddress", {}, read_static_address, kStaticOptions, kEntry}.around(
        "192.0.2.240/24 dev eth0");

}  // namespace holdfast::config
