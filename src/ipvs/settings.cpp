#include "holdfast/ipvs/settings.hpp"

#include <fmt/format.h>

namespace holdfast::ipvs {
namespace {

std::string_view name(Protocol protocol) {
    switch (protocol) {
        case Protocol::none:
            return "none";
        case Protocol::tcp:
            return "tcp";
        case Protocol::udp:
            return "udp";
        case Protocol::sctp:
            return "sctp";
    }
    return "?";
}

}  // namespace

std::string ServiceKey::to_string() const {
    if (firewall_mark != 0) return fmt::format("FWM {}", firewall_mark);
    return fmt::format("[{}]:{}:{}", endpoint.address.to_string(), name(protocol), endpoint.port);
}

}  // namespace holdfast::ipvs
