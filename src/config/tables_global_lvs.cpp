// global_defs: IPVS as a whole.
#include <fmt/format.h>

#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
template <auto... Path>
using Value = Field<&G::value, Path...>;

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

// clang-format off: one row, one line
constexpr Row kRows[] = {
    keyword<Value<&S::checker_log_all_failures>, Switch{}>({"checker_log_all_failures", "[BOOL]", "off", "Log every failed attempt, not only the one that exhausts the retries.", rare}).example("checker_log_all_failures on"),
    custom<G, read_lvs_timeouts, show_lvs_timeouts>({"lvs_timeouts", "[tcp SECS] [tcpfin SECS] [udp SECS]", "kernel values", "IPVS connection timeouts, 0..2678400; 0 leaves the kernel's value.", common, adds_up}).example("lvs_timeouts tcp 900 tcpfin 120 udp 300", ".\ntcp\n^icmp 30\ntcp ^-1\ntcp ^2678401\ntcp ^soon\ntcp 900 ^udp"),
    keyword<Value<&S::lvs_flush>, Flag{}>({"lvs_flush", "", "off", "Empties the whole IPVS table at start."}).example("lvs_flush"),
    keyword<Value<&S::lvs_repair>, Switch{}>({"lvs_repair", "[BOOL]", "on", "Puts right what others have changed in our services with ipvsadm; off: it stays as keepalived leaves it.", rare}).example("lvs_repair off"),
    custom<G, read_flush_on_stop, show_flush_on_stop>({"lvs_flush_on_stop", "[VS]", "off", "At exit flush the whole table; VS: remove only our services, without their real servers first."}, 1).also("lvs_flush_onstop").example("lvs_flush_on_stop VS", "^ALL"),
    custom<G, read_sync_daemon, show_sync_daemon>({"lvs_sync_daemon", "IFNAME [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDR]", "off", "IPVS connection synchronisation, following a VRRP instance.", common, once}).example("lvs_sync_daemon eth0 inst VI_1 id 10 port 8848", ".\n^name-of-16-chars inst VI_1\neth0 inst VI_1 id ^256\neth0 inst VI_1 port ^0\neth0 inst VI_1 ttl ^256\neth0 inst VI_1 maxlen ^0\neth0 inst VI_1 group ^10.0.0.1\neth0 inst VI_1 ^id", "/vrrp_instance"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalLvsRows{kRows};

}  // namespace holdfast::config
