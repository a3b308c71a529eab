#include "loading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "rows.hpp"

namespace holdfast::config {
namespace {

Severity severity_of(ReportClass report_class) {
    switch (report_class) {
        case ReportClass::remark:
            return Severity::remark;
        case ReportClass::notice:
        case ReportClass::warning:
        case ReportClass::deprecated:
        case ReportClass::security:
            return Severity::warning;
        default:
            return Severity::error;
    }
}

}  // namespace

void Loading::add(Diagnostic diagnostic) {
    if (stopped_) return;
    // Beyond the limit nothing is shown, and a file of garbage must not fill the memory.
    if (diagnostic.severity == Severity::error && sink_->dropped() == 0) explained.failed();
    if (diagnostic.severity != Severity::remark && explained.is_consequence(nullptr))
        return hide(diagnostic.report_class, diagnostic.severity);
    sink_->add(std::move(diagnostic));
}

void Loading::hide(ReportClass report_class, Severity severity) {
    if (stopped_) return;
    sink_->add_hidden(report_class, severity);
    if (garbled_report_ && sink_ == &diagnostics)
        diagnostics.worsen(*garbled_report_, report_class, severity);
}

void Loading::add_garbled(Diagnostic diagnostic) {
    if (stopped_ || explained.is_consequence(nullptr)) return;
    garbled_report_ = diagnostics.all().size();
    sink_->add(std::move(diagnostic));
}

void Loading::report(ReportClass report_class, const Line& line, size_t word, std::string message) {
    if (stopped_) return;
    const Severity severity = severity_of(report_class);
    if (report_class != ReportClass::remark && explained.is_consequence(line.directive().text().data()))
        return hide(report_class, severity);
    // The value went with the quote that nothing closes, which was reported.
    if (report_class == ReportClass::general && line.size() == 1 && !line.directive().rest().empty() &&
        diagnostics.has(ReportClass::quote))
        return hide(report_class, severity);
    add(word == kWholeLine
            ? document.report(severity, report_class, line.directive(), std::move(message))
            : document.report(severity, report_class, line.directive(), word, std::move(message)));
}

void Loading::report(ReportClass report_class, Place place, std::string message, Hints hints) {
    report(severity_of(report_class), report_class, place, std::move(message), std::move(hints));
}

void Loading::corrected(Place place, std::string message, Hints hints) {
    report(Severity::warning, place.begin == nullptr ? ReportClass::warning : ReportClass::general, place,
           std::move(message), std::move(hints));
}

void Loading::report(Severity severity, ReportClass report_class, Place place, std::string message,
                     Hints hints) {
    if (stopped_) return;
    if (place.begin != nullptr && report_class != ReportClass::remark &&
        explained.is_consequence(place.begin))
        return hide(report_class, severity);
    Diagnostic about = diagnostic(severity, report_class, place, std::move(message));
    about.suggestion = std::move(hints.suggestion);
    about.advice = std::move(hints.advice);
    if (hints.note) about.note = std::move(hints.note);
    add(std::move(about));
}

Diagnostic Loading::diagnostic(Severity severity, ReportClass report_class, Place place,
                               std::string message) const {
    if (place.begin == nullptr) {
        Diagnostic nowhere;
        nowhere.severity = severity;
        nowhere.report_class = report_class;
        nowhere.message = std::move(message);
        return nowhere;
    }
    const size_t word = place.word == Place::kNone ? Document::kWholeText : place.word;
    return document.report(severity, report_class, place.text(), word, std::move(message));
}

void Loading::missing_word(const Line& line, size_t word) {
    report(
        ReportClass::missing_parameter, line, kWholeLine,
        word == 0 || line.directive().word(word - 1).empty()
            ? fmt::format("{} lacks a word", line.keyword())
            : fmt::format("a word is missing after {}; reading stops here", line.directive().word(word - 1)));
    stopped_ = true;
    fatal_ = true;
}

void Loading::fatal(Place place, std::string message) {
    error(place, std::move(message));
    fatal_ = true;
}

const std::optional<InterfaceFacts>& Loading::interface(std::string_view name) {
    auto [place, fresh] = interfaces_.try_emplace(std::string(name));
    if (fresh) place->second = environment.interface(name);
    return place->second;
}

bool Loading::interface_usable(std::string_view name) {
    if (interface(name) || draft.global.value.dynamic_interfaces) return true;
    interface_missing_ = true;
    return false;
}

std::optional<notify::Identity> Loading::identity(const Line& line, std::string_view user,
                                                  std::string_view group) {
    notify::Identity result;
    result.user = user;
    result.supplementary_groups = draft.global.value.set_supplementary_groups;
    if (group.starts_with(':')) {
        result.supplementary_groups = true;
        group.remove_prefix(1);
    }
    result.group = group;
    auto [found, fresh] = users_.try_emplace(result.user);
    if (fresh) found->second = environment.user(user);
    if (!found->second) {
        remark(line, kWholeLine, fmt::format("there is no user {}", user));
        return std::nullopt;
    }
    result.uid = found->second->uid;
    result.gid = found->second->gid;
    if (!group.empty()) {
        auto [group_found, group_fresh] = groups_.try_emplace(result.group);
        if (group_fresh) group_found->second = environment.group(group);
        if (!group_found->second) {
            remark(line, kWholeLine, fmt::format("there is no group {}", group));
            return std::nullopt;
        }
        result.gid = group_found->second;
    }
    return result;
}

std::optional<notify::Identity> Loading::identity(const Line& line, size_t first) {
    return identity(line, line.word(first), line.has(first + 1) ? line.word(first + 1) : std::string_view{});
}

void Loading::set_default_identity(std::optional<notify::Identity> identity) {
    default_identity_known_ = true;
    default_identity_ = std::move(identity);
}

std::optional<notify::Identity> Loading::default_identity(const Line& line) {
    if (default_identity_known_) return default_identity_;
    default_identity_known_ = true;
    if (auto user = environment.user("keepalived_script")) {
        notify::Identity identity;
        identity.user = "keepalived_script";
        identity.uid = user->uid;
        identity.gid = user->gid;
        identity.supplementary_groups = draft.global.value.set_supplementary_groups;
        default_identity_ = std::move(identity);
    } else if (draft.global.value.script_security) {
        error(line, kWholeLine,
              "enable_script_security needs a user for scripts: there is neither script_user nor a user "
              "keepalived_script");
    } else {
        default_identity_ = notify::Identity{};
    }
    return default_identity_;
}

void bad_choice(Loading& loading, const Line& line, size_t word, std::string_view problem,
                std::span<const std::string_view> choices) {
    if (loading.stopped() || loading.explained.is_consequence(line.directive().text().data())) {
        loading.report(ReportClass::general, line, word, std::string(problem));
        return;
    }
    Diagnostic diagnostic = loading.document.report(
        Severity::error, ReportClass::general, line.directive(), word,
        fmt::format("{} {} {}", line.keyword(), line.directive().word(word), problem));
    if (const auto near = nearest(line.directive().word(word), choices)) diagnostic.suggestion = *near;
    loading.add(std::move(diagnostic));
}

void bad_number(Loading& loading, const Line& line, size_t word, std::string_view problem, bool whole) {
    Diagnostic diagnostic = loading.document.report(
        Severity::error, ReportClass::number, line.directive(), word,
        fmt::format("{} {} {}", line.keyword(), line.directive().word(word), problem));
    diagnostic.suggestion = plain_seconds(line.directive().word(word), whole);
    loading.add(std::move(diagnostic));
}

std::string plain_seconds(std::string_view text, bool whole) {
    struct Unit {
        std::string_view name;
        uint64_t microseconds;
    };
    constexpr Unit kUnits[] = {
        {"", 1000000},     {"ms", 1000},        {"msec", 1000},       {"us", 1},       {"s", 1000000},
        {"sec", 1000000},  {"secs", 1000000},   {"seconds", 1000000}, {"m", 60000000}, {"min", 60000000},
        {"h", 3600000000}, {"second", 1000000}, {"minutes", 60000000}};
    std::string number(text.substr(0, text.find_first_not_of("0123456789.,")));
    const std::string_view unit = text.substr(number.size());
    std::ranges::replace(number, ',', '.');
    const auto value = parse_decimal(number, 0, 1000000000000, 6, Lenient::no);
    if (!value.value || !value.problem.empty()) return {};
    for (const auto& [name, microseconds] : kUnits) {
        if (name != unit) continue;
        const uint64_t total = *value.value * microseconds / 1000000;
        if (whole && total % 1000000 != 0) return {};
        std::string plain = format_decimal(total, 6);
        return plain == text ? std::string{} : plain;
    }
    return {};
}

std::optional<uint32_t> Loading::named_number(NameTable table, std::string_view name, uint32_t max) {
    const std::string text(name);
    char* end = nullptr;
    const uint64_t number = std::strtoull(text.c_str(), &end, 0);
    if (end != text.c_str() && *end == '\0') {
        // The reference takes what 32 bits hold of the number.
        const auto id = static_cast<uint32_t>(number);
        return id <= max ? std::optional(id) : std::nullopt;
    }
    const GlobalSettings& global = draft.global.value;
    auto found = environment.named_number_in({global.iproute_usr_dir, global.iproute_etc_dir}, table, name);
    return found && *found <= max ? found : std::nullopt;
}

bool read_command(Loading& loading, const Line& line, notify::Command& out) {
    auto words = read_quoted(line.directive().rest());
    if (!words) {
        loading.error(line, kWholeLine, fmt::format("{}: {}", line.keyword(), words.error().message));
        return false;
    }
    if (words->empty()) return false;
    auto arguments = read_escaped(words->front());
    if (!arguments || arguments->empty()) {
        loading.remark(line, kWholeLine, fmt::format("{} has no command that can be read", line.keyword()));
        return false;
    }
    std::optional<notify::Identity> identity =
        words->size() > 1
            ? loading.identity(line, (*words)[1], words->size() > 2 ? (*words)[2] : std::string())
            : loading.default_identity(line);
    if (!identity) {
        loading.remark(line, kWholeLine,
                       fmt::format("{} is left out, because nobody can run it", line.keyword()));
        return false;
    }
    out.arguments = std::move(*arguments);
    out.identity = std::move(*identity);
    return true;
}

std::string command_words(const notify::Command& command) {
    std::string text;
    for (const std::string& argument : command.arguments)
        text += (text.empty() ? "" : " ") + escaped_argument(argument);
    return fmt::format("\"{}\"", text);
}

std::optional<std::string> command_text(const notify::Command& command) {
    if (command.empty()) return std::nullopt;
    std::string text = command_words(command);
    if (!command.identity.user.empty()) text += ' ' + command.identity.user;
    if (!command.identity.group.empty())
        text +=
            fmt::format(" {}{}", command.identity.supplementary_groups ? ":" : "", command.identity.group);
    return text;
}

std::string join(const Line& line, size_t first) {
    std::string text;
    for (size_t i = first; i < line.size(); ++i)
        text += (i == first ? "" : " ") + std::string(line.directive().word(i));
    return text;
}

}  // namespace holdfast::config
