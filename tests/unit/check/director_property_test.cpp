// Whatever has happened, the wanted table is a function of the configuration and of what the checkers said
// last: random reloads, verdicts and weights against a model of a few lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "builders.hpp"

namespace holdfast::check {
namespace {

class DirectorProperty : public testing::TestWithParam<uint32_t> {
  protected:
    uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random() % limit); }

    VirtualServerSettings random_server(uint8_t last) {
        std::vector<RealServerSettings> servers;
        for (uint8_t i = 1; i <= 4; ++i) {
            if (below(3) == 0) continue;
            RealServerSettings one = real(i, static_cast<int32_t>(below(4)));
            one.inhibit_on_failure = below(4) == 0;
            if (below(2) == 0)
                one.checkers.push_back(tcp_checker(false, static_cast<uint16_t>(81 + below(2))));
            servers.push_back(std::move(one));
        }
        VirtualServerSettings settings = virtual_server(std::move(servers), last);
        settings.quorum = 1 + below(3);
        if (below(2) == 0) settings.sorry_server = sorry(static_cast<uint8_t>(8 + below(2)), below(3) == 0);
        return settings;
    }

    void reload() {
        std::vector<VirtualServerSettings> servers;
        for (uint8_t last = 1; last <= 3; ++last) {
            if (below(4) == 0) continue;
            const auto before =
                std::ranges::find(configured, random_server(last).key, &VirtualServerSettings::key);
            servers.push_back(before != configured.end() && below(2) == 0 ? *before : random_server(last));
        }
        if (below(2) == 0) std::ranges::reverse(servers);
        configured = servers;
        DirectorActions actions;
        director.load({.virtual_servers = {servers.begin(), servers.end()}}, actions);
        follow(actions);
        for (const CheckerId id : director.removed()) {
            down.erase(id);
            wishes.erase(id);
        }
    }

    void event() {
        const auto checkers = director.checkers();
        if (checkers.empty() || below(6) == 0) return reload();
        const CheckerId id = checkers[below(static_cast<uint32_t>(checkers.size()))];
        DirectorActions actions;
        if (below(4) == 0) {
            wishes[id] = below(5);
            director.wish_weight(id, wishes[id], actions);
            return follow(actions);
        }
        const bool up = below(2) == 0;
        down[id] = !up;
        director.verdict(id, {.up = up}, actions);
        follow(actions);
    }

    /// Does what the actions ask for, and nothing else.
    void follow(const DirectorActions& actions) {
        for (const DirectorAction& action : actions) {
            const auto* update = std::get_if<UpdateServices>(&action);
            if (update == nullptr) continue;
            for (const ipvs::ServiceKey& key : update->keys) {
                if (auto service = director.service(key)) {
                    told.put(key, std::move(*service));
                } else {
                    told.erase(key);
                }
            }
        }
    }

    // What the manual says, without any history.
    ipvs::Table expected() const {
        ipvs::Table table;
        for (size_t v = 0; v < director.size(); ++v) {
            const VirtualServerSettings& settings = *director.settings().virtual_servers[v];
            std::vector<int64_t> weights;
            std::vector<bool> alive(settings.real_servers.size(), true);
            for (const RealServerSettings& server : settings.real_servers) weights.push_back(server.weight);
            for (const CheckerId id : director.checkers()) {
                const CheckerPlace& place = *director.place(id);
                if (place.virtual_server != v) continue;
                if (down.contains(id) && down.at(id)) alive[place.real_server] = false;
                if (wishes.contains(id))
                    weights[place.real_server] +=
                        wishes.at(id) - settings.real_servers[place.real_server].weight;
            }
            int64_t total = 0;
            for (size_t i = 0; i < weights.size(); ++i)
                if (alive[i]) total += std::max<int64_t>(weights[i], 0);
            const bool sorry_serves = settings.sorry_server && (total == 0 || total < settings.quorum);

            ipvs::Service& service = table.add(director.services(v).front(), settings.attributes);
            const auto put = [&](const Endpoint& endpoint, int64_t weight) {
                service.put({endpoint,
                             {.forwarding = settings.forwarding,
                              .weight = static_cast<int32_t>(std::max<int64_t>(weight, 0))}});
            };
            for (size_t i = 0; i < weights.size(); ++i) {
                const bool serves = alive[i] && !sorry_serves;
                if (serves || settings.real_servers[i].inhibit_on_failure)
                    put(settings.real_servers[i].endpoint, serves ? weights[i] : 0);
            }
            if (settings.sorry_server && (sorry_serves || settings.sorry_server->inhibit))
                put(settings.sorry_server->endpoint, sorry_serves ? 1 : 0);
        }
        return table;
    }

    std::mt19937 random{GetParam()};
    Director director;
    std::vector<VirtualServerSettings> configured;
    ipvs::Table told;  ///< What the actions have made of it.
    std::map<CheckerId, bool> down;
    std::map<CheckerId, int64_t> wishes;
};

TEST_P(DirectorProperty, TheTableFollowsFromConfigurationAndHealth) {
    for (int step = 0; step < 200; ++step) {
        event();
        ASSERT_EQ(director.desired(), expected()) << "after step " << step << ", wanted\n"
                                                  << ipvs::to_string(expected()) << "but is\n"
                                                  << ipvs::to_string(director.desired());
        ASSERT_EQ(told, director.desired()) << "after step " << step;
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DirectorProperty, testing::Range(1U, 51U));

}  // namespace
}  // namespace holdfast::check
