// global_defs, and the keywords that stand outside all blocks.
#include <fmt/format.h>

#include <algorithm>

#include "tables.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;

// ---- Codecs only used here ----

/// [WORD] with a fixed meaning of the bare keyword.
template <const std::string_view& bare>
struct OptionalWord {
    static constexpr uint8_t kWords = 1;
    bool read(Loading&, const Line& line, std::string& out) const {
        out = line.has(1) ? line.word(1) : bare;
        return true;
    }
    std::optional<std::string> write(const std::string& in) const { return in.empty() ? "" : quoted(in); }
};
constexpr std::string_view kNoText;
constexpr std::string_view kDevNull = "/dev/null";
constexpr std::string_view kIpvsTable = "keepalived_ipvs";

/// A number that is brought into its range instead of being refused.
struct Clamped {
    int64_t min;
    int64_t max;
    static constexpr uint8_t kWords = 1;
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
    bool read(Loading& loading, const Line& line, uint32_t& out) const {
        uint32_t value = 0;
        if (!SoftInteger{0, kMaxUint32, Lenient::no}.read(loading, line, value) || value == 0) return false;
        out = value;
        return true;
    }
    std::optional<std::string> write(const uint32_t& in) const { return fmt::format("{}", in); }
};

/// Repeat counts: 0 was allowed once and means 1.
struct Count {
    int64_t max = kMaxUint32;
    static constexpr uint8_t kWords = 1;
    bool read(Loading& loading, const Line& line, uint32_t& out) const {
        if (!Integer{0, max}.read(loading, line, out)) return false;
        if (out == 0) {
            bad_word(loading, ReportClass::general, line, 1, "must be at least 1; 1 is used");
            out = 1;
        }
        return true;
    }
    std::optional<std::string> write(const uint32_t& in) const { return fmt::format("{}", in); }
};

/// A time limit; 0 was allowed once and means 1.
struct AtLeastOneSecond {
    static constexpr uint8_t kWords = 1;
    bool read(Loading& loading, const Line& line, std::chrono::seconds& out) const {
        if (!WholeSeconds{0, kMaxDelaySeconds}.read(loading, line, out)) return false;
        if (out.count() == 0) {
            bad_word(loading, ReportClass::general, line, 1, "must be at least 1; 1 is used");
            out = std::chrono::seconds(1);
        }
        return true;
    }
    std::optional<std::string> write(const std::chrono::seconds& in) const {
        return fmt::format("{}", in.count());
    }
};

/// A multicast group of one family.
struct MulticastGroup {
    Family family;
    static constexpr uint8_t kWords = 1;
    bool read(Loading& loading, const Line& line, IpAddress& out) const {
        IpAddress address;
        if (!Address{}.read(loading, line, address)) return false;
        if (address.family() != family || !address.is_multicast()) {
            bad_word(loading, ReportClass::general, line, 1,
                     family == Family::ipv4 ? "is not an IPv4 multicast address"
                                            : "is not an IPv6 multicast address");
            return false;
        }
        if (family == Family::ipv6 && (address.bytes()[1] & 0x0fU) != 2)
            bad_word(loading, ReportClass::warning, line, 1, "should have link-local scope (ff02::/16)");
        out = address;
        return true;
    }
    std::optional<std::string> write(const IpAddress& in) const {
        return in.is_unspecified() ? std::nullopt : std::optional(in.to_string());
    }
};

/// `[all] SECS` of the extra-interface announcements.
bool read_extra_interfaces(Loading& loading, const Line& line, int64_t min, std::optional<Duration>& delay,
                           bool& all) {
    std::optional<int64_t> seconds;
    for (size_t i = 1; i < line.size(); ++i) {
        if (line.word(i) == "all") {
            all = true;
            continue;
        }
        const auto number = parse_integer(line.word(i), min, 86400, Lenient::yes);
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, i, number.problem);
        if (!number.value) return false;
        seconds = number.value;
    }
    if (!seconds) {
        bad_word(loading, ReportClass::general, line, 0, "needs a time");
        return false;
    }
    delay = std::chrono::seconds(*seconds);
    return true;
}

// ---- Keywords with a function of their own ----

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

/// Quotes a display name that holds one of RFC 5322's specials.
std::string mail_address(std::string_view text) {
    const size_t bracket = text.rfind('<');
    if (!text.ends_with('>') || bracket == std::string_view::npos || bracket == 0) return std::string(text);
    size_t end = bracket;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
    const std::string_view name = text.substr(0, end);
    if (name.starts_with('"') || name.find_first_of("()<>[]:;@\\,.") == std::string_view::npos)
        return std::string(text);
    std::string result = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"' + std::string(text.substr(end));
}

void read_mail_entry(Loading&, void* target, const Line& line) {
    auto& recipients = static_cast<G*>(target)->value.mail.recipients;
    for (size_t i = 0; i < line.size(); ++i) recipients.push_back(mail_address(line.word(i)));
}

void close_mail(Loading& loading, G&, G& global, const Line& line) {
    if (global.value.mail.recipients.empty())
        bad_word(loading, ReportClass::general, line, 0, "has no address");
}

/// The plain reader knows no quote within quotes: a name that was quoted automatically is written without.
std::string mail_text(std::string_view address) {
    std::string text;
    for (size_t i = 0; i < address.size(); ++i) {
        if (address[i] == '"') continue;
        if (address[i] == '\\' && i + 1 < address.size()) ++i;
        text += address[i];
    }
    return quoted(text);
}

void show_mail(const G& global, const Row& row, Writer& writer) {
    if (global.value.mail.recipients.empty()) return;
    writer.open(row.facts.name);
    for (const std::string& address : global.value.mail.recipients) writer.entry(mail_text(address));
    writer.close();
}

void read_mail_from(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (line.size() > 2)
        bad_word(loading, ReportClass::general, line, 2, "is one word too many; it is ignored");
    global.value.mail.from = mail_address(line.word(1));
}

void show_mail_from(const G& global, const Row& row, Writer& writer) {
    if (!global.value.mail.from.empty()) writer.line(row.facts.name, mail_text(global.value.mail.from));
}

void read_smtp_server(Loading& loading, G& global, const Line& line) {
    const std::string name(line.word(1));
    if (loading.stopped()) return;
    uint16_t port = 25;
    if (line.has(2)) {
        const auto number = parse_integer(line.word(2), 1, 65535, Lenient::yes);
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, 2, number.problem);
        if (!number.value) {
            bad_word(loading, ReportClass::general, line, 1, "is ignored, mails cannot be sent");
            return;
        }
        port = static_cast<uint16_t>(*number.value);
    }
    auto address = IpAddress::parse(name);
    if (!address) address = loading.environment.resolve(name);
    global.value.mail.server_name = name;
    global.value.mail.port = port;
    global.value.mail.server = address;
    if (!address) bad_word(loading, ReportClass::general, line, 1, "has no address, mails cannot be sent");
}

void show_smtp_server(const G& global, const Row& row, Writer& writer) {
    if (!global.value.mail.server_name.empty())
        writer.line(row.facts.name,
                    fmt::format("{} {}", global.value.mail.server_name, global.value.mail.port));
}

template <std::optional<notify::Command> S::* script>
void read_run_once(Loading& loading, G& global, const Line& line) {
    auto& command = global.value.*script;
    if (command) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    notify::Command value;
    if (line.directive().rest().empty() && !word_present<Missing::reported>(loading, line, 1)) return;
    if (read_command(loading, line, value))
        command = std::move(value);
    else
        bad_word(loading, ReportClass::general, line, 0, "cannot be used");
}

template <std::optional<notify::Command> S::* script>
void show_run_once(const G& global, const Row& row, Writer& writer) {
    if (const auto& command = global.value.*script)
        if (auto text = command_text(*command)) writer.line(row.facts.name, *text);
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

void read_dynamic_interfaces(Loading& loading, G& global, const Line& line) {
    global.value.dynamic_interfaces = true;
    if (!line.has(1)) return;
    if (line.word(1) == "allow_if_changes")
        global.value.allow_interface_changes = true;
    else
        bad_word(loading, ReportClass::general, line, 1, "is not allow_if_changes");
}

void show_dynamic_interfaces(const G& global, const Row& row, Writer& writer) {
    if (global.value.dynamic_interfaces)
        writer.line(row.facts.name, global.value.allow_interface_changes ? "allow_if_changes" : "");
}

void read_disable_local_igmp(Loading& loading, G& global, const Line& line) {
    const std::string sysctl = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports";
    if (loading.environment.file(sysctl).kind == FileKind::missing)
        bad_word(loading, ReportClass::general, line, 0,
                 fmt::format("needs {}, which this kernel lacks", sysctl));
    else
        global.value.disable_local_igmp = true;
}

void show_disable_local_igmp(const G& global, const Row& row, Writer& writer) {
    if (global.value.disable_local_igmp) writer.line(row.facts.name, "");
}

void read_lvs_timeouts(Loading& loading, G& global, const Line& line) {
    if (line.size() < 3) {
        bad_word(loading, ReportClass::general, line, 0, "needs tcp, tcpfin or udp and a time");
        return;
    }
    for (size_t i = 1; i < line.size(); ++i) {
        const std::string_view which = line.word(i);
        uint32_t* field = which == "tcp"      ? &global.value.lvs_timeouts.tcp
                          : which == "tcpfin" ? &global.value.lvs_timeouts.tcp_fin
                          : which == "udp"    ? &global.value.lvs_timeouts.udp
                                              : nullptr;
        if (field == nullptr) {
            bad_word(loading, ReportClass::general, line, i, "is not one of tcp, tcpfin, udp");
            continue;
        }
        if (!line.has(i + 1)) {
            bad_word(loading, ReportClass::general, line, i, "has no time");
            continue;
        }
        const auto number = parse_integer(line.word(++i), 0, 2678400, Lenient::no);
        if (!number.problem.empty()) bad_word(loading, ReportClass::number, line, i, number.problem);
        if (number.value) *field = static_cast<uint32_t>(*number.value);
    }
}

void show_lvs_timeouts(const G& global, const Row& row, Writer& writer) {
    const ipvs::Timeouts& timeouts = global.value.lvs_timeouts;
    if (timeouts != ipvs::Timeouts{})
        writer.line(row.facts.name,
                    fmt::format("tcp {} tcpfin {} udp {}", timeouts.tcp, timeouts.tcp_fin, timeouts.udp));
}

void read_flush_on_stop(Loading& loading, G& global, const Line& line) {
    if (!line.has(1)) {
        global.value.lvs_flush_on_stop = true;
        global.value.lvs_flush_on_stop_only_ours = false;
    } else if (line.word(1) == "VS") {
        global.value.lvs_flush_on_stop = true;
        global.value.lvs_flush_on_stop_only_ours = true;
    } else {
        bad_word(loading, ReportClass::general, line, 1, "is not VS");
    }
}

void show_flush_on_stop(const G& global, const Row& row, Writer& writer) {
    if (global.value.lvs_flush_on_stop)
        writer.line(row.facts.name, global.value.lvs_flush_on_stop_only_ours ? "VS" : "");
}

void read_sync_daemon(Loading& loading, G& global, const Line& line) {
    if (global.value.lvs_sync_daemon) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (line.word(1).size() > 15) {
        bad_word(loading, ReportClass::general, line, 1, "is too long for an interface");
        return;
    }
    ipvs::SyncDaemonSettings daemon;
    daemon.interface = line.word(1);
    auto number = [&](size_t word, int64_t min, int64_t max) -> std::optional<uint32_t> {
        const auto value = parse_integer(line.word(word), min, max, Lenient::no);
        if (!value.problem.empty()) bad_word(loading, ReportClass::number, line, word, value.problem);
        if (!value.value) return std::nullopt;
        return static_cast<uint32_t>(*value.value);
    };
    for (size_t i = 2; i < line.size(); ++i) {
        const std::string_view option = line.word(i);
        if (option == "inst") {
            const std::string_view instance = line.word(++i);
            if (loading.stopped()) return;
            if (daemon.instance.empty())
                daemon.instance = instance;
            else
                bad_word(loading, ReportClass::general, line, i, "is a second instance; it is ignored");
            continue;
        }
        if (option == "id" || option == "maxlen" || option == "port" || option == "ttl" ||
            option == "group") {
            if (!line.has(i + 1)) {
                bad_word(loading, ReportClass::general, line, i, "has no value");
                continue;
            }
            ++i;
            if (option == "id") {
                if (auto value = number(i, 0, 255)) daemon.sync_id = *value;
            } else if (option == "maxlen") {
                if (auto value = number(i, 1, 65507)) daemon.max_length = static_cast<uint16_t>(*value);
            } else if (option == "port") {
                if (auto value = number(i, 1, 65535)) daemon.port = static_cast<uint16_t>(*value);
            } else if (option == "ttl") {
                if (auto value = number(i, 1, 255)) daemon.ttl = static_cast<uint8_t>(*value);
            } else {
                const auto group = parse_address(line.word(i));
                if (group && group->is_multicast())
                    daemon.group = group;
                else
                    bad_word(loading, ReportClass::general, line, i, "is not a multicast address");
            }
            continue;
        }
        // The old forms: INTERFACE INSTANCE [ID].
        if (i == 2) {
            daemon.instance = option;
        } else if (i == 3) {
            if (auto value = number(i, 0, 255)) {
                bad_word(loading, ReportClass::general, line, i, "should be written as `id` and the number");
                daemon.sync_id = *value;
            }
        } else {
            bad_word(loading, ReportClass::general, line, i, "is not an option");
        }
    }
    global.value.lvs_sync_daemon = std::move(daemon);
}

void show_sync_daemon(const G& global, const Row& row, Writer& writer) {
    if (!global.value.lvs_sync_daemon) return;
    const ipvs::SyncDaemonSettings& daemon = *global.value.lvs_sync_daemon;
    std::string text = daemon.interface;
    if (!daemon.instance.empty()) text += " inst " + quoted(daemon.instance);
    if (daemon.sync_id) text += fmt::format(" id {}", *daemon.sync_id);
    if (daemon.max_length != 0) text += fmt::format(" maxlen {}", daemon.max_length);
    if (daemon.port != 0) text += fmt::format(" port {}", daemon.port);
    if (daemon.ttl != 0) text += fmt::format(" ttl {}", daemon.ttl);
    if (daemon.group) text += " group " + daemon.group->to_string();
    writer.line(row.facts.name, text);
}

// Counts, delay and refresh become minimal, but only where they still have their defaults.
void read_min_garp(Loading& loading, G& global, const Line& line) {
    bool on = false;
    if (!Switch{}.read(loading, line, on) || !on) return;
    InstanceDefaults& defaults = global.instance;
    const InstanceDefaults untouched;
    global.value.min_garp = true;
    if (defaults.garp_master_repeat == untouched.garp_master_repeat) defaults.garp_master_repeat = 1;
    if (defaults.garp_master_delay == untouched.garp_master_delay) defaults.garp_master_delay = Duration{0};
}

void show_min_garp(const G& global, const Row& row, Writer& writer) {
    if (global.value.min_garp) writer.line(row.facts.name, "on");
}

void read_garp_extra(Loading& loading, G& global, const Line& line) {
    std::optional<Duration> delay;
    if (read_extra_interfaces(loading, line, 1, delay, global.value.garp_extra_all))
        global.value.garp_extra_interfaces = *delay;
}

void show_garp_extra(const G& global, const Row& row, Writer& writer) {
    if (global.value.garp_extra_interfaces != Duration{0})
        writer.line(row.facts.name, (global.value.garp_extra_all ? "all " : "") +
                                        *WholeSeconds{1, 86400}.write(global.value.garp_extra_interfaces));
}

template <Duration S::* interval>
void read_interval(Loading& loading, G& global, const Line& line) {
    Duration value{0};
    if (!Seconds{1, kUint32Microseconds}.read(loading, line, value)) return;
    global.value.*interval = value;
    if (value >= std::chrono::seconds(1))
        loading.remark(line, 1, fmt::format("{} is very long", line.keyword()));
}

template <Duration S::* interval>
void show_interval(const G& global, const Row& row, Writer& writer) {
    if (global.value.*interval != Duration{0})
        writer.line(row.facts.name, *Seconds{1, kUint32Microseconds}.write(global.value.*interval));
}

bool chain_name(Loading& loading, const Line& line, size_t word, size_t limit) {
    if (!line.word(word).empty() && line.word(word).size() <= limit) return true;
    bad_word(loading, ReportClass::general, line, word, fmt::format("must have 1 to {} characters", limit));
    return false;
}

void read_iptables(Loading& loading, G& global, const Line& line) {
    if (global.value.iptables) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    IptablesSettings chains;
    if (line.has(1)) {
        if (!chain_name(loading, line, 1, 27)) return;
        chains.input_chain = line.word(1);
        chains.output_chain.clear();
        if (line.has(2)) {
            if (!chain_name(loading, line, 2, 27)) return;
            if (line.word(2) == line.word(1)) {
                loading.remark(line, 2, "both chains have the same name; iptables is not used");
                return;
            }
            chains.output_chain = line.word(2);
        }
    }
    global.value.iptables = std::move(chains);
}

void show_iptables(const G& global, const Row& row, Writer& writer) {
    if (global.value.iptables)
        writer.line(row.facts.name, global.value.iptables->output_chain.empty()
                                        ? quoted(global.value.iptables->input_chain)
                                        : quoted(global.value.iptables->input_chain) + ' ' +
                                              quoted(global.value.iptables->output_chain));
}

constexpr size_t kSetNameLimit = 30;

/// `base` cut so that `suffix` still fits.
std::string set_name(std::string_view base, std::string_view suffix) {
    return std::string(base.substr(0, kSetNameLimit + 1 - suffix.size())) + std::string(suffix);
}

void read_ipsets(Loading& loading, G& global, const Line& line) {
    global.value.ipset_names.clear();
    global.ipsets_given = false;
    std::vector<std::string> names;
    for (size_t i = 1; i < line.size() && i <= 6; ++i) {
        if (!chain_name(loading, line, i, kSetNameLimit)) return;
        names.emplace_back(line.word(i));
    }
    global.ipsets_given = true;
    if (names.empty()) return;
    if (names.size() < 2) names.push_back(set_name(names[0], "6"));
    if (names.size() < 3) {
        const std::string_view six = names[1];
        names.push_back(set_name(six.ends_with('6') ? six.substr(0, six.size() - 1) : six, "_if6"));
    }
    if (names.size() < 4) names.push_back(set_name(names[0], "_igmp"));
    if (names.size() < 5) names.push_back(set_name(names[0], "_mld"));
    if (names.size() < 6) names.push_back(set_name(names[0], "_nd"));
    std::vector<std::string> sorted = names;
    std::sort(sorted.begin(), sorted.end());
    if (auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
        bad_word(loading, ReportClass::general, line, 0, fmt::format("uses the name {} twice", *twice));
        global.ipsets_given = false;
        return;
    }
    global.value.ipset_names = std::move(names);
}

void show_ipsets(const G& global, const Row& row, Writer& writer) {
    if (!global.value.iptables) return;
    std::string text;
    for (const std::string& name : global.value.ipset_names) text += (text.empty() ? "" : " ") + quoted(name);
    writer.line(row.facts.name, text);
}

void read_nftables(Loading& loading, G& global, const Line& line) {
    if (global.value.nftables.table) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    if (line.has(1) && !chain_name(loading, line, 1, 30)) return;
    global.value.nftables.table = line.has(1) ? line.word(1) : "keepalived";
    global.value.nftables.priority = -1;
}

void show_nftables(const G& global, const Row& row, Writer& writer) {
    if (global.value.nftables.table) writer.line(row.facts.name, quoted(*global.value.nftables.table));
}

void read_nftables_ipvs(Loading& loading, G& global, const Line& line) {
    NftablesSettings& nftables = global.value.nftables;
    if (nftables.ipvs_table) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    if (line.has(1) && !chain_name(loading, line, 1, 30)) return;
    nftables.ipvs_table = line.has(1) ? line.word(1) : kIpvsTable;
    nftables.ipvs_priority = -1;
    nftables.ipvs_start_mark = 1000;
}

void show_nftables_ipvs(const G& global, const Row& row, Writer& writer) {
    if (global.value.nftables.ipvs_table)
        writer.line(row.facts.name, quoted(*global.value.nftables.ipvs_table));
}

template <std::optional<notify::FifoSettings> S::* member>
void read_fifo(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    auto& fifo = global.value.*member;
    if (fifo && !fifo->path.empty()) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    const auto owner = line.has(2) ? loading.identity(line, 2) : loading.default_identity(line);
    if (!owner) {
        loading.remark(line, kWholeLine,
                       fmt::format("{} is left out, because its owner is unknown", line.keyword()));
        return;
    }
    if (!fifo) fifo.emplace();
    fifo->path = line.word(1);
    fifo->owner = *owner;
}

template <std::optional<notify::FifoSettings> S::* member>
void show_fifo(const G& global, const Row& row, Writer& writer) {
    const auto& fifo = global.value.*member;
    if (!fifo || fifo->path.empty()) return;
    std::string text = quoted(fifo->path);
    if (!fifo->owner.user.empty()) text += ' ' + fifo->owner.user;
    if (!fifo->owner.group.empty())
        text += (fifo->owner.supplementary_groups ? " :" : " ") + fifo->owner.group;
    writer.line(row.facts.name, text);
}

template <std::optional<notify::FifoSettings> S::* member>
void read_fifo_script(Loading& loading, G& global, const Line& line) {
    if (line.directive().rest().empty() && !word_present<Missing::reported>(loading, line, 1)) return;
    auto& fifo = global.value.*member;
    if (fifo && fifo->script) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    notify::Command command;
    if (!read_command(loading, line, command)) return;
    if (!fifo) fifo.emplace();
    fifo->script = std::move(command);
}

template <std::optional<notify::FifoSettings> S::* member>
void show_fifo_script(const G& global, const Row& row, Writer& writer) {
    const auto& fifo = global.value.*member;
    if (!fifo || !fifo->script) return;
    if (auto text = command_text(*fifo->script)) writer.line(row.facts.name, *text);
}

void read_snmp_socket(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (line.size() > 2)
        bad_word(loading, ReportClass::general, line, 0, "takes one word; it is ignored");
    else if (line.word(1).size() > 4095)
        bad_word(loading, ReportClass::general, line, 0, "is too long; it is ignored");
    else if (!global.value.snmp.socket.empty())
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
    else
        global.value.snmp.socket = line.word(1);
}

void show_snmp_socket(const G& global, const Row& row, Writer& writer) {
    if (!global.value.snmp.socket.empty()) writer.line(row.facts.name, quoted(global.value.snmp.socket));
}

void read_snmp_rfc(Loading&, G& global, const Line&) {
    global.value.snmp.rfc_v2 = true;
    global.value.snmp.rfc_v3 = true;
}

void read_script_user(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    auto identity = loading.identity(line, 1);
    if (identity) {
        global.value.script_identity = *identity;
        global.value.script_user_set = true;
    } else {
        bad_word(loading, ReportClass::general, line, 1,
                 "is not a user that exists, or its group is unknown");
    }
    loading.set_default_identity(std::move(identity));
}

void show_script_user(const G& global, const Row& row, Writer& writer) {
    if (!global.value.script_user_set) return;
    const notify::Identity& identity = global.value.script_identity;
    writer.line(
        row.facts.name,
        identity.user +
            (identity.group.empty() ? "" : (identity.supplementary_groups ? " :" : " ") + identity.group));
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
    global.value.rx_buffer_policy = global.rx_buffer_size     ? fmt::format("{}", *global.rx_buffer_size)
                                    : global.rx_policy_mtu    ? "MTU"
                                    : global.rx_policy_advert ? "ADVERT"
                                                              : "";
}

void show_rx_policy(const G& global, const Row& row, Writer& writer) {
    if (!global.value.rx_buffer_policy.empty()) writer.line(row.facts.name, global.value.rx_buffer_policy);
}

template <Duration S::* member>
void read_start_delay(Loading& loading, G& global, const Line& line) {
    Duration delay{0};
    if (!Seconds{1000, kUint32Microseconds}.read(loading, line, delay)) return;
    if (delay >= std::chrono::seconds(60))
        loading.remark(line, 1, fmt::format("{} is very long", line.keyword()));
    global.value.*member = std::max(global.value.*member, delay);
}

template <Duration S::* member>
void show_start_delay(const G& global, const Row& row, Writer& writer) {
    if (global.value.*member != Duration{0})
        writer.line(row.facts.name, *Seconds{1000, kUint32Microseconds}.write(global.value.*member));
}

struct UmaskBit {
    std::string_view name;
    uint32_t bits;
};
constexpr UmaskBit kUmaskBits[] = {{"IRUSR", 0400}, {"IWUSR", 0200}, {"IXUSR", 0100}, {"IRWXU", 0700},
                                   {"IRGRP", 0040}, {"IWGRP", 0020}, {"IXGRP", 0010}, {"IRWXG", 0070},
                                   {"IROTH", 0004}, {"IWOTH", 0002}, {"IXOTH", 0001}, {"IRWXO", 0007}};

void read_umask(Loading& loading, G& global, const Line& line) {
    const std::string_view first = line.word(1);
    if (loading.stopped()) return;
    if (!first.empty() && first[0] >= '0' && first[0] <= '9') {
        const auto value = parse_unsigned(first, 0, 0777, Lenient::no, 0);
        if (line.size() != 2)
            bad_word(loading, ReportClass::general, line, 0, "takes one number");
        else if (!value.value)
            bad_word(loading, ReportClass::general, line, 1, "is not a mask of permission bits");
        else
            global.value.umask = static_cast<uint32_t>(*value.value);
        return;
    }
    uint32_t mask = 0;
    bool wants_bit = true;
    const std::string text = [&] {
        std::string all;
        for (size_t i = 1; i < line.size(); ++i) all += line.word(i);
        return all;
    }();
    for (std::string_view rest = text; !rest.empty();) {
        if (!wants_bit) {
            if (rest.front() != '|') {
                bad_word(loading, ReportClass::general, line, 0, "needs a | between two bits");
                return;
            }
            rest.remove_prefix(1);
            wants_bit = true;
            continue;
        }
        const auto* bit =
            std::find_if(std::begin(kUmaskBits), std::end(kUmaskBits),
                         [&](const UmaskBit& candidate) { return rest.starts_with(candidate.name); });
        if (bit == std::end(kUmaskBits)) {
            bad_word(loading, ReportClass::general, line, 0, fmt::format("does not know the bit {}", rest));
            return;
        }
        mask |= bit->bits;
        rest.remove_prefix(bit->name.size());
        wants_bit = false;
    }
    if (wants_bit)
        bad_word(loading, ReportClass::general, line, 0, "ends without a bit");
    else
        global.value.umask = mask;
}

void show_umask(const G& global, const Row& row, Writer& writer) {
    if (global.value.umask) writer.line(row.facts.name, fmt::format("{:#05o}", *global.value.umask));
}

void read_save_dir(Loading& loading, G& global, const Line& line) {
    std::string directory(line.word(1));
    if (loading.stopped()) return;
    const FileFacts facts = loading.environment.file(directory);
    if (facts.kind != FileKind::missing && facts.kind != FileKind::directory) {
        bad_word(loading, ReportClass::general, line, 1, "exists and is not a directory");
        return;
    }
    if (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
    global.value.config_save_dir = std::move(directory);
}

void show_save_dir(const G& global, const Row& row, Writer& writer) {
    if (!global.value.config_save_dir.empty())
        writer.line(row.facts.name, quoted(global.value.config_save_dir));
}

// include_check is obeyed and checked while files are read (language); here it only has to be known.
void ignore(Loading&, G&, const Line&) {}

constexpr std::pair<std::string_view, vrrp::Version> kVersions[] = {{"2", vrrp::Version::v2},
                                                                    {"3", vrrp::Version::v3}};

struct VersionCodec {
    static constexpr uint8_t kWords = 1;
    bool read(Loading& loading, const Line& line, vrrp::Version& out) const {
        int64_t number = 0;
        if (!Integer{2, 3}.read(loading, line, number)) return false;
        out = number == 2 ? vrrp::Version::v2 : vrrp::Version::v3;
        return true;
    }
    std::optional<std::string> write(const vrrp::Version& in) const { return OneOf<kVersions>{}.write(in); }
};

template <auto... Path>
using Value = Field<&G::value, Path...>;
template <auto... Path>
using Default = Field<&G::instance, Path...>;
using I = InstanceDefaults;
using P = ProcessSettings;
using N = SnmpSettings;
using B = SocketBuffers;

constexpr Reload restart = Reload::restart;

// clang-format off: one row, one line
const Row kGlobalRows[] = {
    custom<G, read_process_names, show_process_names>({"process_names", "", "off", "Names the threads keepalived_vrrp, keepalived_lvs and keepalived_bfd.", rare, last_wins, restart}, 0),
    keyword<Value<&S::parent_process, &P::name>, Word{15}>({"process_name", "NAME", "keepalived", "Name of the process, at most 15 characters.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_process, &P::name>, Word{15}>({"vrrp_process_name", "NAME", "keepalived", "Name of the VRRP part, at most 15 characters.", rare, last_wins, restart}),
    keyword<Value<&S::checker_process, &P::name>, Word{15}>({"checker_process_name", "NAME", "keepalived", "Name of the checker part, at most 15 characters.", rare, last_wins, restart}).also("lvs_process_name", Spelling::old_logged),
    keyword<Value<&S::bfd_process, &P::name>, Word{15}>({"bfd_process_name", "NAME", "keepalived", "Name of the BFD part, at most 15 characters.", rare, last_wins, restart}),
    keyword<Value<&S::use_symlink_paths>, Switch{}>({"use_symlink_paths", "[BOOL]", "off", "Execute scripts by the path as written instead of the resolved one.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::set_supplementary_groups>, Switch{}>({"set_supplementary_groups", "[BOOL]", "off", "Scripts get the supplementary groups of their user even when the group has no leading colon.", rare, last_wins, Reload::live, "2.4"}),
    keyword<Value<&S::router_id>, SoftWord{}>({"router_id", "STRING", "the host name", "Name of this node in mails and dumps; not on the wire.", everyday}),
    custom<G, read_mail_from, show_mail_from>({"notification_email_from", "ADDR", "USER@HOST of the daemon", "Sender of the mails.", everyday}, 1),
    custom<G, read_smtp_server, show_smtp_server>({"smtp_server", "HOST [PORT]", "none, port 25", "Mail relay, an address or a name that is resolved when the file is read.", everyday}, 2),
    keyword<Value<&S::mail, &notify::MailSettings::helo_name>, WordOf<Missing::ignored>{}>({"smtp_helo_name", "STRING", "the host name", "Argument of HELO."}),
    keyword<Value<&S::mail, &notify::MailSettings::timeout>, AtLeastOneSecond{}>({"smtp_connect_timeout", "SECS", "30", "Time limit of each step of a mail dialogue.", everyday}),
    block<G, G, same<G>, close_mail, show_mail>({"notification_email", "{ ADDR... }", "none", "Recipients of mails; a display name is written as \"Name <addr>\".", everyday, adds_up}, kNotificationEmail),
    keyword<Value<&S::smtp_alert>, Switch{}>({"smtp_alert", "[BOOL]", "unset: real servers on, all else off", "Default of every smtp_alert."}),
    custom<G, read_run_once<&S::startup_script>, show_run_once<&S::startup_script>>({"startup_script", "SCRIPT [USER [[:]GROUP]]", "none", "Run once before anything else starts; work waits for it.", common, once, restart}).raw_line(),
    keyword<Value<&S::startup_script_timeout>, WholeSecondsOf<Missing::reported>{1, 1000}>({"startup_script_timeout", "SECS", "10", "Limit of startup_script: SIGTERM, then SIGKILL 2 s later.", rare}),
    custom<G, read_run_once<&S::shutdown_script>, show_run_once<&S::shutdown_script>>({"shutdown_script", "SCRIPT [USER [[:]GROUP]]", "none", "Run once after all work is undone.", common, once}).raw_line(),
    keyword<Value<&S::shutdown_script_timeout>, WholeSecondsOf<Missing::reported>{1, 1000}>({"shutdown_script_timeout", "SECS", "10", "Limit of shutdown_script.", rare}),
    custom<G, read_max_auto_priority, show_max_auto_priority>({"max_auto_priority", "[-1..99]", "0: no change; bare: 99", "Upper bound of the real-time priority the daemon gives itself when timers fire late.", rare}, 1),
    keyword<Value<&S::min_auto_priority_delay>, SoftInteger{1, 10000000}>({"min_auto_priority_delay", "MICROSECONDS", "1000000", "Lateness of a timer that raises the priority.", rare}),
    keyword<Value<&S::smtp_alert_vrrp>, Switch{}>({"smtp_alert_vrrp", "[BOOL]", "smtp_alert", "Default of smtp_alert for instances and sync groups."}),
    keyword<Value<&S::smtp_alert_checker>, Switch{}>({"smtp_alert_checker", "[BOOL]", "smtp_alert", "Default of smtp_alert for virtual and real servers."}),
    keyword<Value<&S::checker_log_all_failures>, Switch{}>({"checker_log_all_failures", "[BOOL]", "off", "Log every failed attempt, not only the one that exhausts the retries.", rare}),
    custom<G, read_dynamic_interfaces, show_dynamic_interfaces>({"dynamic_interfaces", "[allow_if_changes]", "off", "Interfaces may be missing at start; their instances wait in FAULT."}, 1),
    keyword<Value<&S::no_email_faults>, Flag{}>({"no_email_faults", "", "off", "No mail about FAULT.", rare}),
    keyword<Value<&S::default_interface>, SoftWord{}>({"default_interface", "IFNAME", "eth0", "Device of static addresses, and of virtual ones of instances without interface, when no dev is given."}),
    custom<G, read_disable_local_igmp, show_disable_local_igmp>({"disable_local_igmp", "", "off", "Clears net.ipv4.igmp_link_local_mcast_reports while running.", rare, last_wins, restart}, 0),
    keyword<Default<&I::v3_checksum_as_v2>, Flag{}>({"v3_checksum_as_v2", "", "off", "Default of the instances' v3_checksum_as_v2.", common, last_wins, Reload::live, "2.3"}),
    custom<G, read_lvs_timeouts, show_lvs_timeouts>({"lvs_timeouts", "[tcp SECS] [tcpfin SECS] [udp SECS]", "kernel values", "IPVS connection timeouts, 0..2678400; 0 leaves the kernel's value.", common, adds_up}),
    keyword<Value<&S::lvs_flush>, Flag{}>({"lvs_flush", "", "off", "Empties the whole IPVS table at start."}),
    custom<G, read_flush_on_stop, show_flush_on_stop>({"lvs_flush_on_stop", "[VS]", "off", "At exit flush the whole table; VS: remove only our services, without their real servers first."}, 1).also("lvs_flush_onstop"),
    custom<G, read_sync_daemon, show_sync_daemon>({"lvs_sync_daemon", "IFNAME [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDR]", "off", "IPVS connection synchronisation, following a VRRP instance.", common, once}),
    keyword<Value<&S::multicast_group4>, MulticastGroup{Family::ipv4}>({"vrrp_mcast_group4", "IPV4", "224.0.0.18", "Destination of IPv4 adverts."}),
    keyword<Value<&S::multicast_group6>, MulticastGroup{Family::ipv6}>({"vrrp_mcast_group6", "IPV6", "ff02::12", "Destination of IPv6 adverts."}),
    keyword<Default<&I::garp_master_delay>, WholeSeconds{0, kMaxDelaySeconds}>({"vrrp_garp_master_delay", "SECS", "5", "Default of garp_master_delay.", everyday}),
    keyword<Default<&I::garp_master_repeat>, Count{}>({"vrrp_garp_master_repeat", "N", "5", "Default of garp_master_repeat.", everyday}),
    keyword<Default<&I::garp_master_refresh>, WholeSeconds{0, kMaxUint32}>({"vrrp_garp_master_refresh", "SECS", "0: off", "Default of garp_master_refresh."}),
    keyword<Default<&I::garp_master_refresh_repeat>, Count{}>({"vrrp_garp_master_refresh_repeat", "N", "1", "Default of garp_master_refresh_repeat."}),
    keyword<Default<&I::garp_lower_prio_delay>, WholeSeconds{0, kMaxDelaySeconds}>({"vrrp_garp_lower_prio_delay", "SECS", "vrrp_garp_master_delay", "Default of garp_lower_prio_delay."}),
    keyword<Default<&I::garp_lower_prio_repeat>, Integer{0, kMaxInt32}>({"vrrp_garp_lower_prio_repeat", "N", "vrrp_garp_master_repeat", "Default of garp_lower_prio_repeat."}),
    keyword<Default<&I::down_timer_adverts>, Integer{1, 100}>({"vrrp_down_timer_adverts", "1..100", "3", "Default of down_timer_adverts.", rare}),
    custom<G, read_interval<&S::garp_interval>, show_interval<&S::garp_interval>>({"vrrp_garp_interval", "SECS", "0: no pacing", "Least time between gratuitous ARPs on an interface without garp_group, 0.000001..4294.967295."}, 1),
    custom<G, read_interval<&S::gna_interval>, show_interval<&S::gna_interval>>({"vrrp_gna_interval", "SECS", "0: no pacing", "As vrrp_garp_interval, for unsolicited neighbour advertisements."}, 1),
    custom<G, read_min_garp, show_min_garp>({"vrrp_min_garp", "[BOOL]", "off", "One announcement per address and no delayed burst, where not set otherwise."}, 1),
    custom<G, read_garp_extra, show_garp_extra>({"vrrp_garp_extra_if", "[all] SECS", "0: off", "Default of garp_extra_if, 1..86400.", rare}, 2).also("vrrp_vmac_garp_intvl", Spelling::old_reported),
    keyword<Default<&I::lower_priority_no_advert>, Switch{}>({"vrrp_lower_prio_no_advert", "[BOOL]", "off; strict: on", "Default of lower_prio_no_advert."}),
    keyword<Default<&I::higher_priority_send_advert>, Switch{}>({"vrrp_higher_prio_send_advert", "[BOOL]", "off", "Default of higher_prio_send_advert."}),
    keyword<Default<&I::version>, VersionCodec{}>({"vrrp_version", "2|3", "2; IPv6 always 3", "Default protocol version.", everyday}),
    custom<G, read_iptables, show_iptables>({"vrrp_iptables", "[INCHAIN [OUTCHAIN]]", "off; bare: INPUT OUTPUT", "Use these iptables chains, which must exist, for no_accept and VMAC rules.", common, once}, 2),
    custom<G, read_ipsets, show_ipsets>({"vrrp_ipsets", "[SET [SET6 [SET_IF6 [SET_IGMP [SET_MLD [SET_ND]]]]]]", "keepalived keepalived6 ...; bare: no ipsets", "Names of the ipsets used with vrrp_iptables, at most 30 characters.", rare}, 6),
    custom<G, read_nftables, show_nftables>({"nftables", "[TABLE]", "keepalived when a firewall is needed", "Use this nftables table for no_accept and VMAC rules.", common, once, restart}, 1),
    keyword<Value<&S::nftables, &NftablesSettings::priority>, Integer{-kMaxInt32 - 1, kMaxInt32, Lenient::no}>({"nftables_priority", "N", "-1", "Priority of the base chains; must follow nftables.", rare}),
    keyword<Value<&S::nftables, &NftablesSettings::ifindex>, Flag{}>({"nftables_ifindex", "", "off", "Match link-local addresses by interface index instead of name.", rare}),
    keyword<Default<&I::check_unicast_source>, Flag{}>({"vrrp_check_unicast_src", "", "off", "All unicast instances drop adverts from others than their peers."}),
    keyword<Default<&I::skip_check_advert_addresses>, Switch{}>({"vrrp_skip_check_adv_addr", "[BOOL]", "off", "Default of skip_check_adv_addr.", everyday}),
    keyword<Default<&I::strict>, Switch{}>({"vrrp_strict", "[BOOL]", "off", "Default of strict_mode.", everyday}),
    keyword<Value<&S::vrrp_process, &P::priority>, SoftInteger{-20, 19}>({"vrrp_priority", "-20..19", "unchanged", "Nice value of the VRRP part.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_process, &P::no_swap>, Flag{}>({"vrrp_no_swap", "", "off", "Lock the memory of the VRRP part.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_process, &P::rt_priority>, Clamped{1, 99}>({"vrrp_rt_priority", "1..99", "off", "Real-time priority (SCHED_RR) of the VRRP part.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_process, &P::cpu_affinity>, CpuList{}>({"vrrp_cpu_affinity", "CPU...", "all", "Processors the VRRP part may run on.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_process, &P::rlimit_rttime>, RealTimeLimit{}>({"vrrp_rlimit_rttime", "MICROSECONDS", "10000", "RLIMIT_RTTIME with real-time scheduling.", rare, last_wins, restart}).also("vrrp_rlimit_rtime", Spelling::old_logged),
    custom<G, read_nftables_ipvs, show_nftables_ipvs>({"nftables_ipvs", "[TABLE]", "off; bare: keepalived_ipvs", "One firewall mark per virtual_server_group, set by nftables.", common, once, restart}, 1),
    keyword<Value<&S::nftables, &NftablesSettings::ipvs_priority>, Integer{-kMaxInt32 - 1, kMaxInt32, Lenient::no}>({"nftables_ipvs_priority", "N", "-1", "Priority of the marking chains; must follow nftables_ipvs.", rare}),
    keyword<Value<&S::nftables, &NftablesSettings::ipvs_start_mark>, Integer{1, kMaxUint32, Lenient::no}>({"nftables_ipvs_start_fwmark", "N", "1000", "First mark that is allocated; must follow nftables_ipvs.", rare}),
    keyword<Value<&S::nftables, &NftablesSettings::counters>, Flag{}>({"nftables_counters", "", "off", "Counters in the generated rules.", rare}),
    custom<G, read_fifo<&S::notify_fifo>, show_fifo<&S::notify_fifo>>({"notify_fifo", "PATH [USER [GROUP]]", "none", "FIFO that gets a line for every VRRP and LVS event.", common, once}, 3),
    custom<G, read_fifo_script<&S::notify_fifo>, show_fifo_script<&S::notify_fifo>>({"notify_fifo_script", "SCRIPT [USER [[:]GROUP]]", "none", "Program that reads notify_fifo; gets its path as last argument.", common, once}).raw_line(),
    custom<G, read_fifo<&S::vrrp_notify_fifo>, show_fifo<&S::vrrp_notify_fifo>>({"vrrp_notify_fifo", "PATH [USER [GROUP]]", "none", "FIFO for VRRP events.", common, once}, 3),
    custom<G, read_fifo_script<&S::vrrp_notify_fifo>, show_fifo_script<&S::vrrp_notify_fifo>>({"vrrp_notify_fifo_script", "SCRIPT [USER [[:]GROUP]]", "none", "Program that reads vrrp_notify_fifo.", common, once}).raw_line(),
    keyword<Value<&S::vrrp_notify_priority_changes>, Switch{}>({"vrrp_notify_priority_changes", "[BOOL]", "off", "Default of notify_priority_changes.", rare}),
    keyword<Value<&S::fifo_write_vrrp_states_on_reload>, Flag{}>({"fifo_write_vrrp_states_on_reload", "", "off", "After a reload write all states to the FIFOs.", rare}),
    custom<G, read_fifo<&S::lvs_notify_fifo>, show_fifo<&S::lvs_notify_fifo>>({"lvs_notify_fifo", "PATH [USER [GROUP]]", "none", "FIFO for virtual and real server events.", common, once}, 3),
    custom<G, read_fifo_script<&S::lvs_notify_fifo>, show_fifo_script<&S::lvs_notify_fifo>>({"lvs_notify_fifo_script", "SCRIPT [USER [[:]GROUP]]", "none", "Program that reads lvs_notify_fifo.", common, once}).raw_line(),
    keyword<Value<&S::checker_process, &P::priority>, SoftInteger{-20, 19}>({"checker_priority", "-20..19", "unchanged", "Nice value of the checker part.", rare, last_wins, restart}),
    keyword<Value<&S::checker_process, &P::no_swap>, Flag{}>({"checker_no_swap", "", "off", "Lock the memory of the checker part.", rare, last_wins, restart}),
    keyword<Value<&S::checker_process, &P::rt_priority>, Clamped{1, 99}>({"checker_rt_priority", "1..99", "off", "Real-time priority of the checker part.", rare, last_wins, restart}),
    keyword<Value<&S::checker_process, &P::cpu_affinity>, CpuList{}>({"checker_cpu_affinity", "CPU...", "all", "Processors the checker part may run on.", rare, last_wins, restart}),
    keyword<Value<&S::checker_process, &P::rlimit_rttime>, RealTimeLimit{}>({"checker_rlimit_rttime", "MICROSECONDS", "10000", "RLIMIT_RTTIME of the checker part.", rare, last_wins, restart}).also("checker_rlimit_rtime", Spelling::old_logged),
    keyword<Value<&S::bfd_process, &P::priority>, SoftInteger{-20, 19}>({"bfd_priority", "-20..19", "unchanged", "Nice value of the BFD part.", rare, last_wins, restart}),
    keyword<Value<&S::bfd_process, &P::no_swap>, Flag{}>({"bfd_no_swap", "", "off", "Lock the memory of the BFD part.", rare, last_wins, restart}),
    keyword<Value<&S::bfd_process, &P::rt_priority>, Clamped{1, 99}>({"bfd_rt_priority", "1..99", "off", "Real-time priority of the BFD part.", rare, last_wins, restart}),
    keyword<Value<&S::bfd_process, &P::cpu_affinity>, CpuList{}>({"bfd_cpu_affinity", "CPU...", "all", "Processors the BFD part may run on.", rare, last_wins, restart}),
    keyword<Value<&S::bfd_process, &P::rlimit_rttime>, RealTimeLimit{}>({"bfd_rlimit_rttime", "MICROSECONDS", "10000", "RLIMIT_RTTIME of the BFD part.", rare, last_wins, restart}).also("bfd_rlimit_rtime", Spelling::old_logged),
    custom<G, read_snmp_socket, show_snmp_socket>({"snmp_socket", "TRANSPORT", "unix:/var/agentx/master", "Address of the AgentX master.", common, once, restart}, 1),
    keyword<Value<&S::snmp, &N::traps>, Flag{}>({"enable_traps", "", "off", "Send SNMP notifications.", common, last_wins, restart}),
    keyword<Value<&S::snmp, &N::vrrp>, Flag{}>({"enable_snmp_vrrp", "", "off", "The VRRP part of KEEPALIVED-MIB.", common, last_wins, restart}).also("enable_snmp_keepalived"),
    custom<G, read_snmp_rfc>({"enable_snmp_rfc", "", "off", "Both RFC MIBs.", rare, last_wins, restart}, 0),
    keyword<Value<&S::snmp, &N::rfc_v2>, Flag{}>({"enable_snmp_rfcv2", "", "off", "The VRRP-MIB of RFC 2787.", rare, last_wins, restart}),
    keyword<Value<&S::snmp, &N::rfc_v3>, Flag{}>({"enable_snmp_rfcv3", "", "off", "The VRRPV3-MIB of RFC 6527.", rare, last_wins, restart}),
    keyword<Value<&S::snmp, &N::checker>, Flag{}>({"enable_snmp_checker", "", "off", "The server part of KEEPALIVED-MIB.", common, last_wins, restart}),
    keyword<Value<&S::snmp, &N::virtual_server_interval>, Seconds{1000, 30000000}>({"snmp_vs_stats_update_interval", "SECS", "5", "Age at which statistics of virtual servers are read again, 0.001..30.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::snmp, &N::real_server_interval>, Seconds{1000, 30000000}>({"snmp_rs_stats_update_interval", "SECS", "as for virtual servers", "The same for real servers.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::dbus>, Flag{}>({"enable_dbus", "", "off", "Show the instances on the system bus.", common, last_wins, restart}),
    keyword<Value<&S::dbus_service_name>, SoftWord{}>({"dbus_service_name", "NAME", "org.keepalived.Vrrp1", "Bus name.", rare, last_wins, restart}),
    keyword<Value<&S::dbus_no_interface_name>, SoftWord{}>({"dbus_no_interface_name", "NAME", "none", "Path element of instances without interface.", rare, last_wins, restart, "2.3"}),
    custom<G, read_script_user, show_script_user>({"script_user", "USER [[:]GROUP]", "keepalived_script if it exists", "Who runs scripts that name no user.", everyday}, 2),
    keyword<Value<&S::script_security>, Flag{}>({"enable_script_security", "", "off", "Refuse scripts run as root whose path others can change.", everyday}),
    keyword<Value<&S::vrrp_buffers, &B::command>, BufferSize{}>({"vrrp_netlink_cmd_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the VRRP netlink command socket.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_buffers, &B::command_force>, Switch{}>({"vrrp_netlink_cmd_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_buffers, &B::monitor>, BufferSize{}>({"vrrp_netlink_monitor_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the VRRP netlink monitor.", rare, last_wins, restart}),
    keyword<Value<&S::vrrp_buffers, &B::monitor_force>, Switch{}>({"vrrp_netlink_monitor_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}),
    keyword<Value<&S::process_monitor_buffers, &B::monitor>, BufferSize{}>({"process_monitor_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the process monitor.", rare, last_wins, restart}),
    keyword<Value<&S::process_monitor_buffers, &B::monitor_force>, Switch{}>({"process_monitor_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}),
    keyword<Value<&S::lvs_buffers, &B::command>, BufferSize{}>({"lvs_netlink_cmd_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the checkers' netlink command socket.", rare, last_wins, restart}),
    keyword<Value<&S::lvs_buffers, &B::command_force>, Switch{}>({"lvs_netlink_cmd_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}),
    keyword<Value<&S::lvs_buffers, &B::monitor>, BufferSize{}>({"lvs_netlink_monitor_rcv_bufs", "BYTES", "kernel default", "Receive buffer of the checkers' netlink monitor.", rare, last_wins, restart}),
    keyword<Value<&S::lvs_buffers, &B::monitor_force>, Switch{}>({"lvs_netlink_monitor_rcv_bufs_force", "[BOOL]", "off", "Set it beyond the system's limit.", rare, last_wins, restart}),
    keyword<Value<&S::rs_init_notifies>, Switch{}>({"rs_init_notifies", "[BOOL]", "off", "Run notify_up for real servers that start up.", rare}),
    keyword<Value<&S::no_checker_emails>, Switch{}>({"no_checker_emails", "[BOOL]", "off", "Mail only when a real server is added or removed.", rare}),
    custom<G, read_rx_policy, show_rx_policy>({"vrrp_rx_bufs_policy", "MTU|ADVERT|BYTES...", "system default", "How receive buffers of adverts are sized.", rare, adds_up}),
    keyword<Value<&S::rx_buffer_multiplier>, IntegerOf<Missing::reported>{1, kMaxUint32, Lenient::no}>({"vrrp_rx_bufs_multiplier", "N", "3", "Factor of the policies.", rare}),
    custom<G, read_start_delay<&S::startup_delay>, show_start_delay<&S::startup_delay>>({"vrrp_startup_delay", "SECS", "0", "Hold all instances back this long after the start, 0.001..4294.967295.", common}, 1),
    custom<G, read_start_delay<&S::delay_after_boot>, show_start_delay<&S::delay_after_boot>>({"vrrp_delay_after_boot", "SECS", "0", "The same, counted from the boot of the machine.", rare, last_wins, Reload::live, "2.3"}, 1),
    keyword<Value<&S::log_unknown_vrids>, Flag{}>({"log_unknown_vrids", "", "off", "Log adverts of VRIDs that are not configured.", rare}),
    keyword<Default<&I::owner_ignore_adverts>, Switch{}>({"vrrp_owner_ignore_adverts", "[BOOL]", "off", "Default of owner_ignore_adverts.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::vmac_prefix>, Word{}>({"vmac_prefix", "STRING", "vrrp", "Prefix of VMAC interface names.", common, once, restart}),
    keyword<Value<&S::vmac_address_prefix>, Word{}>({"vmac_addr_prefix", "STRING", "vmac_prefix", "Prefix of VMACs made for addresses on other interfaces.", rare, once, restart}),
    custom<G, read_umask, show_umask>({"umask", "NUMBER | BIT[|BIT]...", "IXUSR|IRWXG|IRWXO", "Creation mask of files.", rare}),
    keyword<Value<&S::random_seed>, Integer{0, kMaxUint32, Lenient::no}>({"random_seed", "N", "time", "Seed of ${_RANDOM}.", rare}),
    keyword<Value<&S::reload_check_config>, OptionalWord<kDevNull>{}>({"reload_check_config", "[LOGFILE]", "off; bare: /dev/null", "Where the reports of a refused reload go."}),
    keyword<Value<&S::reload_time_file>, WordOf<Missing::reported>{0, true}>({"reload_time_file", "PATH", "none", "A file whose first line is the time of the next reload.", rare}),
    keyword<Value<&S::reload_repeat>, Flag{}>({"reload_repeat", "", "off", "Keep reload_time_file after the reload.", rare}),
    keyword<Value<&S::reload_file>, OptionalWord<kNoText>{}>({"reload_file", "[PATH]", "off; bare: keepalived.reload beside the pid file", "Exists while the configuration is being read.", rare}),
    custom<G, ignore>({"include_check", "[[+|-]read|match|wildcard_match|brace_match...]", "none; bare: all", "What later includes must find.", rare, adds_up}),
    custom<G, read_save_dir, show_save_dir>({"config_save_dir", "DIR", "none", "Keep a copy of every configuration that is read.", rare}, 1),
    keyword<Value<&S::tmp_config_directory>, SoftWord{}>({"tmp_config_directory", "DIR", "memory", "Accepted for compatibility; nothing is written there.", rare, once, restart}),
    keyword<Value<&S::data_use_instance>, Switch{}>({"data_use_instance", "[BOOL]", "off", "Instance and namespace in the names of dump files.", rare}),
    keyword<Value<&S::json_version>, SoftInteger{1, 2}>({"json_version", "1|2", "1", "Shape of the JSON dump.", common, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::iproute_usr_dir>, WordOf<Missing::reported>{0, true}>({"iproute_usr_dir", "PATH", "/usr/share/iproute2", "Vendor directory of iproute2's name tables.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::iproute_etc_dir>, WordOf<Missing::reported>{0, true}>({"iproute_etc_dir", "PATH", "/etc/iproute2", "Site directory of iproute2's name tables.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::state_dump_file>, WordOf<Missing::reported>{0, true}>({"state_dump_file", "PATH", "/tmp/keepalived.data", "Where SIGUSR1 dumps go; a directory when it ends in /.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::stats_dump_file>, WordOf<Missing::reported>{0, true}>({"stats_dump_file", "PATH", "/tmp/keepalived.stats", "Where SIGUSR2 dumps go.", rare, last_wins, Reload::live, "2.3"}),
    keyword<Value<&S::json_dump_file>, WordOf<Missing::reported>{0, true}>({"json_dump_file", "PATH", "/tmp/keepalived.json", "Where JSON dumps go.", rare, last_wins, Reload::live, "2.3"}),
};
// clang-format on

}  // namespace

const Block kGlobalDefs{"global_defs", kGlobalRows};
const Block kNotificationEmail{
    "global_defs/notification_email", {}, read_mail_entry, {}, "ADDR | \"NAME <ADDR>\""};

}  // namespace holdfast::config
