#include "scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "faults.hpp"
#include "quiet.hpp"
#include "trials.hpp"
#include "watcher.hpp"

namespace holdfast::sim {

std::string config_text(const std::vector<InstanceText>& instances, const std::string& before,
                        const std::string& after) {
    std::string text = "global_defs {\n  enable_script_security\n  script_user root\n}\n" + before;
    for (const InstanceText& instance : instances) {
        text += fmt::format(
            "vrrp_instance {} {{\n  state {}\n  interface {}\n  virtual_router_id {}\n  priority {}\n"
            "  virtual_ipaddress {{\n    {}\n  }}\n{}}}\n",
            instance.name, instance.state, instance.interface, instance.vrid, instance.priority,
            instance.address, instance.extra);
    }
    return text + after;
}

namespace {

/// A cluster drawn from the seed, the faults done to it, and the judgement.
class Scenario {
  public:
    explicit Scenario(const ScenarioOptions& options)
        : options_(options),
          world_(options.seed),
          dice_(options.seed),
          cluster_{world_, {}, {}, {}},
          report_(world_, options.ignored) {
        world_.trace = options.trace;
        world_.wakeup_latency = 300us;
        world_.script_duration = [this](const std::string& program) {
            const int longest = program == "/bin/notify.sh" ? 800 : 200;
            return std::chrono::milliseconds(1 + static_cast<int>(world_.chance() * longest));
        };
        cluster_.plan = draw_cluster(dice_);
        for (const NodePlan& plan : cluster_.plan.nodes)
            cluster_.members.push_back({&world_.add(fmt::format("n{}", plan.index + 1)), plan, {}, {}});
        if (options.mutation != nullptr) options.mutation->prepare(cluster_);
        // Drawn before anything runs, so that leaving out one fault does not change the others.
        fault_dice_seed_ = dice_.seed();
    }

    ScenarioResult run() {
        start_all();
        strike_all();
        step("heal");
        heal(stage_, dice_);
        settle("after the heal");
        for (const Trial& trial : trials()) {
            if (!trial.run(stage_, dice_, [this](Duration length) { let_pass(length); })) continue;
            step(std::string(trial.name));
            settle(fmt::format("after {}", trial.name));
        }
        // The same again without any fault: nothing may move.
        const std::vector<std::string> masters = masters_of(cluster_);
        settle("a while later");
        report_.expect("a quiet cluster keeps its masters", masters == masters_of(cluster_),
                       [] { return std::string("a quiet cluster changed its master"); });
        for (const Member& member : cluster_.members) {
            if (member.node->is_running()) member.node->stop();
        }
        world_.run(10s);
        judge_stopped(cluster_, report_);
        return result();
    }

  private:
    void start_all() {
        for (Member& member : cluster_.members) {
            start(stage_, member);
            let_pass(std::chrono::milliseconds(dice_.draw(0, 2000)));
        }
    }

    void strike_all() {
        Dice dice(fault_dice_seed_);
        const Instant end = world_.now() + options_.length;
        for (size_t number = 0; world_.now() < end; ++number) {
            Dice own(dice.seed());
            const Fault& fault = faults()[draw_fault(own)];
            const auto victim =
                static_cast<size_t>(own.draw(0, static_cast<int>(cluster_.members.size()) - 1));
            const auto pause = std::chrono::milliseconds(own.draw(20, 3000));
            if (!options_.without.contains(number) && !options_.skipped.contains(fault.name) &&
                fault.strike(stage_, own, cluster_.members[victim])) {
                ++struck_[std::string(fault.name)];
                step(fmt::format("{}: {} ({})", number, fault.name, cluster_.members[victim].node->name()));
            }
            let_pass(pause);
        }
    }

    void step(std::string what) {
        world_.record("", "=== " + what);
        steps_.push_back(
            fmt::format("{:10.6f} {}", to_seconds(world_.now().time_since_epoch()) - 3600, what));
    }

    /// Time goes by under the eyes of the judges.
    void let_pass(Duration length) {
        constexpr Duration kSample = 250ms;
        const Instant end = world_.now() + length;
        while (world_.now() < end) {
            world_.run(std::min(kSample, end - world_.now()));
            meddle();
            watcher_.sample();
        }
    }

    void settle(const std::string& when) {
        let_pass(patience(cluster_));
        judge_quiet(cluster_, report_, when);
    }

    void meddle() {
        if (options_.mutation != nullptr && options_.mutation->meddle != nullptr)
            options_.mutation->meddle(cluster_);
    }

    ScenarioResult result() {
        ScenarioResult result;
        result.violations = report_.violations();
        result.history = report_.history();
        result.simulated = world_.now() - Instant(1h);
        result.events = world_.events();
        result.wire = world_.counts();
        result.faults = struck_;
        result.checks = report_.counts();
        result.steps = steps_;
        result.fingerprint = world_.fingerprint();
        return result;
    }

    ScenarioOptions options_;
    World world_;
    Dice dice_;
    Cluster cluster_;
    Report report_;
    Watcher watcher_{cluster_, report_};
    Stage stage_{cluster_, report_, watcher_};
    uint64_t fault_dice_seed_ = 0;
    std::map<std::string, uint64_t, std::less<>> struck_;
    std::vector<std::string> steps_;
};

}  // namespace

ScenarioResult run_scenario(const ScenarioOptions& options) {
    return Scenario(options).run();
}

ScenarioResult shrink(ScenarioOptions& options) {
    ScenarioResult best = run_scenario(options);
    if (best.violations.empty()) return best;
    const std::string checker = best.violations.front().checker;
    constexpr size_t kMost = 200;
    for (size_t chunk = 16; chunk >= 1; chunk /= 2) {
        for (size_t first = 0; first < kMost; first += chunk) {
            ScenarioOptions attempt = options;
            for (size_t i = 0; i < chunk; ++i) attempt.without.insert(first + i);
            if (attempt.without == options.without) continue;
            ScenarioResult result = run_scenario(attempt);
            const bool same = std::ranges::any_of(
                result.violations, [&](const Violation& each) { return each.checker == checker; });
            if (!same) continue;
            options = attempt;
            best = std::move(result);
        }
    }
    return best;
}

}  // namespace holdfast::sim
