// `reload_time_file`: a file that says when to reload. It is watched; a time of day or a date in it arms a
// timer, a changed or removed file moves or cancels it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/app/edges.hpp"

namespace holdfast::app {

struct ReloadTime {
    std::chrono::system_clock::time_point at{};
    bool with_date = false;
};

/// `HH:MM:SS` (the next such time), `YY-MM-DD HH:MM:SS` or `YYYY-MM-DD HH:MM:SS`, local time, or UTC with a
/// `Z` appended. The error is the line for the log.
Result<ReloadTime> parse_reload_time(const std::string& text, std::chrono::system_clock::time_point now);

class ReloadSchedule {
  public:
    /// `reload` is called when the time has come, from the loop; it calls `follow` when it is done.
    ReloadSchedule(Edges& edges, std::function<void()> reload);
    ReloadSchedule(const ReloadSchedule&) = delete;
    ReloadSchedule& operator=(const ReloadSchedule&) = delete;

    /// Watches this file from now on and reads it; an empty path watches nothing. With `repeat` a file with a
    /// time of day stays and counts again the next day, otherwise it is removed when it has done its work.
    void follow(const std::string& path, bool repeat);
    /// When the next one is; nothing when none is to come.
    std::optional<ReloadTime> scheduled() const;

  private:
    void on_event(io::FileEvent event);
    void read();
    void cancel(bool tell);
    void due();

    Edges& edges_;
    std::function<void()> reload_;
    std::string path_;
    bool repeat_ = false;
    ReloadTime time_;
    io::Timer timer_;
    std::unique_ptr<io::FileSubscription> subscription_;
};

}  // namespace holdfast::app
