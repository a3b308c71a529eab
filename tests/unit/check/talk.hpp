// Plays the server's side to a conversation, in pieces of any size, and checks the contract on the way.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "holdfast/check/conversation.hpp"

namespace holdfast::check {

inline std::span<const uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string as_text(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

/// Gives `text` cut before each of `cuts`; stops when the conversation is done. What it sends is added to
/// `sent`.
inline Step give(Conversation& conversation, std::string_view text, const std::vector<size_t>& cuts,
                 std::string* sent = nullptr) {
    Step step;
    size_t from = 0;
    for (size_t i = 0; i <= cuts.size(); ++i) {
        const size_t to = i < cuts.size() ? cuts[i] : text.size();
        if (to == from) continue;
        Bytes out;
        step = conversation.received(as_bytes(text.substr(from, to - from)), out);
        if (sent != nullptr) *sent += as_text(out);
        if (step.next == Step::Next::done) return step;
        from = to;
    }
    return step;
}

/// Every way to cut a text into two pieces, into single bytes, and not at all.
inline std::vector<std::vector<size_t>> every_cut(std::string_view text) {
    std::vector<std::vector<size_t>> ways{{}};
    std::vector<size_t> all;
    for (size_t i = 1; i < text.size(); ++i) {
        ways.push_back({i});
        all.push_back(i);
    }
    ways.push_back(std::move(all));
    return ways;
}

}  // namespace holdfast::check
