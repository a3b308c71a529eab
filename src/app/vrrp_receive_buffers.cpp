// How much room adverts have while they wait to be read: what the instances of a channel ask for, together.
#include <algorithm>
#include <limits>

#include "holdfast/app/vrrp_service.hpp"

namespace holdfast::app {

namespace {

constexpr uint32_t kIpv4Header = 20;

/// An advert as it lies in the buffer: over IPv4 with its IP header.
uint64_t advert_size(const vrrp::RouterSettings& router) {
    const IpAddress unspecified = IpAddress::any(router.family);
    const uint32_t header = router.family == Family::ipv4 ? kIpv4Header : 0;
    return header + vrrp::AdvertTemplate(router, unspecified, unspecified).size();
}

}  // namespace

// kernel_rx_buf_size, else vrrp_rx_bufs_policy.
uint32_t VrrpService::wanted_receive_buffer(const VrrpInstance& instance) {
    using Kind = config::ReceiveBufferPolicy::Kind;
    if (const auto& own = instance.settings->transport.receive_buffer; own && *own != 0) return *own;
    uint64_t size = 0;
    switch (global_.rx_buffer_policy.kind) {
        case Kind::system:
            break;
        case Kind::bytes:
            return global_.rx_buffer_policy.bytes;
        case Kind::mtu:
            if (const OpenChannel* open = find_channel(instance.channel)) {
                if (const auto* link = network_.mirror().link(open->settings.interface))
                    size = uint64_t{link->mtu} * global_.rx_buffer_multiplier;
            }
            break;
        case Kind::advert:
            size = advert_size(instance.settings->router) * global_.rx_buffer_multiplier;
            break;
    }
    return static_cast<uint32_t>(std::min<uint64_t>(size, std::numeric_limits<uint32_t>::max()));
}

void VrrpService::size_receive_buffer(VrrpInstance& instance, uint32_t wanted) {
    if (wanted == instance.receive_buffer) return;
    OpenChannel* open = find_channel(instance.channel);
    if (open == nullptr) return;
    open->receive_buffer += wanted;
    open->receive_buffer -= instance.receive_buffer;
    instance.receive_buffer = wanted;
    const uint64_t size = std::min<uint64_t>(open->receive_buffer, std::numeric_limits<uint32_t>::max());
    edges_.link.resize_receive_buffer(open->id, static_cast<uint32_t>(size));
}

}  // namespace holdfast::app
