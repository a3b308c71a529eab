// HTTP_GET and SSL_GET.
#include <fmt/format.h>

#include "checker_rows.hpp"
#include "tables_url.hpp"

namespace holdfast::config {
namespace {

using C = CheckerDraft;
using RD = RealServerDraft;
using HC = check::HttpCheck;
using US = check::UrlSettings;
template <auto... Path>
using Http = Field<&C::http, Path...>;

C* open_http(Loading& loading, RD&, const Line& line) {
    C* checker = fresh_checker(loading, 1, std::chrono::seconds(3));
    checker->http.tls = line.keyword() == "SSL_GET";
    return checker;
}

void close_http(Loading& loading, RD& real, C& checker, const Line& line) {
    if (checker.http.urls.empty()) {
        loading.error(line, 0, fmt::format("{} has no url and is left out", line.keyword()));
        return;
    }
    if (resolve_connect(loading, real, checker.connect, line, checker.http.connect))
        add_checker(real, checker, std::move(checker.http), line, checker.connect.timeout);
}

/// [NAME]; a bare keyword only switches SNI on.
void read_sni_name(Loading& loading, C& checker, const Line& line) {
    checker.http.enable_sni = true;
    if (!line.has(1)) return;
    if (!checker.http.sni_name.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one replaces it");
    checker.http.sni_name = line.word(1);
}

void show_sni_name(const C& checker, const Row& row, Writer& writer) {
    if (!checker.http.sni_name.empty()) writer.line(row.facts.name, quoted(checker.http.sni_name));
}

constexpr std::pair<std::string_view, check::HttpProtocol> kProtocols[] = {
    {"1.0", check::HttpProtocol::http_1_0},
    {"1.1", check::HttpProtocol::http_1_1},
    {"1.0C", check::HttpProtocol::http_1_0_compatible},
    {"1.0c", check::HttpProtocol::http_1_0_compatible},
};

void read_http_protocol(Loading& loading, C& checker, const Line& line) {
    if (word_present<Missing::reported>(loading, line, 1))
        OneOf<kProtocols>{}.read(loading, line, checker.http.protocol);
}

void show_http_protocol(const C& checker, const Row& row, Writer& writer) {
    writer.line(row.facts.name, OneOf<kProtocols>{}.write(checker.http.protocol).value_or("1.0"));
}

void read_old_retry(Loading& loading, C& checker, const Line& line) {
    loading.report(ReportClass::deprecated, line, 0, "nb_get_retry is the old name of retry");
    uint32_t retry = 0;
    if (Integer{0, kMaxUint32}.read(loading, line, retry)) checker.schedule.retry = retry;
}

template <const Block& inside>
void show_urls(const C& checker, const Row& row, Writer& writer) {
    for (const US& url : checker.http.urls) {
        const UrlDraft url_draft{url};
        writer.open(row.facts.name);
        show_rows(inside, &url_draft, writer);
        writer.close();
    }
}

// clang-format off: one row, one line
constexpr std::array kHttpCommonRows{
    custom<C, read_old_retry>({"nb_get_retry", "N", "as retry", "Old name of retry."}, 1).example("nb_get_retry 3", "!\n^-1\n^abc").obsolete(),
    keyword<Http<&HC::virtualhost>, SoftWord{}>({"virtualhost", "STRING", "of the real_server, else address and port", "Host of urls without their own.", everyday, replaces}).example("virtualhost www.example.org"),
    custom<C, read_http_protocol, show_http_protocol>({"http_protocol", "1.0|1.0C|1.0c|1.1", "1.0", "Request version; 1.0C: 1.0 with Connection: close."}, 1).example("http_protocol 1.1", ".\n^2.0"),
    keyword<Http<&HC::enable_sni>, Switch{}>({"enable_sni", "[BOOL]", "off", "Send the host name in the TLS handshake.", everyday}).example("enable_sni on"),
    custom<C, read_sni_name, show_sni_name>({"sni_name", "[NAME]", "the virtual host", "Name to send; switches enable_sni on.", common, replaces, Reload::live, "2.4"}, 1).example("sni_name www.example.org", kNothingWrong),
    keyword<Http<&HC::fast_recovery>, Switch{}>({"fast_recovery", "[BOOL]", "off", "Ask all urls without pause when recovering.", rare}).example("fast_recovery on"),
};
constexpr std::array kHttpUrlRow{
    block<C, UrlDraft, open_url, close_url, show_urls<kUrl>>({"url", "{ path P ... }", "required", "One request; all must pass.", everyday, adds_up}, kUrl).example("url {", kNothingWrong),
};
constexpr std::array kTlsOnlyRows{
    keyword<Http<&HC::tls_compliant>, Switch{}>({"tls_compliant", "[BOOL]", "off", "Send close_notify at the end.", rare, last_wins, Reload::live, "2.4"}).example("tls_compliant on"),
    block<C, UrlDraft, open_url, close_url, show_urls<kTlsUrl>>({"url", "{ path P ... }", "required", "One request; all must pass.", everyday, adds_up}, kTlsUrl).example("url {", kNothingWrong),
};
// clang-format on

constexpr auto kHttpRows = concat(kConnectingRows, kHttpCommonRows, kHttpUrlRow);
constexpr auto kSslRows = concat(kConnectingRows, kHttpCommonRows, kTlsOnlyRows);

}  // namespace

const Block kHttpGet = Block{"virtual_server/real_server/HTTP_GET", kHttpRows}.around("url {\npath /\n}");
const Block kSslGet = Block{"virtual_server/real_server/SSL_GET", kSslRows}.around("url {\npath /\n}");

// clang-format off: one row, one line
constinit const Row kHttpGetRow = block<RD, C, open_http, close_http>({"HTTP_GET", "{ ... url { ... } }", "", "GET each url.", everyday, adds_up}, kHttpGet).example("HTTP_GET {", kNothingWrong);
constinit const Row kSslGetRow = block<RD, C, open_http, close_http>({"SSL_GET", "{ ... url { ... } }", "", "HTTP_GET over TLS.", everyday, adds_up}, kSslGet).example("SSL_GET {", kNothingWrong);
// clang-format on

}  // namespace holdfast::config
