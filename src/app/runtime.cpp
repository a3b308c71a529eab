#include "holdfast/app/runtime.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "holdfast/app/config_test.hpp"
#include "holdfast/app/last_run.hpp"
#include "holdfast/app/namespace_load.hpp"
#include "holdfast/app/signals_table.hpp"
#include "holdfast/config/dump.hpp"
#include "holdfast/io/signals.hpp"
#include "holdfast/kernel/announcer.hpp"
#include "holdfast/kernel/process_events.hpp"
#include "run.hpp"

namespace holdfast::app {

namespace {

constexpr const char* kDefaultConfigFile = "/etc/keepalived/keepalived.conf";

/// How long the adverts of a master with hundreds of instances gather; no timer waits for it.
constexpr Duration kBurstPause = std::chrono::milliseconds(1);

/// SIGXCPU tells that half of vrrp_rlimit_rttime is used up.
std::vector<int> our_signals() {
    std::vector<int> numbers{SIGINT, SIGXCPU};
    for (const SignalRow& row : signals_table()) numbers.push_back(row.number);
    return numbers;
}

/// A signal that comes while the configuration is read and the sockets are opened waits until the SignalWatch
/// is there, and is served by it. One that means nothing to us (SIGQUIT of a terminal, SIGPWR of a container,
/// a number of another daemon) must not end us with the addresses in place: it waits for ever. What tells of
/// a fault of our own is not held up. SIGPIPE is of no use to us at any time.
void hold_signals() {
    sigset_t signals;
    sigfillset(&signals);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
        sigdelset(&signals, fault);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

/// For `systemctl status`.
std::string extent(const config::Config& config) {
    const auto counted = [](size_t count, std::string_view what) {
        return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
    };
    return fmt::format("{}, {}", counted(config.instances.size(), "VRRP instance"),
                       counted(config.virtual_servers.size(), "virtual server"));
}

}  // namespace

Subsystems configured_parts(const Subsystems& wanted, const config::Config& config) {
    Subsystems parts = wanted;
    if (wanted.all) return parts;
    const bool has_static =
        !config.static_addresses.empty() || !config.static_routes.empty() || !config.static_rules.empty();
    parts.vrrp = wanted.vrrp && (has_static || !config.instances.empty());
    parts.checkers = wanted.checkers && !config.virtual_servers.empty();
    parts.bfd = wanted.bfd && !config.bfd_sessions.empty();
    return parts;
}

void Run::greet(std::span<const std::string> command_line) {
    log_.info(Part::daemon, fmt::format("Starting {}", product()));
    utsname kernel{};
    uname(&kernel);
    log_.info(Part::daemon,
              fmt::format("Running on {} {} {}", kernel.sysname, kernel.release, kernel.version));
    for (const std::string& line : command_line_text(command_line)) log_.info(Part::daemon, line);
    log_.info(Part::daemon, fmt::format("Configuration file {}", config_path_));
    if (options_.snmp)
        log_.write(Part::daemon, LogLevel::warning, "-x has no effect in this version: no SNMP agent");
}

int Run::run(std::span<const std::string> command_line) {
    hold_signals();
    config_path_ = options_.config_file.value_or(kDefaultConfigFile);
    greet(command_line);
    set_umask(options_.umask.value_or(kDefaultUmask));
    // Only the machine's own namespace has them. A failure is told when somebody needs them.
    const auto open_events = [this] {
        if (auto events = kernel::open_process_events()) process_events_ = std::move(*events);
    };
    auto read = load_in_namespace(options_, open_events);
    if (!read) {
        log_.write(Part::daemon, LogLevel::error, read.error().message);
        return exit_status::kOk;  // The reference's status.
    }
    config::LoadResult loaded = std::move(read->loaded);
    net_namespace_ = std::move(read->net_namespace);
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all()) {
        log_.info(Part::daemon, config::render_line(diagnostic));
    }
    if (loaded.config) names_.complete(loaded.config->global, true);
    if (loaded.fatal || !loaded.config) {
        const int status = loaded.fatal_exit_code != 0 ? loaded.fatal_exit_code : exit_status::kConfig;
        log_.write(Part::daemon, LogLevel::error,
                   fmt::format("pid {} exited with permanent error {}. Terminating", getpid(),
                               status == exit_status::kConfig ? "CONFIG" : "NO CONFIGURATION FILE"));
        systemd_.failed(EINVAL);
        log_.info(Part::daemon, fmt::format("Stopped {}", product()));
        return status;
    }
    const config::Config& config = *loaded.config;
    if (config.track_processes.empty()) process_events_ = io::Fd();
    if (!net_namespace_.empty() || !config.root.instance.empty())
        log_.set_names(net_namespace_, config.root.instance);

    const auto paths_of = [&](const Options& options) {
        return pid_file_paths(options, config.root.use_pid_dir, config.root.instance, net_namespace_);
    };
    pid_paths_ = paths_of(options_);
    // Whatever -p says.
    usual_reload_file_ = default_reload_file(paths_of(Options{}).main);
    if (!net_namespace_.empty()) {
        auto entered = RunDirectory::enter(pid_paths_.directory, net_namespace_);
        if (!entered) log_.write(Part::daemon, LogLevel::warning, entered.error().message);
        if (entered) run_directory_ = std::move(*entered);
    }
    if (const auto& path = config.global.reload_file)
        ::unlink(path->empty() ? usual_reload_file_.c_str() : path->c_str());  // Of a run that was killed.
    parts_ = configured_parts(options_.subsystems, config);
    auto acquired = PidFiles::acquire(pid_paths_, parts_);
    if (!acquired) {
        log_.write(Part::daemon, LogLevel::error, acquired.error().message);
        return exit_status::kFatal;
    }
    if (!*acquired) {
        log_.info(Part::daemon, "daemon is already running");
        return exit_status::kOk;
    }
    pid_files_ = std::move(*acquired);

    if (!options_.dont_fork) {
        log_.flush();  // What is buffered now would otherwise be written by both.
        const auto role = daemonize();
        if (!role) {
            log_.write(Part::daemon, LogLevel::error, role.error().message);
            return exit_status::kFatal;
        }
        if (*role == Role::parent) {
            // No destructors: what they would close, remove or tell belongs to the child.
            pid_files_->abandon();
            _exit(exit_status::kOk);
        }
        log_.after_fork();
    }
    umask_ = options_.umask.value_or(config.global.umask.value_or(kDefaultUmask));
    set_umask(umask_);
    if (const auto written = pid_files_->write(); !written) {
        log_.write(Part::daemon, LogLevel::error, written.error().message);
        return exit_status::kFatal;
    }
    return serve(std::move(loaded));
}

int Run::serve(config::LoadResult loaded) {
    // Deaf and mute it would be one MASTER too many.
    if (parts_.vrrp) {
        const auto permitted = kernel::Announcer().open();
        if (!permitted && permitted.error().os_error == EPERM) {
            log_.write(Part::vrrp, LogLevel::error, permitted.error().message);
            log_.write(
                Part::daemon, LogLevel::error,
                fmt::format("pid {} exited with permanent error missing permission. Terminating", getpid()));
            systemd_.failed(EPERM);
            log_.info(Part::daemon, fmt::format("Stopped {}", product()));
            return exit_status::kNoPermission;
        }
    }
    auto opened = RealEdges::open(log_, *loaded.config, std::move(process_events_));
    if (!opened) {
        log_.write(Part::daemon, LogLevel::error, opened.error().message);
        systemd_.failed(opened.error().os_error);
        return exit_status::kNoPermission;
    }
    edges_ = std::move(*opened);  // Scripts have the limits of now.
    if (options_.core_dump) {
        auto enabled = CoreDumps::enable(options_.core_dump_pattern);
        if (!enabled) log_.write(Part::daemon, LogLevel::warning, enabled.error().message);
        if (enabled) core_dumps_ = std::move(*enabled);
    }
    const config::GlobalSettings& global = loaded.config->global;
    apply_process_limits(*loaded.config, log_);
    raise_descriptor_limit(log_);
    priority_.configure(global);
    if (global.max_auto_priority == 0) {
        log_.info(
            Part::daemon,
            "NOTICE: setting config option max_auto_priority should result in better keepalived performance");
    }
    io::EventLoop& loop = edges_->loop();
    io::EventLoop::request_precise_wakeups();
    loop.set_burst_pause(kBurstPause);
    io::SignalWatch signals(loop, our_signals(), [this](int number) { on_signal(number); });
    daemon_ = std::make_unique<Daemon>(
        edges_->edges(),
        DaemonSettings{options_.subsystems, !options_.dont_release_vrrp, !options_.dont_release_ipvs,
                       pid_files_->found_left() && !vrrp_is_spoken_here(), options_.address_monitoring});
    loop.on_stall([this](Duration length) {
        priority_.late(length);
        if (started_ && !stopping_) daemon_->stalled(length);
    });
    reloads_.emplace(edges_->worker(), *daemon_, reload_hooks());
    reload_schedule_.emplace(edges_->edges(), [this] { reloads_->reload(); });
    const auto facts = [this] {
        return ProcessFacts{getpid(), config_path_, stopping_, reloads_->reloading()};
    };
    control_.emplace(loop, log_, *daemon_,
                     ControlHooks{facts, [this] { return started_ && !stopping_; },
                                  [this](Reloads::Answer answer) { reloads_->reload(std::move(answer)); },
                                  [this](const std::string& file, Reloads::Answer answer) {
                                      reloads_->plan(file, std::move(answer));
                                  }});
    control_->open(agents::control_socket_path(pid_paths_.main));
    loaded_ = std::move(loaded);
    if (const auto& script = loaded_.config->global.startup_script) {
        startup_script_.emplace(edges_->edges(), "startup");
        startup_script_->run(*script, loaded_.config->global.startup_script_timeout, [this] { start(); });
    } else {
        start();
    }
    std::optional<io::Timer> watchdog;
    if (const auto period = systemd_.watchdog_period()) {
        watchdog.emplace(loop.timers(), [&, period = *period] {
            systemd_.watchdog_ping();
            watchdog->arm_after(period);
        });
        watchdog->arm_after(*period);
    }
    loop.run();
    leaves_thread_ = !edges_->worker().stop();
    reload_schedule_.reset();
    reloads_.reset();
    control_.reset();
    daemon_.reset();
    edges_->edges().link.flush();
    log_.info(Part::daemon, fmt::format("Stopped {}", product()));
    return status_;
}

void Run::start() {
    if (const auto started = daemon_->start(std::move(loaded_)); !started) {
        log_.write(Part::daemon, LogLevel::error,
                   fmt::format("pid {} exited with permanent error FATAL. Terminating", getpid()));
        systemd_.failed(started.error().os_error);
        status_ = exit_status::kFatal;
        stop();
        return;
    }
    started_ = true;
    if (options_.dump_config) log_configuration();
    if (!daemon_->config().global.config_save_dir.empty()) save_copy(config::dump(daemon_->config()));
    const config::GlobalSettings& global = daemon_->config().global;
    reload_schedule_->follow(global.reload_time_file, global.reload_repeat);
    systemd_.ready(getpid());
    systemd_.status(extent(daemon_->config()));
    log_.info(Part::daemon, "Startup complete");
    ::malloc_trim(0);  // What reading the configuration took goes back to the system.
}

void Run::on_signal(int number) {
    if (number == SIGXCPU) {
        log_.write(Part::vrrp, LogLevel::warning,
                   "VRRP process has used too much CPU time, vrrp_rlimit_rttime may need to be increased");
        return;
    }
    const auto meaning = signal_meaning(number);
    if (!meaning) return;
    // The startup script still runs: there is nothing to reload or to show.
    if (!started_ && *meaning != SignalMeaning::stop) return;
    switch (*meaning) {
        case SignalMeaning::stop:
            if (number == SIGINT && options_.ignore_sigint) return;
            stop();
            return;
        case SignalMeaning::reload:
            reloads_->reload();
            return;
        case SignalMeaning::data:
        case SignalMeaning::stats:
        case SignalMeaning::stats_clear:
        case SignalMeaning::json:
            // Whoever has asked for a reload before wants to see what it leads to.
            if (reloads_->reload_is_due()) {
                to_show_.insert(*meaning);
            } else {
                show(*meaning);
            }
            return;
    }
}

void Run::show(SignalMeaning what) {
    switch (what) {
        case SignalMeaning::stop:
        case SignalMeaning::reload:
            return;
        case SignalMeaning::data:
            dump_data();
            return;
        case SignalMeaning::stats:
            dump_statistics(false);
            return;
        case SignalMeaning::stats_clear:
            dump_statistics(true);
            return;
        case SignalMeaning::json:
            dump_json();
            return;
    }
}

void Run::stop() {
    // Whoever asks again and again until we are gone must not cost the scripts and mails of the end.
    if (std::exchange(stopping_, true)) return;
    log_.info(Part::daemon, "Stopping");
    reloads_->stop();
    reload_marker_.reset();
    systemd_.stopping();
    systemd_.status("Stopping");
    if (startup_script_) startup_script_->abandon();
    daemon_->stop([this] { edges_->outputs().finish([this] { stopped(); }); });
}

void Run::stopped() {
    const config::GlobalSettings& global = daemon_->config().global;
    if (!started_ || !global.shutdown_script) {
        edges_->loop().stop();
        return;
    }
    shutdown_script_.emplace(edges_->edges(), "shutdown");
    shutdown_script_->run(*global.shutdown_script, global.shutdown_script_timeout,
                          [this] { edges_->loop().stop(); });
}

ReloadHooks Run::reload_hooks() {
    // Called in another thread: what it knows is its own.
    auto load = [options = load_options(options_), names = names_](const std::string& file,
                                                                   const std::stop_token& stop) mutable {
        config::LoadOptions load_from = options;
        if (!file.empty()) load_from.path = file;
        config::LoadResult loaded = load_here(load_from, stop);
        if (loaded.config) names.complete(loaded.config->global, false);
        return loaded;
    };
    return {std::move(load), [this] { reload_begins(); },
            [this](const Candidate& candidate) { reload_judged(candidate); },
            [this](const ReloadOutcome& outcome) { reload_ends(outcome); }};
}

void Run::reload_begins() {
    log_.info(Part::daemon, "Reloading ...");
    log_.info(Part::daemon, fmt::format("Configuration file {}", config_path_));
    systemd_.reloading(edges_->loop().now());
    if (const auto& path = daemon_->config().global.reload_file)
        reload_marker_.emplace(path->empty() ? usual_reload_file_ : *path);
    ++reloads_begun_;
    save_configuration("pre");
    if (options_.subsystems.vrrp) log_.info(Part::vrrp, "Reloading");
}

void Run::reload_judged(const Candidate& candidate) {
    if (const auto& file = daemon_->config().global.reload_check_config)
        report_check(*file, candidate.report);
    next_copy_ = candidate.dump;
}

void Run::reload_ends(const ReloadOutcome& outcome) {
    if (outcome.applied) take_up(configured_parts(options_.subsystems, daemon_->config()));
    save_configuration("post");
    if (outcome.applied) save_copy(next_copy_);
    next_copy_ = {};
    const config::GlobalSettings& global = daemon_->config().global;
    if (global.umask && !options_.umask) set_umask(umask_ = *global.umask);
    priority_.configure(global);
    reload_schedule_->follow(global.reload_time_file, global.reload_repeat);
    systemd_.ready(getpid());
    systemd_.status(outcome.applied ? extent(daemon_->config())
                                    : "Reload refused, the old configuration is in force: " + outcome.reason);
    log_.info(Part::daemon,
              outcome.applied ? "Reload complete" : "Reload failed; the old configuration is in force");
    reload_marker_.reset();
    if (reloads_->reload_is_due()) return;
    for (const SignalMeaning what : std::exchange(to_show_, {})) show(what);
}

/// What a reload has brought. What has no more to do keeps its files, as the reference's processes go on.
void Run::take_up(const Subsystems& parts) {
    const Subsystems before = parts_;
    parts_.vrrp |= parts.vrrp;
    parts_.checkers |= parts.checkers;
    parts_.bfd |= parts.bfd;
    if (parts_ == before) return;
    if (const auto extended = pid_files_->extend(pid_paths_, parts_); !extended)
        log_.write(Part::daemon, LogLevel::warning, extended.error().message);
}

int run_daemon(const Options& options, std::span<const std::string> command_line) {
    LogSettings settings;
    settings.syslog = !options.no_syslog;
    if (options.log_facility) settings.facility = *options.log_facility;
    settings.console = options.log_console && options.dont_fork;
    if (options.log_file) {
        settings.file =
            options.log_file->empty() ? temporary_directory() + "/keepalived.log" : *options.log_file;
    }
    settings.flush_file = options.flush_log_file;
    settings.detail = options.log_detail;
    int status = exit_status::kOk;
    bool leaves_thread = false;
    {
        Log log(settings);
        Run run(options, log);
        status = run.run(command_line);
        leaves_thread = run.leaves_thread();
    }
    if (leaves_thread) _exit(status);
    return status;
}

}  // namespace holdfast::app
