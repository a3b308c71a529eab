// The server on a real socket: answers in pieces, bounds, permissions, stale sockets.
#include "holdfast/agents/control_server.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

namespace holdfast::agents {
namespace {

using namespace std::chrono_literals;

class Folder {
  public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "holdfast-ctl-XXXXXX";
        path_ = mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

/// A client that reads and writes without waiting.
class Client {
  public:
    explicit Client(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    bool connected() const { return connected_; }
    void send(std::string_view text) { (void)::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL); }
    void end() { ::shutdown(socket_.get(), SHUT_WR); }
    void read() {
        char bytes[65536];
        ssize_t length = 0;
        while ((length = ::recv(socket_.get(), bytes, sizeof bytes, 0)) > 0)
            received.append(bytes, static_cast<size_t>(length));
        closed = length == 0 || (length < 0 && errno == ECONNRESET);
    }
    size_t lines() const { return static_cast<size_t>(std::ranges::count(received, '\n')); }
    std::string received;
    bool closed = false;

  private:
    io::Fd socket_;
    bool connected_ = false;
};

/// `count` pieces of `size` bytes, and a newline.
class Pieces final : public ControlAnswer {
  public:
    Pieces(size_t count, size_t size, size_t& made) : left_(count), size_(size), made_(made) {}
    Next produce(std::string& out) override {
        if (left_ == 0) {
            out += '\n';
            return Next::end;
        }
        --left_;
        ++made_;
        out.append(size_, 'x');
        return Next::more;
    }

  private:
    size_t left_;
    size_t size_;
    size_t& made_;
};

/// Follows a counter of events.
class Follower final : public ControlAnswer {
  public:
    explicit Follower(const int& events) : events_(events) {}
    Next produce(std::string& out) override {
        while (told_ < events_) out += std::to_string(++told_) + "\n";
        return Next::waits;
    }

  private:
    const int& events_;
    int told_ = 0;
};

/// Is there when the test says so.
class Later final : public ControlAnswer {
  public:
    explicit Later(const bool& there) : there_(there) {}
    Next produce(std::string& out) override {
        if (!there_) return Next::waits;
        out += "late\n";
        return Next::end;
    }
    bool is_owed() const override { return true; }

  private:
    const bool& there_;
};

class Broken final : public ControlAnswer {
  public:
    Next produce(std::string& out) override {
        out += "half";
        return std::exchange(begun_, true) ? Next::broken : Next::more;
    }

  private:
    bool begun_ = false;
};

class ControlServerTest : public testing::Test {
  protected:
    void listen() {
        auto opened =
            ControlServer::listen(loop, path, [this](const ControlRequest& request, const ControlPeer& peer) {
                last_peer = peer;
                return answer(request);
            });
        ASSERT_TRUE(opened) << opened.error().message;
        server = std::move(*opened);
    }
    std::unique_ptr<ControlAnswer> answer(const ControlRequest& request) {
        switch (request.command) {
            case ControlCommand::status:
                return std::make_unique<Pieces>(pieces, piece_size, made);
            case ControlCommand::events:
                return std::make_unique<Follower>(events);
            case ControlCommand::plan:
                return std::make_unique<Broken>();
            case ControlCommand::why:
                return std::make_unique<Later>(there);
            default:
                return whole_answer(std::string(to_string(request.command)) + "\n");
        }
    }
    template <class Done>
    void turn_until(Client& client, Done done) {
        const Instant limit = std::chrono::steady_clock::now() + 20s;
        while (!done() && std::chrono::steady_clock::now() < limit) {
            loop.run_once(10ms);
            client.read();
        }
        ASSERT_TRUE(done()) << "received " << client.received.substr(0, 200);
    }
    void settle(Client& client) {
        for (int i = 0; i < 5; ++i) loop.run_once(5ms);
        client.read();
    }

    Folder folder;
    std::string path = folder.file("main.sock");
    io::EventLoop loop;
    ControlPeer last_peer{};
    size_t pieces = 1;
    size_t piece_size = 10;
    size_t made = 0;
    int events = 0;
    bool there = false;
    std::unique_ptr<ControlServer> server;
};

TEST_F(ControlServerTest, AnswersRequestsInTheirOrder) {
    listen();
    Client client(path);
    client.send("{\"command\":\"version\"}\n{\"command\":\"reload\"}\n{\"command\":\"version\"}\n");
    turn_until(client, [&] { return client.lines() == 3; });
    EXPECT_EQ(client.received, "version\nreload\nversion\n");
    EXPECT_EQ(last_peer.uid, ::geteuid());
    EXPECT_EQ(last_peer.pid, ::getpid());
    EXPECT_FALSE(client.closed);
}

TEST_F(ControlServerTest, AClientThatHasSentItsEndGetsItsAnswerFirst) {
    listen();
    pieces = 100;
    piece_size = 10000;
    Client client(path);
    client.send("{\"command\":\"status\"}\n{\"command\":\"version\"}\n");
    client.end();
    turn_until(client, [&] { return client.closed; });
    EXPECT_EQ(client.received.size(), 100U * 10000 + 1 + 8);
    EXPECT_EQ(server->clients(), 0U);
}

TEST_F(ControlServerTest, ALargeAnswerIsProducedAsItIsRead) {
    listen();
    pieces = 10000;
    piece_size = 1000;
    Client client(path);
    client.send("{\"command\":\"status\"}\n");
    for (int i = 0; i < 50; ++i) loop.run_once(1ms);
    // Some in the socket, some ahead; not 10 MB.
    EXPECT_GT(made, 10U);
    EXPECT_LT(made, 2000U);
    const size_t before = made;
    for (int i = 0; i < 20; ++i) loop.run_once(1ms);
    EXPECT_EQ(made, before);
    turn_until(client, [&] { return client.received.size() == 10000U * 1000 + 1; });
}

TEST_F(ControlServerTest, NoTurnIsSpentOnMoreThanOnePortion) {
    listen();
    pieces = 100000;
    piece_size = 100;
    Client client(path);
    client.send("{\"command\":\"status\"}\n");
    settle(client);
    const size_t before = made;
    loop.run_once(1ms);
    EXPECT_LE((made - before) * piece_size, ControlServer::kAhead + piece_size);
}

TEST_F(ControlServerTest, AFollowerIsToldWhenThereIsSomething) {
    listen();
    Client client(path);
    client.send("{\"command\":\"events\",\"follow\":true}\n");
    settle(client);
    EXPECT_EQ(client.received, "");
    events = 2;
    server->resume();
    turn_until(client, [&] { return client.lines() == 2; });
    events = 3;
    server->resume();
    turn_until(client, [&] { return client.lines() == 3; });
    EXPECT_EQ(client.received, "1\n2\n3\n");
    client.end();
    turn_until(client, [&] { return client.closed; });
    EXPECT_EQ(server->clients(), 0U);
}

TEST_F(ControlServerTest, AnAnswerMayComeLaterAlsoToWhoHasSaidAll) {
    listen();
    Client client(path);
    client.send("{\"command\":\"why\",\"name\":\"x\"}\n");
    settle(client);
    client.end();
    settle(client);
    EXPECT_EQ(client.received, "");
    EXPECT_FALSE(client.closed);
    there = true;
    server->resume();
    turn_until(client, [&] { return client.closed; });
    EXPECT_EQ(client.received, "late\n");
    EXPECT_EQ(server->clients(), 0U);
}

TEST_F(ControlServerTest, WhoHangsUpBeforeTheAnswerIsForgotten) {
    listen();
    Client other(path);
    for (const bool says_so : {false, true}) {
        Client client(path);
        client.send("{\"command\":\"why\",\"name\":\"x\"}\n");
        settle(client);
        if (says_so) client.end();
        settle(client);
        EXPECT_EQ(server->clients(), 2U);
    }
    turn_until(other, [&] { return server->clients() == 1; });
}

TEST_F(ControlServerTest, AFollowerThatTalksOnIsDropped) {
    listen();
    Client client(path);
    client.send("{\"command\":\"events\",\"follow\":true}\n");
    settle(client);
    const std::string noise(4096, '\n');
    for (int i = 0; i < 20; ++i) {
        client.send(noise);
        settle(client);
    }
    turn_until(client, [&] { return client.closed; });
}

TEST_F(ControlServerTest, AnAnswerThatCannotBeFinishedEndsWithoutANewline) {
    listen();
    Client client(path);
    client.send("{\"command\":\"plan\"}\n");
    turn_until(client, [&] { return client.closed; });
    EXPECT_EQ(client.lines(), 0U);
}

TEST_F(ControlServerTest, WhatIsNoRequestIsAnsweredAndTheNextOneToo) {
    listen();
    Client client(path);
    client.send("hello\n{\"command\":\"version\"}\n");
    turn_until(client, [&] { return client.lines() == 2; });
    EXPECT_NE(client.received.find("\"error\":\"bad_request\""), std::string::npos);
    EXPECT_NE(client.received.find("\nversion\n"), std::string::npos);
}

TEST_F(ControlServerTest, ALineWithoutEndIsRefusedAndItsSenderDropped) {
    listen();
    Client client(path);
    const std::string much(4096, 'x');
    for (int i = 0; i < 6; ++i) {
        client.send(much);
        settle(client);
    }
    turn_until(client, [&] { return client.closed; });
    EXPECT_EQ(server->clients(), 0U);
}

TEST_F(ControlServerTest, OneClientTooManyIsTold) {
    listen();
    std::vector<std::unique_ptr<Client>> clients;
    for (size_t i = 0; i < ControlServer::kClients; ++i) {
        clients.push_back(std::make_unique<Client>(path));
        for (int turn = 0; turn < 3; ++turn) loop.run_once(2ms);
    }
    EXPECT_EQ(server->clients(), ControlServer::kClients);
    Client late(path);
    turn_until(late, [&] { return late.closed; });
    EXPECT_NE(late.received.find("\"busy\""), std::string::npos);
    clients.pop_back();
    for (int turn = 0; turn < 3; ++turn) loop.run_once(5ms);
    Client next(path);
    next.send("{\"command\":\"version\"}\n");
    turn_until(next, [&] { return next.lines() == 1; });
}

TEST_F(ControlServerTest, WithoutDescriptorsTheLoopRestsAndTheClientWaits) {
    listen();
    Client client(path);
    client.send("{\"command\":\"version\"}\n");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 3;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    loop.run_once(1s);  // The attempt that fails.
    const Instant began = std::chrono::steady_clock::now();
    loop.run_once(100ms);
    const Duration rested = std::chrono::steady_clock::now() - began;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_GE(rested, 90ms);
    EXPECT_EQ(server->clients(), 0U);
    turn_until(client, [&] { return client.lines() == 1; });
}

TEST_F(ControlServerTest, TheSocketIsForOwnerAndGroup) {
    listen();
    struct stat status{};
    ASSERT_EQ(::lstat(path.c_str(), &status), 0);
    EXPECT_TRUE(S_ISSOCK(status.st_mode));
    EXPECT_EQ(status.st_mode & 07777U, 0660U);
}

TEST_F(ControlServerTest, TheSocketGoesWithTheServer) {
    listen();
    server.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ControlServerTest, ASocketThatSomebodyElseHasMadeMeanwhileStays) {
    listen();
    std::filesystem::rename(path, folder.file("old"));
    std::ofstream(path) << "mine";
    server.reset();
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ControlServerTest, TheSocketOfADeadDaemonIsReplaced) {
    {
        io::Fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ASSERT_TRUE(std::filesystem::exists(path));
    listen();
    EXPECT_TRUE(Client(path).connected());
}

TEST_F(ControlServerTest, TheSocketOfALiveDaemonIsNot) {
    listen();
    const auto second =
        ControlServer::listen(loop, path, [](const auto&, const auto&) { return whole_answer(""); });
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("another daemon listens"), std::string::npos);
    EXPECT_TRUE(Client(path).connected());
}

TEST_F(ControlServerTest, AFileThatIsNoSocketStaysAsItIs) {
    std::ofstream(path) << "precious";
    EXPECT_FALSE(
        ControlServer::listen(loop, path, [](const auto&, const auto&) { return whole_answer(""); }));
    EXPECT_EQ(std::filesystem::file_size(path), 8U);
    std::filesystem::remove(path);
    std::filesystem::create_symlink(folder.file("elsewhere"), path);
    EXPECT_FALSE(
        ControlServer::listen(loop, path, [](const auto&, const auto&) { return whole_answer(""); }));
    EXPECT_FALSE(std::filesystem::exists(folder.file("elsewhere")));
}

TEST_F(ControlServerTest, AFolderThatDoesNotExistIsAnError) {
    const auto opened = ControlServer::listen(loop, folder.file("none/main.sock"),
                                              [](const auto&, const auto&) { return whole_answer(""); });
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("No such file"), std::string::npos);
    EXPECT_FALSE(ControlServer::listen(loop, folder.file(std::string(200, 'x')),
                                       [](const auto&, const auto&) { return whole_answer(""); }));
}

}  // namespace
}  // namespace holdfast::agents
