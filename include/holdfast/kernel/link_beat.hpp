// Asks a network driver by ioctl whether the link is up, for drivers that do not tell the kernel
// (linkbeat_interfaces).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::kernel {

enum class LinkQuestion : uint8_t {
    mii,      ///< SIOCGMIIPHY and SIOCGMIIREG: the basic mode status register.
    ethtool,  ///< ETHTOOL_GLINK
    flags,  ///< SIOCGIFFLAGS: IFF_UP and IFF_RUNNING; unanswerable counts as up, a missing interface as down.
};

/// Nothing when the driver does not answer this question.
std::optional<bool> ask_link(const std::string& interface, LinkQuestion question);

}  // namespace holdfast::kernel
