#include "holdfast/ctl/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace holdfast::ctl {

namespace {

constexpr std::string_view kReset = "\x1b[0m";

std::string_view code(Tint tint) {
    switch (tint) {
        case Tint::none:
            return "";
        case Tint::good:
            return "\x1b[32m";
        case Tint::bad:
            return "\x1b[31m";
        case Tint::dim:
            return "\x1b[2m";
        case Tint::bold:
            return "\x1b[1m";
    }
    return "";
}

/// Characters, not bytes: continuation bytes of UTF-8 take no room.
size_t width(std::string_view text) {
    return static_cast<size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

Cell::Cell(std::string words, Tint colour) : text(printable(words)), tint(colour) {}

std::string printable(std::string_view text) {
    std::string clean(text);
    for (char& c : clean)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return clean;
}

std::string tinted(std::string_view text, Tint tint, bool colours) {
    if (!colours || tint == Tint::none || text.empty()) return std::string(text);
    return fmt::format("{}{}{}", code(tint), text, kReset);
}

Table::Table(std::initializer_list<std::string_view> head) : head_(head.begin(), head.end()) {}

void Table::note(std::string text, Tint tint) {
    rows_.back().notes.emplace_back(std::move(text), tint);
}

std::string Table::text(bool colours) const {
    if (rows_.empty()) return {};
    std::vector<size_t> widths;
    for (const std::string& word : head_) widths.push_back(width(word));
    for (const Row& row : rows_)
        for (size_t i = 0; i < row.cells.size(); ++i)
            widths[i] = std::max(widths[i], width(row.cells[i].text));
    std::string out;
    // Blanks are owed until something follows them.
    const auto line = [&](size_t columns, const auto& cell) {
        size_t owed = 0;
        for (size_t i = 0; i < columns; ++i) {
            const auto [words, tint] = cell(i);
            if (!words.empty()) {
                out.append(owed, ' ');
                out += tinted(words, tint, colours);
                owed = 0;
            }
            owed += widths[i] - width(words) + 2;
        }
        out += '\n';
    };
    using Words = std::pair<std::string_view, Tint>;
    line(head_.size(), [&](size_t i) { return Words{head_[i], Tint::bold}; });
    for (const Row& row : rows_) {
        line(row.cells.size(), [&](size_t i) { return Words{row.cells[i].text, row.cells[i].tint}; });
        for (const Cell& note : row.notes) out += "    " + tinted(note.text, note.tint, colours) + '\n';
    }
    return out;
}

std::string duration_text(double seconds) {
    constexpr int64_t kMinute = 60;
    constexpr int64_t kHour = 60 * kMinute;
    constexpr int64_t kDay = 24 * kHour;
    if (seconds < 0.9995) return fmt::format("{:.1f} ms", seconds * 1000);
    if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
    const int64_t whole = std::llround(seconds);
    if (whole < kHour) return fmt::format("{} m {:02} s", whole / kMinute, whole % kMinute);
    if (whole < kDay) return fmt::format("{} h {:02} m", whole / kHour, whole % kHour / kMinute);
    return fmt::format("{} d {:02} h", whole / kDay, whole % kDay / kHour);
}

}  // namespace holdfast::ctl
