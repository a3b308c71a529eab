// AdvertLink between two network namespaces, seen from the other end by another AdvertLink and by a packet
// socket. The frames it is compared with were captured from keepalived 2.4.3 in the same lab.
#include "holdfast/kernel/advert_link.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>

#include "../base/counted_heap.hpp"
#include "hex.hpp"
#include "holdfast/kernel/gathering.hpp"
#include "namespace.hpp"

namespace holdfast::kernel {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using Bytes = std::vector<uint8_t>;

IpAddress ip(const char* text) {
    return *IpAddress::parse(text);
}

/// Everything that arrives at an interface from outside.
class Sniffer {
  public:
    explicit Sniffer(const char* interface)
        : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL))) {
        sockaddr_ll from{};
        from.sll_family = AF_PACKET;
        from.sll_protocol = htons(ETH_P_ALL);
        from.sll_ifindex = static_cast<int>(if_nametoindex(interface));
        EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
    }
    /// The frames of one Ethernet type so far, router solicitations and the like left out.
    std::vector<Bytes> frames(uint16_t type) {
        std::vector<Bytes> result;
        std::array<uint8_t, 4096> buffer;
        while (true) {
            sockaddr_ll from{};
            socklen_t size = sizeof from;
            const ssize_t length = recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                            reinterpret_cast<sockaddr*>(&from), &size);
            if (length < 0) return result;
            if (from.sll_pkttype == PACKET_OUTGOING || ntohs(from.sll_protocol) != type) continue;
            Bytes frame(buffer.begin(), buffer.begin() + length);
            const bool is_noise = type == ETH_P_IPV6 && frame[20] != 112 && frame[54] != 136;
            if (!is_noise) result.push_back(std::move(frame));
        }
    }

  private:
    io::Fd socket_;
};

struct Received {
    vrrp::ChannelId channel;
    std::string from;
    std::string to;
    int ttl = 0;
    bool multicast = false;
    uint32_t interface = 0;
    uint16_t announced = 0;
    Bytes payload;
};

/// Namespace A with us in it, B with the peer; v0 in both, 192.0.2.1 and 192.0.2.2.
class AdvertLinkTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!b.exists()) GTEST_SKIP() << "needs CAP_SYS_ADMIN for network namespaces";
        a.enter();
        testing::Namespace::run(
            "ip link add v0 address 02:00:00:00:00:0a type veth peer name v0 address 02:00:00:00:00:0b "
            "netns " +
            b.path());
        for (const auto& [space, host] : {std::pair(&a, 1), std::pair(&b, 2)}) {
            space->enter();
            testing::Namespace::run(
                fmt::format("ip link set v0 up && ip addr add 192.0.2.{}/24 dev v0", host));
            testing::Namespace::run(
                fmt::format("ip addr add fe80::{0}/64 dev v0 nodad && "
                            "ip addr add 2001:db8::{0}/64 dev v0 nodad",
                            host));
        }
        for (const auto* space : {&a, &b}) {
            space->enter();
            testing::Namespace::wait_until_running("v0");
        }
        sniffer = std::make_unique<Sniffer>("v0");
        theirs = std::make_unique<AdvertLink>(loop);
        listen(*theirs, at_peer);
        a.enter();
        ours = std::make_unique<AdvertLink>(loop);
        listen(*ours, at_home);
    }
    static void listen(AdvertLink& link, std::vector<Received>& into) {
        link.on_receive([&into](vrrp::ChannelId channel, const vrrp::ReceivedFrame& frame) {
            into.push_back({channel, frame.source.to_string(), frame.destination.to_string(), frame.ttl,
                            frame.multicast, frame.interface.value, frame.announced_payload_length,
                            Bytes(frame.payload.begin(), frame.payload.end())});
        });
    }
    vrrp::ChannelSettings multicast(Family family = Family::ipv4) {
        return {.family = family,
                .interface = testing::Namespace::index("v0"),
                .interface_name = "v0",
                .multicast_group = ip(family == Family::ipv4 ? "224.0.0.18" : "ff02::12"),
                .bind_address = {}};
    }
    vrrp::ChannelSettings unicast(const char* source) {
        return {.family = ip(source).family(),
                .interface = testing::Namespace::index("v0"),
                .interface_name = "v0",
                .multicast_group = {},
                .bind_address = ip(source)};
    }
    vrrp::ChannelId open(AdvertLink& link, const vrrp::ChannelSettings& settings) {
        auto channel = link.open_channel(settings);
        EXPECT_TRUE(channel.has_value()) << channel.error().message;
        return channel.value_or(vrrp::ChannelId{});
    }
    vrrp::ChannelId open_theirs(const std::function<vrrp::ChannelSettings()>& settings) {
        b.enter();
        const auto channel = open(*theirs, settings());
        a.enter();
        return channel;
    }
    void turn(int turns = 3) {
        for (int i = 0; i < turns; ++i) loop.run_once(2ms);
    }

    testing::Namespace a;
    testing::Namespace b;
    io::EventLoop loop;
    std::vector<Received> at_home;
    std::vector<Received> at_peer;
    std::unique_ptr<Sniffer> sniffer;
    std::unique_ptr<AdvertLink> theirs;
    std::unique_ptr<AdvertLink> ours;

    // vrid 51, priority 150, PASS "secret", 192.0.2.100.
    const Bytes advert_v2 = bytes("2133 9601 0101 4919 c000 0264 7365 6372 6574 0000");
    // vrid 52, priority 150, fe80::100 and 2001:db8::100; the kernel sums it.
    const Bytes advert_v6 = bytes(
        "3134 9602 0064 0000 fe80 0000 0000 0000 0000 0000 0000 0100 2001 0db8 0000 0000 0000 0000 0000 "
        "0100");
    // vrid 53, version 3, 192.0.2.101.
    const Bytes advert_v3 = bytes("3135 9601 0064 f17e c000 0265");
};

TEST_F(AdvertLinkTest, Ipv4MulticastAdvertIsTheReferencesFrame) {
    const auto channel = open(*ours, multicast());
    for (int i = 0; i < 2; ++i)
        ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    ours->flush();
    const auto frames = sniffer->frames(ETH_P_IP);
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_THAT(frames[0],
                ElementsAreArray(bytes("0100 5e00 0012 0200 0000 000a 0800 45c0 0028 0001 0000 ff70 1891 c000"
                                       "0201 e000 0012 2133 9601 0101 4919 c000 0264 7365 6372 6574 0000")));
    EXPECT_THAT(frames[1],
                ElementsAreArray(bytes("0100 5e00 0012 0200 0000 000a 0800 45c0 0028 0002 0000 ff70 1890 c000"
                                       "0201 e000 0012 2133 9601 0101 4919 c000 0264 7365 6372 6574 0000")));
}

TEST_F(AdvertLinkTest, Ipv6MulticastAdvertIsTheReferencesFrame) {
    // The reference's address was fe80::ff:fe00:a, derived from the MAC.
    testing::Namespace::run("ip addr flush dev v0 scope link && ip addr add fe80::ff:fe00:a/64 dev v0 nodad");
    const auto channel = open(*ours, multicast(Family::ipv6));
    ours->send(channel, {.source = ip("fe80::ff:fe00:a"), .destination = ip("ff02::12")}, advert_v6);
    ours->flush();
    auto frames = sniffer->frames(ETH_P_IPV6);
    ASSERT_EQ(frames.size(), 1U);
    // The flow label is the kernel's random number.
    frames[0][15] &= 0xf0;
    frames[0][16] = frames[0][17] = 0;
    EXPECT_THAT(frames[0],
                ElementsAreArray(bytes("3333 0000 0012 0200 0000 000a 86dd 6c00 0000 0028 70ff fe80 0000 0000"
                                       "0000 0000 00ff fe00 000a ff02 0000 0000 0000 0000 0000 0000 0012 3134"
                                       "9602 0064 0cf3 fe80 0000 0000 0000 0000 0000 0000 0100 2001 0db8 0000"
                                       "0000 0000 0000 0000 0100")));
}

TEST_F(AdvertLinkTest, UnicastAdvertIsTheReferencesFrame) {
    testing::Namespace::run("ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:0b dev v0");
    const auto channel = open(*ours, unicast("192.0.2.1"));
    ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("192.0.2.2"), .ttl = 200}, advert_v3);
    ours->flush();
    const auto frames = sniffer->frames(ETH_P_IP);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_THAT(frames[0],
                ElementsAreArray(bytes("0200 0000 000b 0200 0000 000a 0800 45c0 0020 0001 0000 c870 6da9 c000"
                                       "0201 c000 0202 3135 9601 0064 f17e c000 0265")));
}

TEST_F(AdvertLinkTest, GratuitousArpAndNeighbourAdvertisementAreTheReferencesFrames) {
    const std::vector<vrrp::Announcement> batch{
        {.interface = testing::Namespace::index("v0"), .address = ip("192.0.2.100"), .mac = {}},
        {.interface = testing::Namespace::index("v0"), .address = ip("2001:db8::100"), .mac = {}}};
    ASSERT_TRUE(ours->announce(batch, 2).has_value());
    EXPECT_THAT(sniffer->frames(ETH_P_ARP), IsEmpty());  // They wait for the end of the turn.
    turn(1);
    b.enter();
    EXPECT_EQ(ours->announcer().sent(), 4U);
    a.enter();
    Sniffer* all = sniffer.get();
    const auto arp = all->frames(ETH_P_ARP);
    ASSERT_EQ(arp.size(), 2U);
    EXPECT_EQ(arp[0], arp[1]);
    EXPECT_THAT(arp[0], ElementsAreArray(
                            bytes("ffff ffff ffff 0200 0000 000a 0806 0001 0800 0604 0001 0200 0000 000a c000"
                                  "0264 ffff ffff ffff c000 0264")));
}

TEST_F(AdvertLinkTest, NeighbourAdvertisementIsTheReferencesFrame) {
    const vrrp::Announcement one{
        .interface = testing::Namespace::index("v0"), .address = ip("2001:db8::100"), .mac = {}};
    ASSERT_TRUE(ours->announce({&one, 1}, 1).has_value());
    ours->flush();
    const auto frames = sniffer->frames(ETH_P_IPV6);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_THAT(frames[0], ElementsAreArray(bytes(
                               "3333 0000 0001 0200 0000 000a 86dd 6000 0000 0020 3aff 2001 0db8 0000 0000"
                               "0000 0000 0000 0100 ff02 0000 0000 0000 0000 0000 0000 0001 8800 f723 2000"
                               "0000 2001 0db8 0000 0000 0000 0000 0000 0100 0201 0200 0000 000a")));
}

TEST_F(AdvertLinkTest, Ipv4MulticastArrivesAndDoesNotLoopBack) {
    const auto channel = open(*ours, multicast());
    const auto at_them = open_theirs([&] { return multicast(); });
    ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    turn();
    ASSERT_EQ(at_peer.size(), 1U);
    EXPECT_EQ(at_peer[0].channel, at_them);
    EXPECT_EQ(at_peer[0].from, "192.0.2.1");
    EXPECT_EQ(at_peer[0].to, "224.0.0.18");
    EXPECT_EQ(at_peer[0].ttl, 255);
    EXPECT_TRUE(at_peer[0].multicast);
    EXPECT_NE(at_peer[0].interface, 0U);
    EXPECT_EQ(at_peer[0].announced, advert_v2.size());
    EXPECT_EQ(at_peer[0].payload, advert_v2);
    EXPECT_THAT(at_home, IsEmpty());
    EXPECT_EQ(ours->counters().sent, 1U);
    EXPECT_EQ(theirs->counters().received, 1U);
}

TEST_F(AdvertLinkTest, Ipv6MulticastArrives) {
    const auto channel = open(*ours, multicast(Family::ipv6));
    open_theirs([&] { return multicast(Family::ipv6); });
    ours->send(channel, {.source = ip("fe80::1"), .destination = ip("ff02::12")}, advert_v6);
    turn();
    ASSERT_EQ(at_peer.size(), 1U);
    EXPECT_EQ(at_peer[0].from, "fe80::1");
    EXPECT_EQ(at_peer[0].to, "ff02::12");
    EXPECT_EQ(at_peer[0].ttl, 255);
    EXPECT_TRUE(at_peer[0].multicast);
    EXPECT_EQ(at_peer[0].payload.size(), advert_v6.size());
    EXPECT_THAT(at_home, IsEmpty());
}

TEST_F(AdvertLinkTest, UnicastArrivesWithItsTtlInBothFamilies) {
    const auto four = open(*ours, unicast("192.0.2.1"));
    const auto six = open(*ours, unicast("2001:db8::1"));
    open_theirs([&] { return unicast("192.0.2.2"); });
    open_theirs([&] { return unicast("2001:db8::2"); });
    ours->send(four, {.source = ip("192.0.2.1"), .destination = ip("192.0.2.2"), .ttl = 200}, advert_v3);
    ours->send(six, {.source = ip("2001:db8::1"), .destination = ip("2001:db8::2"), .ttl = 199}, advert_v6);
    turn(20);
    ASSERT_EQ(at_peer.size(), 2U);
    std::ranges::sort(at_peer, {}, &Received::ttl);
    EXPECT_EQ(at_peer[0].ttl, 199);
    EXPECT_EQ(at_peer[0].from, "2001:db8::1");
    EXPECT_EQ(at_peer[1].ttl, 200);
    EXPECT_EQ(at_peer[1].to, "192.0.2.2");
    EXPECT_FALSE(at_peer[1].multicast);
    EXPECT_EQ(at_peer[1].payload, advert_v3);
}

TEST_F(AdvertLinkTest, MulticastChannelHearsNoUnicastAndTheOtherWayRound) {
    const auto to_group = open(*ours, multicast());
    const auto to_host = open(*ours, unicast("192.0.2.1"));
    const auto group = open_theirs([&] { return multicast(); });
    const auto host = open_theirs([&] { return unicast("192.0.2.2"); });
    ours->send(to_host, {.source = ip("192.0.2.1"), .destination = ip("192.0.2.2")}, advert_v3);
    turn(20);
    ASSERT_EQ(at_peer.size(), 1U);
    EXPECT_EQ(at_peer[0].channel, host);
    ours->send(to_group, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    turn();
    ASSERT_EQ(at_peer.size(), 2U);
    EXPECT_EQ(at_peer[1].channel, group);
}

TEST_F(AdvertLinkTest, DamagedIpv6ChecksumIsDroppedByTheKernel) {
    open_theirs([&] { return multicast(Family::ipv6); });
    // A sender that does its own sums, wrongly.
    io::Fd raw(::socket(AF_INET6, SOCK_RAW, 112));
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    inet_pton(AF_INET6, "ff02::12", &to.sin6_addr);
    to.sin6_scope_id = testing::Namespace::index("v0").value;
    ASSERT_GT(
        sendto(raw.get(), advert_v6.data(), advert_v6.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to),
        0);
    turn();
    EXPECT_THAT(at_peer, IsEmpty());
}

TEST_F(AdvertLinkTest, ManyAdvertsArriveInOrder) {
    const auto channel = open(*ours, multicast());
    open_theirs([&] { return multicast(); });
    for (uint8_t vrid = 1; vrid <= 200; ++vrid) {
        Bytes packet = advert_v2;
        packet[1] = vrid;
        ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, packet);
    }
    turn(10);
    ASSERT_EQ(at_peer.size(), 200U);
    for (size_t i = 0; i < 200; ++i) EXPECT_EQ(at_peer[i].payload[1], i + 1);
}

TEST_F(AdvertLinkTest, MoreChannelsThanQueuesSendInOneTurn) {
    open_theirs([&] { return multicast(); });
    std::vector<vrrp::ChannelId> channels;
    for (int i = 0; i < 40; ++i) channels.push_back(open(*ours, multicast()));
    for (int round = 0; round < 2; ++round) {
        for (size_t i = 0; i < channels.size(); ++i) {
            Bytes packet = advert_v2;
            packet[1] = static_cast<uint8_t>(i + 1);
            ours->send(channels[i], {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, packet);
        }
        turn(5);
    }
    EXPECT_EQ(ours->counters().sent, 80U);
    EXPECT_EQ(ours->counters().send_errors, 0U);
    EXPECT_EQ(at_peer.size(), 80U);
}

TEST_F(AdvertLinkTest, NothingLeavesBeforeTheEndOfTheTurnUnlessFlushed) {
    const auto channel = open(*ours, multicast());
    ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    EXPECT_EQ(ours->counters().sent, 0U);
    loop.run_once(1ms);
    EXPECT_EQ(ours->counters().sent, 1U);
}

TEST_F(AdvertLinkTest, SendingAndReceivingTakesNothingFromTheHeap) {
    const auto channel = open(*ours, multicast());
    size_t count = 0;
    theirs->on_receive([&](vrrp::ChannelId, const vrrp::ReceivedFrame&) { ++count; });
    open_theirs([&] { return multicast(); });
    const auto exchange = [&] {
        for (int i = 0; i < 10; ++i)
            ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
        turn();
    };
    for (int i = 0; i < 3; ++i) exchange();  // Queues and tables get their size.
    const vrrp::SendOptions options{.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")};
    const size_t taken = counted_heap::allocations_of([&] {
        for (int i = 0; i < 10; ++i) ours->send(channel, options, advert_v2);
        turn();
    });
    EXPECT_EQ(count, 40U);
    EXPECT_EQ(taken, 0U);
}

TEST_F(AdvertLinkTest, PacketsThatComeFastWaitForEachOtherAndTellHowLong) {
    constexpr Duration kPatience = 1min;  // Whatever the machine does meanwhile.
    const auto channel = open(*ours, multicast());
    const auto at_them = open_theirs([&] { return multicast(); });
    std::vector<Duration> waits;
    theirs->on_receive(
        [&](vrrp::ChannelId, const vrrp::ReceivedFrame& frame) { waits.push_back(frame.waited); });
    theirs->set_patience(at_them, kPatience, 1);
    const auto exchange = [&] {
        const size_t before = waits.size();
        ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
        ours->flush();
        for (int i = 0; i < 1000 && waits.size() == before; ++i) {
            turn(1);
            theirs->catch_up();
        }
        ASSERT_EQ(waits.size(), before + 1);
    };
    for (unsigned i = 0; i <= Gathering::kQuickReads; ++i) exchange();
    EXPECT_THAT(waits, ::testing::Each(Duration::zero())) << "read when they came";
    EXPECT_TRUE(loop.timers().next().has_value()) << "the socket rests";
    // The kernel begins to stamp packets some time after it has been asked to.
    const Instant give_up = loop.now() + 30s;
    while (waits.back() == Duration::zero() && loop.now() < give_up) exchange();
    EXPECT_GT(waits.back(), Duration::zero());
    EXPECT_LE(waits.back(), kPatience);
    theirs->set_patience(at_them, 0s, 1);
    for (int i = 0; i < 3; ++i) exchange();
    EXPECT_EQ(waits.back(), Duration::zero());
    EXPECT_FALSE(loop.timers().next().has_value()) << "no rest any more";
    theirs->close_channel(at_them);
    theirs->catch_up();
}

TEST_F(AdvertLinkTest, PacketsDoNotWaitWhereTheBufferAskedForHasNoRoomForThem) {
    const auto channel = open(*ours, multicast());
    ours->resize_receive_buffer(channel, 20000);
    const auto size = [&] {
        int bytes = 0;
        socklen_t length = sizeof bytes;
        EXPECT_EQ(getsockopt(ours->descriptors(channel).receive, SOL_SOCKET, SO_RCVBUF, &bytes, &length), 0);
        return bytes;
    };
    const auto stamps = [&] {
        int on = -1;
        socklen_t length = sizeof on;
        EXPECT_EQ(getsockopt(ours->descriptors(channel).receive, SOL_SOCKET, SO_TIMESTAMPNS, &on, &length),
                  0);
        return on != 0;
    };
    const int asked = size();
    ours->set_patience(channel, 20ms, 250);
    EXPECT_EQ(size(), asked);
    EXPECT_FALSE(stamps());
    ours->resize_receive_buffer(channel, 0);
    ours->set_patience(channel, 20ms, 250);
    EXPECT_GE(size(), 250 * 4096) << "nobody has asked for less";
    EXPECT_TRUE(stamps());
    ours->resize_receive_buffer(channel, 20000);
    EXPECT_FALSE(stamps()) << "asked for later";
    ours->resize_receive_buffer(channel, 0);
    EXPECT_TRUE(stamps());
    ours->set_patience(channel, 0ms, 250);
    EXPECT_FALSE(stamps());
}

TEST_F(AdvertLinkTest, HandlerMayCloseTheChannelItHearsFrom) {
    const auto channel = open(*ours, multicast());
    const auto at_them = open_theirs([&] { return multicast(); });
    int heard = 0;
    theirs->on_receive([&](vrrp::ChannelId, const vrrp::ReceivedFrame&) {
        ++heard;
        theirs->close_channel(at_them);
    });
    for (int i = 0; i < 3; ++i)
        ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    turn();
    EXPECT_EQ(heard, 1);
}

TEST_F(AdvertLinkTest, ClosedChannelSendsWhatItHasAndHearsNoMore) {
    const auto channel = open(*ours, multicast());
    const auto at_them = open_theirs([&] { return multicast(); });
    ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    ours->close_channel(channel);
    turn();
    EXPECT_EQ(at_peer.size(), 1U);
    const auto again = open(*ours, multicast());
    EXPECT_NE(again, channel);
    theirs->close_channel(at_them);
    ours->send(again, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    turn();
    EXPECT_EQ(at_peer.size(), 1U);
}

TEST_F(AdvertLinkTest, DrainDeliversWithoutTheLoop) {
    const auto channel = open(*ours, multicast());
    open_theirs([&] { return multicast(); });
    ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip("224.0.0.18")}, advert_v2);
    ours->flush();
    theirs->drain();
    EXPECT_EQ(at_peer.size(), 1U);
}

TEST_F(AdvertLinkTest, SendErrorIsToldOncePerChange) {
    std::vector<int> errors;
    ours->on_send_error([&](vrrp::ChannelId, const IpAddress& to, int error) {
        EXPECT_EQ(to, ip("198.51.100.1"));
        errors.push_back(error);
    });
    auto settings = unicast("192.0.2.1");
    settings.interface = {};  // Bound to an interface, the kernel would take every address for a neighbour.
    settings.interface_name.clear();
    const auto channel = open(*ours, settings);
    const auto send_to = [&](const char* to) {
        ours->send(channel, {.source = ip("192.0.2.1"), .destination = ip(to)}, advert_v3);
        ours->flush();
    };
    send_to("198.51.100.1");  // Nobody routes there.
    send_to("198.51.100.1");
    EXPECT_THAT(errors, ElementsAre(ENETUNREACH));
    send_to("192.0.2.2");
    send_to("198.51.100.1");
    EXPECT_THAT(errors, ElementsAre(ENETUNREACH, ENETUNREACH));
    EXPECT_EQ(ours->counters().send_errors, 3U);
}

TEST_F(AdvertLinkTest, OpeningOnAMissingInterfaceFailsInWords) {
    auto settings = multicast();
    settings.interface_name = "nosuch0";
    settings.interface = {4711};
    const auto channel = ours->open_channel(settings);
    ASSERT_FALSE(channel.has_value());
    EXPECT_THAT(channel.error().message, ::testing::StartsWith("cannot bind to interface nosuch0"));
    EXPECT_EQ(channel.error().os_error, ENODEV);
}

TEST_F(AdvertLinkTest, SpacedAnnouncementsLeaveOverTime) {
    const std::vector interfaces{testing::Namespace::index("v0")};
    ours->announcements().set_group(interfaces, {.garp = 30ms});
    const vrrp::Announcement one{.interface = interfaces[0], .address = ip("192.0.2.100"), .mac = {}};
    ASSERT_TRUE(ours->announce({&one, 1}, 3).has_value());
    const auto began = std::chrono::steady_clock::now();
    loop.run_once(1ms);
    EXPECT_EQ(ours->announcer().sent(), 1U);
    while (ours->announcer().sent() < 3 && std::chrono::steady_clock::now() - began < 3s) loop.run_once(50ms);
    EXPECT_EQ(ours->announcer().sent(), 3U);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 60ms);
    EXPECT_EQ(sniffer->frames(ETH_P_ARP).size(), 3U);
}

TEST_F(AdvertLinkTest, CancelledAnnouncementsDoNotLeave) {
    const std::vector interfaces{testing::Namespace::index("v0")};
    ours->announcements().set_group(interfaces, {.garp = 10s});
    const std::vector<vrrp::Announcement> batch{
        {.interface = interfaces[0], .address = ip("192.0.2.100"), .mac = {}}};
    ASSERT_TRUE(ours->announce(batch, 3).has_value());
    ours->flush();
    ours->cancel_announcements(batch);
    EXPECT_TRUE(ours->announcements().is_empty());
}

TEST_F(AdvertLinkTest, InterfacesThatCannotAnnounceDropSilently) {
    const std::vector<vrrp::Announcement> batch{
        {.interface = {4711}, .address = ip("192.0.2.100"), .mac = {}},
        {.interface = testing::Namespace::index("lo"), .address = ip("192.0.2.100"), .mac = {}},
        {.interface = testing::Namespace::index("v0"), .address = ip("192.0.2.100"), .mac = {}}};
    ASSERT_TRUE(ours->announce(batch, 1).has_value());
    ours->flush();
    EXPECT_EQ(ours->announcer().sent(), 1U);
    EXPECT_EQ(ours->announcer().dropped(), 2U);
}

TEST_F(AdvertLinkTest, FactsFromOutsideAreUsed) {
    AdvertLink told(loop, [](InterfaceIndex) { return InterfaceFacts{.mac = {{2, 2, 2, 2, 2, 2}}}; });
    const vrrp::Announcement one{
        .interface = testing::Namespace::index("v0"), .address = ip("192.0.2.100"), .mac = {}};
    ASSERT_TRUE(told.announce({&one, 1}, 1).has_value());
    told.flush();
    const auto frames = sniffer->frames(ETH_P_ARP);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0][6], 2);
    EXPECT_EQ(frames[0][27], 2);
}

}  // namespace
}  // namespace holdfast::kernel
