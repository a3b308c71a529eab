// The load balancer: virtual servers, their checkers, and the kernel's IPVS table. The Director (check/)
// decides who is in; the Reconciler (ipvs/) says what that means for the kernel; this class runs probes and
// timers and hands over.
//
// One failed check: timer -> HealthMachine -> start_probe -> Streams -> HealthMachine -> Director::verdict ->
// Reconciler::set_service -> step -> TableKernel.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "holdfast/app/checker_runner.hpp"
#include "holdfast/app/edges.hpp"
#include "holdfast/app/file_trackers.hpp"
#include "holdfast/app/network.hpp"
#include "holdfast/app/notifications.hpp"
#include "holdfast/app/probe.hpp"
#include "holdfast/base/shared.hpp"
#include "holdfast/check/director.hpp"
#include "holdfast/check/health.hpp"
#include "holdfast/config/config.hpp"
#include "holdfast/ipvs/reconciler.hpp"
#include "holdfast/vrrp/types.hpp"

namespace holdfast::app {

class LvsService final : public netstate::NetworkObserver {
  public:
    LvsService(Edges& edges, Network& network, Notifications& notifications);
    ~LvsService() override;

    /// Begins with this generation. Fails when there are virtual servers and the kernel has no ip_vs.
    Result<> start(const Shared<config::Config>& generation);
    /// Goes over to another generation; health, weights and kernel entries of what stays are kept.
    void reload(const Shared<config::Config>& generation);
    /// The addresses of virtual routers go first when the daemon ends; that suspends nothing any more
    /// (ha_suspend).
    void about_to_stop() { stopping_ = true; }
    /// Empties what is ours from the kernel's table, unless `release` is false (-I).
    void stop(bool release);

    /// The IPVS sync daemon follows this instance (lvs_sync_daemon).
    void instance_entered(const std::string& instance, vrrp::State state);

    /// A BFD session changed, for BFD_CHECK.
    void bfd_changed(const std::string& session, bool up);

    const check::Director& director() const { return director_; }
    const ipvs::Reconciler& reconciler() const { return reconciler_; }
    bool running() const { return running_; }
    /// What a checker found last, for dumps and status.
    const ProbeResult* last_result(check::CheckerId id) const;
    /// The tracked files that its checkers may follow.
    const FileTrackers& files() const { return files_; }
    /// Whether a checker speaks TLS.
    bool uses_tls() const { return around_.tls != nullptr; }
    /// Null for a checker without probes and for an id that is not configured (any more).
    const CheckerRunner* runner(check::CheckerId id) const;
    /// Told every verdict of a checker, for the journal.
    void on_verdict(std::function<void(check::CheckerId, const check::Verdict&)> listener) {
        around_.on_verdict = std::move(listener);
    }

    void on_link_changed(Instant, const netstate::LinkInfo&, const netstate::LinkInfo*) override {}
    void on_link_removed(Instant, const netstate::LinkInfo&) override {}
    void on_address_changed(Instant now, const netstate::KernelAddress& address, bool present) override;
    void on_object_events(Instant, std::span<const netstate::ObjectEvent>) override {}

  private:
    Result<> make_tls_context(const config::Config& config);
    void load(const Shared<config::Config>& generation);
    void take_over_checkers();
    void perform(const check::DirectorActions& actions);
    void update(const std::vector<ipvs::ServiceKey>& keys);
    void step();
    void verify();
    void set_marks(ipvs::MarkTable marks);
    void set_kernel_timeouts(const ipvs::Timeouts& timeouts);
    void start_sync_daemons(const config::Config& config);
    void run_sync_daemon(ipvs::SyncRole role);
    void stop_sync_daemons();
    void read_files(const config::Config& config);
    /// Who follows which file and which BFD session; the files' numbers take effect.
    void index_followers();
    check::Opinion opinion_of(const check::FileCheck& check) const;
    /// The FILE_CHECKs of this file take the number that is in it.
    void follow_file(const std::string& name);
    void follow(check::CheckerId id, const check::Opinion& opinion, check::DirectorActions& actions);
    void tell_suspension(const std::vector<check::CheckerId>& checkers);

    Edges& edges_;
    Network& network_;
    Notifications& notifications_;
    check::Director director_;
    CheckerSurroundings around_;
    FileTrackers files_;
    std::map<std::string, std::vector<check::CheckerId>> file_checks_;  ///< By the file they follow.
    std::map<std::string, std::vector<check::CheckerId>> bfd_checks_;   ///< By the session they follow.
    ipvs::Reconciler reconciler_;
    std::unordered_map<check::CheckerId, std::unique_ptr<CheckerRunner>> runners_;
    io::TurnEnd step_at_turn_end_;
    io::Timer retry_timer_;
    io::Timer verify_timer_;
    ipvs::MarkTable marks_;  ///< In force.
    std::optional<ipvs::Timeouts> timeouts_before_;
    std::optional<ipvs::SyncDaemonSettings> sync_daemon_;
    uint8_t sync_id_ = 0;
    std::set<std::string> masters_;  ///< Instances in state Master, for a sync daemon that a reload brings.
    std::string router_id_;
    bool flush_on_stop_ = false;
    bool flush_only_ours_ = false;
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace holdfast::app
