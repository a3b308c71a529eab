// Virtual servers once everything is read: groups are linked, inherited timing is settled, and what IPVS
// could not do is corrected or dropped, each with a report. The order of the reports and the corrections are
// keepalived 2.4.3's.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "loading.hpp"
#include "resolve.hpp"
#include "tables_virtual_server.hpp"

namespace holdfast::config {
namespace {

using check::VirtualServerGroup;
using V = VirtualServerDraft;
using RD = RealServerDraft;
using ipvs::ForwardingMethod;
using ipvs::Protocol;

constexpr uint32_t kDefaultPersistence = 360;

struct GroupFacts {
    const VirtualServerGroup* group = nullptr;
    bool ipv4 = false;
    bool ipv6 = false;
    bool any_address = false;
    bool any_mark = false;
    bool portless_address = false;
    uint32_t members = 0;  ///< Virtual servers that use it so far.
};

GroupFacts describe(const VirtualServerGroup& group) {
    GroupFacts facts;
    facts.group = &group;
    for (const check::GroupEntry& entry : group.entries) {
        if (entry.firewall_mark != 0) {
            facts.any_mark = true;
            if (!entry.mark_family) continue;
            (*entry.mark_family == Family::ipv4 ? facts.ipv4 : facts.ipv6) = true;
        } else {
            facts.any_address = true;
            facts.portless_address = facts.portless_address || entry.first.port == 0;
            (entry.first.address.is_v4() ? facts.ipv4 : facts.ipv6) = true;
        }
    }
    return facts;
}

class ServerResolver {
  public:
    ServerResolver(Loading& loading, V& server, const GroupFacts* group)
        : loading_(loading), server_(server), value_(server.value), group_(group) {}

    void resolve() {
        check_suspend();
        check_service();
        check_persistence();
        check_protocol();
        if (!server_.scheduler) {
            complain("no lb_algo; wlc is used", {"lb_algo", "lvs_sched"});
            server_.scheduler = "wlc";
        }
        value_.attributes.scheduler = *server_.scheduler;
        if (!value_.smtp_alert) value_.smtp_alert = default_alert(false);
        value_.inhibit_on_failure = server_.inhibit;
        value_.checker_defaults = defaults(server_.schedule);
        resolve_real_servers();
        resolve_sorry_server();
        check_quorum();
        check_ports();
        resolve_rest();
    }

  private:
    /// Nothing is shown when one of `keywords` went wrong before.
    void complain(std::string_view problem, std::initializer_list<std::string_view> keywords = {}) {
        if (loading_.is_explained(server_.place, keywords))
            return loading_.hide(ReportClass::general, Severity::warning);
        loading_.corrected(server_.place, fmt::format("virtual_server {}: {}", name(), problem));
    }
    /// The same at the line of the keyword it is about.
    void complain_at(std::string_view keyword, std::string_view problem, uint32_t word = 0) {
        loading_.corrected(loading_.place_of(server_.place, keyword, word),
                           fmt::format("virtual_server {}: {}", name(), problem));
    }
    std::string name() const {
        if (group_ != nullptr) return "group " + value_.group;
        if (server_.by_mark) return fmt::format("fwmark {}", value_.key.firewall_mark);
        return endpoint_text(value_.key.endpoint);
    }
    bool addressed() const { return group_ != nullptr ? group_->any_address : !server_.by_mark; }
    bool default_alert(bool otherwise) const {
        const GlobalSettings& global = loading_.draft.global.value;
        return global.smtp_alert_checker.value_or(global.smtp_alert.value_or(otherwise));
    }

    void check_suspend() {
        if (!value_.ha_suspend || !(server_.by_mark || (group_ != nullptr && group_->any_mark))) return;
        complain_at("ha_suspend", "ha_suspend does not work with marks; it is ignored");
        value_.ha_suspend = false;
    }

    void check_service() {
        if (!addressed()) return;
        if (value_.key.protocol == Protocol::none) {
            complain("no protocol; UDP is used", {"protocol"});
            value_.key.protocol = Protocol::udp;
        }
        if (value_.attributes.flags.one_packet && value_.key.protocol != Protocol::udp) {
            complain_at("ops", "ops works only with UDP; it is ignored");
            value_.attributes.flags.one_packet = false;
        }
        if (value_.attributes.persistence_timeout == 0 && group_ == nullptr && value_.key.endpoint.port == 0)
            set_persistent();
    }

    void check_persistence() {
        if (value_.attributes.persistence_timeout == 0 && group_ != nullptr && group_->portless_address)
            set_persistent();
    }

    void set_persistent() {
        complain(
            "there is no port, so all ports are meant and the service must be persistent; "
            "persistence_timeout 360 is used");
        value_.attributes.persistence_timeout = kDefaultPersistence;
    }

    void check_protocol() {
        const bool only_marks =
            group_ != nullptr ? group_->any_mark && !group_->any_address : server_.by_mark;
        if (value_.key.protocol == Protocol::none || !only_marks) return;
        complain_at("protocol", "protocol has no meaning for marks; it is ignored");
        value_.key.protocol = Protocol::none;
    }

    void set_default_method() {
        if (server_.forwarding) return;
        complain("no lb_kind; NAT is used", {"lb_kind", "lvs_method"});
        server_.forwarding = ipvs::Forwarding{};
    }

    void resolve_real_servers() {
        std::unordered_map<Endpoint, Place> seen;
        size_t kept = 0;
        for (RD& real : server_.real_servers) {
            const auto [first, fresh] = seen.try_emplace(real.value.endpoint, real.place);
            if (!fresh) {
                loading_.corrected(real.place,
                                   fmt::format("real_server {} is given twice; the second one is left out",
                                               endpoint_text(real.value.endpoint)),
                                   {.note = loading_.note(first->second, "the first one is here")});
                continue;
            }
            if (!real.forwarding) {
                set_default_method();
                real.forwarding = server_.forwarding;
            }
            inherit(real);
            weight_sum_ += real.value.weight;
            auto& sorry = value_.sorry_server;
            if (sorry && sorry->endpoint == real.value.endpoint &&
                sorry->inhibit != real.value.inhibit_on_failure) {
                complain_at(
                    "sorry_server",
                    "the sorry_server is also a real_server with another inhibit_on_failure, which is used");
                sorry->inhibit = real.value.inhibit_on_failure;
            }
            if (&server_.real_servers[kept] != &real) server_.real_servers[kept] = std::move(real);
            ++kept;
        }
        server_.real_servers.resize(kept);
    }

    static check::CheckerDefaults defaults(const ScheduleDraft& schedule) {
        check::CheckerDefaults said;
        said.connect_timeout = schedule.connect_timeout.value_or(said.connect_timeout);
        said.delay_loop = schedule.delay_loop.value_or(said.delay_loop);
        said.retry = schedule.retry;
        said.delay_before_retry = schedule.delay_before_retry;
        said.warmup = schedule.warmup;
        return said;
    }

    void inherit(RD& real) {
        const ScheduleDraft& ours = server_.schedule;
        ScheduleDraft& its = real.schedule;
        its.retry = its.retry ? its.retry : ours.retry;
        its.connect_timeout =
            its.connect_timeout.value_or(ours.connect_timeout.value_or(std::chrono::seconds(5)));
        its.delay_loop = its.delay_loop.value_or(ours.delay_loop.value_or(std::chrono::seconds(60)));
        its.warmup = its.warmup ? its.warmup : ours.warmup;
        its.delay_before_retry = its.delay_before_retry ? its.delay_before_retry : ours.delay_before_retry;
        auto said = defaults(its);
        if (said != value_.checker_defaults) real.value.checker_defaults = std::move(said);
        real.value.alpha = its.alpha.value_or(value_.alpha);
        real.value.inhibit_on_failure = real.inhibit.value_or(server_.inhibit);
        real.value.weight = real.weight.value_or(server_.weight);
        real.value.forwarding = *real.forwarding;
        // The one default that is "on": it always was, for real servers.
        real.value.smtp_alert = real.smtp_alert.value_or(default_alert(true));
    }

    void resolve_sorry_server() {
        auto& sorry = value_.sorry_server;
        if (!sorry) return;
        if (!server_.sorry_method) {
            set_default_method();
            server_.sorry_method = server_.forwarding;
        }
        sorry->forwarding = *server_.sorry_method;
    }

    void check_quorum() {
        if (value_.quorum > weight_sum_) {
            complain_at("quorum",
                        fmt::format("quorum {} is more than the weight of all real servers; {} is used",
                                    value_.quorum, weight_sum_),
                        1);
            value_.quorum = static_cast<uint32_t>(weight_sum_);
        }
        if (value_.hysteresis >= value_.quorum) {
            const uint32_t largest = value_.quorum == 0 ? 0 : value_.quorum - 1;
            complain_at(
                "hysteresis",
                fmt::format("hysteresis {} is not less than quorum; {} is used", value_.hysteresis, largest),
                1);
            value_.hysteresis = largest;
        }
    }

    void check_ports() {
        if (group_ != nullptr) {
            check_group_ports();
            return;
        }
        const uint16_t port = value_.key.endpoint.port;
        for (RD& real : server_.real_servers)
            adjust_port(real.value.endpoint, real.value.forwarding, port, real.place, "real_server");
        if (auto& sorry = value_.sorry_server;
            sorry && sorry->forwarding.method != ForwardingMethod::masquerade)
            adjust_port(sorry->endpoint, sorry->forwarding, port, server_.place, "sorry_server");
    }

    // Only NAT can change the port: with DR and TUN packets arrive with the port of the service.
    void adjust_port(Endpoint& endpoint, const ipvs::Forwarding& forwarding, uint16_t port, Place place,
                     std::string_view what) {
        const bool nat = forwarding.method == ForwardingMethod::masquerade;
        if (server_.by_mark) {
            if (nat || endpoint.port == 0) return;
            loading_.corrected(place, fmt::format("{} {}: a service by mark has no port, it is ignored", what,
                                                  endpoint_text(endpoint)));
            endpoint.port = 0;
        } else if (endpoint.port == 0) {
            endpoint.port = port;
        } else if (!nat && endpoint.port != port) {
            loading_.corrected(place, fmt::format("{} {}: DR and TUN cannot change the port; {} is used",
                                                  what, endpoint_text(endpoint), port));
            endpoint.port = port;
        }
    }

    void check_group_ports() {
        // One report per real server is enough, however many entries the group has.
        std::unordered_set<uint16_t> ports;
        for (const check::GroupEntry& entry : group_->group->entries)
            if (entry.firewall_mark == 0) ports.insert(entry.first.port);
        const auto differs = [&](const Endpoint& endpoint, const ipvs::Forwarding& forwarding) {
            if (forwarding.method == ForwardingMethod::masquerade || endpoint.port == 0) return false;
            return group_->any_mark || ports.size() > 1 ||
                   (ports.size() == 1 && *ports.begin() != endpoint.port);
        };
        for (const RD& real : server_.real_servers)
            if (differs(real.value.endpoint, real.value.forwarding))
                loading_.corrected(
                    real.place,
                    fmt::format("real_server {}: DR and TUN cannot change the port, it is ignored",
                                endpoint_text(real.value.endpoint)));
        if (const auto& sorry = value_.sorry_server; sorry && differs(sorry->endpoint, sorry->forwarding))
            complain_at("sorry_server",
                        "the port of the sorry_server is ignored, because DR and TUN cannot change it", 2);
    }

    void resolve_rest() {
        value_.forwarding = server_.forwarding.value_or(ipvs::Forwarding{});
        value_.key.family = server_.family.value_or(Family::ipv4);
        value_.attributes.persistence_netmask =
            server_.netmask.value_or(value_.key.family == Family::ipv4 ? 0xffffffffU : 128U);
    }

    Loading& loading_;
    V& server_;
    check::VirtualServerSettings& value_;
    const GroupFacts* group_;
    int64_t weight_sum_ = 0;
};

/// False: the server is dropped (a remark says why).
bool link_group(Loading& loading, V& server, GroupFacts& facts) {
    const auto drop = [&](std::string_view why) {
        loading.remark(server.place,
                       fmt::format("virtual_server group {} is left out: {}", server.value.group, why));
        return false;
    };
    if (facts.ipv4 && facts.ipv6) {
        if (server.family) return drop("the group has IPv4 and IPv6, which needs tunnels only");
    } else if (facts.ipv4 || facts.ipv6) {
        const Family family = facts.ipv4 ? Family::ipv4 : Family::ipv6;
        if (!server.family) server.family = family;
        if (*server.family != family) return drop("the group is of another family than its servers");
    } else if (!server.family) {
        loading.remark(server.place,
                       fmt::format("virtual_server group {}: the family is not known, IPv4 is used",
                                   server.value.group));
    }
    // Several services may use one group; this number tells them apart in names and logs.
    server.value.key.endpoint.port = static_cast<uint16_t>(facts.members++);
    return true;
}

check::ConnectSettings* connection(check::Checker& checker) {
    struct Visitor {
        check::ConnectSettings* operator()(check::TcpCheck& probe) const { return &probe.connect; }
        check::ConnectSettings* operator()(check::HttpCheck& probe) const { return &probe.connect; }
        check::ConnectSettings* operator()(check::SmtpCheck& probe) const { return &probe.hosts.front(); }
        check::ConnectSettings* operator()(check::DnsCheck& probe) const { return &probe.connect; }
        check::ConnectSettings* operator()(check::UdpCheck& probe) const { return &probe.connect; }
        check::ConnectSettings* operator()(check::PingCheck& probe) const { return &probe.connect; }
        check::ConnectSettings* operator()(check::MiscCheck&) const { return nullptr; }
        check::ConnectSettings* operator()(check::FileCheck&) const { return nullptr; }
        check::ConnectSettings* operator()(check::BfdCheck&) const { return nullptr; }
    };
    return std::visit(Visitor{}, checker.probe);
}

void resolve_checker(const V& server, const RD& real, PendingChecker& pending) {
    check::Schedule& schedule = pending.value.schedule;
    const ScheduleDraft& own = pending.schedule;
    const ScheduleDraft& base = real.schedule;
    schedule.alpha = own.alpha.value_or(real.value.alpha);
    if (std::holds_alternative<check::FileCheck>(pending.value.probe)) schedule.alpha = false;
    if (pending.polled) {
        schedule.retry = own.retry.value_or(base.retry.value_or(pending.default_retry));
        schedule.delay_loop = own.delay_loop.value_or(*base.delay_loop);
        schedule.warmup = own.warmup.value_or(base.warmup.value_or(schedule.delay_loop));
        const Duration fallback = pending.default_delay_before_retry != Duration{0}
                                      ? pending.default_delay_before_retry
                                      : schedule.delay_loop;
        schedule.delay_before_retry =
            own.delay_before_retry.value_or(base.delay_before_retry.value_or(fallback));
    }
    if (check::ConnectSettings* connect = connection(pending.value)) {
        connect->timeout = own.connect_timeout.value_or(*base.connect_timeout);
        // A checker without port follows its real server, whose port may have been settled only now.
        if (connect->destination.port == 0) connect->destination.port = real.value.endpoint.port;
    }
    if (auto* http = std::get_if<check::HttpCheck>(&pending.value.probe); http != nullptr)
        http->servers_virtualhost.text =
            !real.value.virtualhost.empty() ? real.value.virtualhost.string() : server.value.virtualhost;
    if (auto* misc = std::get_if<check::MiscCheck>(&pending.value.probe); misc != nullptr) {
        misc->timeout_given = misc->timeout != Duration{0};
        if (!misc->timeout_given)
            misc->timeout = server.schedule.delay_loop.value_or(std::chrono::seconds(60));
    }
}

void check_scripts(Loading& loading) {
    Draft& draft = loading.draft;
    ScriptSecurity security;
    /// False: the script cannot be used.
    const auto usable = [&](notify::Command& command, const ScriptPlace& place) {
        const ScriptVerdict verdict = loading.check_script(command, place);
        security.add(verdict, place);
        return verdict.usable;
    };
    const auto check = [&](Rare<notify::Command>& command, const ScriptPlace& place) {
        if (command && !usable(*command, place)) command.reset();
    };
    for (const auto& server : draft.virtual_servers) {
        check(server->value.quorum_up, {server->place, "quorum_up"});
        check(server->value.quorum_down, {server->place, "quorum_down"});
        for (RD& real : server->real_servers) {
            check(real.value.notify_up, {real.place, "notify_up"});
            check(real.value.notify_down, {real.place, "notify_down"});
            std::erase_if(real.checkers, [&](PendingChecker& pending) {
                auto* misc = std::get_if<check::MiscCheck>(&pending.value.probe);
                return misc != nullptr && !usable(misc->command, {pending.place, "misc_path"});
            });
        }
    }
    GlobalSettings& global = draft.global.value;
    if (global.notify_fifo) check(global.notify_fifo->script, {{}, "notify_fifo_script"});
    if (global.lvs_notify_fifo) check(global.lvs_notify_fifo->script, {{}, "lvs_notify_fifo_script"});
    report_security(loading, security, "check scripts");
}

void settle(Loading& loading, V& server, const GroupFacts* facts) {
    ServerResolver(loading, server, facts).resolve();
    for (RD& real : server.real_servers)
        for (PendingChecker& checker : real.checkers) resolve_checker(server, real, checker);
}

/// From drafts, which are large, to settings, which stay. The room of the drafts is kept for those of the
/// next virtual server: between the settings it would be a hole that nothing fits in.
void finish_real_servers(V& server) {
    server.value.real_servers.reserve(server.real_servers.size());
    for (RD& real : server.real_servers) {
        real.value.checkers.reserve(real.checkers.size());
        for (PendingChecker& checker : real.checkers) real.value.checkers.push_back(std::move(checker.value));
        server.value.real_servers.push_back(std::move(real.value));
    }
    server.real_servers.clear();
}

/// Scripts are judged when all of them are known.
bool has_scripts(const V& server) {
    const auto runs = [](const RD& real) {
        return real.value.notify_up || real.value.notify_down ||
               std::ranges::any_of(real.checkers, [](const PendingChecker& pending) {
                   return std::holds_alternative<check::MiscCheck>(pending.value.probe);
               });
    };
    return server.value.quorum_up || server.value.quorum_down ||
           std::ranges::any_of(server.real_servers, runs);
}

}  // namespace

void settle_early(Loading& loading, V& server) {
    if (!server.value.group.empty() || has_scripts(server)) return;
    Diagnostics reports;
    Diagnostics* const outer = loading.redirect(&reports);
    settle(loading, server, nullptr);
    loading.redirect(outer);
    if (!reports.empty()) server.reports = std::move(reports);
    finish_real_servers(server);
    server.settled = true;
}

void resolve_checkers(Loading& loading) {
    Draft& draft = loading.draft;
    if (draft.virtual_servers.empty()) return;
    std::unordered_map<std::string_view, GroupFacts> groups;
    for (const VirtualServerGroup& group : draft.config.virtual_server_groups)
        groups.try_emplace(group.name, describe(group));

    std::vector<std::unique_ptr<V>> kept;
    for (auto& server : draft.virtual_servers) {
        if (server->settled) {
            if (server->reports && !loading.stopped())
                loading.diagnostics.append(std::move(*server->reports));
            kept.push_back(std::move(server));
            continue;
        }
        GroupFacts* facts = nullptr;
        if (!server->value.group.empty()) {
            const auto found = groups.find(server->value.group);
            if (found == groups.end()) {
                loading.left_out.push_back(
                    fmt::format("virtual_server group {} is left out: there is no such virtual_server_group",
                                server->value.group));
                loading.remark(server->place, loading.left_out.back());
                continue;
            }
            facts = &found->second;
            if (!link_group(loading, *server, *facts)) continue;
        }
        settle(loading, *server, facts);
        kept.push_back(std::move(server));
    }
    draft.virtual_servers = std::move(kept);
    check_scripts(loading);

    draft.config.virtual_servers.reserve(draft.virtual_servers.size());
    for (auto& server : draft.virtual_servers) {
        if (!server->settled) finish_real_servers(*server);
        draft.config.virtual_servers.push_back(std::move(server->value));
        server.reset();
    }
}

}  // namespace holdfast::config
