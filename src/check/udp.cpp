#include "holdfast/check/udp.hpp"

#include <algorithm>

#include "holdfast/check/filling.hpp"

namespace holdfast::check {
namespace {

constexpr size_t kDefaultLength = 32;

bool matches(std::span<const uint8_t> datagram, const UdpCheck& check) {
    if (datagram.size() < check.min_reply_length || datagram.size() > check.max_reply_length) return false;
    if (!check.reply) return true;
    // As the manual says, the shorter of both lengths is compared.
    const size_t length = std::min(datagram.size(), check.reply->size());
    for (size_t i = 0; i < length; ++i) {
        const uint8_t mask = i < check.reply_mask.size() ? check.reply_mask[i] : uint8_t{0xff};
        if (((datagram[i] ^ (*check.reply)[i]) & mask) != 0) return false;
    }
    return true;
}

}  // namespace

Step UdpConversation::connected(Bytes& out) {
    if (check_.payload.empty()) {
        append_filling(out, kDefaultLength);
    } else {
        out.insert(out.end(), check_.payload.begin(), check_.payload.end());
    }
    return Step::wait();
}

Step UdpConversation::received(std::span<const uint8_t> datagram, Bytes&) {
    if (check_.require_reply && !matches(datagram, check_)) return Step::bad(std::string(kReplyMismatch));
    return Step::good();
}

Step UdpConversation::timed_out() {
    return check_.require_reply ? Step::bad("timeout") : Step::good();
}

}  // namespace holdfast::check
