// All Virtual Routers of a generation: feeds their machines with adverts, timers, interface and tracker news,
// and carries out their actions on the edges. Machines decide; this class only knows where things are.
//
// One advert: Link -> on_frame -> AdvertReader::read -> VirtualRouter::handle -> perform -> AdvertTemplate ->
// Link.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "holdfast/app/edges.hpp"
#include "holdfast/app/file_trackers.hpp"
#include "holdfast/app/firewall.hpp"
#include "holdfast/app/interface_states.hpp"
#include "holdfast/app/network.hpp"
#include "holdfast/app/notifications.hpp"
#include "holdfast/app/process_trackers.hpp"
#include "holdfast/app/script_trackers.hpp"
#include "holdfast/app/views.hpp"
#include "holdfast/app/virtual_links.hpp"
#include "holdfast/base/rare.hpp"
#include "holdfast/base/shared.hpp"
#include "holdfast/config/config.hpp"
#include "holdfast/config/diff.hpp"
#include "holdfast/track/contribution.hpp"
#include "holdfast/vrrp/advert_reader.hpp"
#include "holdfast/vrrp/packet.hpp"
#include "holdfast/vrrp/sync_group.hpp"
#include "holdfast/vrrp/virtual_router.hpp"

namespace holdfast::app {

/// Why an instance is in FAULT, by the kinds that the data dump tells apart.
struct FaultReasons {
    uint32_t tracked = 0;  ///< Scripts, files, processes, BFD sessions.
    bool interface_down = false;
    bool base_interface_down = false;  ///< The one below its VMAC.
    bool no_source = false;
    bool no_sockets = false;  ///< They could not be opened: it can neither hear nor be heard.
    bool configuration = false;

    bool any() const {
        return tracked > 0 || interface_down || base_interface_down || no_source || no_sockets ||
               configuration;
    }
};

/// The latest advert that an instance has accepted, from whomever.
struct HeardAdvert {
    IpAddress source;
    vrrp::Priority priority;
    Instant at;
};

/// One vrrp_instance at work.
struct VrrpInstance {
    using Expired = std::function<void(VrrpInstance&)>;
    /// `expired` outlives it.
    VrrpInstance(Shared<config::VrrpInstance> configured, io::TimerQueue& timers, const Expired& expired);
    VrrpInstance(const VrrpInstance&) = delete;
    VrrpInstance& operator=(const VrrpInstance&) = delete;
    ~VrrpInstance() = default;

    Shared<config::VrrpInstance> settings;  ///< In the generation.
    Shared<InstanceLinks> links;            ///< Where its adverts and addresses live.
    vrrp::VirtualRouter router;
    vrrp::AdvertReader reader;
    /// Since it was first configured to have one, and from then on: its numbers must not begin again.
    std::unique_ptr<vrrp::Authenticator> authenticator;
    uint16_t last_ip_id = 0;                     ///< One per advert, whatever the number of its copies.
    std::optional<vrrp::AdvertTemplate> advert;  ///< Absent while there is no source address.
    std::optional<IpAddress> source;
    vrrp::ChannelId channel;
    RareText channel_error;       ///< Why its sockets could not be opened; empty = they could.
    uint32_t receive_buffer = 0;  ///< Its part of the channel's receive buffer, bytes; 0 = asks for none.
    Duration patience{};          ///< How long its adverts may wait, as its channel has been told.
    track::Tracking tracking;
    /// Interfaces of static objects whose track_group has this instance.
    std::vector<std::string> static_interfaces;
    vrrp::Fitness fitness = vrrp::Fitness::fit;
    FaultReasons faults;
    io::Timer timer;
    std::unique_ptr<io::Timer> extra_garp;  ///< garp_extra_if, while Master.
    RareText group;                         ///< Its sync group; empty = none.
    size_t member = 0;                      ///< Its place in the group.
    /// Addresses left by a crashed run are kept until somebody else is heard or this router decides.
    bool adopting = false;
    bool dirty = false;          ///< Something it depends on has changed; looked at when the turn ends.
    bool tells_priority = true;  ///< Whether its next change of effective priority is news.
    bool started = false;
    std::chrono::system_clock::time_point last_transition{};
    std::optional<HeardAdvert> heard;

    Shared<vrrp::RouterSettings> router_settings() const { return settings.part(settings->router); }
    Shared<vrrp::TransportSettings> transport_settings() const { return settings.part(settings->transport); }
    const std::string& name() const { return settings->router.name; }
    netstate::Owner owner() const { return {settings->router.name}; }
    /// Its addresses on the interfaces on which they live.
    const std::vector<netstate::AddressSettings>& addresses() const {
        return links->relocates ? links->addresses : settings->addresses;
    }
    const std::vector<netstate::AddressSettings>& excluded_addresses() const {
        return links->relocates ? links->excluded_addresses : settings->excluded_addresses;
    }
    /// Whether packets to its addresses are kept away (`no_accept`, strict mode; never from an owner).
    bool refuses() const { return !settings->accept && settings->router.priority != vrrp::kOwner; }
};

/// One vrrp_sync_group at work.
struct VrrpGroup {
    config::SyncGroup settings;
    vrrp::SyncGroup machine;
    std::vector<VrrpInstance*> members;
};

class VrrpService final : public netstate::NetworkObserver {
  public:
    /// Told of every state an instance enters, for the IPVS sync daemon and the journal.
    using StateListener = std::function<void(const VrrpInstance& instance, const vrrp::StateChanged& change)>;
    using PriorityListener =
        std::function<void(const VrrpInstance& instance, const vrrp::EffectivePriorityChanged& change)>;
    using GroupListener = std::function<void(const VrrpGroup& group, const vrrp::GroupStateChanged& change)>;
    /// Told what became of something that is tracked; `state` is a word or, for a file, its number.
    using TrackerListener =
        std::function<void(track::Kind kind, std::string_view name, std::string_view state)>;

    VrrpService(Edges& edges, Network& network, Notifications& notifications);
    ~VrrpService() override;

    void on_state(StateListener listener) { state_listener_ = std::move(listener); }
    void on_priority(PriorityListener listener) { priority_listener_ = std::move(listener); }
    void on_group(GroupListener listener) { group_listener_ = std::move(listener); }
    void on_tracker(TrackerListener listener) { tracker_listener_ = std::move(listener); }

    /// Begins with this generation, which stays as long as its settings are at work; the network has been
    /// read.
    void start(const Shared<config::Config>& generation);
    /// Goes over to `next`. What is equal in both sees nothing.
    void reload(const config::Config& before, const Shared<config::Config>& next, const config::Plan& plan);
    /// Masters resign, addresses go (unless `release` is false), STOP is told.
    void stop(bool release);
    /// The loop did not run for `length`: listen first.
    void stalled(Duration length);

    const std::vector<std::unique_ptr<VrrpInstance>>& instances() const { return instances_; }
    const std::map<std::string, std::unique_ptr<VrrpGroup>>& groups() const { return groups_; }
    const ScriptTrackers& scripts() const { return scripts_; }
    const FileTrackers& files() const { return files_; }
    const ProcessTrackers& processes() const { return processes_; }
    const InterfaceStates& interfaces() const { return interface_states_; }
    bool bfd_is_up(std::string_view session) const {
        const auto found = bfd_up_.find(session);
        return found != bfd_up_.end() && found->second;
    }
    std::vector<SocketView> sockets() const;
    void clear_counters();
    /// Every reason that keeps an instance in FAULT by itself, in words; empty when it is fit. Its partners'
    /// are not among them.
    std::vector<std::string> fault_reasons(const VrrpInstance& instance) const;
    /// The interfaces besides its own that an instance needs: those of its tracked addresses and routes, and
    /// of the static objects it is made to follow.
    std::vector<std::string_view> required_interfaces(const VrrpInstance& instance) const;
    /// While a sync group's actions are carried out: the member whose request they answer, if any.
    const VrrpInstance* group_trigger() const { return group_trigger_; }
    /// When the instances of the start, held back by vrrp_startup_delay, may begin.
    Duration startup_delay() const { return startup_delay_; }
    /// A BFD session, possibly followed by track_bfd, became Up or stopped being it.
    void bfd_changed(const std::string& session, bool up);

    void on_link_changed(Instant now, const netstate::LinkInfo& link,
                         const netstate::LinkInfo* before) override;
    void on_link_removed(Instant now, const netstate::LinkInfo& last) override;
    void on_address_changed(Instant now, const netstate::KernelAddress& address, bool present) override;
    void on_object_events(Instant now, std::span<const netstate::ObjectEvent> events) override;
    void on_news_complete(Instant) override {
        if (!dirty_.empty()) reevaluate_dirty();
    }

  private:
    // vrrp_service.cpp: life of instances and groups.
    VrrpInstance& add(Shared<config::VrrpInstance> settings);
    void share(VrrpInstance& instance, Shared<config::VrrpInstance> equal);
    void authenticate(VrrpInstance& instance);
    void begin(const std::vector<VrrpInstance*>& fresh);
    vrrp::Fitness group_fitness(const VrrpInstance& instance) const;
    void build_groups(const config::Config& config, bool restore);
    void define_notifications(const Shared<config::Config>& generation);
    void remember(const config::Config& config);

    // vrrp_trackers.cpp: what instances follow.
    void load_trackers(const config::Config& config);
    void follow_statics(const config::Config& config);
    void load_interfaces(const config::Config& config);
    void tracked_state_changed(track::Kind kind, std::string_view name, track::TrackedState state);
    void file_changed(std::string_view name, int64_t before, int64_t value);
    void interface_settled(std::string_view name);
    std::optional<Duration> longest_delay(std::string_view interface) const;
    void follow_interfaces(VrrpInstance& instance);
    void log_faults_at_start(const VrrpInstance& instance);
    void log_send_error(vrrp::ChannelId channel, const IpAddress& destination, int os_error);
    /// Its sync group consists of owners, which need not wait for each other.
    bool starts_as_master(const VrrpInstance& instance) const;
    void start_router(VrrpInstance& instance);
    void log_interfaces_at_start(const std::vector<VrrpInstance*>& fresh);
    void log_source_change(std::string_view interface, Family family);
    vrrp::Priority effective_priority(const VrrpInstance& instance) const;

    void define_statics(const Shared<config::Config>& generation);
    void remove(VrrpInstance& instance);
    /// Its addresses, routes and rules: all of them, but of addresses only those that are there while they
    /// are kept from a crashed run.
    void define_objects(const VrrpInstance& instance);
    void rename(const config::Config& before, const config::Config& after, const config::Changes& instances);

    // vrrp_binding.cpp: what an instance has under its feet.
    void touch(VrrpInstance& instance);
    void touch_interface(std::string_view name);
    void reevaluate_dirty();
    void reevaluate(VrrpInstance& instance);
    vrrp::Fitness judge(VrrpInstance& instance);
    template <class Tell>
    void for_each_fault(const VrrpInstance& instance, const Tell& tell) const;
    void tell_tracker(track::Kind kind, std::string_view name, std::string_view state) const;
    void tell_tracker(track::Kind kind, std::string_view name, track::TrackedState state) const;
    std::optional<IpAddress> wanted_source(const VrrpInstance& instance) const;
    void bind(VrrpInstance& instance);
    void unbind(VrrpInstance& instance);
    uint32_t wanted_receive_buffer(const VrrpInstance& instance);
    void size_receive_buffer(VrrpInstance& instance, uint32_t wanted);
    void review_crowds();
    bool depends_on(const VrrpInstance& instance, std::string_view interface) const;
    std::set<std::string, std::less<>> taken_link_names(const config::Config& config,
                                                        const VrrpInstance* except) const;
    void lay_links(VrrpInstance& instance, const config::Config& config);
    Shared<InstanceLinks> shared_links(InstanceLinks links) const;
    void lay_links_again(VrrpInstance& instance, const config::Config& config);
    void define_links(const std::vector<VrrpInstance*>& instances);
    void define_sysctls(const config::Config& config);
    netstate::FirewallState wanted_firewall(const VrrpInstance* about_to_hold) const;
    netstate::FirewallState possible_firewall() const;
    std::vector<netstate::ProtectedAddress> protections(const VrrpInstance& instance) const;
    void refresh_firewall(const VrrpInstance* about_to_hold);
    void refresh_firewall_later();

    // vrrp_actions.cpp: events in, actions out.
    void on_frame(vrrp::ChannelId channel, const vrrp::ReceivedFrame& frame);
    void expired(VrrpInstance& instance);
    void run(VrrpInstance& instance, const vrrp::Event& event);
    void arm(VrrpInstance& instance);
    void perform_all(VrrpInstance& instance, const vrrp::Actions& actions);
    void perform(VrrpInstance& instance, const vrrp::SendAdvert& action);
    void send_copy(VrrpInstance& instance, vrrp::Priority priority, const vrrp::SendOptions& options);
    void perform(VrrpInstance& instance, const vrrp::InstallAddresses& action);
    void perform(VrrpInstance& instance, const vrrp::RemoveAddresses& action);
    void perform(VrrpInstance& instance, const vrrp::Announce& action);
    void perform(VrrpInstance& instance, const vrrp::CancelAnnouncements& action);
    void perform(VrrpInstance& instance, const vrrp::AnnounceSource& action);
    void perform(VrrpInstance& instance, const vrrp::StateChanged& action);
    void perform(VrrpInstance& instance, const vrrp::LowerPriorityReceived& action);
    void perform(VrrpInstance& instance, const vrrp::ContinueSequence& action);
    void perform(VrrpInstance& instance, const vrrp::EffectivePriorityChanged& action);
    void perform(VrrpInstance& instance, const vrrp::RequestGroup& action);
    void perform(VrrpInstance& instance, const vrrp::Log& action);
    void perform_group(VrrpGroup& group, const std::vector<vrrp::GroupAction>& actions);
    /// fifo_write_vrrp_states_on_reload.
    void repeat_states(const config::Config& before, const std::vector<VrrpInstance*>& fresh);
    void list_announcements(const VrrpInstance& instance);
    void announce(const VrrpInstance& instance, uint32_t repeat);
    void announce_elsewhere(VrrpInstance& instance);
    void protect(const VrrpInstance& instance, bool on);
    void log(std::string_view name, const vrrp::LogEvent& event);
    /// Gives up what a crashed run has left, unless this router is Master by now.
    void end_adoption(VrrpInstance& instance, std::string_view why);

    Edges& edges_;
    Network& network_;
    Notifications& notifications_;
    ScriptTrackers scripts_;
    Firewall firewall_;
    bool firewall_waits_ = false;
    FileTrackers files_;
    ProcessTrackers processes_;
    InterfaceStates interface_states_;
    using Followed = std::pair<track::Kind, std::string>;
    std::map<Followed, std::vector<VrrpInstance*>> followers_;  ///< Who follows it, configuration order.
    std::vector<std::unique_ptr<VrrpInstance>> instances_;      ///< Configuration order.
    std::map<std::string, std::unique_ptr<VrrpGroup>> groups_;
    struct OpenChannel {
        vrrp::ChannelSettings settings;
        vrrp::ChannelId id;
        uint32_t users = 0;
        uint64_t receive_buffer = 0;  ///< What its users ask for together.
        Duration patience{};          ///< That of its most impatient user.
    };
    OpenChannel* find_channel(vrrp::ChannelId id);
    std::string channel_text(const OpenChannel& open) const;
    std::vector<OpenChannel> channels_;                    ///< By id, the latest last.
    std::unordered_map<uint64_t, VrrpInstance*> by_vrid_;  ///< Channel and VRID.
    std::map<std::pair<std::string, Family>, std::optional<IpAddress>> known_sources_;  ///< As last logged.
    std::vector<vrrp::Announcement> announcements_;  ///< Of one instance, while they are given to the link.
    VrrpInstance::Expired expired_;                  ///< What an instance's timer does.
    io::TurnEnd reevaluate_at_turn_end_;
    io::TurnEnd review_at_turn_end_;  ///< Who is together with whom has changed.
    io::Timer startup_delay_over_;    ///< Only for its line in the log: each router keeps the delay itself.
    io::Timer open_again_;            ///< Sockets that could not be opened.
    std::vector<VrrpInstance*> dirty_;
    StateListener state_listener_;
    PriorityListener priority_listener_;
    GroupListener group_listener_;
    TrackerListener tracker_listener_;
    const VrrpInstance* group_trigger_ = nullptr;
    const VrrpInstance* installing_ = nullptr;  ///< Its addresses are being installed on becoming Master.
    std::map<std::string, bool, std::less<>> bfd_up_;  ///< What is known of BFD sessions; absent = down.
    config::GlobalSettings global_;
    Duration startup_delay_{};
    bool has_many_masters_ = false;
    bool stopping_ = false;
};

}  // namespace holdfast::app
