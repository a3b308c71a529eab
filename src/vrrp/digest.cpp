#include "holdfast/vrrp/digest.hpp"

namespace holdfast::vrrp {

bool equal_in_constant_time(Digest::Bytes left, Digest::Bytes right) {
    if (left.size() != right.size()) return false;
    uint8_t difference = 0;
    for (size_t i = 0; i < left.size(); ++i)
        difference = static_cast<uint8_t>(difference | (left[i] ^ right[i]));
    return difference == 0;
}

}  // namespace holdfast::vrrp
