#include "rtnetlink_encap.hpp"

#include <linux/ila.h>
#include <linux/lwtunnel.h>
#include <linux/mpls.h>
#include <linux/mpls_iptunnel.h>

#include <bit>
#include <cstring>
#include <vector>

namespace holdfast::kernel {

using netstate::Encapsulation;

namespace {

// LWTUNNEL_IP6_* are LWTUNNEL_IP_* with the same numbers and longer addresses.
static_assert(int{LWTUNNEL_IP_ID} == int{LWTUNNEL_IP6_ID} && int{LWTUNNEL_IP_DST} == int{LWTUNNEL_IP6_DST} &&
              int{LWTUNNEL_IP_SRC} == int{LWTUNNEL_IP6_SRC} && int{LWTUNNEL_IP_TOS} == int{LWTUNNEL_IP6_TC} &&
              int{LWTUNNEL_IP_TTL} == int{LWTUNNEL_IP6_HOPLIMIT} &&
              int{LWTUNNEL_IP_FLAGS} == int{LWTUNNEL_IP6_FLAGS});

uint64_t swap64(uint64_t value) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

uint32_t swap32(uint32_t value) {
    return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

constexpr unsigned kLabelShift = 12;
constexpr uint32_t kBottomOfStack = 1U << 8U;

void put_ip(NetlinkMessage& message, const Encapsulation& encapsulation) {
    if (encapsulation.id) message.value(LWTUNNEL_IP_ID, swap64(*encapsulation.id));
    if (encapsulation.destination) message.address(LWTUNNEL_IP_DST, *encapsulation.destination);
    if (encapsulation.source) message.address(LWTUNNEL_IP_SRC, *encapsulation.source);
    if (encapsulation.tos) message.value(LWTUNNEL_IP_TOS, *encapsulation.tos);
    if (encapsulation.hop_limit) message.value(LWTUNNEL_IP_TTL, *encapsulation.hop_limit);
    if (encapsulation.flags) message.value(LWTUNNEL_IP_FLAGS, *encapsulation.flags);
}

std::optional<Encapsulation> read_ip(std::span<const uint8_t> nested, bool is_v4) {
    const NetlinkAttributes<LWTUNNEL_IP_MAX> fields(nested);
    Encapsulation result;
    result.type = is_v4 ? Encapsulation::Type::ip : Encapsulation::Type::ip6;
    const Family family = is_v4 ? Family::ipv4 : Family::ipv6;
    if (const auto id = fields.value<uint64_t>(LWTUNNEL_IP_ID)) result.id = swap64(*id);
    result.destination = fields.address(LWTUNNEL_IP_DST, family);
    result.source = fields.address(LWTUNNEL_IP_SRC, family);
    result.tos = fields.value<uint8_t>(LWTUNNEL_IP_TOS);
    result.hop_limit = fields.value<uint8_t>(LWTUNNEL_IP_TTL);
    result.flags = fields.value<uint16_t>(LWTUNNEL_IP_FLAGS);
    return result;
}

std::optional<Encapsulation> read_mpls(std::span<const uint8_t> nested) {
    const NetlinkAttributes<MPLS_IPTUNNEL_MAX> fields(nested);
    const auto stack = fields.bytes(MPLS_IPTUNNEL_DST);
    Encapsulation result;
    result.type = Encapsulation::Type::mpls;
    for (size_t at = 0; at + sizeof(uint32_t) <= stack.size(); at += sizeof(uint32_t)) {
        uint32_t entry = 0;
        std::memcpy(&entry, stack.data() + at, sizeof entry);
        result.labels.push_back(swap32(entry) >> kLabelShift);
    }
    return result;
}

}  // namespace

void put_encapsulation(NetlinkMessage& message, const Encapsulation& encapsulation) {
    message.value(RTA_ENCAP_TYPE, static_cast<uint16_t>(encapsulation.type));
    nlattr* nest = message.begin_nest(RTA_ENCAP);
    switch (encapsulation.type) {
        case Encapsulation::Type::ip:
        case Encapsulation::Type::ip6:
            put_ip(message, encapsulation);
            break;
        case Encapsulation::Type::ila:
            message.value(ILA_ATTR_LOCATOR, swap64(encapsulation.locator));
            break;
        case Encapsulation::Type::mpls: {
            std::vector<uint8_t> stack;
            for (size_t i = 0; i < encapsulation.labels.size(); ++i) {
                const bool is_last = i + 1 == encapsulation.labels.size();
                const uint32_t entry =
                    swap32(encapsulation.labels[i] << kLabelShift | (is_last ? kBottomOfStack : 0U));
                const auto* bytes = reinterpret_cast<const uint8_t*>(&entry);
                stack.insert(stack.end(), bytes, bytes + sizeof entry);
            }
            message.raw(MPLS_IPTUNNEL_DST, stack);
            break;
        }
    }
    message.end_nest(nest);
}

std::optional<Encapsulation> read_encapsulation(const NetlinkAttributes<RTA_MAX>& attributes) {
    const auto type = attributes.value<uint16_t>(RTA_ENCAP_TYPE);
    if (!type) return std::nullopt;
    const auto nested = attributes.bytes(RTA_ENCAP);
    switch (static_cast<Encapsulation::Type>(*type)) {
        case Encapsulation::Type::ip:
            return read_ip(nested, true);
        case Encapsulation::Type::ip6:
            return read_ip(nested, false);
        case Encapsulation::Type::mpls:
            return read_mpls(nested);
        case Encapsulation::Type::ila: {
            const NetlinkAttributes<ILA_ATTR_MAX> fields(nested);
            Encapsulation result;
            result.type = Encapsulation::Type::ila;
            result.locator = swap64(fields.value<uint64_t>(ILA_ATTR_LOCATOR).value_or(0));
            return result;
        }
    }
    return std::nullopt;
}

}  // namespace holdfast::kernel
