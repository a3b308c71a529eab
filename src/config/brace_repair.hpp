// What a file means whose braces do not match. The nodes are replayed in several ways, with what the keyword
// tables know about blocks: as written, with the `{` that a block keyword lacks, with the `}` that must have
// been forgotten before a keyword that cannot stand where it does, and without a `}` that ends a block too
// early. The way that leaves the least unexplained wins, so one wrong brace is one report.
#pragma once

#include "storage.hpp"

namespace holdfast::config {

/// Rebuilds storage.nodes, which may hold the temporary kinds (Node::kStrayClose, kBareOpen), and reports
/// what was wrong with the braces.
void repair_braces(Document::Storage& storage, const LanguageOptions& options, Diagnostics& diagnostics);

}  // namespace holdfast::config
