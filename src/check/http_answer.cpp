#include "holdfast/check/http_answer.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

namespace holdfast::check {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "HTTP/1.0 200 OK": exactly three digits with a space on each side.
unsigned read_status(std::string_view header) {
    const size_t space = header.find_first_of(" \r");
    if (space == header.npos || header[space] != ' ') return 0;
    const std::string_view code = header.substr(space + 1);
    if (code.size() < 4 || code[3] != ' ' || !std::ranges::all_of(code.substr(0, 3), is_digit)) return 0;
    return static_cast<unsigned>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
}

bool starts_with_name(std::string_view line, std::string_view name) {
    if (line.size() < name.size()) return false;
    return std::ranges::equal(line.substr(0, name.size()), name, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
}

std::optional<uint64_t> read_content_length(std::string_view header) {
    constexpr std::string_view kName = "content-length:";
    while (!header.empty()) {
        const size_t end = std::min(header.find("\r\n"), header.size());
        std::string_view line = header.substr(0, end);
        header.remove_prefix(std::min(end + 2, header.size()));
        if (!starts_with_name(line, kName)) continue;
        line.remove_prefix(kName.size());
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        uint64_t length = 0;
        const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), length);
        const std::string_view behind(rest, static_cast<size_t>(line.data() + line.size() - rest));
        if (error != std::errc() || behind.find_first_not_of(" \t") != behind.npos) return std::nullopt;
        return length;
    }
    return std::nullopt;
}

}  // namespace

std::span<const uint8_t> HttpAnswer::take(std::span<const uint8_t> data) {
    if (complete_) return take_body(data);
    if (header_too_long()) return {};
    // The empty line may have begun in the piece before.
    const size_t before = header_.size();
    const size_t room = std::min(data.size(), kLongestHeader - before);
    header_.append(reinterpret_cast<const char*>(data.data()), room);
    const size_t end = header_.find(kEnd, before < 3 ? 0 : before - 3);
    if (end == header_.npos) return {};
    header_.resize(end + kEnd.size());
    complete_ = true;
    read_header();
    return take_body(data.subspan(header_.size() - before));
}

std::span<const uint8_t> HttpAnswer::take_body(std::span<const uint8_t> data) {
    const uint64_t before = body_length_;
    body_length_ += data.size();
    const uint64_t counts = content_length_.value_or(std::numeric_limits<uint64_t>::max());
    if (before >= counts) return {};
    return data.first(static_cast<size_t>(std::min<uint64_t>(data.size(), counts - before)));
}

void HttpAnswer::read_header() {
    status_ = read_status(header_);
    content_length_ = read_content_length(header_);
}

}  // namespace holdfast::check
