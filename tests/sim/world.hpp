// A cluster in one process on virtual time: whole nodes (the real app::Daemon) on simulated edges. The world
// moves the time, carries frames between nodes with whatever faults are set, and lets tests look at
// everything from outside.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "node.hpp"

namespace holdfast::sim {

using namespace std::chrono_literals;

/// What can go wrong on the wire; applies to every frame.
struct WireFaults {
    double loss = 0;         ///< Probability that a copy does not arrive.
    double duplication = 0;  ///< Probability that it arrives twice.
    Duration delay = 200us;
    Duration jitter = 100us;  ///< Enough of it reorders frames.
};

/// How many frames met which fault.
struct WireCounts {
    uint64_t frames = 0;
    uint64_t lost = 0;
    uint64_t duplicated = 0;
    uint64_t overtaken = 0;  ///< Arrives before an earlier frame of the same pair of nodes.
    uint64_t cut = 0;
};

/// One line of what happened, for a failing seed's report.
struct Record {
    Instant at;
    std::string node;
    std::string text;
};

/// An advert as it leaves a daemon, whether or not a wire takes it.
struct SentAdvert {
    const vrrp::ChannelSettings& channel;
    const vrrp::SendOptions& options;
    uint8_t vrid = 0;
    uint8_t priority = 0;
};

/// Whoever judges: told everything a node shows to the outside, when it shows it.
struct Observer {
    std::function<void(Node&, const SentAdvert&)> advert;
    std::function<void(Node&, const std::string& line)> fifo;
    std::function<void(Node&)> resumed;
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
    bool is_undisturbed() const;
    /// Listening servers, for health checks.
    std::set<Endpoint> servers;
    /// Exit status of a script by its command line; 0 unless set.
    std::map<std::string, int> script_status;
    /// How long a script runs, by its program.
    std::function<Duration(const std::string& program)> script_duration = [](const auto&) { return 1ms; };
    /// Rewrites frames on their way to a node; the sabotage of the self-test.
    std::function<void(const Node& to, std::vector<uint8_t>& payload)> tamper;
    Observer observer;
    Sabotage sabotage;
    /// A daemon with nothing to do wakes up to this much after its timer; not later than a frame comes.
    Duration wakeup_latency{0};

    std::mt19937_64& random() { return random_; }
    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    uint64_t events() const { return events_; }
    const WireCounts& counts() const { return counts_; }
    void record(const std::string& node, std::string text);
    /// The last `lines` records, oldest first.
    std::string history(size_t lines) const;
    /// Prints every record when it is made.
    bool trace = false;
    /// Grows with every record; equal for equal runs.
    uint64_t fingerprint() const { return fingerprint_; }

    /// Called by links.
    void transmit(Node& from, const vrrp::ChannelSettings& channel, const vrrp::SendOptions& options,
                  std::span<const uint8_t> packet);
    void transmit_datagram(Node& from, const bfd::ReceivedDatagram& datagram);

  private:
    struct Pending {
        Instant at;
        uint64_t order;
        std::function<void()> what;
        bool operator<(const Pending& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };
    /// Arrivals of one frame from one node at another: none, one or two.
    std::vector<Instant> arrivals(const Node& from, const Node& to);

    Instant now_{1h};
    std::mt19937_64 random_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::priority_queue<Pending> pending_;
    std::map<std::pair<const Node*, const Node*>, Instant> latest_;
    uint64_t order_ = 0;
    uint64_t events_ = 0;
    uint64_t fingerprint_ = 1469598103934665603ULL;
    WireCounts counts_;
    std::deque<Record> records_;
};

}  // namespace holdfast::sim
