#include "holdfast/check/ping.hpp"

#include "holdfast/check/filling.hpp"

namespace holdfast::check {
namespace {

constexpr size_t kHeader = 8;
constexpr size_t kFilling = 128;
// RFC 792 and RFC 4443, 4.
constexpr uint8_t kRequest4 = 8;
constexpr uint8_t kReply4 = 0;
constexpr uint8_t kRequest6 = 128;
constexpr uint8_t kReply6 = 129;

}  // namespace

Step PingConversation::connected(Bytes& out) {
    const uint16_t sequence = ++memory_.ping_sequence;
    const bool six = check_.connect.destination.address.is_v6();
    out.assign(kHeader, 0);
    out[0] = six ? kRequest6 : kRequest4;
    out[6] = static_cast<uint8_t>(sequence >> 8U);
    out[7] = static_cast<uint8_t>(sequence);
    append_filling(out, kFilling);
    return Step::wait();
}

// An answer to an earlier request may still be on its way; it says nothing about now.
Step PingConversation::received(std::span<const uint8_t> datagram, Bytes&) {
    if (datagram.size() < kHeader) return Step::wait();
    const bool six = check_.connect.destination.address.is_v6();
    const auto sequence = static_cast<uint16_t>(datagram[6] << 8U | datagram[7]);
    const bool ours = datagram[0] == (six ? kReply6 : kReply4) && sequence == memory_.ping_sequence;
    return ours ? Step::good() : Step::wait();
}

}  // namespace holdfast::check
