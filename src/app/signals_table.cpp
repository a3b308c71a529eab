#include "holdfast/app/signals_table.hpp"

#include <csignal>
#include <vector>

namespace holdfast::app {

// SIGRTMIN and SIGRTMAX are not constants: the C library reserves some for itself.
std::span<const SignalRow> signals_table() {
    static const std::vector<SignalRow> rows{
        {"STOP", SignalMeaning::stop, SIGTERM, "Stop."},
        {"RELOAD", SignalMeaning::reload, SIGHUP, "Read the configuration again."},
        {"DATA", SignalMeaning::data, SIGUSR1, "Write keepalived.data."},
        {"STATS", SignalMeaning::stats, SIGUSR2, "Write keepalived.stats."},
        {"STATS_CLEAR", SignalMeaning::stats_clear, SIGRTMAX - 1,
         "Write keepalived.stats and zero the counters."},
        {"JSON", SignalMeaning::json, SIGRTMIN + 2, "Write keepalived.json."},
    };
    return rows;
}

std::optional<int> signal_number(std::string_view name) {
    for (const SignalRow& row : signals_table()) {
        if (row.name == name) return row.number;
    }
    return std::nullopt;
}

std::optional<SignalMeaning> signal_meaning(int number) {
    if (number == SIGINT) return SignalMeaning::stop;
    for (const SignalRow& row : signals_table()) {
        if (row.number == number) return row.meaning;
    }
    return std::nullopt;
}

}  // namespace holdfast::app
