// Random trees, written in a random style and read again, give the same tree; and whatever is read, the words
// of a directive lie in it and their positions say where.
#include <random>

#include "language_fixture.hpp"

namespace holdfast::config {
namespace {

struct Tree {
    std::vector<std::string> words;
    std::optional<std::vector<Tree>> block;
};

class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

    std::vector<Tree> trees(int depth) {
        std::vector<Tree> result;
        for (unsigned count = below(5); count > 0; --count) {
            Tree tree;
            for (unsigned words = 1 + below(4); words > 0; --words) tree.words.push_back(word());
            // A first word may mean something to the reader itself.
            tree.words.front() = "k" + std::to_string(below(100));
            if (depth > 0 && below(3) == 0) tree.block = trees(depth - 1);
            result.push_back(std::move(tree));
        }
        return result;
    }

    std::string text(const std::vector<Tree>& trees) {
        std::string out;
        for (const Tree& tree : trees) {
            out += blanks(0);
            for (size_t i = 0; i < tree.words.size(); ++i) {
                if (i > 0) out += blanks(1);
                out += written(tree.words[i]);
            }
            if (tree.block) {
                out += below(3) == 0 ? line_end() + blanks(0) : blanks(0);
                out += '{';
                out += below(2) == 0 ? line_end() : blanks(0);
                out += text(*tree.block);
                out += blanks(0) + "}";
                out += below(4) == 0 ? blanks(0) : line_end();
            } else {
                out += line_end();
            }
        }
        return out;
    }

  private:
    std::string word() {
        static constexpr std::string_view kPlain = "abcXYZ019._-/:%@~'$*";
        static constexpr std::string_view kQuoted = "ab {}#!~@ \t'$";
        bool quoted = below(4) == 0;
        std::string_view letters = quoted ? kQuoted : kPlain;
        std::string result;
        for (unsigned size = below(8) + (quoted ? 0 : 1); size > 0; --size)
            result += letters[below(static_cast<unsigned>(letters.size()))];
        if (!quoted && below(6) == 0) result += below(2) == 0 ? "#" : "!";
        return result;
    }

    std::string written(const std::string& word) {
        bool needs_quotes = word.empty() || word.find_first_of(" \t{}") != std::string::npos;
        if (needs_quotes || below(5) == 0) return "\"" + word + "\"";
        std::string out;
        for (char c : word) {
            if (c == '#' || c == '!') out += '\\';
            out += c;
        }
        return out;
    }

    std::string blanks(unsigned least) {
        std::string out;
        for (unsigned count = least + below(3); count > 0; --count) out += below(3) == 0 ? '\t' : ' ';
        return out;
    }

    std::string line_end() {
        std::string out;
        if (below(4) == 0) out += blanks(1) + "# comment { } \"\"";
        out += below(4) == 0 ? "\r\n" : "\n";
        if (below(5) == 0) out += " \t\n! another\n\n";
        return out;
    }

    std::mt19937 random_;
};

std::string shape_of(const std::vector<Tree>& trees) {
    std::string out;
    for (const Tree& tree : trees) {
        if (!out.empty()) out += "; ";
        for (size_t i = 0; i < tree.words.size(); ++i) {
            const std::string& word = tree.words[i];
            bool plain = !word.empty() && word.find_first_of(" \t{};<>") == std::string::npos;
            if (i > 0) out += ' ';
            out += plain ? word : "<" + word + ">";
        }
        if (tree.block) out += " {" + shape_of(*tree.block) + "}";
    }
    return out;
}

void expect_positions_to_hold(const DirectiveRange& directives, const std::vector<std::string>& lines) {
    for (Directive directive : directives) {
        for (size_t i = 0; i < directive.size(); ++i) {
            std::string_view word = directive.word(i);
            Span span = directive.span(i);
            ASSERT_GE(span.position.line, 1U);
            ASSERT_LE(span.position.line, lines.size());
            std::string_view line = lines[span.position.line - 1];
            if (word.find_first_of("#!") != std::string_view::npos) continue;  // Its escapes lie between.
            EXPECT_EQ(line.substr(span.position.column - 1, word.size()), word);
        }
        expect_positions_to_hold(directive.children(), lines);
    }
}

class SyntaxProperty : public LanguageTest {};

TEST_F(SyntaxProperty, WhatIsWrittenIsRead) {
    for (unsigned seed = 0; seed < 2000; ++seed) {
        Generator generator(seed);
        std::vector<Tree> trees = generator.trees(4);
        std::string text = generator.text(trees);
        ASSERT_EQ(read(text), shape_of(trees)) << "seed " << seed << "\n" << text;
        ASSERT_TRUE(diagnostics.empty()) << "seed " << seed << "\n" << render(diagnostics);

        std::vector<std::string> lines;
        for (size_t at = 0; at <= text.size();) {
            size_t end = std::min(text.find('\n', at), text.size());
            lines.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        expect_positions_to_hold(document.directives(), lines);
        if (HasFailure()) FAIL() << "seed " << seed << "\n" << text;
    }
}

// The fast path and the general one are two programs for one language: a file with a NUL in its last line
// takes the general one for all of it.
TEST_F(SyntaxProperty, BothPathsReadTheSame) {
    static constexpr std::string_view kAlphabet = "ab{}\n\n \t#!\"\\$@~=(),1\r";
    std::mt19937 random(1);
    options.config_id = "a";
    for (int round = 0; round < 8000; ++round) {
        std::string text;
        for (unsigned size = static_cast<unsigned>(random() % 40); size > 0; --size)
            text += kAlphabet[random() % kAlphabet.size()];
        std::string fast = read(text + "\n");
        size_t reports_fast = diagnostics.total();
        std::string careful = read(text + "\n" + std::string(1, '\0') + "\n");
        ASSERT_EQ(fast, careful) << text;
        ASSERT_EQ(reports_fast + 1, diagnostics.total()) << text << render(diagnostics);
    }
}

}  // namespace
}  // namespace holdfast::config
