// Is a configured script there, may its user run it, and could somebody else than root change it?
// keepalived's rules for enable_script_security: every component of the path as written and as resolved must
// belong to root and be writable by root alone (a sticky directory excepted), if root would run the script.
#include <fmt/format.h>

#include <string>

#include "loading.hpp"

namespace holdfast::config {
namespace {

bool executable_by(const FileFacts& file, uint32_t uid, uint32_t gid) {
    if (uid == 0) return (file.mode & 0111U) != 0;
    if (file.uid == uid) return (file.mode & 0100U) != 0;
    if (file.gid == gid) return (file.mode & 0010U) != 0;
    return (file.mode & 0001U) != 0;
}

/// Removes "//", "/./" and "/../" from a path, as written by hand.
std::string clean_path(std::string_view path) {
    std::string result;
    size_t at = 0;
    while (at < path.size()) {
        size_t end = path.find('/', at);
        if (end == std::string_view::npos) end = path.size();
        const std::string_view part = path.substr(at, end - at);
        if (part == "..") {
            result.resize(result.empty() ? 0 : result.rfind('/'));
        } else if (!part.empty() && part != ".") {
            result.append(1, '/') += part;
        }
        at = end + 1;
    }
    return result.empty() ? "/" : result;
}

/// Nothing on the way to `path` can be changed by others than root.
bool path_is_safe(const Environment& environment, const std::string& path) {
    for (size_t slash = 0; slash != std::string::npos;) {
        const size_t next = path.find('/', slash + 1);
        const std::string part =
            slash == 0 && next == std::string::npos && path == "/" ? path : path.substr(0, next);
        slash = next;
        const FileFacts facts = environment.file(part);
        const bool last = next == std::string::npos;
        if (facts.symbolic_link) {
            if (!last) return false;  // A directory that is a link, as /bin often is, is not trusted.
            continue;                 // The resolved path is checked as well.
        }
        if (facts.kind != (last ? FileKind::regular : FileKind::directory)) return false;
        const bool sticky = facts.kind == FileKind::directory && (facts.mode & 01000U) != 0;
        const bool writable = (facts.gid != 0 && (facts.mode & 0020U) != 0) || (facts.mode & 0002U) != 0;
        if (facts.uid != 0 || (writable && !sticky)) return false;
    }
    return true;
}

}  // namespace

Place ScriptPlace::find(Loading& loading) const {
    return block.begin == nullptr ? loading.global_place(keyword, 1) : loading.place_of(block, keyword, 1);
}

ScriptVerdict Loading::check_script(notify::Command& command, const ScriptPlace& place) {
    if (command.empty()) return {};
    std::string& program = command.arguments.front();
    const uint32_t uid = command.identity.uid.value_or(environment.effective_uid());
    const uint32_t gid = command.identity.gid.value_or(0);

    // The same program is usually named many times; what the file system said is asked once.
    std::string key = fmt::format("{} {} {}", uid, gid, program);
    if (auto known = scripts_.find(key); known != scripts_.end()) {
        program = known->second.program;
        command.path = known->second.path;
        return known->second.verdict;
    }
    ScriptVerdict verdict;
    auto remember = [&] {
        scripts_[std::move(key)] = {verdict, program, command.path};
        return verdict;
    };
    auto refuse = [&](std::string_view problem, bool serious) {
        verdict.problem = fmt::format("script {} {}", program, problem);
        // U+2018 to U+201D, as word processors and web pages make them.
        if (program.starts_with("\xe2\x80\x98") || program.starts_with("\xe2\x80\x9c"))
            verdict.problem += " (typographic quotes are part of the name: write \" instead)";
        verdict.serious = serious;
        remark(place.find(*this), verdict.problem + "; it is left out");
        return remember();
    };

    if (program.find('/') == std::string::npos) {
        std::string found;
        for (const std::string& directory : environment.search_path()) {
            const std::string candidate = directory + '/' + program;
            const FileFacts facts = environment.file(candidate);
            if (facts.kind != FileKind::regular || !executable_by(facts, uid, gid)) continue;
            found = candidate;
            break;
        }
        if (found.empty()) {
            return refuse("is not found in the search path", true);
        }
        program = found;
    }
    const std::string real = environment.real_path(program);
    const FileFacts facts = real.empty() ? FileFacts{} : environment.file(real);
    if (facts.kind == FileKind::missing) {
        return refuse("does not exist", true);
    }
    if (program != real) program = clean_path(program);
    if (program != real && !draft.global.value.use_symlink_paths) command.path = real;

    verdict.is_script = true;
    if (!executable_by(facts, uid, gid)) {
        return refuse("cannot be executed by its user", false);
    }
    verdict.usable = true;
    const bool runs_as_root = uid == 0 || gid == 0 || (facts.uid == 0 && (facts.mode & 04100U) == 04100U) ||
                              (facts.gid == 0 && (facts.mode & 02010U) == 02010U);
    if (runs_as_root) {
        verdict.insecure = !path_is_safe(environment, program) || !path_is_safe(environment, real);
        if (verdict.insecure && draft.global.value.script_security) {
            verdict.usable = false;
            return refuse("or a directory on its path can be changed by others than root", true);
        }
    }
    return remember();
}

}  // namespace holdfast::config
