#include "holdfast/kernel/ipvs_codec.hpp"

#include <linux/ip_vs.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>

#include "holdfast/ipvs/reconciler.hpp"
#include "holdfast/kernel/ipvs_attributes.hpp"

namespace holdfast::kernel::ipvs_codec {
namespace {

using ipvs::DestinationKey;
using ipvs::ServiceAttributes;
using ipvs::ServiceKey;

uint16_t address_family(Family family) {
    return family == Family::ipv4 ? AF_INET : AF_INET6;
}

uint32_t to_network(uint32_t value) {
    return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

// The kernel's union nf_inet_addr: 16 bytes, IPv4 in the first four.
void put_address(AttributeWriter& writer, uint16_t type, const IpAddress& address) {
    std::array<uint8_t, 16> bytes{};
    std::ranges::copy(address.bytes(), bytes.begin());
    writer.bytes(type, bytes);
}

void put_identity(AttributeWriter& writer, const ServiceKey& key) {
    writer.value(IPVS_SVC_ATTR_AF, address_family(key.family));
    if (key.firewall_mark != 0) {
        writer.value(IPVS_SVC_ATTR_FWMARK, key.firewall_mark);
        return;
    }
    writer.value(IPVS_SVC_ATTR_PROTOCOL, static_cast<uint16_t>(key.protocol));
    put_address(writer, IPVS_SVC_ATTR_ADDR, key.endpoint.address);
    writer.big_endian16(IPVS_SVC_ATTR_PORT, key.endpoint.port);
}

void put_attributes(AttributeWriter& writer, const ServiceKey& key, const ServiceAttributes& given) {
    const ServiceAttributes attributes = ipvs::normal(key, given);
    writer.text(IPVS_SVC_ATTR_SCHED_NAME, attributes.scheduler);
    if (!attributes.persistence_engine.empty())
        writer.text(IPVS_SVC_ATTR_PE_NAME, attributes.persistence_engine);

    // The mask covers all flags, because the kernel starts from those of the existing service.
    ip_vs_flags flags{.flags = 0, .mask = ~0U};
    if (attributes.persistence_timeout != 0) flags.flags |= IP_VS_SVC_F_PERSISTENT;
    if (attributes.flags.one_packet) flags.flags |= IP_VS_SVC_F_ONEPACKET;
    if (attributes.flags.sched1) flags.flags |= IP_VS_SVC_F_SCHED1;
    if (attributes.flags.sched2) flags.flags |= IP_VS_SVC_F_SCHED2;
    if (attributes.flags.sched3) flags.flags |= IP_VS_SVC_F_SCHED3;
    writer.value(IPVS_SVC_ATTR_FLAGS, flags);
    writer.value(IPVS_SVC_ATTR_TIMEOUT, attributes.persistence_timeout);

    // IPv4: a mask in network order. IPv6: a prefix length in host order. Always given, for the kernel asks
    // for it.
    uint32_t mask = attributes.persistence_netmask;
    if (key.family == Family::ipv4) {
        mask = to_network(mask == 0 ? 0xffffffff : mask);
    } else if (mask == 0) {
        mask = 128;
    }
    writer.value(IPVS_SVC_ATTR_NETMASK, mask);
}

void put_destination_identity(AttributeWriter& writer, const DestinationKey& key) {
    writer.value(IPVS_DEST_ATTR_ADDR_FAMILY, address_family(key.address.family()));
    put_address(writer, IPVS_DEST_ATTR_ADDR, key.address);
    writer.big_endian16(IPVS_DEST_ATTR_PORT, key.port);
}

void put_destination_attributes(AttributeWriter& writer, const ipvs::DestinationAttributes& given) {
    const ipvs::DestinationAttributes attributes = ipvs::normal(given);
    writer.value(IPVS_DEST_ATTR_FWD_METHOD, static_cast<uint32_t>(attributes.forwarding.method));
    writer.value(IPVS_DEST_ATTR_WEIGHT, static_cast<uint32_t>(attributes.weight));
    writer.value(IPVS_DEST_ATTR_U_THRESH, attributes.upper_threshold);
    writer.value(IPVS_DEST_ATTR_L_THRESH, attributes.lower_threshold);
    writer.value(IPVS_DEST_ATTR_TUN_TYPE, static_cast<uint8_t>(attributes.forwarding.tunnel_type));
    writer.big_endian16(IPVS_DEST_ATTR_TUN_PORT, attributes.forwarding.tunnel_port);
    writer.value(IPVS_DEST_ATTR_TUN_FLAGS, static_cast<uint16_t>(attributes.forwarding.tunnel_checksum));
}

Request service_request(uint8_t command, const ServiceKey& key, const ServiceAttributes* attributes) {
    Request request{.command = command};
    AttributeWriter writer(request.body);
    const size_t start = writer.begin(IPVS_CMD_ATTR_SERVICE);
    put_identity(writer, key);
    if (attributes != nullptr) put_attributes(writer, key, *attributes);
    writer.end(start);
    return request;
}

Request destination_request(uint8_t command, const ServiceKey& service, const DestinationKey& key,
                            const ipvs::DestinationAttributes* attributes) {
    Request request = service_request(command, service, nullptr);
    AttributeWriter writer(request.body);
    const size_t start = writer.begin(IPVS_CMD_ATTR_DEST);
    put_destination_identity(writer, key);
    if (attributes != nullptr) put_destination_attributes(writer, *attributes);
    writer.end(start);
    return request;
}

struct Encode {
    Request operator()(const ipvs::AddService& o) const {
        return service_request(IPVS_CMD_NEW_SERVICE, o.key, &o.attributes);
    }
    Request operator()(const ipvs::EditService& o) const {
        return service_request(IPVS_CMD_SET_SERVICE, o.key, &o.attributes);
    }
    Request operator()(const ipvs::RemoveService& o) const {
        return service_request(IPVS_CMD_DEL_SERVICE, o.key, nullptr);
    }
    Request operator()(const ipvs::AddDestination& o) const {
        return destination_request(IPVS_CMD_NEW_DEST, o.service, o.destination.key,
                                   &o.destination.attributes);
    }
    Request operator()(const ipvs::EditDestination& o) const {
        return destination_request(IPVS_CMD_SET_DEST, o.service, o.destination.key,
                                   &o.destination.attributes);
    }
    Request operator()(const ipvs::RemoveDestination& o) const {
        return destination_request(IPVS_CMD_DEL_DEST, o.service, o.key, nullptr);
    }
};

}  // namespace

Request encode(const ipvs::Operation& operation) {
    return std::visit(Encode{}, operation);
}

Request encode_get_service(const ServiceKey& key) {
    return service_request(IPVS_CMD_GET_SERVICE, key, nullptr);
}

Request encode_get_destinations(const ServiceKey& key) {
    return service_request(IPVS_CMD_GET_DEST, key, nullptr);
}

Request encode_set_timeouts(const ipvs::Timeouts& timeouts) {
    Request request{.command = IPVS_CMD_SET_CONFIG};
    AttributeWriter writer(request.body);
    if (timeouts.tcp != 0) writer.value(IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.tcp);
    if (timeouts.tcp_fin != 0) writer.value(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcp_fin);
    if (timeouts.udp != 0) writer.value(IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.udp);
    return request;
}

Request encode_start_daemon(const ipvs::SyncDaemon& daemon) {
    Request request{.command = IPVS_CMD_NEW_DAEMON};
    AttributeWriter writer(request.body);
    const size_t start = writer.begin(IPVS_CMD_ATTR_DAEMON);
    writer.value(IPVS_DAEMON_ATTR_STATE, static_cast<uint32_t>(daemon.role));
    writer.text(IPVS_DAEMON_ATTR_MCAST_IFN, daemon.interface);
    writer.value(IPVS_DAEMON_ATTR_SYNC_ID, static_cast<uint32_t>(daemon.sync_id));
    if (daemon.max_length != 0) writer.value(IPVS_DAEMON_ATTR_SYNC_MAXLEN, daemon.max_length);
    if (daemon.port != 0) writer.value(IPVS_DAEMON_ATTR_MCAST_PORT, daemon.port);
    if (daemon.ttl != 0) writer.value(IPVS_DAEMON_ATTR_MCAST_TTL, daemon.ttl);
    if (daemon.group)
        writer.bytes(daemon.group->is_v4() ? IPVS_DAEMON_ATTR_MCAST_GROUP : IPVS_DAEMON_ATTR_MCAST_GROUP6,
                     daemon.group->bytes());
    writer.end(start);
    return request;
}

Request encode_stop_daemon(ipvs::SyncRole role) {
    Request request{.command = IPVS_CMD_DEL_DAEMON};
    AttributeWriter writer(request.body);
    const size_t start = writer.begin(IPVS_CMD_ATTR_DAEMON);
    writer.value(IPVS_DAEMON_ATTR_STATE, static_cast<uint32_t>(role));
    writer.end(start);
    return request;
}

}  // namespace holdfast::kernel::ipvs_codec
