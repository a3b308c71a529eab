// Where configuration text comes from. Reading goes through one narrow class, so that a test, a fuzzer or a
// simulation can hold its files in memory. No call here changes the working directory: a relative name is
// joined to a directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::config {

enum class PathKind : uint8_t {
    missing,
    dangling,  ///< A symbolic link to nothing: it exists for a pattern, but cannot be read.
    regular,
    directory,
    other,  ///< FIFO, socket, device. Never opened: that could block.
};

struct PathStatus {
    PathKind kind = PathKind::missing;
    bool executable = false;  ///< Any execute bit: keepalived does not read such a file as configuration.
};

/// Questions to a file system. Paths are absolute or relative to the working directory.
class FileReader {
  public:
    FileReader() = default;
    FileReader(const FileReader&) = delete;
    FileReader& operator=(const FileReader&) = delete;
    virtual ~FileReader() = default;

    /// What a path names, following symbolic links.
    virtual PathStatus status(const std::string& path) const = 0;
    /// The names in a directory without `.` and `..`, in any order; nothing when it cannot be opened.
    virtual std::optional<std::vector<std::string>> list(const std::string& directory) const = 0;
    /// The whole file. Fails on a missing right, a read error, or a file beyond the reader's size limit.
    virtual Result<std::string> read(const std::string& path) const = 0;
    /// The absolute name of a directory with links resolved, what getcwd(3) would say inside; empty = the
    /// working directory.
    virtual std::string resolve_directory(const std::string& directory) const = 0;
};

/// The machine's files.
class SystemFileReader final : public FileReader {
  public:
    /// Larger files are refused: no configuration is, a mistaken `include /dev/...` link may be.
    static constexpr size_t kMaximumSize = size_t{256} << 20U;

    PathStatus status(const std::string& path) const override;
    std::optional<std::vector<std::string>> list(const std::string& directory) const override;
    Result<std::string> read(const std::string& path) const override;
    std::string resolve_directory(const std::string& directory) const override;
};

/// Files held in memory, for tests, simulations and fuzzing. Directories exist by having files in them.
/// Relative paths are below `working_directory`.
class MemoryFiles final : public FileReader {
  public:
    explicit MemoryFiles(std::string working_directory = "/")
        : working_directory_(std::move(working_directory)) {}

    MemoryFiles& add(const std::string& path, std::string text);
    /// A file that cannot be read: a FIFO, a dangling link, an executable, or (kind regular) one without
    /// permission.
    MemoryFiles& add_special(const std::string& path, PathStatus status);
    MemoryFiles& add_directory(const std::string& path);
    void remove(const std::string& path);

    PathStatus status(const std::string& path) const override;
    std::optional<std::vector<std::string>> list(const std::string& directory) const override;
    Result<std::string> read(const std::string& path) const override;
    std::string resolve_directory(const std::string& directory) const override;

  private:
    std::string absolute(const std::string& path) const;
    std::string working_directory_;
    std::map<std::string, std::string> files_;
    std::map<std::string, PathStatus> special_;
    std::set<std::string> directories_;
};

/// `name` seen from `directory`: absolute names stay, an empty directory is the working directory.
std::string join_path(std::string_view directory, std::string_view name);
/// The part before the last slash ("" without one, "/" for a file in the root).
std::string directory_of(std::string_view path);

}  // namespace holdfast::config
