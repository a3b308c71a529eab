// Lines of the text dumps: what data_dump.cpp and checker_dump.cpp share.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "holdfast/app/views.hpp"
#include "holdfast/check/settings.hpp"

namespace holdfast::app {

class DumpText {
  public:
    template <class... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
        text_ += '\n';
    }
    void section(std::string_view name) { line("------< {} >------", name); }
    /// A heading and its indented entries; nothing when there are none.
    void list(std::string_view heading, const std::vector<std::string>& entries) {
        if (entries.empty()) return;
        line("   {} :", heading);
        for (const std::string& entry : entries) line("     {}", entry);
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

inline std::string_view yes_no(bool value) {
    return value ? "yes" : "no";
}
inline std::string_view true_false(bool value) {
    return value ? "true" : "false";
}
inline std::string_view enabled(bool value) {
    return value ? "enabled" : "disabled";
}

/// `2 sec` or `2.500 sec`.
inline std::string seconds_text(Duration duration) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    if (milliseconds % 1000 == 0) return fmt::format("{} sec", milliseconds / 1000);
    return fmt::format("{}.{:03} sec", milliseconds / 1000, milliseconds % 1000);
}

/// Whose file it is: VRRP's also names the default interface.
enum class GlobalPart : uint8_t { vrrp, others };
/// global_dump.cpp
void dump_global(DumpText& out, const GlobalView& view, GlobalPart part);
/// virtual_server_dump.cpp
void dump_virtual_servers(DumpText& out, const DaemonView& view);
/// `weight 2 reverse`: what a FILE_CHECK makes of its file's number.
std::string file_weight_text(const DaemonView& view, const check::FileCheck& check);
/// instance_dump.cpp
void dump_instance(DumpText& out, const InstanceView& view);
void dump_tracks(DumpText& out, const TracksView& view, std::string_view processes = "Tracked processes");
void dump_scripts(DumpText& out, const NotifyView& view);

}  // namespace holdfast::app
