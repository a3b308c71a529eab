// Keyed digests by OpenSSL. One context, made once, so that an advert costs no allocation of ours. The
// library is loaded when somebody wants a digest.
#pragma once

#include <memory>

#include "holdfast/base/result.hpp"
#include "holdfast/vrrp/digest.hpp"

namespace holdfast::kernel {

class OpensslDigest final : public vrrp::Digest {
  public:
    OpensslDigest();
    ~OpensslDigest() override;

    /// Loads the library, so that the first digest does not wait for it, and tells why it cannot be.
    Result<> load();

    std::optional<std::array<uint8_t, vrrp::kMd5Size>> hmac_md5(Bytes key,
                                                                std::initializer_list<Bytes> parts) override;
    std::optional<std::array<uint8_t, vrrp::kSha256Size>> hmac_sha256(
        Bytes key, std::initializer_list<Bytes> parts) override;

  private:
    bool compute(char* name, Bytes key, std::initializer_list<Bytes> parts, std::span<uint8_t> out);

    struct Library;  ///< OpenSSL's objects, behind a pointer because its headers are large.
    std::unique_ptr<Library> library_;  ///< Null until load().
};

}  // namespace holdfast::kernel
