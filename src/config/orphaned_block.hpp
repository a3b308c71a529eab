// A condition that leaves out the line that opens a block, and with it only that line: `@ID vrrp_instance W
// {`. The lines of the block are then read as if they stood outside, and its `}` ends nothing.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "storage.hpp"

namespace holdfast::config {

/// A line outside every block that a condition left out and that ends in `{`.
struct SkippedHead {
    uint32_t node;          ///< What follows it.
    std::string_view text;  ///< From the `@` to the `{`.
};

/// Takes the lines of such blocks, up to the `}` that is too many, out of the nodes and reports each block
/// once. A head with an alternative (`@A vrrp_instance X {` above `@B vrrp_instance Y {`) has no such `}`,
/// and lines that mean something outside of blocks are never taken. Returns how many braces that explains.
uint32_t drop_orphaned_blocks(Document::Storage& storage, const std::vector<SkippedHead>& heads,
                              const LanguageOptions& options, Diagnostics& diagnostics);

}  // namespace holdfast::config
