// When to read a socket on which packets may wait. They are read as they come until they come one by one and
// fast; then the socket rests between reads, for as long as it takes some dozens of packets to come but never
// longer than their patience.
#pragma once

#include <cstddef>
#include <optional>

#include "holdfast/base/time.hpp"

namespace holdfast::kernel {

class Gathering {
  public:
    /// Quick reads in a row, each of them a wake-up, before the socket rests.
    static constexpr unsigned kQuickReads = 2;
    /// Packets a read should find; with four times as many it comes sooner the next time.
    static constexpr size_t kEnough = 16;
    static constexpr size_t kTooMany = 4 * kEnough;

    /// Zero: packets do not wait. A rest that has begun goes on until the next read.
    void set_patience(Duration patience) { patience_ = patience; }
    Duration patience() const { return patience_; }

    /// `count` packets have been read at `now`. Tells when to read again; none = when something comes.
    std::optional<Instant> read(Instant now, size_t count);

    bool is_resting() const { return rest_ > Duration::zero(); }
    Instant last_read() const { return last_read_; }
    /// What a packet read at `now` can have waited at most, unless this process stood still.
    Duration longest_wait(Instant now) const;

  private:
    Duration patience_{};
    Duration rest_{};  // How long the socket rests between reads; zero while it is read when something comes.
    Instant last_read_{};
    unsigned quick_reads_ = 0;
};

}  // namespace holdfast::kernel
