#include "holdfast/io/posix_processes.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "child_main.hpp"
#include "holdfast/io/fd.hpp"
#include "signals_blocked.hpp"

namespace holdfast::io {

namespace {

constexpr size_t kStackSize = size_t{64} * 1024;
constexpr size_t kGuardSize = size_t{64} * 1024;  // A whole page on every architecture.

// Could change what our own privileged scripts do; keepalived takes the same three away.
constexpr std::array<std::string_view, 3> kNotInherited = {"IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"};

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

// Pointers into our own environment and into `changed`, which holds the new strings.
class ChildEnvironment {
  public:
    explicit ChildEnvironment(const std::vector<EnvironmentChange>& changes) {
        for (char** variable = environ; *variable != nullptr; ++variable) {
            const std::string_view name = name_of(*variable);
            if (std::ranges::find(kNotInherited, name) != kNotInherited.end()) continue;
            if (std::ranges::find(changes, name, &EnvironmentChange::name) != changes.end()) continue;
            pointers_.push_back(*variable);
        }
        changed_.reserve(changes.size());  // Strings must not move once pointed to.
        for (const EnvironmentChange& change : changes) {
            if (!change.value) continue;
            changed_.push_back(change.name + "=" + *change.value);
            pointers_.push_back(changed_.back().data());
        }
        pointers_.push_back(nullptr);
    }
    char** data() { return pointers_.data(); }
    std::optional<std::string_view> value(std::string_view name) const {
        for (const char* variable : pointers_) {
            if (variable != nullptr && name_of(variable) == name) {
                return std::string_view(variable).substr(name.size() + 1);
            }
        }
        return std::nullopt;
    }

  private:
    std::vector<std::string> changed_;
    std::vector<char*> pointers_;
};

// The paths `program` may mean, by the rules of execvp(3).
std::vector<std::string> candidates(const std::string& program, std::string_view search_path) {
    if (program.empty() || program.find('/') != program.npos) return {program};
    std::vector<std::string> paths;
    while (true) {
        const size_t colon = search_path.find(':');
        const std::string_view directory = search_path.substr(0, colon);
        paths.push_back(directory.empty() ? program : std::string(directory) + "/" + program);
        if (colon == search_path.npos) return paths;
        search_path.remove_prefix(colon + 1);
    }
}

// A child that changes user makes the kernel mark the memory it runs in as not dumpable, so that the new user
// cannot trace it (credentials(7)). Until exec that memory is ours too, and we would never write a core file
// again.
class DumpableKept {
  public:
    DumpableKept() : former_(prctl(PR_GET_DUMPABLE)) {}
    DumpableKept(const DumpableKept&) = delete;
    DumpableKept& operator=(const DumpableKept&) = delete;
    ~DumpableKept() {
        if (former_ == 1) prctl(PR_SET_DUMPABLE, 1);
    }

  private:
    int former_;
};

// Children of a process that ignores SIGCHLD (a disposition that survives exec, so a launcher may leave it to
// us) vanish without a status.
void keep_statuses() {
    struct sigaction action{};
    sigaction(SIGCHLD, nullptr, &action);
    if (action.sa_handler != SIG_IGN) return;
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, nullptr);
}

// With WNOWAIT the process stays a zombie, whose number nobody else gets.
ExitStatus wait_for(const Fd& pidfd, int options = 0) {
    siginfo_t info{};
    if (waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | options) != 0) {
        return {.code = 255};  // Somebody else took the status.
    }
    if (info.si_code == CLD_EXITED) return {.code = info.si_status};
    return {.signal = info.si_status};
}

Standing present_standing() {
    Standing standing;
    standing.nice = getpriority(PRIO_PROCESS, 0);
    getrlimit64(RLIMIT_CORE, &standing.core);
    getrlimit64(RLIMIT_RTTIME, &standing.real_time);
    getrlimit64(RLIMIT_NOFILE, &standing.descriptors);
    return standing;
}

}  // namespace

// The child's stack until exec. One is enough: the parent stands still meanwhile.
class PosixProcesses::Stack {
  public:
    Stack()
        : base_(mmap(nullptr, kGuardSize + kStackSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1,
                     0)) {
        if (base_ == MAP_FAILED || mprotect(bottom(), kStackSize, PROT_READ | PROT_WRITE) != 0) {
            throw std::bad_alloc();
        }
    }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    ~Stack() { munmap(base_, kGuardSize + kStackSize); }
    void* top() const { return bottom() + kStackSize; }

  private:
    std::byte* bottom() const { return static_cast<std::byte*>(base_) + kGuardSize; }
    void* base_;
};

struct PosixProcesses::Process {
    Process(pid_t pid_, bool has_group_, Fd pidfd_, std::function<void(ExitStatus)> on_exit_)
        : pid(pid_), has_group(has_group_), pidfd(std::move(pidfd_)), on_exit(std::move(on_exit_)) {}

    pid_t pid;
    bool has_group;
    Fd pidfd;
    std::function<void(ExitStatus)> on_exit;  // Empty once nobody wants to know.
    Handle* handle = nullptr;
    std::optional<Watch> watch;
};

class PosixProcesses::Handle final : public Child {
  public:
    explicit Handle(Process& process) : pid_(process.pid), process_(&process) { process.handle = this; }
    ~Handle() override {
        if (process_ == nullptr) return;
        process_->handle = nullptr;
        process_->on_exit = nullptr;
    }
    pid_t pid() const override { return pid_; }
    Result<> kill(int signal) override {
        if (process_ == nullptr) return fail_errno("kill", ESRCH);
        if (::kill(process_->has_group ? -pid_ : pid_, signal) != 0) return fail_errno("kill", errno);
        return {};
    }
    void ended() { process_ = nullptr; }

  private:
    pid_t pid_;
    Process* process_;
};

PosixProcesses::PosixProcesses(EventLoop& loop)
    : loop_(loop),
      standing_(std::make_unique<const Standing>(present_standing())),
      stack_(std::make_unique<Stack>()) {
    keep_statuses();
}

PosixProcesses::~PosixProcesses() {
    for (const auto& [pid, process] : running_) {
        if (process->handle != nullptr) process->handle->ended();
    }
}

Result<std::unique_ptr<Child>> PosixProcesses::spawn(const SpawnRequest& request,
                                                     std::function<void(ExitStatus)> on_exit) {
    require(!request.arguments.empty(), "a program to run is given");
    require(static_cast<bool>(on_exit), "an exit is reported to somebody");

    ChildEnvironment environment(request.environment);
    const std::string& program = request.program.empty() ? request.arguments.front() : request.program;
    const auto paths = candidates(program, environment.value("PATH").value_or("/bin:/usr/bin"));
    std::vector<const char*> path_pointers;
    for (const std::string& path : paths) path_pointers.push_back(path.c_str());
    path_pointers.push_back(nullptr);
    std::vector<char*> arguments{nullptr};
    // exec takes char* for historical reasons and does not write.
    for (const std::string& argument : request.arguments)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);

    ChildPlan plan{.candidates = path_pointers.data(),
                   .arguments = arguments.data(),
                   .environment = environment.data(),
                   .run_as = request.run_as ? &*request.run_as : nullptr,
                   .standing = standing_.get(),
                   .new_process_group = request.new_process_group,
                   .kill_with_parent = request.kill_with_parent,
                   .parent = getpid()};
    int pidfd = -1;
    pid_t pid = -1;
    {
        // All stay out while the child shares our memory and still has our handlers.
        const SignalsBlocked blocked;
        std::optional<DumpableKept> dumpable;
        if (request.run_as) dumpable.emplace();
        pid = clone(child_main, stack_->top(), CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | SIGCHLD,
                    &plan, &pidfd);
    }
    if (pid < 0) return fail_errno("cannot start a process for " + program, errno);
    auto process = std::make_unique<Process>(pid, request.new_process_group, Fd(pidfd), std::move(on_exit));
    if (plan.error != 0) {
        wait_for(process->pidfd);
        std::string what = "cannot run " + program;
        if (plan.step != nullptr) (what += ": ") += plan.step;
        return fail_errno(std::move(what), plan.error);
    }
    Process& started = *process;
    started.watch.emplace(loop_, pidfd, Events{.readable = true},
                          [this, &started](Events) { reap(started); });
    auto handle = std::make_unique<Handle>(started);
    running_.emplace(pid, std::move(process));
    return handle;
}

void PosixProcesses::reap(Process& process) {
    const ExitStatus status = wait_for(process.pidfd, WNOWAIT);
    // Out of the list first: the callback may destroy the handle, or this object.
    const auto ended = std::move(running_.extract(process.pid).mapped());
    ended->watch.reset();
    const auto on_exit = std::move(ended->on_exit);
    if (on_exit) on_exit(status);
    if (ended->handle != nullptr) ended->handle->ended();
    wait_for(ended->pidfd);
}

}  // namespace holdfast::io
