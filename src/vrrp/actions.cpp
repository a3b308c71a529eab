#include "holdfast/vrrp/actions.hpp"

#include "holdfast/base/require.hpp"

namespace holdfast::vrrp {

void Actions::push(const Action& action) {
    require(count_ < kCapacity, "one event causes at most Actions::kCapacity actions");
    actions_[count_++] = action;
}

}  // namespace holdfast::vrrp
