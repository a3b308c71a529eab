// Loads configurations from memory in a made-up world, for the tests of the keyword tables.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "holdfast/config/load.hpp"

namespace holdfast::config {

/// A machine with eth0, eth1 and eth2, the users root and keepalived_script, and a few programs in /usr/bin.
class FakeEnvironment : public Environment {
  public:
    FakeEnvironment() {
        for (const char* name : {"eth0", "eth1", "eth2"}) {
            interfaces[name].source4 = IpAddress::parse("192.0.2.2");
            interfaces[name].source6 = IpAddress::parse("fe80::2");
        }
        interfaces["lo"].loopback = true;
        interfaces["lo"].multicast = false;
        interfaces["vrf0"].vrf_table = 1000;
        users["root"] = {0, 0};
        users["nobody"] = {65534, 65534};
        users["keepalived_script"] = {998, 998};
        groups["root"] = 0;
        groups["daemon"] = 1;
        for (const char* name : {"/", "/usr", "/usr/bin", "/tmp", "/etc", "/etc/ka"}) add_directory(name);
        for (const char* name : {"/usr/bin/true", "/usr/bin/killall", "/usr/bin/sh"}) add_program(name);
    }
    void add_directory(const std::string& name) {
        FileFacts facts;
        facts.kind = FileKind::directory;
        facts.mode = 0755;
        files[name] = facts;
    }
    void add_program(const std::string& name, uint32_t mode = 0755, uint32_t uid = 0) {
        FileFacts facts;
        facts.kind = FileKind::regular;
        facts.mode = mode;
        facts.uid = uid;
        files[name] = facts;
    }

    std::string host_name() const override { return "node1.example.org"; }
    std::optional<InterfaceFacts> interface(std::string_view name) const override {
        return find(interfaces, name);
    }
    std::optional<UserFacts> user(std::string_view name) const override { return find(users, name); }
    std::optional<uint32_t> group(std::string_view name) const override { return find(groups, name); }
    FileFacts file(const std::string& path) const override { return find(files, path).value_or(FileFacts{}); }
    std::string real_path(const std::string& path) const override {
        if (auto target = find(links, path)) return *target;
        return files.contains(path) ? path : std::string();
    }
    Result<std::string> contents(const std::string& path, size_t limit) const override {
        auto text = find(texts, path);
        if (!text) return fail("no such file");
        if (text->size() > limit) return fail("too long");
        return *text;
    }
    std::vector<std::string> search_path() const override { return {"/usr/local/bin", "/usr/bin"}; }
    std::optional<uint32_t> named_number(NameTable table, std::string_view name) const override {
        return find(numbers, std::pair(table, std::string(name)));
    }
    std::optional<IpAddress> resolve(const std::string& name) const override {
        return name == "mail.example.org" ? IpAddress::parse("192.0.2.25") : std::nullopt;
    }
    uint32_t effective_uid() const override { return 0; }
    uint32_t processor_count() const override { return 4; }
    std::optional<std::string> variable(std::string_view) const override { return std::nullopt; }
    uint64_t random(uint64_t min, uint64_t) const override { return min; }

    std::map<std::string, InterfaceFacts, std::less<>> interfaces;
    std::map<std::string, UserFacts, std::less<>> users;
    std::map<std::string, uint32_t, std::less<>> groups;
    std::map<std::string, FileFacts, std::less<>> files;
    std::map<std::string, std::string, std::less<>> links;
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::pair<NameTable, std::string>, uint32_t> numbers{
        {{NameTable::route_tables, "main"}, 254}, {{NameTable::route_protocols, "static"}, 4},
        {{NameTable::scopes, "link"}, 253},       {{NameTable::scopes, "site"}, 200},
        {{NameTable::scopes, "global"}, 0},       {{NameTable::groups, "default"}, 0}};

  private:
    template <class Map, class Key>
    static std::optional<typename Map::mapped_type> find(const Map& map, const Key& key) {
        const auto found = map.find(key);
        return found == map.end() ? std::nullopt : std::optional(found->second);
    }
};

class KeywordTest : public testing::Test {
  protected:
    /// Loads a file with exactly this text.
    void load(std::string text) {
        MemoryFiles files;
        files.add("/etc/keepalived/keepalived.conf", std::move(text));
        result = config::load(options, files, environment);
    }
    /// A vrrp_instance V with what every one needs, plus `lines`.
    void load_instance(const std::string& lines, const std::string& before = "") {
        load(before +
             "\nvrrp_instance V {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  "
             "192.0.2.1\n }\n" +
             lines + "\n}\n");
    }
    void load_server(const std::string& lines, const std::string& before = "") {
        load(before + "\nvirtual_server 10.0.0.1 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n" + lines +
             "\n}\n");
    }
    const VrrpInstance& instance() { return result.config.value().instances.at(0); }
    const check::VirtualServerSettings& server() { return result.config.value().virtual_servers.at(0); }
    const check::RealServerSettings& real_server() { return server().real_servers.at(0); }
    const GlobalSettings& global() { return result.config.value().global; }

    /// The messages that `-t` shows.
    std::vector<std::string> reports() const {
        std::vector<std::string> all;
        for (const Diagnostic& diagnostic : result.diagnostics.all())
            if (diagnostic.severity != Severity::remark) all.push_back(diagnostic.message);
        return all;
    }
    std::vector<std::string> remarks() const {
        std::vector<std::string> all;
        for (const Diagnostic& diagnostic : result.diagnostics.all())
            if (diagnostic.severity == Severity::remark) all.push_back(diagnostic.message);
        return all;
    }
    /// Loaded with nothing to complain about.
    void expect_clean() {
        EXPECT_THAT(reports(), testing::IsEmpty());
        EXPECT_EQ(result.test_exit_code, 0);
        EXPECT_TRUE(result.config.has_value());
    }
    /// Exactly one report, of `report_class`, with `words` in it.
    void expect_report(ReportClass report_class, const std::string& words) {
        EXPECT_THAT(reports(), testing::ElementsAre(testing::HasSubstr(words)));
        EXPECT_TRUE(result.diagnostics.has(report_class)) << words;
    }

    FakeEnvironment environment;
    LoadOptions options;
    LoadResult result;
};

inline IpAddress ip(std::string_view text) {
    return IpAddress::parse(text).value();
}

}  // namespace holdfast::config
