// The real machine: interfaces by rtnetlink, because /sys shows the network namespace it was mounted in
// rather than ours.
#include "holdfast/config/environment.hpp"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "interface_facts.hpp"

namespace holdfast::config {
namespace {

/// inotify(7) sees nothing that other machines or the kernel itself write.
bool unwatchable(const std::string& path) {
    struct statfs facts{};
    if (statfs(path.c_str(), &facts) != 0) return false;
    constexpr std::array<uint32_t, 22> kTypes{0xcafe4a11 /* bpf */,     0x0027e0eb /* cgroup */,
                                              0x63677270 /* cgroup2 */, 0x64626720 /* debugfs */,
                                              0x00001cd1 /* devpts */,  0xde5e81e4 /* efivarfs */,
                                              0x65735546 /* fuse */,    0x19800202 /* mqueue */,
                                              0x00006969 /* nfs */,     0x50495045 /* pipefs */,
                                              0x00009fa0 /* proc */,    0x00007275 /* romfs */,
                                              0xf97cff8c /* selinux */, 0x0000517b /* smb */,
                                              0xfe534d42 /* smb2 */,    0x534f434b /* sockfs */,
                                              0x62656572 /* sysfs */,   0x012ff7b6 /* sysv2 */,
                                              0x012ff7b5 /* sysv4 */,   0x74726163 /* tracefs */,
                                              0x00006969 /* nfs */,     0xff534d42 /* cifs */};
    const bool listed =
        std::find(kTypes.begin(), kTypes.end(), static_cast<uint32_t>(facts.f_type)) != kTypes.end();
    struct statvfs flags{};
    const bool read_only = statvfs(path.c_str(), &flags) == 0 && (flags.f_flag & ST_RDONLY) != 0;
    return listed || read_only;
}

}  // namespace

std::string SystemEnvironment::host_name() const {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

SystemEnvironment::SystemEnvironment() = default;
SystemEnvironment::~SystemEnvironment() = default;

std::optional<InterfaceFacts> SystemEnvironment::interface(std::string_view name) const {
    if (!interfaces_) interfaces_ = std::make_unique<InterfaceMap>(read_interfaces());
    const auto found = interfaces_->find(name);
    return found == interfaces_->end() ? std::nullopt : std::optional(found->second);
}

std::optional<UserFacts> SystemEnvironment::user(std::string_view name) const {
    std::vector<char> buffer(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (getpwnam_r(std::string(name).c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr)
        return std::nullopt;
    return UserFacts{entry.pw_uid, entry.pw_gid};
}

std::optional<uint32_t> SystemEnvironment::group(std::string_view name) const {
    std::vector<char> buffer(65536);
    ::group entry{};
    ::group* found = nullptr;
    if (getgrnam_r(std::string(name).c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr)
        return std::nullopt;
    return entry.gr_gid;
}

FileFacts SystemEnvironment::file(const std::string& path) const {
    FileFacts facts;
    struct stat found{};
    if (lstat(path.c_str(), &found) == 0) facts.symbolic_link = S_ISLNK(found.st_mode);
    if (stat(path.c_str(), &found) != 0) return facts;
    facts.kind = S_ISREG(found.st_mode)    ? FileKind::regular
                 : S_ISDIR(found.st_mode)  ? FileKind::directory
                 : S_ISFIFO(found.st_mode) ? FileKind::fifo
                                           : FileKind::other;
    facts.uid = found.st_uid;
    facts.gid = found.st_gid;
    facts.mode = found.st_mode & 07777U;
    facts.unwatchable = facts.kind == FileKind::directory && unwatchable(path);
    return facts;
}

std::string SystemEnvironment::real_path(const std::string& path) const {
    const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
    return resolved ? std::string(resolved.get()) : std::string();
}

Result<std::string> SystemEnvironment::contents(const std::string& path, size_t limit) const {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail_errno("cannot open " + path, errno);
    std::string text(limit + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    if (text.size() > limit) return fail(path + " is too long");
    return text;
}

std::vector<std::string> SystemEnvironment::search_path() const {
    const char* variable =
        std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing sets the environment.
    std::istringstream list(variable != nullptr ? variable : "/bin:/usr/bin");
    std::vector<std::string> directories;
    for (std::string directory; std::getline(list, directory, ':');)
        if (!directory.empty()) directories.push_back(directory);
    return directories;
}

std::optional<IpAddress> SystemEnvironment::resolve(const std::string& name) const {
    addrinfo* list = nullptr;
    if (getaddrinfo(name.c_str(), nullptr, nullptr, &list) != 0) return std::nullopt;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        // sockaddr_in has its address after 4 bytes, sockaddr_in6 after 8.
        const size_t offset = entry->ai_family == AF_INET ? 4 : 8;
        const size_t length = entry->ai_family == AF_INET ? 4 : 16;
        if (entry->ai_addrlen < offset + length) continue;
        std::array<uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), reinterpret_cast<const uint8_t*>(entry->ai_addr) + offset, length);
        if (auto address = IpAddress::from_bytes(std::span(bytes).first(length))) return address;
    }
    return std::nullopt;
}

uint32_t SystemEnvironment::effective_uid() const {
    return geteuid();
}

uint32_t SystemEnvironment::processor_count() const {
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? static_cast<uint32_t>(count) : 1U;
}

std::optional<std::string> SystemEnvironment::variable(std::string_view name) const {
    const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

uint64_t SystemEnvironment::random(uint64_t min, uint64_t max) const {
    std::random_device source;
    return std::uniform_int_distribution<uint64_t>(min, std::max(min, max))(source);
}

}  // namespace holdfast::config
