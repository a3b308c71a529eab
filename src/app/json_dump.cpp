#include "holdfast/app/json_dump.hpp"

#include <fmt/format.h>

#include <concepts>
#include <string_view>
#include <utility>

namespace holdfast::app {

namespace {

// Writes JSON as the reference does: no blanks, `/` escaped, bytes above 0x7f untouched, numbers in C's %g
// and %f. A JSON library would choose its own shape for the last two.
class Writer {
  public:
    std::string text;

    void open(char bracket) {
        separate();
        text += bracket;
        fresh_ = true;
    }
    void close(char bracket) {
        text += bracket;
        fresh_ = false;
    }
    void name(std::string_view key) {
        separate();
        quote(key);
        text += ':';
        fresh_ = true;
    }
    void field(std::string_view key, std::string_view value) {
        name(key);
        string(value);
    }
    void maybe(std::string_view key, const std::optional<NotifyCommand>& value) {
        if (value) field(key, std::string_view(value->text));
    }
    void number(std::string_view key, std::integral auto value) {
        name(key);
        raw(fmt::format("{}", static_cast<int64_t>(value)));
    }
    void flag(std::string_view key, bool value) {
        name(key);
        raw(value ? "true" : "false");
    }
    void seconds(std::string_view key, Duration value) {
        name(key);
        raw(fmt::format("{:g}", to_seconds(value)));
    }
    void instant(std::string_view key, WallClock value) {
        const auto since =
            std::chrono::duration_cast<std::chrono::microseconds>(value.time_since_epoch()).count();
        name(key);
        raw(fmt::format("{}.{:06}", since / 1'000'000, since % 1'000'000));
    }
    /// Nothing when the list is empty, as the reference.
    void list(std::string_view key, const std::vector<std::string>& values) {
        if (values.empty()) return;
        name(key);
        open('[');
        for (const std::string& value : values) string(value);
        close(']');
    }

  private:
    void raw(std::string_view value) {
        separate();
        text += value;
    }
    void string(std::string_view value) {
        separate();
        quote(value);
    }
    void separate() {
        if (!fresh_) text += ',';
        fresh_ = false;
    }
    void quote(std::string_view value) {
        text += '"';
        for (char c : value) escape(c);
        text += '"';
    }
    void escape(char c) {
        switch (c) {
            case '\t':
                text += "\\t";
                return;
            case '\n':
                text += "\\n";
                return;
            case '\r':
                text += "\\r";
                return;
            case '\f':
                text += "\\f";
                return;
            case '\b':
                text += "\\b";
                return;
            case '\\':
            case '"':
            case '/':
                text += '\\';
                text += c;
                return;
            default:
                break;
        }
        if (static_cast<unsigned char>(c) < 0x20) {
            text += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
            text += c;
        }
    }

    bool fresh_ = true;
};

int64_t whole_seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

void write_data(Writer& out, const InstanceView& view) {
    out.name("data");
    out.open('{');
    out.field("iname", view.name);
    out.number("dont_track_primary", view.dont_track_primary);
    out.number("skip_check_adv_addr", view.skip_check_advert_addresses);
    out.number("strict_mode", view.strict);
    out.field("vmac_ifname", view.vmac_interface);
    const std::string& interface = view.vmac_interface.empty() ? view.interface : view.vmac_interface;
    if (!interface.empty()) out.field("ifp_ifname", interface);
    out.number("master_priority", view.master_priority);
    out.instant("last_transition", view.last_transition);
    out.seconds("garp_delay", view.garp_delay);
    out.number("garp_refresh", whole_seconds(view.garp_refresh));
    out.number("garp_rep", view.garp_repeat);
    out.number("garp_refresh_rep", view.garp_refresh_repeat);
    out.number("garp_lower_prio_delay", whole_seconds(view.garp_lower_prio_delay));
    out.number("garp_lower_prio_rep", view.garp_lower_prio_repeat);
    out.number("lower_prio_no_advert", view.lower_priority_no_advert);
    out.number("higher_prio_send_advert", view.higher_priority_send_advert);
    out.number("vrid", view.vrid);
    out.number("base_priority", view.base_priority);
    out.number("effective_priority", view.effective_priority);
    out.flag("vipset", view.addresses_set);
    out.flag("promote_secondaries", view.promote_secondaries);
    out.seconds("adver_int", view.advert_interval);
    out.seconds("master_adver_int", view.master_advert_interval);
    out.number("accept", view.accept);
    out.flag("nopreempt", !view.preempt);
    out.number("preempt_delay", whole_seconds(view.preempt_delay));
    out.number("state", static_cast<int>(view.state));
    out.number("wantstate", static_cast<int>(view.wanted_state));
    out.number("version", static_cast<int>(view.version));
    out.flag("smtp_alert", view.notify.smtp_alert);
    out.flag("notify_deleted", view.notify.notify_deleted);
    out.maybe("script_backup", view.notify.backup);
    out.maybe("script_master", view.notify.master);
    out.maybe("script_fault", view.notify.fault);
    out.maybe("script_stop", view.notify.stop);
    out.maybe("script_deleted", view.notify.deleted);
    out.maybe("script", view.notify.generic);
    out.maybe("script_master_rx_lower_pri", view.notify.master_rx_lower_pri);
    out.list("vips", view.addresses);
    out.list("evips", view.excluded_addresses);
    out.list("vroutes", view.routes);
    out.list("vrules", view.rules);
    auto column = [](const std::vector<TrackView>& tracks, std::string TrackView::* member) {
        std::vector<std::string> values;
        for (const TrackView& track : tracks) values.push_back(track.*member);
        return values;
    };
    out.list("track_ifp", column(view.tracks.interfaces, &TrackView::name));
    out.list("track_script", column(view.tracks.scripts, &TrackView::command));
    out.list("track_process", column(view.tracks.processes, &TrackView::name));
    out.number("auth_type", static_cast<int>(view.auth_type));
    if (view.auth_type != vrrp::AuthType::none) out.field("auth_data", std::string_view("********"));
    out.close('}');
}

void write_stats(Writer& out, const vrrp::Counters& counters) {
    out.name("stats");
    out.open('{');
    out.number("advert_rcvd", counters.advert_rcvd);
    out.number("advert_sent", counters.advert_sent);
    out.number("become_master", counters.become_master);
    out.number("release_master", counters.release_master);
    out.number("packet_len_err", counters.packet_len_err);
    out.number("advert_interval_err", counters.advert_interval_err);
    out.number("ip_ttl_err", counters.ip_ttl_err);
    out.number("invalid_type_rcvd", counters.invalid_type_rcvd);
    out.number("addr_list_err", counters.addr_list_err);
    out.number("invalid_authtype", counters.invalid_authtype);
    out.number("authtype_mismatch", counters.authtype_mismatch);
    out.number("auth_failure", counters.auth_failure);
    out.number("auth_ext_missing", counters.auth_ext_missing);
    out.number("auth_ext_malformed", counters.auth_ext_malformed);
    out.number("auth_ext_unknown_key", counters.auth_ext_unknown_key);
    out.number("auth_ext_invalid_hmac", counters.auth_ext_invalid_hmac);
    out.number("auth_ext_stale", counters.auth_ext_stale);
    out.number("auth_ext_replay", counters.auth_ext_replay);
    out.number("pri_zero_rcvd", counters.pri_zero_rcvd);
    out.number("pri_zero_sent", counters.pri_zero_sent);
    out.close('}');
}

void write_process(Writer& out, const ProcessView& view) {
    out.open('{');
    // The reference names the block here, not the program.
    out.field("process", view.name);
    std::string parameters;
    for (const std::string& parameter : view.parameters)
        parameters += (parameters.empty() ? "" : " ") + parameter;
    if (!view.parameters.empty()) out.field("parameters", parameters);
    out.field("param_match", view.match);
    out.number("min_processes", view.quorum);
    if (view.quorum_max) out.number("max_processes", *view.quorum_max);
    out.number("current_processes", view.current);
    out.flag("have_quorum", view.have_quorum);
    out.number("weight", view.reverse ? -view.weight : view.weight);
    out.seconds("terminate_delay", view.terminate_delay);
    out.seconds("fork_delay", view.fork_delay);
    out.flag("fork_delay_timer_running", view.fork_delay_running);
    out.flag("terminate_delay_timer_running", view.terminate_delay_running);
    out.flag("full_command", view.full_command);
    out.close('}');
}

}  // namespace

std::optional<std::string> json_text(const DaemonView& view, uint32_t version) {
    if (view.instances.empty()) return std::nullopt;
    Writer out;
    if (version >= 2) {
        out.open('{');
        out.name("vrrp");
    }
    out.open('[');
    for (const InstanceView& instance : view.instances) {
        out.open('{');
        write_data(out, instance);
        write_stats(out, instance.counters);
        out.close('}');
    }
    out.close(']');
    if (version >= 2) {
        if (!view.processes.empty()) {
            out.name("track_process");
            out.open('[');
            for (const ProcessView& process : view.processes) write_process(out, process);
            out.close(']');
        }
        out.close('}');
    }
    out.text += '\n';
    return std::move(out.text);
}

}  // namespace holdfast::app
