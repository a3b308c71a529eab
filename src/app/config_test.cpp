#include "holdfast/app/config_test.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "holdfast/app/daemonize.hpp"
#include "holdfast/app/namespace_load.hpp"
#include "holdfast/app/runtime.hpp"
#include "holdfast/app/secrets.hpp"
#include "holdfast/config/dump.hpp"
#include "holdfast/config/syntax.hpp"

namespace holdfast::app {
namespace {

// Keeps the order in which members are written.
using Json = nlohmann::ordered_json;

/// The version of the shape in docs/diagnostics.md. It rises when a member changes or goes, not when one
/// comes.
constexpr int kShape = 1;

void put_place(Json& json, const config::Span& span) {
    if (!span.position.file.empty()) json["file"] = span.position.file;
    if (span.position.line == 0) return;
    json["line"] = span.position.line;
    json["column"] = span.position.column;
    json["end_column"] = span.position.column + span.length;
}

Json lines_of(std::string_view text) {
    Json lines = Json::array();
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

Json describe(const config::Diagnostic& diagnostic) {
    Json json;
    json["severity"] = to_string(diagnostic.severity);
    json["class"] = to_string(diagnostic.report_class);
    put_place(json, diagnostic.span);
    json["text"] = diagnostic.message;
    if (!diagnostic.source_line.empty()) json["source"] = diagnostic.source_line;
    if (!diagnostic.suggestion.empty()) json["suggestion"] = diagnostic.suggestion;
    if (!diagnostic.advice.empty()) json["advice"] = lines_of(diagnostic.advice);
    Json notes = Json::array();
    if (diagnostic.note) {
        Json note;
        put_place(note, diagnostic.note->span);
        note["text"] = diagnostic.note->message;
        if (!diagnostic.note->source_line.empty()) note["source"] = diagnostic.note->source_line;
        notes.push_back(std::move(note));
    }
    json["notes"] = std::move(notes);
    Json chain = Json::array();
    for (const config::SourcePosition& from : diagnostic.included_from)
        chain.push_back({{"file", from.file}, {"line", from.line}, {"column", from.column}});
    json["included_from"] = std::move(chain);
    return json;
}

Json tree(const config::DirectiveRange& directives) {
    Json list = Json::array();
    for (const config::Directive directive : directives) {
        Json json;
        json["keyword"] = directive.keyword();
        json["words"] = Json::array();
        for (const std::string_view word : directive.arguments()) json["words"].push_back(word);
        if (directive.has_block()) json["block"] = tree(directive.children());
        list.push_back(std::move(json));
    }
    return list;
}

// The dump is written by the keyword tables in the language itself, so the reader of the language gives its
// tree.
Json configuration(const config::Config& config) {
    config::Diagnostics ignored;
    const config::MemoryFiles no_files;
    const config::Document document =
        config::parse_document(without_secrets(config::dump(config)), "dump", {}, no_files, ignored);
    return tree(document.directives());
}

std::string_view verdict(const config::LoadResult& loaded) {
    if (loaded.fatal) return "refused";
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity != config::Severity::remark) return "reported";
    return "clean";
}

}  // namespace

config::LoadOptions load_options(const Options& options) {
    config::LoadOptions load;
    if (options.config_file) load.path = *options.config_file;
    load.config_id = options.config_id.value_or("");
    load.all_config = options.all_config;
    load.test_only = options.config_test;
    load.details = options.log_detail != 0;
    // A test judges every part, whichever would run.
    load.vrrp = options.config_test || options.subsystems.vrrp;
    load.checkers = options.config_test || options.subsystems.checkers;
    load.bfd = options.config_test || options.subsystems.bfd;
    return load;
}

std::string config_test_json(const config::LoadResult& loaded, bool with_configuration) {
    Json json;
    json["version"] = kShape;
    json["verdict"] = verdict(loaded);
    json["exit_code"] = loaded.test_exit_code;
    json["files"] = loaded.files;
    size_t warnings = 0;
    Json diagnostics = Json::array();
    for (const config::Diagnostic& diagnostic : loaded.diagnostics.all()) {
        if (diagnostic.severity == config::Severity::warning) ++warnings;
        diagnostics.push_back(describe(diagnostic));
    }
    json["errors"] = loaded.diagnostics.errors();
    json["warnings"] = warnings;
    json["not_listed"] = loaded.diagnostics.dropped();
    json["diagnostics"] = std::move(diagnostics);
    if (with_configuration)
        json["configuration"] = loaded.config ? configuration(*loaded.config) : Json(nullptr);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

int test_configuration(const Options& options) {
    set_umask(options.umask.value_or(kDefaultUmask));
    const auto read = load_in_namespace(options);
    if (!read) {
        std::fprintf(stderr, "%s\n", read.error().message.c_str());
        return exit_status::kOk;  // The reference's status.
    }
    const config::LoadResult& loaded = read->loaded;
    const std::string report =
        options.json ? config_test_json(loaded, options.dump_config) : config::render(loaded.diagnostics);
    std::FILE* output = options.json ? stdout : stderr;
    if (options.config_test_log) {
        if (const auto redirected = redirect_standard_error(*options.config_test_log); !redirected) {
            std::fprintf(stderr, "%s\n", redirected.error().message.c_str());
            return exit_status::kFatal;
        }
        output = stderr;
    }
    std::fputs(report.c_str(), output);
    return loaded.test_exit_code;
}

}  // namespace holdfast::app
