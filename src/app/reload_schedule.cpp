#include "holdfast/app/reload_schedule.hpp"

#include <fmt/format.h>
#include <time.h>

#include <utility>

namespace holdfast::app {

namespace {

using std::chrono::system_clock;

// The longest form and its Z.
constexpr size_t kReadLimit = 20;
constexpr size_t kTimeOnly = 8;
constexpr size_t kShortYear = 17;
constexpr size_t kLongYear = 19;

std::string text_of(system_clock::time_point time) {
    const time_t seconds = system_clock::to_time_t(time);
    tm fields{};
    localtime_r(&seconds, &fields);
    char text[kLongYear + 1];
    return {text, strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields)};
}

bool same_instant(const tm& a, const tm& b) {
    return a.tm_year == b.tm_year && a.tm_mon == b.tm_mon && a.tm_mday == b.tm_mday &&
           a.tm_hour == b.tm_hour && a.tm_min == b.tm_min && a.tm_sec == b.tm_sec;
}

}  // namespace

Result<ReloadTime> parse_reload_time(const std::string& text, system_clock::time_point now) {
    const bool utc = text.ends_with('Z');
    const size_t length = text.size() - (utc ? 1 : 0);
    const char* format = length == kTimeOnly    ? "%H:%M:%S"
                         : length == kShortYear ? "%y-%m-%d %H:%M:%S"
                         : length == kLongYear  ? "%Y-%m-%d %H:%M:%S"
                                                : nullptr;
    if (format == nullptr) return fail(fmt::format("Reload time {} format is incorrect - ignoring", text));
    const time_t present = system_clock::to_time_t(now);
    tm fields{};
    utc ? gmtime_r(&present, &fields) : localtime_r(&present, &fields);
    const char* end = strptime(text.c_str(), format, &fields);
    if (end == nullptr || end != text.c_str() + length)
        return fail(fmt::format("Reload date/time {} invalid - ignoring", text));
    fields.tm_isdst = -1;
    const auto instant = [utc](tm& which) { return utc ? timegm(&which) : mktime(&which); };
    tm normal = fields;
    time_t at = instant(normal);
    // The 30th of February, or an hour that summer time leaves out.
    if (!same_instant(fields, normal))
        return fail(fmt::format("Reload time {} is not valid - ignoring", text));
    if (at <= present) {
        if (length != kTimeOnly) return fail(fmt::format("Reload time {} is in the past - ignoring", text));
        ++normal.tm_mday;
        normal.tm_isdst = -1;
        at = instant(normal);
    }
    return ReloadTime{system_clock::from_time_t(at), length != kTimeOnly};
}

ReloadSchedule::ReloadSchedule(Edges& edges, std::function<void()> reload)
    : edges_(edges), reload_(std::move(reload)), timer_(edges.timers, [this] { due(); }) {}

void ReloadSchedule::follow(const std::string& path, bool repeat) {
    cancel(false);
    subscription_.reset();
    path_ = path;
    repeat_ = repeat;
    if (path_.empty()) return;
    auto watched = edges_.files.watch(path_, [this](io::FileEvent event) { on_event(event); });
    if (!watched) {
        edges_.log.info(Part::daemon, fmt::format("Unable to monitor reload timer file {}: {}", path_,
                                                  watched.error().message));
        return;
    }
    subscription_ = std::move(*watched);
    read();
}

void ReloadSchedule::on_event(io::FileEvent event) {
    if (event == io::FileEvent::directory_gone) {
        cancel(true);
        subscription_.reset();
        edges_.log.info(Part::daemon, "Directory of reload timer file has disappeared. Monitoring stopped.");
        return;
    }
    read();
}

void ReloadSchedule::read() {
    const auto content = edges_.files.read(path_, kReadLimit);
    if (!content || content->empty()) {
        cancel(true);
        return;
    }
    const std::string text = content->substr(0, content->find('\n'));
    const auto now = edges_.wall_clock();
    const auto time = parse_reload_time(text, now);
    if (!time) {
        edges_.log.info(Part::daemon, time.error().message);
        edges_.log.info(Part::daemon, fmt::format("Invalid reload time '{}' specified - ignoring", text));
        cancel(true);
        return;
    }
    if (timer_.armed() && time->at == time_.at) return;
    if (timer_.armed()) {
        edges_.log.info(Part::daemon, fmt::format("Reload time updated from {} to {}", text_of(time_.at),
                                                  text_of(time->at)));
    } else {
        edges_.log.info(Part::daemon, fmt::format("Scheduling reload for {}", text_of(time->at)));
    }
    time_ = *time;
    timer_.arm_after(time_.at - now);
}

void ReloadSchedule::cancel(bool tell) {
    if (!timer_.armed()) return;
    timer_.cancel();
    if (tell) {
        edges_.log.info(Part::daemon, fmt::format("Cancelling reload scheduled for {}", text_of(time_.at)));
    }
}

std::optional<ReloadTime> ReloadSchedule::scheduled() const {
    return timer_.armed() ? std::optional(time_) : std::nullopt;
}

void ReloadSchedule::due() {
    // Its removal is our own doing and no news.
    subscription_.reset();
    if (!repeat_ || time_.with_date) {
        if (const auto removed = edges_.files.remove(path_); !removed)
            edges_.log.info(Part::daemon, removed.error().message);
    }
    reload_();
}

}  // namespace holdfast::app
