#include "holdfast/check/md5.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace holdfast::check {
namespace {

std::span<const uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string hex(const Md5::Digest& digest) {
    std::string text;
    for (const uint8_t byte : digest) text += fmt::format("{:02x}", byte);
    return text;
}
std::string md5(std::string_view text) {
    Md5 sum;
    sum.update(bytes(text));
    return hex(sum.finish());
}

// RFC 1321, A.5.
TEST(Md5, KnowsTheTestSuiteOfTheRfc) {
    EXPECT_EQ(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5("a"), "0cc175b9c0f1b6a831c399e269772661");
    EXPECT_EQ(md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(md5("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
    EXPECT_EQ(md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
              "d174ab98d277d9f5a5611c2c9f419d9f");
    EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
              "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, PiecesMakeNoDifference) {
    const std::string text(1000, 'x');
    for (size_t length : {55U, 56U, 63U, 64U, 65U, 119U, 120U, 128U, 1000U}) {
        const std::string_view whole = std::string_view(text).substr(0, length);
        for (size_t split = 0; split <= length; split += 7) {
            Md5 sum;
            sum.update(bytes(whole.substr(0, split)));
            sum.update(bytes(whole.substr(split)));
            EXPECT_EQ(hex(sum.finish()), md5(whole)) << length << " at " << split;
        }
    }
}

}  // namespace
}  // namespace holdfast::check
