#include "sim_processes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace holdfast::sim {

class SimProcesses::SimChild final : public io::Child {
  public:
    SimChild(SimProcesses& owner, std::vector<std::string> arguments,
             std::function<void(io::ExitStatus)> on_exit)
        : owner_(owner),
          arguments_(std::move(arguments)),
          on_exit_(std::move(on_exit)),
          timer_(owner.timers_, [this] { end(); }) {
        timer_.arm_after(owner.world_.script_duration(arguments_.front()));
    }
    pid_t pid() const override { return 1000; }
    Result<> kill(int signal) override {
        signal_ = signal;
        timer_.arm_after(Duration::zero());
        return {};
    }

  private:
    void end() {
        const std::string line = fmt::format("{}", fmt::join(arguments_, " "));
        io::ExitStatus status;
        status.signal = signal_;
        const auto found = owner_.world_.script_status.find(line);
        if (found != owner_.world_.script_status.end()) status.code = found->second;
        if (signal_ == 0 && arguments_.size() >= 4 && !owner_.world_.sabotage.lose_last_script)
            owner_.node_.scripts_ended_.push_back(line);
        const auto done = std::move(on_exit_);
        done(status);  // May destroy this object.
    }
    SimProcesses& owner_;
    std::vector<std::string> arguments_;
    std::function<void(io::ExitStatus)> on_exit_;
    int signal_ = 0;
    io::Timer timer_;
};

Result<std::unique_ptr<io::Child>> SimProcesses::spawn(const io::SpawnRequest& request,
                                                       std::function<void(io::ExitStatus)> on_exit) {
    return std::make_unique<SimChild>(*this, request.arguments, std::move(on_exit));
}

class SimStreams::SimConnection final : public io::Connection {
  public:
    SimConnection(SimStreams& owner, const io::ConnectRequest& request, io::StreamHandler& handler)
        : owner_(owner), destination_(request.destination), handler_(handler), timer_(owner.timers_, [this] {
              if (owner_.world_.servers.contains(destination_)) {
                  handler_.on_connected();
              } else {
                  handler_.on_failed(Error{"connection refused", 0, {}}, io::StreamFailure::refused);
              }
          }) {
        timer_.arm_after(1ms);
    }
    void send(std::span<const uint8_t>) override {}
    void close_gracefully() override {}

  private:
    SimStreams& owner_;
    Endpoint destination_;
    io::StreamHandler& handler_;
    io::Timer timer_;
};

std::unique_ptr<io::Connection> SimStreams::connect(const io::ConnectRequest& request,
                                                    io::StreamHandler& handler) {
    return std::make_unique<SimConnection>(*this, request, handler);
}

void SimOutputs::write_fifo(app::FifoPart, std::string_view line) {
    node_.told(std::string(line.substr(0, line.find('\n'))));
}

}  // namespace holdfast::sim
