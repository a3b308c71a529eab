// Follows the numbers in the track_file blocks that somebody looks at: reads each file at the start and
// whenever it has been written, renamed or removed. VRRP has one of these, the checkers (FILE_CHECK) another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/track/settings.hpp"

namespace holdfast::app {

/// Writes the files that have `init_file`: those that are missing, and with `overwrite` all. Once, when the
/// daemon starts.
void initialise_track_files(Edges& edges, const std::vector<track::FileSettings>& files);

class FileTrackers {
  public:
    /// `changed` is told every new number with the one before; it may not destroy this object. `part` names
    /// the log lines' reader.
    using Changed = std::function<void(std::string_view name, int64_t before, int64_t value)>;
    FileTrackers(Edges& edges, Part part, Changed changed);
    FileTrackers(const FileTrackers&) = delete;
    FileTrackers& operator=(const FileTrackers&) = delete;
    ~FileTrackers();

    /// Takes over the files of a generation that are in `followed`; each is read before this returns. Those
    /// with the same path as before run on, and `changed` is told nothing.
    void load(const std::vector<track::FileSettings>& files, const std::set<std::string>& followed);
    void stop();

    /// The number in the file: 0 when it is missing, not readable or has none. Nothing for a file that is not
    /// followed.
    std::optional<int64_t> value(std::string_view name) const;
    /// Null for a file that is not followed.
    const track::FileSettings* settings(std::string_view name) const;
    /// The path with its links resolved, which is the one that is watched; empty for a file that is not
    /// followed.
    std::string path(std::string_view name) const;

  private:
    class Follower;
    Edges& edges_;
    Part part_;
    Changed changed_;
    std::map<std::string, std::unique_ptr<Follower>, std::less<>> followers_;
};

}  // namespace holdfast::app
