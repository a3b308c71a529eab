// A kernel of tables for the tests: applies operations with the real one's errors, reports changes as the
// real one does (later, in a batch), and can be told to misbehave.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "holdfast/netstate/firewall.hpp"
#include "holdfast/netstate/kernel.hpp"
#include "holdfast/netstate/mirror.hpp"

namespace holdfast::netstate::testing {

class FakeKernel final : public NetworkKernel {
  public:
    void set_listener(ChangeListener* listener) override { listener_ = listener; }
    void watch_protocols(std::span<const uint8_t> protocols) override {
        watched.assign(protocols.begin(), protocols.end());
    }
    Result<KernelState> dump() override {
        ++dumps;
        if (failing_dumps > 0) {
            --failing_dumps;
            return fail_errno("dump", dump_error);
        }
        KernelState state;
        for (const auto& [index, link] : links) state.links.push_back(link);
        state.addresses = addresses;
        state.routes = routes;
        state.rules = rules;
        return state;
    }
    std::vector<Result<>> apply(std::span<const Operation> operations) override {
        std::vector<Result<>> results;
        for (const Operation& operation : operations) {
            log.push_back(to_string(operation));
            if (before_operation) before_operation(operation);
            const int error = refuse ? refuse(operation) : 0;
            results.push_back(answer(error != 0 ? error : execute(operation, 4242)));
        }
        return results;
    }
    void deliver_changes() override {
        if (news_.empty() || listener_ == nullptr) return;
        auto news = std::exchange(news_, {});
        listener_->on_changes_begin(now);
        for (auto& item : news) item(*listener_);
        listener_->on_changes_end(now);
    }

    void complete_news() override {
        if (rest_of_the_news) std::exchange(rest_of_the_news, {})(*listener_);
    }

    /// Somebody else's doing, reported at once.
    void outside(const Operation& operation, uint32_t requester = 777) {
        ASSERT_EQ(execute(operation, requester), 0) << to_string(operation);
        deliver_changes();
    }
    /// The same, but the news is lost.
    void outside_unheard(const Operation& operation) {
        ASSERT_EQ(execute(operation, 777), 0) << to_string(operation);
        news_.clear();
    }
    /// News that comes with the next delivery.
    void report(std::function<void(ChangeListener&)> news) { news_.push_back(std::move(news)); }
    void overrun() {
        news_.emplace_back([](ChangeListener& listener) { listener.on_overrun(); });
        deliver_changes();
    }
    void set_link(const LinkInfo& link) {
        links[link.index.value] = link;
        news_.emplace_back([link](ChangeListener& listener) { listener.on_link(link); });
        // A macvlan has the carrier of what it sits on.
        for (auto& [index, upper] : links) {
            if (upper.lower != link.index || !upper.up || upper.running == link.usable()) continue;
            upper.running = link.usable();
            news_.emplace_back([upper](ChangeListener& listener) { listener.on_link(upper); });
        }
    }
    void remove_link(uint32_t index) {
        links.erase(index);
        std::erase_if(addresses, [&](const auto& a) { return a.interface.value == index; });
        news_.emplace_back([index](ChangeListener& listener) { listener.on_link_removed({index}); });
    }
    bool has(std::string_view address) const {
        return std::ranges::any_of(addresses, [&](const auto& a) { return a.to_string() == address; });
    }
    std::vector<std::string> take_log() { return std::exchange(log, {}); }

    std::map<uint32_t, LinkInfo> links;
    std::vector<KernelAddress> addresses;
    std::vector<KernelRoute> routes;
    std::vector<KernelRule> rules;
    std::map<std::string, std::string> sysctls;
    std::vector<uint8_t> watched;
    std::vector<std::string> log;
    std::function<int(const Operation&)> refuse;
    std::function<void(const Operation&)> before_operation;
    std::function<void(ChangeListener&)> rest_of_the_news;
    Instant now{};
    int failing_dumps = 0;
    int dump_error = ENOMEM;
    int dumps = 0;

  private:
    static Result<> answer(int error) {
        if (error == 0) return {};
        return fail_errno("netlink", error);
    }
    template <class T, class Is, class News>
    int insert(std::vector<T>& table, const T& object, const Is& is_same, const News& news) {
        if (std::ranges::any_of(table, is_same)) return EEXIST;
        table.push_back(object);
        news_.emplace_back(news);
        return 0;
    }
    template <class T, class Is, class News>
    int erase(std::vector<T>& table, int missing, const Is& is_same, const News& news) {
        auto at = std::ranges::find_if(table, is_same);
        if (at == table.end()) return missing;
        table.erase(at);
        news_.emplace_back(news);
        return 0;
    }
    int execute(const Operation& operation, uint32_t requester) {
        if (const auto* o = std::get_if<AddAddress>(&operation))
            return insert(
                addresses, o->address, [&](const auto& a) { return a.key() == o->address.key(); },
                [a = o->address](ChangeListener& l) { l.on_address(a); });
        if (const auto* o = std::get_if<RemoveAddress>(&operation))
            return erase(
                addresses, EADDRNOTAVAIL, [&](const auto& a) { return a.key() == o->address.key(); },
                [a = o->address, requester](ChangeListener& l) { l.on_address_removed(a, requester); });
        if (const auto* o = std::get_if<AddRoute>(&operation))
            return insert(
                routes, o->route, [&](const auto& r) { return r == o->route; },
                [r = o->route](ChangeListener& l) { l.on_route(r); });
        if (const auto* o = std::get_if<RemoveRoute>(&operation))
            return erase(
                routes, ESRCH, [&](const auto& r) { return matches(o->route, r); },
                [r = o->route, requester](ChangeListener& l) { l.on_route_removed(r, requester); });
        if (const auto* o = std::get_if<AddRule>(&operation))
            return insert(
                rules, o->rule, [&](const auto& r) { return r == o->rule; },
                [r = o->rule](ChangeListener& l) { l.on_rule(r); });
        if (const auto* o = std::get_if<RemoveRule>(&operation))
            return erase(
                rules, ENOENT, [&](const auto& r) { return r == o->rule; },
                [r = o->rule, requester](ChangeListener& l) { l.on_rule_removed(r, requester); });
        return execute_link(operation);
    }
    LinkInfo* find_link(const std::string& name) {
        for (auto& [index, link] : links)
            if (link.name == name) return &link;
        return nullptr;
    }
    int execute_link(const Operation& operation) {
        const auto set = [&](const std::string& name, const std::function<void(LinkInfo&)>& change) {
            LinkInfo* link = find_link(name);
            if (link == nullptr) return ENODEV;
            LinkInfo changed = *link;
            change(changed);
            if (changed != *link) set_link(changed);
            return 0;
        };
        if (const auto* o = std::get_if<AddLink>(&operation)) {
            if (find_link(o->link.name) != nullptr) return EEXIST;
            if (!links.contains(o->link.lower.value)) return ENODEV;
            LinkInfo link;
            link.index = {links.rbegin()->first + 1};
            link.name = o->link.name;
            link.kind = o->link.ipvlan ? "ipvlan" : "macvlan";
            link.mode = o->link.ipvlan ? kIpvlanL2 : kMacvlanPrivate;
            link.kind_flags = o->link.ipvlan_flags;
            link.lower = o->link.lower;
            link.mac = o->link.mac;
            link.group = o->link.group;
            link.master = o->link.vrf;
            link.multicast = true;
            link.mtu = 1500;
            link.hardware_type = 1;
            set_link(link);
            return 0;
        }
        if (const auto* o = std::get_if<UpdateLink>(&operation))
            return set(o->link.name, [&](LinkInfo& link) {
                link.mac = o->link.mac;
                link.mode = o->link.ipvlan ? kIpvlanL2 : kMacvlanPrivate;
                link.group = o->link.group;
                link.master = o->link.vrf;
            });
        if (const auto* o = std::get_if<SwitchLinkOn>(&operation))
            return set(o->name, [&](LinkInfo& link) {
                link.up = true;
                link.running = links.contains(link.lower.value) && links[link.lower.value].usable();
            });
        if (const auto* o = std::get_if<TuneLink>(&operation))
            return find_link(o->name) == nullptr ? ENODEV : 0;
        if (const auto* o = std::get_if<RemoveLink>(&operation)) {
            if (!links.contains(o->index.value)) return ENODEV;
            remove_link(o->index.value);
            return 0;
        }
        if (const auto* o = std::get_if<SetSysctl>(&operation)) sysctls[o->path] = o->value;
        if (const auto* o = std::get_if<RestoreSysctl>(&operation)) sysctls.erase(o->path);
        return 0;
    }

    ChangeListener* listener_ = nullptr;
    std::vector<std::function<void(ChangeListener&)>> news_;
};

/// Carries out firewall operations on values, as strictly as the real one: all or nothing.
class FakeFirewall final : public FirewallKernel {
  public:
    Result<> apply(const FirewallSettings& settings, std::span<const FirewallOperation> operations) override {
        last_settings = settings;
        ++calls;
        if (failures > 0) {
            --failures;
            return fail("firewall");
        }
        for (const FirewallOperation& operation : operations) {
            if (std::holds_alternative<RemoveTables>(operation)) {
                state = {};
                parts.clear();
            }
            if (const auto* o = std::get_if<AddPart>(&operation)) {
                EXPECT_TRUE(parts.insert(o->part).second);
            } else if (const auto* protect = std::get_if<Protect>(&operation)) {
                for (const FirewallPart part : parts_of(protect->address)) {
                    EXPECT_TRUE(parts.contains(part));
                }
                EXPECT_TRUE(state.addresses.insert(protect->address).second);
            } else if (const auto* unprotect = std::get_if<Unprotect>(&operation)) {
                EXPECT_EQ(state.addresses.erase(unprotect->address), 1U);
            } else if (const auto* add = std::get_if<AddQuietLink>(&operation)) {
                for (const FirewallPart part : parts_of(add->link)) {
                    EXPECT_TRUE(parts.contains(part));
                }
                EXPECT_TRUE(state.links.insert(add->link).second);
            } else if (const auto* remove = std::get_if<RemoveQuietLink>(&operation)) {
                EXPECT_EQ(state.links.erase(remove->link), 1U);
            }
            ++operations_done;
        }
        return {};
    }
    bool has_iptables() override { return iptables; }
    std::vector<std::string> take_notices() override { return std::exchange(notices, {}); }
    void on_foreign_change(std::function<void(const std::string&)> handler) override {
        on_foreign_change_ = std::move(handler);
    }
    /// Somebody flushes the ruleset.
    void flush(const std::string& program) {
        state = {};
        parts.clear();
        on_foreign_change_(program);
    }

    FirewallState state;
    std::set<FirewallPart> parts;
    FirewallSettings last_settings;
    std::vector<std::string> notices;
    bool iptables = true;
    int failures = 0;
    int operations_done = 0;
    int calls = 0;

  private:
    std::function<void(const std::string&)> on_foreign_change_;
};

}  // namespace holdfast::netstate::testing
