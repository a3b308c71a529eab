// Judges that look at every moment, faults or not: at each advert and each line of a FIFO when it comes, and
// at the state of everything a few times a second.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "cluster.hpp"
#include "report.hpp"

namespace holdfast::sim {

class Watcher {
  public:
    /// Takes the place of the world's observer.
    Watcher(Cluster& cluster, Report& report);
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher();

    /// Looks at everything now.
    void sample();
    /// The daemon of this node ended: what was seen of it is no measure for the next.
    void forget(const Node& node);

  private:
    struct Adverts {
        Instant last;
        Duration interval;
    };
    using Key = std::pair<const Node*, std::string>;

    void on_advert(Node& node, const SentAdvert& sent);
    void on_fifo(Node& node, const std::string& line);
    void on_instance(Node& node, const std::string& name, const std::string& word);
    void judge_addresses(const Member& member, const InstancePlan& instance);
    void judge_group(const Member& member);
    /// Whether what is wrong now has been wrong for longer than `grace`.
    bool lasts(const Node& node, const std::string& name, const IpAddress& address, bool wrong,
               Duration grace);
    const Member* member_of(const Node& node) const;

    Cluster& cluster_;
    Report& report_;
    std::map<Key, Adverts> adverts_;
    std::map<Key, std::string> told_;
    std::map<std::tuple<const Node*, std::string, IpAddress>, Instant> wrong_since_;
};

}  // namespace holdfast::sim
