// What the track_* lists of instances and sync groups share, and the root rows of what they name. Internal to
// config/.
#pragma once

#include "tables.hpp"

namespace holdfast::config {

enum class Tracked : uint8_t { interface, script, file, process, bfd };

RareList<track::Reference>& references(track::References& lists, Tracked tracked);

/// W [reverse]; a bad number is reported and `kept` decides whether it is stored all the same.
struct WeightWord {
    int64_t limit;
    int weight = 0;
    bool usable = false;
    bool reverse = false;

    bool read(Loading& loading, const Line& line);
};

std::string weight_text(int weight, bool reverse);

/// One entry `NAME [weight W [reverse|noreverse]]` of `owner`; the tracked object must be defined above.
void read_reference(Loading& loading, Tracked tracked, std::string_view owner,
                    RareList<track::Reference>& list, const Line& line);

extern const Option kReferenceOptions[1];
inline constexpr std::string_view kTrackEntry = "NAME [weight W [reverse]]";

extern const Row kTrackGroupRootRow;
extern const Row kScriptRootRow;
extern const Row kTrackProcessRootRow;
extern const Row kTrackFileRootRow;

}  // namespace holdfast::config
