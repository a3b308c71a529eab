// The daemon of a simulated node with all its edges: what a kill -9 takes away.
#pragma once

#include "../unit/app/timed_worker.hpp"
#include "holdfast/app/reloads.hpp"
#include "holdfast/kernel/openssl_digest.hpp"
#include "sim_link.hpp"
#include "sim_processes.hpp"

namespace holdfast::sim {

struct Node::Process {
    Process(World& world, Node& node)
        : link(world, node),
          bfd(world, node),
          processes(world, node, timers),
          streams(world, timers),
          outputs(node),
          log([] {
              app::LogSettings settings;
              settings.syslog = false;
              settings.detail = 1;
              return settings;
          }()),
          edges{timers,
                turn_ends,
                link,
                node.kernel,
                node.firewall,
                node.table,
                processes,
                streams,
                outputs,
                log,
                node.files,
                node.process_table,
                digest,
                bfd,
                worker,
                {},
                {},
                {},
                {},
                {},
                {},
                {}} {
        timers.set_now(world.now());
        edges.random = [&world] { return world.chance(); };
        edges.can_open = [](const std::string&) { return true; };
        edges.wall_clock = [&world, &node] {
            constexpr std::chrono::seconds kSomeDay{1'700'000'000};
            const auto since = std::chrono::duration_cast<std::chrono::system_clock::duration>(
                kSomeDay + world.now().time_since_epoch() + node.clock_error);
            return std::chrono::system_clock::time_point{since};
        };
        edges.forwards_ipv6 = [](const std::string&) { return false; };
        edges.uptime = [&world, &node] { return world.now() - node.booted_at_; };
        edges.ask_link = [&node](const std::string& name, kernel::LinkQuestion) -> std::optional<bool> {
            return node.link_is_usable(name);
        };
        log.on_line([&node, &world](app::Part, app::LogLevel, std::string_view text) {
            node.log_.emplace_back(text);
            world.record(node.name(), std::string(text));
        });
        daemon = std::make_unique<app::Daemon>(edges, app::DaemonSettings{});
        const auto read = [this, &node](const std::string&, const std::stop_token&) {
            return node.load(content);
        };
        reloads = std::make_unique<app::Reloads>(
            worker, *daemon,
            app::ReloadHooks{read, [] {}, [](const app::Candidate&) {}, [](const app::ReloadOutcome&) {}});
    }

    io::TimerQueue timers;
    io::TurnEndQueue turn_ends;
    SimLink link;
    SimBfdLink bfd;
    SimProcesses processes;
    SimStreams streams;
    SimOutputs outputs;
    app::Log log;
    kernel::OpensslDigest digest;
    io::TimedWorker worker{timers};
    app::Edges edges;
    bool stopped = false;
    std::unique_ptr<app::Daemon> daemon;
    std::string content;  ///< What a reload reads.
    std::unique_ptr<app::Reloads> reloads;
};

}  // namespace holdfast::sim
