// Braces become blocks here. The builder takes directives and braces in reading order and keeps the nodes of
// the document in the shape Node describes. When the braces do not match, brace_repair.hpp makes the best of
// it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "orphaned_block.hpp"
#include "storage.hpp"

namespace holdfast::config {

class TreeBuilder {
  public:
    TreeBuilder(Document::Storage& storage, const LanguageLimits& limits)
        : storage_(storage), maximum_nesting_(limits.nesting) {}

    /// A directive of at least one word. False when it was dropped, because the blocks around it are too
    /// many.
    bool directive(std::string_view text, uint32_t flags);
    /// `at` is the brace. False when the limit of nesting is exceeded for the first time.
    bool open(const char* at);
    void close(const char* at);
    /// A condition left this line out, from its `@` on.
    void skipped(std::string_view line);

    /// Directly inside a `global_defs` block that is not nested.
    bool in_global_defs() const { return in_global_defs_; }

    /// Ends all blocks, repairs what can be repaired, and reports the rest.
    void finish(const LanguageOptions& options, Diagnostics& diagnostics);

  private:
    static constexpr uint32_t kNone = 0xffffffff;
    /// Braces without a partner that are told apart; nobody reads about more.
    static constexpr uint32_t kMostIrregular = 10000;
    void push(uint32_t index);

    Document::Storage& storage_;
    uint32_t maximum_nesting_;
    uint32_t too_deep_ = 0;  ///< Open blocks beyond the limit.
    bool too_deep_reported_ = false;
    std::vector<uint32_t> open_;  ///< Nodes of the open blocks, outermost first.
    uint32_t candidate_ = kNone;  ///< The directive that a `{` here would belong to.
    bool in_global_defs_ = false;
    std::vector<SkippedHead> skipped_heads_;
    uint32_t irregular_ = 0;  ///< Braces without a partner or a keyword.
};

}  // namespace holdfast::config
