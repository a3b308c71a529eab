#include "holdfast/kernel/link_beat.hpp"

#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "holdfast/io/fd.hpp"

namespace holdfast::kernel {

namespace {

ifreq request_for(const std::string& interface) {
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
}

std::optional<uint16_t> read_register(int fd, ifreq& request, uint16_t phy, uint16_t number) {
    mii_ioctl_data data{};
    data.phy_id = phy;
    data.reg_num = number;
    static_assert(sizeof data <= sizeof request.ifr_ifru);
    std::memcpy(&request.ifr_ifru, &data, sizeof data);
    if (::ioctl(fd, SIOCGMIIREG, &request) < 0) return std::nullopt;
    std::memcpy(&data, &request.ifr_ifru, sizeof data);
    return data.val_out;
}

std::optional<bool> ask_mii(int fd, const std::string& interface) {
    ifreq request = request_for(interface);
    if (::ioctl(fd, SIOCGMIIPHY, &request) < 0) return std::nullopt;
    mii_ioctl_data data{};
    std::memcpy(&data, &request.ifr_ifru, sizeof data);
    const uint16_t phy = data.phy_id;
    const auto control = read_register(fd, request, phy, MII_BMCR);
    const auto status = read_register(fd, request, phy, MII_BMSR);
    if (!control || *control == 0xffff || !status || *status == 0) return std::nullopt;
    // "Link established" sticks at "lost" until it is read: the second answer is the present.
    const auto again = read_register(fd, request, phy, MII_BMSR);
    return ((*status | again.value_or(0)) & BMSR_LSTATUS) != 0;
}

std::optional<bool> ask_ethtool(int fd, const std::string& interface) {
    ifreq request = request_for(interface);
    ethtool_value value{};
    value.cmd = ETHTOOL_GLINK;
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (::ioctl(fd, SIOCETHTOOL, &request) != 0) return std::nullopt;
    return value.data != 0;
}

bool ask_flags(int fd, const std::string& interface) {
    ifreq request = request_for(interface);
    if (::ioctl(fd, SIOCGIFFLAGS, &request) < 0) return errno != ENODEV;
    constexpr int kUp = IFF_UP | IFF_RUNNING;
    return (request.ifr_flags & kUp) == kUp;
}

}  // namespace

std::optional<bool> ask_link(const std::string& interface, LinkQuestion question) {
    const io::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) return std::nullopt;
    switch (question) {
        case LinkQuestion::mii:
            return ask_mii(fd.get(), interface);
        case LinkQuestion::ethtool:
            return ask_ethtool(fd.get(), interface);
        case LinkQuestion::flags:
            break;
    }
    return ask_flags(fd.get(), interface);
}

}  // namespace holdfast::kernel
