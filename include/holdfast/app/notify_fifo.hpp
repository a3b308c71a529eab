// The writing end of notify_fifo, vrrp_notify_fifo and lvs_notify_fifo (compat/runtime.md, section 6).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "holdfast/base/result.hpp"
#include "holdfast/notify/settings.hpp"

namespace holdfast::app {

/// Owns the descriptor and, when it created it, the FIFO in the file system. Opened read-write and
/// non-blocking, so that it stays open without a reader; a full pipe loses lines, which are counted.
class NotifyFifo {
  public:
    /// Creates the FIFO when it is missing (mode 0644 less the umask, given to the configured owner) and
    /// opens it without following links. Fails when the path is something else or belongs to neither us nor
    /// the configured user.
    /// `which` begins its name in error messages: "", "vrrp_" or "lvs_".
    static Result<NotifyFifo> open(const notify::FifoSettings& settings, std::string_view which = {});
    NotifyFifo(NotifyFifo&& other) noexcept;
    NotifyFifo& operator=(NotifyFifo&& other) noexcept;
    NotifyFifo(const NotifyFifo&) = delete;
    NotifyFifo& operator=(const NotifyFifo&) = delete;
    /// Removes a FIFO it created, then closes.
    ~NotifyFifo();

    /// One line with its newline, in one write. False when it was lost because the pipe is full.
    bool write(std::string_view line);
    /// Whether its name still leads to it: somebody may have removed it, or put another one in its place.
    bool is_in_place() const;
    uint64_t lost() const { return lost_; }
    const std::string& path() const { return path_; }
    bool created() const { return created_; }

  private:
    NotifyFifo(std::string path, int descriptor, bool created)
        : path_(std::move(path)), descriptor_(descriptor), created_(created) {}
    void close();

    std::string path_;
    int descriptor_ = -1;
    bool created_ = false;
    uint64_t lost_ = 0;
};

}  // namespace holdfast::app
