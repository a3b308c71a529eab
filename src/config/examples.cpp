#include "holdfast/config/examples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>

namespace holdfast::config {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::string_view first_word(std::string_view line) {
    return line.substr(0, line.find(' '));
}

/// A line, or a block with all its lines.
using Statement = std::vector<std::string_view>;

std::vector<Statement> statements_of(std::string_view text) {
    std::vector<Statement> statements;
    int depth = 0;
    for (const std::string_view line : lines_of(text)) {
        if (depth == 0) statements.emplace_back();
        statements.back().push_back(line);
        depth += static_cast<int>(std::count(line.begin(), line.end(), '{')) -
                 static_cast<int>(std::count(line.begin(), line.end(), '}'));
    }
    return statements;
}

bool is_called(const Row& row, std::string_view name) {
    return row.facts.name == name || row.aliases[0].name == name || row.aliases[1].name == name;
}

/// The opening line, the inside and the closing brace.
void append_block(std::vector<std::string>& out, const Row& row, std::string_view opening) {
    out.emplace_back(opening);
    for (const std::string_view line : lines_of(row.block->inside)) out.emplace_back(line);
    out.emplace_back("}");
}

const Row* root_row(std::string_view name) {
    return find(root_block(), name);
}

/// What `/...` of Facts::needs asks for.
void append_root(std::vector<std::string>& out, std::string_view what) {
    if (what.find('{') == std::string_view::npos) {
        const Row& row = *root_row(what);
        append_block(out, row, row.facts.example);
        return;
    }
    for (size_t at = 0; at <= what.size();) {
        const size_t end = std::min(what.find(';', at), what.size());
        const size_t start = std::min(what.find_first_not_of(' ', at), end);
        out.emplace_back(what.substr(start, end - start));
        at = end + 1;
    }
}

class Maker {
  public:
    explicit Maker(std::vector<Example>& out, bool wrong) : out_(out), wrong_(wrong) {}

    void make(const Block& block) {
        for (const Row& row : block.rows) {
            wrong_ ? make_wrong(row) : make_legal(row);
            if (row.block == nullptr) continue;
            parents_.push_back(&row);
            if (row.block->entry != nullptr) make_list(*row.block);
            make(*row.block);
            parents_.pop_back();
        }
    }

  private:
    std::string path() const {
        std::string text;
        for (const Row* parent : parents_) text.append(parent->facts.name) += '/';
        return text;
    }

    void make_legal(const Row& row) {
        const Verdict verdict = row.facts.obsolete ? Verdict::reported : Verdict::clean;
        std::vector<std::string> lines;
        if (row.block != nullptr)
            append_block(lines, row, row.facts.example);
        else
            lines.emplace_back(row.facts.example);
        add(path() + std::string(row.facts.name), row, lines, 0, verdict);
    }

    void make_wrong(const Row& row) {
        const std::string name = path() + std::string(row.facts.name);
        BadLines bad;
        if (row.spoil != nullptr) row.spoil(bad);
        if (row.facts.wrong != kNothingWrong)
            for (const std::string_view line : lines_of(row.facts.wrong)) bad.emplace_back(line);
        if (row.block != nullptr && row.block->entry != nullptr) {
            parents_.push_back(&row);
            for (const std::string& entry : bad) add_wrong(name, nullptr, entry);
            parents_.pop_back();
            return;
        }
        for (const std::string& line : bad) add_wrong(name, &row, line);
    }

    void make_list(const Block& list) {
        const std::string prefix = path().substr(0, path().size() - 1) + ": ";
        for (const Option& option : list.options) {
            if (!wrong_) {
                if (option.example.empty()) continue;
                add(prefix + std::string(option.name), option.example,
                    option.obsolete ? Verdict::reported : Verdict::clean);
            } else if (option.wrong != kNothingWrong) {
                for (const std::string_view entry : lines_of(option.wrong))
                    add_wrong(prefix + std::string(option.name), nullptr, std::string(entry));
            }
        }
    }

    /// One entry of the innermost list.
    void add(const std::string& name, std::string_view entry, Verdict verdict) {
        Row none;
        add(name, none, {std::string(entry)}, 0, verdict);
    }

    /// `row` null: an entry of the innermost list.
    void add_wrong(const std::string& name, const Row* row, std::string line) {
        Verdict verdict = Verdict::reported;
        if (line.starts_with('?')) verdict = Verdict::remarked;
        if (line.starts_with('!')) verdict = Verdict::stopped;
        if (verdict != Verdict::reported) line.erase(0, 1);
        if (line == "." || line.starts_with(". ")) line.erase(0, 1);
        if (row != nullptr)
            line = std::string(row->facts.name) + (line.empty() || line.starts_with(' ') ? "" : " ") + line;
        uint32_t column = 0;
        if (const size_t mark = marked(line); mark != std::string::npos) {
            line.erase(mark, 1);
            column = static_cast<uint32_t>(mark + 1);
        }
        std::vector<std::string> lines{line};
        if (row != nullptr && row->block != nullptr) {
            lines.clear();
            append_block(lines, *row, line);
        }
        const Row none;
        add(name, row == nullptr ? none : *row, lines, column, verdict);
    }

    /// `^` at the beginning of a word.
    static size_t marked(std::string_view line) {
        for (size_t at = line.find('^'); at != std::string_view::npos; at = line.find('^', at + 1))
            if (at == 0 || line[at - 1] == ' ') return at;
        return std::string_view::npos;
    }

    void add(std::string name, const Row& row, const std::vector<std::string>& lines, uint32_t column,
             Verdict verdict) {
        std::vector<std::string> file;
        std::vector<std::string_view> roots;
        const auto ask = [&](const Row& asking) {
            for (const Statement& need : statements_of(asking.facts.needs))
                if (need[0].starts_with('/') && std::find(roots.begin(), roots.end(), need[0]) == roots.end())
                    roots.push_back(need[0]);
        };
        for (const Row* parent : parents_) ask(*parent);
        ask(row);
        const Row& outermost = parents_.empty() ? row : *parents_.front();
        if (outermost.facts.name != "global_defs") append_root(file, "global_defs");
        for (const std::string_view root : roots) append_root(file, root.substr(1));
        for (size_t i = 0; i < parents_.size(); ++i) {
            const Row& next = i + 1 < parents_.size() ? *parents_[i + 1] : row;
            file.emplace_back(parents_[i]->facts.example);
            append_inside(file, parents_[i]->block->inside, next, lines.front());
        }
        if (parents_.empty()) append_inside(file, "", row, "");
        const auto line = static_cast<uint32_t>(file.size() + 1);
        file.insert(file.end(), lines.begin(), lines.end());
        for (size_t i = 0; i < parents_.size(); ++i) file.emplace_back("}");
        Example example{std::move(name), lines.front(), {}, line, column, verdict};
        for (const std::string& text : file) example.text += text + '\n';
        out_.push_back(std::move(example));
    }

    /// The inside of a block without what `next` (or the entry `line` of a list) replaces or does not want,
    /// then what it needs.
    static void append_inside(std::vector<std::string>& file, std::string_view inside, const Row& next,
                              std::string_view line) {
        const std::vector<Statement> needs = statements_of(next.facts.needs);
        const auto unwanted = [&](std::string_view keyword) {
            const bool replaced =
                next.facts.name.empty() ? keyword == first_word(line) : is_called(next, keyword);
            return replaced || std::any_of(needs.begin(), needs.end(), [&](const Statement& need) {
                       return need[0].starts_with('-') && need[0].substr(1) == keyword;
                   });
        };
        for (const Statement& statement : statements_of(inside))
            if (!unwanted(first_word(statement[0])))
                for (const std::string_view text : statement) file.emplace_back(text);
        for (const Statement& need : needs)
            if (!need[0].starts_with('/') && !need[0].starts_with('-'))
                for (const std::string_view text : need) file.emplace_back(text);
    }

    std::vector<Example>& out_;
    const bool wrong_;
    std::vector<const Row*> parents_;
};

std::vector<Example> make(bool wrong) {
    std::vector<Example> examples;
    Maker(examples, wrong).make(root_block());
    return examples;
}

}  // namespace

std::vector<Example> legal_examples() {
    return make(false);
}

std::vector<Example> wrong_examples() {
    return make(true);
}

}  // namespace holdfast::config
