// Changes to a configuration that keep it a configuration, for libFuzzer: lines and blocks are moved, doubled
// and dropped, values are replaced by those at which programs break, and keywords are put where the tables
// say that they belong. Changes of bytes, libFuzzer's own, are mixed in. A fuzz program that includes this
// gets the mutator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/keyword.hpp"
#include "holdfast/config/lexer.hpp"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace holdfast::fuzz {

inline constexpr const char* kValues[] = {
    "0",
    "1",
    "-1",
    "2",
    "100",
    "127",
    "128",
    "254",
    "255",
    "256",
    "511",
    "1000",
    "32767",
    "32768",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "0.000001",
    "0.0000001",
    "2.5",
    "1e9",
    "0x10",
    "010",
    "10x",
    "on",
    "off",
    "true",
    "no",
    "yes",
    "eth0",
    "lo",
    "none",
    "root",
    "192.0.2.1",
    "192.0.2.1/24",
    "192.0.2.1/33",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.18",
    "2001:db8::1",
    "2001:db8::1/64",
    "fe80::1",
    "fe80::1%eth0",
    "::",
    "ff02::12",
    "192.0.2.1-9",
    "dev",
    "weight",
    "via",
    "src",
    "\"\"",
    "\"a b\"",
    "\"",
    "'",
    "{",
    "}",
    "\\",
    "$x",
    "${x}",
    "#",
    "VI_1",
    "VI_2",
    "G1",
    "MASTER",
    "BACKUP",
    "PASS",
    "AH",
    "rr",
    "wlc",
    "NAT",
    "DR",
    "TUN",
    "TCP",
    "UDP",
    "/bin/true",
    "\"/bin/sh -c 'exit 0'\"",
    "/nonexistent",
    "reverse",
    "weight 10",
    "0123456789abcdef0123456789abcdef",
    "deadbeef",
    "100-200",
    "200",
    "xx",
    "=",
    "~SEQ(i, 1, 3)",
    "~LST(a, x, y)",
};

class Mutator {
  public:
    Mutator(std::string_view text, unsigned seed) : random_(seed) {
        while (!text.empty()) {
            const size_t end = text.find('\n');
            lines_.emplace_back(text.substr(0, end));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        if (lines_.empty()) lines_.emplace_back();
    }

    std::string mutate() {
        for (unsigned steps = 1 + below(3); steps > 0; --steps) step();
        std::string text;
        for (const std::string& line : lines_) (text += line) += '\n';
        return text;
    }

  private:
    unsigned below(size_t limit) { return limit < 2 ? 0U : static_cast<unsigned>(random_() % limit); }
    size_t any_line() { return below(lines_.size()); }
    auto at(size_t line) { return lines_.begin() + static_cast<std::ptrdiff_t>(line); }

    void step() {
        switch (below(9)) {
            case 0:
                std::swap(lines_[any_line()], lines_[any_line()]);
                return;
            case 1: {
                const std::string line = lines_[any_line()];
                lines_.insert(at(below(lines_.size() + 1)), line);
                return;
            }
            case 2:
                if (lines_.size() > 1) lines_.erase(at(any_line()));
                return;
            case 3:
                return move_block(true);
            case 4:
                return move_block(false);
            case 5:
            case 6:
                return replace_word();
            default:
                return insert_keyword();
        }
    }

    /// One past the last line of the block that begins at `line`, or of the line itself.
    size_t end_of_block(size_t line) const {
        int depth = 0;
        for (size_t i = line; i < lines_.size(); ++i) {
            for (const char c : lines_[i]) depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth <= 0) return i + 1;
        }
        return lines_.size();
    }

    void move_block(bool copy) {
        const size_t first = any_line();
        const size_t last = end_of_block(first);
        const std::vector<std::string> block(at(first), at(last));
        if (block.size() > 400) return;
        if (!copy) lines_.erase(at(first), at(last));
        lines_.insert(at(below(lines_.size() + 1)), block.begin(), block.end());
    }

    void replace_word() {
        std::string& line = lines_[any_line()];
        std::vector<std::string_view> words;
        config::split_words(line, words);
        if (words.empty()) return;
        const std::string_view word = words[below(words.size())];
        const auto offset = static_cast<size_t>(word.data() - line.data());
        if (below(4) == 0) {
            line.insert(offset + word.size(), std::string(" ") + value());
        } else {
            line.replace(offset, word.size(), value());
        }
    }

    std::string value() { return kValues[below(std::size(kValues))]; }

    /// The block whose inside begins behind `line`, as far as the tables know the way there.
    const config::Block* block_at(size_t line) const {
        std::vector<const config::Block*> open{&config::root_block()};
        for (size_t i = 0; i <= line && i < lines_.size(); ++i) {
            std::vector<std::string_view> words;
            config::split_words(lines_[i], words);
            for (const char c : lines_[i]) {
                if (c == '{') {
                    const config::Row* row = open.back() == nullptr || words.empty()
                                                 ? nullptr
                                                 : config::find(*open.back(), words.front());
                    open.push_back(row == nullptr ? nullptr : row->block);
                } else if (c == '}' && open.size() > 1) {
                    open.pop_back();
                }
            }
        }
        return open.back();
    }

    void insert_keyword() {
        const size_t line = any_line();
        const config::Block* block = block_at(line);
        if (block == nullptr) block = &config::root_block();
        std::string text;
        if (block->entry != nullptr) {
            text = value();
            for (unsigned more = below(4); more > 0; --more) {
                text += ' ';
                text += block->options.empty() ? std::string_view("dev")
                                               : block->options[below(block->options.size())].name;
                text += ' ' + value();
            }
        } else if (!block->rows.empty()) {
            const config::Row& row = block->rows[below(block->rows.size())];
            text = row.facts.name;
            for (unsigned more = below(3); more > 0; --more) text += ' ' + value();
            if (row.block != nullptr) text += " {\n}";
        }
        lines_.insert(at(line + 1), text);
    }

    std::minstd_rand random_;
    std::vector<std::string> lines_;
};

}  // namespace holdfast::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
    if (seed % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
    const std::string text =
        holdfast::fuzz::Mutator({reinterpret_cast<const char*>(data), size}, seed).mutate();
    const size_t length = text.size() < max_size ? text.size() : max_size;
    std::memcpy(data, text.data(), length);
    return length;
}
