// The names that `--signum` knows and the signals behind them (compat/runtime.md, section 2).
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace holdfast::app {

enum class SignalMeaning : unsigned char { stop, reload, data, stats, stats_clear, json };

struct SignalRow {
    std::string_view name;  ///< "STOP", "RELOAD", ...
    SignalMeaning meaning;
    int number;
    std::string_view summary;
};

/// In the order of the help text. SIGINT means stop too and has no name.
std::span<const SignalRow> signals_table();
/// Case sensitive, as the reference.
std::optional<int> signal_number(std::string_view name);
/// SIGINT and SIGTERM both mean stop; nothing for a signal that has no meaning here.
std::optional<SignalMeaning> signal_meaning(int number);

}  // namespace holdfast::app
