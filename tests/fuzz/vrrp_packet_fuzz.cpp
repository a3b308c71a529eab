// Hostile VRRP packets. The first bytes of the input choose what the router expects and how the frame came;
// the rest is the packet. Beside the sanitizers' findings it fails when the reader contradicts itself:
// accepted and refused, a length it did not have, more findings than it may have.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "holdfast/base/bytes.hpp"
#include "holdfast/vrrp/advert_reader.hpp"
#include "holdfast/vrrp/virtual_router.hpp"

using namespace holdfast;
using namespace holdfast::vrrp;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ByteReader input({data, size});
    const uint8_t shape = input.u8();
    const uint8_t more = input.u8();
    ReceivedFrame frame;
    frame.ttl = input.u8();
    frame.announced_payload_length = input.u16();
    if (input.failed()) return 0;

    RouterSettings router;
    router.family = (shape & 1U) != 0 ? Family::ipv6 : Family::ipv4;
    const bool six = router.family == Family::ipv6;
    router.version = (shape & 2U) != 0 ? Version::v3 : Version::v2;
    router.vrid = {51};
    router.auth_type = static_cast<AuthType>((shape >> 2U) % 3);
    router.auth_data = {'1', '1', '1', '1'};
    router.v3_checksum_as_v2 = (shape & 0x40U) != 0;
    router.owner_ignore_adverts = (shape & 0x80U) != 0;
    const IpAddress address = six ? *IpAddress::parse("2001:db8::1") : IpAddress::v4(192, 0, 2, 200);
    router.addresses.assign(more & 3U, address);

    TransportSettings transport;
    transport.unicast = (more & 4U) != 0;
    transport.check_unicast_source = (more & 8U) != 0;
    frame.source = six ? *IpAddress::parse("fe80::9") : IpAddress::v4(10, 9, 0, 9);
    if ((more & 16U) != 0) transport.peers = {{frame.source, 10, 250}};
    frame.multicast = (more & 32U) != 0;
    frame.destination = six ? *IpAddress::parse("ff02::12") : kMulticastGroup4;
    const auto ip_header = (more & 64U) != 0 ? input.bytes(20) : std::span<const uint8_t>{};
    frame.ip_header = ip_header;
    frame.payload = input.bytes(input.remaining());
    if ((more & 128U) != 0) frame.announced_payload_length = static_cast<uint16_t>(frame.payload.size());

    (void)peek_vrid(frame.payload, kProtocolVrrp);
    (void)peek_vrid(frame.payload, kProtocolAuthenticationHeader);

    VirtualRouter machine(router, six ? *IpAddress::parse("fe80::5") : IpAddress::v4(10, 9, 0, 5));
    Actions actions;
    const Instant now{};
    machine.handle(now, Startup{}, actions);
    if ((shape & 0x20U) != 0) machine.handle(*machine.deadline(), DeadlineReached{}, actions);

    AdvertReader reader(router, transport);
    for (int i = 0; i < 2; ++i) {
        actions.clear();
        const Reading reading = reader.read(frame, machine.reading_context(frame.source), machine.counters());
        must(reading.advert.has_value() != reading.rejected.has_value());
        must(reading.findings().size() <= 4);
        if (reading.advert) must(frame.payload.size() >= kHeaderSize);
        machine.handle(now, AdvertReceived{reading}, actions);
        for (const Action& action : actions.view())
            if (const auto* log = std::get_if<Log>(&action)) must(!describe(log->event, "VI_1").empty());
    }
    return 0;
}
