// A node: the simulated edges, and the daemon on them.
#include <fmt/format.h>

#include <algorithm>

#include "../unit/app/memory_files.hpp"
#include "../unit/bfd/silent_link.hpp"
#include "holdfast/config/diagnostics.hpp"
#include "holdfast/kernel/openssl_digest.hpp"
#include "world.hpp"

namespace holdfast::sim {

namespace {

/// Every interface, user and script exists; scripts are safe.
class SimEnvironment final : public config::Environment {
  public:
    std::string host_name() const override { return "sim"; }
    std::optional<config::InterfaceFacts> interface(std::string_view name) const override {
        if (name != "eth0" && name != "eth1") return std::nullopt;
        return config::InterfaceFacts{};
    }
    std::optional<config::UserFacts> user(std::string_view) const override { return config::UserFacts{}; }
    std::optional<uint32_t> group(std::string_view) const override { return 0; }
    config::FileFacts file(const std::string& path) const override {
        config::FileFacts facts;
        facts.kind = path.ends_with(".sh") ? config::FileKind::regular : config::FileKind::directory;
        facts.mode = 0755;
        return facts;
    }
    std::string real_path(const std::string& path) const override { return path; }
    Result<std::string> contents(const std::string&, size_t) const override { return fail("no such file"); }
    std::vector<std::string> search_path() const override { return {"/bin"}; }
    std::optional<uint32_t> named_number(config::NameTable, std::string_view) const override {
        return std::nullopt;
    }
    std::optional<IpAddress> resolve(const std::string&) const override { return std::nullopt; }
    uint32_t effective_uid() const override { return 0; }
    uint32_t processor_count() const override { return 1; }
    std::optional<std::string> variable(std::string_view) const override { return std::nullopt; }
    uint64_t random(uint64_t min, uint64_t) const override { return min; }
};

}  // namespace

class Node::SimLink final : public vrrp::Link {
  public:
    SimLink(World& world, Node& node) : world_(world), node_(node) {}

    Result<vrrp::ChannelId> open_channel(const vrrp::ChannelSettings& settings) override {
        const vrrp::ChannelId id{++last_};
        channels_[id.value] = settings;
        return id;
    }
    void close_channel(vrrp::ChannelId channel) override {
        flush();
        channels_.erase(channel.value);
    }
    void on_receive(ReceiveHandler handler) override { receive_ = std::move(handler); }
    void on_send_error(SendErrorHandler) override {}
    void send(vrrp::ChannelId channel, const vrrp::SendOptions& options,
              std::span<const uint8_t> packet) override {
        queue_.push_back({channel, options, {packet.begin(), packet.end()}});
    }
    Result<> announce(std::span<const vrrp::Announcement> batch, uint32_t repeat) override {
        node_.announcements += batch.size() * repeat;
        return {};
    }
    void cancel_announcements(std::span<const vrrp::Announcement>) override {}
    void flush() override {
        for (const Queued& queued : std::exchange(queue_, {})) {
            const auto channel = channels_.find(queued.channel.value);
            if (channel != channels_.end())
                world_.transmit(node_, channel->second, queued.options, queued.packet);
        }
    }
    void drain() override {
        for (const auto& deliver : std::exchange(inbox_, {})) deliver();
    }

    void receive(const std::string& interface, const vrrp::SendOptions& options,
                 const std::vector<uint8_t>& payload, uint8_t protocol) {
        const bool multicast = options.destination.is_multicast();
        std::vector<uint32_t> matching;
        for (const auto& [id, settings] : channels_) {
            if (node_.wire_of(settings.interface_name) != interface || settings.protocol != protocol)
                continue;
            if (settings.family != options.destination.family()) continue;
            if (multicast ? settings.multicast_group == options.destination
                          : settings.bind_address == options.destination) {
                matching.push_back(id);
            }
        }
        for (const uint32_t id : matching) {
            vrrp::ReceivedFrame frame;
            frame.source = options.source;
            frame.destination = options.destination;
            frame.ttl = options.ttl;
            frame.multicast = multicast;
            frame.interface = channels_.at(id).interface;
            frame.payload = payload;
            if (options.source.is_v4())
                frame.announced_payload_length = static_cast<uint16_t>(payload.size());
            if (receive_) receive_({id}, frame);
        }
    }
    void keep(std::function<void()> deliver) {
        constexpr size_t kSocketBuffer = 100;
        if (inbox_.size() < kSocketBuffer) inbox_.push_back(std::move(deliver));
    }

  private:
    struct Queued {
        vrrp::ChannelId channel;
        vrrp::SendOptions options;
        std::vector<uint8_t> packet;
    };
    World& world_;
    Node& node_;
    std::map<uint32_t, vrrp::ChannelSettings> channels_;
    uint32_t last_ = 0;
    std::vector<Queued> queue_;
    std::vector<std::function<void()>> inbox_;
    ReceiveHandler receive_;
};

class Node::SimProcesses final : public io::Processes {
  public:
    SimProcesses(World& world, Node& node, io::TimerQueue& timers)
        : world_(world), node_(node), timers_(timers) {}

    Result<std::unique_ptr<io::Child>> spawn(const io::SpawnRequest& request,
                                             std::function<void(io::ExitStatus)> on_exit) override {
        return std::make_unique<SimChild>(*this, request.arguments, std::move(on_exit));
    }

  private:
    class SimChild final : public io::Child {
      public:
        SimChild(SimProcesses& owner, std::vector<std::string> arguments,
                 std::function<void(io::ExitStatus)> on_exit)
            : owner_(owner),
              arguments_(std::move(arguments)),
              on_exit_(std::move(on_exit)),
              timer_(owner.timers_, [this] { end(0); }) {
            timer_.arm_after(owner.world_.script_duration());
        }
        pid_t pid() const override { return 1000; }
        Result<> kill(int signal) override {
            signal_ = signal;
            timer_.arm_after(Duration::zero());
            return {};
        }

      private:
        void end(int) {
            const std::string line = fmt::format("{}", fmt::join(arguments_, " "));
            io::ExitStatus status;
            status.signal = signal_;
            const auto found = owner_.world_.script_status.find(line);
            if (found != owner_.world_.script_status.end()) status.code = found->second;
            if (signal_ == 0 && arguments_.size() >= 4) owner_.node_.scripts_ended_.push_back(line);
            const auto done = std::move(on_exit_);
            done(status);  // May destroy this object.
        }
        SimProcesses& owner_;
        std::vector<std::string> arguments_;
        std::function<void(io::ExitStatus)> on_exit_;
        int signal_ = 0;
        io::Timer timer_;
    };

    World& world_;
    Node& node_;
    io::TimerQueue& timers_;
};

class Node::SimStreams final : public io::Streams {
  public:
    SimStreams(World& world, io::TimerQueue& timers) : world_(world), timers_(timers) {}
    std::unique_ptr<io::Connection> connect(const io::ConnectRequest& request,
                                            io::StreamHandler& handler) override {
        return std::make_unique<SimConnection>(*this, request, handler);
    }

  private:
    class SimConnection final : public io::Connection {
      public:
        SimConnection(SimStreams& owner, const io::ConnectRequest& request, io::StreamHandler& handler)
            : owner_(owner),
              destination_(request.destination),
              handler_(handler),
              timer_(owner.timers_, [this] {
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
    World& world_;
    io::TimerQueue& timers_;
};

class Node::SimOutputs final : public app::NotifyOutputs {
  public:
    explicit SimOutputs(Node& node) : node_(node) {}
    void configure(const config::GlobalSettings&) override {}
    void write_fifo(app::FifoPart, std::string_view line) override {
        node_.fifo.emplace_back(line.substr(0, line.find('\n')));
        node_.world_.record(node_.name(), "fifo " + node_.fifo.back());
    }
    void send_mail(const std::string&, const std::string&) override {}

  private:
    Node& node_;
};

struct Node::Process {
    Process(World& world, Node& node)
        : link(world, node),
          processes(world, node, timers),
          streams(world, timers),
          outputs(node),
          log([] {
              app::LogSettings settings;
              settings.syslog = false;
              settings.detail = 1;
              return settings;
          }()),
          edges{timers,
                turn_ends,
                link,
                node.kernel,
                node.firewall,
                node.table,
                processes,
                streams,
                outputs,
                log,
                files,
                process_table,
                digest,
                bfd,
                {},
                {},
                {},
                {},
                {},
                {},
                {}} {
        timers.set_now(world.now());
        node.kernel.now = world.now();
        edges.random = [&world] { return world.chance(); };
        edges.can_open = [](const std::string&) { return true; };
        edges.wall_clock = [] { return std::chrono::system_clock::time_point{}; };
        edges.forwards_ipv6 = [](const std::string&) { return false; };
        edges.uptime = [] { return Duration(1h); };
        edges.ask_link = [](const std::string&, kernel::LinkQuestion) { return std::optional<bool>(true); };
        log.on_line([&node, &world](app::Part, app::LogLevel, std::string_view text) {
            node.log_.emplace_back(text);
            world.record(node.name(), std::string(text));
        });
        daemon = std::make_unique<app::Daemon>(edges, app::DaemonSettings{});
    }

    io::TimerQueue timers;
    io::TurnEndQueue turn_ends;
    SimLink link;
    SimProcesses processes;
    SimStreams streams;
    SimOutputs outputs;
    app::Log log;
    io::MemoryFiles files;
    io::MemoryProcessTable process_table;
    kernel::OpensslDigest digest;
    bfd::testing::SilentLink bfd;
    app::Edges edges;
    bool stopped = false;
    std::unique_ptr<app::Daemon> daemon;
};

Node::Node(World& world, std::string name, uint8_t number)
    : world_(world), name_(std::move(name)), number_(number) {
    for (uint32_t i = 0; i < 2; ++i) {
        netstate::LinkInfo link;
        link.index = {i + 2};
        link.name = fmt::format("eth{}", i);
        link.up = true;
        link.running = true;
        link.multicast = true;
        link.mtu = 1500;
        link.hardware_type = 1;
        kernel.links[link.index.value] = link;
        kernel.addresses.push_back(
            {.interface = link.index, .prefix = *Prefix::parse(fmt::format("10.{}.0.{}/24", i, number))});
        kernel.addresses.push_back(
            {.interface = link.index, .prefix = *Prefix::parse(fmt::format("fe80::{:x}/64", number))});
    }
    table.schedulers = {"rr", "wrr", "lc", "wlc"};
}

Node::~Node() = default;

config::LoadResult Node::load(const std::string& config) const {
    config::MemoryFiles files("/");
    files.add("/keepalived.conf", config);
    const SimEnvironment environment;
    config::LoadOptions options;
    options.path = "/keepalived.conf";
    return config::load(options, files, environment);
}

bool Node::start(const std::string& config) {
    require(process_ == nullptr, "the node is not running");
    config_ = config;
    config::LoadResult loaded = load(config);
    for (const auto& diagnostic : loaded.diagnostics.all())
        world_.record(name_, config::render_line(diagnostic));
    if (loaded.fatal || !loaded.config) return false;
    world_.record(name_, "--- start");
    fifo.clear();  // What the crashed process had told belongs to it.
    process_ = std::make_unique<Process>(world_, *this);
    if (!process_->daemon->start(std::move(loaded))) {
        process_.reset();
        return false;
    }
    turn();
    return true;
}

bool Node::reload(const std::string& config) {
    world_.record(name_, "--- reload");
    process_->timers.set_now(world_.now());
    const app::ReloadOutcome outcome = process_->daemon->reload(load(config));
    if (outcome.applied) config_ = config;
    turn();
    return outcome.applied;
}

void Node::stop() {
    world_.record(name_, "--- stop");
    process_->timers.set_now(world_.now());
    process_->daemon->stop([this] { process_->stopped = true; });
    turn();
}

void Node::crash() {
    world_.record(name_, "--- crash");
    // The daemon's destructors talk to the kernel no more than a killed process would.
    kernel.set_listener(nullptr);
    process_.reset();
    paused_at_.reset();
}

void Node::pause() {
    world_.record(name_, "--- pause");
    paused_at_ = world_.now();
}

void Node::resume() {
    world_.record(name_, "--- resume");
    paused_at_.reset();
    if (process_ == nullptr) return;
    // As the real loop after a stall: descriptors first, then timers.
    const auto due = process_->timers.next();
    process_->timers.set_now(world_.now());
    kernel.now = world_.now();
    kernel.deliver_changes();
    if (due && world_.now() - *due > 100ms) process_->daemon->stalled(world_.now() - *due);
    process_->link.drain();
    turn();
}

void Node::set_link(const std::string& interface, bool up) {
    world_.record(name_, fmt::format("--- {} {}", interface, up ? "up" : "down"));
    for (auto& [index, link] : kernel.links) {
        if (link.name != interface) continue;
        netstate::LinkInfo changed = link;
        changed.up = up;
        changed.running = up;
        kernel.set_link(changed);
        return;
    }
}

void Node::delete_address(const std::string& prefix) {
    const auto found =
        std::ranges::find_if(kernel.addresses, [&](const auto& a) { return a.to_string() == prefix; });
    if (found == kernel.addresses.end()) return;
    world_.record(name_, "--- delete " + prefix);
    kernel.outside(netstate::RemoveAddress{*found});
}

void Node::delete_link(const std::string& name) {
    const auto found =
        std::ranges::find_if(kernel.links, [&](const auto& entry) { return entry.second.name == name; });
    if (found == kernel.links.end()) return;
    world_.record(name_, "--- delete " + name);
    kernel.remove_link(found->first);
}

std::string Node::wire_of(const std::string& interface) const {
    for (const auto& [index, link] : kernel.links) {
        if (link.name != interface || !link.lower) continue;
        const auto lower = kernel.links.find(link.lower.value);
        if (lower != kernel.links.end()) return lower->second.name;
    }
    return interface;
}

bool Node::has_address(const std::string& address) const {
    return std::ranges::any_of(kernel.addresses,
                               [&](const auto& a) { return a.prefix.address.to_string() == address; });
}

vrrp::State Node::state(const std::string& instance) const {
    if (process_ == nullptr) return vrrp::State::Initialize;
    for (const auto& candidate : process_->daemon->vrrp().instances()) {
        if (candidate->name() == instance) return candidate->router.reported_state();
    }
    return vrrp::State::Initialize;
}

int Node::priority(const std::string& instance) const {
    for (const auto& candidate : process_->daemon->vrrp().instances()) {
        if (candidate->name() == instance) return candidate->router.effective_priority().value;
    }
    return -1;
}

const app::Daemon& Node::daemon() const {
    require(process_ != nullptr, "the node is running");
    return *process_->daemon;
}

std::string Node::last_told(const std::string& name) const {
    const std::string quoted = "\"" + name + "\" ";
    for (auto line = fifo.rbegin(); line != fifo.rend(); ++line) {
        const size_t at = line->find(quoted);
        if (at == std::string::npos || line->find("_PRIORITY") != std::string::npos) continue;
        const size_t begin = at + quoted.size();
        const std::string word = line->substr(begin, line->find(' ', begin) - begin);
        if (word != "MASTER_RX_LOWER_PRI") return word;
    }
    return {};
}

bool Node::logged(std::string_view text) const {
    return std::ranges::any_of(log_,
                               [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

void Node::deliver(const std::string& interface, const vrrp::SendOptions& options,
                   std::vector<uint8_t> payload, uint8_t protocol) {
    if (process_ == nullptr) return;
    const bool up = std::ranges::any_of(kernel.links, [&](const auto& entry) {
        return entry.second.name == interface && entry.second.usable();
    });
    if (!up) return;
    auto receive = [this, interface, options, payload = std::move(payload), protocol] {
        process_->link.receive(interface, options, payload, protocol);
    };
    if (paused_at_) {
        process_->link.keep(std::move(receive));
        return;
    }
    process_->timers.set_now(world_.now());
    receive();
}

std::optional<Instant> Node::next() const {
    if (process_ == nullptr || paused_at_) return std::nullopt;
    if (!process_->turn_ends.is_empty()) return world_.now();
    return process_->timers.next();
}

void Node::turn() {
    if (process_ == nullptr || paused_at_) return;
    process_->timers.set_now(world_.now());
    kernel.now = world_.now();
    kernel.deliver_changes();
    process_->timers.run_due();
    while (!process_->turn_ends.is_empty()) process_->turn_ends.run();
    process_->link.flush();
    kernel.deliver_changes();
    while (!process_->turn_ends.is_empty()) process_->turn_ends.run();
    process_->link.flush();
    if (process_->stopped) {
        kernel.set_listener(nullptr);
        process_.reset();
        world_.record(name_, "--- stopped");
    }
}

}  // namespace holdfast::sim
