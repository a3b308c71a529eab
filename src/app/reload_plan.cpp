#include "holdfast/app/reload_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "holdfast/app/object_text.hpp"
#include "holdfast/app/secrets.hpp"
#include "holdfast/check/log_lines.hpp"
#include "holdfast/config/dump.hpp"

namespace holdfast::app {

namespace {

using What = PlannedAction::What;

/// The lines of a dump without their indentation, each with how often it occurs.
std::map<std::string, int> counted_lines(const std::string& text, std::vector<std::string>& order) {
    std::map<std::string, int> lines;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        std::string line = text.substr(begin, end - begin);
        begin = end + 1;
        line.erase(0, line.find_first_not_of(" \t"));
        if (line.empty() || line == "}" || line.ends_with('{')) continue;
        ++lines[line];
        order.push_back(std::move(line));
    }
    return lines;
}

/// The lines that only one of two dumps has: `- priority 100`, `+ priority 150`.
std::vector<std::string> differences(const config::Config& before, const config::Config& after) {
    std::vector<std::string> old_order;
    std::vector<std::string> new_order;
    std::map<std::string, int> old_lines = counted_lines(config::dump(before), old_order);
    std::map<std::string, int> new_lines = counted_lines(config::dump(after), new_order);
    std::vector<std::string> details;
    const auto add = [&](const std::vector<std::string>& order, std::map<std::string, int>& other,
                         std::string_view sign) {
        for (const std::string& line : order) {
            if (--other[line] >= 0) continue;
            details.push_back(fmt::format("{} {}", sign, without_secret(line)));
        }
    };
    add(old_order, new_lines, "-");
    add(new_order, old_lines, "+");
    return details;
}

/// A generation that consists of one object: what its block says is then the difference of two dumps.
template <class T>
config::Config alone(std::vector<T> config::Config::* list, const T& object) {
    config::Config config;
    (config.*list).push_back(object);
    return config;
}

const std::string& name_of(const config::VrrpInstance& instance) {
    return instance.router.name;
}
const std::string& name_of(const config::SyncGroup& group) {
    return group.group.name;
}
std::string name_of(const check::VirtualServerSettings& server) {
    return server.to_string();
}
std::string name_of(const netstate::AddressSettings& address) {
    return address_text(address);
}
std::string name_of(const netstate::RouteSettings& route) {
    return route_text(route);
}
std::string name_of(const netstate::RuleSettings& rule) {
    return rule_text(rule);
}
const std::string& name_of(const auto& block) {
    return block.name;
}

class Actions {
  public:
    Actions(const config::Config& before, const config::Config& after) : before_(before), after_(after) {}

    template <class T>
    void list(std::string_view kind, std::vector<T> config::Config::* member,
              const config::Changes& changes) {
        for (const size_t index : changes.removed)
            add(What::remove, kind, name_of((before_.*member)[index]), {});
        for (const auto& pair : changes.changed) {
            const T& old_object = (before_.*member)[pair.before];
            const T& new_object = (after_.*member)[pair.after];
            std::vector<std::string> details =
                differences(alone(member, old_object), alone(member, new_object));
            if (name_of(old_object) != name_of(new_object))
                details.insert(details.begin(), fmt::format("was {}", name_of(old_object)));
            add(What::change, kind, name_of(new_object), std::move(details));
        }
        for (const size_t index : changes.added) add(What::add, kind, name_of((after_.*member)[index]), {});
    }
    void globals(const config::Plan& plan);
    void virtual_servers(const config::Plan& plan);

    std::vector<PlannedAction> take() { return std::move(actions_); }

  private:
    void add(What what, std::string_view kind, std::string name, std::vector<std::string> details) {
        actions_.push_back({what, std::string(kind), std::move(name), std::move(details)});
    }
    void real_servers(const check::VirtualServerSettings& before, const check::VirtualServerSettings& after,
                      const config::Changes& changes);

    const config::Config& before_;
    const config::Config& after_;
    std::vector<PlannedAction> actions_;
};

void Actions::globals(const config::Plan& plan) {
    if (plan.root_changed || plan.globals_changed) {
        config::Config before;
        config::Config after;
        before.root = before_.root;
        before.global = before_.global;
        after.root = after_.root;
        after.global = after_.global;
        add(What::change, "global_defs", {}, differences(before, after));
    }
    if (plan.tls_changed) add(What::change, "ssl", {}, {});
    if (plan.interfaces_changed) add(What::change, "interface settings", {}, {});
}

void Actions::virtual_servers(const config::Plan& plan) {
    const config::Changes& changes = plan.virtual_servers;
    for (const size_t index : changes.removed)
        add(What::remove, "virtual_server", name_of(before_.virtual_servers[index]), {});
    for (const config::VirtualServerChange& change : plan.virtual_server_changes) {
        const check::VirtualServerSettings& before = before_.virtual_servers[change.server.before];
        const check::VirtualServerSettings& after = after_.virtual_servers[change.server.after];
        if (change.service_changed) {
            const auto bare = [](check::VirtualServerSettings server) {
                server.real_servers.clear();
                return alone(&config::Config::virtual_servers, server);
            };
            add(What::change, "virtual_server", name_of(after), differences(bare(before), bare(after)));
        }
        real_servers(before, after, change.real_servers);
    }
    for (const size_t index : changes.added) {
        const check::VirtualServerSettings& server = after_.virtual_servers[index];
        add(What::add, "virtual_server", name_of(server), {});
        for (const check::RealServerSettings& real : server.real_servers) {
            add(What::add, "real_server",
                check::log_lines::real_server(real, server) + " of " + name_of(server), {});
        }
    }
}

void Actions::real_servers(const check::VirtualServerSettings& before,
                           const check::VirtualServerSettings& after, const config::Changes& changes) {
    const auto name = [&](const check::RealServerSettings& server) {
        return check::log_lines::real_server(server, after) + " of " + name_of(after);
    };
    for (const size_t index : changes.removed)
        add(What::remove, "real_server", name(before.real_servers[index]), {});
    for (const auto& pair : changes.changed) {
        const check::RealServerSettings& old_server = before.real_servers[pair.before];
        const check::RealServerSettings& new_server = after.real_servers[pair.after];
        std::vector<std::string> details;
        if (old_server.weight != new_server.weight) {
            details = {fmt::format("- weight {}", old_server.weight),
                       fmt::format("+ weight {}", new_server.weight)};
        }
        // Weights change by the thousand, the rest rarely; a dump of each would take its time.
        check::RealServerSettings same_weight = old_server;
        same_weight.weight = new_server.weight;
        if (same_weight != new_server) {
            const auto bare = [&](const check::RealServerSettings& real) {
                check::VirtualServerSettings server;
                server.key = after.key;
                server.real_servers = {real};
                return alone(&config::Config::virtual_servers, server);
            };
            std::ranges::move(differences(bare(same_weight), bare(new_server)), std::back_inserter(details));
        }
        add(What::change, "real_server", name(new_server), std::move(details));
    }
    for (const size_t index : changes.added)
        add(What::add, "real_server", name(after.real_servers[index]), {});
}

}  // namespace

std::string_view to_string(PlannedAction::What what) {
    switch (what) {
        case What::remove:
            return "remove";
        case What::add:
            return "add";
        case What::change:
            return "change";
    }
    return "change";
}

std::vector<PlannedAction> planned_actions(const config::Config& before, const config::Config& after,
                                           const config::Plan& plan) {
    using config::Config;
    Actions actions(before, after);
    actions.globals(plan);
    actions.list("static_ipaddress", &Config::static_addresses, plan.static_addresses);
    actions.list("static_routes", &Config::static_routes, plan.static_routes);
    actions.list("static_rules", &Config::static_rules, plan.static_rules);
    actions.list("vrrp_instance", &Config::instances, plan.instances);
    actions.list("vrrp_sync_group", &Config::sync_groups, plan.sync_groups);
    actions.list("vrrp_script", &Config::scripts, plan.scripts);
    actions.list("track_file", &Config::track_files, plan.track_files);
    actions.list("track_process", &Config::track_processes, plan.track_processes);
    actions.list("virtual_server_group", &Config::virtual_server_groups, plan.virtual_server_groups);
    actions.virtual_servers(plan);
    actions.list("bfd_instance", &Config::bfd_sessions, plan.bfd_sessions);
    return actions.take();
}

}  // namespace holdfast::app
