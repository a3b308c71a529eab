#include "holdfast/config/source.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

namespace holdfast::config {

namespace {

class File {
  public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int get() const { return descriptor_; }

  private:
    int descriptor_;
};

}  // namespace

std::string join_path(std::string_view directory, std::string_view name) {
    if (directory.empty() || name.starts_with('/')) return std::string(name);
    std::string path(directory);
    if (!path.ends_with('/')) path += '/';
    return path += name;
}

std::string directory_of(std::string_view path) {
    size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return {};
    return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

PathStatus SystemFileReader::status(const std::string& path) const {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) {
        bool link = ::lstat(path.c_str(), &facts) == 0;
        return {link ? PathKind::dangling : PathKind::missing, false};
    }
    PathKind kind = S_ISREG(facts.st_mode)   ? PathKind::regular
                    : S_ISDIR(facts.st_mode) ? PathKind::directory
                                             : PathKind::other;
    return {kind, (facts.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0};
}

std::optional<std::vector<std::string>> SystemFileReader::list(const std::string& directory) const {
    auto close = [](DIR* stream) { ::closedir(stream); };
    std::unique_ptr<DIR, decltype(close)> stream(::opendir(directory.empty() ? "." : directory.c_str()),
                                                 close);
    if (!stream) return std::nullopt;
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
        std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
}

Result<std::string> SystemFileReader::read(const std::string& path) const {
    // Without blocking: between status() and here the name may have become a FIFO.
    File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat facts{};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return fail_errno(path, errno);
    if (!S_ISREG(facts.st_mode)) return fail(path + ": not a regular file");
    if (std::cmp_greater(facts.st_size, kMaximumSize)) return fail(path + ": too large for a configuration");

    // One byte more than the size says, so that the read that finds the end needs no second buffer.
    std::string text;
    size_t used = 0;
    size_t room = static_cast<size_t>(facts.st_size) + 1;
    while (true) {
        ssize_t got = 0;
        text.resize_and_overwrite(used + room, [&](char* buffer, size_t) {
            do {
                got = ::read(file.get(), buffer + used, room);
            } while (got < 0 && errno == EINTR);
            return used + static_cast<size_t>(got < 0 ? 0 : got);
        });
        if (got < 0) return fail_errno(path, errno);
        if (got == 0) return text;
        used = text.size();
        if (used > kMaximumSize) return fail(path + ": too large for a configuration");
        room = std::cmp_less(got, room) ? room - static_cast<size_t>(got) : 65536;
    }
}

std::string SystemFileReader::resolve_directory(const std::string& directory) const {
    auto release = [](char* text) { std::free(text); };
    std::unique_ptr<char, decltype(release)> resolved(
        ::realpath(directory.empty() ? "." : directory.c_str(), nullptr), release);
    return resolved ? std::string(resolved.get()) : directory;
}

}  // namespace holdfast::config
