// Where a keyword of a block was written, found again when there is something to say about it. Reports are
// rare, and a place kept for every keyword would cost memory in every configuration. Internal to config/.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "drafts.hpp"
#include "holdfast/config/syntax.hpp"

namespace holdfast::config {

/// Looks into a document. Searches go on where the last one ended, so that questions in the order of the
/// file cost one pass over it.
class Written {
  public:
    explicit Written(const Document& document) : document_(document) {}

    /// The directive at `place`; nothing when the document has given its memory back.
    std::optional<Directive> directive(Place place);
    /// The last `keyword` in the block at `block`, or the block's own place when there is none to be found.
    Place keyword(Place block, std::string_view keyword, uint32_t word = Place::kNone);
    /// The first entry of the lists called `list` in that block for which `is` holds; no place when there is
    /// none.
    Place entry(Place block, std::string_view list, const std::function<bool(const Words&)>& is);
    /// The last `keyword` in any block `block` that stands outside every block; no place when there is none.
    Place outside(std::string_view block, std::string_view keyword, uint32_t word = Place::kNone);

  private:
    const Document& document_;
    uint32_t next_ = 0;
};

}  // namespace holdfast::config
