#include "holdfast/kernel/openssl_digest.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <string>

#include "holdfast/io/shared_library.hpp"

namespace holdfast::kernel {

namespace {

/// The functions that are used here, named as in OpenSSL.
struct Functions {
    decltype(&::EVP_MAC_CTX_free) EVP_MAC_CTX_free;
    decltype(&::EVP_MAC_CTX_new) EVP_MAC_CTX_new;
    decltype(&::EVP_MAC_fetch) EVP_MAC_fetch;
    decltype(&::EVP_MAC_final) EVP_MAC_final;
    decltype(&::EVP_MAC_free) EVP_MAC_free;
    decltype(&::EVP_MAC_init) EVP_MAC_init;
    decltype(&::EVP_MAC_update) EVP_MAC_update;
    decltype(&::OSSL_PARAM_construct_end) OSSL_PARAM_construct_end;
    decltype(&::OSSL_PARAM_construct_utf8_string) OSSL_PARAM_construct_utf8_string;

    static Result<Functions> load() {
        io::SharedLibrary library("libcrypto.so." + std::to_string(OPENSSL_SHLIB_VERSION));
        Functions all{};
        library.find(all.EVP_MAC_CTX_free, "EVP_MAC_CTX_free");
        library.find(all.EVP_MAC_CTX_new, "EVP_MAC_CTX_new");
        library.find(all.EVP_MAC_fetch, "EVP_MAC_fetch");
        library.find(all.EVP_MAC_final, "EVP_MAC_final");
        library.find(all.EVP_MAC_free, "EVP_MAC_free");
        library.find(all.EVP_MAC_init, "EVP_MAC_init");
        library.find(all.EVP_MAC_update, "EVP_MAC_update");
        library.find(all.OSSL_PARAM_construct_end, "OSSL_PARAM_construct_end");
        library.find(all.OSSL_PARAM_construct_utf8_string, "OSSL_PARAM_construct_utf8_string");
        if (const auto verdict = library.verdict(); !verdict) return std::unexpected(verdict.error());
        return all;
    }
};

}  // namespace

struct OpensslDigest::Library {
    explicit Library(const Functions& functions)
        : openssl(functions),
          algorithm(openssl.EVP_MAC_fetch(nullptr, "HMAC", nullptr)),
          context(algorithm == nullptr ? nullptr : openssl.EVP_MAC_CTX_new(algorithm)) {}
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        openssl.EVP_MAC_CTX_free(context);
        openssl.EVP_MAC_free(algorithm);
    }

    /// OpenSSL wants the name of the digest as a writable string.
    bool compute(char* name, Bytes key, std::initializer_list<Bytes> parts, std::span<uint8_t> out) {
        const OSSL_PARAM parameters[] = {
            openssl.OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
            openssl.OSSL_PARAM_construct_end()};
        if (openssl.EVP_MAC_init(context, key.data(), key.size(), parameters) != 1) return false;
        for (const Bytes& part : parts) {
            if (openssl.EVP_MAC_update(context, part.data(), part.size()) != 1) return false;
        }
        size_t length = 0;
        return openssl.EVP_MAC_final(context, out.data(), &length, out.size()) == 1 && length == out.size();
    }

    Functions openssl;
    EVP_MAC* algorithm;
    EVP_MAC_CTX* context;
};

OpensslDigest::OpensslDigest() = default;

OpensslDigest::~OpensslDigest() = default;

Result<> OpensslDigest::load() {
    if (library_) return {};
    const auto functions = Functions::load();
    if (!functions) return fail("OpenSSL cannot be used: " + functions.error().message);
    auto library = std::make_unique<Library>(*functions);
    if (library->context == nullptr) return fail("OpenSSL has no HMAC");
    library_ = std::move(library);
    return {};
}

bool OpensslDigest::compute(char* name, Bytes key, std::initializer_list<Bytes> parts,
                            std::span<uint8_t> out) {
    return load().has_value() && library_->compute(name, key, parts, out);
}

std::optional<std::array<uint8_t, vrrp::kMd5Size>> OpensslDigest::hmac_md5(
    Bytes key, std::initializer_list<Bytes> parts) {
    char name[] = "MD5";
    std::array<uint8_t, vrrp::kMd5Size> value{};
    if (!compute(name, key, parts, value)) return std::nullopt;
    return value;
}

std::optional<std::array<uint8_t, vrrp::kSha256Size>> OpensslDigest::hmac_sha256(
    Bytes key, std::initializer_list<Bytes> parts) {
    char name[] = "SHA256";
    std::array<uint8_t, vrrp::kSha256Size> value{};
    if (!compute(name, key, parts, value)) return std::nullopt;
    return value;
}

}  // namespace holdfast::kernel
