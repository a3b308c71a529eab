#include "holdfast/kernel/openssl_digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace holdfast::kernel {
namespace {

OpensslDigest::Bytes octets(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

template <size_t N>
std::string hex(const std::array<uint8_t, N>& value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : value) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

// RFC 2202, section 2, test case 2; in pieces, as an advert is.
TEST(OpensslDigest, HmacMd5IsThatOfRfc2202) {
    OpensslDigest digest;
    const auto value = digest.hmac_md5(octets("Jefe"), {octets("what do ya "), octets("want for nothing?")});
    ASSERT_TRUE(value);
    EXPECT_EQ(hex(*value), "750c783e6ab0b503eaa86e310a5db738");
}

// RFC 4231, section 4.3.
TEST(OpensslDigest, HmacSha256IsThatOfRfc4231) {
    OpensslDigest digest;
    const auto value = digest.hmac_sha256(octets("Jefe"), {octets("what do ya want for nothing?")});
    ASSERT_TRUE(value);
    EXPECT_EQ(hex(*value), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(OpensslDigest, LoadingTwiceChangesNothing) {
    OpensslDigest digest;
    ASSERT_TRUE(digest.load());
    const auto first = digest.hmac_md5(octets("key"), {octets("text")});
    ASSERT_TRUE(digest.load());
    ASSERT_TRUE(first);
    EXPECT_EQ(digest.hmac_md5(octets("key"), {octets("text")}), first);
    EXPECT_NE(digest.hmac_md5(octets("another"), {octets("text")}), first);
}

}  // namespace
}  // namespace holdfast::kernel
