// Runs what notify/ decides: one ordered queue per instance and per group, child processes, FIFO lines, mail.
// Also the plain scripts of the checkers (notify_up, quorum_down ...), in order per virtual server.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/notify/queue.hpp"

namespace holdfast::app {

class Notifications {
  public:
    explicit Notifications(Edges& edges);
    Notifications(const Notifications&) = delete;
    Notifications& operator=(const Notifications&) = delete;
    ~Notifications();

    /// Makes the queue of this subject, or gives an existing one new settings (reload).
    void define(const notify::QueueSettings& settings);
    /// No more will be told about this subject; what waits is still run, in order.
    void remove(notify::Subject subject, const std::string& name);
    void tell(notify::Subject subject, const std::string& name, const notify::QueueEvent& event);

    /// Runs a command outside of any instance, after earlier ones of the same `lane` (beside one that has not
    /// ended after QueuePolicy::patience). stop() drops what waits, except what is told `at_stop`.
    void run(const std::string& lane, const notify::Command& command, bool at_stop = false);

    /// Ends all queues (QueuePolicy::stop_wait and so on) and calls `done` once when nothing runs any more.
    void stop(std::function<void()> done);

  private:
    class Speaker;
    class Lane;
    using Key = std::pair<notify::Subject, std::string>;

    static constexpr Duration kSweepPeriod = std::chrono::seconds(1);
    void check_stopped();
    void sweep();

    Edges& edges_;
    std::map<Key, std::unique_ptr<Speaker>> speakers_;
    std::map<std::string, std::unique_ptr<Lane>> lanes_;
    /// Removed subjects whose scripts have not all ended. One that a reload removes and adds again goes on
    /// with its queue: the last script must be that of the last state.
    std::map<Key, std::unique_ptr<Speaker>> retired_;
    io::Timer sweep_;
    std::function<void()> stopped_;
};

}  // namespace holdfast::app
