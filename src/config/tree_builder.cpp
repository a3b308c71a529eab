#include "tree_builder.hpp"

#include <utility>

namespace holdfast::config {

namespace {

// A brace that found no place.
struct Irregularity {
    enum Kind : uint8_t { stray_close, bare_open, unclosed, brace_missing } kind;
    uint32_t node;  // In the rebuilt nodes: the block concerned.
    std::string_view at;
};

// Replays nodes, including the temporary ones for irregular braces, into a tree without those.
class Rebuild {
  public:
    Rebuild(const Document::Storage& storage, const TreeBuilder::ExpectsBlock* expects_block)
        : storage_(storage), expects_block_(expects_block) {
        nodes_.reserve(storage.nodes.size());
        for (uint32_t i = 0; i < storage.nodes.size(); ++i) {
            close_blocks_ending_at(i);
            replay(i);
        }
        close_blocks_ending_at(static_cast<uint32_t>(storage.nodes.size()));
        while (!open_.empty()) {
            if (open_.back() != kBare) {
                Node& node = nodes_[open_.back()];
                node.end = static_cast<uint32_t>(nodes_.size());
                if ((node.flags & Node::kBraceMissing) != 0) {
                    // Nothing ended it, so it had better stay a directive of its own: its lines follow it.
                    ++hopeless_;
                } else {
                    node.flags |= Node::kUnclosed;
                    irregularities_.push_back({Irregularity::unclosed, open_.back(), word(node)});
                }
            }
            open_.pop_back();
        }
    }

    size_t errors() const {
        size_t count = hopeless_;
        for (const Irregularity& irregularity : irregularities_) {
            if (irregularity.kind != Irregularity::brace_missing) ++count;
        }
        return count;
    }
    std::vector<Node>& nodes() { return nodes_; }
    const std::vector<Irregularity>& irregularities() const { return irregularities_; }

  private:
    static constexpr uint32_t kBare = 0xffffffff;

    std::string_view word(const Node& node) const { return storage_.words[node.first_word]; }

    void close_blocks_ending_at(uint32_t index) {
        while (!ends_.empty() && ends_.back() == index) {
            ends_.pop_back();
            close({});
        }
    }

    void replay(uint32_t index) {
        Node node = storage_.nodes[index];
        if ((node.flags & Node::kStrayClose) != 0) {
            close({node.text, 1});
            return;
        }
        if ((node.flags & Node::kBareOpen) != 0) {
            irregularities_.push_back({Irregularity::bare_open, 0, {node.text, 1}});
            open_.push_back(kBare);
            remember_end(node);
            return;
        }
        bool has_block = (node.flags & Node::kBlock) != 0;
        if (has_block) remember_end(node);
        auto rebuilt = static_cast<uint32_t>(nodes_.size());
        if (!has_block && expects_block_ != nullptr && (*expects_block_)(parent(), word(node))) {
            node.flags |= Node::kBlock | Node::kBraceMissing;
            irregularities_.push_back({Irregularity::brace_missing, rebuilt, word(node)});
            has_block = true;
        }
        node.flags &= static_cast<uint16_t>(~Node::kUnclosed);
        node.end = rebuilt + 1;
        nodes_.push_back(node);
        if (has_block) open_.push_back(rebuilt);
    }

    // The closing brace of an unclosed block does not exist, so nothing may be closed where it would be.
    void remember_end(const Node& node) {
        if ((node.flags & Node::kUnclosed) == 0) ends_.push_back(node.end);
    }

    void close(std::string_view at) {
        if (open_.empty()) {
            irregularities_.push_back({Irregularity::stray_close, 0, at});
            return;
        }
        if (open_.back() != kBare) nodes_[open_.back()].end = static_cast<uint32_t>(nodes_.size());
        open_.pop_back();
    }

    std::string_view parent() const {
        for (auto block = open_.rbegin(); block != open_.rend(); ++block) {
            if (*block != kBare) return word(nodes_[*block]);
        }
        return {};
    }

    const Document::Storage& storage_;
    const TreeBuilder::ExpectsBlock* expects_block_;
    std::vector<Node> nodes_;
    std::vector<uint32_t> open_;
    std::vector<uint32_t> ends_;  // In the old nodes: where blocks are closed.
    std::vector<Irregularity> irregularities_;
    size_t hopeless_ = 0;
};

std::string describe(const Irregularity& irregularity, const Document::Storage& storage) {
    auto block = [&] {
        return std::string(storage.words[storage.nodes[irregularity.node].first_word].substr(0, 64));
    };
    switch (irregularity.kind) {
        case Irregularity::stray_close:
            return "this `}` closes nothing";
        case Irregularity::bare_open:
            return "there is no keyword before this `{`";
        case Irregularity::unclosed:
            return "a `}` is missing: the block " + block() + " is still open at the end";
        case Irregularity::brace_missing:
            return "the `{` of " + block() + " is missing";
    }
    return {};
}

}  // namespace

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

void TreeBuilder::finish(const ExpectsBlock& expects_block, Diagnostics& diagnostics) {
    for (uint32_t index : open_) {
        storage_.nodes[index].end = static_cast<uint32_t>(storage_.nodes.size());
        storage_.nodes[index].flags |= Node::kUnclosed;
    }
    if (irregular_ == 0 && open_.empty()) return;
    open_.clear();

    Rebuild plain(storage_, nullptr);
    Rebuild* best = &plain;
    std::optional<Rebuild> guided;
    if (expects_block) {
        guided.emplace(storage_, &expects_block);
        if (guided->errors() < plain.errors()) best = &*guided;
    }
    storage_.nodes = std::move(best->nodes());
    for (const Irregularity& irregularity : best->irregularities()) {
        diagnostics.add(make_report(storage_, Severity::error, ReportClass::brace, irregularity.at,
                                    describe(irregularity, storage_)));
    }
}

}  // namespace holdfast::config
