#include "holdfast/app/process_limits.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

void apply_process_limits(const config::Config& config, Log& log) {
    const config::GlobalSettings& global = config.global;
    if (!global.parent_process.name.empty()) prctl(PR_SET_NAME, global.parent_process.name.c_str());
    if (const auto nice = first_set(global, &config::ProcessSettings::priority)) {
        report(log, "priority", setpriority(PRIO_PROCESS, 0, *nice));
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
            const rlimit value{*limit, *limit};
            report(log, "rlimit_rttime", setrlimit(RLIMIT_RTTIME, &value));
        }
    }
    if (first_set(global, &config::ProcessSettings::no_swap))
        report(log, "no_swap", mlockall(MCL_CURRENT | MCL_FUTURE));
}

}  // namespace holdfast::app
