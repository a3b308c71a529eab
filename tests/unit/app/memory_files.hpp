// Files and processes that exist in a test only. What the test changes is reported like the kernel would.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "holdfast/io/files.hpp"
#include "holdfast/io/process_table.hpp"

namespace holdfast::io {

class MemoryFiles final : public Files {
  public:
    Result<std::string> read(const std::string& path, size_t limit) override {
        if (exhausted) return fail_errno("opening " + path, EMFILE);
        const auto file = files_.find(path);
        if (file == files_.end()) return fail_errno("opening " + path, ENOENT);
        return file->second.substr(0, limit);
    }
    Result<> replace(const std::string& path, std::string_view content) override {
        files_[path] = content;
        tell(path, FileEvent::moved_in);
        return {};
    }
    Result<> remove(const std::string& path) override {
        if (files_.erase(path) > 0) tell(path, FileEvent::deleted);
        return {};
    }
    bool exists(const std::string& path) override { return files_.contains(path); }
    std::optional<std::string> real_path(const std::string& path) override {
        const auto link = links.find(path);
        return link == links.end() ? path : link->second;
    }
    Result<std::unique_ptr<FileSubscription>> watch(const std::string& path,
                                                    std::function<void(FileEvent)> callback) override {
        if (missing_directory) return fail_errno("watching " + path, ENOENT);
        auto made = std::make_unique<Subscription>(*this, path, std::move(callback));
        subscriptions_.push_back(made.get());
        return made;
    }

    /// Somebody writes the file and closes it.
    void write(const std::string& path, std::string_view content) {
        files_[path] = content;
        tell(path, FileEvent::written);
    }
    void tell(const std::string& path, FileEvent event) {
        for (Subscription* one : std::vector(subscriptions_)) {
            if (std::ranges::find(subscriptions_, one) != subscriptions_.end() && one->path == path)
                one->callback(event);
        }
    }
    size_t watched() const { return subscriptions_.size(); }

    std::map<std::string, std::string> links;  ///< Symbolic links: path and what it means.
    bool missing_directory = false;            ///< Nothing can be watched.
    bool exhausted = false;                    ///< No descriptor is left for reading.

  private:
    struct Subscription final : FileSubscription {
        Subscription(MemoryFiles& files, std::string watched, std::function<void(FileEvent)> told)
            : owner(files), path(std::move(watched)), callback(std::move(told)) {}
        ~Subscription() override { std::erase(owner.subscriptions_, this); }
        MemoryFiles& owner;
        std::string path;
        std::function<void(FileEvent)> callback;
    };

    std::map<std::string, std::string> files_;
    std::vector<Subscription*> subscriptions_;
};

class MemoryProcessTable final : public ProcessTable {
  public:
    std::vector<ProcessIdentity> scan(const ProcessDetails& details) override {
        ++scans;
        std::vector<ProcessIdentity> all;
        for (const auto& [pid, identity] : processes) all.push_back(*read(pid, details));
        return all;
    }
    std::optional<ProcessIdentity> read(pid_t pid, const ProcessDetails& details) override {
        const auto process = processes.find(pid);
        if (process == processes.end()) return std::nullopt;
        ProcessIdentity identity = process->second;
        if (!details.name) identity.name.clear();
        if (!details.command_line) identity.command_line.clear();
        return identity;
    }
    Result<> listen(std::function<void(const ProcessNews&)> told) override {
        if (deaf) return fail_errno("process events", ECONNREFUSED);
        handler = std::move(told);
        return {};
    }
    void stop_listening() override { handler = nullptr; }
    Result<> set_buffer(uint32_t bytes, bool) override {
        size = bytes;
        return {};
    }
    uint32_t buffer() const override { return size; }

    // What happens on the host.
    void run(pid_t pid, const std::string& name, std::vector<std::string> words = {}) {
        processes[pid] = {pid, name, std::move(words)};
        tell(ProcessExecuted{pid});
    }
    void fork(pid_t parent, pid_t child) {
        if (processes.contains(parent)) {
            processes[child] = processes[parent];
            processes[child].pid = child;
        }
        tell(ProcessForked{parent, child});
    }
    void rename(pid_t pid, const std::string& name) {
        processes[pid].name = name;
        tell(ProcessRenamed{pid, name});
    }
    void end(pid_t pid) {
        processes.erase(pid);
        tell(ProcessEnded{pid});
    }
    void tell(const ProcessNews& news) {
        if (handler) handler(news);
    }

    std::map<pid_t, ProcessIdentity> processes;
    std::function<void(const ProcessNews&)> handler;
    uint32_t size = 0;
    int scans = 0;
    bool deaf = false;  ///< The kernel offers no news.
};

}  // namespace holdfast::io
