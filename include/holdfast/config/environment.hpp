// What the meaning of a configuration depends on besides its text: interfaces, users, the rights of script
// files. The parser asks through this narrow class, so a test, a simulation or `-t` in a container decides
// the answers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/result.hpp"

namespace holdfast::config {

/// An interface as far as the parser cares.
struct InterfaceFacts {
    bool loopback = false;
    bool multicast = true;         ///< IFF_MULTICAST
    bool lacks_arp = false;        ///< IFF_NOARP, and not a link to a single peer, which needs none.
    bool ethernet = true;          ///< ARPHRD_ETHER: what a VMAC can stand on.
    bool vmac = false;             ///< A macvlan or ipvlan of any mode.
    bool private_macvlan = false;  ///< What `use_vmac` may adopt.
    bool l2_ipvlan = false;        ///< What `use_ipvlan` may adopt.
    uint32_t mtu = 1500;
    uint32_t vrf_table = 0;  ///< Routing table of a VRF device, 0 for any other device.
    /// What adverts would come from: the first IPv4 address, the first link-local IPv6 address.
    std::optional<IpAddress> source4{};
    std::optional<IpAddress> source6{};
    /// The interface below a macvlan or ipvlan; empty for any other device.
    std::string below{};
};

struct UserFacts {
    uint32_t uid = 0;
    uint32_t gid = 0;  ///< The primary group.
};

enum class FileKind : uint8_t { missing, regular, directory, fifo, other };

/// One component of a path, or a whole file, as stat(2) sees it.
struct FileFacts {
    FileKind kind = FileKind::missing;
    uint32_t uid = 0;
    uint32_t gid = 0;
    uint32_t mode = 0;           ///< Permission bits, 07777.
    bool symbolic_link = false;  ///< The name itself is a link; the other members describe its target.
    /// inotify cannot watch this file system (proc, sysfs, nfs, fuse ...) or it is read-only.
    bool unwatchable = false;
};

/// The name tables of iproute2.
enum class NameTable : uint8_t { route_tables, route_protocols, scopes, realms, dsfield, groups };

/// Where iproute2 keeps its name tables (`iproute_usr_dir`, `iproute_etc_dir`); empty = the usual places.
struct NameFolders {
    std::string vendor{};
    std::string site{};
};

/// Questions only; nothing here changes anything. Answers are asked during one load() and not kept.
class Environment {
  public:
    Environment() = default;
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    virtual ~Environment() = default;

    /// The node's name, default of router_id.
    virtual std::string host_name() const = 0;
    /// Nothing when there is no such interface now.
    virtual std::optional<InterfaceFacts> interface(std::string_view name) const = 0;
    virtual std::optional<UserFacts> user(std::string_view name) const = 0;
    virtual std::optional<uint32_t> group(std::string_view name) const = 0;
    /// stat(2) of `path`, following links, with `symbolic_link` from lstat(2).
    virtual FileFacts file(const std::string& path) const = 0;
    /// The path with every link resolved; empty when it does not exist.
    virtual std::string real_path(const std::string& path) const = 0;
    /// The whole of a small file (auth_hmac keys), at most `limit` bytes; an error when it is longer.
    virtual Result<std::string> contents(const std::string& path, size_t limit) const = 0;
    /// Directories of $PATH; a command without a slash is looked for there.
    virtual std::vector<std::string> search_path() const = 0;
    /// The number behind a name of iproute2's tables (rt_tables, rt_protos, rt_scopes, rt_realms, rt_dsfield,
    /// group).
    virtual std::optional<uint32_t> named_number(NameTable table, std::string_view name) const = 0;
    /// The same with the tables in other places.
    virtual std::optional<uint32_t> named_number_in(const NameFolders& /*folders*/, NameTable table,
                                                    std::string_view name) const {
        return named_number(table, name);
    }
    /// Resolves a host name (smtp_server); may block. Nothing when it has no address.
    virtual std::optional<IpAddress> resolve(const std::string& name) const = 0;
    virtual uint32_t effective_uid() const = 0;
    virtual uint32_t processor_count() const = 0;
    /// An environment variable, for `${_ENV NAME}`.
    virtual std::optional<std::string> variable(std::string_view name) const = 0;
    /// A number in [min, max], for `${_RANDOM}`.
    virtual uint64_t random(uint64_t min, uint64_t max) const = 0;
};

/// The machine the process runs on. Interfaces are read once, at the first question, so one object answers
/// one load.
class SystemEnvironment : public Environment {
  public:
    SystemEnvironment();
    ~SystemEnvironment() override;
    std::string host_name() const override;
    std::optional<InterfaceFacts> interface(std::string_view name) const override;
    std::optional<UserFacts> user(std::string_view name) const override;
    std::optional<uint32_t> group(std::string_view name) const override;
    FileFacts file(const std::string& path) const override;
    std::string real_path(const std::string& path) const override;
    Result<std::string> contents(const std::string& path, size_t limit) const override;
    std::vector<std::string> search_path() const override;
    std::optional<uint32_t> named_number(NameTable table, std::string_view name) const override;
    std::optional<uint32_t> named_number_in(const NameFolders& folders, NameTable table,
                                            std::string_view name) const override;
    std::optional<IpAddress> resolve(const std::string& name) const override;
    uint32_t effective_uid() const override;
    uint32_t processor_count() const override;
    std::optional<std::string> variable(std::string_view name) const override;
    uint64_t random(uint64_t min, uint64_t max) const override;

  private:
    mutable std::unique_ptr<std::map<std::string, InterfaceFacts, std::less<>>> interfaces_;
};

}  // namespace holdfast::config
