#include "holdfast/kernel/gathering.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::kernel {

namespace {

// A rest shorter than this saves nothing.
constexpr Duration kShortest = std::chrono::microseconds(100);

// How much longer a rest is when too few packets came in the last one.
constexpr int kGrowth = 4;

}  // namespace

std::optional<Instant> Gathering::read(Instant now, size_t count) {
    const Duration since = now - std::exchange(last_read_, now);
    if (patience_ < kShortest) {
        rest_ = Duration::zero();
    } else if (!is_resting()) {
        quick_reads_ = count > 0 && since < patience_ / 2 ? quick_reads_ + 1 : 0;
        if (quick_reads_ >= kQuickReads)
            rest_ = std::clamp<Duration>(since * (kTooMany / 8), kShortest, patience_);
    } else if (count > kTooMany) {
        rest_ = std::max<Duration>(rest_ * kTooMany / static_cast<int64_t>(count), kShortest);
    } else if (count <= 1 && rest_ >= patience_) {
        rest_ = Duration::zero();  // They do not come fast any more.
    } else if (count < kEnough) {
        rest_ = std::min(rest_ * kGrowth, patience_);
    }
    if (!is_resting()) return std::nullopt;
    quick_reads_ = 0;
    return now + std::min(rest_, patience_);
}

Duration Gathering::longest_wait(Instant now) const {
    return is_resting() ? std::clamp<Duration>(now - last_read_, Duration::zero(), patience_)
                        : Duration::zero();
}

}  // namespace holdfast::kernel
