// Internal to config/: the work on one vrrp_instance, whose parts are in resolve_instance*.cpp.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loading.hpp"
#include "tables_track.hpp"

namespace holdfast::config {

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

    void resolve();

  private:
    // resolve_instance.cpp: the router.
    void resolve_version();
    void resolve_priority();
    void resolve_preemption();
    void clear_preempt_delay(std::string_view why, std::string_view keyword = {});
    void resolve_strict_switches();
    void resolve_owner();
    void resolve_notifications();
    void resolve_interval();
    void write_router();

    // resolve_instance_transport.cpp: where its packets go, and what protects them.
    void resolve_authentication();
    void resolve_hmac();
    void check_own_address_among_peers();
    bool resolve_transport();
    void resolve_link();
    void resolve_accept();
    void resolve_multicast_group();
    void limit_interface_delays();

    // resolve_instance_lists.cpp: its addresses and what it tracks.
    void check_link_local_first();
    void move_excess_addresses();
    void check_own_interface();
    void resolve_address_interfaces();
    void resolve_address_interfaces(std::vector<netstate::AddressSettings>& list, std::string_view what);
    void resolve_garp_extra();
    bool check_any_address();
    void drop_weights();

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
    template <class T>
    T strict_choice(const std::optional<T>& own, T required, T otherwise, std::string_view keyword) {
        if (!own) return strict_ ? required : otherwise;
        if (strict_ && *own != required) {
            complain(keyword, fmt::format("{} has a fixed value in strict mode, which is used", keyword));
            return required;
        }
        return *own;
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

}  // namespace holdfast::config
