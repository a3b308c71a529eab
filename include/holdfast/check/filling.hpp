// What probes send when nothing is configured: the same bytes as keepalived, so that captures and filters see
// no difference.
#pragma once

#include <cstddef>
#include <string_view>

#include "holdfast/check/conversation.hpp"

namespace holdfast::check {

inline void append_filling(Bytes& out, size_t length) {
    constexpr std::string_view kText = "keepalived check - ";
    for (size_t i = 0; i < length; ++i) out.push_back(static_cast<uint8_t>(kText[i % kText.size()]));
}

}  // namespace holdfast::check
