#include "openssl_tls.hpp"

#include <string>

#include "holdfast/io/shared_library.hpp"

namespace holdfast::io {
namespace {

Result<OpensslTls> find_all() {
    // What libssl needs of libcrypto is found through it.
    SharedLibrary library("libssl.so." + std::to_string(OPENSSL_SHLIB_VERSION));
    OpensslTls all{};
    library.find(all.BIO_ctrl, "BIO_ctrl");
    library.find(all.BIO_free, "BIO_free");
    library.find(all.BIO_new, "BIO_new");
    library.find(all.BIO_s_mem, "BIO_s_mem");
    library.find(all.BIO_write, "BIO_write");
    library.find(all.ERR_clear_error, "ERR_clear_error");
    library.find(all.ERR_error_string_n, "ERR_error_string_n");
    library.find(all.ERR_get_error, "ERR_get_error");
    library.find(all.OPENSSL_init_crypto, "OPENSSL_init_crypto");
    library.find(all.SSL_CTX_ctrl, "SSL_CTX_ctrl");
    library.find(all.SSL_CTX_free, "SSL_CTX_free");
    library.find(all.SSL_CTX_load_verify_locations, "SSL_CTX_load_verify_locations");
    library.find(all.SSL_CTX_new, "SSL_CTX_new");
    library.find(all.SSL_CTX_set_default_passwd_cb, "SSL_CTX_set_default_passwd_cb");
    library.find(all.SSL_CTX_set_default_passwd_cb_userdata, "SSL_CTX_set_default_passwd_cb_userdata");
    library.find(all.SSL_CTX_set_verify, "SSL_CTX_set_verify");
    library.find(all.SSL_CTX_use_PrivateKey_file, "SSL_CTX_use_PrivateKey_file");
    library.find(all.SSL_CTX_use_certificate_chain_file, "SSL_CTX_use_certificate_chain_file");
    library.find(all.SSL_ctrl, "SSL_ctrl");
    library.find(all.SSL_do_handshake, "SSL_do_handshake");
    library.find(all.SSL_free, "SSL_free");
    library.find(all.SSL_get_error, "SSL_get_error");
    library.find(all.SSL_new, "SSL_new");
    library.find(all.SSL_read, "SSL_read");
    library.find(all.SSL_set_bio, "SSL_set_bio");
    library.find(all.SSL_set_connect_state, "SSL_set_connect_state");
    library.find(all.SSL_shutdown, "SSL_shutdown");
    library.find(all.SSL_write, "SSL_write");
    library.find(all.TLS_client_method, "TLS_client_method");
    if (const auto verdict = library.verdict(); !verdict) return std::unexpected(verdict.error());
    return all;
}

}  // namespace

Result<const OpensslTls*> OpensslTls::load() {
    static const Result<OpensslTls> kLoaded = find_all();
    if (!kLoaded) return std::unexpected(kLoaded.error());
    return &*kLoaded;
}

}  // namespace holdfast::io
