#include "holdfast/check/memory.hpp"

namespace holdfast::check {

bool UrlCycle::passed() {
    ++current_;
    const bool last = current_ >= count_;
    if (failed_) {
        failed_.reset();
        current_ = 0;
        return false;
    }
    if (last) current_ = 0;
    return last;
}

namespace {

size_t count_urls(const Checker& checker) {
    const auto* http = std::get_if<HttpCheck>(&checker.probe);
    return http == nullptr ? 1 : http->urls.size();
}

}  // namespace

ProbeMemory::ProbeMemory(const Checker& checker) : urls(count_urls(checker)) {
    const auto* http = std::get_if<HttpCheck>(&checker.probe);
    if (http == nullptr) return;
    for (const UrlSettings& url : http->urls) {
        auto& pattern = patterns.emplace_back();
        if (url.regex.empty()) continue;
        auto compiled =
            Regex::compile({url.regex, url.regex_options, url.regex_stack_start, url.regex_stack_max});
        if (compiled) pattern = std::move(*compiled);
    }
    length_differences.resize(http->urls.size());
}

bool needs_memory(const Checker& checker) {
    return std::holds_alternative<HttpCheck>(checker.probe) ||
           std::holds_alternative<DnsCheck>(checker.probe) ||
           std::holds_alternative<PingCheck>(checker.probe);
}

}  // namespace holdfast::check
