// global_defs: names, priorities and buffers of the process.
#include <fmt/format.h>

#include <algorithm>

#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
using P = ProcessSettings;
using B = SocketBuffers;
template <auto... Path>
using Value = Field<&G::value, Path...>;
constexpr Reload restart = Reload::restart;

/// A number that is brought into its range instead of being refused.
struct Clamped {
    int64_t min;
    int64_t max;
    static constexpr uint8_t kWords = 1;
    void spoil(BadLines& out) const { SoftInteger{min, max}.spoil(out); }
    template <class V>
    bool read(Loading& loading, const Line& line, V& out) const {
        int64_t value = 0;
        if (!SoftInteger{-kMaxInt32 - 1, kMaxInt32}.read(loading, line, value)) return false;
        if (value < min || value > max) {
            bad_word(loading, ReportClass::general, line, 1,
                     fmt::format("is outside {}..{}; the nearest is used", min, max));
            value = std::clamp(value, min, max);
        }
        out = static_cast<V>(value);
        return true;
    }
    template <class V>
    std::optional<std::string> write(const V& in) const {
        return fmt::format("{}", in);
    }
};

/// A list of processor numbers; one bad number drops the whole list.
struct CpuList {
    static constexpr uint8_t kWords = kAnyWords;
    static void spoil(BadLines& out) { out.insert(out.end(), {".", "^-1", "^1000000", "0 ^abc"}); }
    bool read(Loading& loading, const Line& line, std::vector<uint32_t>& out) const {
        if (!word_present<Missing::reported>(loading, line, 1)) return false;
        std::vector<uint32_t> list;
        for (size_t i = 1; i < line.size(); ++i) {
            const auto cpu = parse_integer(line.word(i), 0,
                                           int64_t{loading.environment.processor_count()} - 1, Lenient::yes);
            if (!cpu.problem.empty()) bad_word(loading, ReportClass::number, line, i, cpu.problem);
            if (!cpu.value) return false;
            list.push_back(static_cast<uint32_t>(*cpu.value));
        }
        out = std::move(list);
        return true;
    }
    std::optional<std::string> write(const std::vector<uint32_t>& in) const {
        return in.empty() ? std::nullopt : std::optional(fmt::format("{}", fmt::join(in, " ")));
    }
};

/// Microseconds of RLIMIT_RTTIME; half of it is used as the soft limit, so 1 becomes 2.
struct RealTimeLimit {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) { Integer{1, kMaxUint32}.spoil(out); }
    bool read(Loading& loading, const Line& line, uint64_t& out) const {
        if (!Integer{1, kMaxUint32}.read(loading, line, out)) return false;
        out = std::max<uint64_t>(out, 2);
        return true;
    }
    std::optional<std::string> write(const uint64_t& in) const { return fmt::format("{}", in); }
};

/// Socket buffer sizes; 0 leaves the kernel's value.
struct BufferSize {
    static constexpr uint8_t kWords = 1;
    static void spoil(BadLines& out) { SoftInteger{0, kMaxUint32, Lenient::no}.spoil(out); }
    bool read(Loading& loading, const Line& line, uint32_t& out) const {
        uint32_t value = 0;
        if (!SoftInteger{0, kMaxUint32, Lenient::no}.read(loading, line, value) || value == 0) return false;
        out = value;
        return true;
    }
    std::optional<std::string> write(const uint32_t& in) const { return fmt::format("{}", in); }
};

void read_process_names(Loading&, G& global, const Line&) {
    global.value.process_names = true;
    global.value.vrrp_process.name = "keepalived_vrrp";
    global.value.checker_process.name = "keepalived_lvs";
    global.value.bfd_process.name = "keepalived_bfd";
}

/// The names themselves follow in rows of their own.
void show_process_names(const G& global, const Row& row, Writer& writer) {
    if (global.value.process_names) writer.line(row.facts.name, "");
}

void read_max_auto_priority(Loading& loading, G& global, const Line& line) {
    if (line.has(1))
        Integer{-1, 99}.read(loading, line, global.value.max_auto_priority);
    else
        global.value.max_auto_priority = 99;
}

void show_max_auto_priority(const G& global, const Row& row, Writer& writer) {
    if (global.value.max_auto_priority != 0)
        writer.line(row.facts.name, fmt::format("{}", global.value.max_auto_priority));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
        return upper(x) == upper(y);
    });
}

void read_rx_policy(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    for (size_t i = 1; i < line.size(); ++i) {
        if (equal_ignoring_case(line.word(i), "MTU")) {
            global.rx_policy_mtu = true;
        } else if (equal_ignoring_case(line.word(i), "ADVERT")) {
            global.rx_policy_advert = true;
        } else {
            const auto size = parse_unsigned(line.word(i), 0, static_cast<uint64_t>(kMaxUint32), Lenient::no);
            if (!size.value)
                bad_word(loading, ReportClass::number, line, i, "is not MTU, ADVERT or a number of bytes");
            else
                global.rx_buffer_size = static_cast<uint32_t>(*size.value);
        }
    }
    if (global.rx_buffer_size && (global.rx_policy_mtu || global.rx_policy_advert)) {
        bad_word(loading, ReportClass::general, line, 0, "has a size and a policy; the size is used");
        global.rx_policy_mtu = global.rx_policy_advert = false;
    } else if (global.rx_policy_mtu && global.rx_policy_advert) {
        bad_word(loading, ReportClass::general, line, 0, "has MTU and ADVERT; MTU is used");
        global.rx_policy_advert = false;
    }
    using Kind = ReceiveBufferPolicy::Kind;
    global.value.rx_buffer_policy.bytes = global.rx_buffer_size.value_or(0);
    global.value.rx_buffer_policy.kind = global.rx_buffer_size     ? Kind::bytes
                                         : global.rx_policy_mtu    ? Kind::mtu
                                         : global.rx_policy_advert ? Kind::advert
                                                                   : Kind::system;
}

void show_rx_policy(const G& global, const Row& row, Writer& writer) {
    const ReceiveBufferPolicy& policy = global.value.rx_buffer_policy;
    switch (policy.kind) {
        case ReceiveBufferPolicy::Kind::system:
            break;
        case ReceiveBufferPolicy::Kind::bytes:
            writer.line(row.facts.name, fmt::format("{}", policy.bytes));
            break;
        case ReceiveBufferPolicy::Kind::mtu:
            writer.line(row.facts.name, "MTU");
            break;
        case ReceiveBufferPolicy::Kind::advert:
            writer.line(row.facts.name, "ADVERT");
            break;
    }
}

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<G, read_process_names, show_process_names>({"process_names", "", "off", "Names the threads keepalived_vrrp, keepalived_lvs and keepalived_bfd.", rare, last_wins, restart}, 0).example("process_names", kNothingWrong),
    keyword<Value<&S::parent_process, &P::name>, Word{15}>({"process_name", "NAME", "keepalived", "Name of the process, at most 15 characters.", rare, last_wins, restart}).example("process_name kaparent"),
    keyword<Value<&S::vrrp_process, &P::name>, Word{15}>({"vrrp_process_name", "NAME", "keepalived", "Name of the VRRP part, at most 15 characters.", rare, last_wins, restart}).example("vrrp_process_name kavrrp"),
    keyword<Value<&S::checker_process, &P::name>, Word{15}>({"checker_process_name", "NAME", "keepalived", "Name of the checker part, at most 15 characters.", rare, last_wins, restart}).also("lvs_process_name", Spelling::old_logged).example("checker_process_name kacheck"),
    keyword<Value<&S::bfd_process, &P::name>, Word{15}>({"bfd_process_name", "NAME", "keepalived", "Name of the BFD part, at most 15 characters.", rare, last_wins, restart}).example("bfd_process_name kabfd"),
    custom<G, read_max_auto_priority, show_max_auto_priority>({"max_auto_priority", "[-1..99]", "0: no change; bare: 99", "Upper bound of the real-time priority the daemon gives itself when timers fire late.", rare}, 1).example("max_auto_priority 50", "^-2\n^100\n^abc"),
    keyword<Value<&S::min_auto_priority_delay>, SoftInteger{1, 10000000}>({"min_auto_priority_delay", "MICROSECONDS", "1000000", "Lateness of a timer that raises the priority.", rare}).example("min_auto_priority_delay 500000"),
    keyword<Value<&S::vrrp_process, &P::priority>, SoftInteger{-20, 19}>({"vrrp_priority", "-20..19", "unchanged", "Nice value of the VRRP part.", rare, last_wins, restart}).example("vrrp_priority -10"),
    keyword<Value<&S::vrrp_process, &P::no_swap>, Flag{}>({"vrrp_no_swap", "", "off", "Lock the memory of the VRRP part.", rare, last_wins, restart}).example("vrrp_no_swap"),
    keyword<Value<&S::vrrp_process, &P::rt_priority>, Clamped{1, 99}>({"vrrp_rt_priority", "1..99", "off", "Real-time priority (SCHED_RR) of the VRRP part.", rare, last_wins, restart}).example("vrrp_rt_priority 50"),
    keyword<Value<&S::vrrp_process, &P::cpu_affinity>, CpuList{}>({"vrrp_cpu_affinity", "CPU...", "all", "Processors the VRRP part may run on.", rare, last_wins, restart}).example("vrrp_cpu_affinity 0"),
    keyword<Value<&S::vrrp_process, &P::rlimit_rttime>, RealTimeLimit{}>({"vrrp_rlimit_rttime", "MICROSECONDS", "10000", "RLIMIT_RTTIME with real-time scheduling.", rare, last_wins, restart}).also("vrrp_rlimit_rtime", Spelling::old_logged).example("vrrp_rlimit_rttime 20000"),
    keyword<Value<&S::checker_process, &P::priority>, SoftInteger{-20, 19}>({"checker_priority", "-20..19", "unchanged", "Nice value of the checker part.", rare, last_wins, restart}).example("checker_priority -5"),
    keyword<Value<&S::checker_process, &P::no_swap>, Flag{}>({"checker_no_swap", "", "off", "Lock the memory of the checker part.", rare, last_wins, restart}).example("checker_no_swap"),
    keyword<Value<&S::checker_process, &P::rt_priority>, Clamped{1, 99}>({"checker_rt_priority", "1..99", "off", "Real-time priority of the checker part.", rare, last_wins, restart}).example("checker_rt_priority 20"),
    keyword<Value<&S::checker_process, &P::cpu_affinity>, CpuList{}>({"checker_cpu_affinity", "CPU...", "all", "Processors the checker part may run on.", rare, last_wins, restart}).example("checker_cpu_affinity 0 1"),
    keyword<Value<&S::checker_process, &P::rlimit_rttime>, RealTimeLimit{}>({"checker_rlimit_rttime", "MICROSECONDS", "10000", "RLIMIT_RTTIME of the checker part.", rare, last_wins, restart}).also("checker_rlimit_rtime", Spelling::old_logged).example("checker_rlimit_rttime 20000"),
    keyword<Value<&S::bfd_process, &P::priority>, SoftInteger{-20, 19}>({"bfd_priority", "-20..19", "unchanged", "Nice value of the BFD part.", rare, last_wins, restart}).example("bfd_priority -5"),
    keyword<Value<&S::bfd_process, &P::no_swap>, Flag{}>({"bfd_no_swap", "", "off", "Lock the memory of the BFD part.", rare, last_wins, restart}).example("bfd_no_swap"),
    keyword<Value<&S::bfd_process, &P::rt_priority>, Clamped{1, 99}>({"bfd_rt_priority", "1..99", "off", "Real-time priority of the BFD part.", rare, last_wins, restart}).example("bfd_rt_priority 20"),
    keyword<Value<&S::bfd_process, &P::cpu_affinity>, CpuList{}>({"bfd_cpu_affinity", "CPU...", "all", "Processors the BFD part may run on.", rare, last_wins, restart}).example("bfd_cpu_affinity 1"),
    keyword<Value<&S::bfd_process, &P::rlimit_rttime>, RealTimeLimit{}>({"bfd_rlimit_rttime", "MICROSECONDS", "10000", "RLIMIT_RTTIME of the BFD part.", rare, last_wins, restart}).also("bfd_rlimit_rtime", Spelling::old_logged).example("bfd_rlimit_rttime 20000"),
    keyword<Value<&S::vrrp_buffers, &B::command>, BufferSize{}>({"vrrp_netlink_cmd_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the VRRP netlink command socket.", rare, last_wins, restart}).example("vrrp_netlink_cmd_rcv_bufs 2000000"),
    keyword<Value<&S::vrrp_buffers, &B::command_force>, Switch{}>({"vrrp_netlink_cmd_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}).example("vrrp_netlink_cmd_rcv_bufs_force on"),
    keyword<Value<&S::vrrp_buffers, &B::monitor>, BufferSize{}>({"vrrp_netlink_monitor_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the VRRP netlink monitor.", rare, last_wins, restart}).example("vrrp_netlink_monitor_rcv_bufs 2000000"),
    keyword<Value<&S::vrrp_buffers, &B::monitor_force>, Switch{}>({"vrrp_netlink_monitor_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}).example("vrrp_netlink_monitor_rcv_bufs_force on"),
    keyword<Value<&S::process_monitor_buffers, &B::monitor>, BufferSize{}>({"process_monitor_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the process monitor.", rare, last_wins, restart}).example("process_monitor_rcv_bufs 500000"),
    keyword<Value<&S::process_monitor_buffers, &B::monitor_force>, Switch{}>({"process_monitor_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}).example("process_monitor_rcv_bufs_force on"),
    keyword<Value<&S::lvs_buffers, &B::command>, BufferSize{}>({"lvs_netlink_cmd_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the checkers' netlink command socket.", rare, last_wins, restart}).example("lvs_netlink_cmd_rcv_bufs 2000000"),
    keyword<Value<&S::lvs_buffers, &B::command_force>, Switch{}>({"lvs_netlink_cmd_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}).example("lvs_netlink_cmd_rcv_bufs_force on"),
    keyword<Value<&S::lvs_buffers, &B::monitor>, BufferSize{}>({"lvs_netlink_monitor_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the checkers' netlink monitor.", rare, last_wins, restart}).example("lvs_netlink_monitor_rcv_bufs 2000000"),
    keyword<Value<&S::lvs_buffers, &B::monitor_force>, Switch{}>({"lvs_netlink_monitor_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}).example("lvs_netlink_monitor_rcv_bufs_force on"),
    custom<G, read_rx_policy, show_rx_policy>({"vrrp_rx_bufs_policy", "MTU|ADVERT|BYTES...", "system default", "How receive buffers of adverts are sized.", rare, adds_up}).example("vrrp_rx_bufs_policy MTU", ".\n^NONE\n^-1\nMTU ADVERT\nMTU 65536"),
    keyword<Value<&S::rx_buffer_multiplier>, IntegerOf<Missing::reported>{1, kMaxUint32, Lenient::no}>({"vrrp_rx_bufs_multiplier", "N", "3", "Factor of the policies.", rare}).example("vrrp_rx_bufs_multiplier 4"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalProcessRows{kRows};

}  // namespace holdfast::config
