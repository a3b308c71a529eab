// Reloads and plans, one after the other: reading, judging and comparing is the worker's, going over is the
// loop's. Who asks while one is under way is answered by one that begins after that: several who wait for a
// reload share the next.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "holdfast/app/daemon.hpp"
#include "holdfast/io/worker.hpp"

namespace holdfast::app {

/// Given to several who asked; a long one is destroyed in the worker's bin.
using SharedOutcome = std::shared_ptr<const ReloadOutcome>;

/// What the run does around a reload. All but `load` in the loop.
struct ReloadHooks {
    /// Reads the configured file, or another one where a name is given. Called in the worker's thread, which
    /// has a copy of its own; may give anything once it is to stop.
    std::function<config::LoadResult(const std::string& file, const std::stop_token& stop)> load;
    /// A reload is about to begin; nothing has been read.
    std::function<void()> begins;
    /// What was found is about to go live or to be refused.
    std::function<void(const Candidate&)> judged;
    std::function<void(const ReloadOutcome&)> ends;
};

class Reloads {
  public:
    using Answer = std::function<void(const SharedOutcome&)>;

    /// Worker and daemon must outlive it.
    Reloads(io::Worker& worker, Daemon& daemon, ReloadHooks hooks);
    Reloads(const Reloads&) = delete;
    Reloads& operator=(const Reloads&) = delete;

    /// `answer` may be empty.
    void reload(Answer answer = {});
    /// An empty name is the configured file.
    void plan(std::string file, Answer answer);
    /// Whether a reload has begun and not ended.
    bool reloading() const { return job_ != nullptr && !current_.plans; }
    /// Whether one is under way or waits for its turn.
    bool reload_is_due() const;
    /// The daemon stops: what is under way comes to nothing, and who waits is told so, now and later.
    void stop();

  private:
    struct Request {
        bool plans = false;
        std::string file{};
        std::vector<Answer> answers{};
    };
    void ask(bool plans, std::string file, Answer answer);
    void next();
    void judged(Candidate candidate);
    SharedOutcome shared(ReloadOutcome outcome) const;
    SharedOutcome stopping() const;
    static void tell(const Request& request, const SharedOutcome& outcome);

    io::Worker& worker_;
    Daemon& daemon_;
    ReloadHooks hooks_;
    std::deque<Request> waiting_;
    Request current_;  ///< While there is a job.
    std::unique_ptr<io::Job> job_;
    bool stopped_ = false;
};

}  // namespace holdfast::app
