// Files in memory. Paths are kept absolute and without "." and ".." components.
#include <cerrno>
#include <utility>

#include "holdfast/config/source.hpp"

namespace holdfast::config {

std::string MemoryFiles::absolute(const std::string& path) const {
    std::string_view rest = path;
    std::string joined;
    if (!path.starts_with('/')) {
        joined = join_path(working_directory_, path);
        rest = joined;
    }
    std::vector<std::string_view> parts;
    while (!rest.empty()) {
        size_t slash = rest.find('/');
        std::string_view part = rest.substr(0, slash);
        rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.push_back(part);
        } else if (!parts.empty()) {
            parts.pop_back();
        }
    }
    std::string result;
    for (std::string_view part : parts) (result += '/') += part;
    return result.empty() ? "/" : result;
}

MemoryFiles& MemoryFiles::add(const std::string& path, std::string text) {
    std::string name = absolute(path);
    for (std::string parent = directory_of(name); parent != "/"; parent = directory_of(parent)) {
        directories_.insert(parent);
    }
    files_[std::move(name)] = std::move(text);
    return *this;
}

MemoryFiles& MemoryFiles::add_special(const std::string& path, PathStatus status) {
    add(path, {});
    special_[absolute(path)] = status;
    return *this;
}

MemoryFiles& MemoryFiles::add_directory(const std::string& path) {
    for (std::string name = absolute(path); name != "/"; name = directory_of(name)) directories_.insert(name);
    return *this;
}

void MemoryFiles::remove(const std::string& path) {
    std::string name = absolute(path);
    files_.erase(name);
    special_.erase(name);
    directories_.erase(name);
}

PathStatus MemoryFiles::status(const std::string& path) const {
    std::string name = absolute(path);
    if (auto special = special_.find(name); special != special_.end()) return special->second;
    if (files_.contains(name)) {
        return {path.ends_with('/') ? PathKind::missing : PathKind::regular, false};
    }
    if (name == "/" || directories_.contains(name)) return {PathKind::directory, true};
    return {};
}

std::optional<std::vector<std::string>> MemoryFiles::list(const std::string& directory) const {
    std::string name = absolute(directory);
    if (name != "/" && !directories_.contains(name)) return std::nullopt;
    std::vector<std::string> names;
    auto add_child = [&](const std::string& path) {
        if (path != "/" && directory_of(path) == name) names.push_back(path.substr(path.rfind('/') + 1));
    };
    for (const auto& file : files_) add_child(file.first);
    for (const std::string& child : directories_) add_child(child);
    return names;
}

Result<std::string> MemoryFiles::read(const std::string& path) const {
    std::string name = absolute(path);
    if (special_.contains(name)) return fail_errno(path, EACCES);
    auto file = files_.find(name);
    if (file == files_.end()) return fail_errno(path, ENOENT);
    return file->second;
}

std::string MemoryFiles::resolve_directory(const std::string& directory) const {
    return absolute(directory);
}

}  // namespace holdfast::config
