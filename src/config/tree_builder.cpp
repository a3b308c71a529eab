#include "tree_builder.hpp"

#include <utility>

#include "brace_repair.hpp"

namespace holdfast::config {

bool TreeBuilder::directive(std::string_view text, uint32_t flags) {
    if (too_deep_ != 0) return false;
    auto index = static_cast<uint32_t>(storage_.nodes.size());
    storage_.nodes.push_back(Node::make(text, index + 1, flags));
    candidate_ = index;
    return true;
}

void TreeBuilder::push(uint32_t index) {
    open_.push_back(index);
    in_global_defs_ = open_.size() == 1 && storage_.nodes[index].keyword() == "global_defs";
    candidate_ = kNone;
}

bool TreeBuilder::open(const char* at) {
    if (too_deep_ != 0 || open_.size() == maximum_nesting_) {
        ++too_deep_;
        return std::exchange(too_deep_reported_, true);
    }
    if (candidate_ != kNone) {
        storage_.nodes[candidate_].set(Node::kBlock);
        push(candidate_);
        return true;
    }
    if (irregular_ == kMostIrregular) {
        ++too_deep_;
        return true;
    }
    auto index = static_cast<uint32_t>(storage_.nodes.size());
    storage_.nodes.push_back(Node::make({at, 1}, index + 1, Node::kBareOpen));
    ++irregular_;
    push(index);
    return true;
}

void TreeBuilder::close(const char* at) {
    candidate_ = kNone;
    if (too_deep_ != 0) {
        --too_deep_;
        return;
    }
    auto index = static_cast<uint32_t>(storage_.nodes.size());
    if (open_.empty()) {
        if (irregular_ == kMostIrregular) return;
        storage_.nodes.push_back(Node::make({at, 1}, index + 1, Node::kStrayClose));
        ++irregular_;
        return;
    }
    storage_.nodes[open_.back()].end = index;
    open_.pop_back();
    in_global_defs_ = open_.size() == 1 && storage_.nodes[open_.front()].keyword() == "global_defs";
}

void TreeBuilder::skipped(std::string_view line) {
    if (!line.ends_with('{') || !open_.empty() || too_deep_ != 0 || skipped_heads_.size() == kMostIrregular)
        return;
    skipped_heads_.push_back({static_cast<uint32_t>(storage_.nodes.size()), line});
}

void TreeBuilder::finish(const LanguageOptions& options, Diagnostics& diagnostics) {
    for (uint32_t index : open_) {
        storage_.nodes[index].end = static_cast<uint32_t>(storage_.nodes.size());
        storage_.nodes[index].set(Node::kUnclosed);
    }
    if (irregular_ == 0 && open_.empty()) return;
    irregular_ -= drop_orphaned_blocks(storage_, skipped_heads_, options, diagnostics);
    if (irregular_ == 0 && open_.empty()) return;
    open_.clear();
    repair_braces(storage_, options, diagnostics);
}

}  // namespace holdfast::config
