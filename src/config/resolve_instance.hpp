// Internal to config/.
#pragma once

#include "loading.hpp"

namespace holdfast::config {

/// Settles one instance; its VRID is already known to be there, and its sync group is linked.
void resolve_instance(Loading& loading, InstanceDraft& instance);

}  // namespace holdfast::config
