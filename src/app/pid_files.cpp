#include "holdfast/app/pid_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace holdfast::app {

namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// When a process began, as CLOCK_REALTIME seconds, from fields of /proc that do not change.
std::optional<double> started_at(std::string_view pid) {
    std::ifstream stat_file("/proc/" + std::string(pid) + "/stat");
    std::string line;
    if (!std::getline(stat_file, line)) return std::nullopt;
    const size_t after_name = line.rfind(')');
    if (after_name == std::string::npos) return std::nullopt;
    std::istringstream fields(line.substr(after_name + 1));
    std::string field;
    for (int i = 3; i <= 22; ++i) fields >> field;  // Field 22 is starttime (proc(5)); 3 follows the name.
    const double ticks = std::strtod(field.c_str(), nullptr);
    std::ifstream system("/proc/stat");
    while (system >> field) {
        double boot = 0;
        if (field == "btime" && system >> boot)
            return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
        system.ignore(1'000'000, '\n');
    }
    return std::nullopt;
}

// keepalived before 2.3 does not lock its pid files; it is known by its name and by being older than its
// file. The age tells it from an unrelated keepalived that got the pid of a crashed daemon.
bool held_by_old_keepalived(int descriptor, const struct stat& status) {
    char text[32] = {};
    const ssize_t length = pread(descriptor, text, sizeof(text) - 1, 0);
    if (length <= 0) return false;
    int pid = 0;
    if (std::from_chars(text, text + length, pid).ec != std::errc() || pid <= 0 || pid == getpid())
        return false;
    const std::string number = std::to_string(pid);
    std::ifstream comm("/proc/" + number + "/comm");
    std::string name;
    if (!std::getline(comm, name) || name != "keepalived") return false;
    const auto began = started_at(number);
    return began && *began <= static_cast<double>(status.st_mtim.tv_sec) + 1;
}

struct File {
    std::string path;
    int descriptor = -1;
};

enum class Claim : uint8_t { ours, taken };

// Opens and locks one file. The loop ends because another round is only needed when somebody removed or
// replaced the file between open and lock.
Result<Claim> claim(File& file) {
    for (;;) {
        const mode_t mask = ::umask(0);
        file.descriptor =
            open(file.path.c_str(), O_NOFOLLOW | O_CREAT | O_RDWR | O_NONBLOCK | O_CLOEXEC, kFileMode);
        const int number = errno;
        ::umask(mask);
        if (file.descriptor < 0) return fail_errno("open pid file " + file.path, number);
        struct flock lock{};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        if (fcntl(file.descriptor, F_OFD_SETLK, &lock) < 0) {
            const int error = errno;
            if (error == EAGAIN || error == EACCES) return Claim::taken;
            return fail_errno("lock pid file " + file.path, error);
        }
        struct stat by_name{};
        struct stat by_descriptor{};
        if (stat(file.path.c_str(), &by_name) < 0 || fstat(file.descriptor, &by_descriptor) < 0 ||
            !same_file(by_name, by_descriptor)) {
            close(std::exchange(file.descriptor, -1));
            continue;
        }
        if (!S_ISREG(by_descriptor.st_mode)) return fail("pid file " + file.path + " is not a regular file");
        if (held_by_old_keepalived(file.descriptor, by_descriptor)) return Claim::taken;
        return Claim::ours;
    }
}

}  // namespace

struct PidFiles::State {
    std::string directory;  // Created by us; removed when empty.
    std::vector<File> files;
    std::vector<std::string> paths;
    bool keep = false;
    bool found_left = false;

    /// What is not ours yet, in order, up to the first that cannot be had.
    Result<Claim> claim_all(const PidFilePaths& wanted, const Subsystems& parts) {
        for (const auto& [runs, path] :
             {std::pair{true, &wanted.main}, std::pair{parts.vrrp, &wanted.vrrp},
              std::pair{parts.checkers, &wanted.checkers}, std::pair{parts.bfd, &wanted.bfd}}) {
            // Without a main one there is no daemon; `-p ""` is an error.
            if (!runs || (path->empty() && path != &wanted.main) ||
                std::ranges::find(paths, *path) != paths.end())
                continue;
            File file{.path = *path};
            auto claimed = claim(file);
            if (!claimed || *claimed == Claim::taken) {
                if (file.descriptor >= 0) close(file.descriptor);
                return claimed;
            }
            char first = 0;
            found_left |= pread(file.descriptor, &first, 1, 0) == 1;
            files.push_back(std::move(file));
            paths.push_back(*path);
        }
        return Claim::ours;
    }

    ~State() {
        for (File& file : files) {
            if (file.descriptor < 0) continue;
            struct stat by_name{};
            struct stat by_descriptor{};
            const bool ours = stat(file.path.c_str(), &by_name) == 0 &&
                              fstat(file.descriptor, &by_descriptor) == 0 &&
                              same_file(by_name, by_descriptor);
            if (ours && !keep) unlink(file.path.c_str());
            close(file.descriptor);
        }
        if (!directory.empty() && !keep) rmdir(directory.c_str());
    }
};

PidFilePaths pid_file_paths(const Options& options, bool use_pid_dir, std::string_view instance,
                            std::string_view net_namespace, std::string_view run_directory) {
    PidFilePaths paths;
    std::string base(run_directory);
    if (use_pid_dir || !instance.empty() || !net_namespace.empty()) {
        base += "/keepalived";
        paths.directory = base;
    }
    auto name = [&](const std::optional<std::string>& option, std::string_view plain) {
        if (option) return *option;
        std::string path = base + "/" + std::string(plain);
        if (!instance.empty()) path += "_" + std::string(instance);
        return path + ".pid";
    };
    paths.main = name(options.pid_file, "keepalived");
    paths.vrrp = name(options.vrrp_pid_file, "vrrp");
    paths.checkers = name(options.checkers_pid_file, "checkers");
    paths.bfd = name(options.bfd_pid_file, "bfd");
    return paths;
}

std::string default_reload_file(std::string_view main_pid_file) {
    std::string path(main_pid_file);
    if (path.ends_with(".pid")) path.resize(path.size() - 4);
    return path + ".reload";
}

Result<std::optional<PidFiles>> PidFiles::acquire(const PidFilePaths& paths, const Subsystems& parts) {
    auto state = std::make_unique<State>();
    if (!paths.directory.empty()) {
        const mode_t mask = ::umask(0);
        const bool made = mkdir(paths.directory.c_str(), kDirectoryMode) == 0;
        const int number = errno;
        ::umask(mask);
        if (!made && number != EEXIST)
            return fail_errno("Unable to create directory " + paths.directory, number);
        state->directory = paths.directory;
    }
    const Result<Claim> claimed = state->claim_all(paths, parts);
    if (!claimed) return Failure(claimed.error());
    if (*claimed == Claim::taken) return std::optional<PidFiles>();
    return std::optional<PidFiles>(PidFiles(std::move(state)));
}

Result<> PidFiles::extend(const PidFilePaths& paths, const Subsystems& parts) {
    const Result<Claim> claimed = state_->claim_all(paths, parts);
    if (!claimed) return Failure(claimed.error());
    if (*claimed == Claim::taken) return fail("a pid file is held by somebody else");
    return write();
}

PidFiles::PidFiles(std::unique_ptr<State> state) : state_(std::move(state)) {}
PidFiles::PidFiles(PidFiles&& other) noexcept = default;
PidFiles& PidFiles::operator=(PidFiles&& other) noexcept = default;
PidFiles::~PidFiles() = default;

Result<> PidFiles::write() {
    const std::string text = std::to_string(getpid()) + "\n";
    for (const File& file : state_->files) {
        if (ftruncate(file.descriptor, 0) < 0) return fail_errno("truncate pid file " + file.path, errno);
        if (pwrite(file.descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
            return fail_errno("write pid file " + file.path, errno);
    }
    return {};
}

bool PidFiles::found_left() const {
    return state_->found_left;
}

void PidFiles::abandon() {
    state_->keep = true;
}

const std::vector<std::string>& PidFiles::paths() const {
    return state_->paths;
}

ReloadFile::ReloadFile(std::string path) : path_(std::move(path)) {
    const mode_t mask = ::umask(0);
    const int descriptor =
        open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, kFileMode);
    const int number = errno;
    ::umask(mask);
    if (descriptor < 0) {
        created_ = fail_errno("Failed to create reload file " + path_, number);
        return;
    }
    close(descriptor);
}

ReloadFile::~ReloadFile() {
    if (created_) unlink(path_.c_str());
}

}  // namespace holdfast::app
