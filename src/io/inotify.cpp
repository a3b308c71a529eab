#include "holdfast/io/inotify.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <system_error>

namespace holdfast::io {

namespace {

// IN_CLOSE_WRITE instead of IN_MODIFY: a reader must not see half of a file. So does the reference's
// track_file.
constexpr uint32_t kInterest =
    IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

int open_inotify() {
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "inotify_init1");
    return fd;
}

}  // namespace

FileWatcher::FileWatcher(EventLoop& loop)
    : fd_(open_inotify()), watch_(loop, fd_.get(), {.readable = true}, [this](Events) { on_ready(); }) {}

FileWatcher::~FileWatcher() {
    sweep();
    require(directories_.empty(), "a file watcher outlives its watches");
}

Result<std::unique_ptr<FileWatch>> FileWatcher::watch(const std::string& path,
                                                      std::function<void(FileEvent)> callback) {
    const size_t slash = path.rfind('/');
    const std::string name = slash == path.npos ? path : path.substr(slash + 1);
    if (name.empty()) return fail("\"" + path + "\" does not name a file");
    std::string directory = ".";
    if (slash != path.npos) directory = slash == 0 ? "/" : path.substr(0, slash);
    // The same directory again gives the same number.
    const int number = inotify_add_watch(fd_.get(), directory.c_str(), kInterest);
    if (number < 0) return fail_errno("cannot watch " + directory, errno);
    std::unique_ptr<FileWatch> watch(new FileWatch(*this, number, name, std::move(callback)));
    directories_[number].watches.push_back(watch.get());
    return watch;
}

void FileWatcher::on_ready() {
    alignas(inotify_event) std::array<char, 8192> buffer;
    const ssize_t length = ::read(fd_.get(), buffer.data(), buffer.size());
    const Lifetime::Guard guard(lifetime_);
    delivering_ = true;
    for (ssize_t offset = 0; offset < length;) {
        inotify_event event;
        std::memcpy(&event, buffer.data() + offset, sizeof event);
        const char* name = buffer.data() + offset + sizeof event;  // Padded with NULs.
        handle(event.wd, event.mask, {name, event.len == 0 ? 0 : strnlen(name, event.len)});
        if (guard.is_dead()) return;
        offset += static_cast<ssize_t>(sizeof event + event.len);
    }
    delivering_ = false;
    sweep();
}

void FileWatcher::handle(int directory, uint32_t mask, std::string_view name) {
    if ((mask & IN_Q_OVERFLOW) != 0) {
        std::vector<int> all;
        for (const auto& [number, entry] : directories_) all.push_back(number);
        const Lifetime::Guard guard(lifetime_);
        for (const int number : all) {
            deliver(number, std::nullopt, FileEvent::overflow);
            if (guard.is_dead()) return;
        }
    } else if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) {
        const auto found = directories_.find(directory);
        if (found == directories_.end() || found->second.gone) return;
        found->second.gone = true;
        // A moved directory is still watched, under a name that nobody asked for.
        if ((mask & IN_MOVE_SELF) != 0) inotify_rm_watch(fd_.get(), directory);
        deliver(directory, std::nullopt, FileEvent::directory_gone);
    } else if ((mask & IN_CREATE) != 0) {
        deliver(directory, name, FileEvent::created);
    } else if ((mask & IN_MOVED_TO) != 0) {
        deliver(directory, name, FileEvent::moved_in);
    } else if ((mask & IN_CLOSE_WRITE) != 0) {
        deliver(directory, name, FileEvent::written);
    } else if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
        deliver(directory, name, FileEvent::deleted);
    }
}

void FileWatcher::deliver(int directory, std::optional<std::string_view> name, FileEvent event) {
    const auto found = directories_.find(directory);
    if (found == directories_.end()) return;
    // References into the map stay valid, and entries are only nulled while delivering. A watch that is added
    // by a callback is behind `count`: this event is older than it.
    std::vector<FileWatch*>& watches = found->second.watches;
    const size_t count = watches.size();
    const Lifetime::Guard guard(lifetime_);
    for (size_t i = 0; i < count; ++i) {
        FileWatch* watch = watches[i];
        if (watch == nullptr || (name && watch->name_ != *name)) continue;
        watch->callback_(event);
        if (guard.is_dead()) return;
    }
}

void FileWatcher::remove(FileWatch& watch) {
    const auto found = directories_.find(watch.directory_);
    for (FileWatch*& entry : found->second.watches) {
        if (entry == &watch) entry = nullptr;
    }
    if (!delivering_) sweep();
}

// Forgets destroyed watches, and directories without any.
void FileWatcher::sweep() {
    for (auto item = directories_.begin(); item != directories_.end();) {
        auto& [number, directory] = *item;
        std::erase(directory.watches, nullptr);
        const bool is_unused = directory.watches.empty();
        if (is_unused && !directory.gone) inotify_rm_watch(fd_.get(), number);
        item = is_unused ? directories_.erase(item) : std::next(item);
    }
}

FileWatch::FileWatch(FileWatcher& watcher, int directory, std::string name,
                     std::function<void(FileEvent)> callback)
    : watcher_(watcher), directory_(directory), name_(std::move(name)), callback_(std::move(callback)) {}

FileWatch::~FileWatch() {
    watcher_.remove(*this);
}

}  // namespace holdfast::io
