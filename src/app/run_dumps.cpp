// What a run writes about itself: the dumps that signals ask for, and copies of the configuration.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "holdfast/app/data_dump.hpp"
#include "holdfast/app/json_dump.hpp"
#include "run.hpp"

namespace holdfast::app {

DumpNames Run::dump_names() const {
    const config::Config& config = daemon_->config();
    return {temporary_directory(), config.global.state_dump_file, config.global.data_use_instance,
            net_namespace_, config.root.instance};
}

void Run::write(const std::string& path, std::string_view content, uint32_t mode) {
    // The umask decides who else may read it.
    if (const auto written = write_dump(path, content, mode & ~umask_); !written) {
        log_.write(Part::daemon, LogLevel::error, written.error().message);
    }
}

void Run::make_save_directory() {
    const std::string& directory = daemon_->config().global.config_save_dir;
    if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST)
        log_.info(Part::daemon,
                  fmt::format("Unable to create config_save_dir {}: {}", directory, std::strerror(errno)));
}

/// `config_save_dir`: what was in force before a reload and what is after it, each in a file of its own.
void Run::save_configuration(std::string_view when) {
    const std::string& directory = daemon_->config().global.config_save_dir;
    if (directory.empty()) return;
    make_save_directory();
    const DaemonView view = present_view();
    const auto save = [&](std::string_view part, std::string_view content) {
        write(fmt::format("{}/keepalived_{}.{}.{}.{}", directory, part, getpid(), reloads_begun_, when),
              content);
    };
    if (parts_.vrrp) save("vrrp", vrrp_data(view));
    if (parts_.checkers) save("check", checker_data(view));
    if (parts_.bfd) save("bfd", bfd_data(view));
}

/// `config_save_dir`: the configuration itself, after each reading.
void Run::save_copy(std::string_view text) {
    const std::string& directory = daemon_->config().global.config_save_dir;
    if (directory.empty()) return;
    make_save_directory();
    // With its passwords and keys: for nobody else, whatever the umask.
    write(fmt::format("{}/keepalived.conf.{}.{}", directory, getpid(), copies_++), text, 0600);
}

/// `-d`: what the dumps say, in the log.
void Run::log_configuration() {
    const DaemonView view = present_view();
    const auto say = [this](Part part, std::string_view text) {
        for (size_t begin = 0; begin < text.size();) {
            const size_t end = std::min(text.find('\n', begin), text.size());
            log_.info(part, text.substr(begin, end - begin));
            begin = end + 1;
        }
    };
    if (parts_.vrrp) say(Part::vrrp, vrrp_data(view));
    if (parts_.checkers) say(Part::checkers, checker_data(view));
    if (parts_.bfd) say(Part::bfd, bfd_data(view));
}

/// `reload_check_config FILE`: what is wrong with the file that was read last.
void Run::report_check(const std::string& file, std::string_view report) {
    const io::Fd target(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!target || ::write(target.get(), report.data(), report.size()) != static_cast<ssize_t>(report.size()))
        log_.info(Part::daemon, fmt::format("cannot write {}: {}", file, std::strerror(errno)));
}

DaemonView Run::present_view() const {
    DaemonView view = daemon_->view();
    view.pid = getpid();
    view.global.net_namespace = net_namespace_;
    view.global.umask = umask_;
    const config::GlobalSettings& global = daemon_->config().global;
    if (const auto& path = global.reload_file)
        view.global.reload_file = path->empty() ? usual_reload_file_ : *path;
    if (reload_schedule_) {
        if (const auto time = reload_schedule_->scheduled()) {
            view.global.reload_at = time->at;
            view.global.reload_has_date = time->with_date;
        }
    }
    view.global.real_time_priority = static_cast<unsigned>(std::max(priority_.current(), 0));
    if (view.global.real_time_priority != 0)
        view.global.real_time_limit = global.vrrp_process.rlimit_rttime.value_or(0);
    return view;
}

void Run::dump_data() {
    if (daemon_ == nullptr) return;
    const auto say = [this](Part part, std::string_view what) {
        log_.info(part, fmt::format("Printing {} data for process({}) on signal", what, getpid()));
    };
    say(Part::daemon, "parent");
    if (parts_.vrrp) say(Part::vrrp, "VRRP");
    if (parts_.checkers) say(Part::checkers, "checker");
    if (parts_.bfd) say(Part::bfd, "BFD");
    const DaemonView view = present_view();
    const DumpNames names = dump_names();
    write(data_path(names, DataDump::parent), parent_data(view));
    if (parts_.vrrp) write(data_path(names, DataDump::vrrp), vrrp_data(view));
    if (parts_.checkers) write(data_path(names, DataDump::checkers), checker_data(view));
    if (parts_.bfd) write(data_path(names, DataDump::bfd), bfd_data(view));
}

void Run::dump_statistics(bool clear) {
    if (daemon_ == nullptr || !parts_.vrrp) return;
    log_.info(Part::vrrp, fmt::format("Printing {}VRRP stats for process({}) on signal",
                                      clear ? "and clearing " : "", getpid()));
    write(stats_path(dump_names()), stats_text(daemon_->view().instances));
    if (clear) daemon_->vrrp().clear_counters();
}

void Run::dump_json() {
    if (daemon_ == nullptr) return;
    if (const auto text = json_text(daemon_->view(), daemon_->config().global.json_version)) {
        write(json_path(dump_names()), *text);
    }
}

}  // namespace holdfast::app
