#include "holdfast/notify/settings.hpp"

namespace holdfast::notify {

namespace {

void append_quoted(std::string& out, const std::string& word) {
    out += '\'';
    for (char c : word) {
        if (c == '\'') {
            out += R"('\'')";
        } else {
            out += c;
        }
    }
    out += '\'';
}

}  // namespace

std::string Command::to_string() const {
    std::string result;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (i > 0) result += ' ';
        if (i == 0 && (word.starts_with('<') || word.starts_with('>'))) {
            result += word;
        } else {
            append_quoted(result, word);
        }
    }
    return result;
}

}  // namespace holdfast::notify
