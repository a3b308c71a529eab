// Reading and writing packets without trusting a length. All integers are in network order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace holdfast {

/// Takes integers and byte runs off the front of a buffer. A read past the end sets `failed()`, returns zeros
/// or an empty run, and everything after it fails too, so one check at the end is enough.
class ByteReader {
  public:
    explicit constexpr ByteReader(std::span<const uint8_t> data) : data_(data) {}

    constexpr uint8_t u8() { return static_cast<uint8_t>(number(1)); }
    constexpr uint16_t u16() { return static_cast<uint16_t>(number(2)); }
    constexpr uint32_t u32() { return static_cast<uint32_t>(number(4)); }
    constexpr std::span<const uint8_t> bytes(size_t count) {
        if (count > remaining()) {
            failed_ = true;
            offset_ = data_.size();
            return {};
        }
        auto run = data_.subspan(offset_, count);
        offset_ += count;
        return run;
    }
    constexpr void skip(size_t count) { (void)bytes(count); }
    constexpr size_t remaining() const { return data_.size() - offset_; }
    constexpr size_t offset() const { return offset_; }
    constexpr bool failed() const { return failed_; }

  private:
    constexpr uint64_t number(size_t count) {
        uint64_t value = 0;
        for (uint8_t byte : bytes(count)) value = value << 8U | byte;
        return value;
    }

    std::span<const uint8_t> data_;
    size_t offset_ = 0;
    bool failed_ = false;
};

/// Writes into a caller's buffer. Running out of room sets `failed()` and drops what does not fit.
class ByteWriter {
  public:
    explicit constexpr ByteWriter(std::span<uint8_t> buffer) : buffer_(buffer) {}

    constexpr void u8(uint8_t value) { number(value, 1); }
    constexpr void u16(uint16_t value) { number(value, 2); }
    constexpr void u32(uint32_t value) { number(value, 4); }
    constexpr void bytes(std::span<const uint8_t> run) {
        if (run.size() > buffer_.size() - size_) {
            failed_ = true;
            return;
        }
        for (uint8_t byte : run) buffer_[size_++] = byte;
    }
    constexpr void zeros(size_t count) {
        for (size_t i = 0; i < count; ++i) u8(0);
    }
    /// Overwrites two bytes already written, for checksums and lengths.
    constexpr void patch_u16(size_t offset, uint16_t value) {
        if (offset + 2 > size_) {
            failed_ = true;
            return;
        }
        buffer_[offset] = static_cast<uint8_t>(value >> 8U);
        buffer_[offset + 1] = static_cast<uint8_t>(value);
    }
    constexpr size_t size() const { return size_; }
    constexpr std::span<const uint8_t> written() const { return buffer_.first(size_); }
    constexpr bool failed() const { return failed_; }

  private:
    constexpr void number(uint64_t value, size_t count) {
        if (count > buffer_.size() - size_) {
            failed_ = true;
            return;
        }
        for (size_t i = count; i-- > 0;) buffer_[size_++] = static_cast<uint8_t>(value >> (8 * i));
    }

    std::span<uint8_t> buffer_;
    size_t size_ = 0;
    bool failed_ = false;
};

/// The Internet checksum (RFC 1071), folded and complemented, of `data` on top of a partial sum.
uint16_t internet_checksum(std::span<const uint8_t> data, uint32_t partial = 0);

/// The partial sum of `data`, for pseudo headers. `data` must have even length unless it is the last part.
uint32_t checksum_partial(std::span<const uint8_t> data, uint32_t partial = 0);

}  // namespace holdfast
