// docs/man/keepalived.conf.5: the language, then every block with its keywords.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "generators.hpp"
#include "language_chapter.hpp"

namespace holdfast::keywords {
namespace {

using config::Block;
using config::Row;

bool is_list(const Row& row) {
    return row.block != nullptr && row.block->entry != nullptr;
}

class Manual {
  public:
    std::string text;

    void write(const Block& root) {
        section("Outside all blocks");
        for (const Row& row : root.rows)
            if (row.block == nullptr) entry(row);
        for (const Row& row : root.rows)
            if (row.block != nullptr) root_block(row);
    }

  private:
    void section(std::string_view title) { text += fmt::format(".SH \"{}\"\n", roff(title)); }
    void subsection(std::string_view title) { text += fmt::format(".SS \"{}\"\n", roff(title)); }

    void root_block(const Row& row) {
        section(row.facts.name);
        block(row, std::string(row.facts.name));
    }

    /// What a block is, its keywords, and its inner blocks below it.
    void block(const Row& row, const std::string& path) {
        synopsis(row);
        text += sentence(row.facts.summary) + '\n';
        remarks(row);
        if (is_list(row)) {
            list(row, path);
            return;
        }
        const bool checkers = path == "virtual_server/real_server";
        const std::vector<const Row*> shared = checkers ? common_rows(*row.block) : std::vector<const Row*>{};
        const std::vector<const Row*>* before = shared_;
        std::vector<std::string_view> elsewhere;
        for (const Row& inner : row.block->rows) {
            if (inner.block != nullptr) continue;
            if (is_shared(inner))
                elsewhere.push_back(inner.facts.name);
            else
                entry(inner);
        }
        if (!elsewhere.empty()) {
            text += ".PP\nAs in other checkers:";
            for (size_t i = 0; i < elsewhere.size(); ++i)
                text += fmt::format("\n.BR {}{}", roff(elsewhere[i]), i + 1 < elsewhere.size() ? " ," : " .");
            text += '\n';
        }
        if (checkers) {
            subsection("What checkers have in common");
            text += "Checkers with these keywords give them this meaning.\n";
            for (const Row* inner : shared) entry(*inner);
            shared_ = &shared;
        }
        for (const Row& inner : row.block->rows) {
            if (inner.block == nullptr) continue;
            subsection(fmt::format("{} in {}", inner.facts.name, last(path)));
            block(inner, path + '/' + std::string(inner.facts.name));
        }
        shared_ = before;
    }

    static std::string last(const std::string& path) {
        const size_t slash = path.rfind('/');
        return slash == std::string::npos ? path : path.substr(slash + 1);
    }

    /// The rows that at least four of the inner blocks have, word for word.
    static std::vector<const Row*> common_rows(const Block& outer) {
        std::vector<const Row*> rows;
        std::map<std::string, size_t> counts;
        for (const Row& inner : outer.rows)
            if (inner.block != nullptr)
                for (const Row& row : inner.block->rows) ++counts[key(row)];
        for (const Row& inner : outer.rows)
            if (inner.block != nullptr)
                for (const Row& row : inner.block->rows)
                    if (counts[key(row)] >= 4) {
                        counts[key(row)] = 0;
                        rows.push_back(&row);
                    }
        return rows;
    }
    static std::string key(const Row& row) {
        return std::string(row.facts.name) + '\n' + std::string(row.facts.summary);
    }
    bool is_shared(const Row& row) const {
        return shared_ != nullptr && std::any_of(shared_->begin(), shared_->end(),
                                                 [&](const Row* other) { return key(*other) == key(row); });
    }

    void synopsis(const Row& row) {
        std::string inside(row.block->inside);
        text += ".PP\n.RS\n.EX\n" + roff(row.facts.example) + '\n';
        int depth = 1;
        for (size_t at = 0; at < inside.size();) {
            const size_t end = std::min(inside.find('\n', at), inside.size());
            const std::string line = inside.substr(at, end - at);
            if (line == "}") --depth;
            text += std::string(static_cast<size_t>(depth) * 4, ' ') + roff(line) + '\n';
            if (line.ends_with('{')) ++depth;
            at = end + 1;
        }
        text += "}\n.EE\n.RE\n.PP\n";
    }

    void list(const Row& row, const std::string& path) {
        if (!row.block->entry_syntax.empty())
            text += fmt::format("Each line is\n.IR \"{}\" .\n", roff(row.block->entry_syntax));
        if (row.block->options.empty()) return;
        // Lists that share a table of words refer to the first one.
        const auto* words = row.block->options.data();
        const auto known = std::find_if(described_.begin(), described_.end(), [&](const auto& other) {
            return words + 1 >= other.first && words < other.first + other.second.second;
        });
        if (known != described_.end()) {
            text += fmt::format("The words of a line are those of\n.BR {} .\n", roff(known->second.first));
            for (const config::Option& option : row.block->options)
                if (&option < known->first || &option >= known->first + known->second.second) word(option);
            return;
        }
        described_[words] = {path, row.block->options.size()};
        for (const config::Option& option : row.block->options) word(option);
    }

    void word(const config::Option& option) {
        text += fmt::format(".TP\n.B {}{}\n{}\n", roff(option.name), italic(option.syntax),
                            sentence(option.summary));
        std::string aliases;
        for (const std::string_view alias : option.aliases)
            if (!alias.empty()) aliases += (aliases.empty() ? "" : ", ") + std::string(alias);
        if (!aliases.empty()) text += fmt::format("Also written {}.\n", roff(aliases));
        if (option.obsolete) text += "Obsolete; every use is reported.\n";
        if (!option.example.empty()) example(option.example);
    }

    void entry(const Row& row) {
        text += fmt::format(".TP\n.B {}{}\n{}\n", roff(row.facts.name), italic(row.facts.syntax),
                            sentence(row.facts.summary));
        remarks(row);
        if (row.facts.example != row.facts.name) example(row.facts.example);
    }

    void example(std::string_view line) {
        constexpr size_t kOneLine = 60;  // What is longer gets a line of its own that is not filled.
        if (line.size() < kOneLine)
            text += ".br\nExample:\n.B \"" + quoted(line) + "\"\n";
        else
            text += ".br\nExample:\n.RS\n.EX\n" + roff(line) + "\n.EE\n.RE\n";
    }

    void remarks(const Row& row) {
        std::string line;
        if (!row.facts.fallback.empty()) line += fallback(row.facts.fallback) + ". ";
        std::string aliases;
        for (const config::Alias& alias : row.aliases)
            if (!alias.name.empty()) aliases += (aliases.empty() ? "" : ", ") + std::string(alias.name);
        if (!aliases.empty()) line += fmt::format("Also written {}. ", roff(aliases));
        if (row.facts.repeat == config::Repeat::once) line += "Only the first one counts. ";
        if (row.facts.reload == config::Reload::restart) line += "Restart. ";
        if (row.facts.obsolete) line += "Obsolete; every use is reported. ";
        if (!row.facts.since.empty()) line += fmt::format("Since keepalived {}. ", row.facts.since);
        if (line.empty()) return;
        line.pop_back();
        text += line + '\n';
    }

    static std::string fallback(std::string_view text) {
        if (text.starts_with("required")) return "Required" + roff(text.substr(8));
        return (text.starts_with("of the ") ? "Default: that " : "Default: ") + roff(text);
    }
    static std::string italic(std::string_view syntax) {
        return syntax.empty() ? "" : fmt::format(" \\fI{}\\fP", roff(syntax));
    }
    static std::string sentence(std::string_view summary) {
        std::string out(summary);
        if (!out.empty() && !out.ends_with('.')) out += '.';
        return roff(out);
    }
    /// An argument of a roff macro.
    static std::string quoted(std::string_view line) {
        std::string out;
        for (const char c : roff(line)) {
            out += c;
            if (c == '"') out += '"';
        }
        return out;
    }

    const std::vector<const Row*>* shared_ = nullptr;
    std::map<const config::Option*, std::pair<std::string, size_t>> described_;
};

constexpr std::string_view kEnd = R"(.SH SEE ALSO
.BR holdfast (8),
.BR ipvsadm (8),
.BR ip\-route (8),
.BR ip\-rule (8)
)";

}  // namespace

std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '^')
            out += "\\(ha";
        else if (c == '~')
            out += "\\(ti";
        else if (c == '`')
            out += "\\(ga";
        else if ((c == '.' || c == '\'') && out.empty())
            (out += "\\&") += c;
        else
            out += c;
    }
    return out;
}

std::string page_title(std::string_view name, int section, std::string_view what) {
    // Neither hyphens nor even margins: keywords and paths are copied from the page.
    return fmt::format(
        ".\\\" Written by `./dev generate`; change the tables it is made of.\n"
        ".TH {} {} \"\" \"Holdfast\" \"{}\"\n.nh\n.ad l\n",
        name, section, what);
}

std::string configuration_manual() {
    Manual manual;
    manual.text = page_title("KEEPALIVED.CONF", 5, "Configuration") + std::string(kLanguageChapter);
    manual.write(config::root_block());
    return manual.text + std::string(kEnd);
}

}  // namespace holdfast::keywords
