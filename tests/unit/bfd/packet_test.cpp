#include "holdfast/bfd/packet.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast::bfd {
namespace {

ControlPacket sample() {
    ControlPacket packet;
    packet.diagnostic = Diagnostic::detection_time_expired;
    packet.state = State::Init;
    packet.poll = true;
    packet.detect_multiplier = 5;
    packet.my_discriminator = 0x01020304;
    packet.your_discriminator = 0x0a0b0c0d;
    packet.desired_min_tx = 1'000'000;
    packet.required_min_rx = 10'000;
    return packet;
}

std::string problem(std::vector<uint8_t> bytes) {
    const auto packet = decode(bytes);
    return packet ? "" : packet.error();
}

std::vector<uint8_t> bytes_of(const ControlPacket& packet) {
    const auto bytes = encode(packet);
    return {bytes.begin(), bytes.end()};
}

TEST(BfdPacket, LaysFieldsOutAsRfc5880Section41) {
    const std::vector<uint8_t> expected = {0x21, 0xa0, 5,    24,   1,    2, 3,  4,    10, 11, 12, 13,
                                           0x00, 0x0f, 0x42, 0x40, 0x00, 0, 39, 0x10, 0,  0,  0,  0};
    EXPECT_EQ(bytes_of(sample()), expected);
}

TEST(BfdPacket, ReadsBackWhatItWrites) {
    for (const State state : {State::AdminDown, State::Down, State::Init, State::Up}) {
        for (int flag = 0; flag < 5; ++flag) {
            ControlPacket packet = sample();
            packet.state = state;
            packet.poll = flag == 0;
            packet.final = flag == 1;
            packet.control_plane_independent = flag == 2;
            packet.authentication_present = flag == 3;
            packet.demand = flag == 4;
            EXPECT_EQ(decode(encode(packet)), packet);
        }
    }
}

TEST(BfdPacket, NamesWhatIsWrong) {
    auto changed = [](size_t offset, uint8_t value) {
        auto bytes = bytes_of(sample());
        bytes[offset] = value;
        return problem(bytes);
    };
    EXPECT_EQ(problem({}), "Packet is too small: 0 bytes");
    auto shorter = bytes_of(sample());
    shorter.pop_back();
    EXPECT_EQ(problem(shorter), "Packet is too small: 23 bytes");
    auto longer = bytes_of(sample());
    longer.push_back(0);
    EXPECT_EQ(problem(longer), "Packet size mismatch: length field: 24 bytes, buffer size: 25 bytes");
    EXPECT_EQ(changed(3, 23), "Packet size mismatch: length field: 23 bytes, buffer size: 24 bytes");
    EXPECT_EQ(changed(0, 0x41), "Packet is of unsupported version: 2");
    EXPECT_EQ(changed(0, 0x29), "Packet has invalid 'diag' field: 9");
    EXPECT_EQ(changed(1, 0xb0), "Packet has both poll and final flags set");
    EXPECT_EQ(changed(1, 0xa1), "Packet has 'multipoint' flag");
    EXPECT_EQ(changed(2, 0), "Packet 'detection multiplier' field is zero");

    ControlPacket packet = sample();
    packet.my_discriminator = 0;
    EXPECT_EQ(problem(bytes_of(packet)), "Packet 'my discriminator' field is zero");
    packet = sample();
    packet.your_discriminator = 0;
    EXPECT_EQ(problem(bytes_of(packet)),
              "Packet 'your discriminator' field is zero and 'state' field is not Down or AdminDown");
    packet.state = State::Down;
    EXPECT_EQ(problem(bytes_of(packet)), "");
}

}  // namespace
}  // namespace holdfast::bfd
