// netstate::FirewallKernel on nftables (libnftables): one transaction of the kernel for each call, in the
// words of nft(8).
#pragma once

#include <memory>
#include <span>
#include <string>

#include "holdfast/netstate/firewall.hpp"

namespace holdfast::kernel {

/// The operations as commands of nft(8), one a line. Interfaces are written by index, because names may have
/// changed or gone meanwhile.
std::string nft_script(const netstate::FirewallSettings& settings,
                       std::span<const netstate::FirewallOperation> operations);

class NftFirewall final : public netstate::FirewallKernel {
  public:
    NftFirewall();
    ~NftFirewall() override;

    /// Loads libnftables with the first call: a router without rules does not pay for it.
    Result<> apply(const netstate::FirewallSettings& settings,
                   std::span<const netstate::FirewallOperation> operations) override;

  private:
    class Library;
    std::unique_ptr<Library> library_;
};

}  // namespace holdfast::kernel
