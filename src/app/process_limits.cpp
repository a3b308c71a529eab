#include "holdfast/app/process_limits.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace holdfast::app {

namespace {

void report(Log& log, std::string_view keyword, int result) {
    if (result == 0) return;
    log.write(Part::daemon, LogLevel::warning, fmt::format("{}: {}", keyword, std::strerror(errno)));
}

template <class Member>
const Member& first_set(const config::GlobalSettings& global, Member config::ProcessSettings::* member) {
    for (const config::ProcessSettings* settings : {&global.vrrp_process, &global.checker_process}) {
        if (settings->*member != Member{}) return settings->*member;
    }
    return global.bfd_process.*member;
}

}  // namespace

void raise_descriptor_limit(Log& log) {
    // Less than the usual fs.nr_open, beyond which the kernel refuses.
    constexpr rlim_t kEnough = 262'144;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return report(log, "RLIMIT_NOFILE", -1);
    const rlimit more{std::max(limit.rlim_max, kEnough), std::max(limit.rlim_max, kEnough)};
    if (limit.rlim_max < kEnough && setrlimit(RLIMIT_NOFILE, &more) == 0) return;
    limit.rlim_cur = limit.rlim_max;
    report(log, "RLIMIT_NOFILE", setrlimit(RLIMIT_NOFILE, &limit));
}

void apply_process_limits(const config::Config& config, Log& log) {
    const config::GlobalSettings& global = config.global;
    // One process has one name.
    for (const config::ProcessSettings* settings :
         {&global.parent_process, &global.vrrp_process, &global.checker_process, &global.bfd_process}) {
        if (settings->name.empty()) continue;
        prctl(PR_SET_NAME, settings->name.c_str());
        break;
    }
    if (const auto& cpus = first_set(global, &config::ProcessSettings::cpu_affinity); !cpus.empty()) {
        cpu_set_t set;
        CPU_ZERO(&set);
        for (const uint32_t cpu : cpus) {
            if (cpu < CPU_SETSIZE) CPU_SET(cpu, &set);
        }
        report(log, "cpu_affinity", sched_setaffinity(0, sizeof set, &set));
    }
    if (const auto priority = first_set(global, &config::ProcessSettings::rt_priority)) {
        // Scripts must not inherit it.
        sched_param param{};
        param.sched_priority = *priority;
        report(log, "rt_priority", sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param));
        if (const auto limit = first_set(global, &config::ProcessSettings::rlimit_rttime)) {
            // Half of it earns a warning (SIGXCPU), all of it the end.
            const rlimit value{*limit / 2, *limit};
            report(log, "rlimit_rttime", setrlimit(RLIMIT_RTTIME, &value));
        }
    } else if (const auto nice = first_set(global, &config::ProcessSettings::priority)) {
        report(log, "priority", setpriority(PRIO_PROCESS, 0, *nice));
    }
    if (first_set(global, &config::ProcessSettings::no_swap))
        report(log, "no_swap", mlockall(MCL_CURRENT | MCL_FUTURE));
}

AutomaticPriority::AutomaticPriority(Log& log, Setter setter) : log_(log), setter_(std::move(setter)) {}

void AutomaticPriority::configure(const config::GlobalSettings& global) {
    maximum_ = std::max(global.max_auto_priority, 0);
    tolerated_ = std::chrono::microseconds(global.min_auto_priority_delay);
    const int configured = first_set(global, &config::ProcessSettings::rt_priority).value_or(0);
    current_ = std::max(current_, configured);
}

void AutomaticPriority::late(Duration by) {
    if (maximum_ == 0 || by <= tolerated_) return;
    log_.info(Part::daemon, fmt::format("A thread timer expired {:.6f} seconds ago", to_seconds(by)));
    if (current_ >= maximum_) return;
    const int next = current_ == 0 ? sched_get_priority_min(SCHED_RR) : current_ + 1;
    if (!setter_(next)) {
        log_.write(Part::daemon, LogLevel::warning, "cannot raise priority");
        return;
    }
    current_ = next;
    log_.info(Part::daemon, fmt::format("Set realtime priority {}", current_));
}

bool AutomaticPriority::set_real_time_priority(int priority) {
    sched_param param{};
    param.sched_priority = priority;
    return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0;
}

}  // namespace holdfast::app
