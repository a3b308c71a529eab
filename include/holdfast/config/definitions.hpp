// `$NAME=VALUE` and its use. Values are kept as written and expanded at use, so a later redefinition is seen
// by everything after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::config {

/// What a name stands for. Names that begin with an underscore may be predefined; a definition overrides
/// them.
enum class DefinitionKind : uint8_t { text, lines, directory, instance, random, environment };

struct Definition {
    DefinitionKind kind = DefinitionKind::text;
    std::string value;                    ///< text
    std::vector<std::string_view> lines;  ///< lines: each becomes a line of its own; views outlive the table.
};

/// The answers that predefined names need.
struct DefinitionContext {
    std::function<std::string()> directory;  ///< `${_PWD}`: of the file being read.
    std::string instance;                    ///< `${_INSTANCE}`
    std::function<std::optional<std::string>(std::string_view)> environment;
    std::function<uint64_t(uint64_t, uint64_t)> random;
};

/// A line with its definitions replaced.
struct Substituted {
    std::string text;
    /// For each byte of `text`: the offset in the given line it stands for, and whether it was written there
    /// (or came out of a definition used there).
    struct Origin {
        uint32_t offset;
        uint32_t length;  ///< Of the reference in the given line; 0 = written there.
    };
    std::vector<Origin> origins;
    /// The further lines of a multi-line definition at the end of the line.
    std::vector<std::string_view> following;
    bool changed = false;
    /// Every problem found, with the offset in the given line.
    struct Problem {
        std::string message;
        uint32_t offset;
        uint32_t length;
    };
    std::vector<Problem> problems;
    /// A limit was exceeded; `text` is not usable.
    bool failed = false;
    /// Bytes that had to be moved.
    size_t work = 0;
};

class Definitions {
  public:
    Definitions();

    void define(std::string_view name, std::string_view value);
    void define_lines(std::string_view name, std::vector<std::string_view> lines);
    const Definition* find(std::string_view name) const;

    /// Replaces `$NAME` (before a blank, tab, comma, closing parenthesis or the end) and `${NAME}`, again in
    /// what came out, until nothing is left to replace. Unknown names stay as they are.
    Substituted substitute(std::string_view line, const DefinitionContext& context, uint32_t maximum_length,
                           uint32_t maximum_count) const;

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::unordered_map<std::string, Definition, Hash, std::equal_to<>> table_;
};

/// The head of a definition line: `$NAME=` at the start. `value` is the rest without blanks in front.
struct DefinitionHead {
    std::string_view name;
    std::string_view value;
};
std::optional<DefinitionHead> parse_definition(std::string_view line);

/// The length of `${NAME ...}` at the start of `text` (from the `$`), 0 when there is none.
size_t braced_reference_length(std::string_view text);

}  // namespace holdfast::config
