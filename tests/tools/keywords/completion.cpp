// Completion of the command line for bash.
#include <fmt/format.h>

#include "generators.hpp"
#include "holdfast/app/options.hpp"
#include "holdfast/app/signals_table.hpp"

namespace holdfast::keywords {
namespace {

using app::OptionRow;

/// What may follow an option, as a command that fills COMPREPLY; empty = anything.
std::string_view values_of(const OptionRow& row) {
    if (row.argument_name == "FILE") return "_holdfast_files";
    if (row.name == "namespace") return "_holdfast_namespaces";
    if (row.name == "signum") return "_holdfast_signals";
    if (row.name == "log-facility") return "_holdfast_facilities";
    return "";
}

}  // namespace

std::string completion() {
    std::string words;
    std::string arms;
    for (const OptionRow& row : app::option_table()) {
        if (!row.in_help) continue;
        // An optional argument must be glued to its option.
        const bool glued = row.argument == OptionRow::Argument::optional;
        if (row.letter != 0) words += fmt::format(" -{}", row.letter);
        words += fmt::format(" --{}", row.name);
        const std::string_view values = values_of(row);
        if (row.argument == OptionRow::Argument::none) continue;
        std::string pattern = glued             ? fmt::format("--{}=*", row.name)
                              : row.letter != 0 ? fmt::format("-{}|--{}", row.letter, row.name)
                                                : fmt::format("--{}", row.name);
        if (!glued)
            arms += fmt::format("        {})\n            {}\n            return ;;\n", pattern,
                                values.empty() ? ":" : values);
    }
    std::string signals;
    for (const app::SignalRow& row : app::signals_table()) signals += fmt::format(" {}", row.name);
    return fmt::format(
        R"BASH(# bash completion for holdfast, also under the name keepalived.
# Written by `./dev generate` from the option table.

_holdfast_files() {{
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "${{word#*=}}"))
}}
_holdfast_namespaces() {{ COMPREPLY=($(compgen -W "$(ip netns list 2>/dev/null | cut -d' ' -f1)" -- "$word")); }}
_holdfast_signals() {{ COMPREPLY=($(compgen -W "{}" -- "$word")); }}
_holdfast_facilities() {{ COMPREPLY=($(compgen -W "user daemon local0 local1 local2 local3 local4 local5 local6 local7" -- "$word")); }}

_holdfast() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
    # `--log-file=NAME` arrives as three words.
    if [[ $word == "=" ]]; then
        word=
    elif [[ $before == "=" && $COMP_CWORD -gt 1 ]]; then
        before=${{COMP_WORDS[COMP_CWORD - 2]}}
        case $before in
            --config-test|--log-file) _holdfast_files; return ;;
        esac
    fi
    COMPREPLY=()
    case $before in
{}    esac
    COMPREPLY=($(compgen -W "{}" -- "$word"))
}}

complete -F _holdfast holdfast keepalived
)BASH",
        signals.substr(1), arms, words.substr(1));
}

}  // namespace holdfast::keywords
