#include "holdfast/config/load.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "loading.hpp"

namespace holdfast::config {
namespace {

std::string default_config_id(const Environment& environment) {
    std::string name = environment.host_name();
    name.resize(std::min(name.size(), name.find('.')));
    return name;
}

}  // namespace

bool expects_block(std::string_view parent, std::string_view keyword);
LanguageOptions::Standing standing(std::string_view parent, std::string_view keyword);

LoadResult load(const LoadOptions& options, const FileReader& reader, const Environment& environment) {
    LoadResult result;
    LanguageOptions language;
    language.config_id = options.config_id.empty() ? default_config_id(environment) : options.config_id;
    language.all_config = options.all_config;
    language.environment = [&](std::string_view name) { return environment.variable(name); };
    language.random = [&](uint64_t min, uint64_t max) { return environment.random(min, max); };
    language.expects_block = expects_block;
    language.standing = standing;

    const Document document = load_document(options.path, language, reader, result.diagnostics);
    result.files = document.files();
    result.lost_files = document.lost_files();
    result.is_blank = document.is_blank();
    Loading loading(options, environment, document, result.diagnostics);
    loading.files = &reader;
    read_root(loading);
    if (!loading.stopped()) {
        resolve_globals(loading);
        if (options.checkers) resolve_checkers(loading);
        if (options.vrrp) resolve_vrrp(loading);
    }

    result.left_out = std::move(loading.left_out);
    result.fatal = loading.fatal_found() || document.file_missing();
    result.fatal_exit_code = !result.fatal ? 0 : document.file_missing() ? 6 : 2;
    result.test_exit_code = test_exit_code(result.diagnostics);
    if (!result.fatal) {
        Draft& draft = loading.draft;
        draft.config.root = std::move(draft.root.value);
        draft.config.global = std::move(draft.global.value);
        draft.config.global.instance_defaults = {draft.global.instance};
        result.config = std::move(draft.config);
    }
    return result;
}

}  // namespace holdfast::config
