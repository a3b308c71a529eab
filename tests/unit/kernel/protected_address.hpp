#pragma once

#include "holdfast/netstate/firewall.hpp"

namespace holdfast::kernel {

/// `address` as no_accept protects it: on any interface.
inline netstate::ProtectedAddress global(const char* address) {
    return {*IpAddress::parse(address), {}, {}, 0};
}

}  // namespace holdfast::kernel
