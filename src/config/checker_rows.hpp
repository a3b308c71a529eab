// What the tables of the checkers share: opening, closing, and the rows that several of them have. Internal
// to config/.
#pragma once

#include <algorithm>
#include <array>

#include "tables_checker.hpp"

namespace holdfast::config {

/// Empties the workbench for a checker with these defaults.
CheckerDraft* fresh_checker(Loading& loading, uint32_t retry = 1,
                            Duration delay_before_retry = std::chrono::seconds(1));
CheckerDraft* open_plain_checker(Loading& loading, RealServerDraft&, const Line&);

/// Fills in what is not given: the real server's address and port. False = reported, the checker is dropped.
bool resolve_connect(Loading& loading, const RealServerDraft& real, const ConnectDraft& draft,
                     const Line& line, check::ConnectSettings& out);

/// Appends the finished checker to its real server.
void add_checker(RealServerDraft& real, const CheckerDraft& checker, decltype(check::Checker::probe) probe,
                 const Line& line, std::optional<Duration> timeout, bool polled = true);

void read_connect_ip(Loading& loading, CheckerDraft& checker, const Line& line);
void show_connect_ip(const CheckerDraft& checker, const Row& row, Writer& writer);
void read_bindto(Loading& loading, CheckerDraft& checker, const Line& line);
void show_bindto(const CheckerDraft& checker, const Row& row, Writer& writer);
void read_bind_if(Loading& loading, CheckerDraft& checker, const Line& line);
void show_bind_if(const CheckerDraft& checker, const Row& row, Writer& writer);
/// The checkers are printed together, in their order, by the row of the first kind.
void show_checkers(const RealServerDraft& real, const Row& row, Writer& writer);

template <size_t... sizes>
constexpr auto concat(const std::array<Row, sizes>&... tables) {
    std::array<Row, (sizes + ...)> all{};
    size_t at = 0;
    ((std::copy(tables.begin(), tables.end(), all.begin() + static_cast<std::ptrdiff_t>(at)), at += sizes),
     ...);
    return all;
}

template <auto... Path>
using CheckerSchedule = Field<&CheckerDraft::schedule, Path...>;
template <auto... Path>
using CheckerConnect = Field<&CheckerDraft::connect, Path...>;

inline constexpr Seconds kCheckerTimer{0, kLongestTimer};
inline constexpr Seconds kCheckerInterval{1, kLongestTimer};
inline constexpr Seconds kStepTimeout{1, kUint32Microseconds};
inline constexpr Integer kCheckerPort{1, 65535};

// clang-format off: one row, one line
inline constexpr std::array kTimingRows{
    keyword<CheckerSchedule<&ScheduleDraft::retry>, Integer{0, kMaxUint32}>({"retry", "N", "of the real_server, else MISC 0, DNS 3, others 1", "Further attempts before a live server counts as down.", everyday}).example("retry 3"),
    keyword<CheckerSchedule<&ScheduleDraft::delay_before_retry>, kCheckerTimer>({"delay_before_retry", "SECS", "of the real_server, else HTTP 3, DNS delay_loop, others 1", "Pause before each retry.", everyday}).example("delay_before_retry 2"),
    keyword<CheckerSchedule<&ScheduleDraft::warmup>, kCheckerTimer>({"warmup", "SECS", "of the real_server, else delay_loop", "The first check starts after a random part of it; 0 = at once."}).example("warmup 5"),
    keyword<CheckerSchedule<&ScheduleDraft::delay_loop>, kCheckerInterval>({"delay_loop", "SECS", "of the real_server", "Interval between checks.", everyday}).example("delay_loop 6"),
    keyword<CheckerSchedule<&ScheduleDraft::alpha>, Switch{}>({"alpha", "[BOOL]", "of the real_server", "Start as failed."}).example("alpha on"),
    keyword<Field<&CheckerDraft::log_all_failures>, Switch{}>({"log_all_failures", "[BOOL]", "off", "Log every failed attempt."}).example("log_all_failures on"),
};
inline constexpr std::array kConnectRows{
    custom<CheckerDraft, read_connect_ip, show_connect_ip>({"connect_ip", "ADDR", "of the real_server", "Address to connect to."}, 1).example("connect_ip 192.0.2.52", "!\n^192.0.2.300\n^nowhere"),
    keyword<CheckerConnect<&ConnectDraft::port>, kCheckerPort>({"connect_port", "PORT", "of the real_server", "Port to connect to.", everyday}).example("connect_port 8080"),
    custom<CheckerDraft, read_bindto, show_bindto>({"bindto", "ADDR", "none", "Local address, of the same family."}, 1).example("bindto 192.0.2.10", "!\n^192.0.2.300\n^2001:db8::10"),
    keyword<CheckerConnect<&ConnectDraft::bind_port>, kCheckerPort>({"bind_port", "PORT", "any", "Local port.", rare}).example("bind_port 40000"),
    custom<CheckerDraft, read_bind_if, show_bind_if>({"bind_if", "IFNAME", "none", "Interface; needed for link-local destinations.", rare}, 1).example("bind_if eth0", "!\n^name-of-16-chars"),
    keyword<CheckerConnect<&ConnectDraft::timeout>, kStepTimeout>({"connect_timeout", "SECS", "of the real_server", "Limit of connecting and of each step after it.", everyday}).example("connect_timeout 3"),
    keyword<CheckerConnect<&ConnectDraft::firewall_mark>, Integer{0, kMaxUint32}>({"fwmark", "N", "0", "Mark of the packets.", rare}).example("fwmark 7"),
};
// clang-format on

inline constexpr auto kConnectingRows = concat(kConnectRows, kTimingRows);

}  // namespace holdfast::config
