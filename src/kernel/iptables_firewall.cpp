#include "holdfast/kernel/iptables_firewall.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "filter_table.hpp"
#include "ip_sets.hpp"

namespace holdfast::kernel {

using namespace netstate;

namespace {

/// How often a table is read, changed and written while others change it between.
constexpr int kTries = 3;

constexpr std::array kFamilies{Family::ipv4, Family::ipv6};

constexpr const char* program(Family family) {
    return family == Family::ipv4 ? "iptables" : "ip6tables";
}

bool is_needed(const IptablesPlan& plan, Family family) {
    return std::ranges::any_of(plan.rules,
                               [&](const auto& change) { return change.rule.family == family; }) ||
           std::ranges::any_of(plan.sets, [&](const auto& change) { return change.set.family == family; });
}

bool only_removes(const IptablesPlan& plan) {
    return plan.sets.empty() && std::ranges::all_of(plan.rules, [](const RuleChange& change) {
               return change.what == RuleChange::What::remove_all;
           });
}

void leave_out(IptablesPlan& plan, Family family) {
    std::erase_if(plan.rules, [&](const RuleChange& change) { return change.rule.family == family; });
    const auto is_of_it = [&](const IpSetChange& change) { return change.set.family == family; };
    std::erase_if(plan.sets, is_of_it);
    std::erase_if(plan.unused_sets, is_of_it);
}

}  // namespace

IptablesFirewall::IptablesFirewall() = default;
IptablesFirewall::~IptablesFirewall() = default;

Result<> IptablesFirewall::apply(const FirewallSettings& settings,
                                 std::span<const FirewallOperation> operations) {
    if (operations.empty() || !settings.iptables) return {};
    IptablesNames names = *settings.iptables;
    if (checked_ != names) {
        checked_ = names;
        for (Side& one : sides_) one.is_usable.reset();
    }
    if (names.sets) open_sets();
    if (without_sets_) names.sets.reset();
    IptablesPlan plan = plan_iptables(names, operations);
    for (const Family family : kFamilies)
        if (is_needed(plan, family) && !is_usable(family, names, plan)) leave_out(plan, family);
    if (sets_ != nullptr)
        if (auto done = sets_->apply(plan.sets); !done) return done;
    for (const Family family : kFamilies)
        if (auto done = change_rules(family, plan.rules); !done) return done;
    return sets_ == nullptr ? Result<>{} : sets_->apply(plan.unused_sets);
}

/// Finds out once, and complains only about what is to be made: where nothing can be, nothing is to be
/// removed.
bool IptablesFirewall::is_usable(Family family, const IptablesNames& names, const IptablesPlan& plan) {
    Side& one = side(family);
    if (one.is_usable) return *one.is_usable;
    const auto verdict = check_chains(family, names);
    if (!verdict && only_removes(plan)) return false;
    one.is_usable = verdict.has_value();
    if (!verdict) notices_.push_back(verdict.error().message);
    return *one.is_usable;
}

void IptablesFirewall::open_sets() {
    if (sets_ != nullptr || without_sets_) return;
    auto opened = IpSets::open();
    if (opened) {
        sets_ = *std::move(opened);
    } else {
        without_sets_ = true;
        notices_.push_back(fmt::format("Not using ipsets: {}", opened.error().message));
    }
}

Result<> IptablesFirewall::check_chains(Family family, const IptablesNames& names) {
    const bool v4 = family == Family::ipv4;
    if (access(v4 ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names", F_OK) != 0)
        return fail(fmt::format("{} chain not setup", program(family)));
    Side& one = side(family);
    if (one.table == nullptr) one.table = std::make_unique<FilterTable>(family);
    if (auto loaded = one.table->verdict(); !loaded)
        return fail(
            fmt::format("Unable to load {} library - {}", v4 ? "ip4tc" : "ip6tc", loaded.error().message));
    if (auto table = one.table->read(); !table)
        return fail(fmt::format("WARNING, {} module not installed - can't filter {} addresses: {}",
                                v4 ? "ip_tables" : "ip6_tables", to_string(family), table.error().message));
    for (const std::string& chain : {names.input_chain, names.output_chain}) {
        if (!chain.empty() && !one.table->has_chain(chain))
            return fail(fmt::format("{} chain {} doesn't exist", program(family), chain));
    }
    one.table->forget();
    return {};
}

Result<> IptablesFirewall::change_rules(Family family, std::span<const RuleChange> changes) {
    std::vector<RuleChange> own;
    std::ranges::copy_if(changes, std::back_inserter(own),
                         [&](const RuleChange& change) { return change.rule.family == family; });
    Side& one = side(family);
    if (own.empty() && one.standing.empty()) return {};
    Result<> done;
    for (int i = 0; i < kTries; ++i) {
        done = try_to_change_rules(one, own);
        if (done || done.error().os_error != EAGAIN) break;
    }
    one.table->forget();
    if (!done) {
        one.standing.clear();
        return fail(fmt::format("{}: {}", program(family), done.error().message));
    }
    for (const RuleChange& change : own) {
        using What = RuleChange::What;
        if (change.what == What::remove_all) std::erase(one.standing, change.rule);
        if (change.what == What::append && !change.rule.set.empty()) one.standing.push_back(change.rule);
    }
    return {};
}

Result<> IptablesFirewall::try_to_change_rules(Side& side, std::span<const RuleChange> changes) {
    if (auto table = side.table->read(); !table) return table;
    const bool begins_anew = std::ranges::any_of(
        changes, [](const RuleChange& change) { return change.what == RuleChange::What::remove_all; });
    if (!begins_anew) {
        for (const IptablesRule& rule : side.standing)
            if (!side.table->contains(rule)) return fail(fmt::format("\"{}\" has gone", rule.to_text()));
    }
    if (changes.empty()) return {};
    for (const RuleChange& change : changes)
        if (auto done = side.table->change(change); !done) return done;
    return side.table->commit();
}

bool IptablesFirewall::has_iptables() {
    const char* path = std::getenv("PATH");
    return !iptables_is_nftables(path == nullptr ? "/usr/sbin:/usr/bin:/sbin:/bin" : path);
}

bool iptables_is_nftables(std::string_view search_path) {
    while (true) {
        const size_t end = search_path.find(':');
        const std::filesystem::path folder(search_path.substr(0, end));
        const std::string program = (folder / "iptables").string();
        if (!folder.empty() && access(program.c_str(), X_OK) == 0) {
            std::error_code error;
            const std::filesystem::path file = std::filesystem::canonical(program, error);
            return !error && file.filename().string().find("nft") != std::string::npos;
        }
        if (end == std::string_view::npos) return false;
        search_path.remove_prefix(end + 1);
    }
}

}  // namespace holdfast::kernel
