#include "holdfast/app/daemonize.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>

namespace holdfast::app {

namespace {

// Points one of the standard descriptors at /dev/null.
Result<> to_null(int descriptor) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return fail_errno("open /dev/null", errno);
    if (null == descriptor) {
        // It took the closed one's place: only the close-on-exec mark must go.
        if (fcntl(null, F_SETFD, 0) < 0) return fail_errno("fcntl", errno);
        return {};
    }
    const bool moved = dup2(null, descriptor) >= 0;
    const int number = errno;
    close(null);
    if (!moved) return fail_errno("dup2", number);
    return {};
}

}  // namespace

Result<Role> daemonize() {
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) return fail_errno("fork", errno);
    if (child > 0) return Role::parent;
    if (setsid() < 0) return fail_errno("setsid", errno);
    if (chdir("/") < 0) return fail_errno("chdir /", errno);
    for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (auto result = to_null(descriptor); !result) return Failure(result.error());
    }
    // Whoever started us waits for the parent; what follows may ask for our parent, so wait until it is gone
    // too.
    while (getppid() == parent) {
        const timespec pause{.tv_sec = 0, .tv_nsec = 100'000};
        nanosleep(&pause, nullptr);
    }
    return Role::child;
}

Result<> ensure_standard_streams() {
    for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
        if (auto result = to_null(descriptor); !result) return result;
    }
    return {};
}

Result<> redirect_standard_error(const std::string& path) {
    const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) return fail_errno("Unable to open config-test log file " + path, errno);
    const bool moved = dup2(file, STDERR_FILENO) >= 0;
    const int number = errno;
    close(file);
    if (!moved) return fail_errno("dup2", number);
    return {};
}

uint32_t set_umask(uint32_t mask) {
    return static_cast<uint32_t>(::umask(static_cast<mode_t>(mask)));
}

std::optional<uint32_t> parse_umask(std::string_view text) {
    const std::string copy(text);
    char* end = nullptr;
    errno = 0;
    const long value = std::strtol(copy.c_str(), &end, 0);
    if (copy.empty() || errno != 0 || *end != '\0' || value < 0 || value > 0777) return std::nullopt;
    return static_cast<uint32_t>(value);
}

namespace {

constexpr const char* kCorePattern = "/proc/sys/kernel/core_pattern";

Result<> write_core_pattern(std::string_view pattern) {
    const int file = open(kCorePattern, O_WRONLY | O_CLOEXEC);
    if (file < 0) return fail_errno(std::string("open ") + kCorePattern, errno);
    const bool written = write(file, pattern.data(), pattern.size()) == static_cast<ssize_t>(pattern.size());
    const int number = errno;
    close(file);
    if (!written) return fail_errno(std::string("write ") + kCorePattern, number);
    return {};
}

}  // namespace

Result<CoreDumps> CoreDumps::enable(std::optional<std::string_view> pattern) {
    CoreDumps dumps;
    if (pattern) {
        std::ifstream file(kCorePattern);
        std::string old;
        if (!std::getline(file, old)) return fail(std::string("cannot read ") + kCorePattern);
        if (auto written = write_core_pattern(*pattern); !written) return Failure(written.error());
        dumps.old_pattern_ = std::move(old);
    }
    const rlimit limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    if (setrlimit(RLIMIT_CORE, &limit) < 0) return fail_errno("raise the core size limit", errno);
    return dumps;
}

CoreDumps::~CoreDumps() {
    if (old_pattern_) (void)write_core_pattern(*old_pattern_ + "\n");
}

}  // namespace holdfast::app
