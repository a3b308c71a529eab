// Hostile datagrams to DNS_CHECK, UDP_CHECK and PING_CHECK: the first byte chooses the check, the second the
// length of a name to ask for. It fails when a conversation asks for more time, sends more, or takes
// something for its answer that cannot be one.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "holdfast/check/dns.hpp"
#include "holdfast/check/ping.hpp"
#include "holdfast/check/udp.hpp"

using namespace holdfast;
using namespace holdfast::check;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const std::span datagram(data + 2, size - 2);
    Checker checker;
    switch (data[0] % 4) {
        case 0: {
            const size_t length = std::min<size_t>(data[1], datagram.size());
            checker.probe =
                DnsCheck{.name = std::string(datagram.begin(), datagram.begin() + static_cast<long>(length))};
            break;
        }
        case 1:
            checker.probe = UdpCheck{.require_reply = (data[1] & 1U) != 0,
                                     .reply = std::vector<uint8_t>{'o', 'k'},
                                     .reply_mask = {0xff, 0xf0}};
            break;
        default: {
            PingCheck ping;
            if (data[0] % 4 == 3) ping.connect.destination.address = *IpAddress::parse("::1");
            checker.probe = ping;
        }
    }
    ProbeMemory memory(checker);
    memory.random = 0x1234;
    auto conversation = make_conversation(checker, &memory);
    Bytes out;
    must(conversation->connected(out).next == Step::Next::wait);
    must(!out.empty() && out.size() <= 12 + 255 + 4);
    Bytes more;
    const Step step = conversation->received(datagram, more);
    must(more.empty() && step.next != Step::Next::wait_anew);
    const bool is_answer = step.next == Step::Next::done && step.outcome.good;
    if (is_answer && data[0] % 4 == 0)
        must(datagram.size() >= 12 && datagram[0] == 0x12 && datagram[1] == 0x34);
    if (is_answer && data[0] % 4 >= 2) must(datagram.size() >= 8 && datagram[7] == 1);
    return 0;
}
