// The configuration language on arbitrary bytes. The input is a small file system: a line `=== NAME` begins
// another file, what stands before the first one is the main file. Besides not crashing:
//   - every directive, word and report has a place inside a file that was read;
//   - the tree, printed and read again, is the same tree.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config_mutator.hpp"
#include "holdfast/config/syntax.hpp"
#include "holdfast/config/words.hpp"

namespace {

using namespace holdfast::config;

void demand(bool condition) {
    if (!condition) __builtin_trap();
}

void add_files(MemoryFiles& files, std::string_view input) {
    std::string name = "main.conf";
    while (true) {
        size_t next = input.find("\n=== ");
        files.add("/k/" + name, std::string(input.substr(0, next)));
        if (next == std::string_view::npos) return;
        input.remove_prefix(next + 5);
        size_t end = std::min(input.find('\n'), input.size());
        name = std::string(input.substr(0, std::min<size_t>(end, 40)));
        input.remove_prefix(std::min(end + 1, input.size()));
    }
}

// The tree as text of one kind. `printable` becomes false when a word cannot be written down: a quote has no
// escape in the plain reader.
std::string print(const DirectiveRange& directives, bool& printable) {
    std::string out;
    for (Directive directive : directives) {
        demand(directive.size() > 0);
        for (std::string_view word : directive.words()) {
            printable = printable && word.find_first_of("\"\\$\n") == std::string_view::npos;
            out += '"';
            out += word;
            out += "\" ";
        }
        if (directive.has_block()) out += "{\n" + print(directive.children(), printable) + "}";
        out += '\n';
    }
    return out;
}

size_t check_places(const DirectiveRange& directives) {
    size_t count = 0;
    for (Directive directive : directives) {
        ++count;
        for (size_t i = 0; i < directive.size(); ++i) {
            Span span = directive.span(i);
            demand(!span.position.file.empty() && span.position.line > 0 && span.position.column > 0);
        }
        (void)split_command(directive.rest());
        (void)read_escaped(directive.rest());
        demand(directive.rest().size() <= directive.text().size());
        demand(!render(directive.document().report(Severity::error, ReportClass::general, directive, 1, "x"))
                    .empty());
        if (!directive.has_block()) demand(directive.children().empty());
        count += check_places(directive.children());
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    MemoryFiles files("/k");
    add_files(files, {reinterpret_cast<const char*>(data), size});

    LanguageOptions options;
    options.config_id = "one";
    options.environment = [](std::string_view) { return "value $x \"#"; };
    options.expects_block = [](std::string_view parent, std::string_view keyword) {
        return keyword == "virtual_ipaddress" ? !parent.empty() : keyword.starts_with("vrrp");
    };
    options.limits.repetitions = 2000;
    options.limits.expanded_bytes = 100000;
    options.limits.expanded_line_length = 2000;
    options.limits.substitutions_per_line = 200;
    options.limits.files = 30;
    options.limits.include_depth = 6;
    options.limits.nesting = 12;
    Diagnostics diagnostics(20);
    Document document = load_document("main.conf", options, files, diagnostics);

    demand(check_places(document.directives()) == document.size());
    for (const Diagnostic& diagnostic : diagnostics.all()) demand(!diagnostic.span.position.file.empty());
    (void)render(diagnostics);

    bool printable = true;
    std::string printed = print(document.directives(), printable);
    if (printable) {
        LanguageOptions plain;
        plain.limits.line_length = 1U << 30U;
        Diagnostics none;
        Document again = parse_document(printed, "printed", plain, files, none);
        // What include_check says about its arguments it says again.
        demand(!none.has(ReportClass::brace) && !none.has(ReportClass::quote));
        demand(print(again.directives(), printable) == printed);
    }
    return 0;
}
