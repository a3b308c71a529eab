// Notices that somebody else has removed something from our nftables tables ("nft flush ruleset", "nft delete
// element ..."): the kernel tells every change of rules to the multicast group NFNLGRP_NFTABLES.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/io/event_loop.hpp"

namespace holdfast::kernel {

/// What the messages of the group say about one table. Pure.
class NftNews {
  public:
    /// Reads a datagram of messages; what is not understood is passed over.
    void read(std::span<const uint8_t> messages, std::string_view table);
    /// The netlink port of the last one who has made the table; 0 = nobody has.
    uint32_t maker() const { return maker_; }
    /// Who has removed something from the table, `own_port` aside: the program's name, "" when it is not
    /// known.
    std::optional<std::string> remover(uint32_t own_port) const;

  private:
    struct Removal {
        uint32_t port = 0;
        std::string program;  // Told at the end of its transaction.
    };
    std::vector<Removal> removals_;
    uint32_t maker_ = 0;
};

class NftMonitor {
  public:
    using Handler = std::function<void(const std::string& program)>;

    /// Listens in the calling thread's network namespace. The handler is called from the loop.
    static Result<std::unique_ptr<NftMonitor>> open(io::EventLoop& loop, Handler handler);
    NftMonitor(const NftMonitor&) = delete;
    NftMonitor& operator=(const NftMonitor&) = delete;

    /// Runs a transaction of ours on `table`, which is watched from then on. What the kernel tells of it is
    /// told apart from the doings of others by the netlink port of who has made the table.
    Result<> during(const std::string& table, const std::function<Result<>()>& transaction);

  private:
    NftMonitor(io::EventLoop& loop, io::Fd socket, Handler handler);
    NftNews drain();
    void tell();

    io::Fd socket_;
    Handler handler_;
    std::string table_;
    uint32_t own_port_ = 0;
    std::optional<std::string> culprit_;
    io::TurnEnd tell_;
    io::Watch watch_;
};

}  // namespace holdfast::kernel
