// netstate::FirewallKernel on nftables (libnftables): one transaction of the kernel for each call, in the
// words of nft(8). And the one of the host, which is nftables or iptables as the settings say.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "holdfast/io/event_loop.hpp"
#include "holdfast/kernel/iptables_firewall.hpp"
#include "holdfast/kernel/nft_library.hpp"
#include "holdfast/kernel/nft_monitor.hpp"
#include "holdfast/netstate/firewall.hpp"

namespace holdfast::kernel {

/// The operations as commands of nft(8), one a line. Interfaces are written by index, because names may have
/// changed or gone meanwhile.
std::string nft_script(const netstate::FirewallSettings& settings,
                       std::span<const netstate::FirewallOperation> operations);

class NftFirewall final : public netstate::FirewallKernel {
  public:
    Result<> apply(const netstate::FirewallSettings& settings,
                   std::span<const netstate::FirewallOperation> operations) override;

  private:
    NftLibrary library_;
};

/// Passes operations on to nftables or iptables, and watches the tables of nftables once there are some.
class HostFirewall final : public netstate::FirewallKernel {
  public:
    explicit HostFirewall(io::EventLoop& loop) : loop_(loop) {}

    Result<> apply(const netstate::FirewallSettings& settings,
                   std::span<const netstate::FirewallOperation> operations) override;
    bool has_iptables() override { return iptables_.has_iptables(); }
    std::vector<std::string> take_notices() override;
    void on_foreign_change(std::function<void(const std::string& program)> handler) override {
        handler_ = std::move(handler);
    }

  private:
    io::EventLoop& loop_;
    NftFirewall nftables_;
    IptablesFirewall iptables_;
    std::function<void(const std::string&)> handler_;
    std::unique_ptr<NftMonitor> monitor_;
    bool is_unwatched_ = false;  // It could not be opened; said once.
    std::vector<std::string> notices_;
};

}  // namespace holdfast::kernel
