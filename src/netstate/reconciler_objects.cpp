#include "reconciler_objects.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "holdfast/netstate/resolve.hpp"

namespace holdfast::netstate {

Result<ConcreteObject> concrete(const ObjectSettings& settings, const Mirror& mirror) {
    return std::visit(
        [&](const auto& of_kind) -> Result<ConcreteObject> {
            if constexpr (std::is_same_v<std::decay_t<decltype(of_kind)>, Shared<RuleSettings>>) {
                return ConcreteObject(resolve(*of_kind));
            } else {
                auto object = resolve(*of_kind, mirror);
                if (!object) return Failure(std::move(object.error()));
                return ConcreteObject(*std::move(object));
            }
        },
        settings);
}

std::optional<ConcreteObject> find_leftover(const ObjectSettings& settings, InterfaceIndex place,
                                            const Mirror& mirror) {
    if (const auto* address = settings_as<AddressSettings>(settings); address != nullptr && place) {
        KernelAddress left = resolve(*address, place);
        if (mirror.address(left.key()) == nullptr) return std::nullopt;
        return left;
    }
    if (auto object = concrete(settings, mirror)) return *std::move(object);
    const auto* route = settings_as<RouteSettings>(settings);
    if (route == nullptr) return std::nullopt;
    const RouteKey key = place_of(*route);
    for (const KernelRoute* have : mirror.routes(key))
        if (have->protocol == route->protocol && have->type == route->type && have->family == route->family)
            return *have;
    return std::nullopt;
}

bool is_on_link_that_is_off(const ConcreteObject& object, const Mirror& mirror) {
    const auto is_off = [&](InterfaceIndex interface) {
        const LinkInfo* link = mirror.link(interface);
        return link != nullptr && !link->up;
    };
    if (const auto* address = std::get_if<KernelAddress>(&object)) return is_off(address->interface);
    const auto* route = std::get_if<KernelRoute>(&object);
    return route != nullptr && std::ranges::any_of(route->next_hops, [&](const KernelNextHop& hop) {
               return is_off(hop.interface);
           });
}

bool is_no_track(const ObjectSettings& settings) {
    return std::visit([](const auto& of_kind) { return of_kind->no_track; }, settings);
}

bool is_impossible(const ObjectSettings& settings) {
    const auto* route = settings_as<RouteSettings>(settings);
    if (route == nullptr) return false;
    const auto is_wrong = [](const std::vector<std::string>& words) {
        return !words.empty() && !parse_encapsulation(words);
    };
    return is_wrong(route->encapsulation) || std::ranges::any_of(route->next_hops, [&](const NextHop& hop) {
               return is_wrong(hop.encapsulation);
           });
}

bool is_present(const ConcreteObject& object, bool exactly, const Mirror& mirror) {
    if (const auto* address = std::get_if<KernelAddress>(&object)) {
        const KernelAddress* have = mirror.address(address->key());
        return have != nullptr && (!exactly || matches(*address, *have));
    }
    if (const auto* route = std::get_if<KernelRoute>(&object)) return mirror.route(*route) != nullptr;
    return mirror.has_rule(std::get<KernelRule>(object));
}

bool is_same(const ConcreteObject& left, const ConcreteObject& right) {
    if (left.index() != right.index()) return false;
    if (const auto* address = std::get_if<KernelAddress>(&left))
        return address->key() == std::get<KernelAddress>(right).key();
    if (const auto* route = std::get_if<KernelRoute>(&left))
        return matches(std::get<KernelRoute>(right), *route);
    return left == right;
}

ObjectEvent describe(ObjectEvent::What what, const Owner& owner, const ObjectSettings& settings) {
    ObjectEvent event;
    event.what = what;
    event.owner = owner;
    if (const auto* address = settings_as<AddressSettings>(settings)) {
        event.kind = ObjectKind::address;
        event.text = address->prefix.to_string();
        event.interface = address->interface;
        event.address = address->prefix.address;
    } else if (const auto* route = settings_as<RouteSettings>(settings)) {
        event.kind = ObjectKind::route;
        event.text = route->destination.to_string();
        event.interface = route->interface;
    } else {
        event.kind = ObjectKind::rule;
        event.text = to_string(*std::get<Shared<RuleSettings>>(settings));
    }
    return event;
}

}  // namespace holdfast::netstate
