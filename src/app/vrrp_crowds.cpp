// What many instances do together: their adverts leave together, and are read together.
#include <algorithm>

#include "holdfast/app/vrrp_service.hpp"

namespace holdfast::app {

namespace {

/// From how many routers on it pays.
constexpr uint32_t kCrowd = 16;

}  // namespace

// Adverts are read together while nobody on the channel has to answer them.
void VrrpService::review_crowds() {
    has_many_masters_ = std::ranges::count_if(instances_, [](const auto& instance) {
                            return instance->router.is_master();
                        }) >= kCrowd;
    for (OpenChannel& open : channels_) open.patience = Duration::max();
    for (const auto& instance : instances_) {
        instance->patience = instance->router.patience();
        if (OpenChannel* open = find_channel(instance->channel))
            open->patience = std::min(open->patience, instance->patience);
    }
    for (const OpenChannel& open : channels_)
        edges_.link.set_patience(open.id, open.users < kCrowd ? Duration::zero() : open.patience, open.users);
}

}  // namespace holdfast::app
