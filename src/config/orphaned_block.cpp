#include "orphaned_block.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace holdfast::config {
namespace {

/// The `}` that was meant for the block whose lines begin at node `first`; nothing when one of these lines
/// has a meaning of its own, or no brace is too many before node `limit`.
std::optional<uint32_t> end_of_body(const NodeList& nodes, uint32_t first, uint32_t limit,
                                    const LanguageOptions& options) {
    for (uint32_t index = first; index < limit; index = nodes[index].end) {
        const Node& node = nodes[index];
        if (node.has(Node::kStrayClose)) return index;
        if (options.standing({}, node.keyword()) != LanguageOptions::Standing::unknown) return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

uint32_t drop_orphaned_blocks(Document::Storage& storage, const std::vector<SkippedHead>& heads,
                              const LanguageOptions& options, Diagnostics& diagnostics) {
    if (!options.standing) return 0;
    const NodeList& nodes = storage.nodes;
    const auto count = static_cast<uint32_t>(nodes.size());
    NodeList kept;
    uint32_t next = 0;
    const auto keep_until = [&](uint32_t end) {
        for (const auto dropped = static_cast<uint32_t>(next - kept.size()); next < end; ++next) {
            Node node = nodes[next];
            node.end -= dropped;
            kept.push_back(node);
        }
    };
    uint32_t explained = 0;
    for (size_t i = 0; i < heads.size(); ++i) {
        const uint32_t limit = i + 1 < heads.size() ? heads[i + 1].node : count;
        const auto end = end_of_body(nodes, heads[i].node, limit, options);
        if (!end) continue;
        keep_until(heads[i].node);
        next = *end + 1;
        ++explained;
        const std::string_view condition = heads[i].text.substr(0, heads[i].text.find_first_of(" \t"));
        Diagnostic report =
            make_report(storage, Severity::error, ReportClass::brace, heads[i].text,
                        std::string(condition) + " leaves out this line only; its block is left out with it");
        report.advice = "put the block into a file of its own: " + std::string(condition) + " include FILE\n";
        diagnostics.add(std::move(report));
    }
    if (explained == 0) return 0;
    keep_until(count);
    storage.nodes = std::move(kept);
    return explained;
}

}  // namespace holdfast::config
