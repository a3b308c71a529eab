#include "holdfast/app/lvs_service.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::app {

namespace {

/// How often part of our services is compared with the kernel, and how many each time: someone's `ipvsadm -C`
/// on a small table is mended within a second, a large one within a few.
constexpr Duration kVerifyPeriod = std::chrono::seconds(1);
constexpr size_t kVerifyServices = 256;

}  // namespace

/// One checker at work: its machine, its timer, and the probe that runs now.
class LvsService::CheckerRunner {
  public:
    CheckerRunner(LvsService& owner, check::CheckerId id, const check::Schedule& schedule)
        : owner_(owner),
          id_(id),
          machine_(schedule, owner.director_.starts_up(id), owner.director_.first_failure_counts(id)),
          timer_(owner.edges_.timers, [this] { handle(check::DeadlineReached{}); }) {}

    void begin(bool suspended) {
        if (suspended) handle(check::Suspend{});
        handle(check::Begin{owner_.edges_.random()});
    }

    void handle(const check::HealthEvent& event) {
        check::HealthActions actions;
        machine_.handle(owner_.edges_.timers.now(), event, actions);
        if (const auto deadline = machine_.deadline()) {
            timer_.arm(*deadline);
        } else {
            timer_.cancel();
        }
        check::DirectorActions consequences;
        for (const check::HealthAction& action : actions) {
            if (std::holds_alternative<check::StartProbe>(action)) {
                start();
            } else if (std::holds_alternative<check::CancelProbe>(action)) {
                probe_.reset();
            } else if (const auto* failure = std::get_if<check::FailureSeen>(&action)) {
                owner_.director_.failure(id_, *failure, consequences);
            } else if (const auto* verdict = std::get_if<check::Verdict>(&action)) {
                owner_.director_.verdict(id_, *verdict, consequences);
            }
        }
        owner_.perform(consequences);
    }

    void reconfigure(const check::Schedule& schedule) {
        machine_.reconfigure(owner_.edges_.timers.now(), schedule);
        if (const auto deadline = machine_.deadline()) timer_.arm(*deadline);
    }

    const ProbeResult& last_result() const { return last_; }

  private:
    void start() {
        const check::Checker* checker = owner_.director_.checker(id_);
        if (checker == nullptr) return;
        checker_ = *checker;  // A reload may replace the director's copy while the probe runs.
        probe_ =
            start_probe(owner_.edges_, checker_, [this](const ProbeResult& result) { finished(result); });
    }

    void finished(const ProbeResult& result) {
        last_ = result;
        probe_.reset();
        switch (result.kind) {
            case ProbeResult::Kind::good:
                contribute(result);
                handle(check::ProbeSucceeded{});
                break;
            case ProbeResult::Kind::bad:
                handle(check::ProbeFailed{false, result.reason});
                break;
            case ProbeResult::Kind::timed_out:
                handle(check::ProbeFailed{true, result.reason});
                break;
            case ProbeResult::Kind::not_possible:
                owner_.edges_.log.write(
                    Part::checkers, LogLevel::warning,
                    fmt::format("Cannot check {}: {}", owner_.director_.server_name(id_), result.reason));
                handle(check::ProbeNotPossible{});
                break;
        }
    }

    /// misc_dynamic: exit status 2..255 stands for the weight status - 2; anything else takes the wish back.
    void contribute(const ProbeResult& result) {
        const auto* misc = std::get_if<check::MiscCheck>(&checker_.probe);
        if (misc == nullptr || !misc->dynamic) return;
        const check::CheckerPlace* place = owner_.director_.place(id_);
        if (place == nullptr) return;
        const int64_t configured = owner_.director_.settings()
                                       .virtual_servers[place->virtual_server]
                                       .real_servers[place->real_server]
                                       .weight;
        check::DirectorActions consequences;
        const int code = result.exit_code.value_or(0);
        owner_.director_.set_weight_contribution(id_, code >= 2 ? code - 2 - configured : 0, consequences);
        owner_.perform(consequences);
    }

    LvsService& owner_;
    check::CheckerId id_;
    check::HealthMachine machine_;
    io::Timer timer_;
    check::Checker checker_;
    ProbeResult last_;
    std::unique_ptr<Probe> probe_;
};

LvsService::LvsService(Edges& edges, Network& network, Notifications& notifications)
    : edges_(edges),
      network_(network),
      notifications_(notifications),
      reconciler_(edges.ipvs),
      step_at_turn_end_(edges.turn_ends, [this] { step(); }),
      retry_timer_(edges.timers, [this] { step(); }),
      verify_timer_(edges.timers, [this] { verify(); }) {}

LvsService::~LvsService() = default;

Result<> LvsService::start(const config::Config& config) {
    if (config.virtual_servers.empty() && !config.global.lvs_sync_daemon && !config.global.lvs_flush)
        return {};
    if (auto available = edges_.ipvs.available(); !available) return available;
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
    set_kernel_timeouts(config.global.lvs_timeouts);
    load(config);
    if (config.global.lvs_sync_daemon != sync_daemon_) {
        stop_sync_daemons();
        start_sync_daemons(config);
    }
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
    count_addresses();
    take_over_checkers();
    step();
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
        if (!is_supported(checker)) {
            edges_.log.write(
                Part::checkers, LogLevel::warning,
                fmt::format("{} for {} is not carried out by this version; the server counts as up",
                            check::keyword(checker), director_.server_name(id)));
            continue;
        }
        auto& runner = runners_[id];
        runner = std::make_unique<CheckerRunner>(*this, id, checker.schedule);
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
            notifications_.run("checkers", command->command, command->at_stop);
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
