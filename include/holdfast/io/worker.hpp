// Work that takes longer than the loop can spare: it is done beside the loop, which is told when it is done.
// Like the timers an edge: a simulation has a worker of its own, on virtual time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace holdfast::io {

/// Something a Worker was given to do. Destroying it asks the work to stop, and its `done` is never called.
/// Not to outlive its Worker.
class Job {
  public:
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;
};

class Worker {
  public:
    /// Touches nothing but what it owns and what nobody changes; returns soon once the token says so.
    using Work = std::function<void(const std::stop_token&)>;
    using Done = std::function<void()>;
    /// Destroys what it is given, beside the loop. May be called in any thread, also when the Worker is gone.
    using Bin = std::function<void(std::shared_ptr<const void>)>;

    /// Jobs that wait or run at a time. Whoever could want more waits for the end of those he has.
    static constexpr size_t kJobs = 16;

    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    virtual ~Worker() = default;

    /// Does `work` when what was given before is done, then calls `done` in the loop, never inside this call.
    [[nodiscard]] virtual std::unique_ptr<Job> start(Work work, Done done) = 0;
    virtual Bin bin() = 0;
};

/// For work with a result: `done` is given what `work` returns.
template <class Result>
[[nodiscard]] std::unique_ptr<Job> start(Worker& worker, std::function<Result(const std::stop_token&)> work,
                                         std::function<void(Result)> done) {
    auto result = std::make_shared<std::optional<Result>>();
    return worker.start(
        [result, work = std::move(work)](const std::stop_token& stop) { result->emplace(work(stop)); },
        [result, done = std::move(done)] { done(std::move(**result)); });
}

/// A value that is destroyed in the bin, wherever its last holder lets go of it.
template <class T>
std::shared_ptr<const T> destroyed_in(Worker::Bin bin, T value) {
    auto whole = std::make_unique<const T>(std::move(value));
    return {whole.release(), [bin = std::move(bin)](const T* last) { bin(std::shared_ptr<const T>(last)); }};
}

}  // namespace holdfast::io
