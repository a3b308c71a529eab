// Thousands of TCP_CHECKs a second, each with its timer, its runner and its socket, against a listener on
// this host: what they cost this thread, and how late the loop gets.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "holdfast/app/checker_runner.hpp"
#include "holdfast/app/logging.hpp"
#include "holdfast/app/process_limits.hpp"
#include "holdfast/app/real_edges.hpp"
#include "holdfast/io/socket_address.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRunIn = 3s;  // The first checks are spread over the warmup.
constexpr Duration kMeasured = 5s;

/// Takes every connection to this host's port and closes it when the peer has.
class Listener {
  public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const io::SocketAddress any(Endpoint{IpAddress::v4(0, 0, 0, 0), 0});
        io::SocketAddress own;
        ready_ = ::bind(socket_.get(), any.get(), any.size()) == 0 && ::listen(socket_.get(), 4096) == 0 &&
                 ::getsockname(socket_.get(), own.buffer(), own.buffer_size()) == 0;
        if (!ready_) return;
        port_ = own.endpoint()->port;
        thread_ = std::thread([this] {
            while (true) {
                const io::Fd taken(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
                if (!taken) return;
                ++count_;
            }
        });
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
    }
    bool ready() const { return ready_; }
    uint16_t port() const { return port_; }
    uint64_t count() const { return count_; }

  private:
    io::Fd socket_;
    bool ready_ = false;
    uint16_t port_ = 0;
    std::atomic<uint64_t> count_ = 0;
    std::thread thread_;
};

double thread_seconds() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// `count` servers, each an address of its own so that ports are not used up, checked once a second.
check::DirectorSettings servers(size_t count, uint16_t port) {
    check::VirtualServerSettings service;
    service.key = {.protocol = ipvs::Protocol::tcp, .endpoint = {IpAddress::v4(192, 0, 2, 1), 80}};
    for (size_t i = 0; i < count; ++i) {
        check::RealServerSettings server;
        server.endpoint = {
            IpAddress::v4(127, 1, static_cast<uint8_t>(i / 250), static_cast<uint8_t>(i % 250 + 1)), port};
        server.checkers = {{.schedule = {.delay_loop = 1s, .warmup = 1s, .retry = 0},
                            .probe = check::TcpCheck{.connect = {.destination = server.endpoint}}}};
        service.real_servers.push_back(std::move(server));
    }
    return {.virtual_servers = {std::move(service)}};
}

void TcpChecks(benchmark::State& state) {
    Log log{LogSettings{.syslog = false, .file = {}, .net_namespace = {}, .instance = {}}};
    raise_descriptor_limit(log);
    Listener listener;
    auto opened = RealEdges::open(log, {});
    if (!listener.ready() || !opened) return state.SkipWithError("no sockets");
    Edges& edges = (*opened)->edges();
    io::EventLoop& loop = (*opened)->loop();
    check::Director director;
    check::DirectorActions actions;
    director.load(servers(static_cast<size_t>(state.range(0)), listener.port()), actions);
    uint64_t down = 0;
    CheckerSurroundings around{edges, director, [](const check::DirectorActions&) {}};
    around.on_verdict = [&](check::CheckerId, const check::Verdict& verdict) { down += verdict.up ? 0 : 1; };
    std::vector<std::unique_ptr<CheckerRunner>> runners;
    for (const check::CheckerId id : director.added()) {
        runners.push_back(std::make_unique<CheckerRunner>(around, id, *director.checker(id)));
        runners.back()->begin(false);
    }
    // How late a timer is that is due every 10 ms, as a VRRP advert might be.
    Duration latest{};
    Instant due{};
    std::unique_ptr<io::Timer> tick;
    tick = std::make_unique<io::Timer>(edges.timers, [&] {
        latest = std::max(latest, std::chrono::steady_clock::now() - due);
        due += 10ms;
        tick->arm(due);
    });
    const auto run_for = [&](Duration time) {
        const Instant end = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < end) loop.run_once();
    };
    due = edges.timers.now() + 10ms;
    tick->arm(due);
    for (auto _ : state) {
        run_for(kRunIn);
        latest = {};
        const uint64_t before = listener.count();
        const double used = thread_seconds();
        run_for(kMeasured);
        const double seconds = std::chrono::duration<double>(kMeasured).count();
        state.counters["checks_per_second"] = static_cast<double>(listener.count() - before) / seconds;
        state.counters["processor"] = (thread_seconds() - used) / seconds;
        state.counters["latest_ms"] = std::chrono::duration<double, std::milli>(latest).count();
        state.counters["down"] = static_cast<double>(down);
    }
}
BENCHMARK(TcpChecks)->Arg(1000)->Arg(5000)->Arg(10'000)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace holdfast::app
