#include "holdfast/app/lvs_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "holdfast/check/log_lines.hpp"

namespace holdfast::app {

namespace {

/// How often part of our services is compared with the kernel, and how many each time: someone's `ipvsadm -C`
/// on a small table is mended within a second, a large one within a few.
constexpr Duration kVerifyPeriod = std::chrono::seconds(1);
constexpr size_t kVerifyServices = 256;

}  // namespace

LvsService::LvsService(Edges& edges, Network& network, Notifications& notifications)
    : edges_(edges),
      network_(network),
      notifications_(notifications),
      around_{edges, director_, [this](const check::DirectorActions& actions) { perform(actions); }},
      files_(edges, Part::checkers,
             [this](std::string_view name, int64_t, int64_t) { follow_file(std::string(name)); }),
      reconciler_(edges.ipvs),
      step_at_turn_end_(edges.turn_ends, [this] { step(); }),
      retry_timer_(edges.timers, [this] { step(); }),
      verify_timer_(edges.timers, [this] { verify(); }) {}

LvsService::~LvsService() = default;

Result<> LvsService::start(const Shared<config::Config>& generation) {
    const config::Config& config = generation;
    if (config.virtual_servers.empty() && !config.global.lvs_sync_daemon && !config.global.lvs_flush)
        return {};
    if (auto available = edges_.ipvs.available(); !available) return available;
    if (auto made = make_tls_context(config); !made) return made;
    running_ = true;
    edges_.log.write(Part::checkers, LogLevel::debug, "Initializing ipvs");
    if (config.global.lvs_flush) {
        if (auto flushed = edges_.ipvs.flush(); !flushed) return flushed;
    }
    if (auto read = reconciler_.start(); !read) return read;
    set_kernel_timeouts(config.global.lvs_timeouts);
    load(generation);
    start_sync_daemons(config);
    return {};
}

void LvsService::reload(const Shared<config::Config>& generation) {
    const config::Config& config = generation;
    if (!running_) {
        if (auto started = start(generation); !started) {
            edges_.log.write(Part::checkers, LogLevel::error, started.error().message);
        }
        return;
    }
    edges_.log.write(Part::checkers, LogLevel::debug, "Reinitializing ipvs");
    if (auto made = make_tls_context(config); !made)
        edges_.log.write(Part::checkers, LogLevel::error, made.error().message);
    set_kernel_timeouts(config.global.lvs_timeouts);
    load(generation);
    if (config.global.lvs_sync_daemon != sync_daemon_) {
        stop_sync_daemons();
        start_sync_daemons(config);
    }
}

// One for each generation, so that a reload reads renewed files. A generation whose files cannot be used goes
// on with those of the last.
Result<> LvsService::make_tls_context(const config::Config& config) {
    const auto uses_tls = [](const check::Checker& checker) {
        const auto* http = std::get_if<check::HttpCheck>(&checker.probe);
        return http != nullptr && http->tls;
    };
    const bool wanted =
        std::ranges::any_of(config.virtual_servers, [&](const check::VirtualServerSettings& server) {
            return std::ranges::any_of(server.real_servers, [&](const check::RealServerSettings& real) {
                return std::ranges::any_of(real.checkers, uses_tls);
            });
        });
    if (!wanted) return {};
    const config::TlsSettings settings = config.tls.value_or(config::TlsSettings{});
    auto made = io::TlsContext::make({settings.certificate, settings.key, settings.password, settings.ca});
    if (!made) return std::unexpected(made.error());
    around_.tls = std::move(*made);
    return {};
}

void LvsService::load(const Shared<config::Config>& generation) {
    const config::Config& config = generation;
    router_id_ = config.global.router_id;
    flush_on_stop_ = config.global.lvs_flush_on_stop;
    flush_only_ours_ = config.global.lvs_flush_on_stop_only_ours;
    if (!config.global.lvs_repair) {
        verify_timer_.cancel();
    } else if (!verify_timer_.armed()) {
        verify_timer_.arm_after(kVerifyPeriod);
    }
    check::DirectorSettings settings;
    settings.virtual_servers = generation.parts(config.virtual_servers);
    settings.groups = config.virtual_server_groups;
    const config::NftablesSettings& nftables = config.global.nftables;
    if (nftables.ipvs_table) settings.first_mark = nftables.ipvs_start_mark;
    settings.log_all_failures = config.global.checker_log_all_failures;
    settings.options.rs_init_notifies = config.global.rs_init_notifies;
    settings.options.no_checker_emails = config.global.no_checker_emails;
    const std::optional<bool> mail =
        config.global.smtp_alert_checker ? config.global.smtp_alert_checker : config.global.smtp_alert;
    settings.options.virtual_server_mail = mail.value_or(false);
    settings.options.real_server_mail = mail.value_or(true);
    settings.has_address = [this](const IpAddress& address) {
        return network_.mirror().has_address(address);
    };
    settings.opinion_of = [this](const check::FileCheck& check) { return opinion_of(check); };
    read_files(config);
    check::DirectorActions actions;
    director_.load(std::move(settings), actions);
    set_marks(
        {nftables.ipvs_table.value_or(""), nftables.ipvs_priority, nftables.counters, director_.marked()});
    perform(actions);
    edges_.log.info(Part::checkers, "Activating BFD healthchecker");
    take_over_checkers();
    index_followers();
    reconciler_.retry_refused();
    step();
}

void LvsService::set_marks(ipvs::MarkTable marks) {
    if (marks == marks_ || (marks.entries.empty() && marks_.entries.empty())) return;
    const auto change = [&](const ipvs::MarkTable& table) {
        if (const auto set = edges_.ipvs.set_marks(table); !set)
            edges_.log.write(Part::checkers, LogLevel::error,
                             fmt::format("nftables_ipvs: {}", set.error().message));
    };
    if (!marks_.entries.empty() && marks.name != marks_.name) change({.name = marks_.name});
    if (!marks.entries.empty() || marks.name == marks_.name) change(marks);
    marks_ = std::move(marks);
}

/// Before the director is given the generation: the weights it starts with depend on the files.
void LvsService::read_files(const config::Config& config) {
    file_checks_.clear();  // Those of the last generation are told nothing any more.
    std::set<std::string> followed;
    for (const check::VirtualServerSettings& server : config.virtual_servers)
        for (const check::RealServerSettings& real : server.real_servers)
            for (const check::Checker& checker : real.checkers)
                if (const auto* check = std::get_if<check::FileCheck>(&checker.probe))
                    followed.insert(check->track_file);
    files_.load(config.track_files, followed);
}

void LvsService::index_followers() {
    bfd_checks_.clear();
    for (size_t i = 0; i < director_.size(); ++i) {
        const auto& servers = director_.machine(i).settings().real_servers;
        for (size_t server = 0; server < servers.size(); ++server) {
            for (size_t one = 0; one < servers[server].checkers.size(); ++one) {
                const auto& probe = servers[server].checkers[one].probe;
                const auto id = [&] { return director_.id_at({i, server, one}); };
                if (const auto* file = std::get_if<check::FileCheck>(&probe))
                    file_checks_[file->track_file].push_back(id());
                if (const auto* bfd = std::get_if<check::BfdCheck>(&probe))
                    bfd_checks_[bfd->session].push_back(id());
            }
        }
    }
    for (const auto& [name, checks] : file_checks_) follow_file(name);
}

check::Opinion LvsService::opinion_of(const check::FileCheck& check) const {
    const track::FileSettings* file = files_.settings(check.track_file);
    if (file == nullptr) return {};
    const bool own = check.weight.has_value();
    return check::judge_file(own ? *check.weight : file->weight, own ? check.reverse : file->reverse,
                             files_.value(check.track_file).value_or(0));
}

void LvsService::follow_file(const std::string& name) {
    const auto checks = file_checks_.find(name);
    if (!running_ || checks == file_checks_.end()) return;
    check::DirectorActions actions;
    for (const check::CheckerId id : checks->second)
        follow(id, opinion_of(std::get<check::FileCheck>(director_.checker(id)->probe)), actions);
    perform(actions);
}

/// These checkers have no probes whose verdicts could be told.
void LvsService::follow(check::CheckerId id, const check::Opinion& opinion, check::DirectorActions& actions) {
    const check::CheckerPlace place = *director_.place(id);
    const auto is_up = [&] {
        return director_.machine(place.virtual_server)
            .servers()[place.real_server]
            .checkers[place.checker]
            .up;
    };
    const bool before = is_up();
    director_.follow(id, opinion, actions);
    const bool now = is_up();
    if (now == before || !around_.on_verdict) return;
    check::Verdict verdict;
    verdict.up = now;
    verdict.was_up = before;
    around_.on_verdict(id, verdict);
}

void LvsService::bfd_changed(const std::string& session, bool up) {
    if (!running_) return;
    edges_.log.detail(Part::checkers,
                      fmt::format("Received BFD event: instance {} is in state {} (delivered in 0 usec)",
                                  session, up ? "Up" : "Down"));
    const auto checks = bfd_checks_.find(session);
    if (checks == bfd_checks_.end()) return;
    check::DirectorActions actions;
    for (const check::CheckerId id : checks->second) follow(id, {up, 0}, actions);
    perform(actions);
}

void LvsService::take_over_checkers() {
    for (const check::CheckerId id : director_.removed()) runners_.erase(id);
    for (const check::CheckerId id : director_.kept()) {
        const auto runner = runners_.find(id);
        if (runner != runners_.end()) runner->second->reconfigure(director_.checker(id)->schedule);
    }
    tell_suspension(director_.kept());
    for (const check::CheckerId id : director_.added()) {
        const check::Checker& checker = *director_.checker(id);
        if (!has_probes(checker)) continue;
        auto& runner = runners_[id];
        runner = std::make_unique<CheckerRunner>(around_, id, checker);
        runner->begin(director_.suspended(id));
    }
}

void LvsService::perform(const check::DirectorActions& actions) {
    const Log::Gathering together(edges_.log);
    for (const check::DirectorAction& action : actions) {
        if (const auto* line = std::get_if<check::Log>(&action)) {
            if (!line->detail || edges_.log.has_detail()) edges_.log.info(Part::checkers, line->text);
        } else if (const auto* changed = std::get_if<check::UpdateServices>(&action)) {
            update(changed->keys);
        } else if (const auto* command = std::get_if<check::RunCommand>(&action)) {
            notifications_.run(command->lane, command->command, command->at_stop);
        } else if (const auto* fifo = std::get_if<check::FifoLine>(&action)) {
            edges_.outputs.write_fifo(FifoPart::lvs, fifo->text + "\n");
        } else if (const auto* mail = std::get_if<check::Mail>(&action)) {
            edges_.outputs.send_mail(fmt::format("[{}] {}", router_id_, mail->subject), mail->body);
        }
    }
}

void LvsService::update(const std::vector<ipvs::ServiceKey>& keys) {
    for (const ipvs::ServiceKey& key : keys) {
        if (auto service = director_.service(key)) {
            reconciler_.set_service(key, std::move(*service));
        } else {
            reconciler_.remove_service(key);
        }
    }
    step_at_turn_end_.request();
}

void LvsService::step() {
    if (!running_) return;
    const ipvs::Progress progress = reconciler_.step(edges_.timers.now());
    for (const ipvs::Refusal& refusal : progress.refused) {
        if (refusal.again) continue;
        edges_.log.write(
            Part::checkers, LogLevel::error,
            fmt::format("IPVS: cannot {}: {}", ipvs::to_string(refusal.operation), refusal.error.message));
    }
    if (progress.remaining > 0) {
        step_at_turn_end_.request();  // The next portion after adverts and checks have had their turn.
    } else if (const auto deadline = reconciler_.deadline()) {
        retry_timer_.arm(*deadline);
    }
}

void LvsService::verify() {
    verify_timer_.arm_after(kVerifyPeriod);
    const auto changed = reconciler_.verify(kVerifyServices);
    if (!changed) {
        edges_.log.write(Part::checkers, LogLevel::warning, fmt::format("IPVS: {}", changed.error().message));
        return;
    }
    for (const ipvs::ServiceKey& key : *changed) {
        edges_.log.write(
            Part::checkers, LogLevel::warning,
            fmt::format("IPVS: service {} was changed by somebody else; putting it right", key.to_string()));
    }
    if (!changed->empty()) step();
}

void LvsService::stop(bool release) {
    if (!running_) return;
    runners_.clear();
    verify_timer_.cancel();
    if (release) {  // Otherwise nothing goes, and nothing is said.
        const Log::Gathering together(edges_.log);
        director_.stop(flush_on_stop_, [this](const check::DirectorActions& actions) { perform(actions); });
    }
    stop_sync_daemons();
    if (!release) {
        reconciler_.release();
    } else if (flush_on_stop_ && !flush_only_ours_) {
        (void)edges_.ipvs.flush();
        reconciler_.release();
    } else {
        reconciler_.remove_all();
        // Ends also when the kernel refuses everything: a refused service waits for a retry that never comes.
        while (!reconciler_.idle()) (void)reconciler_.step(edges_.timers.now());
    }
    if (release) set_marks({.name = marks_.name});
    if (timeouts_before_) (void)edges_.ipvs.set_timeouts(*timeouts_before_);
    running_ = false;
}

void LvsService::set_kernel_timeouts(const ipvs::Timeouts& timeouts) {
    // What an earlier generation had set and this one has not gets its own value back.
    if (timeouts_before_) (void)edges_.ipvs.set_timeouts(*timeouts_before_);
    if (timeouts == ipvs::Timeouts{}) return timeouts_before_.reset();
    if (!timeouts_before_) {
        if (const auto before = edges_.ipvs.timeouts()) timeouts_before_ = *before;
    }
    if (const auto set = edges_.ipvs.set_timeouts(timeouts); !set) {
        edges_.log.write(Part::checkers, LogLevel::error,
                         fmt::format("lvs_timeouts: {}", set.error().message));
    }
}

void LvsService::start_sync_daemons(const config::Config& config) {
    sync_daemon_ = config.global.lvs_sync_daemon;
    if (!sync_daemon_) return;
    sync_id_ = static_cast<uint8_t>(sync_daemon_->sync_id.value_or(0));
    if (!sync_daemon_->sync_id) {
        for (const config::VrrpInstance& instance : config.instances) {
            if (instance.router.name == sync_daemon_->instance) sync_id_ = instance.router.vrid.value;
        }
    }
    const bool serves = sync_daemon_->instance.empty() || masters_.contains(sync_daemon_->instance);
    if (serves) run_sync_daemon(ipvs::SyncRole::master);
    if (!serves || sync_daemon_->instance.empty()) run_sync_daemon(ipvs::SyncRole::backup);
}

void LvsService::run_sync_daemon(ipvs::SyncRole role) {
    ipvs::SyncDaemon daemon;
    daemon.role = role;
    daemon.interface = sync_daemon_->interface;
    daemon.sync_id = sync_id_;
    daemon.max_length = sync_daemon_->max_length;
    daemon.port = sync_daemon_->port;
    daemon.ttl = sync_daemon_->ttl;
    daemon.group = sync_daemon_->group;
    if (const auto started = edges_.ipvs.start_sync_daemon(daemon); !started) {
        edges_.log.write(Part::checkers, LogLevel::error,
                         fmt::format("lvs_sync_daemon: {}", started.error().message));
    }
}

void LvsService::stop_sync_daemons() {
    if (!sync_daemon_) return;
    (void)edges_.ipvs.stop_sync_daemon(ipvs::SyncRole::master);
    (void)edges_.ipvs.stop_sync_daemon(ipvs::SyncRole::backup);
    sync_daemon_.reset();
}

void LvsService::instance_entered(const std::string& instance, vrrp::State state) {
    if (state == vrrp::State::Master) {
        masters_.insert(instance);
    } else {
        masters_.erase(instance);
    }
    if (!running_ || !sync_daemon_ || sync_daemon_->instance != instance) return;
    const bool master = state == vrrp::State::Master;
    (void)edges_.ipvs.stop_sync_daemon(master ? ipvs::SyncRole::backup : ipvs::SyncRole::master);
    (void)edges_.ipvs.stop_sync_daemon(master ? ipvs::SyncRole::master : ipvs::SyncRole::backup);
    if (state != vrrp::State::Initialize)
        run_sync_daemon(master ? ipvs::SyncRole::master : ipvs::SyncRole::backup);
}

void LvsService::tell_suspension(const std::vector<check::CheckerId>& checkers) {
    for (const check::CheckerId id : checkers) {
        const auto runner = runners_.find(id);
        if (runner == runners_.end()) continue;
        if (director_.suspended(id)) {
            runner->second->handle(check::Suspend{});
        } else {
            runner->second->handle(check::Resume{});
        }
    }
}

void LvsService::on_address_changed(Instant, const netstate::KernelAddress& address, bool present) {
    const IpAddress& changed_address = address.prefix.address;
    if (!running_ || stopping_ || !director_.awaits(changed_address)) return;
    edges_.log.detail(Part::checkers, check::log_lines::address_seen(changed_address, present));
    check::DirectorActions actions;
    const auto changed = director_.address_count(
        changed_address, network_.mirror().has_address(changed_address) ? 1 : 0, actions);
    perform(actions);
    tell_suspension(changed);
}

const CheckerRunner* LvsService::runner(check::CheckerId id) const {
    const auto runner = runners_.find(id);
    return runner == runners_.end() ? nullptr : runner->second.get();
}

const ProbeResult* LvsService::last_result(check::CheckerId id) const {
    const auto runner = runners_.find(id);
    return runner == runners_.end() ? nullptr : &runner->second->last_result();
}

}  // namespace holdfast::app
