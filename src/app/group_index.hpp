// Which sync group an instance belongs to, without searching all groups each time.
#pragma once

#include <string_view>
#include <unordered_map>

#include "holdfast/config/config.hpp"

namespace holdfast::app {

/// Views into the configuration, which must outlive it.
class GroupIndex {
  public:
    explicit GroupIndex(const config::Config& config) {
        for (const config::SyncGroup& group : config.sync_groups) {
            for (const std::string& member : group.group.members) groups_.emplace(member, &group);
        }
    }
    /// Null for an instance without a group.
    const config::SyncGroup* of(std::string_view instance) const {
        const auto found = groups_.find(instance);
        return found == groups_.end() ? nullptr : found->second;
    }

  private:
    std::unordered_map<std::string_view, const config::SyncGroup*> groups_;
};

}  // namespace holdfast::app
