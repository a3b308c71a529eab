// A netlink message under construction: libnl's nl_msg with an owner.
#pragma once

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "holdfast/base/address.hpp"
#include "holdfast/base/require.hpp"

namespace holdfast::kernel {

class NetlinkMessage {
  public:
    /// `room` bytes suffice for the whole message, or adding to it is a broken rule.
    NetlinkMessage(int type, int flags, uint32_t sequence, size_t room) : message_(nlmsg_alloc_size(room)) {
        if (!message_) throw std::bad_alloc();
        put(nlmsg_put(message_.get(), NL_AUTO_PORT, sequence, type, 0, flags) != nullptr);
        nlmsg_hdr(message_.get())->nlmsg_pid = 0;  // Filled in by the kernel from the socket.
    }

    /// The family's fixed header.
    template <class Header>
    void header(const Header& header) {
        put(nlmsg_append(message_.get(), const_cast<Header*>(&header), sizeof header, NLMSG_ALIGNTO) == 0);
    }
    template <class T>
    void value(int attribute, const T& value) {
        put(nla_put(message_.get(), attribute, sizeof value, &value) == 0);
    }
    void address(int attribute, const IpAddress& address) {
        put(nla_put(message_.get(), attribute, static_cast<int>(address.bytes().size()),
                    address.bytes().data()) == 0);
    }
    void text(int attribute, const std::string& text) {
        put(nla_put_string(message_.get(), attribute, text.c_str()) == 0);
    }
    void raw(int attribute, std::span<const uint8_t> bytes) {
        put(nla_put(message_.get(), attribute, static_cast<int>(bytes.size()), bytes.data()) == 0);
    }
    nlattr* begin_nest(int attribute) {
        nlattr* nest = nla_nest_start(message_.get(), attribute);
        put(nest != nullptr);
        return nest;
    }
    void end_nest(nlattr* nest) { nla_nest_end(message_.get(), nest); }
    /// Room for a structure that is followed by attributes and knows its own length.
    void* reserve(size_t size) {
        void* place = nlmsg_reserve(message_.get(), size, NLMSG_ALIGNTO);
        put(place != nullptr);
        return place;
    }
    /// Where the next byte will go.
    const uint8_t* tail() const { return static_cast<const uint8_t*>(nlmsg_tail(nlmsg_hdr(message_.get()))); }

    std::span<const uint8_t> bytes() const {
        const nlmsghdr* header = nlmsg_hdr(message_.get());
        return {reinterpret_cast<const uint8_t*>(header), header->nlmsg_len};
    }

  private:
    static void put(bool done) { require(done, "a netlink message has room for its attributes"); }

    struct Free {
        void operator()(nl_msg* message) const { nlmsg_free(message); }
    };
    std::unique_ptr<nl_msg, Free> message_;
};

}  // namespace holdfast::kernel
