#include "holdfast/config/include.hpp"

#include "holdfast/config/lexer.hpp"

namespace holdfast::config {

std::optional<IncludeLine> parse_include(std::string_view line) {
    constexpr std::string_view kKeyword = "include";
    if (!line.starts_with(kKeyword)) return std::nullopt;
    line.remove_prefix(kKeyword.size());
    if (line.empty()) return std::nullopt;
    IncludePolicy policy;
    if (!is_white(line.front())) {
        if (line.size() < 2 || !is_white(line[1])) return std::nullopt;
        policy.read = true;
        switch (line.front()) {
            case 'r':
                break;
            case 'm':
                policy.match = true;
                break;
            case 'w':
                policy.match = true;
                policy.wildcard_match = true;
                break;
            case 'b':
                policy.brace_match = true;
                break;
            case 'a':
                policy = IncludePolicy::everything();
                break;
            default:
                return std::nullopt;
        }
        line.remove_prefix(1);
    }
    return IncludeLine{policy, trim(line.substr(1))};
}

std::vector<IncludeCheckProblem> apply_include_check(std::span<const std::string_view> arguments,
                                                     IncludePolicy& policy) {
    std::vector<IncludeCheckProblem> problems;
    if (arguments.empty()) policy = IncludePolicy::everything();
    for (size_t i = 0; i < arguments.size(); ++i) {
        std::string_view word = arguments[i];
        char sign = word.starts_with('+') || word.starts_with('-') ? word.front() : '\0';
        if (sign != '\0') {
            word.remove_prefix(1);
        } else if (i == 0) {
            policy = {};
        } else {
            problems.push_back({i, "only the first word of include_check may stand without + or -"});
            continue;
        }
        bool* flag = word == "read"             ? &policy.read
                     : word == "match"          ? &policy.match
                     : word == "wildcard_match" ? &policy.wildcard_match
                     : word == "brace_match"    ? &policy.brace_match
                                                : nullptr;
        if (flag == nullptr) {
            problems.push_back({i, "include_check knows read, match, wildcard_match and brace_match"});
            continue;
        }
        *flag = sign != '-';
        // Whatever is demanded of names, what they name has to be readable.
        if (sign == '\0') policy.read = true;
    }
    return problems;
}

}  // namespace holdfast::config
