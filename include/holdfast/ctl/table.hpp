// Text in columns, with colours where somebody looks at it. Whatever a name holds, nothing but printable
// characters goes out: a terminal obeys the others.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::ctl {

enum class Tint : uint8_t { none, good, bad, dim, bold };

struct Cell {
    Cell(std::string words,
         Tint colour = Tint::none);  // NOLINT(google-explicit-constructor): cells are words.
    Cell(const char* words) : Cell(std::string(words)) {}  // NOLINT(google-explicit-constructor)
    std::string text;
    Tint tint;
};

/// Control characters become `?`.
std::string printable(std::string_view text);
/// `text` in its colour, when there are colours.
std::string tinted(std::string_view text, Tint tint, bool colours);

class Table {
  public:
    explicit Table(std::initializer_list<std::string_view> head);
    void row(std::vector<Cell> cells) { rows_.push_back({std::move(cells), {}}); }
    /// A line below the last row that belongs to no column.
    void note(std::string text, Tint tint = Tint::dim);
    bool empty() const { return rows_.empty(); }
    /// Columns two blanks apart, each line ending in a newline and in no blank; nothing without rows.
    std::string text(bool colours) const;

  private:
    struct Row {
        std::vector<Cell> cells;
        std::vector<Cell> notes;
    };
    std::vector<std::string> head_;
    std::vector<Row> rows_;
};

/// `0.8 ms`, `3.2 s`, `2 m 05 s`, `3 h 12 m`, `4 d 03 h`.
std::string duration_text(double seconds);

}  // namespace holdfast::ctl
