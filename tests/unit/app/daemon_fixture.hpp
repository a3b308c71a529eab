// A whole daemon on edges in memory, with an interface that is up.
#pragma once

#include "../ipvs/fake_kernel.hpp"
#include "fake_edges.hpp"
#include "holdfast/app/daemon.hpp"

namespace holdfast::app {

using namespace std::chrono_literals;

class WithDaemon : public WithFakeEdges {
  protected:
    WithDaemon() {
        netstate::LinkInfo eth0;
        eth0.index = {2};
        eth0.name = "eth0";
        eth0.up = eth0.running = eth0.multicast = true;
        kernel.set_link(eth0);
        edges.random = [] { return 0.5; };
        edges.wall_clock = [this] {
            return std::chrono::system_clock::time_point{} +
                   std::chrono::duration_cast<std::chrono::system_clock::duration>(
                       1'000'000s + timers.now().time_since_epoch());
        };
        edges.uptime = [] { return Duration(24h); };
        edges.forwards_ipv6 = [](const std::string&) { return false; };
    }

    /// An instance that needs no address of the interface.
    static config::VrrpInstance an_instance(const std::string& name, uint8_t vrid, uint8_t priority) {
        config::VrrpInstance instance;
        instance.router.name = name;
        instance.router.vrid = {vrid};
        instance.router.version = vrrp::Version::v3;
        instance.router.priority = {priority};
        instance.transport.interface = "eth0";
        instance.transport.source = IpAddress::v4(10, 1, 0, 1);
        instance.transport.multicast_group = IpAddress::v4(224, 0, 0, 18);
        return instance;
    }
    void start(config::Config config) {
        config::LoadResult loaded;
        loaded.config = std::move(config);
        const auto started = daemon.start(std::move(loaded));
        ASSERT_TRUE(started) << started.error().message;
        turn_ends.run();
    }
    void pass(Duration time) {
        // Second by second, so that timers fire near their deadlines.
        for (; time > Duration::zero(); time -= 100ms) {
            advance(100ms);
            turn_ends.run();
        }
    }

    netstate::testing::FakeKernel kernel;
    ipvs::FakeKernel ipvs_kernel;
    Edges own{timers,
              turn_ends,
              link,
              kernel,
              firewall,
              ipvs_kernel,
              processes,
              streams,
              outputs,
              log,
              files,
              process_table,
              digest,
              bfd,
              worker,
              [] { return 0.5; },
              [](const std::string&) { return true; },
              [this] { return edges.wall_clock(); },
              [](const std::string&) { return false; },
              [] { return Duration(24h); },
              {},
              {}};
    Daemon daemon{own, DaemonSettings{}};
};

}  // namespace holdfast::app
