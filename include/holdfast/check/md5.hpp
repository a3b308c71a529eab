// MD5 (RFC 1321), for the `digest` of a url. It tells one page from another; nothing here is a secret, and a
// host whose crypto library refuses MD5 must not lose its health checks.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace holdfast::check {

class Md5 {
  public:
    using Digest = std::array<uint8_t, 16>;

    void update(std::span<const uint8_t> data);
    /// The digest of all data so far; the object is used up.
    Digest finish();

  private:
    void block(const uint8_t* data);

    std::array<uint32_t, 4> state_{0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U};
    std::array<uint8_t, 64> pending_{};
    uint64_t length_ = 0;
};

}  // namespace holdfast::check
