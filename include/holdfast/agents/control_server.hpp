// The daemon's end of the control socket: a Unix stream socket, a few clients, one request at a time from
// each. What is asked is answered by somebody else, in pieces: a large answer is produced as fast as its
// reader takes it, a little per turn of the loop, so that no advert waits for it.
//
// Bounds: clients, length of a request, bytes that wait for a reader, time without progress. A client beyond
// one of them is told so, if it listens, and dropped.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "holdfast/agents/control_protocol.hpp"
#include "holdfast/base/result.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/turn_end.hpp"

namespace holdfast::agents {

/// An answer being produced.
class ControlAnswer {
  public:
    enum class Next : uint8_t {
        more,    ///< There is more to come at once.
        waits,   ///< There will be more after ControlServer::resume().
        end,     ///< That was all.
        broken,  ///< It cannot be finished: the client is dropped in the middle of it and asks again.
    };
    ControlAnswer() = default;
    ControlAnswer(const ControlAnswer&) = delete;
    ControlAnswer& operator=(const ControlAnswer&) = delete;
    virtual ~ControlAnswer() = default;

    /// Appends the next piece to `out`: a few kilobytes, made in well under a millisecond.
    virtual Next produce(std::string& out) = 0;
    /// Whether a client that has said all it wanted to say still waits for it. A follower that closes its
    /// half wants no more.
    virtual bool is_owed() const { return false; }
};

/// One that is there already, with its newline.
std::unique_ptr<ControlAnswer> whole_answer(std::string line);

/// Who asks.
struct ControlPeer {
    uid_t uid = 0;
    pid_t pid = 0;
};

class ControlServer {
  public:
    static constexpr size_t kClients = 32;
    /// Produced ahead of the reader.
    static constexpr size_t kAhead = size_t{64} * 1024;
    /// A client that neither asks nor reads for so long is dropped; one that follows is not expected to ask.
    static constexpr Duration kPatience = std::chrono::seconds(30);

    using Handler = std::function<std::unique_ptr<ControlAnswer>(const ControlRequest&, const ControlPeer&)>;

    /// Listens at `path`, mode 0660. A socket that nobody serves is replaced; one that somebody serves, and
    /// anything that is not a socket, is an error. `handler` may not destroy the server.
    static Result<std::unique_ptr<ControlServer>> listen(io::EventLoop& loop, const std::string& path,
                                                         Handler handler);
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;
    /// Drops all clients and removes the socket, if it is still this one.
    ~ControlServer();

    /// Answers that wait go on at the end of this turn.
    void resume() { resume_.request(); }
    const std::string& path() const { return path_; }
    size_t clients() const { return clients_.size(); }

  private:
    class Client;
    ControlServer(io::EventLoop& loop, std::string path, io::Fd socket, Handler handler);
    void accept();
    void bury();

    io::EventLoop& loop_;
    std::string path_;
    dev_t device_ = 0;  ///< Of the socket's file, to know it again.
    ino_t inode_ = 0;
    io::Fd socket_;
    Handler handler_;
    io::Watch watch_;
    io::Timer accept_again_;  ///< Out of descriptors: whoever connects waits until there may be some.
    io::TurnEnd resume_;
    io::TurnEnd bury_;  ///< Clients die at the end of a turn, not inside their own callbacks.
    std::list<std::unique_ptr<Client>> clients_;
};

}  // namespace holdfast::agents
