#include "scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/vrrp/election.hpp"

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
    explicit Scenario(const ScenarioOptions& options) : options_(options), world_(options.seed) {}

    ScenarioResult run() {
        draw_cluster();
        if (options_.broken_election) sabotage();
        start_all();
        const Instant end = world_.now() + options_.length;
        while (world_.now() < end) {
            fault();
            world_.run(std::chrono::milliseconds(draw(50, 4000)));
            check_always();
        }
        heal();
        world_.run(patience_);
        check_quiet("after the heal");
        // The same again without any fault: nothing may move.
        std::vector<std::string> masters = masters_now();
        world_.run(patience_);
        check_quiet("a while later");
        if (masters != masters_now()) violation("a quiet cluster changed its master");
        stop_all();
        result_.simulated = world_.now() - Instant(1h);
        result_.events = world_.events();
        result_.frames = world_.frames();
        return std::move(result_);
    }

  private:
    struct Member {
        Node* node;
        std::vector<InstanceText> instances;
        bool track = false;
        int weight = 0;
    };

    int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(world_.random()); }
    bool one_in(int n) { return draw(1, n) == 1; }

    void draw_cluster() {
        const int nodes = draw(2, 4);
        static constexpr std::array kIntervals{"1", "1", "0.5", "0.1", "2"};
        const std::string interval = kIntervals.at(static_cast<size_t>(draw(0, 4)));
        const bool v3 = interval.find('.') != std::string::npos || one_in(3);
        const bool ipv6 = one_in(4);
        const bool nopreempt = one_in(3);
        const bool unicast = one_in(5) && !ipv6;
        vmac_ = one_in(3);
        no_accept_ = one_in(3);
        instances_ = draw(1, 2);
        grouped_ = instances_ == 2 && one_in(2);
        const int delay = one_in(4) ? draw(1, 5) : 0;
        const double seconds = std::stod(interval);
        // Two Master_Down_Intervals, the preempt delay, and a new round of scripts.
        patience_ = std::chrono::milliseconds(static_cast<int64_t>(seconds * 4 * 2 * 1000)) +
                    std::chrono::seconds(delay) + 8s +
                    std::chrono::milliseconds(static_cast<int64_t>(seconds * 4 * 1000));
        for (int n = 0; n < nodes; ++n) {
            Member member{&world_.add(fmt::format("n{}", n + 1)), {}, one_in(3), 0};
            member.weight =
                member.track ? std::array{-20, 30, 0, -60}.at(static_cast<size_t>(draw(0, 3))) : 0;
            for (int i = 0; i < instances_; ++i) {
                InstanceText text;
                text.name = fmt::format("VI_{}", i + 1);
                text.interface = i == 1 && one_in(2) ? "eth1" : "eth0";
                if (n > 0) text.interface = members_[0].instances[static_cast<size_t>(i)].interface;
                text.vrid = 51 + i;
                text.priority = one_in(4) ? 100 : draw(1, 254);
                // A group whose members have different winners fights for ever, in the reference too.
                if (grouped_ && i > 0) text.priority = member.instances[0].priority;
                text.state = nopreempt || delay > 0 || one_in(2) ? "BACKUP" : "MASTER";
                text.address = ipv6 ? fmt::format("fe80::100{}/64", i) : fmt::format("10.0.{}.100/24", i);
                text.extra = fmt::format("  advert_int {}\n  version {}\n", interval, v3 || ipv6 ? 3 : 2);
                if (nopreempt) text.extra += "  nopreempt\n";
                if (vmac_) text.extra += one_in(4) ? "  use_vmac\n  vmac_xmit_base\n" : "  use_vmac\n";
                if (no_accept_) text.extra += "  no_accept\n";
                if (delay > 0 && !nopreempt) text.extra += fmt::format("  preempt_delay {}\n", delay);
                if (unicast) {
                    text.extra += "  unicast_peer {\n";
                    for (int peer = 0; peer < nodes; ++peer) {
                        if (peer != n) {
                            text.extra +=
                                fmt::format("    10.{}.0.{}\n", text.interface == "eth1" ? 1 : 0, peer + 1);
                        }
                    }
                    text.extra += "  }\n";
                }
                if (member.track && i == 0) text.extra += "  track_script {\n    chk\n  }\n";
                member.instances.push_back(text);
            }
            members_.push_back(member);
        }
    }

    std::string config_of(const Member& member) const {
        std::string before;
        if (member.track) {
            before = fmt::format(
                "vrrp_script chk {{\n  script \"/bin/chk.sh {}\"\n  interval 1\n  weight {}\n  fall 2\n}}\n",
                member.node->name(), member.weight);
        }
        if (grouped_) before += "vrrp_sync_group G {\n  group {\n    VI_1\n    VI_2\n  }\n}\n";
        return config_text(member.instances, before);
    }

    void sabotage() {
        Node* deaf = members_[0].node;
        world_.tamper = [deaf](const Node& to, std::vector<uint8_t>& payload) {
            if (&to == deaf && payload.size() > 4) payload.resize(4);
        };
    }

    void start_all() {
        for (Member& member : members_) {
            if (!member.node->start(config_of(member)))
                violation(member.node->name() + " refused its configuration");
            world_.run(std::chrono::milliseconds(draw(0, 2000)));
        }
    }

    void fault() {
        ++result_.faults;
        Member& member = members_[static_cast<size_t>(draw(0, static_cast<int>(members_.size()) - 1))];
        Node& node = *member.node;
        Member& other = members_[static_cast<size_t>(draw(0, static_cast<int>(members_.size()) - 1))];
        switch (draw(1, 15)) {
            case 1:
                world_.wire.loss = world_.chance() * 0.5;
                break;
            case 2:
                world_.wire.duplication = world_.chance() * 0.5;
                break;
            case 3:
                world_.wire.jitter = std::chrono::milliseconds(draw(0, 300));
                break;
            case 4:
                world_.partition(node.name(), other.node->name());
                break;
            case 5:
                world_.cut.insert({node.name(), other.node->name()});
                break;
            case 6:
                world_.heal();
                break;
            case 7:
                if (node.is_running() && !node.is_paused()) node.crash();
                break;
            case 8:
                if (!node.is_running()) (void)node.start();
                break;
            case 9:
                if (node.is_running() && !node.is_paused()) node.pause();
                break;
            case 10:
                if (node.is_paused()) node.resume();
                break;
            case 11:
                node.set_link(one_in(2) ? "eth0" : "eth1", one_in(2));
                break;
            case 12:
                if (!node.is_paused()) node.delete_address(member.instances[0].address);
                break;
            case 13:
                world_.script_status["/bin/chk.sh " + node.name()] = draw(0, 1);
                break;
            case 14:
                if (node.is_running() && !node.is_paused()) reload(member);
                break;
            case 15:
                if (!node.is_paused()) node.delete_link("vrrp.51");
                break;
            default:
                break;
        }
    }

    void reload(Member& member) {
        if (one_in(3)) {
            // A broken file must change nothing.
            if (member.node->reload(config_of(member) + "vrrp_instance BAD {\n  no_such_keyword 1\n")) {
                violation(member.node->name() + " applied a broken file");
            }
            if (!member.node->is_running()) violation(member.node->name() + " died of a broken file");
            return;
        }
        for (InstanceText& text : member.instances) text.priority = draw(1, 254);
        if (grouped_) member.instances[1].priority = member.instances[0].priority;
        if (!member.node->reload(config_of(member))) violation(member.node->name() + " refused a good file");
    }

    void heal() {
        world_.heal();
        for (Member& member : members_) {
            world_.script_status["/bin/chk.sh " + member.node->name()] = 0;
            if (member.node->is_paused()) member.node->resume();
            for (const char* interface : {"eth0", "eth1"}) member.node->set_link(interface, true);
            if (!member.node->is_running() && !member.node->start())
                violation(member.node->name() + " does not start");
        }
        world_.record("", "=== healed");
    }

    void stop_all() {
        for (Member& member : members_) member.node->stop();
        world_.run(10s);
        for (Member& member : members_) {
            if (member.node->is_running()) violation(member.node->name() + " does not stop");
            if (member.node->kernel.links.size() != 2) violation(member.node->name() + " left a VMAC behind");
            if (!member.node->firewall.state.empty())
                violation(member.node->name() + " left firewall rules behind");
            if (!member.node->kernel.sysctls.empty())
                violation(member.node->name() + " left knobs as it had set them");
            for (const InstanceText& text : member.instances) {
                if (member.node->has_address(text.address.substr(0, text.address.find('/')))) {
                    violation(member.node->name() + " left " + text.address + " behind");
                }
            }
        }
    }

    std::vector<std::string> masters_now() const {
        std::vector<std::string> masters;
        for (int i = 0; i < instances_; ++i) {
            for (const Member& member : members_) {
                const std::string& name = member.instances[static_cast<size_t>(i)].name;
                if (member.node->is_master(name)) masters.push_back(member.node->name() + "/" + name);
            }
        }
        return masters;
    }

    /// Holds at every moment, faults or not, on nodes that run.
    void check_always() {
        for (const Member& member : members_) {
            if (!member.node->is_running() || member.node->is_paused()) continue;
            for (const InstanceText& text : member.instances) {
                ++result_.checks;
                const std::string state(vrrp::to_string(member.node->state(text.name)));
                const std::string told = member.node->last_told(text.name);
                // Held instances are FAULT without a word.
                if (told != state && !(state == "FAULT" && told != "MASTER")) {
                    violation(fmt::format("{} {} is {} but the last notification says {}",
                                          member.node->name(), text.name, state, told));
                }
                const int priority = member.node->priority(text.name);
                if (priority < 1 || priority > 254) {
                    violation(fmt::format("{} {} has effective priority {}", member.node->name(), text.name,
                                          priority));
                }
            }
        }
    }

    void check_quiet(const std::string& when) {
        check_always();
        for (int i = 0; i < instances_; ++i) {
            const std::string name = fmt::format("VI_{}", i + 1);
            std::vector<std::string> masters;
            for (const Member& member : members_) {
                ++result_.checks;
                const InstanceText& text = member.instances[static_cast<size_t>(i)];
                const bool master = member.node->is_master(name);
                if (master) masters.push_back(member.node->name());
                if (master != member.node->has_address(text.address.substr(0, text.address.find('/')))) {
                    violation(fmt::format("{}: {} {} is {}master but its address is {}there", when,
                                          member.node->name(), name, master ? "" : "not ",
                                          master ? "not " : ""));
                }
            }
            if (no_accept_) check_protection(i, when);
            if (masters.size() != 1) {
                violation(fmt::format("{}: {} has {} masters: {}", when, name, masters.size(),
                                      fmt::join(masters, ", ")));
            }
        }
    }

    /// The rules are there exactly while the address is.
    void check_protection(int i, const std::string& when) {
        for (const Member& member : members_) {
            ++result_.checks;
            const std::string& address = member.instances[static_cast<size_t>(i)].address;
            const IpAddress wanted = *IpAddress::parse(address.substr(0, address.find('/')));
            const bool is_protected =
                std::ranges::any_of(member.node->firewall.state.addresses,
                                    [&](const auto& protect) { return protect.address == wanted; });
            if (is_protected != member.node->has_address(wanted.to_string())) {
                violation(fmt::format("{}: {} {} is {}protected", when, member.node->name(), address,
                                      is_protected ? "" : "not "));
            }
        }
    }

    void violation(std::string text) {
        // What led to the first one is what explains it.
        if (result_.violations.empty()) result_.history = world_.history(400);
        if (result_.violations.size() < 20) result_.violations.push_back(std::move(text));
    }

    ScenarioOptions options_;
    World world_;
    std::vector<Member> members_;
    int instances_ = 1;
    bool grouped_ = false;
    bool vmac_ = false;
    bool no_accept_ = false;
    Duration patience_{};
    ScenarioResult result_;
};

}  // namespace

ScenarioResult run_scenario(const ScenarioOptions& options) {
    return Scenario(options).run();
}

}  // namespace holdfast::sim
