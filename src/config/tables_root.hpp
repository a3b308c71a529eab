// The rows outside all blocks, family by family. Internal to config/.
#pragma once

#include "tables.hpp"

namespace holdfast::config {

extern const Row kInterfaceRootRows[3];
extern const Row kBfdRootRow;
extern const Row kTlsRootRow;
extern const Row kServerGroupRootRow;
extern const Row kVirtualServerRootRow;

}  // namespace holdfast::config
