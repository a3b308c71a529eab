// global_defs: who runs scripts, the scripts of start and end, and the notification FIFOs.
#include <fmt/format.h>

#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
template <auto... Path>
using Value = Field<&G::value, Path...>;
constexpr Reload restart = Reload::restart;

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

void read_script_user(Loading& loading, G& global, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    auto identity = loading.identity(line, 1);
    if (identity) {
        global.value.script_identity = *identity;
        global.value.script_user_set = true;
    } else {
        if (line.has(2) && loading.environment.user(line.word(1)))
            bad_word(loading, ReportClass::general, line, 2, "is not a group that exists");
        else
            bad_word(loading, ReportClass::general, line, 1, "is not a user that exists");
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

// clang-format off: one row, one line
constexpr Row kRows[] = {
    keyword<Value<&S::use_symlink_paths>, Switch{}>({"use_symlink_paths", "[BOOL]", "off", "Execute scripts by the path as written instead of the resolved one.", rare, last_wins, Reload::live, "2.3"}).example("use_symlink_paths on"),
    keyword<Value<&S::set_supplementary_groups>, Switch{}>({"set_supplementary_groups", "[BOOL]", "off", "Scripts get the supplementary groups of their user even when the group has no leading colon.", rare, last_wins, Reload::live, "2.4"}).example("set_supplementary_groups on"),
    custom<G, read_run_once<&S::startup_script>, show_run_once<&S::startup_script>>({"startup_script", "SCRIPT [USER [[:]GROUP]]", "none", "Run once before anything else starts; work waits for it.", common, once, restart}).raw_line().example("startup_script \"/usr/bin/true start\"", "."),
    keyword<Value<&S::startup_script_timeout>, WholeSecondsOf<Missing::reported>{1, 1000}>({"startup_script_timeout", "SECS", "10", "Limit of startup_script: SIGTERM, then SIGKILL 2 s later.", rare}).example("startup_script_timeout 20"),
    custom<G, read_run_once<&S::shutdown_script>, show_run_once<&S::shutdown_script>>({"shutdown_script", "SCRIPT [USER [[:]GROUP]]", "none", "Run once after all work is undone.", common, once}).raw_line().example("shutdown_script /usr/bin/true", "."),
    keyword<Value<&S::shutdown_script_timeout>, WholeSecondsOf<Missing::reported>{1, 1000}>({"shutdown_script_timeout", "SECS", "10", "Limit of shutdown_script.", rare}).example("shutdown_script_timeout 20"),
    custom<G, read_fifo<&S::notify_fifo>, show_fifo<&S::notify_fifo>>({"notify_fifo", "PATH [USER [GROUP]]", "none", "FIFO that gets a line for every VRRP and LVS event.", common, once}, 3).example("notify_fifo /run/keepalived.fifo root", ".\n?/run/keepalived.fifo nobody-of-that-name"),
    custom<G, read_fifo_script<&S::notify_fifo>, show_fifo_script<&S::notify_fifo>>({"notify_fifo_script", "SCRIPT [USER [[:]GROUP]]", "none", "Program that reads notify_fifo; gets its path as last argument.", common, once}).raw_line().example("notify_fifo_script \"/usr/bin/true a b\"", ".", "notify_fifo /run/keepalived.fifo root"),
    custom<G, read_fifo<&S::vrrp_notify_fifo>, show_fifo<&S::vrrp_notify_fifo>>({"vrrp_notify_fifo", "PATH [USER [GROUP]]", "none", "FIFO for VRRP events.", common, once}, 3).example("vrrp_notify_fifo /run/keepalived-vrrp.fifo root", ".\n?/run/keepalived.fifo nobody-of-that-name"),
    custom<G, read_fifo_script<&S::vrrp_notify_fifo>, show_fifo_script<&S::vrrp_notify_fifo>>({"vrrp_notify_fifo_script", "SCRIPT [USER [[:]GROUP]]", "none", "Program that reads vrrp_notify_fifo.", common, once}).raw_line().example("vrrp_notify_fifo_script /usr/bin/true", ".", "vrrp_notify_fifo /run/keepalived-vrrp.fifo root"),
    keyword<Value<&S::vrrp_notify_priority_changes>, Switch{}>({"vrrp_notify_priority_changes", "[BOOL]", "off", "Default of notify_priority_changes.", rare}).example("vrrp_notify_priority_changes on"),
    keyword<Value<&S::fifo_write_vrrp_states_on_reload>, Flag{}>({"fifo_write_vrrp_states_on_reload", "", "off", "After a reload write all states to the FIFOs.", rare}).example("fifo_write_vrrp_states_on_reload"),
    custom<G, read_fifo<&S::lvs_notify_fifo>, show_fifo<&S::lvs_notify_fifo>>({"lvs_notify_fifo", "PATH [USER [GROUP]]", "none", "FIFO for virtual and real server events.", common, once}, 3).example("lvs_notify_fifo /run/keepalived-lvs.fifo root", ".\n?/run/keepalived.fifo nobody-of-that-name"),
    custom<G, read_fifo_script<&S::lvs_notify_fifo>, show_fifo_script<&S::lvs_notify_fifo>>({"lvs_notify_fifo_script", "SCRIPT [USER [[:]GROUP]]", "none", "Program that reads lvs_notify_fifo.", common, once}).raw_line().example("lvs_notify_fifo_script /usr/bin/true", ".", "lvs_notify_fifo /run/keepalived-lvs.fifo root"),
    custom<G, read_script_user, show_script_user>({"script_user", "USER [[:]GROUP]", "keepalived_script if it exists", "Who runs scripts that name no user.", everyday}, 2).example("script_user root", ".\n^nobody-of-that-name\nroot ^no-such-group"),
    keyword<Value<&S::script_security>, Flag{}>({"enable_script_security", "", "off", "Refuse scripts run as root whose path others can change.", everyday}).example("enable_script_security"),
    keyword<Value<&S::rs_init_notifies>, Switch{}>({"rs_init_notifies", "[BOOL]", "off", "Run notify_up for real servers that start up.", rare}).example("rs_init_notifies on"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalScriptsRows{kRows};

}  // namespace holdfast::config
