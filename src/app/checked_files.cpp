#include "holdfast/app/checked_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>

namespace holdfast::app {

namespace {

constexpr size_t kLongestNumber = 127;

}  // namespace

struct CheckedFiles::File {
    track::FileSettings settings;
    int64_t number = 0;
    std::unique_ptr<io::FileSubscription> subscription;
};

CheckedFiles::CheckedFiles(Edges& edges, Listener listener) : edges_(edges), listener_(std::move(listener)) {}

CheckedFiles::~CheckedFiles() = default;

void CheckedFiles::load(const std::vector<track::FileSettings>& files) {
    auto before = std::exchange(files_, {});
    for (const track::FileSettings& settings : files) {
        const auto known = std::ranges::find_if(before, [&](const auto& file) {
            return file != nullptr && file->settings.name == settings.name &&
                   file->settings.path == settings.path;
        });
        if (known != before.end()) {
            (*known)->settings = settings;
            files_.push_back(std::move(*known));
            continue;
        }
        auto& file = *files_.emplace_back(std::make_unique<File>(File{settings, 0, nullptr}));
        auto watch = edges_.files.watch(edges_.files.real_path(settings.path).value_or(settings.path),
                                        [this, &file](io::FileEvent event) { changed(file, event); });
        if (watch) {
            file.subscription = std::move(*watch);
        } else {
            edges_.log.write(Part::checkers, LogLevel::warning,
                             fmt::format("track_file {}: {}", settings.name, watch.error().message));
        }
        read(file);
    }
}

// A name that has only just appeared may still be being written.
void CheckedFiles::changed(File& file, io::FileEvent event) {
    if (event == io::FileEvent::created) return;
    const int64_t before = file.number;
    read(file);
    if (file.number != before) listener_(file.settings.name);
}

// keepalived's rules: base by prefix (0x, 0), what follows the number does not matter, 32 bits.
void CheckedFiles::read(File& file) {
    const auto text = edges_.files.read(file.settings.path, kLongestNumber);
    errno = 0;
    const long long number = text ? std::strtoll(text->c_str(), nullptr, 0) : 0;
    if (errno != 0 || number < std::numeric_limits<int32_t>::min() ||
        number > int64_t{std::numeric_limits<int32_t>::max()} + 1) {
        edges_.log.info(Part::checkers,
                        fmt::format("Invalid number {} read from {} - ignoring", number, file.settings.path));
        return;
    }
    file.number = number;
}

const CheckedFiles::File* CheckedFiles::find(const std::string& name) const {
    const auto found =
        std::ranges::find_if(files_, [&](const auto& file) { return file->settings.name == name; });
    return found == files_.end() ? nullptr : found->get();
}

int64_t CheckedFiles::number(const std::string& name) const {
    const File* file = find(name);
    return file == nullptr ? 0 : file->number;
}

const track::FileSettings* CheckedFiles::settings(const std::string& name) const {
    const File* file = find(name);
    return file == nullptr ? nullptr : &file->settings;
}

}  // namespace holdfast::app
