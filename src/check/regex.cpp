#include "holdfast/check/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>

namespace holdfast::check {
namespace {

/// A pattern that needs more steps than this for one piece of an answer would hold up adverts.
constexpr uint32_t kMostSteps = 500000;
/// In KiB, for a pattern that PCRE2 interprets.
constexpr uint32_t kLargestHeap = 4096;
constexpr size_t kStackStart = size_t{32} * 1024;
constexpr size_t kStackMax = size_t{512} * 1024;
/// What is kept of a text for a match that has begun but not ended.
constexpr size_t kLongestHeld = size_t{64} * 1024;

template <auto function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        function(object);
    }
};
using Code = std::unique_ptr<pcre2_code, Free<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Free<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Free<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Free<pcre2_jit_stack_free>>;

}  // namespace

struct Regex::Parts {
    Code code;
    MatchData data;
    JitStack stack;
    MatchContext context;
    size_t lookbehind = 1;
    bool utf = false;
};

Regex::Regex(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Regex::~Regex() = default;

Result<std::unique_ptr<const Regex>> Regex::compile(const RegexSettings& settings) {
    uint32_t options = settings.options;
    // What a server sends need not be UTF-8; without this a wrong byte would be an error, not a mismatch.
    if ((options & PCRE2_UTF) != 0) options |= PCRE2_MATCH_INVALID_UTF;
    int error = 0;
    PCRE2_SIZE at = 0;
    auto parts = std::make_unique<Parts>();
    parts->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(settings.pattern.data()),
                                    settings.pattern.size(), options, &error, &at, nullptr));
    if (!parts->code) {
        std::array<PCRE2_UCHAR, 256> text{};
        pcre2_get_error_message(error, text.data(), text.size());
        return fail(fmt::format("Invalid regex: '{}' at offset {}: {}", settings.pattern, at,
                                reinterpret_cast<const char*>(text.data())));
    }
    // Only speed: where there is no JIT, the pattern is interpreted.
    (void)pcre2_jit_compile(parts->code.get(), PCRE2_JIT_PARTIAL_HARD | PCRE2_JIT_COMPLETE);
    uint32_t lookbehind = 0;
    pcre2_pattern_info(parts->code.get(), PCRE2_INFO_MAXLOOKBEHIND, &lookbehind);
    parts->utf = (options & PCRE2_UTF) != 0;
    // In characters; of four bytes at most. At least one is kept, so that what is left of a text does not
    // begin where ^ matches.
    parts->lookbehind = std::max(1U, lookbehind) * (parts->utf ? size_t{4} : size_t{1});
    parts->data.reset(pcre2_match_data_create_from_pattern(parts->code.get(), nullptr));
    parts->context.reset(pcre2_match_context_create(nullptr));
    const size_t start = settings.stack_start != 0 ? settings.stack_start : kStackStart;
    const size_t most = settings.stack_max != 0 ? settings.stack_max : kStackMax;
    parts->stack.reset(pcre2_jit_stack_create(start, std::max(start, most), nullptr));
    if (!parts->data || !parts->context) return fail("no memory for a regex");
    pcre2_set_match_limit(parts->context.get(), kMostSteps);
    pcre2_set_heap_limit(parts->context.get(), kLargestHeap);
    if (parts->stack) pcre2_jit_stack_assign(parts->context.get(), nullptr, parts->stack.get());
    return std::unique_ptr<const Regex>(new Regex(std::move(parts)));
}

Regex::Match Regex::find(std::span<const uint8_t> text, size_t from, bool at_end) const {
    if (from > text.size()) return {};
    const int result =
        pcre2_match(parts_->code.get(), text.data(), text.size(), from, at_end ? 0 : PCRE2_PARTIAL_HARD,
                    parts_->data.get(), parts_->context.get());
    const PCRE2_SIZE* where = pcre2_get_ovector_pointer(parts_->data.get());
    if (result == PCRE2_ERROR_PARTIAL) return {Match::Kind::partial, where[0]};
    if (result < 0) return {};
    return {Match::Kind::found, where[0]};
}

size_t Regex::lookbehind() const {
    return parts_->lookbehind;
}

size_t Regex::whole_characters(std::span<const uint8_t> text) const {
    if (!parts_->utf) return text.size();
    for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
        const uint8_t byte = text[text.size() - back];
        if ((byte & 0xc0U) == 0x80U) continue;  // In the middle of a character.
        const size_t length = byte >= 0xf0U ? 4 : byte >= 0xe0U ? 3 : byte >= 0xc0U ? 2 : 1;
        return length > back ? text.size() - back : text.size();
    }
    return text.size();
}

void RegexSearch::feed(std::span<const uint8_t> text) {
    if (over_) return;
    held_.insert(held_.end(), text.begin(), text.end());
    search(false);
}

void RegexSearch::finish() {
    if (!over_) search(true);
    over_ = true;
}

void RegexSearch::search(bool at_end) {
    const bool last = at_end || held_.size() > kLongestHeld;
    const auto text = std::span(held_).first(last ? held_.size() : regex_.whole_characters(held_));
    const size_t end = held_at_ + text.size();
    search_at_ = std::max(search_at_, min_offset_);
    if (search_at_ > end) return keep_from(end);
    if (max_offset_ && search_at_ > *max_offset_) {
        over_ = true;
        return;
    }
    const Regex::Match match = regex_.find(text, search_at_ - held_at_, last);
    switch (match.kind) {
        case Regex::Match::Kind::found:
            // A later match would start later still.
            found_ = !max_offset_ || held_at_ + match.start <= *max_offset_;
            over_ = true;
            return;
        case Regex::Match::Kind::partial:
            search_at_ = held_at_ + match.start;
            return keep_from(search_at_);
        case Regex::Match::Kind::none:
            search_at_ = end;
            return keep_from(end);
    }
}

void RegexSearch::keep_from(size_t position) {
    const size_t behind = regex_.lookbehind();
    const size_t keep = position > behind ? position - behind : 0;
    if (keep <= held_at_) return;
    const size_t drop = std::min(keep - held_at_, held_.size());
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(drop));
    held_at_ += drop;
}

}  // namespace holdfast::check
