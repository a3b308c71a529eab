#include "holdfast/kernel/sysctl.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

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

}  // namespace holdfast::kernel
