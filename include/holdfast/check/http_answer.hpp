// An HTTP answer as it arrives. It ends when the server closes and never before: no length is trusted,
// neither Content-Length nor chunks, which stay in the body as they came. The rules are keepalived's (its
// digests are made by genhash, with the same reader):
//  - the header ends at the first empty line, CR LF CR LF;
//  - the status is the three digits between the first two spaces;
//  - the body beyond Content-Length does not count for the digest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace holdfast::check {

class HttpAnswer {
  public:
    /// A longer header is not an answer.
    static constexpr size_t kLongestHeader = 32768;

    /// Takes the next piece and gives its part of the body that counts, a view into `data`.
    std::span<const uint8_t> take(std::span<const uint8_t> data);

    bool has_header() const { return complete_; }
    bool header_too_long() const { return !complete_ && header_.size() >= kLongestHeader; }
    /// The header with its empty line.
    const std::string& header() const { return header_; }
    /// 0 when the first line has none.
    unsigned status() const { return status_; }
    std::optional<uint64_t> content_length() const { return content_length_; }
    /// How many bytes followed the header.
    uint64_t body_length() const { return body_length_; }

  private:
    std::span<const uint8_t> take_body(std::span<const uint8_t> data);
    void read_header();

    std::string header_;
    bool complete_ = false;
    unsigned status_ = 0;
    std::optional<uint64_t> content_length_;
    uint64_t body_length_ = 0;
};

}  // namespace holdfast::check
