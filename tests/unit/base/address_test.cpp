#include "holdfast/base/address.hpp"

#include <gtest/gtest.h>

#include <unordered_set>
#include <vector>

namespace holdfast {
namespace {

IpAddress ip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    EXPECT_TRUE(address) << text;
    return address.value_or(IpAddress{});
}

TEST(IpAddress, TextRoundTripsInCanonicalForm) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"::", "::"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"fe80::1", "fe80::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    };
    for (const auto& [text, canonical] : cases) EXPECT_EQ(ip(text).to_string(), canonical);
}

TEST(IpAddress, RefusesWhatIsNotAnAddress) {
    for (const std::string_view text : {"", "192.0.2", "192.0.2.256", "192.0.2.1/24", " 192.0.2.1",
                                        "fe80::1%eth0", "1::2::3", "12345::", "host"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
    EXPECT_FALSE(IpAddress::parse(std::string_view("192.0.2.1\0x", 11)));
    EXPECT_FALSE(IpAddress::parse(std::string(200, '1')));
}

TEST(IpAddress, FamilyAndBytesAgree) {
    EXPECT_EQ(ip("192.0.2.1"), IpAddress::v4(192, 0, 2, 1));
    EXPECT_EQ(ip("192.0.2.1").bytes().size(), 4U);
    EXPECT_EQ(ip("::1").bytes().size(), 16U);
    EXPECT_EQ(IpAddress::from_bytes(ip("2001:db8::7").bytes()), ip("2001:db8::7"));
    EXPECT_EQ(IpAddress::from_bytes(ip("192.0.2.7").bytes()), ip("192.0.2.7"));
    const std::vector<uint8_t> five(5);
    EXPECT_FALSE(IpAddress::from_bytes(five));
    EXPECT_NE(IpAddress::any(Family::ipv4), IpAddress::any(Family::ipv6));
}

// RFC9568-6.4.3-735: the tie-break compares addresses as unsigned integers in network byte order.
TEST(IpAddress, ComparesNumericallyInNetworkOrder) {
    EXPECT_LT(ip("192.0.2.9"), ip("192.0.2.10"));
    EXPECT_LT(ip("9.255.255.255"), ip("10.0.0.0"));
    EXPECT_LT(ip("127.0.0.1"), ip("192.0.2.1"));
    EXPECT_LT(ip("fe80::2"), ip("fe80::10"));
    EXPECT_LT(ip("255.255.255.255"), ip("::"));
}

TEST(IpAddress, ClassifiesAtTheEdgesOfItsRanges) {
    EXPECT_FALSE(ip("223.255.255.255").is_multicast());
    EXPECT_TRUE(ip("224.0.0.18").is_multicast());
    EXPECT_TRUE(ip("239.255.255.255").is_multicast());
    EXPECT_FALSE(ip("240.0.0.0").is_multicast());
    EXPECT_TRUE(ip("ff02::12").is_multicast());
    EXPECT_FALSE(ip("fe80::").is_multicast());
    EXPECT_TRUE(ip("127.9.9.9").is_loopback());
    EXPECT_FALSE(ip("128.0.0.1").is_loopback());
    EXPECT_TRUE(ip("::1").is_loopback());
    EXPECT_FALSE(ip("1::1").is_loopback());
    EXPECT_TRUE(ip("169.254.0.1").is_link_local());
    EXPECT_FALSE(ip("169.253.0.1").is_link_local());
    EXPECT_TRUE(ip("febf::1").is_link_local());
    EXPECT_FALSE(ip("fec0::1").is_link_local());
    EXPECT_TRUE(ip("::").is_unspecified());
    EXPECT_FALSE(ip("::1").is_unspecified());
}

TEST(IpAddress, NetworkClearsTheHostBits) {
    EXPECT_EQ(ip("192.0.2.255").network(24), ip("192.0.2.0"));
    EXPECT_EQ(ip("192.0.2.255").network(25), ip("192.0.2.128"));
    EXPECT_EQ(ip("192.0.2.255").network(31), ip("192.0.2.254"));
    EXPECT_EQ(ip("192.0.2.255").network(32), ip("192.0.2.255"));
    EXPECT_EQ(ip("192.0.2.255").network(0), ip("0.0.0.0"));
    EXPECT_EQ(ip("2001:db8:ffff::1").network(33), ip("2001:db8:8000::"));
    EXPECT_EQ(ip("2001:db8::1").network(128), ip("2001:db8::1"));
}

TEST(IpAddress, HashSpreadsNeighbours) {
    std::unordered_set<size_t> seen;
    for (unsigned i = 0; i < 65536; ++i) {
        seen.insert(std::hash<IpAddress>{}(
            IpAddress::v4(10, 0, static_cast<uint8_t>(i >> 8U), static_cast<uint8_t>(i))));
    }
    EXPECT_EQ(seen.size(), 65536U);
    EXPECT_NE(std::hash<IpAddress>{}(ip("2001:db8::1")), std::hash<IpAddress>{}(ip("2001:db8:1::")));
    EXPECT_EQ(std::hash<IpAddress>{}(ip("2001:db8::1")), std::hash<IpAddress>{}(ip("2001:db8:0::1")));
}

TEST(Prefix, ParsesWithAndWithoutLength) {
    EXPECT_EQ(Prefix::parse("192.0.2.1/24"), (Prefix{ip("192.0.2.1"), 24}));
    EXPECT_EQ(Prefix::parse("192.0.2.1"), (Prefix{ip("192.0.2.1"), 32}));
    EXPECT_EQ(Prefix::parse("2001:db8::/0"), (Prefix{ip("2001:db8::"), 0}));
    EXPECT_EQ(Prefix::parse("::1")->to_string(), "::1/128");
    EXPECT_EQ(Prefix::parse("192.0.2.1/24")->to_string(), "192.0.2.1/24");
}

TEST(Prefix, RefusesALengthOutsideTheFamilysRange) {
    for (const std::string_view text : {"192.0.2.1/33", "::/129", "192.0.2.1/", "192.0.2.1/-1",
                                        "192.0.2.1/+8", "192.0.2.1/2x", "/24", "192.0.2.1/24/24"}) {
        EXPECT_FALSE(Prefix::parse(text)) << text;
    }
}

TEST(Endpoint, PrintsAsTheReferenceLogsIt) {
    EXPECT_EQ((Endpoint{ip("192.0.2.1"), 80}.to_string()), "[192.0.2.1]:80");
    EXPECT_EQ((Endpoint{ip("2001:db8::1"), 0}.to_string()), "[2001:db8::1]:0");
}

TEST(Endpoint, PortIsPartOfIdentityAndHash) {
    const Endpoint one{ip("192.0.2.1"), 80};
    const Endpoint other{ip("192.0.2.1"), 443};
    EXPECT_NE(one, other);
    EXPECT_NE(std::hash<Endpoint>{}(one), std::hash<Endpoint>{}(other));
}

TEST(MacAddress, TextRoundTrips) {
    const MacAddress vrrp{{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}};
    EXPECT_EQ(vrrp.to_string(), "00:00:5e:00:01:33");
    EXPECT_EQ(MacAddress::parse("00:00:5E:00:01:33"), vrrp);
    EXPECT_EQ(MacAddress::parse("0:0:5e:0:1:33"), vrrp);
}

TEST(MacAddress, RefusesWrongCountsAndDigits) {
    for (const std::string_view text : {"", "00:00:5e:00:01", "00:00:5e:00:01:33:44", "00:00:5e:00:01:3g",
                                        "00:00:5e:00:01:", "000:00:5e:00:01:33", "00:00:5e:00:01:33:"}) {
        EXPECT_FALSE(MacAddress::parse(text)) << text;
    }
}

}  // namespace
}  // namespace holdfast
