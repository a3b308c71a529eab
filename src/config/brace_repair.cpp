#include "brace_repair.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace holdfast::config {
namespace {

constexpr uint32_t kNone = 0xffffffff;

/// A brace that found no place.
struct Irregularity {
    enum Kind : uint8_t { stray_close, bare_open, unclosed, brace_missing, ends_early } kind;
    uint32_t node;                  ///< In the rebuilt nodes: the block concerned.
    std::string_view at;            ///< What the report points at.
    std::string_view because = {};  ///< The keyword that gave it away.
};

struct Strategy {
    bool open = false;   ///< Adds a missing `{`.
    bool close = false;  ///< Adds a missing `}`, and does without one that comes too early.
};

/// The text between two places of one file without its comments' braces: where its last `}` is.
std::string_view last_close(std::string_view text) {
    std::string_view found;
    bool comment = false;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') comment = false;
        if (text[i] == '#' || text[i] == '!') comment = true;
        if (text[i] == '}' && !comment) found = text.substr(i, 1);
    }
    return found;
}

class Replay {
  public:
    Replay(const Document::Storage& storage, const LanguageOptions& options, Strategy strategy)
        : storage_(storage), options_(options), strategy_(strategy) {
        for (uint32_t i = 0; i < storage.nodes.size(); ++i) {
            close_blocks_ending_at(i);
            replay(i);
        }
        close_blocks_ending_at(static_cast<uint32_t>(storage.nodes.size()));
        while (!open_.empty()) {
            if (open_.back() != kNone) {
                if (nodes_[open_.back()].has(Node::kBraceMissing)) {
                    // Nothing ended it, so it had better stay a directive of its own: its lines follow it.
                    nodes_[open_.back()].end = static_cast<uint32_t>(nodes_.size());
                    ++unexplained_;
                } else {
                    leave_unclosed({});
                    continue;
                }
            }
            open_.pop_back();
        }
    }

    /// How much is wrong with the outcome; a `{` added costs nothing, because it is what made the rest fit.
    size_t cost() const {
        size_t count = unexplained_;
        for (const Irregularity& irregularity : irregularities_)
            if (irregularity.kind != Irregularity::brace_missing) ++count;
        return count;
    }
    NodeList& nodes() { return nodes_; }
    const std::vector<Irregularity>& irregularities() const { return irregularities_; }

  private:
    using Standing = LanguageOptions::Standing;

    std::string_view name(uint32_t block) const {
        return block == kNone ? std::string_view{} : nodes_[block].keyword();
    }
    bool fits(std::string_view parent, const Node& node) const {
        const Standing standing = options_.standing(parent, node.keyword());
        return standing == (node.has(Node::kBlock) ? Standing::block : Standing::value);
    }

    void close_blocks_ending_at(uint32_t index) {
        while (!ends_.empty() && ends_.back() == index) {
            ends_.pop_back();
            close({});
        }
    }

    void replay(uint32_t index) {
        Node node = storage_.nodes[index];
        if (node.has(Node::kStrayClose)) {
            close(node.text());
            return;
        }
        if (node.has(Node::kBareOpen)) {
            irregularities_.push_back({Irregularity::bare_open, 0, node.text()});
            open_.push_back(kNone);
            remember_end(node);
            return;
        }
        if (options_.standing) place(node);
        bool has_block = node.has(Node::kBlock);
        if (has_block) remember_end(node);
        auto rebuilt = static_cast<uint32_t>(nodes_.size());
        if (!has_block && strategy_.open && options_.expects_block &&
            options_.expects_block(parent(), node.keyword())) {
            node.set(Node::kBlock | Node::kBraceMissing);
            irregularities_.push_back({Irregularity::brace_missing, rebuilt, node.keyword()});
            has_block = true;
        }
        node.clear(Node::kUnclosed);
        node.end = rebuilt + 1;
        nodes_.push_back(node);
        if (has_block) open_.push_back(rebuilt);
    }

    /// Makes a directive stand where its keyword has a meaning, or counts that it does not.
    void place(const Node& node) {
        if (node.keyword().empty() || options_.standing(parent(), node.keyword()) != Standing::unknown)
            return;
        // A block around this one, or the file, knows it: the blocks within must have ended.
        for (size_t depth = open_.size(); depth-- > 0;) {
            if (open_[depth] == kNone) return;
            if (!fits(depth == 0 ? std::string_view{} : name(open_[depth - 1]), node)) continue;
            if (!strategy_.close) {
                ++unexplained_;
                return;
            }
            while (open_.size() > depth) leave_unclosed(node.keyword());
            return;
        }
        // The block just ended knows it: that end came too early.
        if (last_closed_ == kNone || nodes_[last_closed_].end != nodes_.size() ||
            open_.size() != last_depth_ || !fits(name(last_closed_), node))
            return;
        if (!strategy_.close) {
            ++unexplained_;
            return;
        }
        irregularities_.push_back(
            {Irregularity::ends_early, last_closed_, brace_before(node), node.keyword()});
        open_.push_back(std::exchange(last_closed_, kNone));
    }

    /// The last closing brace before a directive; the directive itself when it is not to be found.
    std::string_view brace_before(const Node& node) const {
        const Node& before = nodes_.back();
        const Origin from = storage_.locate(before.text());
        const Origin to = storage_.locate(node.text());
        if (from.source == nullptr || from.source != to.source || from.begin > to.begin)
            return node.keyword();
        const std::string_view found = last_close({from.begin, static_cast<size_t>(to.begin - from.begin)});
        return found.empty() ? node.keyword() : found;
    }

    void leave_unclosed(std::string_view because) {
        const uint32_t block = open_.back();
        open_.pop_back();
        Node& node = nodes_[block];
        node.end = static_cast<uint32_t>(nodes_.size());
        node.set(Node::kUnclosed);
        irregularities_.push_back({Irregularity::unclosed, block, node.keyword(), because});
    }

    // The closing brace of an unclosed block does not exist, so nothing may be closed where it would be.
    void remember_end(const Node& node) {
        if (!node.has(Node::kUnclosed)) ends_.push_back(node.end);
    }

    void close(std::string_view at) {
        if (open_.empty()) {
            irregularities_.push_back({Irregularity::stray_close, 0, at});
            return;
        }
        if (open_.back() != kNone) nodes_[open_.back()].end = static_cast<uint32_t>(nodes_.size());
        last_closed_ = open_.back();
        open_.pop_back();
        last_depth_ = open_.size();
    }

    std::string_view parent() const {
        for (auto block = open_.rbegin(); block != open_.rend(); ++block) {
            if (*block != kNone) return name(*block);
        }
        return {};
    }

    const Document::Storage& storage_;
    const LanguageOptions& options_;
    Strategy strategy_;
    NodeList nodes_;
    std::vector<uint32_t> open_;  // kNone = a brace without a keyword.
    std::vector<uint32_t> ends_;  // In the old nodes: where blocks are closed.
    std::vector<Irregularity> irregularities_;
    size_t unexplained_ = 0;  // Directives that have no meaning where they stand.
    uint32_t last_closed_ = kNone;
    size_t last_depth_ = 0;
};

/// The keyword of a block and its first argument: `vrrp_instance VI_1`.
std::string title(const Node& node) {
    std::string text;
    const Words words(node.text());
    for (size_t i = 0; i < std::min<size_t>(words.size(), 2); ++i)
        text.append(i == 0 ? "" : " ").append(words[i].substr(0, 64));
    return text;
}

Diagnostic describe(const Irregularity& irregularity, const Document::Storage& storage) {
    const auto block = [&] { return title(storage.nodes[irregularity.node]); };
    std::string text;
    std::string why;
    switch (irregularity.kind) {
        case Irregularity::stray_close:
            text = "this `}` closes nothing";
            break;
        case Irregularity::bare_open:
            text = "there is no keyword before this `{`";
            break;
        case Irregularity::unclosed:
            text = irregularity.because.empty()
                       ? "the `}` of " + block() + " is missing: the block is still open at the end"
                       : "the `}` of " + block() + " is missing";
            why = " cannot be inside of it";
            break;
        case Irregularity::brace_missing:
            text = "the `{` of " + block() + " is missing";
            break;
        case Irregularity::ends_early:
            text = "this `}` is one too many: it ends " + block() + " too early";
            why = " belongs into the block";
            break;
    }
    Diagnostic diagnostic =
        make_report(storage, Severity::error, ReportClass::brace, irregularity.at, std::move(text));
    if (!irregularity.because.empty() && irregularity.because.data() != irregularity.at.data()) {
        const Origin place = storage.locate(irregularity.because);
        diagnostic.note = Note{std::string(irregularity.because) + why, storage.span(place), {}};
        if (place.source != nullptr) diagnostic.note->source_line = place.source->line(place.begin);
    }
    return diagnostic;
}

}  // namespace

void repair_braces(Document::Storage& storage, const LanguageOptions& options, Diagnostics& diagnostics) {
    constexpr std::array kStrategies = {Strategy{}, Strategy{.open = true, .close = false},
                                        Strategy{.open = false, .close = true},
                                        Strategy{.open = true, .close = true}};
    std::optional<Replay> best;
    for (const Strategy& strategy : kStrategies) {
        if (strategy.open && !options.expects_block) continue;
        if (strategy.close && !options.standing) continue;
        if (best && best->cost() == 0) break;
        Replay replay(storage, options, strategy);
        if (!best || replay.cost() < best->cost()) best.emplace(std::move(replay));
    }
    storage.nodes = std::move(best->nodes());
    for (const Irregularity& irregularity : best->irregularities())
        diagnostics.add(describe(irregularity, storage));
}

}  // namespace holdfast::config
