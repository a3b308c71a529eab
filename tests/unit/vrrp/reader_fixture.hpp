// A reader under test and the packet it gets. Each test of a refusal starts from a packet that is accepted
// and breaks one thing.
#pragma once

#include "holdfast/base/bytes.hpp"
#include "holdfast/vrrp/advert_reader.hpp"
#include "support.hpp"

namespace holdfast::vrrp {

class ReaderTest : public testing::Test {
  protected:
    explicit ReaderTest(Version version = Version::v2) : with(settings(100, version)) {
        transport.multicast_group = kMulticastGroup4;
        build();
    }

    // What a peer with our settings would send.
    void build() {
        AdvertTemplate advert(with, source, kMulticastGroup4);
        const auto built = advert.packet(priority, destination);
        packet.assign(built.begin(), built.end());
    }
    void fix_checksum() {
        packet[6] = packet[7] = 0;
        const bool pseudo = packet[0] >> 4U == 3 && with.family == Family::ipv4;
        uint32_t sum = 0;
        if (pseudo) {
            sum = 112 + static_cast<uint32_t>(packet.size());
            sum = checksum_partial(source.bytes(), checksum_partial(destination.bytes(), sum));
        }
        const uint16_t checksum = internet_checksum(packet, sum);
        packet[6] = static_cast<uint8_t>(checksum >> 8U);
        packet[7] = static_cast<uint8_t>(checksum);
    }
    Reading read() {
        if (!reader) reader.emplace(with, transport);
        ReceivedFrame frame;
        frame.source = source;
        frame.destination = destination;
        frame.ttl = ttl;
        frame.multicast = destination.is_multicast();
        frame.payload = packet;
        if (with.family == Family::ipv4) {
            frame.announced_payload_length = announced.value_or(static_cast<uint16_t>(packet.size()));
            ip_header[9] = ip_protocol;
            frame.ip_header = ip_header;
        }
        return reader->read(frame, context, counters);
    }
    std::vector<std::string> said(const Reading& reading) {
        std::vector<std::string> result;
        for (const LogEvent& event : reading.findings()) result.push_back(describe(event, "VI_1"));
        return result;
    }
    void expect_refused(RejectReason reason, const std::string& line) {
        const Reading reading = read();
        EXPECT_FALSE(reading.advert);
        EXPECT_EQ(reading.rejected, reason);
        EXPECT_THAT(said(reading), testing::ElementsAre(line));
        EXPECT_EQ(counters.advert_rcvd, 0U);
    }
    Reading expect_accepted() {
        const Reading reading = read();
        EXPECT_TRUE(reading.advert);
        EXPECT_FALSE(reading.rejected);
        EXPECT_EQ(counters.advert_rcvd, 1U);
        return reading;
    }
    void use_unicast() {
        transport.unicast = true;
        transport.peers = {{kHigher}};
        destination = kOwn;
        build();
    }

    RouterSettings with;
    TransportSettings transport;
    IpAddress source = kHigher;
    IpAddress destination = kMulticastGroup4;
    Priority priority{100};
    uint8_t ttl = 255;
    uint8_t ip_protocol = kProtocolVrrp;
    std::array<uint8_t, 20> ip_header{};
    std::optional<uint16_t> announced;
    std::vector<uint8_t> packet;
    ReadingContext context{.effective_priority = {100}};
    Counters counters;
    std::optional<AdvertReader> reader;
};

class ReaderV3Test : public ReaderTest {
  protected:
    ReaderV3Test() : ReaderTest(Version::v3) {}
};

class ReaderV6Test : public ReaderTest {
  protected:
    ReaderV6Test() : ReaderTest(Version::v3) {
        with.family = Family::ipv6;
        with.addresses = {address("fe80::57"), address("2001:db8::57")};
        source = address("fe80::9");
        destination = address("ff02::12");
        build();
    }
};

}  // namespace holdfast::vrrp
