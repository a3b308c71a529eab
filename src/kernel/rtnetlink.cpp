#include "holdfast/kernel/rtnetlink.hpp"

#include <fmt/format.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "holdfast/kernel/rtnetlink_codec.hpp"
#include "netlink_attributes.hpp"
#include "netlink_socket.hpp"
#include "rtnetlink_requests.hpp"

namespace holdfast::kernel {

using namespace netstate;

namespace {

/// Reads per turn, of up to 8 messages each: after that the loop shall see to its timers. What remains keeps
/// the socket readable.
constexpr int kReadsPerTurn = 2048;

constexpr std::array kLinkAndAddressGroups{RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR};
constexpr std::array kRouteGroups{RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
                                  RTNLGRP_IPV6_RULE};

}  // namespace

/// The half that listens.
class RouteNetlink::Monitor {
  public:
    static Result<std::unique_ptr<Monitor>> open(io::EventLoop& loop, const RouteNetlinkSettings& settings) {
        auto socket = NetlinkSocket::open(settings.monitor_buffer, settings.force_monitor);
        if (!socket) return Failure(std::move(socket.error()));
        for (const auto group : kLinkAndAddressGroups)
            if (nl_socket_add_membership(socket->get(), group) != 0)
                return fail_errno("cannot listen to the kernel's network news", errno);
        return std::make_unique<Monitor>(loop, *std::move(socket));
    }

    Monitor(io::EventLoop& loop, NetlinkSocket socket)
        : loop_(loop),
          socket_(std::move(socket)),
          watch_(loop, socket_.fd(), {.readable = true}, [this](io::Events) { deliver(); }) {}

    void set_listener(ChangeListener* listener) { listener_ = listener; }

    void watch_protocols(std::span<const uint8_t> protocols) {
        protocols_.assign(protocols.begin(), protocols.end());
        // A router with a full table reports thousands of routes; without any of ours we need not hear them.
        const bool wanted = !protocols_.empty();
        if (std::exchange(hears_routes_, wanted) == wanted) return;
        for (const auto group : kRouteGroups) {
            if (wanted)
                (void)nl_socket_add_membership(socket_.get(), group);
            else
                (void)nl_socket_drop_membership(socket_.get(), group);
        }
    }
    std::span<const uint8_t> protocols() const { return protocols_; }

    void deliver() {
        // The listener asks for changes from within a batch when it has made some; they are read by the same
        // loop.
        if (is_delivering_) return;
        is_delivering_ = true;
        const Instant now = loop_.now();
        if (listener_ != nullptr) listener_->on_changes_begin(now);
        read_news();
        is_delivering_ = false;
        if (listener_ != nullptr) listener_->on_changes_end(now);
    }

    uint64_t overruns() const { return overruns_; }

    void read_news() {
        for (int reads = 0; reads < kReadsPerTurn; ++reads) {
            const auto read = socket_.read([this](std::span<const uint8_t> message) { tell(message); });
            if (read == NetlinkSocket::Read::overrun) {
                ++overruns_;
                is_behind_ = true;
                if (listener_ != nullptr) listener_->on_overrun();
            } else if (read != NetlinkSocket::Read::some) {
                // News older than the dump may undo in the mirror what the lost news had done. Only a dump
                // after the last of it is right for good.
                if (std::exchange(is_behind_, false) && listener_ != nullptr) listener_->on_overrun();
                break;
            }
        }
    }

  private:
    bool is_ours(uint8_t protocol) const {
        return std::ranges::find(protocols_, protocol) != protocols_.end();
    }

    void tell(std::span<const uint8_t> bytes) {
        if (listener_ == nullptr || is_foreign_route(bytes)) return;
        const RouteNews news = decode_news(bytes);
        if (const auto* link = std::get_if<LinkInfo>(&news.object)) {
            news.removed ? listener_->on_link_removed(link->index) : listener_->on_link(*link);
        } else if (const auto* address = std::get_if<KernelAddress>(&news.object)) {
            news.removed ? listener_->on_address_removed(*address, news.requester)
                         : listener_->on_address(*address);
        } else if (const auto* route = std::get_if<KernelRoute>(&news.object)) {
            news.removed ? listener_->on_route_removed(*route, news.requester) : listener_->on_route(*route);
        } else if (const auto* rule = std::get_if<KernelRule>(&news.object);
                   rule != nullptr && is_ours(rule->protocol)) {
            news.removed ? listener_->on_rule_removed(*rule, news.requester) : listener_->on_rule(*rule);
        }
    }

    /// Seen in the fixed header, before anything is decoded: most routes are not ours.
    bool is_foreign_route(std::span<const uint8_t> bytes) const {
        const NetlinkHeader message(bytes);
        if (message.type() != RTM_NEWROUTE && message.type() != RTM_DELROUTE) return false;
        const auto header = message.family_header<rtmsg>();
        return !header || !is_ours(header->rtm_protocol);
    }

    io::EventLoop& loop_;
    NetlinkSocket socket_;
    ChangeListener* listener_ = nullptr;
    std::vector<uint8_t> protocols_;
    bool hears_routes_ = false;
    bool is_delivering_ = false;
    bool is_behind_ = false;  // Since an overrun the socket has not been empty.
    uint64_t overruns_ = 0;
    io::Watch watch_;
};

Result<std::unique_ptr<RouteNetlink>> RouteNetlink::open(io::EventLoop& loop,
                                                         const RouteNetlinkSettings& settings) {
    auto requests = Requests::open(settings);
    if (!requests) return Failure(std::move(requests.error()));
    auto monitor = Monitor::open(loop, settings);
    if (!monitor) return Failure(std::move(monitor.error()));
    return std::make_unique<RouteNetlink>(Opened{}, *std::move(requests), *std::move(monitor));
}

RouteNetlink::RouteNetlink(Opened, std::unique_ptr<Requests> requests, std::unique_ptr<Monitor> monitor)
    : requests_(std::move(requests)), monitor_(std::move(monitor)) {}

RouteNetlink::~RouteNetlink() = default;

void RouteNetlink::set_listener(ChangeListener* listener) {
    monitor_->set_listener(listener);
}

void RouteNetlink::watch_protocols(std::span<const uint8_t> protocols) {
    monitor_->watch_protocols(protocols);
}

Result<KernelState> RouteNetlink::dump() {
    return requests_->dump(monitor_->protocols());
}

std::vector<Result<>> RouteNetlink::apply(std::span<const Operation> operations) {
    return requests_->apply(operations);
}

void RouteNetlink::deliver_changes() {
    monitor_->deliver();
}

void RouteNetlink::complete_news() {
    requests_->wait_for_kernel();
    monitor_->read_news();
}

std::string RouteNetlink::requester_name(uint32_t port) const {
    std::ifstream file(fmt::format("/proc/{}/comm", port));
    std::string name;
    std::getline(file, name);
    return name;
}

uint64_t RouteNetlink::overruns() const {
    return monitor_->overruns();
}

}  // namespace holdfast::kernel
