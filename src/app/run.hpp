// One running daemon and what signals do to it. runtime.cpp is its life, run_dumps.cpp what it writes about
// itself.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "holdfast/app/control_service.hpp"
#include "holdfast/app/daemon.hpp"
#include "holdfast/app/daemonize.hpp"
#include "holdfast/app/dump_files.hpp"
#include "holdfast/app/host_names.hpp"
#include "holdfast/app/lifecycle_script.hpp"
#include "holdfast/app/logging.hpp"
#include "holdfast/app/options.hpp"
#include "holdfast/app/pid_files.hpp"
#include "holdfast/app/process_limits.hpp"
#include "holdfast/app/real_edges.hpp"
#include "holdfast/app/reload_schedule.hpp"
#include "holdfast/app/reloads.hpp"
#include "holdfast/app/run_directory.hpp"
#include "holdfast/app/runtime.hpp"
#include "holdfast/app/sd_notify.hpp"
#include "holdfast/app/signals_table.hpp"
#include "holdfast/config/load.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::app {

/// The parts that have something to do.
Subsystems configured_parts(const Subsystems& wanted, const config::Config& config);

/// One running daemon and what signals do to it.
class Run {
  public:
    Run(const Options& options, Log& log) : options_(options), log_(log) {}

    int run(std::span<const std::string> command_line);
    /// A thread could not be stopped: the process must end without destructors of static objects.
    bool leaves_thread() const { return leaves_thread_; }

  private:
    void greet(std::span<const std::string> command_line);
    int serve(config::LoadResult loaded);
    void on_signal(int number);
    void show(SignalMeaning what);
    void start();
    ReloadHooks reload_hooks();
    void reload_begins();
    void reload_judged(const Candidate& candidate);
    void reload_ends(const ReloadOutcome& outcome);
    void stop();
    void stopped();
    void dump_data();
    void dump_statistics(bool clear);
    void dump_json();
    DumpNames dump_names() const;
    void write(const std::string& path, std::string_view content, uint32_t mode = 0666);
    void save_configuration(std::string_view when);
    void save_copy(std::string_view text);
    void take_up(const Subsystems& parts);
    void make_save_directory();
    void log_configuration();
    void report_check(const std::string& file, std::string_view report);
    DaemonView present_view() const;

    const Options& options_;
    Log& log_;
    SystemdNotifier systemd_ = SystemdNotifier::from_environment();
    std::string net_namespace_;  ///< Entered by us.
    uint32_t umask_ = kDefaultUmask;
    CoreDumps core_dumps_;
    RunDirectory run_directory_;  ///< Goes after the pid files.
    std::optional<PidFiles> pid_files_;
    /// Those that have had something to do: the reference would have a process for each of them, with a pid
    /// file and a dump, until the end.
    Subsystems parts_{.vrrp = false, .checkers = false, .bfd = false};
    PidFilePaths pid_paths_;
    std::string usual_reload_file_;
    io::Fd process_events_;  ///< Opened before the network namespace was entered.
    std::unique_ptr<RealEdges> edges_;
    std::unique_ptr<Daemon> daemon_;
    std::optional<ControlService> control_;
    std::optional<Reloads> reloads_;
    std::optional<ReloadFile> reload_marker_;  ///< While one is under way.
    std::set<SignalMeaning> to_show_;          ///< Asked for while one is under way.
    std::string next_copy_;                    ///< For `config_save_dir`: what goes live next.
    std::string config_path_;
    config::LoadResult loaded_;  ///< Until the start.
    std::optional<LifecycleScript> startup_script_;
    std::optional<LifecycleScript> shutdown_script_;
    std::optional<ReloadSchedule> reload_schedule_;
    AutomaticPriority priority_{log_};
    HostNames names_ = HostNames::of_system();
    unsigned reloads_begun_ = 0;
    unsigned copies_ = 0;
    bool started_ = false;
    bool stopping_ = false;
    bool leaves_thread_ = false;
    int status_ = exit_status::kOk;
};

}  // namespace holdfast::app
