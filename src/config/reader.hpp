// Reads a configuration: files to lines, lines to directives and braces. Plain lines take a fast path that
// only looks at each byte once; everything with a quote, an escape, a `$`, an `@`, a `~` or an include takes
// the general one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/config/definitions.hpp"
#include "holdfast/config/include.hpp"
#include "holdfast/config/lexer.hpp"
#include "holdfast/config/repetition.hpp"
#include "storage.hpp"
#include "tree_builder.hpp"

namespace holdfast::config {

class LanguageReader {
  public:
    LanguageReader(const LanguageOptions& options, const FileReader& files, Diagnostics& diagnostics,
                   Document::Storage& storage);

    /// The file or files that `-f` names.
    void read_main(const std::string& path);
    void read_text(std::string text, const std::string& name);
    void finish();

  private:
    // reader.cpp: files and lines.
    void read_source(const Source& source);
    void read_plain(const Source& source);
    void read_careful(std::string_view text);
    const char* read_rest_of_line(const char* from, const char* end);
    void physical_line(std::string_view line);

    // expansion.cpp: one line without its comment, from a file or generated.
    void logical_line(std::string_view text);
    void statement(std::string_view text);
    bool condition_holds(std::string_view& text) const;
    bool define(std::string_view text);
    void continue_definition(std::string_view text);
    void finish_definition();
    void repeat(std::string_view text);
    std::optional<std::string_view> substitute(std::string_view text,
                                               std::vector<std::string_view>& following);
    std::string_view keep_substituted(std::string_view line, const Substituted& result);
    void following_lines(const std::vector<std::string_view>& lines, const char* used_at);
    bool take_repetitions(uint64_t count, std::string_view at);
    bool take_expansion(std::string_view text);
    size_t next_brace(std::string_view text);
    void emit(std::string_view text, std::string_view rest_of_line);
    std::string_view cleaned(std::string_view text);
    void include_check(std::string_view text);

    // inclusion.cpp: include lines and the main file.
    void include(const IncludeLine& line, std::string_view text);
    bool usable(const std::string& path, IncludePolicy policy, std::string_view from);
    void read_contents(const std::string& path, std::string contents, std::string_view from);
    void file_problem(bool demanded, std::string_view from, std::string message);

    bool add_directive(std::string_view text, uint32_t flags);
    void report(ReportClass report_class, std::string_view at, std::string message,
                Severity severity = Severity::error);

    const LanguageOptions& options_;
    const FileReader& files_;
    Diagnostics& diagnostics_;
    Document::Storage& storage_;
    TreeBuilder builder_;

    Definitions definitions_;
    DefinitionContext context_;
    /// The definition whose lines are being collected.
    struct OpenDefinition {
        std::string name;
        std::vector<std::string_view> lines;
    };
    std::optional<OpenDefinition> open_definition_;

    IncludePolicy policy_;
    const Source* source_ = nullptr;  ///< The file being read.
    size_t bytes_ = 0;
    size_t file_names_ = 0;  ///< Looked at for includes.
    uint32_t repetitions_ = 0;
    size_t expanded_ = 0;        ///< Bytes of lines that substitution or repetition made.
    uint32_t recursion_ = 0;     ///< Lines within lines.
    bool abandoned_ = false;     ///< A limit was hit: the line that started it all is given up.
    bool include_loop_ = false;  ///< Includes were too deep: none is followed until the main file goes on.
    bool expansion_limit_reported_ = false;
    bool file_limit_reported_ = false;
    bool directive_limit_reported_ = false;
};

}  // namespace holdfast::config
