// A digest without cryptography: any bit of the key or the text changes it, and it is the same everywhere.
#pragma once

#include "holdfast/vrrp/digest.hpp"

namespace holdfast::vrrp {

class FakeDigest final : public Digest {
  public:
    std::optional<std::array<uint8_t, kMd5Size>> hmac_md5(Bytes key,
                                                          std::initializer_list<Bytes> parts) override {
        return value<kMd5Size>(key, parts);
    }
    std::optional<std::array<uint8_t, kSha256Size>> hmac_sha256(Bytes key,
                                                                std::initializer_list<Bytes> parts) override {
        return value<kSha256Size>(key, parts);
    }
    bool broken = false;
    int computed = 0;

  private:
    template <size_t size>
    std::optional<std::array<uint8_t, size>> value(Bytes key, std::initializer_list<Bytes> parts) {
        ++computed;
        if (broken) return std::nullopt;
        uint64_t hash = 0xcbf29ce484222325ULL;
        const auto add = [&](uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
        for (const uint8_t byte : key) add(byte);
        for (const Bytes& part : parts)
            for (const uint8_t byte : part) add(byte);
        std::array<uint8_t, size> result{};
        for (uint8_t& byte : result) {
            add(0x5a);
            byte = static_cast<uint8_t>(hash >> 56U);
        }
        return result;
    }
};

}  // namespace holdfast::vrrp
