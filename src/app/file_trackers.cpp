#include "holdfast/app/file_trackers.hpp"

#include <fmt/format.h>

#include <utility>

#include "holdfast/io/exhaustion.hpp"
#include "holdfast/track/contribution.hpp"

namespace holdfast::app {

namespace {

// As much as the reference looks at: no number is longer.
constexpr size_t kReadLimit = 127;
// How often a directory that is gone is looked for.
constexpr Duration kDirectoryRetry = std::chrono::seconds(1);

}  // namespace

void initialise_track_files(Edges& edges, const std::vector<track::FileSettings>& files) {
    for (const track::FileSettings& file : files) {
        if (!file.initial_value || (!file.overwrite && edges.files.exists(file.path))) continue;
        const auto written = edges.files.replace(file.path, fmt::format("{}\n", *file.initial_value));
        if (!written) {
            edges.log.write(
                Part::daemon, LogLevel::warning,
                fmt::format("Unable to initialise track file {}: {}", file.name, written.error().message));
        }
    }
}

class FileTrackers::Follower {
  public:
    Follower(FileTrackers& owner, track::FileSettings settings)
        : owner_(owner),
          settings_(std::move(settings)),
          retry_(owner.edges_.timers, [this] { watch_again(); }) {
        path_ = owner_.edges_.files.real_path(settings_.path).value_or(settings_.path);
        watch();
        value_ = read().value_or(0);
    }
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    ~Follower() = default;

    const track::FileSettings& settings() const { return settings_; }
    void reconfigure(const track::FileSettings& settings) { settings_ = settings; }
    int64_t value() const { return value_; }
    const std::string& path() const { return path_; }

  private:
    void watch() {
        auto watched = owner_.edges_.files.watch(path_, [this](io::FileEvent event) { on_event(event); });
        if (watched) {
            subscription_ = std::move(*watched);
            complained_ = false;
            return;
        }
        if (!std::exchange(complained_, true)) {
            owner_.edges_.log.write(
                owner_.part_, LogLevel::warning,
                fmt::format("Unable to monitor track file {}: {}", settings_.name, watched.error().message));
        }
        retry_.arm_after(kDirectoryRetry);
    }
    void watch_again() {
        watch();
        if (subscription_ != nullptr) update();
    }
    void on_event(io::FileEvent event) {
        switch (event) {
            case io::FileEvent::created:
                return;  // Still empty, or a link: the content comes with the closing or a rename.
            case io::FileEvent::directory_gone:
                subscription_.reset();
                retry_.arm_after(kDirectoryRetry);
                break;
            case io::FileEvent::written:
            case io::FileEvent::moved_in:
            case io::FileEvent::deleted:
            case io::FileEvent::overflow:
                break;
        }
        update();
    }
    /// Nothing when the file holds a number that is out of range, or when we lack the means to look: then the
    /// old one stays in force.
    std::optional<int64_t> read() {
        const auto content = owner_.edges_.files.read(path_, kReadLimit);
        if (!content && io::is_exhaustion(content.error().os_error)) {
            retry_.arm_after(kDirectoryRetry);
            return std::nullopt;
        }
        if (!content) return 0;
        const auto value = track::parse_file_value(*content);
        if (!value) {
            owner_.edges_.log.info(owner_.part_,
                                   fmt::format("Invalid number {} read from {} - ignoring",
                                               content->substr(0, content->find_first_of(" \n")), path_));
        }
        return value;
    }
    void update() {
        const auto value = read();
        if (!value || *value == value_) return;
        const int64_t before = std::exchange(value_, *value);
        owner_.changed_(settings_.name, before, value_);
    }

    FileTrackers& owner_;
    track::FileSettings settings_;
    std::string path_;
    int64_t value_ = 0;
    std::unique_ptr<io::FileSubscription> subscription_;
    io::Timer retry_;  ///< The directory is gone, or we could not look: and now?
    bool complained_ = false;
};

FileTrackers::FileTrackers(Edges& edges, Part part, Changed changed)
    : edges_(edges), part_(part), changed_(std::move(changed)) {}

FileTrackers::~FileTrackers() = default;

void FileTrackers::load(const std::vector<track::FileSettings>& files,
                        const std::set<std::string>& followed) {
    std::map<std::string, std::unique_ptr<Follower>, std::less<>> before = std::exchange(followers_, {});
    for (const track::FileSettings& settings : files) {
        if (!followed.contains(settings.name)) continue;
        const auto old = before.find(settings.name);
        if (old != before.end() && old->second->settings().path == settings.path) {
            old->second->reconfigure(settings);
            followers_[settings.name] = std::move(old->second);
            before.erase(old);
        } else {
            followers_.emplace(settings.name, std::make_unique<Follower>(*this, settings));
        }
    }
}

void FileTrackers::stop() {
    followers_.clear();
}

std::optional<int64_t> FileTrackers::value(std::string_view name) const {
    const auto follower = followers_.find(name);
    if (follower == followers_.end()) return std::nullopt;
    return follower->second->value();
}

const track::FileSettings* FileTrackers::settings(std::string_view name) const {
    const auto follower = followers_.find(name);
    return follower == followers_.end() ? nullptr : &follower->second->settings();
}

std::string FileTrackers::path(std::string_view name) const {
    const auto follower = followers_.find(name);
    return follower == followers_.end() ? std::string() : follower->second->path();
}

}  // namespace holdfast::app
