// One dump of a kernel table as it is read, message by message: when it is over, and whether it can be
// believed. A table that changes while it is dumped may show an object twice or not at all; the kernel says
// so (NLM_F_DUMP_INTR, rtnetlink(7)), and the dump has to be repeated.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"

namespace holdfast::kernel {

class NetlinkDump {
  public:
    /// `sequence`: of the request. Other messages are not of this dump and are passed over.
    explicit NetlinkDump(uint32_t sequence) : sequence_(sequence) {}

    /// One message, with whatever follows it in the buffer.
    void take(std::span<const uint8_t> message);
    bool is_done() const { return is_done_; }
    /// Once done: true when nothing changed in the table meanwhile, false when it must be read again; fails
    /// when the kernel refused.
    Result<bool> verdict() const;
    /// The objects, each a netlink message. Only of a dump that can be believed.
    const std::vector<std::vector<uint8_t>>& objects() const { return objects_; }

  private:
    uint32_t sequence_;
    bool is_done_ = false;
    bool is_interrupted_ = false;
    int error_ = 0;
    std::vector<std::vector<uint8_t>> objects_;
};

}  // namespace holdfast::kernel
