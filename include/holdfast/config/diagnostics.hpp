// What is wrong with a configuration, for the person who wrote it: every report has a place, a cause and,
// where we can guess, a remedy. Collected, never printed, by whoever reads the file; the application renders
// them. The classes are those of keepalived 2.4.3, because `-t` derives its exit status from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/position.hpp"

namespace holdfast::config {

/// How much it matters to a reload: an error that the running generation does not carry refuses it.
enum class Severity : uint8_t {
    error,    ///< The directive (or the object it makes useless) is left out.
    warning,  ///< It works, but should be changed.
    remark,   ///< Only logged; `-t` does not show it.
};

/// What kind of report it is, in rising order: the highest one of a file decides the exit status of `-t`.
enum class ReportClass : uint8_t {
    remark,             ///< Log only. 0
    notice,             ///< Shown by `-t` without changing its status (a plain include without a file). 0
    file,               ///< The main file is missing and `-e` asks for it. 4
    interface,          ///< An interface that does not exist. 4
    fatal,              ///< Nothing could run with this. 4
    multiple_files,     ///< The main file name matched several files. 5
    unknown_keyword,    ///< 5
    brace,              ///< A missing or superfluous brace. 5
    quote,              ///< A quote without its partner. 5
    number,             ///< Not a number, or outside its range. 5
    general,            ///< Any other error. 5
    warning,            ///< 5
    deprecated,         ///< An old spelling that works. 5
    security,           ///< Unsafe script or key file, or scripts without enable_script_security. 6
    missing_parameter,  ///< A required word is missing: reading stops there, in a normal start too. 2
    include_file,  ///< An include whose policy demands a file did not get it. 6, also the status of a real
                   ///< start.
};

/// A run of bytes on one line.
struct Span {
    SourcePosition position;
    uint32_t length = 0;  ///< Bytes to underline; 0 = only a place.
    friend bool operator==(const Span&, const Span&) = default;
};

/// A remark that belongs to a diagnostic: "first defined here". `position.line` 0 = no place of its own.
struct Note {
    std::string message;
    Span span;
    std::string source_line;
    friend bool operator==(const Note&, const Note&) = default;
};

struct Diagnostic {
    Severity severity = Severity::error;
    ReportClass report_class = ReportClass::general;
    std::string message;      ///< One line, no full stop, no position.
    Span span;                ///< Line 0 = about the whole file.
    std::string source_line;  ///< The text of that line; may be empty.
    std::string suggestion;   ///< The word that was probably meant; empty = none.
    std::optional<Note> note;
    std::vector<SourcePosition> included_from;  ///< Innermost include first.
    /// What to write instead, when that is more than a word: whole lines, as they belong into the file. The
    /// first line is the introduction.
    std::string advice{};
    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// The reports of one load, in the order they were found. Bounded: after `limit` only the worst class and the
/// numbers are kept, so a file of garbage cannot fill the memory or the log.
class Diagnostics {
  public:
    static constexpr size_t kDefaultLimit = 1000;
    explicit Diagnostics(size_t limit = kDefaultLimit) : limit_(limit) {}

    void add(Diagnostic diagnostic);
    void append(Diagnostics other);
    /// A report that is not shown, because another one explains it. It counts for has(), worst() and
    /// errors().
    void add_hidden(ReportClass report_class, Severity severity);
    /// Report number `index` turned out to matter as much as this.
    void worsen(size_t index, ReportClass report_class, Severity severity);

    std::span<const Diagnostic> all() const { return kept_; }
    bool empty() const { return total_ == 0; }
    /// How many were added, kept or not.
    size_t total() const { return total_; }
    /// How many were added beyond the limit.
    size_t dropped() const { return total_ - kept_.size(); }
    size_t errors() const { return errors_; }
    bool has_errors() const { return errors_ != 0; }
    /// The highest class seen; `remark` when nothing was reported.
    ReportClass worst() const { return worst_; }
    bool has(ReportClass report_class) const {
        return (seen_ >> static_cast<unsigned>(report_class) & 1U) != 0;
    }

  private:
    size_t limit_;
    size_t total_ = 0;
    size_t errors_ = 0;
    uint32_t seen_ = 0;
    ReportClass worst_ = ReportClass::remark;
    std::vector<Diagnostic> kept_;
};

/// 0, 2, 4, 5 or 6: what `-t` exits with.
int test_exit_code(ReportClass worst);
int test_exit_code(const Diagnostics& diagnostics);

/// Several lines, each ending in a newline:
///     /etc/keepalived/keepalived.conf:12:14: error: priority 300 is outside 1..255
///        12 |     priority 300
///           |              ^~~
///           = did you mean `200`?
std::string render(const Diagnostic& diagnostic);
/// All that `-t` shows (everything but remarks), then how many were left out.
std::string render(const Diagnostics& diagnostics);
/// One line without a newline, for syslog: `FILE:LINE:COLUMN: error: TEXT (did you mean ...?)`.
std::string render_line(const Diagnostic& diagnostic);

std::string_view to_string(Severity severity);
/// As `-t --json` names it: "unknown_keyword".
std::string_view to_string(ReportClass report_class);

/// The candidate that a misspelled word most likely meant: smallest Damerau-Levenshtein distance (optimal
/// string alignment), at most a third of the word's length and at most 3; the first one wins a tie. Nothing
/// when none is near.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace holdfast::config
