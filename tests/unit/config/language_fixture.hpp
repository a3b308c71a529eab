// Reads configuration text from memory and writes the block tree on one line, for comparison.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/syntax.hpp"

namespace holdfast::config {

/// `a b {c; d {}}`; words with blanks, braces or nothing in them are shown as <word>.
inline std::string shape(const DirectiveRange& directives) {
    std::string out;
    for (Directive directive : directives) {
        if (!out.empty()) out += "; ";
        bool first = true;
        for (std::string_view word : directive.words()) {
            if (!first) out += ' ';
            first = false;
            bool plain = !word.empty() && word.find_first_of(" \t{};<>") == std::string_view::npos;
            out += plain ? std::string(word) : "<" + std::string(word) + ">";
        }
        if (directive.has_block()) out += " {" + shape(directive.children()) + "}";
    }
    return out;
}

/// The blocks of keepalived that these tests need.
inline bool is_block_keyword(std::string_view parent, std::string_view keyword) {
    if (parent.empty())
        return keyword == "global_defs" || keyword == "vrrp_instance" || keyword == "vrrp_script";
    if (parent == "global_defs") return keyword == "notification_email";
    return parent == "vrrp_instance" &&
           (keyword == "virtual_ipaddress" || keyword == "authentication" || keyword == "track_interface");
}

class LanguageTest : public testing::Test {
  protected:
    /// The tree of `text`, which is /etc/keepalived/keepalived.conf.
    std::string read(std::string text) {
        files.add(kMain, std::move(text));
        return load(kMain);
    }
    std::string load(const std::string& path) {
        diagnostics = Diagnostics();
        document = load_document(path, options, files, diagnostics);
        return shape(document.directives());
    }
    /// Every report as `LINE:COLUMN class-number message`, without the file.
    std::vector<std::string> reports() const {
        std::vector<std::string> lines;
        for (const Diagnostic& diagnostic : diagnostics.all()) lines.push_back(diagnostic.message);
        return lines;
    }
    const Diagnostic& only_report() const {
        static const Diagnostic kNothing;
        EXPECT_EQ(diagnostics.all().size(), 1U) << render(diagnostics);
        return diagnostics.empty() ? kNothing : diagnostics.all().front();
    }
    int exit_code() const { return test_exit_code(diagnostics); }

    static constexpr const char* kMain = "/etc/keepalived/keepalived.conf";
    MemoryFiles files;
    LanguageOptions options;
    Diagnostics diagnostics;
    Document document;
};

}  // namespace holdfast::config
