// Include lines and the main file: finding files, judging them, reading them.
#include <algorithm>
#include <utility>

#include "reader.hpp"

namespace holdfast::config {

namespace {

std::string quoted(std::string_view name) {
    return "`" + std::string(name.substr(0, 512)) + "`";
}

}  // namespace

// Something is wrong with a file. It stops the daemon only when the policy demands the file.
void LanguageReader::file_problem(bool demanded, std::string_view from, std::string message) {
    if (demanded) storage_.file_missing = true;
    storage_.lost_files.push_back(message);
    report(demanded ? ReportClass::include_file : ReportClass::notice, from, std::move(message),
           demanded ? Severity::error : Severity::warning);
}

// Only regular files without an execute bit are configuration; anything else was not meant, and opening it
// may block.
bool LanguageReader::usable(const std::string& path, IncludePolicy policy, std::string_view from) {
    PathStatus status = files_.status(path);
    if (status.kind == PathKind::directory) {
        file_problem(policy.read, from, quoted(path) + " is a directory, it is skipped");
        return false;
    }
    if (status.kind != PathKind::regular || status.executable) {
        file_problem(policy.read, from,
                     quoted(path) + " is not a regular non-executable file, it is skipped");
        return false;
    }
    return true;
}

void LanguageReader::include(const IncludeLine& line, std::string_view text) {
    IncludePolicy policy = policy_ | line.policy;
    std::string_view pattern = line.pattern;
    if (needs_cleaning(pattern)) pattern = cleaned(pattern);
    if (source_->depth == 0) include_loop_ = false;
    if (include_loop_) return;
    if (source_->depth >= options_.limits.include_depth) {
        include_loop_ = true;
        return report(ReportClass::general, text,
                      "files include each other more than " + std::to_string(options_.limits.include_depth) +
                          " deep; does one include itself?");
    }
    if (file_limit_reported_ || directive_limit_reported_) return;
    const size_t names_left = options_.limits.file_names - file_names_;
    MatchedFiles matched = match_files(files_, source_->directory, pattern, names_left);
    file_names_ += std::min(matched.names, names_left);
    if (file_names_ == options_.limits.file_names) {
        file_limit_reported_ = true;
        report(ReportClass::general, text,
               "the includes look for too many files; the rest of them is left out");
    } else if (matched.too_many) {
        report(ReportClass::general, text, "the pattern matches too many files");
    }
    if (matched.paths.empty()) {
        if (matched.missing) {
            file_problem(matched.has_braces ? policy.brace_match : policy.match, text,
                         "the file " + quoted(pattern) + " is missing");
        } else if (policy.wildcard_match && matched.wildcards_used) {
            file_problem(true, text, "no file matches " + quoted(pattern));
        }
        return;
    }
    if (matched.missing) {
        file_problem(policy.brace_match, text, "some files of " + quoted(pattern) + " are missing");
        if (policy.brace_match) return;
    }
    for (const std::string& path : matched.paths) {
        if (!usable(path, policy, text)) continue;
        Result<std::string> contents = files_.read(path);
        if (contents) {
            read_contents(path, std::move(*contents), text);
        } else {
            file_problem(policy.read, text, "cannot read " + contents.error().message);
        }
    }
}

// `from` is the include line; empty for the main file.
void LanguageReader::read_contents(const std::string& path, std::string contents, std::string_view from) {
    bytes_ += contents.size();
    storage_.is_blank = storage_.is_blank && contents.find_first_not_of(" \t\r\n") == std::string::npos;
    if (bytes_ > options_.limits.total_bytes || storage_.sources.size() >= options_.limits.files) {
        if (!std::exchange(file_limit_reported_, true)) {
            report(ReportClass::general, from, "the configuration has too many files or is too large here");
        }
        return;
    }
    Source source;
    source.name = path;
    source.directory = directory_of(path);
    source.text = std::move(contents);
    if (source_ != nullptr) {
        source.included_at = from.data();
        source.depth = source_->depth + 1;
    }
    IncludePolicy outer_policy = policy_;
    const Source& added = storage_.add_source(std::move(source));
    read_source(added);
    // include_check holds until the end of the file it is written in.
    policy_ = outer_policy;
}

// The main file is read with the code of include. `-t` is lenient about its absence, a start is not.
void LanguageReader::read_main(const std::string& path) {
    auto problem = [&](ReportClass report_class, std::string message) {
        Diagnostic diagnostic;
        diagnostic.severity =
            report_class == ReportClass::multiple_files ? Severity::warning : Severity::error;
        diagnostic.report_class = report_class;
        diagnostic.message = std::move(message);
        diagnostic.span.position.file = path;
        diagnostics_.add(std::move(diagnostic));
    };
    auto class_of = [](bool demanded) { return demanded ? ReportClass::file : ReportClass::notice; };

    MatchedFiles matched = match_files(files_, {}, path);
    // Nothing is read unless every file can be.
    storage_.file_missing = true;
    if (matched.missing) {
        bool demanded = matched.has_braces || !matched.paths.empty() ? policy_.brace_match : policy_.match;
        problem(class_of(demanded), matched.paths.empty() ? "Config files missing '" + path + "'."
                                                          : "some of the configuration files are missing");
        if (matched.paths.empty() || demanded) return;
    } else if (matched.paths.empty()) {
        return problem(class_of(policy_.wildcard_match), "no configuration file matches this pattern");
    }
    std::vector<std::string> contents;
    for (const std::string& file : matched.paths) {
        PathStatus status = files_.status(file);
        if (status.kind != PathKind::regular || status.executable) {
            problem(class_of(policy_.read), quoted(file) + (status.kind == PathKind::directory
                                                                ? " is a directory"
                                                                : " is not a regular non-executable file"));
            continue;
        }
        Result<std::string> text = files_.read(file);
        if (!text) return problem(ReportClass::file, "cannot read " + text.error().message);
        contents.push_back(std::move(*text));
    }
    if (contents.size() != matched.paths.size()) return;
    if (contents.size() > 1) {
        problem(ReportClass::multiple_files,
                "several configuration files match, starting with " + quoted(matched.paths.front()));
    }
    storage_.file_missing = false;
    for (size_t i = 0; i < contents.size(); ++i) read_contents(matched.paths[i], std::move(contents[i]), {});
}

}  // namespace holdfast::config
