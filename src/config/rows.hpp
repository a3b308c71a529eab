// Builders of keyword rows: a member path says which field, a codec says how its value is written. Internal
// to config/.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "loading.hpp"
#include "writer.hpp"

namespace holdfast::config {

using enum Importance;
using enum Repeat;

/// A path of members: Field<&InstanceDraft::value, &VrrpInstance::router, &vrrp::RouterSettings::preempt>.
template <auto First, auto... Rest>
struct Field {
    template <class Owner, class Member>
    static Owner owner(Member Owner::*);
    using Target = decltype(owner(First));

    template <class T>
    static auto& get(T& target) {
        if constexpr (sizeof...(Rest) == 0)
            return target.*First;
        else
            return Field<Rest...>::get(target.*First);
    }
};

template <class T>
struct Bare {
    using type = T;
};
template <class T>
struct Bare<std::optional<T>> {
    using type = T;
};
template <class T>
struct Bare<Rare<T>> {
    using type = T;
};
template <>
struct Bare<RareText> {
    using type = std::string;
};

/// Complains about one word of a line: "priority 300 is outside 1..255".
inline void bad_word(Loading& loading, ReportClass report_class, const Line& line, size_t word,
                     std::string_view problem) {
    loading.report(report_class, line, word,
                   word == 0 ? fmt::format("{} {}", line.keyword(), problem)
                             : fmt::format("{} {} {}", line.keyword(), line.word(word), problem));
}

/// The same for a word that is none of `choices`, with the nearest of them as a suggestion.
void bad_choice(Loading& loading, const Line& line, size_t word, std::string_view problem,
                std::span<const std::string_view> choices);
/// The same for a number of seconds: `100ms` and `0,5` are suggested as they must be written.
void bad_number(Loading& loading, const Line& line, size_t word, std::string_view problem, bool whole);
/// "0.1" for "100ms", "0.5" for "0,5"; empty when it is no time with a unit, or not the `whole` seconds it
/// must be.
std::string plain_seconds(std::string_view text, bool whole);
inline constexpr std::string_view kBooleans[] = {"on", "off", "true", "false", "yes", "no"};

// ---- Codecs. `kWords` is how many words they look at; read() returns false to leave the field alone. ----

/// A bare keyword that switches something to `value`.
struct Flag {
    bool value = true;
    static constexpr uint8_t kWords = 0;
    static constexpr bool kAnyValue = true;  ///< Further words mean nothing.
    template <class V>
    bool read(Loading&, const Line&, V& out) const {
        out = value;
        return true;
    }
    template <class V>
    std::optional<std::string> write(const V& in) const {
        return in == value ? std::optional<std::string>("") : std::nullopt;
    }
};

/// [BOOL]; bare means on.
struct Switch {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) { out.emplace_back("^maybe"); }
    template <class V>
    bool read(Loading& loading, const Line& line, V& out) const {
        if (!line.has(1)) {
            out = true;
            return true;
        }
        auto parsed = parse_boolean(line.word(1));
        if (!parsed) {
            bad_choice(loading, line, 1, "is not one of on, off, true, false, yes, no", kBooleans);
            return false;
        }
        out = *parsed;
        return true;
    }
    template <class V>
    std::optional<std::string> write(const V& in) const {
        return in ? "on" : "off";
    }
};

/// What a missing word means.
enum class Missing : uint8_t {
    stops,     ///< The load ends there (exit 2).
    reported,  ///< Reported and ignored.
    ignored,
};

template <Missing missing>
bool word_present(Loading& loading, const Line& line, size_t index) {
    if (line.has(index)) return true;
    if constexpr (missing == Missing::stops)
        loading.missing_word(line, index);
    else if constexpr (missing == Missing::reported)
        bad_word(loading, ReportClass::general, line, 0, "needs a value");
    return false;
}

/// The bare keyword, as a bad value.
template <Missing missing>
void spoil_missing(BadLines& out) {
    if constexpr (missing == Missing::stops)
        out.emplace_back("!");
    else if constexpr (missing == Missing::reported)
        out.emplace_back(".");
}

/// Bad values of a range of whole numbers.
inline void spoil_range(BadLines& out, int64_t min, int64_t max) {
    out.push_back(fmt::format("^{}", min - 1));
    out.push_back(fmt::format("^{}", max + 1));
    out.push_back(fmt::format("^{}x", min));
    out.emplace_back("^abc");
}

template <Missing missing = Missing::stops>
struct WordOf {
    size_t limit = 0;   ///< Longest value in bytes; 0 = any. Longer ones are cut, with a report.
    bool only = false;  ///< No further words allowed.
    static constexpr uint8_t kWords = 1;
    static constexpr bool kAnyValue = true;  ///< When it may be missing, too.
    void spoil(BadLines& out) const {
        spoil_missing<missing>(out);
        if (only) out.emplace_back("one two");
        if (limit != 0) out.push_back('^' + std::string(limit + 1, 'x'));
    }
    bool read(Loading& loading, const Line& line, std::string& out) const {
        if (!word_present<missing>(loading, line, 1)) return false;
        if (only && line.size() > 2) {
            bad_word(loading, ReportClass::general, line, 0, "takes exactly one word");
            return false;
        }
        std::string_view text = line.word(1);
        if (limit != 0 && text.size() > limit) {
            bad_word(loading, ReportClass::general, line, 1,
                     fmt::format("is longer than {} characters; the rest is cut off", limit));
            text = text.substr(0, limit);
        }
        out = text;
        return true;
    }
    std::optional<std::string> write(const std::string& in) const {
        return in.empty() ? std::nullopt : std::optional(quoted(in));
    }
};
using Word = WordOf<>;
using SoftWord = WordOf<Missing::reported>;

template <Missing missing = Missing::stops>
struct IntegerOf {
    int64_t min;
    int64_t max;
    Lenient lenient = Lenient::yes;
    static constexpr uint8_t kWords = 1;
    void spoil(BadLines& out) const {
        spoil_missing<missing>(out);
        spoil_range(out, min, max);
    }
    template <class V>
    bool read(Loading& loading, const Line& line, V& out) const {
        if (!word_present<missing>(loading, line, 1)) return false;
        auto parsed = parse_integer(line.word(1), min, max, lenient);
        if (!parsed.problem.empty()) bad_word(loading, ReportClass::number, line, 1, parsed.problem);
        if (!parsed.value) return false;
        out = static_cast<V>(*parsed.value);
        return true;
    }
    template <class V>
    std::optional<std::string> write(const V& in) const {
        return fmt::format("{}", static_cast<int64_t>(in));
    }
};
using Integer = IntegerOf<>;
using SoftInteger = IntegerOf<Missing::reported>;

/// A decimal number of seconds with up to `digits` decimals. Bounds in microseconds.
struct Seconds {
    uint64_t min;
    uint64_t max;
    Lenient lenient = Lenient::yes;
    int digits = 6;
    static constexpr uint8_t kWords = 1;
    uint64_t scale() const {
        uint64_t unit = 1;
        for (int i = digits; i < 6; ++i) unit *= 10;
        return unit;
    }
    void spoil(BadLines& out) const {
        out.emplace_back("!");
        out.push_back(min == 0 ? "^-1" : '^' + format_decimal(min - scale(), 6));
        out.push_back('^' +
                      (max > UINT64_MAX - scale() ? "18446744073710" : format_decimal(max + scale(), 6)));
        out.emplace_back("^abc");
    }
    bool read(Loading& loading, const Line& line, Duration& out) const {
        auto parsed = parse_decimal(line.word(1), min / scale(), max / scale(), digits, lenient);
        if (loading.stopped()) return false;
        if (!parsed.problem.empty()) bad_number(loading, line, 1, parsed.problem, false);
        if (!parsed.value) return false;
        // What is longer than a century and fits into keepalived's 64 bits is as good as never.
        out = std::chrono::microseconds(std::min(*parsed.value * scale(), kLongestDelay));
        return true;
    }
    static constexpr uint64_t kLongestDelay = 4294967295ULL * 1000000ULL;
    std::optional<std::string> write(const Duration& in) const {
        return format_decimal(
            static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(in).count()), 6);
    }
};
/// The largest delay that keepalived can hold, in microseconds.
inline constexpr uint64_t kLongestTimer = UINT64_MAX - 1;
inline constexpr uint64_t kUint32Microseconds = 4294967295ULL;

/// A whole number of seconds into a Duration or std::chrono::seconds.
template <Missing missing = Missing::stops>
struct WholeSecondsOf {
    int64_t min;
    int64_t max;
    Lenient lenient = Lenient::yes;
    static constexpr uint8_t kWords = 1;
    void spoil(BadLines& out) const { IntegerOf<missing>{min, max, lenient}.spoil(out); }
    template <class V>
    bool read(Loading& loading, const Line& line, V& out) const {
        if (!word_present<missing>(loading, line, 1)) return false;
        auto parsed = parse_integer(line.word(1), min, max, lenient);
        if (!parsed.problem.empty()) bad_number(loading, line, 1, parsed.problem, true);
        if (!parsed.value) return false;
        out = std::chrono::seconds(*parsed.value);
        return true;
    }
    template <class V>
    std::optional<std::string> write(const V& in) const {
        return fmt::format("{}", std::chrono::duration_cast<std::chrono::seconds>(in).count());
    }
};
using WholeSeconds = WholeSecondsOf<>;
inline constexpr int64_t kMaxUint32 = 4294967295;
inline constexpr int64_t kMaxInt32 = 2147483647;
/// The largest whole number of seconds keepalived can hold in microseconds of 32 bits.
inline constexpr int64_t kMaxDelaySeconds = 4294;

/// One of the words of a table of {word, value}.
template <const auto& table>
struct OneOf {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) {
        out.emplace_back("!");
        out.emplace_back("^nonsense");
    }
    template <class V>
    bool read(Loading& loading, const Line& line, V& out) const {
        const std::string_view text = line.word(1);
        if (loading.stopped()) return false;
        for (const auto& [word, value] : table) {
            if (word == text) {
                out = value;
                return true;
            }
        }
        std::string words;
        std::vector<std::string_view> choices;
        for (const auto& [word, value] : table) {
            words += (words.empty() ? "" : ", ") + std::string(word);
            choices.push_back(word);
        }
        bad_choice(loading, line, 1, fmt::format("is not one of {}", words), choices);
        return false;
    }
    template <class V>
    std::optional<std::string> write(const V& in) const {
        for (const auto& [word, value] : table)
            if (value == in) return std::string(word);
        return std::nullopt;
    }
};

/// An IPv4 or IPv6 address.
struct Address {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) {
        out.emplace_back("!");
        out.emplace_back("^192.0.2.300");
        out.emplace_back("^nowhere");
    }
    bool read(Loading& loading, const Line& line, IpAddress& out) const {
        auto parsed = parse_address(line.word(1));
        if (loading.stopped()) return false;
        if (!parsed) {
            bad_word(loading, ReportClass::general, line, 1, "is not an IP address");
            return false;
        }
        out = *parsed;
        return true;
    }
    std::optional<std::string> write(const IpAddress& in) const { return in.to_string(); }
};

/// The command and the identity of a script line; false (with a remark) when it cannot be used.
bool read_command(Loading& loading, const Line& line, notify::Command& out);
/// `"PROGRAM ARGS" USER GROUP`, to be read back by read_command().
std::optional<std::string> command_text(const notify::Command& command);
/// `"PROGRAM ARGS"` without the identity.
std::string command_words(const notify::Command& command);

/// SCRIPT [USER [[:]GROUP]].
template <Missing missing = Missing::stops>
struct ScriptOf {
    static constexpr uint8_t kWords = kAnyWords;
    static constexpr bool kRaw = true;
    static void spoil(BadLines& out) { spoil_missing<missing>(out); }
    bool read(Loading& loading, const Line& line, notify::Command& out) const {
        // An open quote is reported by the reader of the file; the word is there, but it cannot be read.
        if (!line.has(1) && !line.directive().rest().empty()) return false;
        return word_present<missing>(loading, line, 1) && read_command(loading, line, out);
    }
    std::optional<std::string> write(const notify::Command& in) const { return command_text(in); }
};
using Script = ScriptOf<>;

// ---- Rows ----

/// What a block fills, before it does. One for all rows: a copy in each would be most of the program's data.
template <class Target>
const Target& nothing_given() {
    static const Target kValue{};
    return kValue;
}

/// A keyword that sets one field.
template <class Path, auto codec>
constexpr Row keyword(Facts facts) {
    using Target = typename Path::Target;
    using FieldType = std::remove_cvref_t<decltype(Path::get(std::declval<Target&>()))>;
    Row row;
    row.facts = facts;
    row.words = decltype(codec)::kWords;
    row.raw = requires { decltype(codec)::kRaw; };
    if constexpr (requires(BadLines& bad) { codec.spoil(bad); })
        row.spoil = [](BadLines& bad) { codec.spoil(bad); };
    else
        static_assert(decltype(codec)::kAnyValue, "a codec tells its bad values, or that there are none");
    row.apply = [](Loading& loading, void* target, const Row& self, const Line& line) {
        auto& field = Path::get(*static_cast<Target*>(target));
        const bool given = !(field == Path::get(nothing_given<Target>()));
        if (self.facts.repeat == Repeat::once && self.words != 0 && given) {
            bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
            return;
        }
        if (self.facts.repeat == Repeat::replaces && given)
            bad_word(loading, ReportClass::general, line, 0, "was given before; this one replaces it");
        typename Bare<FieldType>::type value{};
        if (codec.read(loading, line, value)) field = std::move(value);
    };
    row.show = [](const void* target, const Row& self, Writer& writer) {
        const auto& field = Path::get(*static_cast<const Target*>(target));
        if constexpr (requires { field.has_value(); }) {
            if (!field) return;
            if (auto text = codec.write(*field)) writer.line(self.facts.name, *text);
        } else {
            if (field == Path::get(nothing_given<Target>())) return;
            if (auto text = codec.write(field)) writer.line(self.facts.name, *text);
        }
    };
    return row;
}

/// A keyword with a function of its own. `show` may be null when another row writes the field.
template <class Target, void (*function)(Loading&, Target&, const Line&),
          void (*print)(const Target&, const Row&, Writer&) = nullptr>
constexpr Row custom(Facts facts, uint8_t words = kAnyWords) {
    Row row;
    row.facts = facts;
    row.words = words;
    row.apply = [](Loading& loading, void* target, const Row&, const Line& line) {
        function(loading, *static_cast<Target*>(target), line);
    };
    if constexpr (print != nullptr) {
        row.show = [](const void* target, const Row& self, Writer& writer) {
            print(*static_cast<const Target*>(target), self, writer);
        };
    }
    return row;
}

/// A block of keywords. `open` makes (or finds) what the inside fills, or skips the block by returning null.
template <class Target, class Child, Child* (*open)(Loading&, Target&, const Line&),
          void (*close)(Loading&, Target&, Child&, const Line&) = nullptr,
          void (*print)(const Target&, const Row&, Writer&) = nullptr>
constexpr Row block(Facts facts, const Block& inside) {
    Row row;
    row.facts = facts;
    row.block = &inside;
    row.enter = [](Loading& loading, void* target, const Row&, const Line& line) -> void* {
        return open(loading, *static_cast<Target*>(target), line);
    };
    if constexpr (close != nullptr) {
        row.leave = [](Loading& loading, void* target, void* child, const Line& line) {
            close(loading, *static_cast<Target*>(target), *static_cast<Child*>(child), line);
        };
    }
    if constexpr (print != nullptr) {
        row.show = [](const void* target, const Row& self, Writer& writer) {
            print(*static_cast<const Target*>(target), self, writer);
        };
    }
    return row;
}

template <class Target>
Target* same(Loading&, Target& target, const Line&) {
    return &target;
}

/// Writes every row of a block that has something to say.
void show_rows(const Block& block, const void* target, Writer& writer);

}  // namespace holdfast::config
