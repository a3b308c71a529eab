#include "holdfast/check/http.hpp"

#include <fmt/format.h>

namespace holdfast::check {
namespace {

constexpr unsigned kLowestStatus = 100;
constexpr unsigned kHighestStatus = 599;

bool is_good(unsigned status, const UrlSettings& url) {
    if (status < kLowestStatus || status > kHighestStatus) return false;
    if (url.status_codes.none()) return status >= 200 && status <= 299;
    return url.status_codes.test(status - kLowestStatus);
}

const std::string& virtualhost(const HttpCheck& check, const UrlSettings& url) {
    if (!url.virtualhost.empty()) return url.virtualhost;
    return check.virtualhost.empty() ? check.servers_virtualhost.text.string() : check.virtualhost.string();
}

}  // namespace

std::string http_request(const HttpCheck& check, const UrlSettings& url) {
    const bool new_protocol = check.protocol == HttpProtocol::http_1_1;
    const bool closes = new_protocol || check.protocol == HttpProtocol::http_1_0_compatible;
    std::string request = fmt::format("GET {} HTTP/1.{}\r\nUser-Agent: KeepAliveClient\r\n{}", url.path,
                                      new_protocol ? 1 : 0, closes ? "Connection: close\r\n" : "");
    if (check.protocol != HttpProtocol::http_1_0_without_host) {
        const std::string& host = virtualhost(check, url);
        const Endpoint& to = check.connect.destination;
        if (!host.empty()) {
            request += fmt::format("Host: {}\r\n", host);
        } else if (to.address.is_v6()) {
            request += fmt::format("Host: [{}]:{}\r\n", to.address.to_string(), to.port);
        } else {
            request += fmt::format("Host: {}:{}\r\n", to.address.to_string(), to.port);
        }
    }
    return request + "\r\n";
}

HttpConversation::HttpConversation(const HttpCheck& check, ProbeMemory& memory)
    : check_(check), memory_(memory), index_(memory.urls.current()), url_(check.urls.at(index_)) {
    if (const auto& pattern = memory.patterns.at(index_))
        search_.emplace(*pattern, url_.regex_min_offset, url_.regex_max_offset);
}

std::string HttpConversation::server_name() const {
    if (!check_.enable_sni) return {};
    return check_.sni_name.empty() ? virtualhost(check_, url_) : check_.sni_name.string();
}

bool HttpConversation::ends_tls_properly() const {
    return check_.tls_compliant || url_.tls_compliant.value_or(false);
}

Step HttpConversation::connected(Bytes& out) {
    const std::string request = http_request(check_, url_);
    out.insert(out.end(), request.begin(), request.end());
    return Step::wait();
}

// The first byte begins a new limit, and so does each piece of a body, as in keepalived; there, however, also
// each piece of a header, so that a server may drip one for ever. With TLS the rest of the answer has to come
// within one limit.
Step HttpConversation::received(std::span<const uint8_t> bytes, Bytes&) {
    const bool first = !std::exchange(any_byte_, true);
    const bool had_header = answer_.has_header();
    const auto counted = answer_.take(bytes);
    if (answer_.header_too_long()) return Step::bad("Read, no data received from ");
    if (url_.digest) digest_.update(counted);
    if (search_) search_->feed(bytes);
    const bool more_time = first || (!check_.tls && (had_header || answer_.has_header()));
    return more_time ? Step::wait_anew() : Step::wait();
}

Step HttpConversation::closed() {
    if (check_.tls && !answer_.has_header()) return Step::bad("SSL read error from");
    return judge();
}

Step HttpConversation::failed(const Failure& failure) {
    switch (failure.trouble) {
        case Trouble::refused:
            return Step::bad("Connection failed");
        case Trouble::unreachable:
            return Step::bad("HTTP/SSL_CHECK - network unreachable");
        case Trouble::timed_out:
            return Step::bad("Timeout connecting");
        case Trouble::handshake:
            return Step::bad("SSL handshake/communication error connecting to");
        case Trouble::broken:
            // Many TLS servers end a session without close_notify or by a reset: what has come counts.
            return check_.tls ? judge() : Step::bad("Read error with");
    }
    return Step::bad("Read error with");
}

Step HttpConversation::timed_out() {
    // Session tickets of TLS 1.3 count as a first byte in the reference.
    if (check_.tls) return Step::bad("Timeout SSL read");
    return Step::bad(any_byte_ ? "Timeout HTTP read" : "Timeout WEB read");
}

Step HttpConversation::judge() {
    if (!answer_.has_header()) return Step::bad("Read, no data received from ");
    if (!is_good(answer_.status(), url_)) return Step::bad("HTTP status code error to");
    Step step = Step::good();
    step.outcome.reason = "HTTP status code";
    step.outcome.detail = fmt::format(" url({})", url_.path);
    step.outcome.remark = length_remark();
    auto refuse = [&](const char* reason) {
        step.outcome.good = false;
        step.outcome.reason = reason;
        step.outcome.detail.clear();
    };
    if (url_.digest) {
        step.outcome.reason = "MD5 digest";
        if (digest_.finish() != *url_.digest) {
            refuse("MD5 digest error to");
            return step;
        }
    }
    if (search_) {
        search_->finish();
        step.outcome.reason = "Regex match";
        if (search_->found() == url_.regex_no_match) refuse("Regex match failed");
    }
    return step;
}

// A difference decides nothing, and is told when it is new.
std::string HttpConversation::length_remark() {
    const auto announced = answer_.content_length();
    const int64_t difference = announced ? static_cast<int64_t>(*announced - answer_.body_length()) : 0;
    if (std::exchange(memory_.length_differences.at(index_), difference) == difference) return {};
    if (difference == 0) return {};
    return fmt::format(" url {}{}: content_length ({}) does not match received bytes ({})", url_.virtualhost,
                       url_.path, *announced, answer_.body_length());
}

}  // namespace holdfast::check
