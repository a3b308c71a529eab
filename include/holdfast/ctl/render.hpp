// The daemon's answers as text for people. Pure: JSON in, text out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::ctl {

struct Style {
    bool colours = false;
};

/// Everything of a `status` answer, table by table; kinds of which there is nothing are left out.
std::string render_status(const nlohmann::json& status, Style style);
/// The same from the answer as it came; nothing when it cannot be understood. With thousands of virtual
/// servers a third of the time and of the memory.
std::optional<std::string> render_status_line(std::string_view line, Style style);
std::string render_why(const nlohmann::json& answer, Style style);
std::string render_events(const nlohmann::json& answer, Style style);
/// One event (or `lost`) of `events --follow`, in columns of fixed width.
std::string render_event(const nlohmann::json& event, Style style);
/// What a reload or a plan says. Diagnostics are not in it: they are for standard error.
std::string render_outcome(const nlohmann::json& answer, Style style);
std::string render_version(const nlohmann::json& answer);

}  // namespace holdfast::ctl
