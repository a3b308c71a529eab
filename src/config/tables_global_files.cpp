// global_defs: reloads, dumps and other files.
#include <fmt/format.h>

#include <algorithm>

#include "tables_global.hpp"

namespace holdfast::config {
namespace {

using G = GlobalDraft;
using S = GlobalSettings;
template <auto... Path>
using Value = Field<&G::value, Path...>;
constexpr Reload restart = Reload::restart;

constexpr std::string_view kNoText;

/// [WORD] with a fixed meaning of the bare keyword.
template <const std::string_view& bare>
struct OptionalWord {
    static constexpr uint8_t kWords = 1;
    static constexpr bool kAnyValue = true;
    bool read(Loading&, const Line& line, std::string& out) const {
        out = line.has(1) ? line.word(1) : bare;
        return true;
    }
    std::optional<std::string> write(const std::string& in) const { return in.empty() ? "" : quoted(in); }
};

constexpr std::string_view kDevNull = "/dev/null";

struct UmaskBit {
    std::string_view name;
    uint32_t bits;
};

constexpr UmaskBit kUmaskBits[] = {{"IRUSR", 0400}, {"IWUSR", 0200}, {"IXUSR", 0100}, {"IRWXU", 0700},
                                   {"IRGRP", 0040}, {"IWGRP", 0020}, {"IXGRP", 0010}, {"IRWXG", 0070},
                                   {"IROTH", 0004}, {"IWOTH", 0002}, {"IXOTH", 0001}, {"IRWXO", 0007}};

void read_umask(Loading& loading, G& global, const Line& line) {
    const std::string_view first = line.word(1);
    if (loading.stopped()) return;
    if (!first.empty() && first[0] >= '0' && first[0] <= '9') {
        const auto value = parse_unsigned(first, 0, 0777, Lenient::no, 0);
        if (line.size() != 2)
            bad_word(loading, ReportClass::general, line, 0, "takes one number");
        else if (!value.value)
            bad_word(loading, ReportClass::general, line, 1, "is not a mask of permission bits");
        else
            global.value.umask = static_cast<uint32_t>(*value.value);
        return;
    }
    uint32_t mask = 0;
    bool wants_bit = true;
    const std::string text = [&] {
        std::string all;
        for (size_t i = 1; i < line.size(); ++i) all += line.word(i);
        return all;
    }();
    for (std::string_view rest = text; !rest.empty();) {
        if (!wants_bit) {
            if (rest.front() != '|') {
                bad_word(loading, ReportClass::general, line, 0, "needs a | between two bits");
                return;
            }
            rest.remove_prefix(1);
            wants_bit = true;
            continue;
        }
        const auto* bit =
            std::find_if(std::begin(kUmaskBits), std::end(kUmaskBits),
                         [&](const UmaskBit& candidate) { return rest.starts_with(candidate.name); });
        if (bit == std::end(kUmaskBits)) {
            bad_word(loading, ReportClass::general, line, 0, fmt::format("does not know the bit {}", rest));
            return;
        }
        mask |= bit->bits;
        rest.remove_prefix(bit->name.size());
        wants_bit = false;
    }
    if (wants_bit)
        bad_word(loading, ReportClass::general, line, 0, "ends without a bit");
    else
        global.value.umask = mask;
}

void show_umask(const G& global, const Row& row, Writer& writer) {
    if (global.value.umask) writer.line(row.facts.name, fmt::format("{:#05o}", *global.value.umask));
}

void read_save_dir(Loading& loading, G& global, const Line& line) {
    std::string directory(line.word(1));
    if (loading.stopped()) return;
    const FileFacts facts = loading.environment.file(directory);
    if (facts.kind != FileKind::missing && facts.kind != FileKind::directory) {
        bad_word(loading, ReportClass::general, line, 1, "exists and is not a directory");
        return;
    }
    if (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
    global.value.config_save_dir = std::move(directory);
}

void show_save_dir(const G& global, const Row& row, Writer& writer) {
    if (!global.value.config_save_dir.empty())
        writer.line(row.facts.name, quoted(global.value.config_save_dir));
}

// include_check is obeyed and checked while files are read (language); here it only has to be known.
void ignore(Loading&, G&, const Line&) {}

// clang-format off: one row, one line
constexpr Row kRows[] = {
    custom<G, read_umask, show_umask>({"umask", "NUMBER | BIT[|BIT]...", "IXUSR|IRWXG|IRWXO", "Creation mask of files.", rare}).example("umask IXUSR|IRWXG|IRWXO", "!\n^01000\n^08\n022 044\nIXUSR IRWXG\nIXUSR|\nIXALL"),
    keyword<Value<&S::random_seed>, Integer{0, kMaxUint32, Lenient::no}>({"random_seed", "N", "time", "Seed of ${_RANDOM}.", rare}).example("random_seed 7"),
    keyword<Value<&S::reload_check_config>, OptionalWord<kDevNull>{}>({"reload_check_config", "[LOGFILE]", "off; bare: /dev/null", "Where the reports of a refused reload go."}).example("reload_check_config /var/log/keepalived.reload"),
    keyword<Value<&S::reload_time_file>, WordOf<Missing::reported>{0, true}>({"reload_time_file", "PATH", "none", "A file whose first line is the time of the next reload.", rare}).example("reload_time_file /run/keepalived.reload-at"),
    keyword<Value<&S::reload_repeat>, Flag{}>({"reload_repeat", "", "off", "Keep reload_time_file after the reload.", rare}).example("reload_repeat"),
    keyword<Value<&S::reload_file>, OptionalWord<kNoText>{}>({"reload_file", "[PATH]", "off; bare: keepalived.reload beside the pid file", "Exists while the configuration is being read.", rare}).example("reload_file /run/keepalived.reload"),
    custom<G, ignore>({"include_check", "[[+|-]read|match|wildcard_match|brace_match...]", "none; bare: all", "What later includes must find.", rare, adds_up}).example("include_check +match -wildcard_match", "^everything"),
    custom<G, read_save_dir, show_save_dir>({"config_save_dir", "DIR", "none", "Keep a copy of every configuration that is read.", rare}, 1).example("config_save_dir /tmp/keepalived-saved", "!\n^/usr/bin/true"),
    keyword<Value<&S::tmp_config_directory>, SoftWord{}>({"tmp_config_directory", "DIR", "memory", "Accepted for compatibility; nothing is written there.", rare, once, restart}).example("tmp_config_directory /tmp"),
    keyword<Value<&S::data_use_instance>, Switch{}>({"data_use_instance", "[BOOL]", "off", "Instance and namespace in the names of dump files.", rare}).example("data_use_instance on"),
    keyword<Value<&S::json_version>, SoftInteger{1, 2}>({"json_version", "1|2", "1", "Shape of the JSON dump.", common, last_wins, Reload::live, "2.3"}).example("json_version 2"),
    keyword<Value<&S::iproute_usr_dir>, WordOf<Missing::reported>{0, true}>({"iproute_usr_dir", "PATH", "/usr/share/iproute2", "Vendor directory of iproute2's name tables.", rare, last_wins, Reload::live, "2.3"}).example("iproute_usr_dir /usr/share/iproute2"),
    keyword<Value<&S::iproute_etc_dir>, WordOf<Missing::reported>{0, true}>({"iproute_etc_dir", "PATH", "/etc/iproute2", "Site directory of iproute2's name tables.", rare, last_wins, Reload::live, "2.3"}).example("iproute_etc_dir /etc/iproute2"),
    keyword<Value<&S::state_dump_file>, WordOf<Missing::reported>{0, true}>({"state_dump_file", "PATH", "/tmp/keepalived.data", "Where SIGUSR1 dumps go; a directory when it ends in /.", rare, last_wins, Reload::live, "2.3"}).example("state_dump_file /run/keepalived.data"),
    keyword<Value<&S::stats_dump_file>, WordOf<Missing::reported>{0, true}>({"stats_dump_file", "PATH", "/tmp/keepalived.stats", "Where SIGUSR2 dumps go.", rare, last_wins, Reload::live, "2.3"}).example("stats_dump_file /run/keepalived.stats"),
    keyword<Value<&S::json_dump_file>, WordOf<Missing::reported>{0, true}>({"json_dump_file", "PATH", "/tmp/keepalived.json", "Where JSON dumps go.", rare, last_wins, Reload::live, "2.3"}).example("json_dump_file /run/keepalived.json"),
};
// clang-format on

}  // namespace

constinit const std::span<const Row> kGlobalFilesRows{kRows};

}  // namespace holdfast::config
