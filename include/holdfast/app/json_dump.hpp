// keepalived.json: one line, the reference's keys in its order, `/` written `\/` (compat/runtime.md, section
// 4).
#pragma once

#include <optional>
#include <string>

#include "holdfast/app/views.hpp"

namespace holdfast::app {

/// The file's content for json_version 1 (an array) or 2 (an object). Nothing without instances: then no file
/// is written.
std::optional<std::string> json_text(const DaemonView& view, uint32_t version);

}  // namespace holdfast::app
