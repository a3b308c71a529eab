// What the control socket is told and asked in this process: each request of agents::ControlServer becomes an
// answer of app/status.hpp, a reload or a plan; who asked for one of these is answered when it has ended. Who
// may only read: members of the socket's group. What changes something, or reads a file of the caller's
// choice with the daemon's rights, is for root and the daemon's user.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "holdfast/agents/control_server.hpp"
#include "holdfast/app/reloads.hpp"
#include "holdfast/app/status.hpp"

namespace holdfast::app {

/// What the service needs of the run it belongs to.
struct ControlHooks {
    std::function<ProcessFacts()> facts;
    std::function<bool()> is_ready;  ///< Started, and not stopping.
    /// Both tell of the outcome later, or at once.
    std::function<void(Reloads::Answer)> reload;
    /// An empty name is the configured file.
    std::function<void(const std::string& file, Reloads::Answer)> plan;
};

class ControlService {
  public:
    /// All of it must outlive the service.
    ControlService(io::EventLoop& loop, Log& log, Daemon& daemon, ControlHooks hooks);
    ControlService(const ControlService&) = delete;
    ControlService& operator=(const ControlService&) = delete;
    ~ControlService();

    /// Listens. Without a socket the daemon does its work all the same: a failure is one line in the log.
    void open(const std::string& path);

    /// The answer to one request.
    std::unique_ptr<agents::ControlAnswer> answer(const agents::ControlRequest& request,
                                                  const agents::ControlPeer& peer);

  private:
    std::unique_ptr<agents::ControlAnswer> why(const std::string& name) const;
    /// Asks for an outcome and answers with it once it is there.
    std::unique_ptr<agents::ControlAnswer> await(std::string_view verb,
                                                 const std::function<void(Reloads::Answer)>& ask);
    static std::unique_ptr<agents::ControlAnswer> refuse(std::string code, std::string message);

    io::EventLoop& loop_;
    Log& log_;
    Daemon& daemon_;
    ControlHooks hooks_;
    std::unique_ptr<agents::ControlServer> server_;
};

}  // namespace holdfast::app
