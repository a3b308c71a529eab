#include "holdfast/agents/control_server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast::agents {

namespace {

constexpr int kBacklog = 16;
constexpr mode_t kOnlyOwnerAndGroup = 0117;
constexpr size_t kReadAtOnce = 4096;
constexpr Duration kAcceptAgain = std::chrono::milliseconds(500);

class WholeAnswer final : public ControlAnswer {
  public:
    explicit WholeAnswer(std::string line) : line_(std::move(line)) {}
    Next produce(std::string& out) override {
        out += line_;
        return Next::end;
    }

  private:
    std::string line_;
};

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail("control socket " + path + ": the name is too long for a socket");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

io::Fd unix_socket() {
    return io::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes what a dead daemon has left. A full backlog (EAGAIN) is a sign of life.
Result<> remove_stale(const std::string& path, const sockaddr_un& address) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode)) return fail("control socket " + path + ": the file there is no socket");
    const io::Fd probe = unix_socket();
    if (!probe) return fail_errno("control socket", errno);
    if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno != ECONNREFUSED)
        return fail("control socket " + path + ": another daemon listens there");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("control socket " + path, errno);
    return {};
}

/// Whether the caller belongs to the socket's group; the kernel has compared that with the file's mode
/// already, which somebody may have widened since.
bool may_ask(int client, const ucred& peer, const std::string& path) {
    if (peer.uid == 0 || peer.uid == ::geteuid()) return true;
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return false;
    if (peer.gid == status.st_gid) return true;
    std::vector<gid_t> groups(64);
    auto length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(client, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) != 0) return false;
    groups.resize(length / sizeof(gid_t));
    return std::ranges::find(groups, status.st_gid) != groups.end();
}

}  // namespace

std::unique_ptr<ControlAnswer> whole_answer(std::string line) {
    return std::make_unique<WholeAnswer>(std::move(line));
}

class ControlServer::Client {
  public:
    Client(ControlServer& server, io::Fd socket, ControlPeer peer)
        : server_(server),
          socket_(std::move(socket)),
          peer_(peer),
          watch_(server.loop_, socket_.get(), {.readable = true},
                 [this](io::Events events) { on_events(events); }),
          patience_(server.loop_.timers(), [this] { die(); }) {
        patience_.arm_after(kPatience);
    }

    /// The last words: they are sent if they fit, and that was it.
    void refuse(const ControlError& error) {
        out_ += to_line(error);
        write();
        die();
    }
    void resume() {
        if (dead_ || answer_ == nullptr || !waits_) return;
        waits_ = false;
        go_on();
    }
    bool is_dead() const { return dead_; }

  private:
    void on_events(io::Events events) {
        if (dead_) return;
        if (events.failed) {
            // Whoever has closed after asking may still read.
            if (!events.readable) return die();
        }
        if (events.readable && !read(events.failed)) return;
        go_on();
    }

    /// False when the client is gone.
    bool read(bool hung_up) {
        std::array<char, kReadAtOnce> bytes{};
        const ssize_t length = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (length < 0) {
            if (errno == EAGAIN || errno == EINTR) return true;
            die();
            return false;
        }
        if (length == 0) {
            // `echo ... | nc -U` closes its half first.
            closed_ = true;
            if (waits_ && (hung_up || !answer_->is_owed())) die();
            return !dead_;
        }
        if (!lines_.add({bytes.data(), static_cast<size_t>(length)})) {
            refuse({"bad_request", "the request is too long"});
            return false;
        }
        return true;
    }

    /// Takes requests and produces answers, but not more than one portion per turn.
    void go_on() {
        if (answer_ == nullptr) next_request();
        if (answer_ != nullptr && !waits_ && out_.size() - sent_ < kAhead) produce();
        if (dead_) return;
        if (!write()) return;
        const bool pending = sent_ < out_.size();
        // A client that goes on asking without reading is not read from either.
        watch_.set_interest({.readable = !closed_ && answer_ == nullptr && !pending,
                             .writable = pending || (answer_ != nullptr && !waits_)});
        if (closed_ && answer_ == nullptr && !pending && !lines_.has_line()) return die();
        if (pending && !patience_.armed()) patience_.arm_after(kPatience);
        if (waits_ && !pending) {
            patience_.cancel();
            watch_.set_interest({.readable = !closed_});
        }
        // What was read together with the last request.
        if (answer_ == nullptr && !pending && lines_.has_line()) watch_.set_interest({.writable = true});
    }

    void next_request() {
        const auto line = lines_.next();
        if (!line) return;
        patience_.arm_after(kPatience);
        const auto request = parse_request(*line);
        answer_ = request ? server_.handler_(*request, peer_)
                          : whole_answer(to_line(ControlError{"bad_request", request.error().message}));
    }

    void produce() {
        while (out_.size() - sent_ < kAhead) {
            switch (answer_->produce(out_)) {
                case ControlAnswer::Next::more:
                    break;
                case ControlAnswer::Next::waits:
                    waits_ = true;
                    return;
                case ControlAnswer::Next::end:
                    answer_.reset();
                    return;
                case ControlAnswer::Next::broken:
                    return die();
            }
        }
    }

    /// False when the client is gone.
    bool write() {
        while (sent_ < out_.size()) {
            const ssize_t length =
                ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (length < 0) {
                if (errno == EINTR) continue;
                if (errno == EAGAIN) break;
                die();
                return false;
            }
            sent_ += static_cast<size_t>(length);
            patience_.arm_after(kPatience);
        }
        if (sent_ == out_.size()) {
            out_.clear();
            sent_ = 0;
        } else if (sent_ > kAhead) {
            out_.erase(0, sent_);
            sent_ = 0;
        }
        return true;
    }

    void die() {
        dead_ = true;
        answer_.reset();
        watch_.set_interest({});
        server_.bury_.request();
    }

    ControlServer& server_;
    io::Fd socket_;
    ControlPeer peer_;
    io::Watch watch_;
    io::Timer patience_;
    LineBuffer lines_;
    std::unique_ptr<ControlAnswer> answer_;
    std::string out_;
    size_t sent_ = 0;  ///< Of `out_`.
    bool waits_ = false;
    bool closed_ = false;  ///< The client has sent its end.
    bool dead_ = false;
};

Result<std::unique_ptr<ControlServer>> ControlServer::listen(io::EventLoop& loop, const std::string& path,
                                                             Handler handler) {
    const auto address = address_of(path);
    if (!address) return std::unexpected(address.error());
    if (auto removed = remove_stale(path, *address); !removed) return std::unexpected(removed.error());
    io::Fd socket = unix_socket();
    if (!socket) return fail_errno("control socket", errno);
    // Not a mode afterwards: for a moment anybody could connect.
    const mode_t before = ::umask(kOnlyOwnerAndGroup);
    const int bound = ::bind(socket.get(), generic(*address), sizeof *address);
    const int why_not = errno;
    ::umask(before);
    if (bound != 0) return fail_errno("control socket " + path, why_not);
    if (::listen(socket.get(), kBacklog) != 0) {
        const int number = errno;
        ::unlink(path.c_str());
        return fail_errno("control socket " + path, number);
    }
    return std::unique_ptr<ControlServer>(
        new ControlServer(loop, path, std::move(socket), std::move(handler)));
}

ControlServer::ControlServer(io::EventLoop& loop, std::string path, io::Fd socket, Handler handler)
    : loop_(loop),
      path_(std::move(path)),
      socket_(std::move(socket)),
      handler_(std::move(handler)),
      watch_(loop, socket_.get(), {.readable = true}, [this](io::Events) { accept(); }),
      accept_again_(loop.timers(), [this] { watch_.set_interest({.readable = true}); }),
      resume_(loop.turn_ends(),
              [this] {
                  for (const auto& client : clients_) client->resume();
              }),
      bury_(loop.turn_ends(), [this] { bury(); }) {
    struct stat status{};
    if (::lstat(path_.c_str(), &status) == 0) {
        device_ = status.st_dev;
        inode_ = status.st_ino;
    }
}

ControlServer::~ControlServer() {
    struct stat status{};
    if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

void ControlServer::accept() {
    io::Fd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return;
        // The socket stays readable: without a pause every turn would come here.
        watch_.set_interest({});
        accept_again_.arm_after(kAcceptAgain);
        return;
    }
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return;
    const bool allowed = may_ask(socket.get(), peer, path_);
    const bool room = clients_.size() < kClients;
    Client& client = *clients_.emplace_back(
        std::make_unique<Client>(*this, std::move(socket), ControlPeer{peer.uid, peer.pid}));
    if (!allowed) {
        client.refuse({"not_permitted", "only root and the group of the socket may ask"});
    } else if (!room) {
        client.refuse({"busy", "too many clients are connected"});
    }
}

void ControlServer::bury() {
    std::erase_if(clients_, [](const auto& client) { return client->is_dead(); });
}

}  // namespace holdfast::agents
