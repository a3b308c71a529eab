// The keyword tables: one row per keyword, and everything that knows keywords is a loop over the rows:
// parsing, range checks, "did you mean", the dump, the manual page, the compatibility list. A new keyword is
// one new row.
//
// A `Block` is what may stand between one pair of braces: either keywords (rows) or list entries (one entry
// per line, described by `options` where an entry has words of its own). Blocks are constant data, built by
// the compiler; the functions in a row are instantiated from a member path and a codec (config/codec.hpp), or
// written by hand where a keyword follows no pattern.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

class Loading;
class Line;
class Writer;
struct Block;

/// How often published files use it: A, B and C of the compatibility list.
enum class Importance : uint8_t { everyday, common, rare };

/// What a second occurrence does.
enum class Repeat : uint8_t {
    last_wins,  ///< Silently.
    replaces,   ///< The last wins, and the repetition is reported.
    once,       ///< Reported and ignored.
    adds_up,    ///< Values accumulate, or the block may be reopened.
};

/// Whether a reload may change it.
enum class Reload : uint8_t { live, restart };

/// Which part of the daemon a block belongs to; a part that does not run does not read its blocks.
enum class Part : uint8_t { all, vrrp, checkers, bfd };

/// How another spelling of a keyword is taken.
enum class Spelling : uint8_t {
    equal,         ///< Just another name.
    old_logged,    ///< Works; the log says which name to use. `-t` stays silent.
    old_reported,  ///< Works; reported, `-t` exits 5.
};

struct Alias {
    std::string_view name;
    Spelling spelling = Spelling::equal;
};

/// The part of a row that is text.
struct Facts {
    std::string_view name;
    std::string_view syntax{};    ///< What follows the keyword; empty = nothing. "{" = a block or list.
    std::string_view fallback{};  ///< The default, in words.
    std::string_view summary{};   ///< Meaning, units, and what an invalid value does, in a sentence.
    Importance importance = Importance::common;
    Repeat repeat = Repeat::last_wins;
    Reload reload = Reload::live;
    std::string_view since{};  ///< keepalived version that has it first; empty = before 2.2.7.
    /// A legal line as a user would write it; of a block its first line, whose inside is Block::inside.
    std::string_view example{};
    /// What is reported, one line each, beside what the codec tells (see BadLines).
    std::string_view wrong{};
    /// What the example stands on, one line each: lines of the same block that come first; `-KEYWORD` leaves
    /// a line of Block::inside out; `/KEYWORD` asks for the example of a root block in front, `/TEXT {; ...;
    /// }` for exactly this one.
    std::string_view needs{};
    bool obsolete = false;  ///< Works, but every use is reported: there is something better.
};

/// Wrong uses of a keyword. Each is what follows the keyword, with `^` before the word that is underlined
/// (none: the keyword or the whole line); `.` is nothing at all. A leading `?` means: only remarked, `-t`
/// stays content. A leading `!` means: a required word is missing, reading stops. In lists it is the whole
/// entry.
using BadLines = std::vector<std::string>;
/// The value of Facts::wrong where no use of a keyword is wrong.
inline constexpr std::string_view kNothingWrong = "*";

/// More words than any keyword has: such rows take all words of their line.
inline constexpr uint8_t kAnyWords = 255;

/// One keyword. The `void*` are the draft a block fills; the typed builders in config/codec.hpp keep both
/// ends equal.
struct Row {
    Facts facts;
    std::array<Alias, 2> aliases{};
    uint8_t words = kAnyWords;  ///< How many words after the keyword mean something.
    bool raw = false;           ///< Read from the raw line (scripts, regex), where quotes have other rules.
    bool early = false;         ///< Outside all blocks: taken before everything else, wherever it stands.
    Part part = Part::all;
    void (*apply)(Loading&, void* target, const Row&, const Line&) = nullptr;  ///< Value keywords.
    void (*show)(const void* target, const Row&, Writer&) = nullptr;  ///< Writes the line(s) of the dump.
    const Block* block = nullptr;                                     ///< Blocks and lists.
    void* (*enter)(Loading&, void* target, const Row&,
                   const Line&) = nullptr;  ///< nullptr result: skip the block.
    void (*leave)(Loading&, void* target, void* child, const Line&) = nullptr;  ///< After the closing brace.
    void (*spoil)(BadLines&) = nullptr;  ///< Adds the codec's own bad values.

    constexpr Row raw_line() const {
        Row row = *this;
        row.raw = true;
        return row;
    }
    constexpr Row first() const {
        Row row = *this;
        row.early = true;
        return row;
    }
    constexpr Row of(Part owner) const {
        Row row = *this;
        row.part = owner;
        return row;
    }
    constexpr Row example(std::string_view line, std::string_view wrong = {},
                          std::string_view needs = {}) const {
        Row row = *this;
        row.facts.example = line;
        row.facts.wrong = wrong;
        row.facts.needs = needs;
        return row;
    }
    constexpr Row obsolete() const {
        Row row = *this;
        row.facts.obsolete = true;
        return row;
    }
    constexpr Row also(std::string_view name, Spelling spelling = Spelling::equal) const {
        Row row = *this;
        row.aliases[row.aliases[0].name.empty() ? 0 : 1] = {name, spelling};
        return row;
    }
};

/// One word of a list entry (`dev`, `weight`, `via` ...), for the manual page and for suggestions.
struct Option {
    std::string_view name;
    std::string_view syntax;
    std::string_view summary;
    Importance importance = Importance::common;
    std::array<std::string_view, 2> aliases{};
    std::string_view example{};  ///< A whole entry with this word; empty: Block::inside has it.
    std::string_view wrong{};    ///< Whole entries, as BadLines.
    bool obsolete = false;       ///< As Facts::obsolete.
};

struct Block {
    std::string_view name;  ///< Path, as in "virtual_server/real_server".
    std::span<const Row> rows;
    /// Called with each line of a list block; null for keyword blocks.
    void (*entry)(Loading&, void* target, const Line&) = nullptr;
    std::span<const Option> options{};
    std::string_view entry_syntax{};
    std::string_view inside{};  ///< The least that makes an example of the block legal; for lists, an entry.

    constexpr Block around(std::string_view lines) const {
        Block block = *this;
        block.inside = lines;
        return block;
    }
};

/// What stands outside all braces.
const Block& root_block();

/// The row called `name`, or with that alias; null when there is none. `alias` tells how it was spelt.
/// Constant time: each block has a hash index, built once.
const Row* find(const Block& block, std::string_view name, Alias* alias = nullptr);

/// The most similar keyword of a block, for a misspelt one; empty when nothing is near.
std::string_view closest(const Block& block, std::string_view name);

/// Calls `visit(path, row)` for every row of the tree, aliases included in their row, in table order.
template <class Visit>
void for_each_row(const Block& block, Visit&& visit) {
    for (const Row& row : block.rows) {
        visit(block, row);
        if (row.block != nullptr) for_each_row(*row.block, visit);
    }
}

}  // namespace holdfast::config
