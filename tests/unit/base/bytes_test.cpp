#include "holdfast/base/bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <vector>

namespace holdfast {
namespace {

TEST(ByteReader, TakesBigEndianIntegersInOrder) {
    const std::array<uint8_t, 8> data = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xff};
    ByteReader reader(data);
    EXPECT_EQ(reader.u8(), 0x01);
    EXPECT_EQ(reader.u16(), 0x0203);
    EXPECT_EQ(reader.u32(), 0x04050607U);
    EXPECT_EQ(reader.remaining(), 1U);
    EXPECT_EQ(reader.offset(), 7U);
    EXPECT_FALSE(reader.failed());
}

TEST(ByteReader, AReadPastTheEndFailsThatAndEveryLaterRead) {
    const std::array<uint8_t, 3> data = {1, 2, 3};
    ByteReader reader(data);
    EXPECT_EQ(reader.u32(), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_EQ(reader.u8(), 0U) << "the first three bytes must not be handed out after a failure";
    EXPECT_TRUE(reader.bytes(1).empty());
}

TEST(ByteReader, ReadsExactlyToTheEnd) {
    const std::array<uint8_t, 2> data = {1, 2};
    ByteReader reader(data);
    EXPECT_EQ(reader.bytes(2).size(), 2U);
    EXPECT_TRUE(reader.bytes(0).empty());
    EXPECT_FALSE(reader.failed());
    reader.skip(1);
    EXPECT_TRUE(reader.failed());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
    std::array<uint8_t, 12> buffer{};
    ByteWriter writer(buffer);
    writer.u8(0x45);
    writer.u16(0xbeef);
    writer.u32(0xdeadc0de);
    writer.zeros(2);
    writer.bytes(std::array<uint8_t, 3>{7, 8, 9});
    EXPECT_FALSE(writer.failed());
    EXPECT_EQ(writer.size(), 12U);
    writer.patch_u16(1, 0x1234);
    ByteReader reader(writer.written());
    EXPECT_EQ(reader.u8(), 0x45);
    EXPECT_EQ(reader.u16(), 0x1234);
    EXPECT_EQ(reader.u32(), 0xdeadc0deU);
    EXPECT_EQ(reader.u16(), 0U);
    EXPECT_EQ(reader.bytes(3)[2], 9);
}

TEST(ByteWriter, OverflowFailsAndWritesNothingPastTheBuffer) {
    std::array<uint8_t, 4> buffer = {0, 0, 0, 0xaa};
    ByteWriter writer(std::span<uint8_t>(buffer).first(3));
    writer.u16(0x0102);
    writer.u16(0x0304);
    EXPECT_TRUE(writer.failed());
    EXPECT_EQ(writer.size(), 2U);
    writer.bytes(std::array<uint8_t, 2>{5, 6});
    EXPECT_EQ(writer.size(), 2U);
    EXPECT_EQ(buffer[3], 0xaa);
}

TEST(ByteWriter, PatchOutsideTheWrittenPartFails) {
    std::array<uint8_t, 4> buffer{};
    ByteWriter writer(buffer);
    writer.u16(0);
    writer.patch_u16(1, 0xffff);
    EXPECT_TRUE(writer.failed());
    EXPECT_EQ(buffer[2], 0);
}

// The example of RFC 1071, section 3.
TEST(Checksum, MatchesTheExampleOfRfc1071) {
    const std::array<uint8_t, 8> data = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    EXPECT_EQ(checksum_partial(data), 0x2ddf0U);
    EXPECT_EQ(internet_checksum(data), 0x220d);
}

TEST(Checksum, OddLengthIsPaddedWithAZeroByte) {
    const std::array<uint8_t, 3> odd = {0x12, 0x34, 0x56};
    const std::array<uint8_t, 4> padded = {0x12, 0x34, 0x56, 0x00};
    EXPECT_EQ(internet_checksum(odd), internet_checksum(padded));
}

TEST(Checksum, PartialSumsAddUpToTheWhole) {
    std::vector<uint8_t> data(1501);
    std::iota(data.begin(), data.end(), uint8_t{3});
    const std::span<const uint8_t> whole(data);
    for (const size_t split : {size_t{0}, size_t{2}, size_t{40}, size_t{1500}}) {
        EXPECT_EQ(internet_checksum(whole.subspan(split), checksum_partial(whole.first(split))),
                  internet_checksum(whole));
    }
}

TEST(Checksum, APacketWithItsChecksumInPlaceSumsToZero) {
    std::vector<uint8_t> packet(64, 0xff);
    packet[6] = packet[7] = 0;
    const uint16_t sum = internet_checksum(packet);
    packet[6] = static_cast<uint8_t>(sum >> 8U);
    packet[7] = static_cast<uint8_t>(sum);
    EXPECT_EQ(internet_checksum(packet), 0);
    packet[20] ^= 1U;
    EXPECT_NE(internet_checksum(packet), 0);
}

// A sum that leaves 32 bits: the end-around carry must not get lost.
TEST(Checksum, CarriesSurviveALargePartialSum) {
    const std::vector<uint8_t> data = {0x00, 0x02};
    EXPECT_EQ(internet_checksum(data, 0xffffffffU), static_cast<uint16_t>(~2U));
}

}  // namespace
}  // namespace holdfast
