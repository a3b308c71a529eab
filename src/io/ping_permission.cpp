#include "ping_permission.hpp"

#include <fstream>
#include <sstream>

namespace holdfast::io {

namespace {

constexpr const char* kRange = "/proc/sys/net/ipv4/ping_group_range";

}  // namespace

std::optional<std::string> widened_ping_range(const std::string& range) {
    std::istringstream text(range);
    unsigned long first = 0;
    unsigned long last = 0;
    if (!(text >> first >> last) || first == 0) return std::nullopt;
    // "1 0", the kernel's own default, is nobody; "0 0" is root alone.
    return "0 " + std::to_string(last);
}

PingPermission::~PingPermission() {
    if (before_) std::ofstream(kRange) << *before_;
}

bool PingPermission::ask() {
    if (asked_) return false;
    asked_ = true;
    std::string range;
    std::getline(std::ifstream(kRange), range);
    const auto wider = widened_ping_range(range);
    if (!wider) return false;
    std::ofstream file(kRange);
    if (!(file << *wider << std::flush)) return false;
    before_ = range;
    return true;
}

}  // namespace holdfast::io
