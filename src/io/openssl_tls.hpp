// The functions of OpenSSL that tls.cpp calls, in a library that is loaded with the first TlsContext.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "holdfast/base/result.hpp"

namespace holdfast::io {

/// Members are named as the functions they point to. Macros of OpenSSL that call a function have to be
/// written as that function.
struct OpensslTls {
    /// Loaded once. Fails when OpenSSL is not installed, or not the version this was built for.
    static Result<const OpensslTls*> load();

    decltype(&::BIO_ctrl) BIO_ctrl;
    decltype(&::BIO_free) BIO_free;
    decltype(&::BIO_new) BIO_new;
    decltype(&::BIO_s_mem) BIO_s_mem;
    decltype(&::BIO_write) BIO_write;
    decltype(&::ERR_clear_error) ERR_clear_error;
    decltype(&::ERR_error_string_n) ERR_error_string_n;
    decltype(&::ERR_get_error) ERR_get_error;
    decltype(&::OPENSSL_init_crypto) OPENSSL_init_crypto;
    decltype(&::SSL_CTX_ctrl) SSL_CTX_ctrl;
    decltype(&::SSL_CTX_free) SSL_CTX_free;
    decltype(&::SSL_CTX_load_verify_locations) SSL_CTX_load_verify_locations;
    decltype(&::SSL_CTX_new) SSL_CTX_new;
    decltype(&::SSL_CTX_set_default_passwd_cb) SSL_CTX_set_default_passwd_cb;
    decltype(&::SSL_CTX_set_default_passwd_cb_userdata) SSL_CTX_set_default_passwd_cb_userdata;
    decltype(&::SSL_CTX_set_verify) SSL_CTX_set_verify;
    decltype(&::SSL_CTX_use_PrivateKey_file) SSL_CTX_use_PrivateKey_file;
    decltype(&::SSL_CTX_use_certificate_chain_file) SSL_CTX_use_certificate_chain_file;
    decltype(&::SSL_ctrl) SSL_ctrl;
    decltype(&::SSL_do_handshake) SSL_do_handshake;
    decltype(&::SSL_free) SSL_free;
    decltype(&::SSL_get_error) SSL_get_error;
    decltype(&::SSL_new) SSL_new;
    decltype(&::SSL_read) SSL_read;
    decltype(&::SSL_set_bio) SSL_set_bio;
    decltype(&::SSL_set_connect_state) SSL_set_connect_state;
    decltype(&::SSL_shutdown) SSL_shutdown;
    decltype(&::SSL_write) SSL_write;
    decltype(&::TLS_client_method) TLS_client_method;
};

}  // namespace holdfast::io
