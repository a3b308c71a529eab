#include "holdfast/kernel/sysctl.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "holdfast/io/fd.hpp"

namespace holdfast::kernel {

namespace {

Result<io::Fd> open_knob(std::string_view path, int flags) {
    const std::string file = fmt::format("/proc/sys/{}", path);
    io::Fd fd(::open(file.c_str(), flags | O_CLOEXEC));
    if (!fd) return fail_errno(fmt::format("cannot open {}", file), errno);
    return fd;
}

}  // namespace

Result<std::string> read_sysctl(std::string_view path) {
    auto fd = open_knob(path, O_RDONLY);
    if (!fd) return Failure(std::move(fd.error()));
    std::array<char, 256> buffer{};
    const ssize_t length = ::read(fd->get(), buffer.data(), buffer.size());
    if (length < 0) return fail_errno(fmt::format("cannot read /proc/sys/{}", path), errno);
    std::string value(buffer.data(), static_cast<size_t>(length));
    while (!value.empty() && value.back() == '\n') value.pop_back();
    return value;
}

Result<> write_sysctl(std::string_view path, std::string_view value) {
    auto fd = open_knob(path, O_WRONLY);
    if (!fd) return Failure(std::move(fd.error()));
    // The kernel takes a value in one write or not at all.
    if (::write(fd->get(), value.data(), value.size()) < 0)
        return fail_errno(fmt::format("cannot write {} to /proc/sys/{}", value, path), errno);
    return {};
}

std::string interface_sysctl(Family family, std::string_view interface, std::string_view name) {
    return fmt::format("net/{}/conf/{}/{}", family == Family::ipv4 ? "ipv4" : "ipv6", interface, name);
}

bool forwards_ipv6(std::string_view interface) {
    const auto value = read_sysctl(interface_sysctl(Family::ipv6, interface, "forwarding"));
    return value && *value != "0";
}

Result<> SysctlKeeper::set(const std::string& path, std::string_view value) {
    auto before = read_sysctl(path);
    if (!before) return Failure(std::move(before.error()));
    if (*before == value) return {};
    auto written = write_sysctl(path, value);
    if (written) before_.try_emplace(path, *std::move(before));
    return written;
}

void SysctlKeeper::restore(const std::string& path) {
    auto at = before_.find(path);
    if (at == before_.end()) return;
    // Gone with its interface, or not ours to write any more: either way there is nothing left to do.
    (void)write_sysctl(path, at->second);
    before_.erase(at);
}

void SysctlKeeper::restore_all() {
    while (!before_.empty()) restore(std::string(before_.begin()->first));
}

namespace {

std::vector<std::string> configured_interfaces() {
    std::vector<std::string> names;
    DIR* folder = ::opendir("/proc/sys/net/ipv4/conf");
    if (folder == nullptr) return names;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != ".." && name != "all") names.emplace_back(name);
    }
    ::closedir(folder);
    return names;
}

std::string reverse_path_of(std::string_view interface) {
    return interface_sysctl(Family::ipv4, interface, "rp_filter");
}

}  // namespace

Result<> ReversePathFilter::relax() {
    if (!all_.empty()) return {};
    auto all = read_sysctl(reverse_path_of("all"));
    if (!all) return Failure(std::move(all.error()));
    if (*all == "0") return {};
    // One digit each: 0 off, 1 strict, 2 loose; the kernel applies the greater of `all` and the interface's.
    for (const std::string& name : configured_interfaces()) {
        const auto own = read_sysctl(reverse_path_of(name));
        if (!own || *own >= *all) continue;
        if (write_sysctl(reverse_path_of(name), *all)) before_.emplace(name, *own);
    }
    auto written = write_sysctl(reverse_path_of("all"), "0");
    if (written) {
        all_ = *all;
    } else {
        for (const auto& [name, value] : before_) (void)write_sysctl(reverse_path_of(name), value);
        before_.clear();
    }
    return written;
}

void ReversePathFilter::restore() {
    if (all_.empty()) return;
    const auto put_back = [](const std::string& name, const std::string& left, const std::string& before) {
        const auto now = read_sysctl(reverse_path_of(name));
        if (now && *now == left) (void)write_sysctl(reverse_path_of(name), before);
    };
    put_back("all", "0", all_);
    for (const auto& [name, value] : before_) put_back(name, all_, value);
    before_.clear();
    all_.clear();
}

}  // namespace holdfast::kernel
