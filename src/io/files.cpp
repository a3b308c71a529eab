#include "holdfast/io/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <system_error>

#include "holdfast/io/fd.hpp"

namespace holdfast::io {

namespace {

class SystemSubscription final : public FileSubscription {
  public:
    explicit SystemSubscription(std::unique_ptr<FileWatch> watch) : watch_(std::move(watch)) {}

  private:
    std::unique_ptr<FileWatch> watch_;
};

/// One write call for what is small; a file system that takes less has no room.
Result<> write_all(int fd, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_errno("writing " + path, errno);
        content.remove_prefix(static_cast<size_t>(written));
    }
    return {};
}

}  // namespace

Result<std::string> SystemFiles::read(const std::string& path, size_t limit) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!fd) return fail_errno("opening " + path, errno);
    std::string content(limit, '\0');
    size_t length = 0;
    while (length < limit) {
        const ssize_t got = ::read(fd.get(), content.data() + length, limit - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("reading " + path, errno);
        if (got == 0) break;
        length += static_cast<size_t>(got);
    }
    content.resize(length);
    return content;
}

// A temporary file and a rename: whoever had the old file open does not see the new one, a symbolic link
// under the name is not followed, and nobody reads half a number.
Result<> SystemFiles::replace(const std::string& path, std::string_view content) {
    std::string temporary = path + "XXXXXX";
    Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) return fail_errno("creating " + path, errno);
    Result<> result = write_all(fd.get(), content, path);
    fd.reset();  // Before it has its name, so that whoever watches that is told once.
    if (result && ::rename(temporary.c_str(), path.c_str()) != 0)
        result = fail_errno("creating " + path, errno);
    if (!result) (void)::unlink(temporary.c_str());
    return result;
}

Result<> SystemFiles::remove(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("removing " + path, errno);
    return {};
}

bool SystemFiles::exists(const std::string& path) {
    struct stat facts{};
    return ::stat(path.c_str(), &facts) == 0;
}

std::optional<std::string> SystemFiles::real_path(const std::string& path) {
    const auto resolve = [](const std::string& what) -> std::optional<std::string> {
        char* found = ::realpath(what.c_str(), nullptr);
        if (found == nullptr) return std::nullopt;
        std::string text(found);
        std::free(found);
        return text;
    };
    if (auto whole = resolve(path)) return whole;
    if (errno != ENOENT) return std::nullopt;
    const size_t slash = path.rfind('/');
    auto directory = resolve(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
    if (!directory) return std::nullopt;
    struct stat facts{};
    if (::stat(directory->c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) return std::nullopt;
    if (*directory != "/") *directory += '/';
    return *directory + path.substr(slash == std::string::npos ? 0 : slash + 1);
}

Result<std::unique_ptr<FileSubscription>> SystemFiles::watch(const std::string& path,
                                                             std::function<void(FileEvent)> callback) {
    if (watcher_ == nullptr) {
        try {
            watcher_ = std::make_unique<FileWatcher>(loop_);
        } catch (const std::system_error& error) {
            return fail_errno("watching " + path, error.code().value());
        }
    }
    auto watch = watcher_->watch(path, std::move(callback));
    if (!watch) return std::unexpected(watch.error());
    return std::make_unique<SystemSubscription>(std::move(*watch));
}

}  // namespace holdfast::io
