// What the parser of a simulated node asks its machine: interfaces as its kernel has them, every user and
// script exists, and scripts are safe.
#pragma once

#include "holdfast/config/environment.hpp"
#include "node.hpp"

namespace holdfast::sim {

class SimEnvironment final : public config::Environment {
  public:
    explicit SimEnvironment(const Node& node) : node_(node) {}

    std::string host_name() const override { return node_.name(); }
    std::optional<config::InterfaceFacts> interface(std::string_view name) const override {
        for (const auto& [index, link] : node_.kernel.links) {
            if (link.name != name) continue;
            config::InterfaceFacts facts;
            facts.vmac = link.kind == "macvlan" || link.kind == "ipvlan";
            facts.private_macvlan = link.kind == "macvlan" && link.mode == netstate::kMacvlanPrivate;
            facts.l2_ipvlan = link.kind == "ipvlan" && link.mode == netstate::kIpvlanL2;
            if (link.lower) facts.below = node_.wire_of(link.name);
            return facts;
        }
        return std::nullopt;
    }
    std::optional<config::UserFacts> user(std::string_view) const override { return config::UserFacts{}; }
    std::optional<uint32_t> group(std::string_view) const override { return 0; }
    config::FileFacts file(const std::string& path) const override {
        config::FileFacts facts;
        facts.kind = path.ends_with(".sh") ? config::FileKind::regular : config::FileKind::directory;
        facts.mode = 0755;
        return facts;
    }
    std::string real_path(const std::string& path) const override { return path; }
    Result<std::string> contents(const std::string&, size_t) const override { return fail("no such file"); }
    std::vector<std::string> search_path() const override { return {"/bin"}; }
    std::optional<uint32_t> named_number(config::NameTable, std::string_view) const override {
        return std::nullopt;
    }
    std::optional<IpAddress> resolve(const std::string&) const override { return std::nullopt; }
    uint32_t effective_uid() const override { return 0; }
    uint32_t processor_count() const override { return 1; }
    std::optional<std::string> variable(std::string_view) const override { return std::nullopt; }
    uint64_t random(uint64_t min, uint64_t) const override { return min; }

  private:
    const Node& node_;
};

}  // namespace holdfast::sim
