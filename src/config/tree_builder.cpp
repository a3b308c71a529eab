#include "tree_builder.hpp"

#include <utility>

#include "brace_repair.hpp"

namespace holdfast::config {

std::string_view TreeBuilder::keyword(const Node& node) const {
    return node.word_count == 0 ? std::string_view{} : storage_.words[node.first_word];
}

bool TreeBuilder::directive(std::string_view text, uint32_t first_word, uint16_t flags) {
    auto index = static_cast<uint32_t>(storage_.nodes.size());
    if (too_deep_ != 0) {
        storage_.words.resize(first_word);
        return false;
    }
    auto count = static_cast<uint16_t>(storage_.words.size() - first_word);
    storage_.nodes.push_back(
        {text.data(), static_cast<uint32_t>(text.size()), first_word, index + 1, count, flags});
    candidate_ = index;
    return true;
}

void TreeBuilder::push(uint32_t index) {
    open_.push_back(index);
    in_global_defs_ = open_.size() == 1 && keyword(storage_.nodes[index]) == "global_defs";
    candidate_ = kNone;
}

bool TreeBuilder::open(const char* at) {
    if (too_deep_ != 0 || open_.size() == maximum_nesting_) {
        ++too_deep_;
        return std::exchange(too_deep_reported_, true);
    }
    if (candidate_ != kNone) {
        storage_.nodes[candidate_].flags |= Node::kBlock;
        push(candidate_);
        return true;
    }
    auto index = static_cast<uint32_t>(storage_.nodes.size());
    storage_.nodes.push_back({at, 1, 0, index + 1, 0, Node::kBareOpen});
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
        storage_.nodes.push_back({at, 1, 0, index + 1, 0, Node::kStrayClose});
        ++irregular_;
        return;
    }
    storage_.nodes[open_.back()].end = index;
    open_.pop_back();
    in_global_defs_ = open_.size() == 1 && keyword(storage_.nodes[open_.front()]) == "global_defs";
}

void TreeBuilder::finish(const LanguageOptions& options, Diagnostics& diagnostics) {
    for (uint32_t index : open_) {
        storage_.nodes[index].end = static_cast<uint32_t>(storage_.nodes.size());
        storage_.nodes[index].flags |= Node::kUnclosed;
    }
    if (irregular_ == 0 && open_.empty()) return;
    open_.clear();
    repair_braces(storage_, options, diagnostics);
}

}  // namespace holdfast::config
