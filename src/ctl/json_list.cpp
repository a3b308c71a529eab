#include "holdfast/ctl/json_list.hpp"

namespace holdfast::ctl {

namespace {

/// Behind the string that begins at `at`; npos when it has no end.
size_t skip_string(std::string_view text, size_t at) {
    while (true) {
        at = text.find_first_of("\"\\", at + 1);
        if (at == std::string_view::npos) return at;
        if (text[at] == '"') return at + 1;
        ++at;  // What is escaped.
    }
}

}  // namespace

std::optional<TakenApart> take_list_out(std::string_view text, std::string_view name) {
    constexpr size_t kNone = std::string_view::npos;
    const std::string key = "\"" + std::string(name) + "\":[";
    TakenApart result;
    size_t list = kNone;     // Behind its bracket, once it is found.
    size_t element = kNone;  // Where the current one begins.
    int depth = 0;
    for (size_t at = text.find_first_of("\"{}[]"); at != kNone; at = text.find_first_of("\"{}[],", at)) {
        const char c = text[at];
        if (c == '"') {
            if (list == kNone && depth == 1 && text.substr(at).starts_with(key)) {
                at += key.size();
                list = element = at;
                depth = 2;
                continue;
            }
            at = skip_string(text, at);
            if (at == kNone) return std::nullopt;
            continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        const bool ends_list = list != kNone && depth == 1;
        if (ends_list || (list != kNone && depth == 2 && c == ',')) {
            if (at > element) result.elements.push_back(text.substr(element, at - element));
            element = at + 1;
        }
        if (ends_list) {
            result.rest = std::string(text.substr(0, list)) + std::string(text.substr(at));
            return result;
        }
        ++at;
    }
    return std::nullopt;
}

}  // namespace holdfast::ctl
