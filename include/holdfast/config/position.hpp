// A place in a configuration file.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast::config {

/// Where a block or value was written.
struct SourcePosition {
    std::string file;
    uint32_t line = 0;    ///< From 1; 0 = unknown.
    uint32_t column = 0;  ///< In bytes, from 1.
    friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

}  // namespace holdfast::config
