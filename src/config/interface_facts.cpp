#include "interface_facts.hpp"

#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::config {
namespace {

using Bytes = std::span<const uint8_t>;

/// A fixed header at the start of `bytes`.
template <class T>
std::optional<T> header(Bytes bytes) {
    if (bytes.size() < sizeof(T)) return std::nullopt;
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

constexpr size_t aligned(size_t size) {
    return (size + 3U) & ~size_t{3};
}

/// Calls visit(type, payload) for every attribute.
template <class Visit>
void for_each_attribute(Bytes bytes, Visit&& visit) {
    while (const auto attribute = header<rtattr>(bytes)) {
        if (attribute->rta_len < sizeof(rtattr) || attribute->rta_len > bytes.size()) return;
        visit(static_cast<unsigned>(attribute->rta_type & ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER)),
              bytes.subspan(sizeof(rtattr), attribute->rta_len - sizeof(rtattr)));
        bytes = bytes.subspan(std::min(bytes.size(), aligned(attribute->rta_len)));
    }
}

uint32_t number(Bytes bytes) {
    if (bytes.size() >= sizeof(uint32_t)) return header<uint32_t>(bytes).value_or(0);
    return header<uint16_t>(bytes).value_or(0);
}

std::string_view text(Bytes bytes) {
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return all.substr(0, all.find('\0'));
}

void read_kind(InterfaceFacts& facts, Bytes information) {
    std::string_view kind;
    Bytes data;
    for_each_attribute(information, [&](unsigned type, Bytes payload) {
        if (type == IFLA_INFO_KIND) kind = text(payload);
        if (type == IFLA_INFO_DATA) data = payload;
    });
    // A macvtap counts as a macvlan for keepalived too.
    const bool macvlan = kind == "macvlan" || kind == "macvtap";
    facts.vmac = macvlan || kind == "ipvlan";
    for_each_attribute(data, [&](unsigned type, Bytes payload) {
        if (kind == "macvlan" && type == IFLA_MACVLAN_MODE)
            facts.private_macvlan = number(payload) == MACVLAN_MODE_PRIVATE;
        if (kind == "ipvlan" && type == IFLA_IPVLAN_MODE) facts.l2_ipvlan = number(payload) == IPVLAN_MODE_L2;
        if (kind == "vrf" && type == IFLA_VRF_TABLE) facts.vrf_table = number(payload);
    });
}

/// A dump socket, closed at the end.
class Socket {
  public:
    Socket() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (fd_ >= 0) close(fd_);
    }

    bool ask(uint16_t type) {
        struct {
            nlmsghdr message;
            rtgenmsg family;
        } request{};
        request.message.nlmsg_len = NLMSG_LENGTH(sizeof(rtgenmsg));
        request.message.nlmsg_type = type;
        request.message.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        request.family.rtgen_family = AF_UNSPEC;
        return fd_ >= 0 && send(fd_, &request, request.message.nlmsg_len, 0) >= 0;
    }

    /// Nothing when the kernel does not answer.
    std::optional<Bytes> receive() {
        ssize_t size = 0;
        do {
            size = recv(fd_, buffer_.data(), buffer_.size(), 0);
        } while (size < 0 && errno == EINTR);
        if (size <= 0) return std::nullopt;
        return Bytes(buffer_.data(), static_cast<size_t>(size));
    }

  private:
    int fd_;
    // The kernel fills at most 32 KiB per answer of a dump.
    std::vector<uint8_t> buffer_ = std::vector<uint8_t>(size_t{64} << 10U);
};

}  // namespace

bool InterfaceCollector::take(Bytes messages) {
    while (const auto message = header<nlmsghdr>(messages)) {
        if (message->nlmsg_len < sizeof(nlmsghdr) || message->nlmsg_len > messages.size()) return false;
        const Bytes payload = messages.subspan(sizeof(nlmsghdr), message->nlmsg_len - sizeof(nlmsghdr));
        if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) return false;
        if (message->nlmsg_type == RTM_NEWLINK) link(payload);
        if (message->nlmsg_type == RTM_NEWADDR) address(payload);
        messages = messages.subspan(std::min(messages.size(), aligned(message->nlmsg_len)));
    }
    return true;
}

void InterfaceCollector::link(Bytes message) {
    const auto fixed = header<ifinfomsg>(message);
    if (!fixed || fixed->ifi_index <= 0) return;
    Link& link = links_[static_cast<uint32_t>(fixed->ifi_index)];
    link.facts.loopback = (fixed->ifi_flags & IFF_LOOPBACK) != 0 || fixed->ifi_type == ARPHRD_LOOPBACK;
    link.facts.multicast = (fixed->ifi_flags & IFF_MULTICAST) != 0;
    link.facts.lacks_arp = (fixed->ifi_flags & IFF_NOARP) != 0 && (fixed->ifi_flags & IFF_POINTOPOINT) == 0;
    link.facts.ethernet = fixed->ifi_type == ARPHRD_ETHER;
    const Bytes attributes = message.subspan(std::min(message.size(), aligned(sizeof(ifinfomsg))));
    for_each_attribute(attributes, [&](unsigned type, Bytes payload) {
        if (type == IFLA_IFNAME) link.name = text(payload);
        if (type == IFLA_MTU) link.facts.mtu = number(payload);
        if (type == IFLA_LINK) link.below = number(payload);
        if (type == IFLA_LINKINFO) read_kind(link.facts, payload);
    });
}

void InterfaceCollector::address(Bytes message) {
    const auto fixed = header<ifaddrmsg>(message);
    if (!fixed) return;
    const auto link = links_.find(fixed->ifa_index);
    if (link == links_.end()) return;
    std::optional<IpAddress> local;
    std::optional<IpAddress> peer;
    const Bytes attributes = message.subspan(std::min(message.size(), aligned(sizeof(ifaddrmsg))));
    for_each_attribute(attributes, [&](unsigned type, Bytes payload) {
        // On a point-to-point link IFA_ADDRESS is the other side and IFA_LOCAL ours.
        if (type == IFA_LOCAL) local = IpAddress::from_bytes(payload);
        if (type == IFA_ADDRESS) peer = IpAddress::from_bytes(payload);
    });
    const std::optional<IpAddress>& own = local ? local : peer;
    if (!own) return;
    InterfaceFacts& facts = link->second.facts;
    if (own->is_v4() && !facts.source4) facts.source4 = own;
    if (own->is_v6() && own->is_link_local() && !facts.source6) facts.source6 = own;
}

InterfaceMap InterfaceCollector::finish() {
    InterfaceMap map;
    for (auto& [index, link] : links_) {
        if (link.name.empty()) continue;
        if (const auto below = links_.find(link.below); link.facts.vmac && below != links_.end())
            link.facts.below = below->second.name;
        map.insert_or_assign(link.name, std::move(link.facts));
    }
    return map;
}

InterfaceMap read_interfaces() {
    Socket socket;
    InterfaceCollector collector;
    for (const uint16_t type : {uint16_t{RTM_GETLINK}, uint16_t{RTM_GETADDR}}) {
        if (!socket.ask(type)) return {};
        for (;;) {
            const auto answer = socket.receive();
            if (!answer) return {};
            if (!collector.take(*answer)) break;
        }
    }
    return collector.finish();
}

}  // namespace holdfast::config
