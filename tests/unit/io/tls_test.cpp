#include "holdfast/io/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "test_support.hpp"

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;

template <auto function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        function(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

struct Identity {
    Key key{EVP_RSA_gen(2048)};
    Certificate certificate{X509_new()};
    Identity() {
        X509* x = certificate.get();
        ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
        X509_gmtime_adj(X509_getm_notBefore(x), 0);
        X509_gmtime_adj(X509_getm_notAfter(x), 3600);
        X509_set_pubkey(x, key.get());
        X509_NAME* name = X509_get_subject_name(x);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"),
                                   -1, -1, 0);
        X509_set_issuer_name(x, name);
        X509_sign(x, key.get(), EVP_sha256());
    }
};
const Identity& identity() {
    static const Identity kIdentity;
    return kIdentity;
}

/// The other end, made of values: takes what the client sends and says what the test wants.
class TlsServer {
  public:
    explicit TlsServer(int highest_version = 0) : context_(SSL_CTX_new(TLS_server_method())) {
        SSL_CTX_use_certificate(context_.get(), identity().certificate.get());
        SSL_CTX_use_PrivateKey(context_.get(), identity().key.get());
        if (highest_version != 0) SSL_CTX_set_max_proto_version(context_.get(), highest_version);
        session_.reset(SSL_new(context_.get()));
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        SSL_set_bio(session_.get(), in_, out_);
        SSL_set_accept_state(session_.get());
    }
    void take(std::span<const uint8_t> data) { BIO_write(in_, data.data(), static_cast<int>(data.size())); }
    bool shake_hands() { return SSL_do_handshake(session_.get()) == 1; }
    std::string read() {
        std::string text(65536, '\0');
        const int length = SSL_read(session_.get(), text.data(), static_cast<int>(text.size()));
        text.resize(length > 0 ? static_cast<size_t>(length) : 0);
        return text;
    }
    void write(const std::string& text) {
        ASSERT_EQ(SSL_write(session_.get(), text.data(), static_cast<int>(text.size())),
                  static_cast<int>(text.size()));
    }
    void say_goodbye() { SSL_shutdown(session_.get()); }
    bool was_told_goodbye() { return (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    std::string server_name() {
        const char* name = SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name);
        return name == nullptr ? "" : name;
    }
    /// What it wants to send now.
    std::vector<uint8_t> output() {
        std::vector<uint8_t> data(BIO_pending(out_));
        if (!data.empty()) BIO_read(out_, data.data(), static_cast<int>(data.size()));
        return data;
    }

  private:
    std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
    std::unique_ptr<SSL, Free<SSL_free>> session_;
    BIO* in_ = nullptr;
    BIO* out_ = nullptr;
};

/// The stream below: one connection, whose bytes the test carries.
class Wire final : public Streams {
  public:
    std::unique_ptr<Connection> connect(const ConnectRequest& wanted, StreamHandler& opened) override {
        request = wanted;
        handler = &opened;
        return std::make_unique<Line>(*this);
    }
    ConnectRequest request;
    StreamHandler* handler = nullptr;
    std::vector<uint8_t> sent;
    bool ended = false;

  private:
    class Line final : public Connection {
      public:
        explicit Line(Wire& wire) : wire_(wire) {}
        ~Line() override { wire_.handler = nullptr; }
        void send(std::span<const uint8_t> data) override {
            wire_.sent.insert(wire_.sent.end(), data.begin(), data.end());
        }
        void close_gracefully() override { wire_.ended = true; }

      private:
        Wire& wire_;
    };
};

class TlsTest : public testing::Test, public StreamHandler {
  protected:
    void on_connected() override {
        ++connected;
        if (then) then();
    }
    void on_data(std::span<const uint8_t> data) override {
        received.append(reinterpret_cast<const char*>(data.data()), data.size());
        if (then) then();
    }
    void on_closed() override {
        ++closed;
        if (then) then();
    }
    void on_failed(const Error& error, StreamFailure reason) override {
        message = error.message;
        failure = reason;
        if (then) then();
    }

    void connect(const TlsRequest& request = {}) {
        connection.reset();
        wire.sent.clear();
        connection = connect_tls(wire, timers, *context, request, *this);
    }
    /// Carries bytes both ways, `piece` at a time towards the client, until nothing moves.
    void carry(size_t piece = 100000) {
        for (bool moved = true; moved;) {
            moved = false;
            if (!wire.sent.empty()) {
                server.take(std::exchange(wire.sent, {}));
                (void)server.shake_hands();
                moved = true;
            }
            const auto data = server.output();
            for (size_t at = 0; at < data.size() && wire.handler != nullptr; at += piece) {
                wire.handler->on_data(std::span(data).subspan(at, std::min(piece, data.size() - at)));
                moved = true;
            }
        }
    }
    void establish(const TlsRequest& request = {}, size_t piece = 100000) {
        connect(request);
        wire.handler->on_connected();
        carry(piece);
        ASSERT_EQ(connected, 1);
    }
    void advance(Duration by) {
        timers.set_now(timers.now() + by);
        timers.run_due();
    }
    void send(std::string_view text) {
        connection->send({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }

    TimerQueue timers;
    Wire wire;
    TlsServer server;
    std::unique_ptr<const TlsContext> context = std::move(TlsContext::make({}).value());
    std::unique_ptr<Connection> connection;
    int connected = 0;
    int closed = 0;
    std::string received;
    std::string message;
    std::optional<StreamFailure> failure;
    std::function<void()> then;
};

TEST_F(TlsTest, CarriesBytesBothWaysHoweverTheyAreCut) {
    for (const size_t piece : {1U, 7U, 100000U}) {
        server = TlsServer();
        connected = 0;
        received.clear();
        establish({}, piece);
        send("GET /");
        carry(piece);
        EXPECT_EQ(server.read(), "GET /");
        const std::string answer(50000, 'a');
        server.write(answer);
        carry(piece);
        EXPECT_EQ(received, answer);
    }
}

TEST_F(TlsTest, ASelfSignedCertificateIsGoodEnough) {
    establish();
    EXPECT_FALSE(failure);
}

TEST_F(TlsTest, WhatWasSentBeforeTheHandshakeFollowsIt) {
    connect();
    send("early");
    wire.handler->on_connected();
    carry();
    EXPECT_EQ(server.read(), "early");
}

TEST_F(TlsTest, NamesTheServerOnlyWhenAsked) {
    establish();
    EXPECT_EQ(server.server_name(), "");
    server = TlsServer();
    connected = 0;
    establish({.server_name = "www.example"});
    EXPECT_EQ(server.server_name(), "www.example");
}

TEST_F(TlsTest, TheServersGoodbyeIsTheEndOfTheStream) {
    establish();
    server.write("last words");
    server.say_goodbye();
    carry();
    EXPECT_EQ(received, "last words");
    EXPECT_EQ(closed, 1);
    EXPECT_EQ(wire.handler, nullptr);  // Our socket is closed as well.
}

TEST_F(TlsTest, AnEndWithoutGoodbyeIsToldApart) {
    establish();
    server.write("cut sh");
    carry();
    wire.handler->on_closed();
    EXPECT_EQ(received, "cut sh");
    EXPECT_EQ(closed, 0);
    EXPECT_EQ(failure, StreamFailure::other);
}

TEST_F(TlsTest, SaysGoodbyeOnlyWhenAsked) {
    for (const bool says : {false, true}) {
        server = TlsServer();
        connected = 0;
        establish({.says_goodbye = says});
        connection.reset();
        server.take(std::exchange(wire.sent, {}));
        (void)server.read();
        EXPECT_EQ(server.was_told_goodbye(), says);
    }
}

TEST_F(TlsTest, AGracefulCloseEndsTheStreamBelow) {
    establish({.says_goodbye = true});
    connection->close_gracefully();
    EXPECT_TRUE(wire.ended);
    carry();
    (void)server.read();
    EXPECT_TRUE(server.was_told_goodbye());
}

TEST_F(TlsTest, GarbageInsteadOfAHandshakeIsTold) {
    connect();
    wire.handler->on_connected();
    const std::string garbage = "HTTP/1.0 400 Bad Request\r\n\r\n";
    wire.handler->on_data({reinterpret_cast<const uint8_t*>(garbage.data()), garbage.size()});
    EXPECT_EQ(failure, StreamFailure::handshake);
    EXPECT_EQ(connected, 0);
    EXPECT_EQ(wire.handler, nullptr);
}

TEST_F(TlsTest, AnEndOrAResetDuringTheHandshakeIsTold) {
    connect();
    wire.handler->on_connected();
    wire.handler->on_closed();
    EXPECT_EQ(failure, StreamFailure::handshake);
    connect();
    wire.handler->on_connected();
    wire.handler->on_failed({"reset", 104, {}}, StreamFailure::other);
    EXPECT_EQ(failure, StreamFailure::refused);
}

TEST_F(TlsTest, AFailureToConnectIsToldAsItIs) {
    connect();
    wire.handler->on_failed({"refused", 111, {}}, StreamFailure::refused);
    EXPECT_EQ(failure, StreamFailure::refused);
}

TEST_F(TlsTest, ConnectingAndTheHandshakeShareOneLimit) {
    connect({.connect = {.timeout = 5s}});
    EXPECT_EQ(wire.request.timeout, 5s);
    advance(4s);
    wire.handler->on_connected();
    advance(999ms);
    EXPECT_FALSE(failure);
    advance(1ms);
    EXPECT_EQ(failure, StreamFailure::timeout);
}

TEST_F(TlsTest, AnEstablishedSessionHasNoLimit) {
    establish({.connect = {.timeout = 5s}});
    advance(60s);
    EXPECT_FALSE(failure);
}

TEST_F(TlsTest, GarbageInsideASessionIsAFailure) {
    establish();
    const std::vector<uint8_t> garbage(100, 0x55);
    wire.handler->on_data(garbage);
    EXPECT_EQ(failure, StreamFailure::other);
}

// Whatever call the handler gets, it may destroy the connection from inside.
TEST_F(TlsTest, MayBeDestroyedInEveryCall) {
    then = [this] { connection.reset(); };
    connect();
    wire.handler->on_connected();
    carry();
    EXPECT_EQ(connected, 1);
    EXPECT_EQ(wire.handler, nullptr);

    server = TlsServer();
    then = nullptr;
    connected = 0;
    establish();
    then = [this] { connection.reset(); };
    server.write(std::string(40000, 'x'));  // Several records in one piece.
    carry();
    EXPECT_EQ(received.size(), 16384U);

    server = TlsServer();
    then = nullptr;
    connected = 0;
    establish();
    then = [this] { connection.reset(); };
    server.say_goodbye();
    carry();
    EXPECT_EQ(closed, 1);

    connect();
    wire.handler->on_failed({"refused", 111, {}}, StreamFailure::refused);
    EXPECT_EQ(wire.handler, nullptr);
}

TEST_F(TlsTest, SpeaksOlderVersions) {
    server = TlsServer(TLS1_2_VERSION);
    establish();
    send("x");
    carry();
    EXPECT_EQ(server.read(), "x");
}

class TlsContextTest : public testing::Test {
  protected:
    std::string write(const char* name, const std::function<void(FILE*)>& content) {
        const std::string path = folder.file(name);
        FILE* file = std::fopen(path.c_str(), "w");
        content(file);
        std::fclose(file);
        return path;
    }
    TemporaryFolder folder;
};

TEST_F(TlsContextTest, ReadsCertificateKeyAndAuthorities) {
    const auto certificate =
        write("c.pem", [](FILE* file) { PEM_write_X509(file, identity().certificate.get()); });
    const auto key = write("k.pem", [](FILE* file) {
        PEM_write_PrivateKey(file, identity().key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    std::string password = "secret";
    const auto locked = write("l.pem", [&](FILE* file) {
        PEM_write_PrivateKey(file, identity().key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                             password.data());
    });
    EXPECT_TRUE(TlsContext::make({.certificate = certificate, .key = key, .authorities = certificate}));
    EXPECT_TRUE(TlsContext::make({.certificate = certificate, .key = locked, .password = password}));
    const auto wrong = TlsContext::make({.certificate = certificate, .key = locked, .password = "other"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message.substr(0, 31), "SSL error : Cant load key file ");
    const auto missing = TlsContext::make({.certificate = "/nonexistent"});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message.substr(0, 52), "SSL error : Cant load certificate file /nonexistent:");
    EXPECT_FALSE(TlsContext::make({.authorities = key}));
}

}  // namespace
}  // namespace holdfast::io
