#include "holdfast/vrrp/election.hpp"

#include <algorithm>
#include <numeric>

namespace holdfast::vrrp {

Priority effective_priority(Priority base, std::span<const int> contributions) {
    if (base == kOwner) return base;
    const int sum = std::accumulate(contributions.begin(), contributions.end(), static_cast<int>(base.value));
    return {static_cast<uint8_t>(std::clamp(sum, 1, kOwner.value - 1))};
}

Duration skew_time(Version version, Priority priority, Duration master_advert_interval) {
    const int64_t below_top = 256 - priority.value;
    if (version == Version::v2) return std::chrono::microseconds(below_top * 1'000'000 / 256);
    const auto interval = std::chrono::duration_cast<Centiseconds>(master_advert_interval);
    return std::chrono::microseconds(below_top * interval.count() * 10'000 / 256);
}

Duration master_down_interval(Version version, Priority priority, Duration master_advert_interval,
                              uint8_t adverts) {
    return adverts * master_advert_interval + skew_time(version, priority, master_advert_interval);
}

}  // namespace holdfast::vrrp
