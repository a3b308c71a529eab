// Network addresses as values: comparable, hashable, printable, independent of the socket API.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast {

enum class Family : uint8_t { ipv4, ipv6 };

/// An IPv4 or IPv6 address. Bytes are in network order; IPv4 uses the first four, the rest are zero. The
/// default is 0.0.0.0. Comparison is by family, then numeric in network order, as the VRRP tie-break wants
/// (RFC 9568, 6.4.3).
class IpAddress {
  public:
    constexpr IpAddress() = default;
    static constexpr IpAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
        IpAddress address;
        address.bytes_ = {a, b, c, d};
        return address;
    }
    /// 4 or 16 bytes in network order; anything else gives nothing.
    static std::optional<IpAddress> from_bytes(std::span<const uint8_t> bytes);
    /// Dotted quad or RFC 4291 text without prefix length or zone; nothing when it is neither.
    static std::optional<IpAddress> parse(std::string_view text);
    /// The unspecified address of a family.
    static constexpr IpAddress any(Family family) {
        IpAddress address;
        address.family_ = family;
        return address;
    }

    constexpr Family family() const { return family_; }
    constexpr bool is_v4() const { return family_ == Family::ipv4; }
    constexpr bool is_v6() const { return family_ == Family::ipv6; }
    /// 4 or 16 bytes, network order.
    constexpr std::span<const uint8_t> bytes() const { return {bytes_.data(), is_v4() ? 4U : 16U}; }
    /// 32 or 128.
    constexpr uint8_t max_prefix_length() const { return is_v4() ? 32 : 128; }
    bool is_unspecified() const;
    bool is_multicast() const;
    bool is_loopback() const;
    /// fe80::/10 or 169.254.0.0/16.
    bool is_link_local() const;
    /// The address with all bits after `prefix_length` cleared.
    IpAddress network(uint8_t prefix_length) const;
    /// Text form: dotted quad, or RFC 5952.
    std::string to_string() const;

    friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

  private:
    Family family_ = Family::ipv4;
    std::array<uint8_t, 16> bytes_{};
};

/// An address with a prefix length: `192.0.2.0/24`.
struct Prefix {
    IpAddress address;
    uint8_t length = 32;
    static Prefix host(const IpAddress& address) { return {address, address.max_prefix_length()}; }
    /// `ADDR` or `ADDR/LEN`, LEN within the family's range.
    static std::optional<Prefix> parse(std::string_view text);
    std::string to_string() const;
    friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;
};

/// Address and port (TCP, UDP or SCTP). Port 0 means "none" or "any", as IPVS and keepalived use it.
struct Endpoint {
    IpAddress address;
    uint16_t port = 0;
    /// `[ADDR]:PORT`, the shape keepalived logs for both families.
    std::string to_string() const;
    friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

struct MacAddress {
    std::array<uint8_t, 6> bytes{};
    std::string to_string() const;
    static std::optional<MacAddress> parse(std::string_view text);
    friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// The kernel's index of a network interface; 0 means none.
struct InterfaceIndex {
    uint32_t value = 0;
    constexpr explicit operator bool() const { return value != 0; }
    friend constexpr auto operator<=>(const InterfaceIndex&, const InterfaceIndex&) = default;
};

std::string_view to_string(Family family);

}  // namespace holdfast

template <>
struct std::hash<holdfast::IpAddress> {
    size_t operator()(const holdfast::IpAddress& address) const noexcept;
};
template <>
struct std::hash<holdfast::Prefix> {
    size_t operator()(const holdfast::Prefix& prefix) const noexcept;
};
template <>
struct std::hash<holdfast::Endpoint> {
    size_t operator()(const holdfast::Endpoint& endpoint) const noexcept;
};
template <>
struct std::hash<holdfast::InterfaceIndex> {
    size_t operator()(holdfast::InterfaceIndex index) const noexcept { return index.value; }
};
