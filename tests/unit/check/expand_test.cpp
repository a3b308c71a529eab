#include "holdfast/check/expand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "builders.hpp"

namespace holdfast::check {
namespace {

using ipvs::ForwardingMethod;
using ipvs::Protocol;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names(const std::vector<ipvs::ServiceKey>& keys) {
    std::vector<std::string> out;
    for (const auto& key : keys)
        out.push_back(key.to_string() +
                      (key.firewall_mark != 0 && key.family == Family::ipv6 ? " inet6" : ""));
    return out;
}

VirtualServerSettings of_group(std::vector<RealServerSettings> servers = {real(1)}) {
    VirtualServerSettings settings = virtual_server(std::move(servers));
    settings.group = "G";
    settings.key = {.protocol = Protocol::tcp};
    return settings;
}

GroupEntry mark(uint32_t value, std::optional<Family> family = {}) {
    return {.firewall_mark = value, .mark_family = family};
}

GroupEntry range(const char* first, uint32_t count, uint16_t port) {
    return {.first = {*IpAddress::parse(first), port}, .count = count};
}

TEST(Advance, CountsOverTheWholeAddress) {
    EXPECT_EQ(advance(IpAddress::v4(192, 0, 2, 250), 10).to_string(), "192.0.3.4");
    EXPECT_EQ(advance(IpAddress::v4(192, 255, 255, 255), 1).to_string(), "193.0.0.0");
    EXPECT_EQ(advance(IpAddress::v4(10, 0, 0, 1), 0x10203).to_string(), "10.1.2.4");
    EXPECT_EQ(advance(*IpAddress::parse("2001:db8::ffff"), 1).to_string(), "2001:db8::1:0");
    EXPECT_EQ(advance(*IpAddress::parse("2001:db8::"), 0xffffffff).to_string(), "2001:db8::ffff:ffff");
}

TEST(ServicesOf, AnAddressAndAMarkAreOneServiceEach) {
    EXPECT_THAT(names(services_of(virtual_server({real(1)}), nullptr)), ElementsAre("[192.0.2.1]:tcp:80"));
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.key = {.family = Family::ipv6, .firewall_mark = 3, .protocol = Protocol::tcp};
    const auto keys = services_of(settings, nullptr);
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys[0].protocol, Protocol::none);  // The kernel reports marks without a protocol.
    EXPECT_EQ(keys[0].family, Family::ipv6);
    EXPECT_EQ(keys[0].endpoint.address, IpAddress::any(Family::ipv6));
}

TEST(ServicesOf, AnIpv6AddressDecidesTheFamily) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.key = {.protocol = Protocol::udp, .endpoint = {*IpAddress::parse("2001:db8::1"), 53}};
    EXPECT_EQ(services_of(settings, nullptr)[0].family, Family::ipv6);
}

TEST(ServicesOf, AGroupIsExpandedInOrderAlsoOverAnOctet) {
    const VirtualServerGroup group{"G", {range("10.1.0.254", 4, 80), range("10.2.0.1", 1, 443), mark(7)}};
    EXPECT_THAT(names(services_of(of_group(), &group)),
                ElementsAre("[10.1.0.254]:tcp:80", "[10.1.0.255]:tcp:80", "[10.1.1.0]:tcp:80",
                            "[10.1.1.1]:tcp:80", "[10.2.0.1]:tcp:443", "FWM 7"));
}

TEST(ServicesOf, OverlappingEntriesGiveEachServiceOnce) {
    const VirtualServerGroup group{"G",
                                   {range("10.1.0.1", 3, 80), range("10.1.0.2", 3, 80), mark(7), mark(7)}};
    EXPECT_EQ(services_of(of_group(), &group).size(), 5U);
}

TEST(ServicesOf, AnUnknownGroupGivesNothing) {
    EXPECT_THAT(services_of(of_group(), nullptr), IsEmpty());
}

TEST(ServicesOf, AMarksFamilyComesFromTheEntryTheGroupOrTheServers) {
    const VirtualServerGroup own{"G", {mark(1, Family::ipv6), mark(2, Family::ipv4)}};
    EXPECT_THAT(names(services_of(of_group(), &own)), ElementsAre("FWM 1 inet6", "FWM 2"));
    const VirtualServerGroup others{"G", {mark(1), range("2001:db8::1", 1, 80)}};
    EXPECT_EQ(names(services_of(of_group(), &others))[0], "FWM 1 inet6");
    const VirtualServerGroup alone{"G", {mark(1)}};
    EXPECT_EQ(names(services_of(of_group(), &alone))[0], "FWM 1");
    RealServerSettings v6 = real(1);
    v6.endpoint.address = *IpAddress::parse("2001:db8::9");
    EXPECT_EQ(names(services_of(of_group({v6}), &alone))[0], "FWM 1 inet6");
    EXPECT_EQ(names(services_of(of_group({}), &alone))[0], "FWM 1");
}

TEST(AttributesFor, APortlessServiceIsPersistent) {
    VirtualServerSettings settings = virtual_server({real(1)});
    ipvs::ServiceKey key = settings.key;
    EXPECT_EQ(attributes_for(settings, key).persistence_timeout, 0U);
    EXPECT_EQ(attributes_for(settings, key).persistence_netmask, 0U);
    key.endpoint.port = 0;
    EXPECT_EQ(attributes_for(settings, key).persistence_timeout, 360U);
    EXPECT_EQ(attributes_for(settings, key).persistence_netmask, 0xffffffffU);
    settings.attributes.persistence_timeout = 50;
    EXPECT_EQ(attributes_for(settings, key).persistence_timeout, 50U);
    settings.attributes.persistence_timeout = 0;
    EXPECT_EQ(attributes_for(settings, {.firewall_mark = 1}).persistence_timeout, 0U);
}

TEST(AttributesFor, TheDefaultMaskIsPerHostInBothFamilies) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.attributes.persistence_timeout = 50;
    EXPECT_EQ(attributes_for(settings, {.family = Family::ipv6, .firewall_mark = 1}).persistence_netmask,
              128U);
    settings.attributes.persistence_netmask = 64;
    EXPECT_EQ(attributes_for(settings, {.family = Family::ipv6, .firewall_mark = 1}).persistence_netmask,
              64U);
}

TEST(AttributesFor, TheMaskOfOneFamilyIsNotThatOfTheOtherInAGroupOfBoth) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.group = "G";
    settings.attributes.persistence_timeout = 50;
    settings.attributes.persistence_netmask = 0xffffff00U;
    EXPECT_EQ(attributes_for(settings, {.family = Family::ipv6, .firewall_mark = 1}).persistence_netmask,
              128U);
    EXPECT_EQ(attributes_for(settings, {.family = Family::ipv4, .firewall_mark = 1}).persistence_netmask,
              0xffffff00U);
}

TEST(AttributesFor, OnePacketSchedulingIsForUdpAndMarks) {
    VirtualServerSettings settings = virtual_server({real(1)});
    settings.attributes.flags.one_packet = true;
    EXPECT_FALSE(attributes_for(settings, settings.key).flags.one_packet);
    ipvs::ServiceKey udp = settings.key;
    udp.protocol = Protocol::udp;
    EXPECT_TRUE(attributes_for(settings, udp).flags.one_packet);
    EXPECT_TRUE(attributes_for(settings, {.firewall_mark = 1}).flags.one_packet);
}

TEST(DestinationFor, OnlyMasqueradingChangesThePort) {
    const ipvs::ServiceKey service = virtual_server({}).key;
    const ipvs::ServiceKey fwmark{.firewall_mark = 5};
    EXPECT_EQ(destination_for(at(1, 8080), {.method = ForwardingMethod::masquerade}, service), at(1, 8080));
    EXPECT_EQ(destination_for(at(1, 0), {.method = ForwardingMethod::masquerade}, service), at(1, 80));
    EXPECT_EQ(destination_for(at(1, 0), {.method = ForwardingMethod::masquerade}, service, true), at(1, 0));
    EXPECT_EQ(destination_for(at(1, 8080), {.method = ForwardingMethod::masquerade}, fwmark), at(1, 8080));
    for (ForwardingMethod method : {ForwardingMethod::direct_route, ForwardingMethod::tunnel}) {
        EXPECT_EQ(destination_for(at(1, 8080), {.method = method}, service), at(1, 80));
        EXPECT_EQ(destination_for(at(1, 8080), {.method = method}, fwmark), at(1, 0));
    }
}

TEST(LimitWeight, KeepsTheKernelsRange) {
    EXPECT_EQ(limit_weight(-1), 0);
    EXPECT_EQ(limit_weight(0), 0);
    EXPECT_EQ(limit_weight(2147483647), 2147483647);
    EXPECT_EQ(limit_weight(2147483648), 2147483647);
}

}  // namespace
}  // namespace holdfast::check
