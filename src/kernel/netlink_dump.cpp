#include "holdfast/kernel/netlink_dump.hpp"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>

#include "netlink_attributes.hpp"

namespace holdfast::kernel {

void NetlinkDump::take(std::span<const uint8_t> bytes) {
    const NetlinkHeader message(bytes);
    if (!message.is_valid() || message.sequence() != sequence_ || is_done_) return;
    is_interrupted_ = is_interrupted_ || (message.flags() & NLM_F_DUMP_INTR) != 0;
    if (message.type() == NLMSG_ERROR) {
        const auto status = message.family_header<int>();
        error_ = status ? -*status : EBADMSG;
        is_done_ = true;
    } else if (message.type() == NLMSG_DONE) {
        const auto status = message.family_header<int>();
        if (status && *status < 0) error_ = -*status;
        is_done_ = true;
    } else {
        const auto object = bytes.first(std::min(message.step(), bytes.size()));
        objects_.emplace_back(object.begin(), object.end());
    }
}

Result<bool> NetlinkDump::verdict() const {
    // Some tables end an interrupted dump early and say so.
    if (error_ == EINTR) return false;
    if (error_ != 0) return fail_errno("netlink dump", error_);
    return !is_interrupted_;
}

}  // namespace holdfast::kernel
