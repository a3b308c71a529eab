// What is run or told on a transition: commands, FIFOs, mail.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/rare.hpp"

namespace holdfast::notify {

/// Whom a command runs as. Unset ids mean the daemon's own.
struct Identity {
    std::string user;  ///< As configured, for logs; empty = default.
    std::string group;
    std::optional<uint32_t> uid;
    std::optional<uint32_t> gid;
    bool supplementary_groups = false;
    friend bool operator==(const Identity&, const Identity&) = default;
};

/// A command already split into words. Empty `arguments` means none configured.
struct Command {
    std::vector<std::string> arguments;  ///< arguments[0] is the program.
    Identity identity;
    /// The file to execute when it differs from arguments[0], which stays what the program sees as its name:
    /// links are resolved when the configuration is read (unless use_symlink_paths), so that nobody exchanges
    /// one later.
    std::string path;
    bool empty() const { return arguments.empty(); }
    /// For logs and dumps, as keepalived writes it: every word in single quotes (one inside becomes '\''),
    /// joined by blanks; a first word beginning with < or > stays bare.
    std::string to_string() const;
    friend bool operator==(const Command&, const Command&) = default;
};

/// The notify_* keywords of an instance or a sync group.
struct ScriptSettings {
    Rare<Command> master;
    Rare<Command> backup;
    Rare<Command> fault;
    Rare<Command> stop;
    Rare<Command> deleted;
    Rare<Command> generic;  ///< notify
    Rare<Command> master_rx_lower_pri;
    bool notify_deleted = false;           ///< Bare notify_deleted.
    std::optional<bool> priority_changes;  ///< notify_priority_changes; unset = inherit.
    std::optional<bool> smtp_alert;        ///< unset = inherit.
    friend bool operator==(const ScriptSettings&, const ScriptSettings&) = default;
};

struct FifoSettings {
    std::string path;
    Identity owner;
    Rare<Command> script;
    friend bool operator==(const FifoSettings&, const FifoSettings&) = default;
};

struct MailSettings {
    std::vector<std::string> recipients;
    std::string from;
    std::string server_name;  ///< As configured.
    std::optional<IpAddress> server;
    uint16_t port = 25;
    std::string helo_name;
    std::chrono::seconds timeout{30};
    friend bool operator==(const MailSettings&, const MailSettings&) = default;
};

}  // namespace holdfast::notify
