#include "holdfast/kernel/openssl_digest.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace holdfast::kernel {

struct OpensslDigest::Library {
    Library()
        : algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr)),
          context(algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm)) {}
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        EVP_MAC_CTX_free(context);
        EVP_MAC_free(algorithm);
    }

    /// OpenSSL wants the name of the digest as a writable string.
    bool compute(char* name, Bytes key, std::initializer_list<Bytes> parts, std::span<uint8_t> out) {
        if (context == nullptr) return false;
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                         OSSL_PARAM_construct_end()};
        if (EVP_MAC_init(context, key.data(), key.size(), parameters) != 1) return false;
        for (const Bytes& part : parts) {
            if (EVP_MAC_update(context, part.data(), part.size()) != 1) return false;
        }
        size_t length = 0;
        return EVP_MAC_final(context, out.data(), &length, out.size()) == 1 && length == out.size();
    }

    EVP_MAC* algorithm;
    EVP_MAC_CTX* context;
};

OpensslDigest::OpensslDigest() : library_(std::make_unique<Library>()) {}

OpensslDigest::~OpensslDigest() = default;

std::optional<std::array<uint8_t, vrrp::kMd5Size>> OpensslDigest::hmac_md5(
    Bytes key, std::initializer_list<Bytes> parts) {
    char name[] = "MD5";
    std::array<uint8_t, vrrp::kMd5Size> value{};
    if (!library_->compute(name, key, parts, value)) return std::nullopt;
    return value;
}

std::optional<std::array<uint8_t, vrrp::kSha256Size>> OpensslDigest::hmac_sha256(
    Bytes key, std::initializer_list<Bytes> parts) {
    char name[] = "SHA256";
    std::array<uint8_t, vrrp::kSha256Size> value{};
    if (!library_->compute(name, key, parts, value)) return std::nullopt;
    return value;
}

}  // namespace holdfast::kernel
