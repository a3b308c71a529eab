// track_file.
#include <fmt/format.h>

#include "tables_track.hpp"

namespace holdfast::config {
namespace {

FileDraft* open_file(Loading& loading, Draft&, const Line& line) {
    const std::string_view name = line.word(1);
    if (loading.stopped()) return nullptr;
    FileDraft& file = loading.file_workbench;
    file = {};
    file.value.name = name;
    return &file;
}

void close_file(Loading& loading, Draft& draft, FileDraft& file, const Line& line) {
    const std::string& path = file.value.path;
    if (path.empty()) {
        loading.error(line, 1, fmt::format("track_file {} has no file and is left out", file.value.name));
        return;
    }
    const size_t slash = path.rfind('/');
    const FileFacts directory = loading.environment.file(slash == std::string::npos ? "."
                                                         : slash == 0               ? "/"
                                                                                    : path.substr(0, slash));
    if (directory.kind != FileKind::directory) {
        loading.error(line, 1,
                      fmt::format("the directory of {} does not exist; track_file {} is left out", path,
                                  file.value.name));
        return;
    }
    if (directory.unwatchable) {
        loading.error(line, 1,
                      fmt::format("the file system of {} cannot be watched; track_file {} is left out", path,
                                  file.value.name));
        return;
    }
    if (file.value.initial_value && file.value.overwrite) {
        const FileFacts facts = loading.environment.file(path);
        if (facts.kind != FileKind::missing && facts.kind != FileKind::regular) {
            loading.error(
                line, 1,
                fmt::format("{} is not a plain file and cannot be written; track_file {} is left out", path,
                            file.value.name));
            return;
        }
    }
    draft.file_names.try_emplace(file.value.name, draft.config.track_files.size());
    draft.config.track_files.push_back(std::move(file.value));
}

void read_file_weight(Loading& loading, FileDraft& file, const Line& line) {
    if (!word_present<Missing::reported>(loading, line, 1)) return;
    if (file.value.weight != 1) {
        bad_word(loading, ReportClass::general, line, 0, "was given before; this one is ignored");
        return;
    }
    WeightWord word{254};
    if (!word.read(loading, line)) return;
    file.value.weight = word.usable ? word.weight : 1;
    if (word.reverse) file.value.reverse = true;
}

void show_file_weight(const FileDraft& file, const Row& row, Writer& writer) {
    if (file.value.weight != 1 || file.value.reverse)
        writer.line(row.facts.name, weight_text(file.value.weight, file.value.reverse));
}

void read_file_init(Loading& loading, FileDraft& file, const Line& line) {
    file.value.initial_value = 0;
    for (size_t i = 1; i < line.size(); ++i) {
        const std::string_view word = line.word(i);
        if (word == "overwrite") {
            file.value.overwrite = true;
        } else if (!word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'))) {
            const auto number = parse_integer(word, -kMaxInt32 - 1, kMaxInt32, Lenient::no);
            if (!number.value)
                bad_word(loading, ReportClass::number, line, i, number.problem);
            else if (*number.value < -254 || *number.value > 254)
                bad_word(loading, ReportClass::general, line, i, "is outside the sensible range -254..254");
            file.value.initial_value = number.value.value_or(0);
        } else {
            bad_word(loading, ReportClass::general, line, i, "is not a number or overwrite");
        }
    }
}

void show_file_init(const FileDraft& file, const Row& row, Writer& writer) {
    if (file.value.initial_value)
        writer.line(row.facts.name,
                    fmt::format("{}{}", *file.value.initial_value, file.value.overwrite ? " overwrite" : ""));
}

// clang-format off: one row, one line
const Row kFileRows[] = {
    keyword<Field<&FileDraft::value, &track::FileSettings::path>, SoftWord{}>({"file", "PATH", "required", "The file to watch; its directory must exist.", common, once}).example("file /tmp/load"),
    custom<FileDraft, read_file_weight, show_file_weight>({"weight", "-254..254 [reverse]", "1", "The number in the file is multiplied by it; 0: any other number than 0 means FAULT.", common, once}, 2).example("weight -20 reverse", ".\n^-255\n^255\n^abc\n-20 ^backwards"),
    custom<FileDraft, read_file_init, show_file_init>({"init_file", "[VALUE] [overwrite]", "0", "Written at the first start when the file is missing, or always with overwrite."}, 2).example("init_file 10 overwrite", "^255\n^-255\n^1x\n^never"),
};
// clang-format on

void show_files(const Draft& draft, const Row& row, Writer& writer) {
    for (const track::FileSettings& file : draft.config.track_files) {
        const FileDraft file_draft{file};
        writer.open(row.facts.name, quoted(file.name));
        show_rows(kTrackFile, &file_draft, writer);
        writer.close();
    }
}

}  // namespace

const Block kTrackFile = Block{"track_file", kFileRows}.around("file /tmp/load");

// clang-format off: one row, one line
constinit const Row kTrackFileRootRow = block<Draft, FileDraft, open_file, close_file, show_files>({"track_file", "NAME { ... }", "", "A file whose number changes priorities or weights.", common, adds_up}, kTrackFile).also("vrrp_track_file", Spelling::old_logged).example("track_file load {", "! {");
// clang-format on

}  // namespace holdfast::config
