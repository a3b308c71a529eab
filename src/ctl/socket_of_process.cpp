// Finds the control socket of a process as ss(8) would: its descriptors name the inodes of its sockets, and
// the list of Unix sockets in its network namespace says which of them listens where.
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "holdfast/ctl/client.hpp"

namespace holdfast::ctl {

namespace {

/// The inodes behind links like `socket:[12345]`.
std::set<std::string> sockets_of(const std::filesystem::path& process) {
    constexpr std::string_view kPrefix = "socket:[";
    std::set<std::string> inodes;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(process / "fd", error)) {
        std::error_code unreadable;
        const std::string target = std::filesystem::read_symlink(entry.path(), unreadable).string();
        if (target.starts_with(kPrefix) && target.ends_with(']'))
            inodes.insert(target.substr(kPrefix.size(), target.size() - kPrefix.size() - 1));
    }
    return inodes;
}

}  // namespace

std::optional<std::string> socket_of_process(uint32_t pid) {
    const std::filesystem::path process = "/proc/" + std::to_string(pid);
    const std::set<std::string> own = sockets_of(process);
    // Num RefCount Protocol Flags Type St Inode Path; Flags 00010000 is a socket that listens (unix(7)).
    std::ifstream list(process / "net/unix");
    for (std::string line; std::getline(list, line);) {
        std::istringstream fields(line);
        std::array<std::string, 7> columns;
        for (std::string& column : columns) fields >> column;
        std::string path;
        std::getline(fields >> std::ws, path);
        if (columns[3] == "00010000" && path.starts_with('/') && path.ends_with(".sock") &&
            own.contains(columns[6]))
            return path;
    }
    return std::nullopt;
}

}  // namespace holdfast::ctl
