// Edges for unit tests of what runs processes: processes that end when the test says so, a log that is kept,
// and networks that nobody may touch.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "../bfd/silent_link.hpp"
#include "../netstate/fake_kernel.hpp"
#include "holdfast/app/edges.hpp"
#include "holdfast/kernel/openssl_digest.hpp"
#include "memory_files.hpp"
#include "timed_worker.hpp"

namespace holdfast::app {

/// Children by the order of their starts.
class FakeProcesses final : public io::Processes {
  public:
    struct Started {
        io::SpawnRequest request;
        std::function<void(io::ExitStatus)> on_exit;
        std::vector<int> signals{};
        bool running = true;
    };

    Result<std::unique_ptr<io::Child>> spawn(const io::SpawnRequest& request,
                                             std::function<void(io::ExitStatus)> on_exit) override {
        if (request.arguments.front() == "missing") return fail("cannot run missing");
        if (exhausted) return fail_errno("cannot start a process", EMFILE);
        started.push_back(std::make_unique<Started>(Started{request, std::move(on_exit)}));
        return std::make_unique<FakeChild>(*started.back());
    }
    void end(size_t index, io::ExitStatus status = {}) {
        started.at(index)->running = false;
        const auto on_exit = std::move(started.at(index)->on_exit);
        on_exit(status);
    }
    /// The first words of all that was started.
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& one : started) names.push_back(one->request.arguments.front());
        return names;
    }
    std::vector<std::unique_ptr<Started>> started;
    bool exhausted = false;  ///< No descriptor is left for a child.

  private:
    class FakeChild final : public io::Child {
      public:
        explicit FakeChild(Started& process) : process_(process) {}
        pid_t pid() const override { return 42; }
        Result<> kill(int signal) override {
            process_.signals.push_back(signal);
            return {};
        }

      private:
        Started& process_;
    };
};

/// Connections that the test answers through their handlers.
class FakeStreams final : public io::Streams {
  public:
    std::unique_ptr<io::Connection> connect(const io::ConnectRequest& request,
                                            io::StreamHandler& opened) override {
        requests.push_back(request);
        handler = &opened;
        return std::make_unique<FakeConnection>(*this);
    }
    std::vector<io::ConnectRequest> requests;
    io::StreamHandler* handler = nullptr;  ///< Of the connection that exists.

  private:
    class FakeConnection final : public io::Connection {
      public:
        explicit FakeConnection(FakeStreams& owner) : owner_(owner) {}
        ~FakeConnection() override { owner_.handler = nullptr; }
        void send(std::span<const uint8_t>) override {}
        void close_gracefully() override {}

      private:
        FakeStreams& owner_;
    };
};

class NoLink final : public vrrp::Link {
  public:
    Result<vrrp::ChannelId> open_channel(const vrrp::ChannelSettings&) override { return vrrp::ChannelId{1}; }
    void close_channel(vrrp::ChannelId) override {}
    void on_receive(ReceiveHandler) override {}
    void on_send_error(SendErrorHandler) override {}
    void send(vrrp::ChannelId, const vrrp::SendOptions&, std::span<const uint8_t>) override {}
    Result<> announce(std::span<const vrrp::Announcement>, uint32_t) override { return fail("no link"); }
    void cancel_announcements(std::span<const vrrp::Announcement>) override {}
    void flush() override {}
    void drain() override {}
};

class NoNetwork final : public netstate::NetworkKernel {
  public:
    void set_listener(netstate::ChangeListener*) override {}
    void watch_protocols(std::span<const uint8_t>) override {}
    Result<netstate::KernelState> dump() override { return fail("no network"); }
    std::vector<Result<>> apply(std::span<const netstate::Operation> operations) override {
        return std::vector<Result<>>(operations.size());
    }
    void deliver_changes() override {}
};

class NoTable final : public ipvs::TableKernel {
  public:
    Result<> available() override { return fail("no table"); }
    Result<ipvs::Info> info() override { return fail("no table"); }
    Result<ipvs::Table> dump() override { return fail("no table"); }
    Result<std::optional<ipvs::Service>> read(const ipvs::ServiceKey&) override { return fail("no table"); }
    std::vector<Result<>> apply(std::span<const ipvs::Operation> operations) override {
        return std::vector<Result<>>(operations.size());
    }
    Result<> flush() override { return fail("no table"); }
    Result<ipvs::Timeouts> timeouts() override { return fail("no table"); }
    Result<> set_timeouts(const ipvs::Timeouts&) override { return fail("no table"); }
    Result<std::vector<ipvs::SyncDaemon>> sync_daemons() override { return fail("no table"); }
    Result<> start_sync_daemon(const ipvs::SyncDaemon&) override { return fail("no table"); }
    Result<> stop_sync_daemon(ipvs::SyncRole) override { return fail("no table"); }
};

class NoOutputs final : public NotifyOutputs {
  public:
    void configure(const config::GlobalSettings&) override {}
    void write_fifo(FifoPart, std::string_view) override {}
    void send_mail(const std::string&, const std::string&) override {}
};

/// A fixture with all of it.
class WithFakeEdges : public testing::Test {
  protected:
    WithFakeEdges() {
        log.on_line([this](Part, LogLevel, std::string_view line) { lines.emplace_back(line); });
        edges.can_open = [this](const std::string& path) { return path == openable; };
    }
    void advance(Duration by) {
        timers.set_now(timers.now() + by);
        timers.run_due();
    }
    bool logged(std::string_view text) const {
        return std::ranges::any_of(lines,
                                   [&](const std::string& line) { return line.find(text) != line.npos; });
    }

    io::TimerQueue timers;
    io::TurnEndQueue turn_ends;
    NoLink link;
    NoNetwork network;
    netstate::testing::FakeFirewall firewall;
    NoTable table;
    FakeProcesses processes;
    FakeStreams streams;
    NoOutputs outputs;
    Log log{LogSettings{.syslog = false, .file = {}, .net_namespace = {}, .instance = {}}};
    std::vector<std::string> lines;
    std::string openable;
    io::MemoryFiles files;
    io::MemoryProcessTable process_table;
    kernel::OpensslDigest digest;
    bfd::testing::SilentLink bfd;
    io::TimedWorker worker{timers};
    Edges edges{
        timers,        turn_ends, link, network, firewall, table, processes, streams, outputs, log, files,
        process_table, digest,    bfd,  worker,  {},       {},    {},        {},      {},      {},  {}};
};

}  // namespace holdfast::app
