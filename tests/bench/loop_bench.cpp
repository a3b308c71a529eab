// What the event loop costs: timers, wake-ups, child processes, connection probes. Figures are for comparing
// two versions on one machine in one sitting, not for quoting.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <random>
#include <vector>

#include "holdfast/io/event_loop.hpp"
#include "holdfast/io/posix_processes.hpp"
#include "holdfast/io/socket_address.hpp"
#include "holdfast/io/socket_streams.hpp"

namespace holdfast::io {
namespace {

using namespace std::chrono_literals;

Duration cpu_time() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto to_duration = [](const timeval& time) {
        return Duration(std::chrono::seconds(time.tv_sec)) + std::chrono::microseconds(time.tv_usec);
    };
    return to_duration(usage.ru_utime) + to_duration(usage.ru_stime);
}

// A timer that keeps its phase, as an advert or a check does.
class Periodic {
  public:
    Periodic(TimerQueue& queue, Instant first, Duration period, int64_t& count, Duration& lateness)
        : timer_(queue, [this, &queue, period, &count, &lateness] {
              ++count;
              lateness += queue.now() - timer_.deadline();
              timer_.arm(timer_.deadline() + period);
          }) {
        timer_.arm(first);
    }

  private:
    Timer timer_;
};

// 10 000 timers with a period of one second each, spread over it, in real time: how much of a core they take.
// The argument is the wake granularity in microseconds.
void TenThousandPeriodicTimers(benchmark::State& state) {
    constexpr int kTimers = 10'000;
    EventLoop loop;
    EventLoop::request_precise_wakeups();
    loop.set_wake_granularity(std::chrono::microseconds(state.range(0)));
    std::mt19937_64 random(1);  // NOLINT: the same spread each time.
    int64_t fired = 0;
    Duration lateness{};
    std::vector<std::unique_ptr<Periodic>> timers;
    for (int i = 0; i < kTimers; ++i) {
        const Duration phase(static_cast<int64_t>(random() % Duration(1s).count()));
        timers.push_back(std::make_unique<Periodic>(loop.timers(), loop.now() + phase, 1s, fired, lateness));
    }
    int64_t turns = 0;
    Duration busy{};
    Duration passed{};
    for (auto _ : state) {
        const Duration cpu_before = cpu_time();
        const Instant start = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - start < 2s) {
            loop.run_once();
            ++turns;
        }
        busy += cpu_time() - cpu_before;
        passed += std::chrono::steady_clock::now() - start;
    }
    state.counters["percent_of_core"] = 100.0 * to_seconds(busy) / to_seconds(passed);
    state.counters["ns_per_expiry"] = static_cast<double>(busy.count()) / static_cast<double>(fired);
    state.counters["expiries_per_turn"] = static_cast<double>(fired) / static_cast<double>(turns);
    state.counters["mean_lateness_us"] = to_seconds(lateness) * 1e6 / static_cast<double>(fired);
}
BENCHMARK(TenThousandPeriodicTimers)
    ->Arg(0)
    ->Arg(250)
    ->Arg(1000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// The queue alone: every timer fires and is armed again.
void ExpireAndReArm(benchmark::State& state) {
    TimerQueue queue;
    std::mt19937_64 random(1);  // NOLINT: the same spread each time.
    int64_t fired = 0;
    Duration lateness{};
    std::vector<std::unique_ptr<Periodic>> timers;
    for (int64_t i = 0; i < state.range(0); ++i) {
        const Duration phase(static_cast<int64_t>(random() % Duration(1s).count()));
        timers.push_back(std::make_unique<Periodic>(queue, queue.now() + phase, 1s, fired, lateness));
    }
    for (auto _ : state) {
        queue.set_now(*queue.next());
        queue.run_due();
    }
    state.SetItemsProcessed(fired);
}
BENCHMARK(ExpireAndReArm)->Arg(10)->Arg(1000)->Arg(10'000)->Arg(100'000);

// A Backup pushes its master-down timer back with every advert.
void ReArmLater(benchmark::State& state) {
    TimerQueue queue;
    std::vector<std::unique_ptr<Timer>> timers;
    for (int64_t i = 0; i < state.range(0); ++i) {
        timers.push_back(std::make_unique<Timer>(queue, [] {}));
        timers.back()->arm_after(3s + Duration(i * 1000));
    }
    size_t next = 0;
    Duration later = 4s;
    for (auto _ : state) {
        timers[next]->arm_after(later += 1us);
        if (++next == timers.size()) next = 0;
    }
}
BENCHMARK(ReArmLater)->Arg(10)->Arg(10'000);

void ArmAndCancel(benchmark::State& state) {
    TimerQueue queue;
    std::vector<std::unique_ptr<Timer>> timers;
    for (int64_t i = 0; i < state.range(0); ++i) {
        timers.push_back(std::make_unique<Timer>(queue, [] {}));
        timers.back()->arm_after(1s + Duration(i * 1000));
    }
    Timer timer(queue, [] {});
    for (auto _ : state) {
        timer.arm_after(500ms);
        timer.cancel();
    }
}
BENCHMARK(ArmAndCancel)->Arg(10)->Arg(10'000);

// A turn with one ready descriptor and a timer far away.
void TurnWithOneReadyDescriptor(benchmark::State& state) {
    EventLoop loop;
    std::array<int, 2> numbers{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, numbers.data()) != 0) return state.SkipWithError("socketpair");
    const Fd here(numbers[0]);
    const Fd there(numbers[1]);
    int64_t ready = 0;
    Timer timer(loop.timers(), [] {});
    timer.arm_after(1h);
    const Watch watch(loop, here.get(), {.writable = true}, [&](Events) { ++ready; });
    for (auto _ : state) loop.run_once();
    state.SetItemsProcessed(ready);
}
BENCHMARK(TurnWithOneReadyDescriptor);

// Start and reap /bin/true, with that many MiB of locked memory; CPU is the caller's share.
void SpawnAndReap(benchmark::State& state) {
    EventLoop loop;
    PosixProcesses processes(loop);
    const auto size = static_cast<size_t>(state.range(0)) << 20U;
    void* memory = MAP_FAILED;
    if (size != 0) {
        memory =
            mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (memory == MAP_FAILED || mlock(memory, size) != 0) state.SkipWithError("cannot lock memory");
    }
    Duration caller{};
    for (auto _ : state) {
        bool ended = false;
        const Instant start = std::chrono::steady_clock::now();
        const auto child = processes.spawn({.arguments = {"/bin/true"}},
                                           [&](ExitStatus status) { ended = status.is_success(); });
        caller += std::chrono::steady_clock::now() - start;
        if (!child) return state.SkipWithError(child.error().message.c_str());
        while (!ended) loop.run_once();
    }
    state.counters["spawn_us"] = to_seconds(caller) * 1e6 / static_cast<double>(state.iterations());
    if (memory != MAP_FAILED) munmap(memory, size);
}
BENCHMARK(SpawnAndReap)->Arg(0)->Arg(256)->Unit(benchmark::kMicrosecond);

// A TCP_CHECK's probe against a listener on this host, connected and closed; accepting is not measured.
class Probe final : public StreamHandler {
  public:
    void on_connected() override { done = true; }
    void on_data(std::span<const uint8_t> /*data*/) override {}
    void on_closed() override {}
    void on_failed(const Error& /*error*/, StreamFailure /*reason*/) override { done = failed = true; }
    bool done = false;
    bool failed = false;
};

void ConnectProbe(benchmark::State& state) {
    EventLoop loop;
    SocketStreams streams(loop);
    const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const SocketAddress any(Endpoint{IpAddress::v4(127, 0, 0, 1), 0});
    SocketAddress own;
    if (bind(listener.get(), any.get(), any.size()) != 0 || listen(listener.get(), 128) != 0 ||
        getsockname(listener.get(), own.buffer(), own.buffer_size()) != 0) {
        return state.SkipWithError("cannot listen");
    }
    const ConnectRequest request{.destination = *own.endpoint()};
    for (auto _ : state) {
        Probe probe;
        auto connection = streams.connect(request, probe);
        while (!probe.done) loop.run_once();
        connection.reset();
        if (probe.failed) return state.SkipWithError("a probe failed");
        state.PauseTiming();
        const Fd accepted(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        state.ResumeTiming();
    }
}
BENCHMARK(ConnectProbe)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace holdfast::io
