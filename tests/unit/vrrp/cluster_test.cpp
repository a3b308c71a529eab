// Three routers on one link that loses, delays and partitions: whatever happened, two Master_Down_Intervals
// after it ended exactly one is Master, and it is the right one.
#include <algorithm>
#include <queue>
#include <random>

#include "support.hpp"

namespace holdfast::vrrp {
namespace {

class Cluster {
  public:
    static constexpr size_t kNodes = 3;

    Cluster(uint32_t seed, Version version, bool preempt) : random_(seed) {
        for (size_t i = 0; i < kNodes; ++i) {
            RouterSettings with = settings(static_cast<uint8_t>(pick(1, 4) * 50), version);
            with.preempt = preempt;
            nodes_.emplace_back(with, address_of(i));
        }
        for (size_t i = 0; i < kNodes; ++i) send(i, Startup{});
    }

    // Breaks the link for a while: random loss, random partitions, node stalls.
    void trouble(Duration length) {
        const Instant end = now_ + length;
        loss_ = pick(0, 60);
        while (now_ < end) {
            for (auto& side : side_) side = pick(0, 2);
            if (pick(0, 3) == 0) {
                const size_t node = static_cast<size_t>(pick(0, kNodes - 1));
                run(std::chrono::milliseconds(pick(1, 6000)), node);
                send(node, Stalled{6s});
            } else {
                run(std::chrono::milliseconds(pick(1, 6000)), kNodes);
            }
        }
        loss_ = 0;
        side_ = {};
    }

    // Runs all nodes but `asleep`, whose events wait.
    void run(Duration length, size_t asleep) {
        const Instant end = now_ + length;
        while (true) {
            Instant next = end;
            size_t due = kNodes;
            for (size_t i = 0; i < kNodes; ++i) {
                if (i == asleep || !nodes_[i].deadline() || *nodes_[i].deadline() >= next) continue;
                next = std::max(now_, *nodes_[i].deadline());
                due = i;
            }
            auto frame = std::ranges::find_if(flying_, [&](const Frame& each) { return each.to != asleep; });
            for (auto each = flying_.begin(); each != flying_.end(); ++each)
                if (each->to != asleep && each->at < frame->at) frame = each;
            if (frame != flying_.end() && frame->at <= next) {
                const Frame arrived = *frame;
                flying_.erase(frame);
                now_ = std::max(now_, arrived.at);
                send(arrived.to, arrived.event);
                continue;
            }
            now_ = next;
            if (due == kNodes) return;
            send(due, DeadlineReached{});
        }
    }
    void run(Duration length) { run(length, kNodes); }

    std::vector<size_t> masters() const {
        std::vector<size_t> result;
        for (size_t i = 0; i < kNodes; ++i)
            if (nodes_[i].is_master()) result.push_back(i);
        return result;
    }
    size_t best() const {
        size_t best = 0;
        for (size_t i = 1; i < kNodes; ++i)
            if (nodes_[i].settings().priority >= nodes_[best].settings().priority) best = i;
        return best;
    }
    Duration longest_wait() const {
        Duration longest{};
        for (const auto& node : nodes_) longest = std::max(longest, node.master_down_interval());
        return longest;
    }
    bool addresses_follow_mastership() const {
        for (size_t i = 0; i < kNodes; ++i)
            if (nodes_[i].is_master() != installed_[i]) return false;
        return true;
    }

  private:
    struct Frame {
        Instant at;
        size_t to;
        AdvertReceived event;
    };

    static IpAddress address_of(size_t node) {
        return IpAddress::v4(10, 9, 0, static_cast<uint8_t>(node + 1));
    }
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

    void send(size_t node, const Event& event) {
        Actions actions;
        nodes_[node].handle(now_, event, actions);
        for (const Action& action : actions.view()) {
            if (std::holds_alternative<InstallAddresses>(action)) installed_[node] = true;
            if (std::holds_alternative<RemoveAddresses>(action)) installed_[node] = false;
            const auto* sent = std::get_if<SendAdvert>(&action);
            if (sent == nullptr) continue;
            for (size_t to = 0; to < kNodes; ++to) {
                if (to == node || side_[to] != side_[node] || pick(0, 99) < loss_) continue;
                flying_.push_back({now_ + std::chrono::microseconds(pick(20, 3000)), to,
                                   advert(sent->priority.value, address_of(node))});
            }
        }
    }

    std::mt19937 random_;
    Instant now_{1h};
    std::vector<VirtualRouter> nodes_;
    std::array<bool, kNodes> installed_{};
    std::array<int, kNodes> side_{};
    int loss_ = 0;
    std::vector<Frame> flying_;
};

TEST(ThreeRouters, HaveOneMasterSoonAfterAHeal) {
    for (uint32_t seed = 1; seed <= 300; ++seed) {
        const Version version = seed % 2 == 0 ? Version::v2 : Version::v3;
        Cluster cluster(seed, version, true);
        for (int round = 0; round < 5; ++round) {
            cluster.trouble(20s);
            cluster.run(2 * cluster.longest_wait());
            ASSERT_THAT(cluster.masters(), testing::ElementsAre(cluster.best())) << "seed " << seed;
            ASSERT_TRUE(cluster.addresses_follow_mastership()) << "seed " << seed;
        }
    }
}

TEST(ThreeRouters, HaveOneMasterWithNopreemptToo) {
    for (uint32_t seed = 1; seed <= 300; ++seed) {
        Cluster cluster(seed, Version::v2, false);
        for (int round = 0; round < 5; ++round) {
            cluster.trouble(20s);
            cluster.run(2 * cluster.longest_wait());
            ASSERT_THAT(cluster.masters(), testing::SizeIs(1)) << "seed " << seed;
            ASSERT_TRUE(cluster.addresses_follow_mastership()) << "seed " << seed;
        }
    }
}

TEST(ThreeRouters, KeepTheirMasterWhileNothingHappens) {
    Cluster cluster(7, Version::v2, true);
    cluster.run(10s);
    const auto masters = cluster.masters();
    ASSERT_THAT(masters, testing::SizeIs(1));
    for (int i = 0; i < 600; ++i) {
        cluster.run(1s);
        ASSERT_EQ(cluster.masters(), masters);
    }
}

}  // namespace
}  // namespace holdfast::vrrp
