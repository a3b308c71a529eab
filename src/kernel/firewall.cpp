#include "holdfast/kernel/firewall.hpp"

#include <utility>

namespace holdfast::kernel {

Result<> NftFirewall::apply(const netstate::FirewallSettings& settings,
                            std::span<const netstate::FirewallOperation> operations) {
    if (operations.empty()) return {};
    return library_.run(nft_script(settings, operations));
}

Result<> HostFirewall::apply(const netstate::FirewallSettings& settings,
                             std::span<const netstate::FirewallOperation> operations) {
    if (settings.iptables) return iptables_.apply(settings, operations);
    if (monitor_ == nullptr && !is_unwatched_ && handler_) {
        auto opened = NftMonitor::open(loop_, [this](const std::string& program) {
            if (handler_) handler_(program);
        });
        is_unwatched_ = !opened;
        if (opened) {
            monitor_ = *std::move(opened);
        } else {
            notices_.push_back(opened.error().message);
        }
    }
    const auto transaction = [&] { return nftables_.apply(settings, operations); };
    return monitor_ == nullptr ? transaction() : monitor_->during(settings.table, transaction);
}

std::vector<std::string> HostFirewall::take_notices() {
    std::vector<std::string> all = std::exchange(notices_, {});
    for (std::string& notice : iptables_.take_notices()) all.push_back(std::move(notice));
    return all;
}

}  // namespace holdfast::kernel
