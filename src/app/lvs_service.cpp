#include "holdfast/app/lvs_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

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

Result<> LvsService::start(const config::Config& config) {
    if (config.virtual_servers.empty() && !config.global.lvs_sync_daemon && !config.global.lvs_flush)
        return {};
    if (auto available = edges_.ipvs.available(); !available) return available;
    if (auto made = make_tls_context(config); !made) return made;
    running_ = true;
    if (config.global.lvs_flush) {
        if (auto flushed = edges_.ipvs.flush(); !flushed) return flushed;
    }
    if (auto read = reconciler_.start(); !read) return read;
    set_kernel_timeouts(config.global.lvs_timeouts);
    load(config);
    start_sync_daemons(config);
    verify_timer_.arm_after(kVerifyPeriod);
    return {};
}

void LvsService::reload(const config::Config& config) {
    if (!running_) {
        if (auto started = start(config); !started) {
            edges_.log.write(Part::checkers, LogLevel::error, started.error().message);
        }
        return;
    }
    if (auto made = make_tls_context(config); !made)
        edges_.log.write(Part::checkers, LogLevel::error, made.error().message);
    set_kernel_timeouts(config.global.lvs_timeouts);
    load(config);
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

void LvsService::load(const config::Config& config) {
    router_id_ = config.global.router_id;
    flush_on_stop_ = config.global.lvs_flush_on_stop;
    flush_only_ours_ = config.global.lvs_flush_on_stop_only_ours;
    check::DirectorSettings settings;
    settings.virtual_servers = config.virtual_servers;
    settings.groups = config.virtual_server_groups;
    settings.log_all_failures = config.global.checker_log_all_failures;
    settings.options.rs_init_notifies = config.global.rs_init_notifies;
    settings.options.no_checker_emails = config.global.no_checker_emails;
    const std::optional<bool> mail =
        config.global.smtp_alert_checker ? config.global.smtp_alert_checker : config.global.smtp_alert;
    settings.options.virtual_server_mail = mail.value_or(false);
    settings.options.real_server_mail = mail.value_or(true);
    check::DirectorActions actions;
    director_.load(std::move(settings), actions);
    perform(actions);
    edges_.log.info(Part::checkers, "Activating BFD healthchecker");
    count_addresses();
    take_over_checkers();
    follow_files(config);
    step();
}

void LvsService::follow_files(const config::Config& config) {
    file_checks_.clear();
    for (const check::CheckerId id : director_.checkers()) {
        if (const auto* check = std::get_if<check::FileCheck>(&director_.checker(id)->probe))
            file_checks_[check->track_file].push_back(id);
    }
    std::set<std::string> followed;
    for (const auto& [name, checks] : file_checks_) followed.insert(name);
    files_.load(config.track_files, followed);
    for (const std::string& name : followed) follow_file(name);
}

void LvsService::follow_file(const std::string& name) {
    const track::FileSettings* file = files_.settings(name);
    if (!running_ || file == nullptr) return;
    const int64_t number = files_.value(name).value_or(0);
    check::DirectorActions actions;
    for (const check::CheckerId id : file_checks_[name]) {
        const auto& check = std::get<check::FileCheck>(director_.checker(id)->probe);
        const bool own = check.weight.has_value();
        director_.follow(id,
                         check::judge_file(own ? *check.weight : file->weight,
                                           own ? check.reverse : file->reverse, number),
                         actions);
    }
    perform(actions);
}

void LvsService::bfd_changed(const std::string& session, bool up) {
    if (!running_) return;
    for (const check::CheckerId id : director_.checkers()) {
        const auto* check = std::get_if<check::BfdCheck>(&director_.checker(id)->probe);
        if (check == nullptr || check->session != session) continue;
        check::DirectorActions actions;
        director_.follow(id, {up, 0}, actions);
        perform(actions);
    }
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
    for (const check::DirectorAction& action : actions) {
        if (const auto* line = std::get_if<check::Log>(&action)) {
            edges_.log.info(Part::checkers, line->text);
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
    check::DirectorActions actions;
    director_.stop(flush_on_stop_, actions);
    perform(actions);
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
    if (timeouts_before_) (void)edges_.ipvs.set_timeouts(*timeouts_before_);
    running_ = false;
}

void LvsService::set_kernel_timeouts(const ipvs::Timeouts& timeouts) {
    if (timeouts == ipvs::Timeouts{}) {
        // A reload took the keyword away: the kernel gets its own values back.
        if (timeouts_before_) (void)edges_.ipvs.set_timeouts(*std::exchange(timeouts_before_, std::nullopt));
        return;
    }
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
    if (sync_daemon_->instance.empty()) run_sync_daemon(ipvs::SyncRole::master);
    run_sync_daemon(ipvs::SyncRole::backup);
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
    if (!running_ || !sync_daemon_ || sync_daemon_->instance != instance) return;
    const bool master = state == vrrp::State::Master;
    (void)edges_.ipvs.stop_sync_daemon(master ? ipvs::SyncRole::backup : ipvs::SyncRole::master);
    (void)edges_.ipvs.stop_sync_daemon(master ? ipvs::SyncRole::master : ipvs::SyncRole::backup);
    if (state != vrrp::State::Initialize)
        run_sync_daemon(master ? ipvs::SyncRole::master : ipvs::SyncRole::backup);
}

void LvsService::count_addresses() {
    for (const check::VirtualServerSettings& server : director_.settings().virtual_servers) {
        if (!server.ha_suspend) continue;
        const auto index = static_cast<size_t>(&server - director_.settings().virtual_servers.data());
        for (const ipvs::ServiceKey& key : director_.services(index)) {
            check::DirectorActions actions;
            const auto changed = director_.address_count(
                key.endpoint.address, network_.mirror().has_address(key.endpoint.address) ? 1 : 0, actions);
            perform(actions);
            tell_suspension(changed);
        }
    }
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

void LvsService::on_address_changed(Instant, const netstate::KernelAddress& address, bool) {
    if (!running_) return;
    const bool of_interest = std::ranges::any_of(director_.settings().virtual_servers,
                                                 [](const auto& server) { return server.ha_suspend; });
    if (!of_interest) return;
    check::DirectorActions actions;
    const auto changed = director_.address_count(
        address.prefix.address, network_.mirror().has_address(address.prefix.address) ? 1 : 0, actions);
    perform(actions);
    tell_suspension(changed);
}

const ProbeResult* LvsService::last_result(check::CheckerId id) const {
    const auto runner = runners_.find(id);
    return runner == runners_.end() ? nullptr : &runner->second->last_result();
}

}  // namespace holdfast::app
