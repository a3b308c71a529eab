#include "holdfast/app/run_directory.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace holdfast::app {

namespace {

constexpr mode_t kMode = 0755;

Result<> make(const std::string& path) {
    const mode_t mask = ::umask(0);
    const bool made = mkdir(path.c_str(), kMode) == 0;
    const int number = errno;
    ::umask(mask);
    if (!made && number != EEXIST) return fail_errno("Unable to create directory " + path, number);
    return {};
}

}  // namespace

Result<RunDirectory> RunDirectory::enter(std::string directory, std::string_view net_namespace) {
    RunDirectory entered;
    const std::string inner = directory + "/" + std::string(net_namespace);
    if (auto made = make(directory); !made) return Failure(made.error());
    if (auto made = make(inner); !made) return Failure(made.error());
    if (unshare(CLONE_NEWNS) != 0) return fail_errno("mount namespace of " + inner, errno);
    // What is mounted here stays here; what others mount still arrives.
    if (mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
        return fail_errno("mount namespace of " + inner, errno);
    if (mount(inner.c_str(), directory.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return fail_errno("mount " + inner, errno);
    entered.outer_ = std::move(directory);
    entered.inner_ = inner;
    return entered;
}

RunDirectory::~RunDirectory() {
    if (inner_.empty()) return;
    umount(outer_.c_str());
    rmdir(inner_.c_str());
    rmdir(outer_.c_str());
}

}  // namespace holdfast::app
