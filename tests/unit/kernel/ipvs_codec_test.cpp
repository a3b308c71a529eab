#include "holdfast/kernel/ipvs_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/ip_vs.h>

#include <random>

#include "holdfast/ipvs/reconciler.hpp"
#include "holdfast/kernel/ipvs.hpp"

namespace holdfast::kernel::ipvs_codec {
namespace {

using ipvs::ForwardingMethod;
using ipvs::Protocol;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ipvs::ServiceKey tcp() {
    return {.protocol = Protocol::tcp, .endpoint = {IpAddress::v4(192, 0, 2, 1), 80}};
}

ipvs::ServiceKey udp6() {
    return {.family = Family::ipv6,
            .protocol = Protocol::udp,
            .endpoint = {*IpAddress::parse("2001:db8::1"), 53}};
}

// Requests and answers use the same attributes, so what is encoded for the kernel can be decoded.
NamedService through(const ipvs::ServiceKey& key, const ipvs::ServiceAttributes& attributes) {
    auto decoded = decode_service(encode(ipvs::AddService{key, attributes}).body);
    EXPECT_TRUE(decoded) << decoded.error().message;
    return decoded.value_or(NamedService{});
}

ipvs::Destination through(const ipvs::Destination& destination, const ipvs::ServiceKey& service = tcp()) {
    auto decoded =
        decode_destination(encode(ipvs::AddDestination{service, destination}).body, service.family);
    EXPECT_TRUE(decoded) << decoded.error().message;
    return decoded.value_or(ipvs::Destination{});
}

// Byte by byte, for a little-endian machine: integers in host order, but the port and the IPv4 mask in
// network order.
TEST(IpvsCodec, WritesTheAttributesInTheirByteOrders) {
    const Request request = encode(ipvs::AddService{
        tcp(), {.scheduler = "rr", .persistence_timeout = 300, .persistence_netmask = 0xffffff00}});
    EXPECT_EQ(request.command, IPVS_CMD_NEW_SERVICE);
    const std::vector<uint8_t> expected{
        84, 0, 1, 0,                                                                // IPVS_CMD_ATTR_SERVICE
        6,  0, 1, 0, 2,   0,   0,   0,                                              // AF_INET
        6,  0, 2, 0, 6,   0,   0,   0,                                              // TCP
        20, 0, 3, 0, 192, 0,   2,   1, 0,   0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0,  // address, 16 bytes
        6,  0, 4, 0, 0,   80,  0,   0,                                              // port, big endian
        7,  0, 6, 0, 'r', 'r', 0,   0,                                              // scheduler with its zero
        12, 0, 7, 0, 1,   0,   0,   0, 255, 255, 255, 255,  // persistent, all flags given
        8,  0, 8, 0, 44,  1,   0,   0,                      // 300 s
        8,  0, 9, 0, 255, 255, 255, 0,                      // mask, network order
    };
    EXPECT_EQ(request.body, expected);
}

TEST(IpvsCodec, WritesADestinationAfterItsService) {
    const Request request =
        encode(ipvs::EditDestination{{.firewall_mark = 7},
                                     {{IpAddress::v4(10, 0, 0, 1), 0x1234},
                                      {.forwarding = {ForwardingMethod::tunnel, ipvs::TunnelType::gue, 6080,
                                                      ipvs::TunnelChecksum::checksum},
                                       .weight = 3,
                                       .upper_threshold = 9,
                                       .lower_threshold = 8}}});
    EXPECT_EQ(request.command, IPVS_CMD_SET_DEST);
    const std::vector<uint8_t> expected{
        20,   0, 1,  0, 6,  0, 1,  0, 2, 0, 0,  0, 8,    0,    5, 0, 7, 0, 0,  0,  // FWM 7
        96,   0, 2,  0, 6,  0, 11, 0, 2, 0, 0,  0,                                 // AF_INET
        20,   0, 1,  0, 10, 0, 0,  1, 0, 0, 0,  0, 0,    0,    0, 0, 0, 0, 0,  0, 6, 0, 2, 0, 0x12,
        0x34, 0, 0,                                                   // endpoint
        8,    0, 3,  0, 2,  0, 0,  0, 8, 0, 4,  0, 3,    0,    0, 0,  // tunnel, weight
        8,    0, 5,  0, 9,  0, 0,  0, 8, 0, 6,  0, 8,    0,    0, 0,  // thresholds
        5,    0, 13, 0, 1,  0, 0,  0, 6, 0, 14, 0, 0x17, 0xc0, 0, 0, 6, 0, 15, 0, 1, 0, 0, 0,  // gue, 6080,
                                                                                               // csum
    };
    EXPECT_EQ(request.body, expected);
}

TEST(IpvsCodec, ServicesSurviveTheWayThrough) {
    const std::vector<ipvs::ServiceKey> keys{
        tcp(),
        udp6(),
        {.protocol = Protocol::sctp, .endpoint = {IpAddress::v4(1, 2, 3, 4), 65535}},
        {.firewall_mark = 0xfffffffe},
        {.family = Family::ipv6, .firewall_mark = 1, .endpoint = {IpAddress::any(Family::ipv6), 0}}};
    const std::vector<ipvs::ServiceAttributes> attributes{
        {},
        {.scheduler = "fifteen-letters", .flags = {.one_packet = true}},
        {.scheduler = "sh",
         .flags = {.sched1 = true, .sched3 = true},
         .persistence_timeout = 1,
         .persistence_engine = "sip"},
        {.flags = {.sched2 = true}, .persistence_timeout = 2678400, .persistence_netmask = 64},
    };
    for (const auto& key : keys)
        for (const auto& one : attributes)
            EXPECT_EQ(through(key, one), (NamedService{key, ipvs::normal(key, one)})) << key.to_string();
}

TEST(IpvsCodec, DestinationsSurviveTheWayThrough) {
    for (const char* address : {"10.0.0.1", "2001:db8::5"})
        for (ForwardingMethod method : {ForwardingMethod::masquerade, ForwardingMethod::direct_route,
                                        ForwardingMethod::tunnel, ForwardingMethod::local}) {
            const ipvs::Destination one{{*IpAddress::parse(address), 8080},
                                        {.forwarding = {method},
                                         .weight = 2147483647,
                                         .upper_threshold = 0xffffffff,
                                         .lower_threshold = 0xfffffffe}};
            EXPECT_EQ(through(one), one);
            EXPECT_EQ(through(one, udp6()), one);  // A family of its own.
        }
    const ipvs::Destination gre{
        {IpAddress::v4(10, 0, 0, 1), 0},
        {.forwarding = {ForwardingMethod::tunnel, ipvs::TunnelType::gre, 0, ipvs::TunnelChecksum::checksum}}};
    EXPECT_EQ(through(gre), gre);
}

TEST(IpvsCodec, AKernelThatTellsNoFamilyOfDestinationsMeansTheServices) {
    // af 11 is left out: ADDR and PORT only, with 16 bytes of address.
    std::vector<uint8_t> answer{32, 0, 2, 0, 20, 0, 1, 0, 0x20, 1, 0xd, 0xb8, 0, 0,  0, 0,
                                0,  0, 0, 0, 0,  0, 0, 5, 6,    0, 2,   0,    0, 80, 0, 0};
    EXPECT_EQ(decode_destination(answer, Family::ipv6)->key.to_string(), "[2001:db8::5]:80");
    EXPECT_EQ(decode_destination(answer, Family::ipv4)->key.to_string(), "[32.1.13.184]:80");
}

TEST(IpvsCodec, SyncDaemonsSurviveTheWayThrough) {
    for (const char* group : {"224.0.0.90", "ff02::90"}) {
        const ipvs::SyncDaemon daemon{.role = ipvs::SyncRole::master,
                                      .interface = "eth0",
                                      .sync_id = 255,
                                      .max_length = 1400,
                                      .port = 8849,
                                      .ttl = 7,
                                      .group = IpAddress::parse(group)};
        EXPECT_EQ(*decode_daemon(encode_start_daemon(daemon).body), daemon);
    }
    const ipvs::SyncDaemon plain{.role = ipvs::SyncRole::backup, .interface = "lo"};
    EXPECT_EQ(*decode_daemon(encode_start_daemon(plain).body), plain);
    EXPECT_EQ(encode_stop_daemon(ipvs::SyncRole::backup).command, IPVS_CMD_DEL_DAEMON);
}

TEST(IpvsCodec, OnlyTimeoutsThatAreSetAreSent) {
    EXPECT_TRUE(encode_set_timeouts({}).body.empty());
    const ipvs::Timeouts some{.tcp = 900, .udp = 300};
    EXPECT_EQ(*decode_timeouts(encode_set_timeouts(some).body), some);
    EXPECT_EQ(encode_set_timeouts(some).body.size(), 16U);
}

TEST(IpvsCodec, InfoIsReadAsVersionAndTableSize) {
    const std::vector<uint8_t> answer{8, 0, 1, 0, 1, 2, 1, 0, 8, 0, 2, 0, 0, 16, 0, 0};
    const auto info = decode_info(answer);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->version_text(), "1.2.1");
    EXPECT_EQ(info->connection_table_size, 4096U);
}

TEST(IpvsCodec, IncompleteAnswersAreErrors) {
    EXPECT_FALSE(decode_service({}));
    EXPECT_FALSE(decode_destination({}, Family::ipv4));
    EXPECT_FALSE(decode_daemon({}));
    const std::vector<uint8_t> empty_service{4, 0, 1, 0};
    EXPECT_FALSE(decode_service(empty_service));
    const std::vector<uint8_t> no_address{20, 0, 1, 0, 6, 0, 1, 0, 2, 0, 0, 0, 6, 0, 2, 0, 6, 0, 0, 0};
    EXPECT_FALSE(decode_service(no_address));
    const std::vector<uint8_t> wrong_family{20, 0, 1, 0, 6, 0, 1, 0, 99, 0, 0, 0, 8, 0, 5, 0, 7, 0, 0, 0};
    EXPECT_FALSE(decode_service(wrong_family));
    const std::vector<uint8_t> short_info{5, 0, 1, 0, 1};
    EXPECT_FALSE(decode_info(short_info));
}

TEST(IpvsCodec, EveryTruncationIsAnErrorOrSmaller) {
    const auto body = encode(ipvs::AddService{udp6(), {.scheduler = "wrr", .persistence_timeout = 9}}).body;
    for (size_t size = 0; size < body.size() - 1; ++size) {
        // A copy of exactly this size, so that a sanitizer sees a read behind it.
        const std::vector<uint8_t> part(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(decode_service(part)) << size;
    }
}

TEST(IpvsCodec, DamagedAnswersNeverReadOutsideTheirBytes) {
    std::mt19937 random(1);
    const std::vector<Body> samples{
        encode(ipvs::AddService{tcp(), {.scheduler = "wrr", .persistence_engine = "sip"}}).body,
        encode(ipvs::AddDestination{udp6(), {{IpAddress::v4(1, 2, 3, 4), 5}, {}}}).body,
        encode_start_daemon({.interface = "eth0", .group = IpAddress::v4(224, 0, 0, 81)}).body};
    size_t accepted = 0;
    for (int round = 0; round < 60000; ++round) {
        Body damaged = samples[random() % samples.size()];
        for (auto flips = random() % 4; flips-- > 0;)
            damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
        if (random() % 2 == 0) damaged.resize(random() % (damaged.size() + 1));
        damaged.shrink_to_fit();
        if (auto service = decode_service(damaged)) {
            ++accepted;
            EXPECT_LT(service->attributes.scheduler.size(), 16U);
        }
        accepted += decode_destination(damaged, Family::ipv6).has_value() ? 1 : 0;
        accepted += decode_daemon(damaged).has_value() ? 1 : 0;
        (void)decode_info(damaged);
        (void)decode_timeouts(damaged);
    }
    EXPECT_GT(accepted, 10000U);  // The undamaged parts still count.
}

TEST(IpvsExplain, SaysWhatAnErrnoMeansForTheOperation) {
    const ipvs::AddService add{tcp(), {.scheduler = "twos"}};
    EXPECT_EQ(explain(add, ENOENT), "this kernel has no scheduler 'twos'");
    EXPECT_THAT(explain(add, EPERM), HasSubstr("CAP_NET_ADMIN"));
    EXPECT_THAT(explain(add, EIO), HasSubstr("Input/output error"));
    const ipvs::AddDestination destination{tcp(), {{IpAddress::v4(10, 0, 0, 1), 80}, {}}};
    EXPECT_THAT(explain(destination, ENOENT), HasSubstr("there is no such destination"));
    EXPECT_THAT(explain(destination, ERANGE), HasSubstr("out of range"));
    EXPECT_THAT(explain(ipvs::RemoveService{tcp()}, ESRCH), HasSubstr("there is no such service"));
}

TEST(IpvsTable, AKernelWithoutIpvsIsSaidSoClearly) {
    if (access("/proc/net/ip_vs", F_OK) == 0) GTEST_SKIP() << "this kernel has ip_vs";
    int attempts = 0;
    IpvsTable table([&] { return ++attempts > 100; });
    const auto available = table.available();
    ASSERT_FALSE(available);
    EXPECT_THAT(available.error().message, StartsWith("IPVS is not available in this kernel: "));
    EXPECT_EQ(attempts, 1);
    EXPECT_FALSE(table.dump());
    const std::vector<ipvs::Operation> operations{ipvs::RemoveService{tcp()}, ipvs::RemoveService{udp6()}};
    const auto results = table.apply(operations);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[1].error().message, available.error().message);
}

TEST(IpvsTable, ANamespaceThatIsMissingIsNamed) {
    IpvsTable table(std::optional<std::string>("no-such-namespace"));
    const auto available = table.available();
    ASSERT_FALSE(available);
    EXPECT_THAT(
        available.error().message,
        HasSubstr("net_namespace_ipvs: network namespace /run/netns/no-such-namespace: No such file"));
}

}  // namespace
}  // namespace holdfast::kernel::ipvs_codec
