// The kernel's IPVS table by generic netlink (family "IPVS", linux/ip_vs.h, net/netfilter/ipvs/ip_vs_ctl.c).
// Requests go out many in one message run, their acknowledgements are matched by sequence number.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/ipvs/kernel.hpp"
#include "holdfast/kernel/nft_library.hpp"

namespace holdfast::kernel {

class IpvsChannel;

/// The commands of nft(8) that make the marking what `table` says. Names are keepalived's.
std::string mark_script(const ipvs::MarkTable& table);

class IpvsTable final : public ipvs::TableKernel {
  public:
    /// How the ip_vs module is loaded when the kernel does not know the family; by default `modprobe ip_vs`.
    using ModuleLoader = std::function<bool()>;

    IpvsTable();
    explicit IpvsTable(ModuleLoader load_module);
    /// The table of another network namespace (`net_namespace_ipvs`, see kernel/net_namespace.hpp); without a
    /// name, of our own.
    explicit IpvsTable(const std::optional<std::string>& net_namespace);
    ~IpvsTable() override;
    IpvsTable(const IpvsTable&) = delete;
    IpvsTable& operator=(const IpvsTable&) = delete;

    Result<> available() override;
    Result<ipvs::Info> info() override;
    Result<ipvs::Table> dump() override;
    Result<std::optional<ipvs::Service>> read(const ipvs::ServiceKey& key) override;
    std::vector<Result<>> apply(std::span<const ipvs::Operation> operations) override;
    Result<> flush() override;
    Result<> set_marks(const ipvs::MarkTable& table) override;
    Result<ipvs::Timeouts> timeouts() override;
    Result<> set_timeouts(const ipvs::Timeouts& timeouts) override;
    Result<std::vector<ipvs::SyncDaemon>> sync_daemons() override;
    Result<> start_sync_daemon(const ipvs::SyncDaemon& daemon) override;
    Result<> stop_sync_daemon(ipvs::SyncRole role) override;

  private:
    /// Opens the channel if it is not open yet; null never.
    Result<IpvsChannel*> channel();
    Result<std::vector<ipvs::Destination>> destinations(IpvsChannel& channel, const ipvs::ServiceKey& key);

    Result<std::unique_ptr<IpvsChannel>> open() const;

    ModuleLoader load_module_;
    std::optional<std::string> net_namespace_;
    std::unique_ptr<IpvsChannel> channel_;
    NftLibrary nftables_;
};

}  // namespace holdfast::kernel
