#include "holdfast/config/repetition.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include "holdfast/config/lexer.hpp"

namespace holdfast::config {

namespace {

constexpr size_t kNone = std::string_view::npos;

// Takes tokens off the front of a specification.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) { blanks(); }

    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        blanks();
        return true;
    }
    // Everything up to a blank or one of `stops`; may be empty.
    std::string_view item(std::string_view stops) {
        size_t end = text_.find_first_of(stops);
        std::string_view word = text_.substr(0, end);
        text_ = end == kNone ? std::string_view{} : text_.substr(end);
        blanks();
        return word;
    }
    bool at(char c) const { return !text_.empty() && text_.front() == c; }
    std::string_view rest() const { return text_; }

  private:
    void blanks() {
        while (!text_.empty() && is_blank(text_.front())) text_.remove_prefix(1);
    }
    std::string_view text_;
};

// A whole number as strtol(3) with base 0 reads it: sign, then decimal, 0x hex or 0 octal.
std::optional<int64_t> number(std::string_view word) {
    bool negative = word.starts_with('-');
    if (negative || word.starts_with('+')) word.remove_prefix(1);
    int base = 10;
    if (word.size() > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        base = 16;
        word.remove_prefix(2);
    } else if (word.size() > 1 && word[0] == '0') {
        base = 8;
        word.remove_prefix(1);
    }
    // from_chars takes a sign of its own; after ours that would be "--1".
    if (word.empty() || word.starts_with('-')) return std::nullopt;
    int64_t value = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return negative ? -value : value;
}

// `var` of `~SEQ(var, ...`; the cursor is then behind the comma.
std::optional<std::string_view> sequence_variable(Cursor& cursor) {
    if (!cursor.take('(')) return std::nullopt;
    std::string_view name = cursor.item(" \t,)");
    if (name.empty() || name.front() == '{' || !cursor.take(',')) return std::nullopt;
    return name;
}

std::string_view behind_keyword(std::string_view line, bool& hexadecimal) {
    std::string_view text = line.substr(4);
    hexadecimal = text.starts_with('x');
    if (hexadecimal) text.remove_prefix(1);
    return text;
}

// Turns of start, start + step, ... end; nothing when `end` cannot be reached.
std::optional<uint64_t> turns(int64_t start, int64_t step, int64_t end) {
    if (step == 0 || (start < end && step < 0) || (start > end && step > 0)) return std::nullopt;
    // Unsigned, because the distance between two 64-bit numbers may exceed the signed range.
    uint64_t distance = step > 0 ? static_cast<uint64_t>(end) - static_cast<uint64_t>(start)
                                 : static_cast<uint64_t>(start) - static_cast<uint64_t>(end);
    uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : uint64_t{0} - static_cast<uint64_t>(step);
    uint64_t steps = distance / stride;
    return steps == std::numeric_limits<uint64_t>::max() ? steps : steps + 1;
}

Result<Repetition> parse_sequence(std::string_view line, std::string_view parameters) {
    Repetition repetition;
    Cursor head(behind_keyword(line, repetition.hexadecimal));
    std::optional<std::string_view> name = sequence_variable(head);
    size_t close = head.rest().find(')');
    if (!name || close == kNone) return fail("~SEQ is written ~SEQ(VAR, [START, [STEP,]] END)");
    repetition.names = {*name};
    repetition.rest = trim(head.rest().substr(close + 1));

    std::vector<int64_t> numbers;
    Cursor cursor(parameters);
    do {
        std::string_view word = cursor.item(" \t,)");
        std::optional<int64_t> value = number(word);
        if (!value) return fail("`" + std::string(word) + "` in ~SEQ is not a number");
        numbers.push_back(*value);
    } while (cursor.take(','));
    if (!cursor.at(')') || numbers.size() > 3) return fail("~SEQ is written ~SEQ(VAR, [START, [STEP,]] END)");

    int64_t end = numbers.back();
    repetition.start = numbers.size() > 1 ? numbers.front() : end < 0 ? -1 : 1;
    repetition.step = numbers.size() > 2 ? numbers[1] : repetition.start <= end ? 1 : -1;
    std::optional<uint64_t> count = turns(repetition.start, repetition.step, end);
    if (!count) return fail("the step of ~SEQ never reaches its end");
    if (repetition.hexadecimal && (repetition.start < 0 || end < 0)) {
        return fail("~SEQx cannot write negative numbers");
    }
    repetition.count = *count;
    return repetition;
}

// One item, or a tuple in braces. False on a syntax error.
bool read_tuple(Cursor& cursor, std::string_view stops, std::vector<std::string_view>& items) {
    if (!cursor.take('{')) {
        items.push_back(cursor.item(stops));
        return true;
    }
    do {
        items.push_back(cursor.item(stops));
    } while (cursor.take(','));
    return cursor.take('}');
}

Result<Repetition> parse_list(std::string_view line) {
    constexpr std::string_view kShape = "~LST is written ~LST(VAR, A, B ...) or ~LST({VAR, VAR}, {A, B} ...)";
    Repetition repetition;
    Cursor cursor(line.substr(4));
    if (!cursor.take('(') || !read_tuple(cursor, " \t,})", repetition.names) || !cursor.at(',')) {
        return fail(std::string(kShape));
    }
    while (cursor.take(',')) {
        std::vector<std::string_view> items;
        if (!read_tuple(cursor, " \t,})", items)) return fail(std::string(kShape));
        if (items.size() > repetition.names.size()) return fail("~LST has more values than variables");
        items.resize(repetition.names.size());
        repetition.values.push_back(std::move(items));
    }
    if (!cursor.take(')')) return fail(std::string(kShape));
    repetition.rest = trim(cursor.rest());
    repetition.count = repetition.values.size();
    return repetition;
}

}  // namespace

std::string Repetition::value(uint64_t turn, size_t name) const {
    if (!values.empty()) return std::string(values[turn][name]);
    auto current = static_cast<int64_t>(static_cast<uint64_t>(start) + turn * static_cast<uint64_t>(step));
    std::string text(24, '\0');
    auto end = std::to_chars(text.data(), text.data() + text.size(), current, hexadecimal ? 16 : 10).ptr;
    text.resize(static_cast<size_t>(end - text.data()));
    return text;
}

std::string_view sequence_parameters(std::string_view line) {
    if (!line.starts_with("~SEQ")) return {};
    bool hexadecimal = false;
    Cursor cursor(behind_keyword(line, hexadecimal));
    if (!sequence_variable(cursor)) return {};
    size_t close = cursor.rest().find(')');
    return close == kNone ? std::string_view{} : cursor.rest().substr(0, close + 1);
}

Result<Repetition> parse_repetition(std::string_view line, std::string_view parameters) {
    return line.starts_with("~SEQ") ? parse_sequence(line, parameters) : parse_list(line);
}

}  // namespace holdfast::config
