#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/io/socket_address.hpp"
#include "holdfast/io/socket_streams.hpp"
#include "test_support.hpp"

namespace holdfast::io {
namespace {

const IpAddress kLocal4 = IpAddress::v4(127, 0, 0, 1);
const IpAddress kLocal6 = *IpAddress::parse("::1");

/// A UDP socket on a port of the kernel's choice.
class Peer {
  public:
    explicit Peer(const IpAddress& address) : fd_(socket(to_native(address.family()), SOCK_DGRAM, 0)) {
        const SocketAddress any(Endpoint{address, 0});
        EXPECT_EQ(::bind(fd_.get(), any.get(), any.size()), 0);
        SocketAddress own;
        EXPECT_EQ(getsockname(fd_.get(), own.buffer(), own.buffer_size()), 0);
        endpoint = own.endpoint().value();
    }
    std::string receive() {
        std::array<char, 100> text{};
        const ssize_t length =
            recvfrom(fd_.get(), text.data(), text.size(), 0, from_.buffer(), from_.buffer_size());
        return {text.data(), static_cast<size_t>(length)};
    }
    void answer(const std::string& text) {
        EXPECT_EQ(sendto(fd_.get(), text.data(), text.size(), 0, from_.get(), from_.size()),
                  static_cast<ssize_t>(text.size()));
    }
    Endpoint last_client() const { return from_.endpoint().value(); }
    void close() { fd_.reset(); }
    Endpoint endpoint;

  private:
    Fd fd_;
    SocketAddress from_;
};

class SocketDatagramsTest : public testing::TestWithParam<bool>, public DatagramHandler {
  protected:
    void on_datagram(std::span<const uint8_t> datagram) override {
        received.emplace_back(datagram.begin(), datagram.end());
        if (then) then();
    }
    void on_failed(const Error&, StreamFailure reason) override {
        failure = reason;
        if (then) then();
    }
    void open(const DatagramRequest& request) { socket = streams.open_datagrams(request, *this); }
    void send(std::string_view text) {
        socket->send({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }
    const IpAddress& local() const { return GetParam() ? kLocal6 : kLocal4; }

    EventLoop loop;
    SocketStreams streams{loop};
    std::unique_ptr<Datagrams> socket;
    std::vector<std::string> received;
    std::optional<StreamFailure> failure;
    std::function<void()> then;
};

TEST_P(SocketDatagramsTest, ExchangesDatagramsWithOnePeer) {
    Peer peer(local());
    open({.destination = peer.endpoint, .path_errors = true});
    send("ask");
    EXPECT_EQ(peer.receive(), "ask");
    peer.answer("one");
    peer.answer("two");
    turn_until(loop, [this] { return received.size() == 2; });
    EXPECT_EQ(received[0], "one");
    EXPECT_EQ(received[1], "two");
    EXPECT_FALSE(failure);
}

TEST_P(SocketDatagramsTest, BindsTheAddressAndPortAskedFor) {
    Peer peer(local());
    const uint16_t port = [&] {
        Peer taken(local());
        return taken.endpoint.port;
    }();
    open({.destination = peer.endpoint, .bind = Endpoint{local(), port}});
    send("x");
    peer.receive();
    EXPECT_EQ(peer.last_client(), (Endpoint{local(), port}));
}

TEST_P(SocketDatagramsTest, AClosedPortIsTold) {
    Peer peer(local());
    peer.close();
    for (const bool path_errors : {false, true}) {
        failure.reset();
        open({.destination = peer.endpoint, .path_errors = path_errors});
        send("x");
        EXPECT_FALSE(failure);  // Never from inside.
        turn_until(loop, [this] { return failure.has_value(); });
        EXPECT_EQ(failure, StreamFailure::refused);
        send("after the end");  // Has no effect.
    }
}

TEST_P(SocketDatagramsTest, WhatCannotBeStartedSaysNothingOfThePeer) {
    Peer peer(local());
    open({.destination = peer.endpoint, .bind_interface = "no-such-if"});
    send("x");
    turn_until(loop, [this] { return failure.has_value(); });
    EXPECT_EQ(failure, StreamFailure::not_started);
    failure.reset();
    const IpAddress foreign = GetParam() ? *IpAddress::parse("2001:db8::77") : IpAddress::v4(192, 0, 2, 77);
    open({.destination = peer.endpoint, .bind = Endpoint{foreign, 0}});
    turn_until(loop, [this] { return failure.has_value(); });
    EXPECT_EQ(failure, StreamFailure::not_started);
}

TEST_P(SocketDatagramsTest, MayBeDestroyedInEveryCall) {
    then = [this] { socket.reset(); };
    Peer peer(local());
    open({.destination = peer.endpoint});
    send("ask");
    peer.receive();
    peer.answer("one");
    peer.answer("two");
    turn_until(loop, [this] { return socket == nullptr; });
    EXPECT_EQ(received.size(), 1U);
    peer.close();
    open({.destination = peer.endpoint});
    send("ask");
    turn_until(loop, [this] { return socket == nullptr; });
    EXPECT_EQ(failure, StreamFailure::refused);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, SocketDatagramsTest, testing::Bool());

}  // namespace
}  // namespace holdfast::io
