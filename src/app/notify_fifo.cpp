#include "holdfast/app/notify_fifo.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace holdfast::app {

Result<NotifyFifo> NotifyFifo::open(const notify::FifoSettings& settings, std::string_view which) {
    const std::string& path = settings.path;
    const std::string fifo_name = std::string(which) + "notify fifo " + path;
    const uid_t owner = settings.owner.uid.value_or(geteuid());
    const gid_t group = settings.owner.gid.value_or(getegid());
    const bool created = mkfifo(path.c_str(), 0644) == 0;
    if (!created && errno != EEXIST) return fail_errno("Unable to create " + fifo_name, errno);
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    NotifyFifo fifo(path, descriptor, created);
    if (descriptor < 0) return fail_errno("Unable to open " + fifo_name, errno);
    struct stat status{};
    if (fstat(descriptor, &status) < 0 || !S_ISFIFO(status.st_mode) ||
        (status.st_uid != geteuid() && status.st_uid != owner)) {
        fifo.created_ = false;  // Not ours to remove.
        return fail(fifo_name + " is not a fifo we own - not using");
    }
    if (created) {
        if ((owner != geteuid() || group != getegid()) && fchown(descriptor, owner, group) < 0)
            return fail_errno("Failed to set uid:gid for fifo " + path, errno);
    }
    return fifo;
}

NotifyFifo::NotifyFifo(NotifyFifo&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      created_(std::exchange(other.created_, false)),
      lost_(other.lost_) {}

NotifyFifo& NotifyFifo::operator=(NotifyFifo&& other) noexcept {
    if (this != &other) {
        close();
        path_ = std::move(other.path_);
        descriptor_ = std::exchange(other.descriptor_, -1);
        created_ = std::exchange(other.created_, false);
        lost_ = other.lost_;
    }
    return *this;
}

NotifyFifo::~NotifyFifo() {
    close();
}

void NotifyFifo::close() {
    // The name goes first, so that a reader that opens it again on end of file finds nothing.
    if (created_ && is_in_place()) unlink(path_.c_str());
    created_ = false;
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

bool NotifyFifo::is_in_place() const {
    struct stat ours{};
    struct stat there{};
    return fstat(descriptor_, &ours) == 0 && lstat(path_.c_str(), &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

bool NotifyFifo::write(std::string_view line) {
    // Up to PIPE_BUF bytes go in one piece or not at all.
    ssize_t written = -1;
    do {
        written = ::write(descriptor_, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    if (written == static_cast<ssize_t>(line.size())) return true;
    ++lost_;
    return false;
}

}  // namespace holdfast::app
