#include "holdfast/check/dns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace holdfast::check {
namespace {

constexpr size_t kHeader = 12;
constexpr size_t kLongestLabel = 63;
constexpr size_t kLongestName = 255;
constexpr uint16_t kRecursionDesired = 0x0100;
constexpr uint16_t kClassInternet = 1;

void append(Bytes& out, uint16_t value) {
    out.push_back(static_cast<uint8_t>(value >> 8U));
    out.push_back(static_cast<uint8_t>(value));
}

}  // namespace

Bytes dns_query(uint16_t id, std::string_view name, uint16_t type) {
    Bytes out;
    append(out, id);
    append(out, kRecursionDesired);
    append(out, 1);  // One question, nothing else.
    out.resize(kHeader);
    while (!name.empty() && name != ".") {
        const size_t dot = std::min(name.find('.'), name.size());
        const std::string_view label = name.substr(0, std::min(dot, kLongestLabel));
        name.remove_prefix(std::min(dot + 1, name.size()));
        // Its length, itself, and the zero at the end.
        if (out.size() - kHeader + label.size() + 2 > kLongestName) break;
        out.push_back(static_cast<uint8_t>(label.size()));
        out.insert(out.end(), label.begin(), label.end());
    }
    out.push_back(0);
    append(out, type);
    append(out, kClassInternet);
    return out;
}

Step DnsConversation::connected(Bytes& out) {
    out = dns_query(id_, check_.name, check_.type);
    return Step::wait();
}

Step DnsConversation::received(std::span<const uint8_t> datagram, Bytes&) {
    if (datagram.size() < kHeader) return Step::wait();
    const auto id = static_cast<uint16_t>(datagram[0] << 8U | datagram[1]);
    const bool is_answer = (datagram[2] & 0x80U) != 0;
    if (id != id_ || !is_answer) return Step::wait();
    const int code = datagram[3] & 0x0f;
    if (code != 0) return Step::bad(fmt::format("read error occurred. (rcode = {})", code));
    return Step::good();
}

Step DnsConversation::failed(const Failure& failure) {
    if (failure.trouble == Trouble::unreachable) {
        const Endpoint& to = check_.connect.destination;
        return Step::bad(fmt::format("network unreachable for [{}]:{}", to.address.to_string(), to.port));
    }
    return Step::bad(fmt::format("failed to read socket; errno {} ({})", failure.os_error,
                                 std::strerror(failure.os_error)));
}

Step DnsConversation::timed_out() {
    return Step::bad("read timeout from socket");
}

}  // namespace holdfast::check
