// Trackers: what is watched, and what its result does to a Virtual Router's priority (compat/protocol.md, 8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/rare.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/notify/settings.hpp"

namespace holdfast::track {

/// One entry of a track_* list. Weight 0 means "failure is FAULT"; `reverse` turns the sign of the
/// contribution.
struct Reference {
    std::string name;
    std::optional<int> weight;    ///< -254..254; unset = the tracked object's own.
    std::optional<bool> reverse;  ///< unset = the tracked object's own.
    friend bool operator==(const Reference&, const Reference&) = default;
};

struct References {
    RareList<Reference> interfaces;
    RareList<Reference> scripts;
    RareList<Reference> files;
    RareList<Reference> processes;
    RareList<Reference> bfds;
    friend bool operator==(const References&, const References&) = default;
};

/// A vrrp_script block.
struct ScriptSettings {
    std::string name;
    notify::Command command;
    /// `script "</path"`: success means the file can be opened for reading; no process is started.
    std::string open_path;
    Duration interval = std::chrono::seconds(1);
    Duration timeout{0};  ///< 0 = interval
    int weight = 0;
    bool reverse = false;
    uint32_t rise = 1;
    uint32_t fall = 1;
    bool init_fail = false;
    friend bool operator==(const ScriptSettings&, const ScriptSettings&) = default;
};

/// A track_file block.
struct FileSettings {
    std::string name;
    std::string path;
    int weight = 1;
    bool reverse = false;
    std::optional<int64_t> initial_value;  ///< init_file
    bool overwrite = false;
    friend bool operator==(const FileSettings&, const FileSettings&) = default;
};

enum class ParameterMatch : uint8_t { none, exact, partial, initial };

/// A vrrp_track_process block.
struct ProcessSettings {
    std::string name;
    std::string process;
    std::vector<std::string> parameters;
    ParameterMatch match = ParameterMatch::none;
    int weight = 0;
    bool reverse = false;
    uint32_t quorum = 1;
    std::optional<uint32_t> quorum_max;
    Duration fork_delay{0};
    Duration terminate_delay{0};
    bool full_command = false;
    friend bool operator==(const ProcessSettings&, const ProcessSettings&) = default;
};

}  // namespace holdfast::track
