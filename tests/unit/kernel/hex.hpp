#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::kernel {

/// The bytes of hexadecimal digits as tcpdump prints them; blanks do not count.
inline std::vector<uint8_t> bytes(std::string_view hex) {
    std::vector<uint8_t> result;
    std::string digits;
    for (const char c : hex) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        result.push_back(static_cast<uint8_t>(std::stoi(digits, nullptr, 16)));
        digits.clear();
    }
    return result;
}

}  // namespace holdfast::kernel
