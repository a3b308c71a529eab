#include "holdfast/io/tls.hpp"

#include <array>
#include <cstring>
#include <vector>

#include "holdfast/io/callback.hpp"
#include "openssl_tls.hpp"

namespace holdfast::io {

namespace {

/// Of a loaded library: who has a context, or makes one, has loaded it.
const OpensslTls& openssl() {
    return *OpensslTls::load().value();
}

/// The first entry of OpenSSL's queue of errors, which is emptied.
std::string reason() {
    std::array<char, 256> text{};
    const unsigned long error = openssl().ERR_get_error();
    openssl().ERR_clear_error();
    if (error == 0) return "no reason given";
    openssl().ERR_error_string_n(error, text.data(), text.size());
    return text.data();
}

int give_password(char* buffer, int size, int, void* user) {
    const auto& password = *static_cast<const std::string*>(user);
    if (size < 0 || password.size() > static_cast<size_t>(size)) return 0;
    std::memcpy(buffer, password.data(), password.size());
    return static_cast<int>(password.size());
}

class TlsConnection final : public Connection, private StreamHandler {
  public:
    TlsConnection(Streams& streams, TimerQueue& timers, const TlsContext& context, const TlsRequest& request,
                  StreamHandler& handler)
        : ssl_(openssl()),
          handler_(handler),
          says_goodbye_(request.says_goodbye),
          timer_(timers, [this] { on_timer(); }) {
        if (make_session(context, request)) {
            connection_ = streams.connect(request.connect, *this);
            timer_.arm_after(request.connect.timeout);
        } else {
            fail_soon("cannot make a TLS session: " + reason(), StreamFailure::out_of_descriptors);
        }
    }
    ~TlsConnection() override {
        if (state_ != State::open || !says_goodbye_) return;
        ssl_.SSL_shutdown(session_.get());
        write_out();
    }

    void send(std::span<const uint8_t> data) override {
        if (state_ == State::ended || ending_ || data.empty()) return;
        if (state_ == State::starting) {
            unsent_.insert(unsent_.end(), data.begin(), data.end());
            return;
        }
        write(data);
    }
    void close_gracefully() override {
        if (state_ == State::ended || std::exchange(ending_, true) || state_ == State::starting) return;
        end_our_side();
    }

  private:
    enum class State : uint8_t { starting, open, ended };

    bool make_session(const TlsContext& context, const TlsRequest& request) {
        ssl_.ERR_clear_error();
        session_.reset(ssl_.SSL_new(static_cast<SSL_CTX*>(context.native())));
        BIO* in = ssl_.BIO_new(ssl_.BIO_s_mem());
        BIO* out = ssl_.BIO_new(ssl_.BIO_s_mem());
        if (!session_ || in == nullptr || out == nullptr) {
            ssl_.BIO_free(in);
            ssl_.BIO_free(out);
            return false;
        }
        // More may come: only the stream below knows its end.
        ssl_.BIO_ctrl(in, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nullptr);
        in_ = in;
        out_ = out;
        ssl_.SSL_set_bio(session_.get(), in, out);
        ssl_.SSL_set_connect_state(session_.get());
        return request.server_name.empty() ||
               // SSL_set_tlsext_host_name
               ssl_.SSL_ctrl(session_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                             const_cast<char*>(request.server_name.c_str())) == 1;
    }

    void on_connected() override { shake_hands(); }

    void on_data(std::span<const uint8_t> data) override {
        if (ssl_.BIO_write(in_, data.data(), static_cast<int>(data.size())) != static_cast<int>(data.size()))
            return failed({"TLS: no memory", 0, {}}, StreamFailure::out_of_descriptors);
        if (state_ == State::open) return read();
        const Lifetime::Guard guard(lifetime_);
        shake_hands();
        // What follows the handshake may have come with it.
        if (!guard.is_dead() && state_ == State::open) read();
    }

    void on_closed() override {
        if (state_ == State::starting)
            return failed({"the server closed during the TLS handshake", 0, {}}, StreamFailure::handshake);
        failed({"the server closed without close_notify", 0, {}}, StreamFailure::other);
    }

    void on_failed(const Error& error, StreamFailure why) override {
        // A reset before there is a session: no connection was made, as keepalived sees it too.
        const bool refused = state_ == State::starting && begun_ && why == StreamFailure::other;
        failed(error, refused ? StreamFailure::refused : why);
    }

    void on_timer() {
        if (failure_) {
            const auto [error, why] = *std::exchange(failure_, std::nullopt);
            return failed(error, why);
        }
        failed({"no TLS session in time", 0, {}}, StreamFailure::timeout);
    }

    void shake_hands() {
        begun_ = true;
        ssl_.ERR_clear_error();
        const int result = ssl_.SSL_do_handshake(session_.get());
        const int error = result == 1 ? SSL_ERROR_NONE : ssl_.SSL_get_error(session_.get(), result);
        write_out();
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
        if (error != SSL_ERROR_NONE)
            return failed({"TLS handshake: " + reason(), 0, {}}, StreamFailure::handshake);
        state_ = State::open;
        timer_.cancel();
        const Lifetime::Guard guard(lifetime_);
        handler_.on_connected();
        if (guard.is_dead() || state_ != State::open) return;
        if (!unsent_.empty()) write(std::exchange(unsent_, {}));
        if (ending_) end_our_side();
    }

    void read() {
        std::array<uint8_t, 16384> plain;  // NOLINT(*-member-init): SSL_read fills what is used.
        while (true) {
            ssl_.ERR_clear_error();
            const int length = ssl_.SSL_read(session_.get(), plain.data(), static_cast<int>(plain.size()));
            const int error = length > 0 ? SSL_ERROR_NONE : ssl_.SSL_get_error(session_.get(), length);
            write_out();  // Answers of TLS itself: key updates, alerts.
            if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
            if (error == SSL_ERROR_ZERO_RETURN) {
                finish();
                return handler_.on_closed();
            }
            if (error != SSL_ERROR_NONE) return failed({"TLS: " + reason(), 0, {}}, StreamFailure::other);
            const Lifetime::Guard guard(lifetime_);
            handler_.on_data(std::span(plain).first(static_cast<size_t>(length)));
            if (guard.is_dead() || state_ != State::open) return;
        }
    }

    void write(std::span<const uint8_t> data) {
        ssl_.ERR_clear_error();
        // Memory takes everything at once.
        const int written = ssl_.SSL_write(session_.get(), data.data(), static_cast<int>(data.size()));
        write_out();
        if (written != static_cast<int>(data.size())) fail_soon("TLS: " + reason(), StreamFailure::other);
    }

    void end_our_side() {
        if (says_goodbye_) ssl_.SSL_shutdown(session_.get());
        says_goodbye_ = false;
        write_out();
        connection_->close_gracefully();
    }

    void write_out() {
        char* data = nullptr;
        const long length = ssl_.BIO_ctrl(out_, BIO_CTRL_INFO, 0, &data);
        if (length <= 0 || !connection_) return;
        connection_->send(std::span(reinterpret_cast<const uint8_t*>(data), static_cast<size_t>(length)));
        ssl_.BIO_ctrl(out_, BIO_CTRL_RESET, 0, nullptr);
    }

    void fail_soon(std::string message, StreamFailure why) {
        failure_.emplace(Error{std::move(message), 0, {}}, why);
        timer_.arm_after(Duration::zero());
    }
    void failed(const Error& error, StreamFailure why) {
        const Error told = error;
        finish();
        handler_.on_failed(told, why);
    }
    void finish() {
        state_ = State::ended;
        timer_.cancel();
        connection_.reset();
    }

    const OpensslTls& ssl_;
    StreamHandler& handler_;
    State state_ = State::starting;
    bool begun_ = false;   ///< The stream below stands.
    bool ending_ = false;  ///< close_gracefully() was called.
    bool says_goodbye_;
    std::unique_ptr<SSL, decltype(&::SSL_free)> session_{nullptr, ssl_.SSL_free};
    BIO* in_ = nullptr;  ///< Both belong to the session.
    BIO* out_ = nullptr;
    std::vector<uint8_t> unsent_;
    std::optional<std::pair<Error, StreamFailure>> failure_;
    Timer timer_;
    std::unique_ptr<Connection> connection_;
    Lifetime lifetime_;
};

}  // namespace

Result<std::unique_ptr<const TlsContext>> TlsContext::make(const TlsFiles& files) {
    const auto loaded = OpensslTls::load();
    if (!loaded) return fail("SSL error: OpenSSL cannot be used: " + loaded.error().message);
    const OpensslTls& ssl = **loaded;
    // Without the system's openssl.cnf, which may forbid what an old server speaks.
    ssl.OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    ssl.ERR_clear_error();
    std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context(ssl.SSL_CTX_new(ssl.TLS_client_method()),
                                                                ssl.SSL_CTX_free);
    if (!context) return fail("SSL error: cannot create new SSL context");
    ssl.SSL_CTX_ctrl(context.get(), SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, nullptr);
    ssl.SSL_CTX_ctrl(context.get(), SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, nullptr);
    ssl.SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    if (!files.certificate.empty() &&
        ssl.SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
        return fail("SSL error : Cant load certificate file " + files.certificate + ": " + reason());
    std::string password = files.password;
    if (!password.empty()) {
        ssl.SSL_CTX_set_default_passwd_cb_userdata(context.get(), &password);
        ssl.SSL_CTX_set_default_passwd_cb(context.get(), give_password);
    }
    if (!files.key.empty() &&
        ssl.SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fail("SSL error : Cant load key file " + files.key + ": " + reason());
    ssl.SSL_CTX_set_default_passwd_cb_userdata(context.get(), nullptr);
    ssl.SSL_CTX_set_default_passwd_cb(context.get(), nullptr);
    if (!files.authorities.empty() &&
        ssl.SSL_CTX_load_verify_locations(context.get(), files.authorities.c_str(), nullptr) != 1)
        return fail("SSL error : Cant load CA file " + files.authorities + ": " + reason());
    return std::unique_ptr<const TlsContext>(new TlsContext(context.release()));
}

TlsContext::~TlsContext() {
    openssl().SSL_CTX_free(static_cast<SSL_CTX*>(native_));
}

std::unique_ptr<Connection> connect_tls(Streams& streams, TimerQueue& timers, const TlsContext& context,
                                        const TlsRequest& request, StreamHandler& handler) {
    return std::make_unique<TlsConnection>(streams, timers, context, request, handler);
}

}  // namespace holdfast::io
