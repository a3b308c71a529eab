// A machine of the simulation: kernel tables, files and processes that survive a crash, and the daemon, which
// does not.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../unit/app/memory_files.hpp"
#include "../unit/ipvs/fake_kernel.hpp"
#include "../unit/netstate/fake_kernel.hpp"
#include "holdfast/app/daemon.hpp"

namespace holdfast::sim {

using namespace std::chrono_literals;

class World;

/// What the self-test breaks inside nodes to see whether the judges notice (mutations.hpp).
struct Sabotage {
    Duration sluggish{0};           ///< Every timer expires this much late.
    bool swallow_notices = false;   ///< Every third FIFO line is lost.
    bool repeat_notices = false;    ///< Every third FIFO line comes twice.
    bool die_of_bad_files = false;  ///< A refused reload ends the process.
    bool leave_traces = false;      ///< What was stopped has left an address behind.
    bool silent_announcements = false;
    bool lose_last_script = false;  ///< The newest notify script never runs.
    bool deaf_to_bfd = false;
    bool rush_after_pause = false;  ///< Timers first, then the receive queue, and nobody is told.
    bool wrong_cause = false;       ///< What is seen as the cause of a transition is never the right one.
};

class Node {
  public:
    Node(World& world, std::string name, uint8_t number);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    const std::string& name() const { return name_; }
    /// 10.0.0.NUMBER/24 on eth0, 10.1.0.NUMBER/24 on eth1, 10.2.0.NUMBER/24 on eth2; fe80::NUMBER/64 on each.
    /// Adverts travel on eth0 and eth1.
    uint8_t number() const { return number_; }

    /// Starts the daemon on this keepalived.conf; false when it is refused.
    bool start(const std::string& config);
    bool start() { return start(config_); }
    /// What the next start() reads.
    void write_config(const std::string& config) { config_ = config; }
    /// Re-reads; whether it was applied.
    bool reload(const std::string& config);
    /// The same when reading takes so long and the daemon goes on meanwhile.
    void begin_reload(const std::string& config, Duration takes);
    bool is_reading() const;
    void stop();       ///< SIGTERM
    void crash();      ///< kill -9
    void power_cut();  ///< The machine boots again, without the daemon.
    bool is_running() const { return process_ != nullptr; }
    void pause();  ///< SIGSTOP, or a frozen virtual machine.
    void resume();
    bool is_paused() const { return paused_at_.has_value(); }
    /// Runs, is not paused and has not been told to stop.
    bool is_awake() const { return is_running() && !is_paused() && !stopping_; }
    std::optional<Instant> started_at() const { return started_at_; }

    void set_link(const std::string& interface, bool up);
    bool link_is_usable(const std::string& interface) const;
    bool has_link(const std::string& interface) const;
    void remove_link(const std::string& interface);  ///< With what stands on it.
    /// Again, with its addresses and another index; or with its old name after rename_link().
    void make_link(const std::string& interface);
    void rename_link(const std::string& interface);  ///< It is "old" and its name then.
    void delete_address(const std::string& prefix);  ///< By somebody else.
    void delete_route(const std::string& destination);
    void delete_link(const std::string& name);  ///< A VMAC, by somebody else.
    /// News of the kernel is lost (ENOBUFS): what happens in `unheard`, and then the overrun is told.
    void lose_news(const std::function<void()>& unheard);
    void write_file(const std::string& path, std::string_view content);
    void run_process(const std::string& name, bool runs);
    /// The interface with the wire: of a VMAC the one it sits on.
    std::string wire_of(const std::string& interface) const;
    bool has_address(const IpAddress& address) const;
    bool has_address(std::string_view address) const { return has_address(*IpAddress::parse(address)); }
    bool has_route(const std::string& destination) const;
    /// What is in the kernel and was not there when the machine booted, in words.
    std::vector<std::string> leftovers() const;

    vrrp::State state(const std::string& instance) const;
    bool is_master(const std::string& instance) const { return state(instance) == vrrp::State::Master; }
    int priority(const std::string& instance) const;
    const app::VrrpInstance* instance(const std::string& name) const;
    const app::Daemon& daemon() const;
    /// The last FIFO line about an instance or group: "MASTER", "BACKUP", ...; empty when there was none.
    std::string last_told(const std::string& name) const;
    /// Words of the generic notify scripts in order of their end.
    const std::vector<std::string>& scripts_ended() const { return scripts_ended_; }
    bool logged(std::string_view text) const;

    netstate::testing::FakeKernel kernel;
    netstate::testing::FakeFirewall firewall;
    ipvs::FakeKernel table;
    io::MemoryFiles files;
    io::MemoryProcessTable process_table;
    std::vector<std::string> fifo;
    uint64_t announcements = 0;
    /// When an address was announced last.
    std::map<IpAddress, Instant> announced;
    /// How far the wall clock is off.
    Duration clock_error{};

  private:
    friend class World;
    struct Process;
    friend class SimLink;
    friend class SimBfdLink;
    friend class SimProcesses;
    friend class SimOutputs;

    void boot();
    void deliver(const std::string& interface, const vrrp::SendOptions& options, std::vector<uint8_t> payload,
                 uint8_t protocol);
    void deliver_datagram(const std::string& interface, bfd::ReceivedDatagram datagram,
                          std::vector<uint8_t> payload);
    void receive(const std::string& interface, const std::string& socket, std::function<void()> what);
    /// Addresses and links as the kernel has them, for the routing of datagrams.
    std::string interface_towards(const IpAddress& neighbor) const;
    std::optional<IpAddress> address_on(const std::string& interface, Family family) const;
    void told(std::string line);
    void set_time();
    /// Somebody else changes something in the kernel.
    void outside(const netstate::Operation& operation);
    void turn();
    std::optional<Instant> next() const;
    config::LoadResult load(const std::string& config) const;

    World& world_;
    std::string name_;
    uint8_t number_;
    std::string config_;
    std::unique_ptr<Process> process_;
    std::optional<Instant> paused_at_;
    std::optional<Instant> started_at_;
    Instant booted_at_;
    uint32_t next_index_ = 100;
    std::vector<std::string> scripts_ended_;
    std::vector<std::string> log_;
    uint64_t notices_ = 0;
    bool stopping_ = false;
    Duration latency_{};
};

}  // namespace holdfast::sim
