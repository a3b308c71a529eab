#include "holdfast/base/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace holdfast {

std::optional<IpAddress> IpAddress::from_bytes(std::span<const uint8_t> bytes) {
    if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
    IpAddress address;
    address.family_ = bytes.size() == 4 ? Family::ipv4 : Family::ipv6;
    std::ranges::copy(bytes, address.bytes_.begin());
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (text.empty() || text.size() >= buffer.size() || text.find('\0') != text.npos) return std::nullopt;
    std::ranges::copy(text, buffer.begin());
    IpAddress address;
    if (inet_pton(AF_INET, buffer.data(), address.bytes_.data()) == 1) return address;
    address.family_ = Family::ipv6;
    if (inet_pton(AF_INET6, buffer.data(), address.bytes_.data()) == 1) return address;
    return std::nullopt;
}

bool IpAddress::is_unspecified() const {
    return std::ranges::all_of(bytes(), [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_multicast() const {
    return is_v4() ? bytes_[0] >= 224 && bytes_[0] <= 239 : bytes_[0] == 0xff;
}

bool IpAddress::is_loopback() const {
    if (is_v4()) return bytes_[0] == 127;
    return bytes_[15] == 1 && std::ranges::all_of(bytes().first(15), [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_link_local() const {
    return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254 : bytes_[0] == 0xfe && (bytes_[1] & 0xc0U) == 0x80;
}

IpAddress IpAddress::network(uint8_t prefix_length) const {
    IpAddress result = *this;
    for (size_t i = 0; i < bytes().size(); ++i) {
        const size_t first_bit = i * 8;
        if (first_bit >= prefix_length) {
            result.bytes_[i] = 0;
        } else if (first_bit + 8 > prefix_length) {
            result.bytes_[i] &= static_cast<uint8_t>(0xff00U >> (prefix_length - first_bit));
        }
    }
    return result;
}

std::string IpAddress::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    Prefix prefix = host(*address);
    if (slash == text.npos) return prefix;
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (length > address->max_prefix_length()) return std::nullopt;
    prefix.length = static_cast<uint8_t>(length);
    return prefix;
}

std::string Prefix::to_string() const {
    std::string text = address.to_string();
    text += '/';
    text += std::to_string(length);
    return text;
}

std::string Endpoint::to_string() const {
    std::string text = "[";
    text += address.to_string();
    text += "]:";
    text += std::to_string(port);
    return text;
}

std::string MacAddress::to_string() const {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (uint8_t byte : bytes) {
        if (!text.empty()) text += ':';
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
    MacAddress mac;
    for (size_t i = 0; i < mac.bytes.size(); ++i) {
        const size_t colon = text.find(':');
        const std::string_view part = text.substr(0, colon);
        if ((colon == text.npos) != (i + 1 == mac.bytes.size())) return std::nullopt;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), mac.bytes[i], 16);
        if (error != std::errc{} || end != part.data() + part.size() || part.size() > 2) return std::nullopt;
        if (colon != text.npos) text.remove_prefix(colon + 1);
    }
    return mac;
}

std::string_view to_string(Family family) {
    return family == Family::ipv4 ? "IPv4" : "IPv6";
}

}  // namespace holdfast

namespace {

// 64 bits of the address are folded with a multiplicative mix: virtual servers differ mostly in the last
// bytes.
size_t mix(uint64_t value) {
    value ^= value >> 32U;
    value *= 0x9e3779b97f4a7c15ULL;
    return static_cast<size_t>(value ^ value >> 29U);
}

}  // namespace

size_t std::hash<holdfast::IpAddress>::operator()(const holdfast::IpAddress& address) const noexcept {
    uint64_t high = 0;
    uint64_t low = 0;
    const auto bytes = address.bytes();
    std::memcpy(&low, bytes.data(), bytes.size() == 4 ? 4 : 8);
    if (bytes.size() == 16) std::memcpy(&high, bytes.data() + 8, 8);
    return mix(low + mix(high));
}

size_t std::hash<holdfast::Prefix>::operator()(const holdfast::Prefix& prefix) const noexcept {
    return mix(hash<holdfast::IpAddress>{}(prefix.address) + prefix.length);
}

size_t std::hash<holdfast::Endpoint>::operator()(const holdfast::Endpoint& endpoint) const noexcept {
    return mix(hash<holdfast::IpAddress>{}(endpoint.address) + endpoint.port);
}
