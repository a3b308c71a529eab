// The rows of url, the block of HTTP_GET and SSL_GET that describes one request.
#include "tables_url.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checker_rows.hpp"

namespace holdfast::config {
namespace {

void read_digest(Loading& loading, UrlDraft& url, const Line& line) {
    const std::string_view text = line.word(1);
    if (loading.stopped()) return;
    if (url.value.digest) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    const auto bytes = text.size() == 32 ? parse_hex(text, nullptr) : std::nullopt;
    if (!bytes) {
        bad_word(loading, ReportClass::general, line, 1, "is not an MD5 digest of 32 hex digits");
        return;
    }
    url.value.digest.emplace();
    std::copy(bytes->begin(), bytes->end(), url.value.digest->begin());
}

void show_digest(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.digest)
        writer.line(row.facts.name, fmt::format("{:02x}", fmt::join(*url.value.digest, "")));
}

void read_status(Loading& loading, UrlDraft& url, const Line& line) {
    for (size_t i = 1; i < line.size(); ++i) {
        const std::string_view text = line.word(i);
        const size_t dash = text.find('-');
        const auto first = parse_unsigned(text.substr(0, dash), 100, 599, Lenient::no);
        const auto last = dash == std::string_view::npos
                              ? first
                              : parse_unsigned(text.substr(dash + 1), 100, 599, Lenient::no);
        if (!first.value || !last.value || *first.value > *last.value) {
            bad_word(loading, ReportClass::general, line, i,
                     "is not a status code or a range of them (100..599)");
            continue;
        }
        for (uint64_t code = *first.value; code <= *last.value; ++code)
            url.value.status_codes.set(code - 100);
    }
}

void show_status(const UrlDraft& url, const Row& row, Writer& writer) {
    std::string text;
    const auto& codes = url.value.status_codes;
    for (size_t i = 0; i < codes.size(); ++i) {
        if (!codes[i]) continue;
        size_t end = i;
        while (end + 1 < codes.size() && codes[end + 1]) ++end;
        text += fmt::format("{}{}", text.empty() ? "" : " ", i + 100);
        if (end != i) text += fmt::format("-{}", end + 100);
        i = end;
    }
    if (!text.empty()) writer.line(row.facts.name, text);
}

void read_regex(Loading& loading, UrlDraft& url, const Line& line) {
    auto words = read_escaped(line.directive().rest());
    if (!words || words->size() != 1) {
        bad_word(loading, ReportClass::general, line, 0, "takes exactly one word");
        return;
    }
    if (!url.value.regex.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one replaces it");
    url.value.regex = std::move(words->front());
}

void show_regex(const UrlDraft& url, const Row& row, Writer& writer) {
    if (!url.value.regex.empty())
        writer.line(row.facts.name, fmt::format("\"{}\"", escaped_argument(url.value.regex)));
}

void read_regex_options(Loading& loading, UrlDraft& url, const Line& line) {
    for (size_t i = 1; i < line.size(); ++i) {
        const auto known = check::regex_options();
        const auto option = std::ranges::find(known, line.word(i), &check::RegexOption::name);
        if (option != known.end())
            url.value.regex_options |= option->bit;
        else
            loading.remark(line, i, fmt::format("{} is not an option of a regex", line.word(i)));
    }
}

void show_regex_options(const UrlDraft& url, const Row& row, Writer& writer) {
    std::string text;
    for (const check::RegexOption& option : check::regex_options())
        if ((url.value.regex_options & option.bit) != 0)
            (text += text.empty() ? "" : " ").append(option.name);
    if (!text.empty()) writer.line(row.facts.name, text);
}

std::optional<size_t> regex_number(Loading& loading, const Line& line, size_t word, size_t words) {
    if (line.size() != words) {
        loading.remark(line, 0, fmt::format("{} takes {} numbers; it is ignored", line.keyword(), words - 1));
        return std::nullopt;
    }
    const auto number = parse_unsigned(line.word(word), 0, UINT32_MAX, Lenient::no);
    if (!number.value)
        loading.remark(line, word, fmt::format("{} {} {}", line.keyword(), line.word(word), number.problem));
    return number.value ? std::optional(static_cast<size_t>(*number.value)) : std::nullopt;
}

void read_min_offset(Loading& loading, UrlDraft& url, const Line& line) {
    url.value.regex_min_offset = regex_number(loading, line, 1, 2).value_or(0);
}

void read_max_offset(Loading& loading, UrlDraft& url, const Line& line) {
    url.value.regex_max_offset = regex_number(loading, line, 1, 2);
}

void show_min_offset(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.regex_min_offset != 0)
        writer.line(row.facts.name, fmt::format("{}", url.value.regex_min_offset));
}

void show_max_offset(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.regex_max_offset)
        writer.line(row.facts.name, fmt::format("{}", *url.value.regex_max_offset));
}

void read_regex_stack(Loading& loading, UrlDraft& url, const Line& line) {
    const auto start = regex_number(loading, line, 1, 3);
    const auto most = start ? regex_number(loading, line, 2, 3) : std::nullopt;
    if (!most) return;
    if (*start > *most) {
        loading.remark(line, 0, "regex_stack starts with more than its maximum; it is ignored");
        return;
    }
    url.value.regex_stack_start = std::max(url.value.regex_stack_start, static_cast<uint32_t>(*start));
    url.value.regex_stack_max = std::max(url.value.regex_stack_max, static_cast<uint32_t>(*most));
}

void show_regex_stack(const UrlDraft& url, const Row& row, Writer& writer) {
    if (url.value.regex_stack_max != 0)
        writer.line(row.facts.name,
                    fmt::format("{} {}", url.value.regex_stack_start, url.value.regex_stack_max));
}

using US = check::UrlSettings;
template <auto... Path>
using Url = Field<&UrlDraft::value, Path...>;

// clang-format off: one row, one line
constexpr std::array kUrlRows{
    keyword<Url<&US::path>, Word{}>({"path", "PATH", "required", "Request target, sent as it is.", everyday, replaces}).example("path /index.html"),
    custom<UrlDraft, read_digest, show_digest>({"digest", "MD5HEX", "none", "MD5 of the body.", everyday, once}, 1).example("digest 640205b7b0fc66c1ea91c463fac6334d", "!\n^640205b7\n^640205b7b0fc66c1ea91c463fac6334g"),
    custom<UrlDraft, read_status, show_status>({"status_code", "CODE|A-B...", "200-299", "Good status codes, 100..599.", everyday, adds_up}).example("status_code 200-299 302 404", "^99\n^600\n^300-200\n^abc"),
    keyword<Url<&US::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "of the checker", "Host of this url.", everyday, replaces}).example("virtualhost www.example.org"),
    custom<UrlDraft, read_regex, show_regex>({"regex", "PATTERN", "none", "The body must match; PCRE2, quotes and escapes are processed.", common, replaces}).raw_line().example("regex \"^ok [0-9]+\"", ".\none two"),
    keyword<Url<&US::regex_no_match>, Flag{}>({"regex_no_match", "", "off", "A match is a failure.", rare}).example("regex_no_match", "", "regex ok"),
    custom<UrlDraft, read_regex_options, show_regex_options>({"regex_options", "OPTION...", "none", "PCRE2 compile options.", rare, adds_up}).example("regex_options caseless multiline", "?^greedy", "regex ok"),
    custom<UrlDraft, read_min_offset, show_min_offset>({"regex_min_offset", "N", "0", "Where matching starts in the body.", rare}, 1).example("regex_min_offset 20", "?\n?^abc\n?1 2", "regex ok"),
    custom<UrlDraft, read_max_offset, show_max_offset>({"regex_max_offset", "N", "no limit", "Last offset where a match may start.", rare}, 1).example("regex_max_offset 2000", "?\n?^abc\n?1 2", "regex ok"),
    custom<UrlDraft, read_regex_stack, show_regex_stack>({"regex_stack", "START MAX", "of PCRE2", "Sizes of the matcher's stack, in bytes.", rare}, 2).example("regex_stack 4096 65536", "?\n?4096\n?^abc 65536\n?65536 4096", "regex ok"),
};
constexpr std::array kTlsUrlRow{
    keyword<Url<&US::tls_compliant>, Switch{}>({"tls_compliant", "[BOOL]", "of the checker", "As SSL_GET/tls_compliant, for this url.", rare, last_wins, Reload::live, "2.4"}).example("tls_compliant on"),
};
// clang-format on

constexpr auto kTlsUrlRows = concat(kUrlRows, kTlsUrlRow);

}  // namespace

const Block kUrl = Block{"virtual_server/real_server/HTTP_GET/url", kUrlRows}.around("path /");
const Block kTlsUrl = Block{"virtual_server/real_server/SSL_GET/url", kTlsUrlRows}.around("path /");

UrlDraft* open_url(Loading& loading, CheckerDraft&, const Line&) {
    loading.url_workbench = {};
    return &loading.url_workbench;
}

void close_url(Loading& loading, CheckerDraft& checker, UrlDraft& url, const Line& line) {
    check::UrlSettings& value = url.value;
    if (value.path.empty()) {
        loading.error(line, 0, "url has no path and is left out");
        return;
    }
    const bool tuned = value.regex_no_match || value.regex_options != 0 || value.regex_min_offset != 0 ||
                       value.regex_max_offset || value.regex_stack_max != 0;
    if (value.regex.empty() && tuned) {
        loading.remark(line, 0, "url has regex settings but no regex; they are ignored");
        value.regex_no_match = false;
        value.regex_options = value.regex_stack_start = value.regex_stack_max = 0;
        value.regex_min_offset = 0;
        value.regex_max_offset.reset();
    }
    if (value.regex_max_offset && value.regex_min_offset > *value.regex_max_offset) {
        loading.remark(line, 0, "regex_min_offset is more than regex_max_offset; both are ignored");
        value.regex_min_offset = 0;
        value.regex_max_offset.reset();
    }
    checker.http.urls.push_back(std::move(value));
}

}  // namespace holdfast::config
