// Where dumps are written and how: into $TMPDIR or /tmp, over a temporary name that is renamed, so
// that nobody reads half a file and no planted link is followed (compat/runtime.md, section 4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "holdfast/base/result.hpp"

namespace holdfast::app {

/// $TMPDIR when it is an absolute path, else /tmp.
std::string temporary_directory();

enum class DataDump : uint8_t { vrrp, checkers, bfd, parent };

struct DumpNames {
    std::string directory{};        ///< temporary_directory()
    std::string state_dump_file{};  ///< As configured; empty = keepalived.data.
    bool use_instance = false;      ///< data_use_instance
    std::string net_namespace{};
    std::string instance{};
};

/// The path of a data file: `_check`, `_bfd`, `_parent` before the last dot of the name, `.INSTANCE`,
/// `.NETNS` or
/// `.NETNS_INSTANCE` before its extension with data_use_instance.
std::string data_path(const DumpNames& names, DataDump dump);
std::string stats_path(
    const DumpNames& names);  ///< keepalived.stats; stats_dump_file is ignored, as in 2.4.3.
std::string json_path(const DumpNames& names);  ///< keepalived.json

/// For the owner alone; `umask` may let others read.
inline constexpr uint32_t kDumpMode = 0600;

/// Writes `content` so that `path` is either the old file or the whole new one, owned by us, with this mode.
Result<> write_dump(const std::string& path, std::string_view content, uint32_t mode = kDumpMode);

}  // namespace holdfast::app
