// Random clusters, as values: what every node is configured to be, from which both the keepalived.conf text
// and the judges' expectations are made. Drawing is in grammar.cpp, text in render.cpp, the random edits that
// a reload brings in edits.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/time.hpp"
#include "holdfast/track/contribution.hpp"

namespace holdfast::sim {

/// Numbers for the grammar and the faults. Its own engine, so that what happens on the wire does not change
/// what is drawn.
class Dice {
  public:
    explicit Dice(uint64_t seed) : engine_(seed) {}
    int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
    bool one_in(int n) { return draw(1, n) == 1; }
    template <class T, size_t N>
    T pick(const std::array<T, N>& from) {
        return from.at(static_cast<size_t>(draw(0, static_cast<int>(N) - 1)));
    }
    uint64_t seed() { return engine_(); }

  private:
    std::mt19937_64 engine_;
};

/// One entry of a track_* list, with the weight written at the entry.
struct Tracked {
    track::Kind kind = track::Kind::script;
    std::string name;
    int weight = 0;
    bool reverse = false;
};

/// What all nodes of a Virtual Router agree on.
struct RouterPlan {
    std::string name;  ///< Of the instance, on every node.
    int vrid = 51;
    bool ipv6 = false;
    int version = 2;
    std::string interface = "eth0";
    bool unicast = false;
    bool strict = false;
    bool vmac = false;
    bool transmits_on_base = false;
    bool no_accept = false;
    std::string authentication;  ///< Lines, or nothing.
    bool uses_clock = false;     ///< auth_hmac with time windows.
    int interval = 100;          ///< Centiseconds.
    bool intervals_differ = false;
    bool v3_checksum_as_v2 = false;
    int group = -1;  ///< Of which sync group it is a member on every node.
    /// Addresses with prefix lengths as in the file; the part before the slash is what the kernel shows.
    std::vector<std::string> addresses;
    std::vector<std::string> excluded;
    std::vector<std::string> elsewhere;  ///< Addresses with `dev eth2`.
    /// The same as values: those of `addresses`, and the others.
    std::vector<IpAddress> values;
    std::vector<IpAddress> further_values;
    std::string route;  ///< Destination of a virtual route, or nothing.
    bool rule = false;
};

/// What a node makes of a Virtual Router.
struct InstancePlan {
    size_t router = 0;
    bool present = true;
    int priority = 100;
    bool starts_as_master = false;
    bool nopreempt = false;
    int preempt_delay = 0;  ///< Seconds.
    int interval = 100;     ///< Centiseconds.
    int down_timer_adverts = 3;
    bool dont_track_primary = false;
    std::vector<Tracked> tracks;
    /// Of the router's addresses this node has so many.
    size_t addresses = 1;
    std::vector<std::string> lines;  ///< Options without influence on what is expected.

    bool is_owner() const { return priority == 255; }
};

struct GroupPlan {
    std::string name;
    bool present = true;
    bool tracking_weight = false;
    std::vector<Tracked> tracks;
};

struct ScriptPlan {
    std::string name;
    int interval = 1;
    int rise = 1;
    int fall = 1;
    bool init_fail = false;
};

struct BfdPlan {
    std::string name;
    size_t neighbor = 0;  ///< Index of the node.
    int interval = 200;   ///< Milliseconds, both ways.
    int multiplier = 3;
};

struct NodePlan {
    size_t index = 0;
    std::vector<InstancePlan> instances;  ///< One for each router.
    std::vector<GroupPlan> groups;
    std::vector<ScriptPlan> scripts;
    std::vector<std::string> files;
    std::vector<std::string> processes;
    std::vector<BfdPlan> sessions;
    int startup_delay = 0;                                ///< Seconds.
    std::optional<std::pair<int, int>> interface_delays;  ///< Tenths of a second: eth0 down, up.
    std::vector<std::string> global_lines;
    /// Weights of the real servers of a virtual server, if there is one.
    std::vector<int> real_servers;
};

struct ClusterPlan {
    std::vector<RouterPlan> routers;
    std::vector<NodePlan> nodes;
    bool dynamic_interfaces = false;
    bool bfd = false;  ///< Each node has a session with the next and the one before.
};

/// What the self-test changes in the files without telling the judges.
struct Misprint {
    bool without_nopreempt = false;
    bool without_groups = false;
    bool without_weights = false;
    bool slow_timeout = false;
    bool turned_priorities = false;
    bool open = false;  ///< Without no_accept.
};

ClusterPlan draw_cluster(Dice& dice);
/// The keepalived.conf of a node.
std::string render(const ClusterPlan& cluster, const NodePlan& node, const Misprint& misprint = {});
/// Changes a node's plan as an administrator would before a reload; the text says what was done.
std::string edit(Dice& dice, const ClusterPlan& cluster, NodePlan& node);

/// The address without its prefix length.
IpAddress bare(const std::string& address);
std::string script_command(const NodePlan& node, const std::string& script);
std::string file_path(const std::string& file);
Duration centiseconds(int count);

}  // namespace holdfast::sim
