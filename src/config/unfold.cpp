#include "unfold.hpp"

#include <algorithm>

#include "holdfast/config/codec.hpp"

namespace holdfast::config {
namespace {

constexpr size_t kMostLines = 60;

class Unfolder {
  public:
    void write(const Block& block, const Directive& directive, size_t depth) {
        const Words words = directive.words();
        size_t first = 0;
        while (first < words.size() && lines_ < kMostLines) {
            const size_t end = end_of(block, words, first);
            const bool opens = end == words.size() && directive.has_block();
            line(words, first, end, depth, opens);
            if (opens) {
                const Row* row = block.entry != nullptr ? nullptr : find(block, words[first]);
                const Block& inside = row != nullptr && row->block != nullptr ? *row->block : block;
                for (const Directive child : directive.children()) write(inside, child, depth + 1);
                indent(depth);
                text_ += "}\n";
            }
            first = end;
        }
    }
    std::string take() {
        if (lines_ >= kMostLines) text_ += "...\n";
        return std::move(text_);
    }

  private:
    /// Where the directive ends that begins at words[first].
    static size_t end_of(const Block& block, const Words& words, size_t first) {
        size_t end = first + 1;
        if (block.entry != nullptr) {
            // An address begins a new entry unless an option before it asks for one.
            const bool addresses = parse_address(words[first]).has_value();
            const auto is_option = [&](std::string_view word) {
                return std::ranges::any_of(block.options,
                                           [&](const Option& option) { return option.name == word; });
            };
            while (end < words.size() && (!addresses || is_option(words[end - 1]) || !is_address(words[end])))
                ++end;
            return end;
        }
        const Row* row = find(block, words[first]);
        if (row != nullptr && row->block != nullptr && end < words.size()) ++end;
        while (end < words.size() && find(block, words[end]) == nullptr) ++end;
        return end;
    }
    static bool is_address(std::string_view word) {
        return word.find_first_of(".:") != std::string_view::npos && parse_address(word).has_value();
    }

    void line(const Words& words, size_t first, size_t end, size_t depth, bool opens) {
        indent(depth);
        for (size_t i = first; i < end; ++i) text_.append(i == first ? "" : " ") += quoted(words[i]);
        text_ += opens ? " {\n" : "\n";
        ++lines_;
    }
    void indent(size_t depth) { text_.append(4 * depth, ' '); }

    std::string text_;
    size_t lines_ = 0;
};

}  // namespace

std::string unfold(const Block& block, const Directive& directive) {
    Unfolder unfolder;
    unfolder.write(block, directive, 0);
    return unfolder.take();
}

}  // namespace holdfast::config
