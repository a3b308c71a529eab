// What the control socket is told and asked in this process: each request of agents::ControlServer becomes an
// answer of app/status.hpp, a reload or a plan. Who may only read: members of the socket's group. What
// changes something, or reads a file of the caller's choice with the daemon's rights, is for root and the
// daemon's user.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "holdfast/agents/control_server.hpp"
#include "holdfast/app/status.hpp"

namespace holdfast::app {

/// What the service needs of the run it belongs to.
struct ControlHooks {
    std::function<ProcessFacts()> facts;
    std::function<bool()> is_ready;  ///< Started, and not stopping.
    std::function<ReloadOutcome()> reload;
    std::function<ReloadOutcome(const std::string& file)> plan;  ///< An empty name is the configured file.
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
    static std::unique_ptr<agents::ControlAnswer> refuse(std::string code, std::string message);

    io::EventLoop& loop_;
    Log& log_;
    Daemon& daemon_;
    ControlHooks hooks_;
    std::unique_ptr<agents::ControlServer> server_;
};

}  // namespace holdfast::app
