// A cluster in one process on virtual time: whole nodes (the real app::Daemon) on simulated edges. The world
// moves the time, carries frames between nodes with whatever faults are set, and lets tests look at
// everything from outside.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "../unit/ipvs/fake_kernel.hpp"
#include "../unit/netstate/fake_kernel.hpp"
#include "holdfast/app/daemon.hpp"

namespace holdfast::sim {

using namespace std::chrono_literals;

class Node;

/// What can go wrong on the wire; applies to every frame.
struct WireFaults {
    double loss = 0;         ///< Probability that a copy does not arrive.
    double duplication = 0;  ///< Probability that it arrives twice.
    Duration delay = 200us;
    Duration jitter = 100us;  ///< Enough of it reorders frames.
};

/// One line of what happened, for a failing seed's report.
struct Record {
    Instant at;
    std::string node;
    std::string text;
};

class World {
  public:
    explicit World(uint64_t seed);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Node& add(const std::string& name);
    Node& node(const std::string& name);
    const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }

    Instant now() const { return now_; }
    /// Lets time pass; everything due happens in order.
    void run(Duration length);
    /// Runs until the condition holds, at most for `limit`; whether it did.
    bool run_until(const std::function<bool()>& condition, Duration limit);
    void at(Instant when, std::function<void()> what);

    WireFaults wire;
    /// Directed: nothing sent by the first reaches the second.
    std::set<std::pair<std::string, std::string>> cut;
    void partition(const std::string& a, const std::string& b) {
        cut.insert({a, b});
        cut.insert({b, a});
    }
    void heal() {
        cut.clear();
        wire = {};
    }
    /// Listening servers, for health checks.
    std::set<Endpoint> servers;
    /// Exit status of a script by its command line; 0 unless set.
    std::map<std::string, int> script_status;
    /// How long scripts run.
    std::function<Duration()> script_duration = [] { return 1ms; };
    /// Rewrites frames on their way to a node; the sabotage of the self-test.
    std::function<void(const Node& to, std::vector<uint8_t>& payload)> tamper;

    std::mt19937_64& random() { return random_; }
    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    uint64_t events() const { return events_; }
    uint64_t frames() const { return frames_; }
    void record(const std::string& node, std::string text);
    /// The last `lines` records, oldest first.
    std::string history(size_t lines) const;

    /// Called by links.
    void transmit(Node& from, const vrrp::ChannelSettings& channel, const vrrp::SendOptions& options,
                  std::span<const uint8_t> packet);

  private:
    struct Pending {
        Instant at;
        uint64_t order;
        std::function<void()> what;
        bool operator<(const Pending& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };
    Instant now_{1h};
    std::mt19937_64 random_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::priority_queue<Pending> pending_;
    uint64_t order_ = 0;
    uint64_t events_ = 0;
    uint64_t frames_ = 0;
    std::deque<Record> records_;
};

/// A machine: kernel tables that survive a crash, and a process that does not.
class Node {
  public:
    Node(World& world, std::string name, uint8_t number);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    const std::string& name() const { return name_; }
    /// 10.0.0.NUMBER/24 on eth0, fe80::NUMBER too; eth1 has 10.1.0.NUMBER/24.
    uint8_t number() const { return number_; }

    /// Starts the daemon on this keepalived.conf; false when it is refused.
    bool start(const std::string& config);
    bool start() { return start(config_); }
    /// Re-reads; whether it was applied.
    bool reload(const std::string& config);
    void stop();   ///< SIGTERM
    void crash();  ///< kill -9
    bool is_running() const { return process_ != nullptr; }
    void pause();  ///< SIGSTOP, or a frozen virtual machine.
    void resume();
    bool is_paused() const { return paused_at_.has_value(); }

    void set_link(const std::string& interface, bool up);
    void delete_address(const std::string& prefix);  ///< By somebody else.
    void delete_link(const std::string& name);       ///< A VMAC, by somebody else.
    /// The interface with the wire: of a VMAC the one it sits on.
    std::string wire_of(const std::string& interface) const;
    bool has_address(const std::string& address) const;

    vrrp::State state(const std::string& instance) const;
    bool is_master(const std::string& instance) const { return state(instance) == vrrp::State::Master; }
    int priority(const std::string& instance) const;
    const app::Daemon& daemon() const;
    /// The last FIFO line about an instance or group: "MASTER", "BACKUP", ...; empty when there was none.
    std::string last_told(const std::string& name) const;
    /// Words of the generic notify scripts in order of their end.
    const std::vector<std::string>& scripts_ended() const { return scripts_ended_; }
    bool logged(std::string_view text) const;

    netstate::testing::FakeKernel kernel;
    netstate::testing::FakeFirewall firewall;
    ipvs::FakeKernel table;
    std::vector<std::string> fifo;
    uint64_t announcements = 0;

  private:
    friend class World;
    struct Process;
    class SimLink;
    class SimProcesses;
    class SimStreams;
    class SimOutputs;

    void deliver(const std::string& interface, const vrrp::SendOptions& options, std::vector<uint8_t> payload,
                 uint8_t protocol);
    void turn();
    std::optional<Instant> next() const;
    config::LoadResult load(const std::string& config) const;

    World& world_;
    std::string name_;
    uint8_t number_;
    std::string config_;
    std::unique_ptr<Process> process_;
    std::optional<Instant> paused_at_;
    std::vector<std::string> scripts_ended_;
    std::vector<std::string> log_;
};

}  // namespace holdfast::sim
