#include "holdfast/ipvs/table.hpp"

#include <gtest/gtest.h>

#include "fake_kernel.hpp"

namespace holdfast::ipvs {
namespace {

TEST(ServiceKey, IsWrittenAsInKeepalivedsLogs) {
    EXPECT_EQ(tcp_service(1).to_string(), "[192.0.2.1]:tcp:80");
    ServiceKey udp = tcp_service(1, 53);
    udp.protocol = Protocol::udp;
    EXPECT_EQ(udp.to_string(), "[192.0.2.1]:udp:53");
    const ServiceKey v6{.family = Family::ipv6,
                        .protocol = Protocol::sctp,
                        .endpoint = {*IpAddress::parse("2001:db8::1"), 5060}};
    EXPECT_EQ(v6.to_string(), "[2001:db8::1]:sctp:5060");
    EXPECT_EQ((ServiceKey{.firewall_mark = 9}.to_string()), "FWM 9");
}

TEST(Table, ListsServicesInTheOrderInWhichTheyWereAdded) {
    Table table;
    for (uint8_t last : std::initializer_list<uint8_t>{9, 3, 7, 1}) table.add(tcp_service(last), {});
    table.put(tcp_service(3), {.attributes = {.scheduler = "rr"}});  // Keeps its place.
    table.erase(tcp_service(9));
    table.add(tcp_service(9), {});
    std::vector<ServiceKey> order;
    for (const auto& [key, service] : table.ordered()) order.push_back(*key);
    EXPECT_EQ(order, (std::vector{tcp_service(3), tcp_service(7), tcp_service(1), tcp_service(9)}));
    EXPECT_EQ(table.find(tcp_service(3))->attributes.scheduler, "rr");
}

TEST(Table, AddKeepsTheAttributesOfAnExistingService) {
    Table table;
    table.add(tcp_service(1), {.scheduler = "rr"});
    EXPECT_EQ(table.add(tcp_service(1), {.scheduler = "sh"}).attributes.scheduler, "rr");
    EXPECT_EQ(table.size(), 1U);
}

TEST(Table, EqualityIgnoresOrderButNothingElse) {
    for (uint8_t count : std::initializer_list<uint8_t>{
             3, 40}) {  // Below and above the size from which pools are sorted to compare them.
        Table a;
        Table b;
        for (uint8_t i = 1; i <= count; ++i) {
            a.add(tcp_service(1), {}).put(weighted(i, i));
            b.add(tcp_service(1), {}).put(weighted(static_cast<uint8_t>(count + 1 - i), count + 1 - i));
        }
        EXPECT_EQ(a, b);
        b.find(tcp_service(1))->find(server(2))->attributes.weight = 77;
        EXPECT_NE(a, b);
        b.find(tcp_service(1))->find(server(2))->attributes.weight = 2;
        EXPECT_EQ(a, b);
        b.find(tcp_service(1))->attributes.persistence_timeout = 5;
        EXPECT_NE(a, b);
    }
}

TEST(Table, IsWrittenInTheWordsOfIpvsadm) {
    Table table;
    table
        .add(tcp_service(1), {.scheduler = "sh",
                              .flags = {.sched1 = true, .sched2 = true},
                              .persistence_timeout = 300,
                              .persistence_netmask = 0xffffff00})
        .put({server(2, 8080), {.weight = 3, .upper_threshold = 20, .lower_threshold = 10}});
    const ServiceKey mark{.family = Family::ipv6, .firewall_mark = 7};
    Service& tunnels = table.add(mark, {.scheduler = "wlc", .flags = {.one_packet = true}});
    tunnels.put(
        {{*IpAddress::parse("2001:db8::5"), 0},
         {.forwarding = {ForwardingMethod::tunnel, TunnelType::gue, 6080, TunnelChecksum::remote_checksum}}});
    tunnels.put({server(1, 0), {.forwarding = {.method = ForwardingMethod::tunnel}, .weight = 0}});
    EXPECT_EQ(to_string(table),
              "-A -t 192.0.2.1:80 -s sh -p 300 -M 255.255.255.0 -b sh-fallback,sh-port\n"
              "-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 3 -x 20 -y 10\n"
              "-A -f 7 -6 -s wlc -o\n"
              "-a -f 7 -6 -r [2001:db8::5]:0 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum\n"
              "-a -f 7 -6 -r 10.0.0.1:0 -i -w 0 --tun-type ipip\n");
}

}  // namespace
}  // namespace holdfast::ipvs
