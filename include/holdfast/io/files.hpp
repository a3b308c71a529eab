// The edge between trackers and the file system: read, write and watch single files. main() has SystemFiles;
// a simulation or a test keeps its files in memory.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/base/result.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/inotify.hpp"

namespace holdfast::io {

/// One watched path. Destroying it, also from its callback, ends the reports.
class FileSubscription {
  public:
    FileSubscription() = default;
    FileSubscription(const FileSubscription&) = delete;
    FileSubscription& operator=(const FileSubscription&) = delete;
    virtual ~FileSubscription() = default;
};

class Files {
  public:
    Files() = default;
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    virtual ~Files() = default;

    /// The first `limit` bytes. Fails with the error of the system when the file is missing or not readable;
    /// never waits for the writer of a FIFO.
    virtual Result<std::string> read(const std::string& path, size_t limit) = 0;
    /// Puts a new file with this content in the place of `path`, in one step. Readable for its owner alone.
    virtual Result<> replace(const std::string& path, std::string_view content) = 0;
    /// Removes the file. A missing one is no failure.
    virtual Result<> remove(const std::string& path) = 0;
    virtual bool exists(const std::string& path) = 0;
    /// The path with all symbolic links followed. The last component may be missing; nothing when something
    /// else is missing or not accessible.
    virtual std::optional<std::string> real_path(const std::string& path) = 0;
    /// Reports what happens to the name `path` (FileWatcher::watch has the fine print).
    virtual Result<std::unique_ptr<FileSubscription>> watch(const std::string& path,
                                                            std::function<void(FileEvent)> callback) = 0;
};

/// The file system of the host. The inotify descriptor is opened with the first watch.
class SystemFiles final : public Files {
  public:
    explicit SystemFiles(EventLoop& loop) : loop_(loop) {}

    Result<std::string> read(const std::string& path, size_t limit) override;
    Result<> replace(const std::string& path, std::string_view content) override;
    Result<> remove(const std::string& path) override;
    bool exists(const std::string& path) override;
    std::optional<std::string> real_path(const std::string& path) override;
    Result<std::unique_ptr<FileSubscription>> watch(const std::string& path,
                                                    std::function<void(FileEvent)> callback) override;

  private:
    EventLoop& loop_;
    std::unique_ptr<FileWatcher> watcher_;
};

}  // namespace holdfast::io
