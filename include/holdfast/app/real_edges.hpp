// The edges as the machine has them: loop, sockets, netlink, ip_vs, processes, FIFOs, mail.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/agents/mailer.hpp"
#include "holdfast/app/edges.hpp"
#include "holdfast/app/notify_fifo.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/files.hpp"
#include "holdfast/io/posix_processes.hpp"
#include "holdfast/io/socket_streams.hpp"
#include "holdfast/io/thread_worker.hpp"
#include "holdfast/kernel/advert_link.hpp"
#include "holdfast/kernel/bfd_link.hpp"
#include "holdfast/kernel/firewall.hpp"
#include "holdfast/kernel/ipvs.hpp"
#include "holdfast/kernel/openssl_digest.hpp"
#include "holdfast/kernel/process_events.hpp"
#include "holdfast/kernel/rtnetlink.hpp"

namespace holdfast::app {

/// FIFOs with their scripts, and mail.
class RealOutputs final : public NotifyOutputs {
  public:
    /// How long the end of the daemon waits for mails that are on their way.
    static constexpr Duration kMailsAtStop = std::chrono::seconds(2);

    RealOutputs(Log& log, io::TimerQueue& timers, io::Processes& processes, io::Streams& streams);
    ~RealOutputs() override;
    void configure(const config::GlobalSettings& settings) override;
    void write_fifo(FifoPart part, std::string_view line) override;
    void send_mail(const std::string& subject, const std::string& body) override;
    /// Calls `done` when the last mail has left, or its time is over; never from inside this call.
    void finish(std::function<void()> done);

  private:
    class Pipe;
    void open(std::unique_ptr<Pipe>& pipe, const std::optional<notify::FifoSettings>& settings,
              std::string_view which);

    Log& log_;
    io::TimerQueue& timers_;
    io::Processes& processes_;
    std::unique_ptr<Pipe> all_;
    std::unique_ptr<Pipe> vrrp_;
    std::unique_ptr<Pipe> lvs_;
    agents::Mailer mailer_;
};

class RealEdges {
  public:
    /// Opens what the process needs, in the calling thread's network namespace. `process_events` is a socket
    /// opened before that namespace was entered (kernel/process_events.hpp), if one was.
    static Result<std::unique_ptr<RealEdges>> open(Log& log, const config::Config& config,
                                                   io::Fd process_events = {});

    io::EventLoop& loop() { return loop_; }
    Edges& edges() { return edges_; }
    RealOutputs& outputs() { return outputs_; }
    io::ThreadWorker& worker() { return worker_; }

  private:
    RealEdges(Log& log, const config::Config& config, std::unique_ptr<io::EventLoop> loop,
              std::unique_ptr<kernel::RouteNetlink> network, io::Fd process_events);
    void configure(const config::Config& config);
    void load_digest(const config::Config& config);

    std::unique_ptr<io::EventLoop> loop_owner_;
    io::EventLoop& loop_;
    std::unique_ptr<kernel::RouteNetlink> network_;
    kernel::HostFirewall firewall_;
    kernel::AdvertLink link_;
    kernel::IpvsTable ipvs_;
    io::PosixProcesses processes_;
    io::SocketStreams streams_;
    RealOutputs outputs_;
    io::SystemFiles files_;
    kernel::ProcessEvents process_table_;
    kernel::OpensslDigest digest_;
    kernel::BfdLink bfd_;
    io::ThreadWorker worker_;
    std::map<std::string, std::pair<Instant, bool>>
        forwarding_;  ///< net.ipv6.conf.IF.forwarding, re-read after 5 s.
    Edges edges_;
};

}  // namespace holdfast::app
