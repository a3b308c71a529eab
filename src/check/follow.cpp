#include "holdfast/check/follow.hpp"

#include <algorithm>
#include <limits>

namespace holdfast::check {

Opinion judge_file(int weight, bool reverse, int64_t number) {
    if (weight == 0) return {(number != 0) == reverse, 0};
    constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
    // The number has 32 bits and a bit, so the product fits into 64.
    const int64_t product = std::clamp(number, kLeast, kMost + 1) * weight * (reverse ? -1 : 1);
    if (product <= kLeast) return {false, 0};
    return {true, std::min(product, kMost)};
}

}  // namespace holdfast::check
