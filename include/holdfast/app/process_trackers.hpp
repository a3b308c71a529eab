// Runs track::ProcessCensus on the host's processes: scans them at the start, then listens to the kernel's
// news. Where the kernel offers none, the scan is repeated once a second.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/track/process_census.hpp"

namespace holdfast::app {

class ProcessTrackers {
  public:
    /// The kernel confirms at once that it sends news, if it does.
    static constexpr Duration kConfirmation = std::chrono::milliseconds(100);
    static constexpr Duration kScanPeriod = std::chrono::seconds(1);
    /// After lost news the host is given this long to calm down before it is scanned.
    static constexpr Duration kCalm = std::chrono::seconds(1);

    /// `changed` is told every new verdict; it may not destroy this object.
    ProcessTrackers(Edges& edges, std::function<void(std::string_view name, track::TrackedState)> changed);
    ProcessTrackers(const ProcessTrackers&) = delete;
    ProcessTrackers& operator=(const ProcessTrackers&) = delete;
    ~ProcessTrackers() { stop(); }

    /// Takes over the blocks of a generation that are in `followed`; all have a verdict when this returns.
    /// `buffers` is process_monitor_rcv_bufs.
    void load(const std::vector<track::ProcessSettings>& blocks, const std::set<std::string>& followed,
              const config::SocketBuffers& buffers);
    void stop();

    track::TrackedState state(std::string_view name) const;
    const track::ProcessTracker* tracker(std::string_view name) const { return census_.find(name); }

  private:
    void listen();
    void on_news(const io::ProcessNews& news);
    void scan();
    void poll();
    void recount();
    void carry_out(const track::CensusActions& actions);
    io::ProcessDetails details() const { return {census_.needs_names(), census_.needs_arguments()}; }

    Edges& edges_;
    std::function<void(std::string_view, track::TrackedState)> changed_;
    track::ProcessCensus census_;
    config::SocketBuffers buffers_;
    io::Timer delays_;     ///< The census' own deadline.
    io::Timer confirmed_;  ///< Running: the kernel has not answered yet.
    io::Timer scan_;       ///< Running: without news, or some were lost.
    bool listening_ = false;
    bool polling_ = false;
    bool loading_ = false;
};

}  // namespace holdfast::app
