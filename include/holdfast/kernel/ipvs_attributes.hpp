// Netlink attributes (struct nlattr) as runs of bytes: a writer for requests and a reader that trusts no
// length. Unlike libnl's macros they work on unaligned memory and can be fuzzed without a message around.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace holdfast::kernel {

class AttributeWriter {
  public:
    explicit AttributeWriter(std::vector<uint8_t>& out) : out_(out) {}

    void bytes(uint16_t type, std::span<const uint8_t> payload) {
        const size_t start = begin(type);
        out_.insert(out_.end(), payload.begin(), payload.end());
        end(start);
    }
    /// An integer in host order, or a plain struct.
    template <class Value>
        requires std::is_trivially_copyable_v<Value>
    void value(uint16_t type, const Value& value) {
        uint8_t raw[sizeof(Value)];
        std::memcpy(raw, &value, sizeof raw);
        bytes(type, raw);
    }
    void big_endian16(uint16_t type, uint16_t value) {
        const uint8_t raw[] = {static_cast<uint8_t>(value >> 8U), static_cast<uint8_t>(value)};
        bytes(type, raw);
    }
    /// With the terminating zero the kernel wants.
    void text(uint16_t type, std::string_view text) {
        const size_t start = begin(type);
        out_.insert(out_.end(), text.begin(), text.end());
        out_.push_back(0);
        end(start);
    }
    /// Opens an attribute; what is written until `end(start)` is inside it.
    size_t begin(uint16_t type) {
        const size_t start = out_.size();
        out_.resize(start + 4);
        std::memcpy(&out_[start + 2], &type, sizeof type);
        return start;
    }
    void end(size_t start) {
        const auto length = static_cast<uint16_t>(out_.size() - start);
        std::memcpy(&out_[start], &length, sizeof length);
        out_.resize((out_.size() + 3) & ~size_t{3});
    }

  private:
    std::vector<uint8_t>& out_;
};

struct Attribute {
    uint16_t type = 0;
    std::span<const uint8_t> payload;

    template <class Value>
        requires std::is_trivially_copyable_v<Value>
    std::optional<Value> value() const {
        if (payload.size() < sizeof(Value)) return std::nullopt;
        Value result;
        std::memcpy(&result, payload.data(), sizeof result);
        return result;
    }
    std::optional<uint16_t> big_endian16() const {
        if (payload.size() < 2) return std::nullopt;
        return static_cast<uint16_t>(payload[0] << 8U | payload[1]);
    }
    /// Up to the first zero byte or the end.
    std::string_view text() const {
        const std::string_view all(reinterpret_cast<const char*>(payload.data()), payload.size());
        return all.substr(0, all.find('\0'));
    }
};

/// Calls `visit` for each attribute; false when a length is impossible (what came before was visited).
template <class Visit>
bool for_each_attribute(std::span<const uint8_t> data, Visit visit) {
    constexpr uint16_t kTypeMask = 0x3fff;  // Without NLA_F_NESTED and NLA_F_NET_BYTEORDER.
    while (data.size() >= 4) {
        uint16_t length = 0;
        uint16_t type = 0;
        std::memcpy(&length, data.data(), sizeof length);
        std::memcpy(&type, data.data() + 2, sizeof type);
        if (length < 4 || length > data.size()) return false;
        visit(Attribute{static_cast<uint16_t>(type & kTypeMask), data.subspan(4, length - 4U)});
        const size_t aligned = (length + size_t{3}) & ~size_t{3};
        if (aligned >= data.size()) return true;
        data = data.subspan(aligned);
    }
    return data.empty();
}

}  // namespace holdfast::kernel
