// The links of a simulated node: adverts and announcements (vrrp::Link), BFD datagrams (bfd::Link). What is
// queued in a socket while the daemon stands still waits here.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "holdfast/bfd/link.hpp"
#include "holdfast/vrrp/link.hpp"
#include "world.hpp"

namespace holdfast::sim {

class SimLink final : public vrrp::Link {
  public:
    SimLink(World& world, Node& node) : world_(world), node_(node) {}

    Result<vrrp::ChannelId> open_channel(const vrrp::ChannelSettings& settings) override;
    void close_channel(vrrp::ChannelId channel) override;
    void on_receive(ReceiveHandler handler) override { receive_ = std::move(handler); }
    void on_send_error(SendErrorHandler) override {}
    void send(vrrp::ChannelId channel, const vrrp::SendOptions& options,
              std::span<const uint8_t> packet) override;
    Result<> announce(std::span<const vrrp::Announcement> batch, uint32_t repeat) override;
    void cancel_announcements(std::span<const vrrp::Announcement>) override {}
    void flush() override;
    void drain() override;

    void receive(const std::string& interface, const vrrp::SendOptions& options,
                 const std::vector<uint8_t>& payload, uint8_t protocol);
    /// Into the buffer of the socket that `socket` names. A full one loses what comes, as the kernel's do.
    void keep(const std::string& socket, std::function<void()> deliver) {
        constexpr size_t kSocketBuffer = 250;
        if (++kept_[socket] <= kSocketBuffer) inbox_.push_back(std::move(deliver));
    }

  private:
    struct Queued {
        vrrp::ChannelId channel;
        vrrp::SendOptions options;
        std::vector<uint8_t> packet;
    };
    World& world_;
    Node& node_;
    std::map<uint32_t, vrrp::ChannelSettings> channels_;
    uint32_t last_ = 0;
    std::vector<Queued> queue_;
    std::vector<std::function<void()>> inbox_;
    std::map<std::string, size_t> kept_;
    ReceiveHandler receive_;
};

class SimBfdLink final : public bfd::Link {
  public:
    SimBfdLink(World& world, Node& node) : world_(world), node_(node) {}

    Result<bfd::ChannelId> open_channel(const bfd::ChannelSettings& settings) override;
    void close_channel(bfd::ChannelId channel) override { channels_.erase(channel.value); }
    Result<> send(bfd::ChannelId channel, std::span<const uint8_t> packet) override;
    void on_receive(ReceiveHandler handler) override { receive_ = std::move(handler); }

    void receive(const bfd::ReceivedDatagram& datagram);

  private:
    World& world_;
    Node& node_;
    std::map<uint32_t, bfd::ChannelSettings> channels_;
    uint32_t last_ = 0;
    ReceiveHandler receive_;
};

}  // namespace holdfast::sim
