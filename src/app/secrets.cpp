#include "holdfast/app/secrets.hpp"

#include <algorithm>
#include <array>

namespace holdfast::app {

std::string without_secret(const std::string& line) {
    constexpr std::array<std::string_view, 4> kSecret{"auth_pass", "password", "key", "secret"};
    const std::string keyword = line.substr(0, line.find(' '));
    const bool secret = keyword.size() < line.size() && std::ranges::find(kSecret, keyword) != kSecret.end();
    return secret ? keyword + " (not shown)" : line;
}

std::string without_secrets(std::string_view configuration) {
    std::string shown;
    while (!configuration.empty()) {
        const size_t end = std::min(configuration.find('\n'), configuration.size());
        const size_t begin = std::min(configuration.find_first_not_of(" \t"), end);
        shown += configuration.substr(0, begin);
        shown += without_secret(std::string(configuration.substr(begin, end - begin)));
        if (end < configuration.size()) shown += '\n';
        configuration.remove_prefix(std::min(end + 1, configuration.size()));
    }
    return shown;
}

}  // namespace holdfast::app
