#include <fmt/format.h>

#include "holdfast/ipvs/kernel.hpp"

namespace holdfast::ipvs {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

const ServiceKey& service_of(const Operation& operation) {
    return std::visit(Overloaded{
                          [](const AddService& o) -> const ServiceKey& { return o.key; },
                          [](const EditService& o) -> const ServiceKey& { return o.key; },
                          [](const RemoveService& o) -> const ServiceKey& { return o.key; },
                          [](const AddDestination& o) -> const ServiceKey& { return o.service; },
                          [](const EditDestination& o) -> const ServiceKey& { return o.service; },
                          [](const RemoveDestination& o) -> const ServiceKey& { return o.service; },
                      },
                      operation);
}

std::string to_string(const Operation& operation) {
    auto destination = [](std::string_view verb, const DestinationKey& key, const ServiceKey& service) {
        return fmt::format("{} destination {} of {}", verb, key.to_string(), service.to_string());
    };
    return std::visit(
        Overloaded{
            [](const AddService& o) {
                return fmt::format("add service {} with scheduler {}", o.key.to_string(),
                                   o.attributes.scheduler);
            },
            [](const EditService& o) {
                return fmt::format("edit service {} to scheduler {}", o.key.to_string(),
                                   o.attributes.scheduler);
            },
            [](const RemoveService& o) { return fmt::format("remove service {}", o.key.to_string()); },
            [&](const AddDestination& o) { return destination("add", o.destination.key, o.service); },
            [&](const EditDestination& o) { return destination("edit", o.destination.key, o.service); },
            [&](const RemoveDestination& o) { return destination("remove", o.key, o.service); },
        },
        operation);
}

std::string Info::version_text() const {
    return fmt::format("{}.{}.{}", version >> 16U & 255U, version >> 8U & 255U, version & 255U);
}

}  // namespace holdfast::ipvs
