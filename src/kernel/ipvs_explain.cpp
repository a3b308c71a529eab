// The kernel answers IPVS requests with errno values that mean something else for each request
// (net/netfilter/ipvs/ip_vs_ctl.c). Here they become words.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "holdfast/kernel/ipvs_codec.hpp"

namespace holdfast::kernel::ipvs_codec {
namespace {

std::string service_error(const ipvs::ServiceAttributes& attributes, int error) {
    switch (error) {
        case EEXIST:
            return "it exists already";
        case ESRCH:
            return "there is no such service";
        case ENOENT:
            return attributes.persistence_engine.empty()
                       ? fmt::format("this kernel has no scheduler '{}'", attributes.scheduler)
                       : fmt::format("this kernel has no scheduler '{}' or no persistence engine '{}'",
                                     attributes.scheduler, attributes.persistence_engine);
        case EINVAL:
            return "the kernel does not accept this combination of address, mask and flags";
        case EAFNOSUPPORT:
            return "the kernel has no IPVS for this address family";
        case EPROTONOSUPPORT:
            return "the kernel has no IPVS for this protocol";
        default:
            return {};
    }
}

std::string destination_error(int error) {
    switch (error) {
        case EEXIST:
            return "it exists already";
        case ESRCH:
            return "there is no such service";
        case ENOENT:
            return "there is no such destination";
        case EINVAL:
            return "the kernel does not accept this address here: not a unicast address it has a route to, "
                   "or another "
                   "family than the service's without a tunnel or while the sync daemon runs";
        case ERANGE:
            return "weight or thresholds are out of range";
        default:
            return {};
    }
}

struct Explain {
    int error;
    std::string operator()(const ipvs::AddService& o) const { return service_error(o.attributes, error); }
    std::string operator()(const ipvs::EditService& o) const { return service_error(o.attributes, error); }
    std::string operator()(const ipvs::RemoveService&) const {
        return error == ESRCH || error == ENOENT ? "there is no such service" : "";
    }
    std::string operator()(const ipvs::AddDestination&) const { return destination_error(error); }
    std::string operator()(const ipvs::EditDestination&) const { return destination_error(error); }
    std::string operator()(const ipvs::RemoveDestination&) const { return destination_error(error); }
};

}  // namespace

std::string explain(const ipvs::Operation& operation, int error) {
    std::string reason = std::visit(Explain{error}, operation);
    if (error == EPERM) reason = "not permitted (CAP_NET_ADMIN is needed)";
    if (error == ENOBUFS) reason = "the kernel's answer was lost";
    if (reason.empty()) reason = std::strerror(error);
    return reason;
}

}  // namespace holdfast::kernel::ipvs_codec
