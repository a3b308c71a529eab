#include "holdfast/ctl/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "holdfast/ctl/json_list.hpp"

namespace holdfast::ctl {

namespace {

using nlohmann::json;
using Label = std::pair<std::string_view, std::string>;

std::string escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '\n') {
            text += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') text += '\\';
        text += c;
    }
    return text;
}

/// The samples of each metric must stand together, in whatever order they come in.
class Metrics {
  public:
    /// `type` and `help` are those of the first sample.
    void add(std::string_view name, std::string_view type, std::string_view help, double value,
             std::initializer_list<Label> labels = {}) {
        Metric* metric = nullptr;
        for (Metric& known : metrics_)
            if (known.name == name) metric = &known;
        if (metric == nullptr) {
            metric = &metrics_.emplace_back(
                Metric{std::string(name), fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type)});
        }
        std::string list;
        for (const auto& [key, text] : labels)
            list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", key, escaped(text));
        metric->text += list.empty() ? fmt::format("{} {}\n", name, value)
                                     : fmt::format("{}{{{}}} {}\n", name, list, value);
    }
    std::string text() const {
        std::string all;
        for (const Metric& metric : metrics_) all += metric.text;
        return all;
    }

  private:
    struct Metric {
        std::string name;
        std::string text;
    };
    std::vector<Metric> metrics_;
};

std::string words(const json& object, const char* name) {
    return object.at(name).get<std::string>();
}

double number(const json& object, const char* name) {
    return object.at(name).get<double>();
}

int state_number(std::string_view state) {
    constexpr std::array<std::string_view, 3> kStates{"BACKUP", "MASTER", "FAULT"};
    for (size_t i = 0; i < kStates.size(); ++i)
        if (kStates[i] == state) return static_cast<int>(i) + 1;
    return 0;
}

void add_instance(Metrics& metrics, const json& instance) {
    const std::initializer_list<Label> labels{{"iname", words(instance, "name")},
                                              {"intf", words(instance, "interface")},
                                              {"vrid", std::to_string(instance.at("vrid").get<int>())},
                                              {"family", words(instance, "family")}};
    metrics.add("keepalived_vrrp_state", "gauge", "0 starting, 1 BACKUP, 2 MASTER, 3 FAULT",
                state_number(words(instance, "state")), labels);
    metrics.add("keepalived_vrrp_state_seconds", "gauge", "Time in this state", number(instance, "seconds"),
                labels);
    metrics.add("keepalived_vrrp_priority", "gauge", "Effective priority",
                number(instance.at("priority"), "effective"), labels);
    const json& counters = instance.at("counters");
    const auto count = [&](std::string_view name, std::string_view help, const char* member) {
        metrics.add(name, "counter", help, number(counters, member), labels);
    };
    count("keepalived_advertisements_received_total", "Adverts received", "adverts_received");
    count("keepalived_advertisements_sent_total", "Adverts sent", "adverts_sent");
    count("keepalived_become_master_total", "Transitions to MASTER", "became_master");
    count("keepalived_release_master_total", "Transitions from MASTER", "released_master");
    count("keepalived_priority_zero_received_total", "Resignations heard", "priority_zero_received");
    count("keepalived_priority_zero_sent_total", "Resignations sent", "priority_zero_sent");
    count("keepalived_authentication_failure_total", "Adverts with wrong credentials",
          "authentication_failures");
}

void add_trackers(Metrics& metrics, const json& status) {
    const auto up = [&](std::string_view metric, std::string_view help, const json& list) {
        for (const json& item : list) {
            const std::string state = words(item, "state");
            if (state != "unknown")
                metrics.add(metric, "gauge", help, state == "up" ? 1 : 0, {{"name", words(item, "name")}});
        }
    };
    up("keepalived_script_status", "Whether the script succeeds", status.at("scripts"));
    up("keepalived_track_process_up", "Whether enough of the process run", status.at("processes"));
    up("keepalived_interface_up", "Whether the interface can be used", status.at("interfaces"));
    up("keepalived_bfd_up", "Whether the BFD session is up", status.at("bfd_sessions"));
    for (const json& file : status.at("files")) {
        if (file.at("value").is_number())
            metrics.add("keepalived_track_file_value", "gauge", "The number in the file",
                        number(file, "value"), {{"name", words(file, "name")}});
    }
}

void add_virtual_server(Metrics& metrics, const json& service) {
    const Label name{"virtual_server", words(service, "name")};
    metrics.add("keepalived_virtual_server_up", "gauge", "Whether it has its quorum",
                service.at("has_quorum").get<bool>() ? 1 : 0, {name});
    metrics.add("keepalived_virtual_server_live_weight", "gauge", "Weight of the servers that are up",
                number(service, "live_weight"), {name});
    for (const json& server : service.at("real_servers")) {
        metrics.add("keepalived_real_server_up", "gauge", "Whether all of its checks succeed",
                    words(server, "state") == "up" ? 1 : 0, {name, {"real_server", words(server, "name")}});
    }
}

}  // namespace

std::optional<std::string> render_metrics(std::string_view line) {
    const auto taken = take_list_out(line, "virtual_servers");
    if (!taken) return std::nullopt;
    try {
        const json status = json::parse(taken->rest);
        Metrics metrics;
        metrics.add("keepalived_up", "gauge", "Whether the daemon answers", 1);
        metrics.add("keepalived_uptime_seconds", "gauge", "Time since the start",
                    number(status.at("daemon"), "seconds"));
        metrics.add("keepalived_generation", "counter", "Configurations that went live",
                    number(status.at("daemon"), "generation"));
        const json& reload = status.at("last_reload");
        metrics.add("keepalived_reload_successful", "gauge", "0 when the latest reload was refused",
                    reload.is_null() || reload.at("applied").get<bool>() ? 1 : 0);
        for (const json& instance : status.at("instances")) add_instance(metrics, instance);
        add_trackers(metrics, status);
        for (const std::string_view element : taken->elements)
            add_virtual_server(metrics, json::parse(element));
        return metrics.text();
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

}  // namespace holdfast::ctl
