#include "child_main.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "holdfast/io/processes.hpp"
#include "time_slice.hpp"

namespace holdfast::io {

namespace {

constexpr int kSignals = 64;          // Of the kernel (include/uapi/asm-generic/signal.h), libc's included.
constexpr size_t kSignalSetSize = 8;  // As the kernel wants it.
constexpr unsigned long kTimerSlack = 50'000;  // The kernel's own default, include/linux/init_task.h.

bool ok(long result) {
    return result >= 0;
}

// The table of descriptors is shared with the parent until this unshares it; asking for both at once spares
// the kernel the copying of what is closed next (close_range(2)). Before Linux 5.9 only O_CLOEXEC closes the
// rest.
bool leave_descriptors() {
    if (ok(syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_UNSHARE))) return true;
    return ok(syscall(SYS_unshare, CLONE_FILES));
}

bool open_null() {
    const auto null = static_cast<int>(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0));
    if (null < 0) return false;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (fd != null && !ok(syscall(SYS_dup3, null, fd, 0))) return false;
    }
    if (null > STDERR_FILENO) syscall(SYS_close, null);
    return true;
}

// Handlers would run in the parent's memory, and what the parent ignores (SIGPIPE) stays ignored over exec.
// SIGKILL, SIGSTOP and the numbers libc keeps for itself are refused or harmless.
void reset_signals() {
    constexpr uint64_t kDefault[8] = {};  // The kernel's struct sigaction, all zero: SIG_DFL.
    for (int signal = 1; signal <= kSignals; ++signal) {
        syscall(SYS_rt_sigaction, signal, kDefault, nullptr, kSignalSetSize);
    }
}

// A limit or a priority that may not be changed back stays. A program that walks or selects its descriptors
// is to find what our launcher gave us.
void stand_as(const Standing& standing) {
    syscall(SYS_setpriority, PRIO_PROCESS, 0, standing.nice);
    syscall(SYS_prlimit64, 0, RLIMIT_CORE, &standing.core, nullptr);
    syscall(SYS_prlimit64, 0, RLIMIT_RTTIME, &standing.real_time, nullptr);
    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &standing.descriptors, nullptr);
}

bool become(const Credentials& who) {
    return ok(syscall(SYS_setgroups, who.groups.size(), who.groups.data())) &&
           ok(syscall(SYS_setresgid, who.gid, who.gid, who.gid)) &&
           ok(syscall(SYS_setresuid, who.uid, who.uid, who.uid));
}

// After the change of user, which clears the setting.
bool tie_to_parent(pid_t parent) {
    if (!ok(syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))) return false;
    if (syscall(SYS_getppid) == parent) return true;
    errno = ESRCH;  // It died before we asked.
    return false;
}

// Whether a file the kernel cannot execute may be meant for the shell. A NUL says no, as shells themselves
// judge.
bool is_text(const char* path) {
    const auto fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
    if (fd < 0) return false;
    char start[256];
    const long length = syscall(SYS_read, fd, start, sizeof start);
    syscall(SYS_close, fd);
    for (long i = 0; i < length; ++i) {
        if (start[i] == '\0') return false;
    }
    return length >= 0;
}

int try_exec(ChildPlan& plan, const char* path) {
    syscall(SYS_execve, path, plan.arguments + 1, plan.environment);
    if (errno != ENOEXEC) return errno;
    if (!is_text(path)) return ENOEXEC;
    static char shell[] = "/bin/sh";
    plan.arguments[0] = shell;
    plan.arguments[1] = const_cast<char*>(path);
    syscall(SYS_execve, shell, plan.arguments, plan.environment);
    return errno;
}

// As execvp searches: what is missing or forbidden here may be further on, and "permission denied" is the
// more interesting answer if it is not.
int exec_candidates(ChildPlan& plan) {
    int error = ENOENT;
    bool was_denied = false;
    for (const char* const* path = plan.candidates; *path != nullptr; ++path) {
        error = try_exec(plan, *path);
        switch (error) {
            case EACCES:
                was_denied = true;
                break;
            case ENOENT:
            case ENOTDIR:
            case ESTALE:
            case ENODEV:
            case ETIMEDOUT:
                break;
            default:
                return error;
        }
    }
    return was_denied ? EACCES : error;
}

bool prepare(ChildPlan& plan) {
    plan.step = "closing descriptors";
    if (!leave_descriptors()) return false;
    plan.step = "opening /dev/null";
    if (!open_null()) return false;
    plan.step = "making a process group";
    if (plan.new_process_group && !ok(syscall(SYS_setpgid, 0, 0))) return false;
    reset_signals();
    syscall(SYS_prctl, PR_SET_TIMERSLACK, kTimerSlack, 0, 0, 0);
    (void)set_time_slice(0);
    if (plan.standing != nullptr) stand_as(*plan.standing);
    plan.step = "changing user";
    if (plan.run_as != nullptr && !become(*plan.run_as)) return false;
    plan.step = "asking to end with the parent";
    if (plan.kill_with_parent && !tie_to_parent(plan.parent)) return false;
    plan.step = "unblocking signals";
    const uint64_t nothing = 0;
    return ok(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing, nullptr, kSignalSetSize));
}

}  // namespace

int child_main(void* argument) {
    auto& plan = *static_cast<ChildPlan*>(argument);
    if (prepare(plan)) {
        plan.step = nullptr;
        plan.error = exec_candidates(plan);
    } else {
        plan.error = errno;
    }
    syscall(SYS_exit_group, 127);
    return 127;
}

}  // namespace holdfast::io
