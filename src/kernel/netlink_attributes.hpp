// Reading netlink messages without trusting a length in them.
#pragma once

#include <linux/netlink.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "holdfast/base/address.hpp"

namespace holdfast::kernel {

/// The attributes of a message or a nest by number; the last one of a number counts, those above `Max` are
/// unknown and skipped, and a malformed one ends the list.
template <int Max>
class NetlinkAttributes {
  public:
    explicit NetlinkAttributes(std::span<const uint8_t> list) {
        while (list.size() >= NLA_HDRLEN) {
            nlattr header;
            std::memcpy(&header, list.data(), sizeof header);
            if (header.nla_len < NLA_HDRLEN || header.nla_len > list.size()) return;
            const int number = header.nla_type & NLA_TYPE_MASK;
            if (number <= Max) {
                content_[static_cast<size_t>(number)] = list.subspan(NLA_HDRLEN, header.nla_len - NLA_HDRLEN);
                present_[static_cast<size_t>(number)] = true;
            }
            const size_t step = NLA_ALIGN(size_t{header.nla_len});
            if (step >= list.size()) return;
            list = list.subspan(step);
        }
    }

    bool has(int number) const { return present_[static_cast<size_t>(number)]; }
    std::span<const uint8_t> bytes(int number) const { return content_[static_cast<size_t>(number)]; }
    /// Nothing when absent or shorter than T.
    template <class T>
    std::optional<T> value(int number) const {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto content = bytes(number);
        if (content.size() < sizeof(T)) return std::nullopt;
        T value;
        std::memcpy(&value, content.data(), sizeof value);
        return value;
    }
    /// Up to the first NUL.
    std::string text(int number) const {
        const auto content = bytes(number);
        const auto* begin = reinterpret_cast<const char*>(content.data());
        return content.empty() ? std::string() : std::string(begin, strnlen(begin, content.size()));
    }
    std::optional<IpAddress> address(int number, Family family) const {
        const auto content = bytes(number);
        if (content.size() != (family == Family::ipv4 ? 4U : 16U)) return std::nullopt;
        return IpAddress::from_bytes(content);
    }

  private:
    std::array<std::span<const uint8_t>, Max + 1> content_{};
    std::array<bool, Max + 1> present_{};
};

/// One message of a run: its header, the header of its family, its attributes.
class NetlinkHeader {
  public:
    /// The message at the front of `bytes`, if it is whole.
    explicit NetlinkHeader(std::span<const uint8_t> bytes) {
        if (bytes.size() < sizeof header_) return;
        std::memcpy(&header_, bytes.data(), sizeof header_);
        if (header_.nlmsg_len < sizeof header_ || header_.nlmsg_len > bytes.size()) return;
        body_ = bytes.subspan(sizeof header_, header_.nlmsg_len - sizeof header_);
        is_valid_ = true;
    }

    bool is_valid() const { return is_valid_; }
    uint16_t type() const { return header_.nlmsg_type; }
    uint16_t flags() const { return header_.nlmsg_flags; }
    uint32_t sequence() const { return header_.nlmsg_seq; }
    uint32_t port() const { return header_.nlmsg_pid; }
    /// Distance to the next message of the run.
    size_t step() const { return NLMSG_ALIGN(size_t{header_.nlmsg_len}); }
    std::span<const uint8_t> body() const { return body_; }

    /// Nothing when the message is too short for it.
    template <class T>
    std::optional<T> family_header() const {
        static_assert(std::is_trivially_copyable_v<T>);
        if (body_.size() < sizeof(T)) return std::nullopt;
        T value;
        std::memcpy(&value, body_.data(), sizeof value);
        return value;
    }
    template <class T>
    std::span<const uint8_t> attributes() const {
        const size_t skip = NLMSG_ALIGN(sizeof(T));
        return body_.size() < skip ? std::span<const uint8_t>() : body_.subspan(skip);
    }

  private:
    nlmsghdr header_{};
    std::span<const uint8_t> body_;
    bool is_valid_ = false;
};

}  // namespace holdfast::kernel
