// What the track_* lists of instances and sync groups share. Internal to config/.
#pragma once

#include "tables.hpp"

namespace holdfast::config {

enum class Tracked : uint8_t { interface, script, file, process, bfd };

std::vector<track::Reference>& references(track::References& lists, Tracked tracked);

/// One entry `NAME [weight W [reverse|noreverse]]` of `owner`; the tracked object must be defined above.
void read_reference(Loading& loading, Tracked tracked, std::string_view owner,
                    std::vector<track::Reference>& list, const Line& line);

extern const Option kReferenceOptions[1];
extern const Row kTrackRootRows[4];

}  // namespace holdfast::config
