#include "holdfast/app/last_run.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace holdfast::app {

bool lists_vrrp_socket(std::string_view table) {
    // "   1: 00000000:0070 00000000:0000 07 ..." with the numbers in hexadecimal.
    while (!table.empty()) {
        const std::string_view line = table.substr(0, table.find('\n'));
        table.remove_prefix(std::min(line.size() + 1, table.size()));
        const size_t number_end = line.find(": ");
        if (number_end == std::string_view::npos) continue;
        const std::string_view local =
            line.substr(number_end + 2, line.find(' ', number_end + 2) - number_end - 2);
        // 112, and 51 where adverts carry an authentication header.
        if (local.ends_with(":0070") || local.ends_with(":0033")) return true;
    }
    return false;
}

bool vrrp_is_spoken_here(const std::string& proc) {
    for (const char* name : {"/net/raw", "/net/raw6"}) {
        std::ifstream file(proc + name);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (lists_vrrp_socket(text)) return true;
    }
    return false;
}

}  // namespace holdfast::app
