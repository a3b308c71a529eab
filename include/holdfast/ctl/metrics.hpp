// The status in the text format of Prometheus (version 0.0.4), for node_exporter's textfile collector and the
// like. What keepalived's exporters have too goes by the names they have made usual.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::ctl {

/// From the daemon's line; nothing when it cannot be understood.
std::optional<std::string> render_metrics(std::string_view line);

}  // namespace holdfast::ctl
