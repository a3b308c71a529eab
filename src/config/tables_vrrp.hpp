// Root rows of VRRP. Internal to config/.
#pragma once

#include "tables.hpp"

namespace holdfast::config {

extern const Row kVrrpRootRows[2];

}  // namespace holdfast::config
