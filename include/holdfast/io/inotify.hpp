// Changes of single files, for track_file and reload_time_file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/io/callback.hpp"
#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/fd.hpp"

namespace holdfast::io {

/// What happened to a watched file. Events are hints: read the file to know.
enum class FileEvent : uint8_t {
    created,         ///< The name appeared: made or linked. Who made it may still be writing.
    moved_in,        ///< Another file was renamed to the name: the content is whole.
    written,         ///< Somebody who had it open for writing closed it: the content is whole.
    deleted,         ///< The name is gone: unlinked or renamed away.
    directory_gone,  ///< The directory itself is gone or was moved; nothing more will be reported.
    overflow,        ///< The kernel lost events: anything may have happened.
};

class FileWatch;

/// One inotify descriptor for all watched files (the kernel allows 128 descriptors per user by default). Must
/// outlive its FileWatches.
class FileWatcher {
  public:
    /// Throws std::system_error when the kernel gives no inotify descriptor.
    explicit FileWatcher(EventLoop& loop);
    FileWatcher(const FileWatcher&) = delete;
    FileWatcher& operator=(const FileWatcher&) = delete;
    ~FileWatcher();

    /// Watches the directory of `path` for events of its last component, which need not exist yet. Fails when
    /// the directory does not exist or cannot be watched. A symbolic link as last component is watched as a
    /// name: changes of the file behind it are not seen.
    Result<std::unique_ptr<FileWatch>> watch(const std::string& path,
                                             std::function<void(FileEvent)> callback);

  private:
    friend class FileWatch;
    struct Directory {
        std::vector<FileWatch*> watches;  // Null where one was destroyed during a delivery.
        bool gone = false;
    };

    void on_ready();
    void handle(int directory, uint32_t mask, std::string_view name);
    void deliver(int directory, std::optional<std::string_view> name, FileEvent event);
    void remove(FileWatch& watch);
    void sweep();

    Fd fd_;
    Watch watch_;
    std::unordered_map<int, Directory> directories_;
    Lifetime lifetime_;
    bool delivering_ = false;
};

/// One watched path. Destroying it, also from a callback, ends the reports.
class FileWatch {
  public:
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;
    ~FileWatch();

  private:
    friend class FileWatcher;
    FileWatch(FileWatcher& watcher, int directory, std::string name, std::function<void(FileEvent)> callback);

    FileWatcher& watcher_;
    int directory_;
    std::string name_;
    Callback<void(FileEvent)> callback_;
};

}  // namespace holdfast::io
