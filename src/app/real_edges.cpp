#include "holdfast/app/real_edges.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <csignal>
#include <random>

#include "holdfast/kernel/sysctl.hpp"

namespace holdfast::app {

/// One FIFO and, if configured, the script that reads it.
class RealOutputs::Pipe {
  public:
    /// `part`: whose log tells of the script.
    Pipe(RealOutputs& owner, Part part, notify::FifoSettings settings, NotifyFifo fifo)
        : owner_(owner),
          part_(part),
          settings_(std::move(settings)),
          fifo_(std::move(fifo)),
          restart_(owner.timers_, [this] { start_script(); }) {
        if (settings_.script) restart_.arm_after(Duration::zero());
    }
    ~Pipe() {
        if (script_ != nullptr) (void)script_->kill(SIGTERM);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    void write(std::string_view line) {
        if (!fifo_.write(line)) {
            owner_.log_.write(
                Part::daemon, LogLevel::warning,
                fmt::format("FIFO {} is full: {} line(s) lost so far", fifo_.path(), fifo_.lost()));
        }
    }
    const notify::FifoSettings& settings() const { return settings_; }
    bool is_in_place() const { return fifo_.is_in_place(); }

  private:
    void start_script() {
        io::SpawnRequest request;
        request.arguments = settings_.script->arguments;
        request.arguments.push_back(settings_.path);
        request.program = settings_.script->path;
        request.run_as = credentials_of(settings_.script->identity);
        auto child =
            owner_.processes_.spawn(request, [this](io::ExitStatus status) { script_ended(status); });
        if (child) {
            script_ = std::move(*child);
        } else {
            owner_.log_.write(Part::daemon, LogLevel::error,
                              fmt::format("Cannot start FIFO script {}: {}", settings_.script->to_string(),
                                          child.error().message));
        }
    }

    /// One that ends well has done what it was for; keepalived starts none again.
    void script_ended(const io::ExitStatus& status) {
        script_.reset();
        owner_.log_.info(
            part_, fmt::format("{} notify fifo script terminated", part_ == Part::checkers ? "lvs" : "vrrp"));
        if (status == io::ExitStatus{}) return;
        owner_.log_.write(part_, LogLevel::warning,
                          fmt::format("FIFO script {} {}; starting it again", settings_.script->to_string(),
                                      status.to_string()));
        restart_.arm_after(std::chrono::seconds(1));
    }

    RealOutputs& owner_;
    Part part_;
    notify::FifoSettings settings_;
    NotifyFifo fifo_;
    io::Timer restart_;
    std::unique_ptr<io::Child> script_;
};

RealOutputs::RealOutputs(Log& log, io::TimerQueue& timers, io::Processes& processes, io::Streams& streams)
    : log_(log),
      timers_(timers),
      processes_(processes),
      mailer_(
          streams, timers,
          [this](const std::string& lost) { log_.write(Part::daemon, LogLevel::warning, lost); },
          [this](const std::string& done) { log_.detail(Part::daemon, done); }) {}

RealOutputs::~RealOutputs() = default;

void RealOutputs::configure(const config::GlobalSettings& settings) {
    open(all_, settings.notify_fifo, "");
    open(vrrp_, settings.vrrp_notify_fifo, "vrrp_");
    open(lvs_, settings.lvs_notify_fifo, "lvs_");
    mailer_.configure(settings.mail);
}

void RealOutputs::open(std::unique_ptr<Pipe>& pipe, const std::optional<notify::FifoSettings>& settings,
                       std::string_view which) {
    if (pipe != nullptr && settings && pipe->settings() == *settings && pipe->is_in_place()) return;
    pipe.reset();
    if (!settings) return;
    auto fifo = NotifyFifo::open(*settings, which);
    if (!fifo) {
        log_.write(Part::daemon, LogLevel::error, fifo.error().message);
        return;
    }
    const Part part = which == "lvs_" ? Part::checkers : Part::vrrp;
    pipe = std::make_unique<Pipe>(*this, part, *settings, std::move(*fifo));
}

void RealOutputs::write_fifo(FifoPart part, std::string_view line) {
    if (all_ != nullptr) all_->write(line);
    Pipe* own = part == FifoPart::vrrp ? vrrp_.get() : lvs_.get();
    if (own != nullptr) own->write(line);
}

void RealOutputs::send_mail(const std::string& subject, const std::string& body) {
    mailer_.send({subject, body}, agents::mail_date(std::chrono::system_clock::now()));
}

void RealOutputs::finish(std::function<void()> done) {
    mailer_.finish(kMailsAtStop, std::move(done));
}

namespace {

/// What is configured for VRRP and for the checkers; both share the sockets, so the larger counts. Zero is as
/// good as nothing, as in the reference.
kernel::RouteNetlinkSettings buffers_of(const config::GlobalSettings& global) {
    kernel::RouteNetlinkSettings settings;
    const config::SocketBuffers& vrrp = global.vrrp_buffers;
    const config::SocketBuffers& lvs = global.lvs_buffers;
    const auto choose = [](const auto& one, bool one_forced, const auto& other, bool other_forced,
                           uint32_t& size, bool& forced) {
        if (one.value_or(0) == 0 && other.value_or(0) == 0) return;
        const bool first = one.value_or(0) >= other.value_or(0);
        size = first ? *one : *other;
        forced = first ? one_forced : other_forced;
    };
    choose(vrrp.command, vrrp.command_force, lvs.command, lvs.command_force, settings.request_buffer,
           settings.force_request);
    choose(vrrp.monitor, vrrp.monitor_force, lvs.monitor, lvs.monitor_force, settings.monitor_buffer,
           settings.force_monitor);
    return settings;
}

}  // namespace

Result<std::unique_ptr<RealEdges>> RealEdges::open(Log& log, const config::Config& config,
                                                   io::Fd process_events) {
    auto loop = std::make_unique<io::EventLoop>();
    auto network = kernel::RouteNetlink::open(*loop, buffers_of(config.global));
    if (!network) return std::unexpected(network.error());
    return std::unique_ptr<RealEdges>(
        new RealEdges(log, config, std::move(loop), std::move(*network), std::move(process_events)));
}

RealEdges::RealEdges(Log& log, const config::Config& config, std::unique_ptr<io::EventLoop> loop,
                     std::unique_ptr<kernel::RouteNetlink> network, io::Fd process_events)
    : loop_owner_(std::move(loop)),
      loop_(*loop_owner_),
      network_(std::move(network)),
      firewall_(loop_),
      link_(loop_),
      ipvs_(config.root.net_namespace_ipvs),
      processes_(loop_),
      streams_(loop_),
      outputs_(log, loop_.timers(), processes_, streams_),
      files_(loop_),
      process_table_(loop_, std::move(process_events)),
      bfd_(loop_, [this] { return edges_.random(); }),
      worker_(loop_),
      edges_{loop_.timers(),
             loop_.turn_ends(),
             link_,
             *network_,
             firewall_,
             ipvs_,
             processes_,
             streams_,
             outputs_,
             log,
             files_,
             process_table_,
             digest_,
             bfd_,
             worker_,
             {},
             {},
             {},
             {},
             {},
             {},
             {}} {
    edges_.random = [generator = std::mt19937_64(std::random_device{}())]() mutable {
        return std::uniform_real_distribution<double>(0, 1)(generator);
    };
    edges_.can_open = [](const std::string& path) {
        return static_cast<bool>(io::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)));
    };
    edges_.wall_clock = [] { return std::chrono::system_clock::now(); };
    edges_.forwards_ipv6 = [this](const std::string& interface) {
        auto& [read_at, value] = forwarding_[interface];
        if (read_at == Instant{} || loop_.now() - read_at >= std::chrono::seconds(5)) {
            value = kernel::forwards_ipv6(interface);
            read_at = loop_.now();
        }
        return value;
    };
    edges_.uptime = [] {
        timespec boot{};
        clock_gettime(CLOCK_BOOTTIME, &boot);
        return std::chrono::seconds(boot.tv_sec) + std::chrono::nanoseconds(boot.tv_nsec);
    };
    edges_.ask_link = kernel::ask_link;
    edges_.configure = [this](const config::Config& loaded) { configure(loaded); };
}

// Adverts that cannot be authenticated are neither sent nor accepted, which must not go unexplained.
void RealEdges::load_digest(const config::Config& config) {
    const bool wanted = std::ranges::any_of(config.instances, [](const config::VrrpInstance& instance) {
        return instance.router.auth_type == vrrp::AuthType::header || instance.router.hmac;
    });
    if (!wanted) return;
    if (const auto loaded = digest_.load(); !loaded)
        edges_.log.write(Part::vrrp, LogLevel::error,
                         "Adverts cannot be authenticated: " + loaded.error().message);
}

void RealEdges::configure(const config::Config& config) {
    load_digest(config);
    kernel::AnnouncementQueue& queue = link_.announcements();
    queue.clear_groups();
    const kernel::Pacing everywhere{config.global.garp_interval, config.global.gna_interval};
    if (everywhere != kernel::Pacing{}) {
        // The global intervals hold for each interface by itself.
        for (const config::VrrpInstance& instance : config.instances) {
            const InterfaceIndex index{if_nametoindex(instance.transport.interface.c_str())};
            if (index) queue.set_group({&index, 1}, everywhere);
        }
    }
    for (const config::GarpGroup& group : config.garp_groups) {
        std::vector<InterfaceIndex> interfaces;
        for (const std::string& name : group.interfaces) {
            if (const unsigned index = if_nametoindex(name.c_str()); index != 0)
                interfaces.push_back({index});
        }
        queue.set_group(interfaces, {group.garp_interval.value_or(everywhere.garp),
                                     group.gna_interval.value_or(everywhere.gna)});
    }
}

}  // namespace holdfast::app
