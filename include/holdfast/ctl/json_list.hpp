// A long list within a JSON text, taken apart without reading the whole: each element can be read alone, so a
// status of 36 000 real servers needs no tree of all of them at once (100 MB of it).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::ctl {

struct TakenApart {
    std::string rest;                        ///< The text with the list empty.
    std::vector<std::string_view> elements;  ///< Within the given text.
};

/// The list that is the member `name` of the object `text`. Nothing when there is none, or when the text is
/// not what it seems; whether rest and elements are right in themselves is found out when they are read.
std::optional<TakenApart> take_list_out(std::string_view text, std::string_view name);

}  // namespace holdfast::ctl
