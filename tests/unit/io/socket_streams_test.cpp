#include "holdfast/io/socket_streams.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/io/socket_address.hpp"
#include "test_support.hpp"

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;

const IpAddress kLocal = IpAddress::v4(127, 0, 0, 1);

// A bound socket on a port of the kernel's choice; connections are refused until it listens.
class Server {
  public:
    explicit Server(const IpAddress& address = kLocal) {
        fd_.reset(socket(to_native(address.family()), SOCK_STREAM | SOCK_CLOEXEC, 0));
        const SocketAddress any(Endpoint{address, 0});
        EXPECT_EQ(::bind(fd_.get(), any.get(), any.size()), 0);
        SocketAddress own;
        EXPECT_EQ(getsockname(fd_.get(), own.buffer(), own.buffer_size()), 0);
        endpoint_ = own.endpoint().value();
    }
    Server& listen(int backlog = 16) {
        EXPECT_EQ(::listen(fd_.get(), backlog), 0);
        return *this;
    }
    Fd accept() {
        SocketAddress from;
        Fd peer(accept4(fd_.get(), from.buffer(), from.buffer_size(), SOCK_CLOEXEC));
        EXPECT_TRUE(peer);
        last_client = from.endpoint().value();
        return peer;
    }
    Endpoint endpoint() const { return endpoint_; }
    Endpoint last_client;

  private:
    Fd fd_;
    Endpoint endpoint_;
};

// Writes down what it is told, and does what the test wants done at that moment.
class Recorder final : public StreamHandler {
  public:
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
        ++failed;
        failure = reason;
        message = error.message;
        if (then) then();
    }
    int calls() const { return connected + closed + failed; }

    int connected = 0;
    int closed = 0;
    int failed = 0;
    std::string received;
    std::optional<StreamFailure> failure;
    std::string message;
    std::function<void()> then;
};

std::span<const uint8_t> bytes(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string read_all(const Fd& fd) {
    std::string text;
    std::vector<char> buffer(size_t{64} * 1024);
    while (true) {
        const ssize_t length = ::read(fd.get(), buffer.data(), buffer.size());
        if (length <= 0) return text;
        text.append(buffer.data(), static_cast<size_t>(length));
    }
}

class SocketStreamsTest : public testing::Test {
  protected:
    void connect(const ConnectRequest& request) { connection = streams.connect(request, handler); }
    void connect_to(const Server& server) { connect({.destination = server.endpoint()}); }
    void turn_until_told() {
        turn_until(loop, [this] { return handler.calls() > 0; });
    }
    // A few turns in which nothing more may happen.
    void settle() {
        for (int i = 0; i < 4; ++i) loop.run_once(0s);
    }

    EventLoop loop;
    SocketStreams streams{loop};
    Recorder handler;
    std::unique_ptr<Connection> connection;
};

TEST_F(SocketStreamsTest, AnAcceptedConnectionIsToldOnceAndNotFromInsideConnect) {
    Server server;
    server.listen();
    connect_to(server);
    EXPECT_EQ(handler.calls(), 0);
    turn_until_told();
    settle();
    EXPECT_EQ(handler.connected, 1);
    EXPECT_EQ(handler.calls(), 1);
    connection.reset();
    EXPECT_EQ(read_all(server.accept()), "") << "the destructor closes the socket";
}

TEST_F(SocketStreamsTest, WorksOverIpv6) {
    Server server(*IpAddress::parse("::1"));
    server.listen();
    connect_to(server);
    turn_until_told();
    EXPECT_EQ(handler.connected, 1);
}

TEST_F(SocketStreamsTest, ARefusalIsToldAsSuchAndNotFromInsideConnect) {
    const Server server;
    connect_to(server);
    EXPECT_EQ(handler.calls(), 0);
    turn_until_told();
    settle();
    EXPECT_EQ(handler.failed, 1);
    EXPECT_EQ(handler.calls(), 1);
    EXPECT_EQ(handler.failure, StreamFailure::refused);
    EXPECT_EQ(handler.message, "connection to " + server.endpoint().to_string() + ": Connection refused");
}

// A listener whose queue is full drops the SYN: for the client nobody answers. No packet leaves this machine.
class FullServerTest : public SocketStreamsTest {
  protected:
    FullServerTest() {
        server.listen(0);
        const SocketAddress address(server.endpoint());
        // The queue holds one more than its backlog; the rest of these already wait in vain.
        for (Fd& filler : fillers) {
            filler.reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            ::connect(filler.get(), address.get(), address.size());
        }
    }
    Server server;
    std::array<Fd, 4> fillers;
};

TEST_F(FullServerTest, NoAnswerWithinTheTimeoutIsATimeout) {
    const Instant start = loop.now();
    connect({.destination = server.endpoint(), .timeout = 3ms});
    loop.run_once(0s);
    EXPECT_EQ(handler.calls(), 0);
    turn_until_told();
    EXPECT_GE(loop.now() - start, 3ms);
    EXPECT_EQ(handler.failure, StreamFailure::timeout);
    settle();
    EXPECT_EQ(handler.calls(), 1);
}

TEST_F(FullServerTest, DestroyingAnAttemptCancelsIt) {
    connect({.destination = server.endpoint(), .timeout = 1ms});
    connection.reset();
    EXPECT_EQ(loop.timers().size(), 0U);
    loop.run_once(2ms);
    settle();
    EXPECT_EQ(handler.calls(), 0);
}

TEST_F(FullServerTest, ATimedOutAttemptMayBeDestroyedByItsHandler) {
    handler.then = [this] { connection.reset(); };
    connect({.destination = server.endpoint(), .timeout = 1ms});
    turn_until_told();
    settle();
    EXPECT_EQ(handler.failed, 1);
}

TEST_F(SocketStreamsTest, TheTimeoutEndsWithTheConnect) {
    Server server;
    server.listen();
    connect({.destination = server.endpoint(), .timeout = 1ms});
    turn_until_told();
    EXPECT_EQ(handler.connected, 1);
    EXPECT_EQ(loop.timers().size(), 0U);
}

TEST_F(SocketStreamsTest, ADestinationWithoutARouteIsUnreachable) {
    // TCP has no broadcast; the kernel answers ENETUNREACH whatever the routes are.
    connect({.destination = {IpAddress::v4(255, 255, 255, 255), 80}});
    turn_until_told();
    EXPECT_EQ(handler.failure, StreamFailure::unreachable);
}

TEST_F(SocketStreamsTest, LackOfDescriptorsIsItsOwnReason) {
    Server server;
    server.listen();
    // The same once before, when it works. (The checker of virtual calls also needs a descriptor, the first
    // time.)
    connect_to(server);
    turn_until_told();
    EXPECT_EQ(handler.connected, 1);
    rlimit former{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &former), 0);
    const rlimit none{0, former.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    connect_to(server);
    const int calls_inside = handler.failed;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &former), 0);
    EXPECT_EQ(calls_inside, 0);
    turn_until(loop, [this] { return handler.failed == 1; });
    EXPECT_EQ(handler.failure, StreamFailure::out_of_descriptors);
}

TEST_F(SocketStreamsTest, AnAddressThatIsNotOursOrAnUnknownInterfaceIsAnotherFailure) {
    Server server;
    server.listen();
    connect({.destination = server.endpoint(), .bind = Endpoint{IpAddress::v4(192, 0, 2, 77), 0}});
    turn_until_told();
    EXPECT_EQ(handler.failure, StreamFailure::not_started);
    handler.failed = 0;
    handler.failure.reset();
    connect({.destination = server.endpoint(), .bind_interface = "no-such-if"});
    turn_until_told();
    EXPECT_EQ(handler.failure, StreamFailure::not_started);
}

TEST_F(SocketStreamsTest, BindsTheAddressPortAndInterfaceAskedFor) {
    Server server;
    server.listen();
    const IpAddress own = IpAddress::v4(127, 0, 0, 9);
    connect({.destination = server.endpoint(), .bind = Endpoint{own, 0}, .bind_interface = "lo"});
    turn_until_told();
    EXPECT_EQ(handler.connected, 1) << handler.message;
    (void)server.accept();
    EXPECT_EQ(server.last_client.address, own);
    EXPECT_NE(server.last_client.port, 0);

    const Endpoint fixed{own, Server(own).endpoint().port};  // Free a moment ago.
    handler.connected = 0;
    connect({.destination = server.endpoint(), .bind = fixed});
    turn_until_told();
    (void)server.accept();
    EXPECT_EQ(server.last_client, fixed);
}

TEST_F(SocketStreamsTest, MarksItsPackets) {
    if (geteuid() != 0) GTEST_SKIP() << "a mark needs CAP_NET_ADMIN";
    Server server;
    server.listen();
    const int next = fcntl(0, F_DUPFD, 0);  // The number the socket will get.
    close(next);
    connect({.destination = server.endpoint(), .firewall_mark = 77});
    uint32_t mark = 0;
    socklen_t size = sizeof mark;
    ASSERT_EQ(getsockopt(next, SOL_SOCKET, SO_MARK, &mark, &size), 0);
    EXPECT_EQ(mark, 77U);
}

TEST_F(SocketStreamsTest, CarriesBytesBothWays) {
    Server server;
    server.listen();
    handler.then = [this] {
        if (handler.received.empty()) connection->send(bytes("world"));
    };
    connect_to(server);
    connection->send(bytes("hello "));  // Before there is a connection.
    turn_until_told();
    const Fd peer = server.accept();
    std::array<char, 11> request{};
    ASSERT_EQ(recv(peer.get(), request.data(), request.size(), MSG_WAITALL), 11);
    EXPECT_EQ(std::string(request.data(), request.size()), "hello world") << "in order of the calls";
    ASSERT_EQ(::write(peer.get(), "answer", 6), 6);
    turn_until(loop, [this] { return handler.received == "answer"; });
}

TEST_F(SocketStreamsTest, ThePeersEndOfStreamComesAfterItsDataAndIsTheLastCall) {
    Server server;
    server.listen();
    connect_to(server);
    turn_until_told();
    {
        const Fd peer = server.accept();
        ASSERT_EQ(::write(peer.get(), "bye", 3), 3);
    }
    turn_until(loop, [this] { return handler.closed == 1; });
    EXPECT_EQ(handler.received, "bye");
    connection->send(bytes("too late"));
    connection->close_gracefully();
    settle();
    EXPECT_EQ(handler.closed, 1);
    EXPECT_EQ(handler.failed, 0);
}

TEST_F(SocketStreamsTest, MoreThanTheSocketBufferHoldsIsSentWhenThereIsRoom) {
    Server server;
    server.listen();
    std::string content(size_t{8} * 1024 * 1024, '\0');
    std::iota(content.begin(), content.end(), char{0});
    connect_to(server);
    connection->send(bytes(content));
    connection->close_gracefully();
    connection->send(bytes("ignored"));
    turn_until_told();
    const Fd peer = server.accept();
    fcntl(peer.get(), F_SETFL, O_NONBLOCK);
    std::string arrived;
    turn_until(loop, [&] {
        arrived += read_all(peer);
        return arrived.size() >= content.size();
    });
    EXPECT_TRUE(arrived == content);
    char byte = 0;
    turn_until(loop, [&] { return ::read(peer.get(), &byte, 1) == 0; });  // Our end of stream.
    ASSERT_EQ(::write(peer.get(), "ok", 2), 2) << "the other direction is still open";
    turn_until(loop, [this] { return handler.received == "ok"; });
    EXPECT_EQ(handler.closed, 0);
    ASSERT_EQ(shutdown(peer.get(), SHUT_WR), 0);
    turn_until(loop, [this] { return handler.closed == 1; });
}

TEST_F(SocketStreamsTest, AResetByThePeerIsAFailure) {
    Server server;
    server.listen();
    connect_to(server);
    turn_until_told();
    {
        const Fd peer = server.accept();
        const linger reset{.l_onoff = 1, .l_linger = 0};
        ASSERT_EQ(setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    }
    turn_until(loop, [this] { return handler.failed == 1; });
    EXPECT_EQ(handler.failure, StreamFailure::other);
    settle();
    EXPECT_EQ(handler.failed, 1);
}

TEST_F(SocketStreamsTest, SendingIntoAResetConnectionFailsLaterNotInsideSend) {
    Server server;
    server.listen();
    connect_to(server);
    turn_until_told();
    {
        const Fd peer = server.accept();
        const linger reset{.l_onoff = 1, .l_linger = 0};
        ASSERT_EQ(setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    }
    connection->send(bytes("x"));
    EXPECT_EQ(handler.failed, 0);
    turn_until(loop, [this] { return handler.failed == 1; });
    settle();
    EXPECT_EQ(handler.calls(), 2);
}

TEST_F(SocketStreamsTest, MayBeDestroyedInEachOfItsCallbacks) {
    Server server;
    server.listen();
    handler.then = [this] { connection.reset(); };
    connect_to(server);
    turn_until_told();
    (void)server.accept();
    EXPECT_EQ(handler.connected, 1);

    handler = Recorder();
    connect_to(server);
    turn_until_told();
    {
        handler.then = [this] { connection.reset(); };
        const Fd peer = server.accept();
        ASSERT_EQ(::write(peer.get(), "x", 1), 1);
        turn_until(loop, [this] { return connection == nullptr; });
        EXPECT_EQ(handler.received, "x");
    }
    settle();
    EXPECT_EQ(handler.closed, 0);

    handler = Recorder();
    connect_to(server);
    turn_until_told();
    handler.then = [this] { connection.reset(); };
    (void)server.accept();
    turn_until(loop, [this] { return connection == nullptr; });
    EXPECT_EQ(handler.closed, 1);

    const Server refusing;
    handler = Recorder();
    handler.then = [this] { connection.reset(); };
    connect_to(refusing);
    turn_until_told();
    settle();
    EXPECT_EQ(handler.failed, 1);
    EXPECT_EQ(loop.timers().size(), 0U);
}

TEST_F(SocketStreamsTest, DestroyedBeforeAnImmediateResultIsToldItIsNotTold) {
    Server server;
    server.listen();
    const Server refusing;
    connect_to(server);
    connection.reset();
    connect_to(refusing);
    connection.reset();
    settle();
    EXPECT_EQ(handler.calls(), 0);
    EXPECT_EQ(loop.timers().size(), 0U);
}

TEST_F(SocketStreamsTest, AHandlerMayReplaceItsConnection) {
    Server server;
    server.listen();
    handler.then = [this, &server] {
        if (handler.connected < 3) connect_to(server);
    };
    connect_to(server);
    turn_until(loop, [this] { return handler.connected == 3; });
    settle();
    EXPECT_EQ(handler.calls(), 3);
}

TEST(SocketAddress, RoundTripsBothFamiliesAndKnowsNothingElse) {
    for (const char* text : {"192.0.2.1", "2001:db8::1", "fe80::1"}) {
        const Endpoint endpoint{*IpAddress::parse(text), 8080};
        EXPECT_EQ(SocketAddress(endpoint, 3).endpoint(), endpoint);
    }
    EXPECT_EQ(SocketAddress().endpoint(), std::nullopt);
    const auto zone_of = [](const char* text) {
        const SocketAddress address(Endpoint{*IpAddress::parse(text), 1}, 3);
        return reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_scope_id;
    };
    EXPECT_EQ(zone_of("fe80::1"), 3U);
    EXPECT_EQ(zone_of("2001:db8::1"), 0U);
}

}  // namespace
}  // namespace holdfast::io
