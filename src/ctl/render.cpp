#include "holdfast/ctl/render.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "holdfast/ctl/json_list.hpp"
#include "holdfast/ctl/table.hpp"

namespace holdfast::ctl {

namespace {

using nlohmann::json;

std::string words(const json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : std::string{};
}

int64_t number(const json& object, const char* name) {
    return object.value(name, int64_t{0});
}

std::string ago(const json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_number() ? duration_text(member->get<double>()) : "-";
}

Tint tint_of(std::string_view state) {
    if (state == "MASTER" || state == "up" || state == "UP" || state == "reloaded" || state == "applied")
        return Tint::good;
    if (state == "FAULT" || state == "down" || state == "DOWN" || state == "missing" || state == "refused" ||
        state == "reload refused")
        return Tint::bad;
    return Tint::none;
}

Cell state_cell(const json& object, const char* name = "state") {
    const std::string state = words(object, name);
    return {state, tint_of(state)};
}

/// The part of a UTC time that people compare: `2026-11-21 20:15:04.123`.
std::string time_text(std::string at) {
    if (const size_t t = at.find('T'); t != std::string::npos) at[t] = ' ';
    if (at.ends_with('Z')) at.pop_back();
    return at;
}

std::string heading(const json& status, Style style) {
    const json& daemon = status.at("daemon");
    std::string text = tinted(printable(words(daemon, "version")), Tint::bold, style.colours);
    text += fmt::format(", pid {}, {} for {}\n", number(daemon, "pid"), printable(words(daemon, "state")),
                        ago(daemon, "seconds"));
    text += fmt::format("Configuration {}, generation {}", printable(words(daemon, "configuration")),
                        number(daemon, "generation"));
    const json& reload = status.at("last_reload");
    if (daemon.value("reloading", false)) text += "; another one is being read";
    if (reload.is_null()) return text + "\n";
    const bool applied = reload.value("applied", false);
    text +=
        fmt::format("; last reload {} ago: {}\n", ago(reload, "seconds"),
                    tinted(applied ? "applied" : "refused", applied ? Tint::good : Tint::bad, style.colours));
    if (!applied) text += fmt::format("    {}\n", printable(words(reload, "reason")));
    for (const json& line : reload.at("diagnostics"))
        text += fmt::format("    {}\n", printable(line.get<std::string>()));
    return text;
}

std::string priority_words(const json& priority) {
    std::string text = std::to_string(number(priority, "effective"));
    std::string changes;
    for (const json& source : priority.at("contributions")) {
        if (const int64_t sum = number(source, "sum"); sum != 0)
            changes += fmt::format(" {:+} {}", sum, words(source, "name"));
    }
    if (!changes.empty()) text += fmt::format(" ({}{})", number(priority, "base"), changes);
    return text;
}

std::string master_words(const json& instance) {
    if (words(instance, "state") == "MASTER") return "itself";
    const json& master = instance.at("master");
    if (master.is_null()) return "-";
    return fmt::format("{} ({})", words(master, "address"), number(master, "priority"));
}

Table instances(const json& list) {
    Table table{"INSTANCE", "STATE", "FOR", "PRIORITY", "INTERFACE", "VRID", "MASTER", "CAUSE"};
    for (const json& instance : list) {
        table.row({words(instance, "name"), state_cell(instance), ago(instance, "seconds"),
                   priority_words(instance.at("priority")), words(instance, "own_interface"),
                   std::to_string(number(instance, "vrid")), master_words(instance),
                   words(instance, "cause")});
        for (const json& fault : instance.at("faults")) table.note(fault.get<std::string>(), Tint::bad);
        const bool master = words(instance, "state") == "MASTER";
        for (const json& address : instance.at("addresses")) {
            const bool present = address.value("present", false);
            // Either is odd: a MASTER without its address, and an address without a MASTER.
            table.note(fmt::format("{}{}", words(address, "address"), present ? "" : "  (not present)"),
                       present == master ? Tint::none : Tint::bad);
        }
    }
    return table;
}

Table groups(const json& list) {
    Table table{"SYNC GROUP", "STATE", "FOR", "MEMBERS"};
    for (const json& group : list) {
        std::string members;
        for (const json& member : group.at("members"))
            members += fmt::format("{}{} {}", members.empty() ? "" : ", ", words(member, "name"),
                                   words(member, "state"));
        table.row({words(group, "name"), state_cell(group), ago(group, "seconds"), members});
    }
    return table;
}

Table scripts(const json& list) {
    Table table{"SCRIPT", "STATE", "WEIGHT", "EXIT", "TOOK", "AGO", "COMMAND"};
    for (const json& script : list) {
        std::string exit = "-";
        std::string took = "-";
        std::string since = "-";
        if (const json& run = script.at("last_run"); !run.is_null()) {
            const bool signalled = run.at("exit_status").is_null();
            exit = signalled ? fmt::format("signal {}", number(run, "signal"))
                             : std::to_string(number(run, "exit_status"));
            took = ago(run, "duration");
            since = ago(run, "ago");
        }
        table.row({words(script, "name"), state_cell(script), std::to_string(number(script, "weight")), exit,
                   took, since, words(script, "command")});
    }
    return table;
}

Table files(const json& list) {
    Table table{"FILE", "NUMBER", "WEIGHT", "PATH"};
    for (const json& file : list) {
        const bool known = file.at("value").is_number();
        table.row({words(file, "name"), known ? std::to_string(number(file, "value")) : "unused",
                   std::to_string(number(file, "weight")), words(file, "path")});
    }
    return table;
}

Table processes(const json& list) {
    Table table{"PROCESS", "STATE", "RUNNING", "QUORUM", "WEIGHT", "PROGRAM"};
    for (const json& process : list) {
        table.row({words(process, "name"), state_cell(process), std::to_string(number(process, "running")),
                   std::to_string(number(process, "quorum")), std::to_string(number(process, "weight")),
                   words(process, "process")});
    }
    return table;
}

Table interfaces(const json& list) {
    Table table{"INTERFACE", "STATE"};
    for (const json& interface : list) table.row({words(interface, "name"), state_cell(interface)});
    return table;
}

Table bfd_sessions(const json& list) {
    Table table{"BFD SESSION", "STATE", "NEIGHBOR", "SAYS", "LAST PACKET"};
    for (const json& session : list) {
        table.row({words(session, "name"), state_cell(session), words(session, "neighbor"),
                   words(session, "remote_state"), ago(session, "last_packet")});
    }
    return table;
}

void add_virtual_server(Table& table, const json& service) {
    size_t up = 0;
    for (const json& server : service.at("real_servers")) up += words(server, "state") == "up" ? 1 : 0;
    const bool quorum = service.value("has_quorum", false);
    const std::string state = service.value("sorry_serves", false) ? "sorry" : quorum ? "UP" : "DOWN";
    table.row({words(service, "name"), Cell(state, tint_of(state)),
               std::to_string(number(service, "live_weight")),
               fmt::format("{} of {} up, quorum {}", up, service.at("real_servers").size(),
                           number(service, "quorum"))});
    for (const json& server : service.at("real_servers")) {
        const std::string name = "  " + words(server, "name");
        const std::string weight = std::to_string(number(server, "weight"));
        const json& checks = server.at("checks");
        if (checks.empty()) table.row({name, state_cell(server), weight, "-", "-", "-", ""});
        for (size_t i = 0; i < checks.size(); ++i) {
            const json& check = checks[i];
            const json& last = check.at("last_check");
            table.row({i == 0 ? name : "", i == 0 ? state_cell(server) : Cell(""), i == 0 ? weight : "",
                       Cell(fmt::format("{} {}", words(check, "kind"), words(check, "state")),
                            tint_of(words(check, "state"))),
                       last.is_null() ? "-" : ago(last, "latency"), last.is_null() ? "-" : ago(last, "ago"),
                       last.is_null() ? "" : words(last, "reason")});
        }
    }
}

Table server_table() {
    return Table{"SERVER", "STATE", "WEIGHT", "CHECK", "TOOK", "AGO", "REASON"};
}

/// The tables of everything else, and that of the servers last.
std::string with_servers(const json& status, const Table& servers, Style style) {
    std::string text = heading(status, style);
    const auto add = [&](const Table& table) {
        if (!table.empty()) text += "\n" + table.text(style.colours);
    };
    add(instances(status.at("instances")));
    add(groups(status.at("sync_groups")));
    add(scripts(status.at("scripts")));
    add(files(status.at("files")));
    add(processes(status.at("processes")));
    add(interfaces(status.at("interfaces")));
    add(bfd_sessions(status.at("bfd_sessions")));
    add(servers);
    return text;
}

std::string event_line(const json& event, Style style) {
    const std::string from = words(event, "from");
    const std::string to = words(event, "to");
    const std::string subject = fmt::format("{} {}", words(event, "kind"), words(event, "name"));
    return fmt::format("{}  {}  {}{}  {}\n", printable(time_text(words(event, "at"))), printable(subject),
                       from.empty() ? "" : printable(from) + " -> ",
                       tinted(printable(to), tint_of(to), style.colours), printable(words(event, "text")));
}

}  // namespace

std::string render_status(const json& status, Style style) {
    Table servers = server_table();
    for (const json& service : status.at("virtual_servers")) add_virtual_server(servers, service);
    return with_servers(status, servers, style);
}

std::optional<std::string> render_status_line(std::string_view line, Style style) {
    const auto taken = take_list_out(line, "virtual_servers");
    const json rest = json::parse(taken ? std::string_view(taken->rest) : line, nullptr, false);
    if (!rest.is_object()) return std::nullopt;
    if (!taken) return render_status(rest, style);
    Table servers = server_table();
    for (const std::string_view element : taken->elements) {
        const json service = json::parse(element, nullptr, false);
        if (!service.is_object()) return std::nullopt;
        add_virtual_server(servers, service);
    }
    return with_servers(rest, servers, style);
}

std::string render_why(const json& answer, Style style) {
    std::string text;
    for (const json& subject : answer.at("subjects")) {
        if (!text.empty()) text += "\n";
        const std::string state = words(subject, "state");
        text += fmt::format("{} {} is {} since {} UTC ({})\n", printable(words(subject, "kind")),
                            tinted(printable(words(subject, "name")), Tint::bold, style.colours),
                            tinted(printable(state), tint_of(state), style.colours),
                            printable(time_text(words(subject, "since"))), ago(subject, "seconds"));
        text += fmt::format("  because  {} [{}]\n", printable(words(subject, "event")),
                            printable(words(subject, "cause")));
        for (const json& rule : subject.at("rules"))
            text += fmt::format("  kept by  {}\n", printable(rule.get<std::string>()));
        for (const json& event : subject.at("history")) text += "  " + event_line(event, style);
    }
    return text;
}

std::string render_events(const json& answer, Style style) {
    Table table{"TIME (UTC)", "KIND", "NAME", "STATE", "CAUSE"};
    for (const json& event : answer.at("events")) {
        const std::string from = words(event, "from");
        const std::string to = words(event, "to");
        table.row({time_text(words(event, "at")), words(event, "kind"), words(event, "name"),
                   Cell(from.empty() ? to : from + " -> " + to, tint_of(to)), words(event, "text")});
    }
    return table.empty() ? "nothing has happened yet\n" : table.text(style.colours);
}

std::string render_event(const json& event, Style style) {
    if (event.contains("lost")) return fmt::format("{} events were lost\n", number(event, "lost"));
    return event_line(event, style);
}

std::string render_outcome(const json& answer, Style style) {
    const std::string result = words(answer, "result");
    const bool plan = words(answer, "command") == "plan";
    if (result == "refused") {
        return fmt::format(
            "{}: {}\n",
            tinted(plan ? "a reload would be refused" : "refused, the old configuration is in force",
                   Tint::bad, style.colours),
            printable(words(answer, "reason")));
    }
    const json& actions = answer.at("actions");
    if (actions.empty()) return plan ? "a reload would change nothing\n" : "reloaded, nothing has changed\n";
    std::string text =
        fmt::format("{} {}\n", plan ? "a reload would change" : "reloaded, changed", actions.size());
    for (const json& action : actions) {
        const std::string what = words(action, "action");
        const Tint tint = what == "add" ? Tint::good : what == "remove" ? Tint::bad : Tint::none;
        const std::string name = words(action, "name");
        text += fmt::format("  {} {}{}{}\n", tinted(fmt::format("{:<6}", what), tint, style.colours),
                            printable(words(action, "kind")), name.empty() ? "" : " ", printable(name));
        for (const json& detail : action.at("details"))
            text += fmt::format("         {}\n", printable(detail.get<std::string>()));
    }
    return text;
}

std::string render_version(const json& answer) {
    return fmt::format("{}, pid {}\n", printable(words(answer, "version")), number(answer, "pid"));
}

}  // namespace holdfast::ctl
