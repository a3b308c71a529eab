// Keyed digests, which authenticate adverts (auth_type AH, auth_hmac). This module has no cryptography of its
// own: the composition hands one in (kernel/openssl_digest.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

namespace holdfast::vrrp {

inline constexpr size_t kMd5Size = 16;
inline constexpr size_t kSha256Size = 32;

class Digest {
  public:
    using Bytes = std::span<const uint8_t>;

    Digest() = default;
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;
    virtual ~Digest() = default;

    /// HMAC (RFC 2104) over the parts, one after the other. Nothing when it cannot be computed: such
    /// adverts are refused by whoever verifies them, and nothing is accepted.
    virtual std::optional<std::array<uint8_t, kMd5Size>> hmac_md5(Bytes key,
                                                                  std::initializer_list<Bytes> parts) = 0;
    virtual std::optional<std::array<uint8_t, kSha256Size>> hmac_sha256(
        Bytes key, std::initializer_list<Bytes> parts) = 0;
};

/// Compares without telling by its duration how many bytes are right.
bool equal_in_constant_time(Digest::Bytes left, Digest::Bytes right);

}  // namespace holdfast::vrrp
