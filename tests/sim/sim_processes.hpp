// Children, connections, FIFOs and mails of a simulated node.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "world.hpp"

namespace holdfast::sim {

/// Scripts run as long as the world says and end with the status it knows for their command line.
class SimProcesses final : public io::Processes {
  public:
    SimProcesses(World& world, Node& node, io::TimerQueue& timers)
        : world_(world), node_(node), timers_(timers) {}
    Result<std::unique_ptr<io::Child>> spawn(const io::SpawnRequest& request,
                                             std::function<void(io::ExitStatus)> on_exit) override;

  private:
    class SimChild;
    World& world_;
    Node& node_;
    io::TimerQueue& timers_;
};

/// A connection succeeds when the world has a server there; nothing is said on it.
class SimStreams final : public io::Streams {
  public:
    SimStreams(World& world, io::TimerQueue& timers) : world_(world), timers_(timers) {}
    std::unique_ptr<io::Connection> connect(const io::ConnectRequest& request,
                                            io::StreamHandler& handler) override;

  private:
    class SimConnection;
    World& world_;
    io::TimerQueue& timers_;
};

class SimOutputs final : public app::NotifyOutputs {
  public:
    explicit SimOutputs(Node& node) : node_(node) {}
    void configure(const config::GlobalSettings&) override {}
    void write_fifo(app::FifoPart part, std::string_view line) override;
    void send_mail(const std::string&, const std::string&) override {}

  private:
    Node& node_;
};

}  // namespace holdfast::sim
