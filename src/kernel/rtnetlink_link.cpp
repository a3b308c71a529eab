#include "rtnetlink_link.hpp"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace holdfast::kernel {

using namespace netstate;

namespace {

constexpr int kChange = NLM_F_REQUEST | NLM_F_ACK;
constexpr size_t kRoom = 512;

NetlinkMessage new_link(int flags, uint32_t sequence, const ifinfomsg& header) {
    NetlinkMessage message(RTM_NEWLINK, flags, sequence, kRoom);
    message.header(header);
    return message;
}

/// For links whose index is not known yet: the kernel looks them up by the name.
NetlinkMessage change_by_name(const std::string& name, uint32_t sequence, const ifinfomsg& header = {}) {
    NetlinkMessage message = new_link(kChange, sequence, header);
    message.text(IFLA_IFNAME, name);
    return message;
}

void put_kind(NetlinkMessage& message, const KernelVirtualLink& link) {
    nlattr* info = message.begin_nest(IFLA_LINKINFO);
    message.text(IFLA_INFO_KIND, link.ipvlan ? "ipvlan" : "macvlan");
    nlattr* data = message.begin_nest(IFLA_INFO_DATA);
    if (link.ipvlan) {
        message.value(IFLA_IPVLAN_MODE, static_cast<uint16_t>(kIpvlanL2));
        message.value(IFLA_IPVLAN_FLAGS, link.ipvlan_flags);
    } else {
        message.value(IFLA_MACVLAN_MODE, kMacvlanPrivate);
    }
    message.end_nest(data);
    message.end_nest(info);
}

void put_properties(NetlinkMessage& message, const KernelVirtualLink& link) {
    message.value(IFLA_GROUP, link.group);
    if (!link.ipvlan) message.value(IFLA_ADDRESS, link.mac.bytes);
}

}  // namespace

NetlinkMessage link_message(const AddLink& operation, uint32_t sequence) {
    const KernelVirtualLink& link = operation.link;
    NetlinkMessage message = new_link(kChange | NLM_F_CREATE | NLM_F_EXCL, sequence, {});
    message.value(IFLA_LINK, link.lower.value);
    message.text(IFLA_IFNAME, link.name);
    put_kind(message, link);
    put_properties(message, link);
    if (link.vrf) message.value(IFLA_MASTER, link.vrf.value);
    return message;
}

NetlinkMessage link_message(const UpdateLink& operation, uint32_t sequence) {
    const KernelVirtualLink& link = operation.link;
    NetlinkMessage message = change_by_name(link.name, sequence);
    if (!link.ipvlan) put_kind(message, link);
    put_properties(message, link);
    message.value(IFLA_MASTER, link.vrf.value);
    return message;
}

NetlinkMessage link_message(const TuneLink& operation, uint32_t sequence) {
    NetlinkMessage message = change_by_name(operation.name, sequence);
    nlattr* families = message.begin_nest(IFLA_AF_SPEC);
    if (operation.vmac) {
        nlattr* inet = message.begin_nest(AF_INET);
        nlattr* knobs = message.begin_nest(IFLA_INET_CONF);
        message.value(IPV4_DEVCONF_ARP_IGNORE, uint32_t{1});
        if (operation.ipv4) {
            message.value(IPV4_DEVCONF_ACCEPT_LOCAL, uint32_t{1});
            message.value(IPV4_DEVCONF_RP_FILTER, uint32_t{0});
            message.value(IPV4_DEVCONF_PROMOTE_SECONDARIES, uint32_t{1});
        }
        message.end_nest(knobs);
        message.end_nest(inet);
        nlattr* inet6 = message.begin_nest(AF_INET6);
        message.value(IFLA_INET6_ADDR_GEN_MODE, static_cast<uint8_t>(IN6_ADDR_GEN_MODE_NONE));
        message.end_nest(inet6);
    }
    message.end_nest(families);
    return message;
}

NetlinkMessage link_message(const SwitchLinkOn& operation, uint32_t sequence) {
    ifinfomsg header{};
    header.ifi_change = IFF_UP;
    header.ifi_flags = IFF_UP;
    return change_by_name(operation.name, sequence, header);
}

NetlinkMessage link_message(const RemoveLink& operation, uint32_t sequence) {
    NetlinkMessage message(RTM_DELLINK, kChange, sequence, kRoom);
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(operation.index.value);
    message.header(header);
    return message;
}

NetlinkMessage link_message(const ReannounceLink& operation, uint32_t sequence) {
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(operation.index.value);
    NetlinkMessage message = new_link(kChange, sequence, header);
    message.value(IFLA_GROUP, operation.group);
    return message;
}

}  // namespace holdfast::kernel
