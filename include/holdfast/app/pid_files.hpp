// The pid files (compat/runtime.md, section 4). One process writes its pid under up to four names, because
// scripts and units know them all. Each file is locked while we live, as the reference does, so two daemons
// that share a pid file exclude each other, ours and the reference alike. Destroying PidFiles removes files
// and directory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/app/options.hpp"
#include "holdfast/base/result.hpp"

namespace holdfast::app {

struct PidFilePaths {
    std::string directory;  ///< Created when missing, removed when empty; empty = none needed.
    std::string main;
    std::string vrrp;
    std::string checkers;
    std::string bfd;
    friend bool operator==(const PidFilePaths&, const PidFilePaths&) = default;
};

/// Where the files go: the options' names first; `use_pid_dir`, a namespace or an instance move the rest into
/// RUNDIR/keepalived/, an instance appends _INSTANCE.
PidFilePaths pid_file_paths(const Options& options, bool use_pid_dir, std::string_view instance,
                            std::string_view net_namespace, std::string_view run_directory = "/run");

/// The file that `reload_file` without a path names: the main pid file with `.reload` for `.pid`.
std::string default_reload_file(std::string_view main_pid_file);

class PidFiles {
  public:
    /// Creates and locks all files of the running parts, mode 0644, without following links. Nothing means
    /// somebody else holds one of them (log `daemon is already running`, status 0); an error is anything
    /// else. When it gives up it removes nothing but a directory it created and left empty.
    static Result<std::optional<PidFiles>> acquire(const PidFilePaths& paths, const Subsystems& parts);

    PidFiles(PidFiles&& other) noexcept;
    PidFiles& operator=(PidFiles&& other) noexcept;
    PidFiles(const PidFiles&) = delete;
    PidFiles& operator=(const PidFiles&) = delete;
    /// Removes the files, if they are still ours, and the directory.
    ~PidFiles();

    /// Writes this process's pid and a newline into each file; to be called again after a fork.
    Result<> write();
    /// Those of parts that have come with a reload: creates, locks and writes what is not there yet.
    Result<> extend(const PidFilePaths& paths, const Subsystems& parts);
    /// Whether one of them held something: an earlier run that could not remove it.
    bool found_left() const;
    /// Closes without removing: for the parent that leaves the work to its forked child.
    void abandon();
    const std::vector<std::string>& paths() const;

  private:
    struct State;
    explicit PidFiles(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// `reload_file`: exists, empty and mode 0644, as long as this object lives. Failure to create is reported by
/// `created()`.
class ReloadFile {
  public:
    explicit ReloadFile(std::string path);
    ~ReloadFile();
    ReloadFile(const ReloadFile&) = delete;
    ReloadFile& operator=(const ReloadFile&) = delete;
    const Result<>& created() const { return created_; }

  private:
    std::string path_;
    Result<> created_;
};

}  // namespace holdfast::app
