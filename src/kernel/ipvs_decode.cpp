#include <linux/ip_vs.h>
#include <sys/socket.h>

#include <bit>

#include "holdfast/ipvs/reconciler.hpp"
#include "holdfast/kernel/ipvs_attributes.hpp"
#include "holdfast/kernel/ipvs_codec.hpp"

namespace holdfast::kernel::ipvs_codec {
namespace {

std::optional<Family> family_of(uint16_t number) {
    if (number == AF_INET) return Family::ipv4;
    if (number == AF_INET6) return Family::ipv6;
    return std::nullopt;
}

std::optional<IpAddress> address_of(std::span<const uint8_t> payload, Family family) {
    const size_t size = family == Family::ipv4 ? 4 : 16;
    if (payload.size() < size) return std::nullopt;
    return IpAddress::from_bytes(payload.first(size));
}

uint32_t from_network(uint32_t value) {
    return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

// Names of schedulers and engines have at most 16 bytes with their zero (IP_VS_SCHEDNAME_MAXLEN).
std::string name_of(const Attribute& attribute) {
    return std::string(attribute.text().substr(0, IP_VS_SCHEDNAME_MAXLEN - 1));
}

// The attributes inside the one of this type; nothing when it is missing or the answer is malformed.
std::optional<std::span<const uint8_t>> inside(std::span<const uint8_t> answer, uint16_t type) {
    std::optional<std::span<const uint8_t>> found;
    const bool well_formed = for_each_attribute(answer, [&](const Attribute& one) {
        if (one.type == type) found = one.payload;
    });
    return well_formed ? found : std::nullopt;
}

template <class Value>
void read(const Attribute& attribute, Value& into, bool& complete) {
    if (auto value = attribute.value<Value>()) {
        into = *value;
    } else {
        complete = false;
    }
}

struct RawService {
    uint16_t family = 0;
    uint16_t protocol = 0;
    uint32_t mark = 0;
    uint32_t timeout = 0;
    uint32_t netmask = 0;
    uint16_t port = 0;
    ip_vs_flags flags{};
    std::span<const uint8_t> address{};
};

NamedService from_raw(const RawService& raw, Family family, const IpAddress& address, std::string scheduler,
                      std::string engine) {
    NamedService service;
    service.key.family = family;
    service.key.firewall_mark = raw.mark;
    service.key.protocol = static_cast<ipvs::Protocol>(raw.protocol);
    service.key.endpoint = {address, raw.port};
    if (raw.mark != 0) {
        service.key.protocol = ipvs::Protocol::none;
        service.key.endpoint = {IpAddress::any(family), 0};
    }
    ipvs::ServiceAttributes& attributes = service.attributes;
    attributes.scheduler = std::move(scheduler);
    attributes.persistence_engine = std::move(engine);
    attributes.flags.one_packet = (raw.flags.flags & IP_VS_SVC_F_ONEPACKET) != 0;
    attributes.flags.sched1 = (raw.flags.flags & IP_VS_SVC_F_SCHED1) != 0;
    attributes.flags.sched2 = (raw.flags.flags & IP_VS_SVC_F_SCHED2) != 0;
    attributes.flags.sched3 = (raw.flags.flags & IP_VS_SVC_F_SCHED3) != 0;
    // The kernel keeps the timeout of a service that is no longer persistent.
    if ((raw.flags.flags & IP_VS_SVC_F_PERSISTENT) != 0) attributes.persistence_timeout = raw.timeout;
    attributes.persistence_netmask = family == Family::ipv4 ? from_network(raw.netmask) : raw.netmask;
    attributes = ipvs::normal(service.key, std::move(attributes));
    return service;
}

bool is_known(uint16_t protocol) {
    return protocol == static_cast<uint16_t>(ipvs::Protocol::tcp) ||
           protocol == static_cast<uint16_t>(ipvs::Protocol::udp) ||
           protocol == static_cast<uint16_t>(ipvs::Protocol::sctp);
}

}  // namespace

Result<NamedService> decode_service(std::span<const uint8_t> answer) {
    const auto attributes = inside(answer, IPVS_CMD_ATTR_SERVICE);
    if (!attributes) return fail("IPVS answer without a readable service");
    RawService raw;
    bool complete = true;
    std::string scheduler;
    std::string engine;
    const bool well_formed = for_each_attribute(*attributes, [&](const Attribute& one) {
        switch (one.type) {
            case IPVS_SVC_ATTR_AF:
                read(one, raw.family, complete);
                break;
            case IPVS_SVC_ATTR_PROTOCOL:
                read(one, raw.protocol, complete);
                break;
            case IPVS_SVC_ATTR_ADDR:
                raw.address = one.payload;
                break;
            case IPVS_SVC_ATTR_PORT:
                complete = complete && one.big_endian16();
                raw.port = one.big_endian16().value_or(0);
                break;
            case IPVS_SVC_ATTR_FWMARK:
                read(one, raw.mark, complete);
                break;
            case IPVS_SVC_ATTR_SCHED_NAME:
                scheduler = name_of(one);
                break;
            case IPVS_SVC_ATTR_PE_NAME:
                engine = name_of(one);
                break;
            case IPVS_SVC_ATTR_FLAGS:
                read(one, raw.flags, complete);
                break;
            case IPVS_SVC_ATTR_TIMEOUT:
                read(one, raw.timeout, complete);
                break;
            case IPVS_SVC_ATTR_NETMASK:
                read(one, raw.netmask, complete);
                break;
            default:
                break;
        }
    });
    const auto family = family_of(raw.family);
    if (!well_formed || !complete || !family) return fail("malformed service in an IPVS answer");
    IpAddress address = IpAddress::any(*family);
    if (raw.mark == 0) {
        auto given = address_of(raw.address, *family);
        if (!given || !is_known(raw.protocol))
            return fail("service without address or protocol in an IPVS answer");
        address = *given;
    }
    return from_raw(raw, *family, address, std::move(scheduler), std::move(engine));
}

Result<ipvs::Destination> decode_destination(std::span<const uint8_t> answer, Family family) {
    const auto attributes = inside(answer, IPVS_CMD_ATTR_DEST);
    if (!attributes) return fail("IPVS answer without a readable destination");
    ipvs::Destination destination;
    bool complete = true;
    uint16_t own_family = family == Family::ipv4 ? AF_INET : AF_INET6;
    uint32_t method = 0;
    uint32_t weight = 0;
    uint8_t tunnel_type = 0;
    uint16_t tunnel_flags = 0;
    std::span<const uint8_t> address;
    ipvs::DestinationAttributes& values = destination.attributes;
    const bool well_formed = for_each_attribute(*attributes, [&](const Attribute& one) {
        switch (one.type) {
            case IPVS_DEST_ATTR_ADDR_FAMILY:
                read(one, own_family, complete);
                break;
            case IPVS_DEST_ATTR_ADDR:
                address = one.payload;
                break;
            case IPVS_DEST_ATTR_PORT:
                complete = complete && one.big_endian16();
                destination.key.port = one.big_endian16().value_or(0);
                break;
            case IPVS_DEST_ATTR_FWD_METHOD:
                read(one, method, complete);
                break;
            case IPVS_DEST_ATTR_WEIGHT:
                read(one, weight, complete);
                break;
            case IPVS_DEST_ATTR_U_THRESH:
                read(one, values.upper_threshold, complete);
                break;
            case IPVS_DEST_ATTR_L_THRESH:
                read(one, values.lower_threshold, complete);
                break;
            case IPVS_DEST_ATTR_TUN_TYPE:
                read(one, tunnel_type, complete);
                break;
            case IPVS_DEST_ATTR_TUN_PORT:
                complete = complete && one.big_endian16();
                values.forwarding.tunnel_port = one.big_endian16().value_or(0);
                break;
            case IPVS_DEST_ATTR_TUN_FLAGS:
                read(one, tunnel_flags, complete);
                break;
            default:
                break;
        }
    });
    const auto known_family = family_of(own_family);
    if (!well_formed || !complete || !known_family) return fail("malformed destination in an IPVS answer");
    const auto given = address_of(address, *known_family);
    if (!given) return fail("destination without address in an IPVS answer");
    destination.key.address = *given;
    values.weight = static_cast<int32_t>(weight);
    // Other values (bypass, future tunnel types) can only come from somebody else's rules; they are kept as
    // numbers, so that they differ from what we want.
    values.forwarding.method = static_cast<ipvs::ForwardingMethod>(method & IP_VS_CONN_F_FWD_MASK);
    values.forwarding.tunnel_type = static_cast<ipvs::TunnelType>(tunnel_type);
    values.forwarding.tunnel_checksum = static_cast<ipvs::TunnelChecksum>(tunnel_flags);
    values = ipvs::normal(values);
    return destination;
}

Result<ipvs::Info> decode_info(std::span<const uint8_t> answer) {
    ipvs::Info info;
    bool complete = true;
    const bool well_formed = for_each_attribute(answer, [&](const Attribute& one) {
        if (one.type == IPVS_INFO_ATTR_VERSION) read(one, info.version, complete);
        if (one.type == IPVS_INFO_ATTR_CONN_TAB_SIZE) read(one, info.connection_table_size, complete);
    });
    if (!well_formed || !complete) return fail("malformed IPVS info");
    return info;
}

Result<ipvs::Timeouts> decode_timeouts(std::span<const uint8_t> answer) {
    ipvs::Timeouts timeouts;
    bool complete = true;
    const bool well_formed = for_each_attribute(answer, [&](const Attribute& one) {
        if (one.type == IPVS_CMD_ATTR_TIMEOUT_TCP) read(one, timeouts.tcp, complete);
        if (one.type == IPVS_CMD_ATTR_TIMEOUT_TCP_FIN) read(one, timeouts.tcp_fin, complete);
        if (one.type == IPVS_CMD_ATTR_TIMEOUT_UDP) read(one, timeouts.udp, complete);
    });
    if (!well_formed || !complete) return fail("malformed IPVS timeouts");
    return timeouts;
}

Result<ipvs::SyncDaemon> decode_daemon(std::span<const uint8_t> answer) {
    const auto attributes = inside(answer, IPVS_CMD_ATTR_DAEMON);
    if (!attributes) return fail("IPVS answer without a readable sync daemon");
    ipvs::SyncDaemon daemon;
    bool complete = true;
    uint32_t state = 0;
    uint32_t sync_id = 0;
    const bool well_formed = for_each_attribute(*attributes, [&](const Attribute& one) {
        switch (one.type) {
            case IPVS_DAEMON_ATTR_STATE:
                read(one, state, complete);
                break;
            case IPVS_DAEMON_ATTR_MCAST_IFN:
                daemon.interface = one.text().substr(0, IP_VS_IFNAME_MAXLEN - 1);
                break;
            case IPVS_DAEMON_ATTR_SYNC_ID:
                read(one, sync_id, complete);
                break;
            case IPVS_DAEMON_ATTR_SYNC_MAXLEN:
                read(one, daemon.max_length, complete);
                break;
            case IPVS_DAEMON_ATTR_MCAST_PORT:
                read(one, daemon.port, complete);
                break;
            case IPVS_DAEMON_ATTR_MCAST_TTL:
                read(one, daemon.ttl, complete);
                break;
            case IPVS_DAEMON_ATTR_MCAST_GROUP:
                daemon.group = address_of(one.payload, Family::ipv4);
                break;
            case IPVS_DAEMON_ATTR_MCAST_GROUP6:
                daemon.group = address_of(one.payload, Family::ipv6);
                break;
            default:
                break;
        }
    });
    const bool known_state = state == IP_VS_STATE_MASTER || state == IP_VS_STATE_BACKUP;
    if (!well_formed || !complete || !known_state || sync_id > 255)
        return fail("malformed sync daemon in an IPVS answer");
    daemon.role = static_cast<ipvs::SyncRole>(state);
    daemon.sync_id = static_cast<uint8_t>(sync_id);
    return daemon;
}

}  // namespace holdfast::kernel::ipvs_codec
