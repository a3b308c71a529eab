// Keyed digests by OpenSSL. One context, made once, so that an advert costs no allocation of ours.
#pragma once

#include <memory>

#include "holdfast/vrrp/digest.hpp"

namespace holdfast::kernel {

class OpensslDigest final : public vrrp::Digest {
  public:
    OpensslDigest();
    ~OpensslDigest() override;

    std::optional<std::array<uint8_t, vrrp::kMd5Size>> hmac_md5(Bytes key,
                                                                std::initializer_list<Bytes> parts) override;
    std::optional<std::array<uint8_t, vrrp::kSha256Size>> hmac_sha256(
        Bytes key, std::initializer_list<Bytes> parts) override;

  private:
    struct Library;  ///< OpenSSL's objects, behind a pointer because its headers are large.
    std::unique_ptr<Library> library_;
};

}  // namespace holdfast::kernel
