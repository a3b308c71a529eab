// Everything the composition touches that is not a value: the edges a simulation replaces, and the log.
// main() fills it with the real ones (app/real_edges.hpp), a simulated node with its own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/app/logging.hpp"
#include "holdfast/bfd/link.hpp"
#include "holdfast/config/config.hpp"
#include "holdfast/io/files.hpp"
#include "holdfast/io/process_table.hpp"
#include "holdfast/io/processes.hpp"
#include "holdfast/io/streams.hpp"
#include "holdfast/io/timer.hpp"
#include "holdfast/io/turn_end.hpp"
#include "holdfast/io/worker.hpp"
#include "holdfast/ipvs/kernel.hpp"
#include "holdfast/kernel/link_beat.hpp"
#include "holdfast/netstate/firewall.hpp"
#include "holdfast/netstate/kernel.hpp"
#include "holdfast/vrrp/digest.hpp"
#include "holdfast/vrrp/link.hpp"

namespace holdfast::app {

/// Which FIFOs a line is for: `notify_fifo` gets all of them, the other two their own part.
enum class FifoPart : uint8_t { vrrp, lvs };

/// Where notifications leave the process besides scripts.
class NotifyOutputs {
  public:
    NotifyOutputs() = default;
    NotifyOutputs(const NotifyOutputs&) = delete;
    NotifyOutputs& operator=(const NotifyOutputs&) = delete;
    virtual ~NotifyOutputs() = default;

    /// Opens and closes FIFOs and their scripts as the configuration says, and notes the mail settings.
    virtual void configure(const config::GlobalSettings& settings) = 0;
    /// One line with its newline. What a full pipe cannot take is lost and logged.
    virtual void write_fifo(FifoPart part, std::string_view line) = 0;
    /// Queues a mail to all recipients; dropped when no mail server is configured.
    virtual void send_mail(const std::string& subject, const std::string& body) = 0;
};

struct Edges {
    io::TimerQueue& timers;
    io::TurnEndQueue& turn_ends;
    vrrp::Link& link;
    netstate::NetworkKernel& network;
    netstate::FirewallKernel& firewall;
    ipvs::TableKernel& ipvs;
    io::Processes& processes;
    io::Streams& streams;
    NotifyOutputs& outputs;
    Log& log;
    io::Files& files;
    io::ProcessTable& process_table;
    vrrp::Digest& digest;
    bfd::Link& bfd;
    io::Worker& worker;
    /// A number in [0, 1), for spreading checks.
    std::function<double()> random;
    /// `script "</path"`: whether the file can be opened for reading.
    std::function<bool(const std::string&)> can_open;
    std::function<std::chrono::system_clock::time_point()> wall_clock;
    /// Whether the host forwards IPv6 on the interface: the router flag of neighbour advertisements.
    std::function<bool(const std::string& interface)> forwards_ipv6;
    /// Time since the machine booted, for vrrp_delay_after_boot.
    std::function<Duration()> uptime;
    /// Asks a driver for its link state (linkbeat_interfaces); nothing when it does not answer this question.
    std::function<std::optional<bool>(const std::string& interface, kernel::LinkQuestion question)> ask_link;
    /// Applies what a generation says to the edges themselves (announcement spacing, socket buffers).
    std::function<void(const config::Config&)> configure;
};

/// The log's words for an identity that runs scripts, as io/ wants it. An identity without a user means "as
/// we are".
std::optional<io::Credentials> credentials_of(const notify::Identity& identity);

}  // namespace holdfast::app
