#include "holdfast/agents/control_protocol.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "holdfast/agents/json_text.hpp"

namespace holdfast::agents {

namespace {

using nlohmann::json;

constexpr std::array kCommands{
    std::pair<std::string_view, ControlCommand>{"version", ControlCommand::version},
    std::pair<std::string_view, ControlCommand>{"status", ControlCommand::status},
    std::pair<std::string_view, ControlCommand>{"why", ControlCommand::why},
    std::pair<std::string_view, ControlCommand>{"events", ControlCommand::events},
    std::pair<std::string_view, ControlCommand>{"reload", ControlCommand::reload},
    std::pair<std::string_view, ControlCommand>{"plan", ControlCommand::plan},
};

/// The member, when it is there; an error when it is of another kind.
Result<std::string> text_member(const json& object, const char* name) {
    const auto member = object.find(name);
    if (member == object.end()) return std::string{};
    if (!member->is_string()) return fail(fmt::format("\"{}\" is not a string", name));
    std::string text = member->get<std::string>();
    if (text.find('\0') != std::string::npos) return fail(fmt::format("\"{}\" has a NUL in it", name));
    return text;
}

Result<std::optional<uint32_t>> number_member(const json& object, const char* name) {
    const auto member = object.find(name);
    if (member == object.end()) return std::nullopt;
    if (!member->is_number_unsigned() || member->get<uint64_t>() > std::numeric_limits<uint32_t>::max()) {
        return fail(fmt::format("\"{}\" is not a number of events", name));
    }
    return static_cast<uint32_t>(member->get<uint64_t>());
}

Result<bool> flag_member(const json& object, const char* name) {
    const auto member = object.find(name);
    if (member == object.end()) return false;
    if (!member->is_boolean()) return fail(fmt::format("\"{}\" is neither true nor false", name));
    return member->get<bool>();
}

}  // namespace

std::string_view to_string(ControlCommand command) {
    for (const auto& [name, value] : kCommands)
        if (value == command) return name;
    return "";
}

Result<ControlRequest> parse_request(std::string_view line) {
    if (line.size() > kLongestRequest) return fail("the request is too long");
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object()) return fail("a request is one JSON object on one line");
    const auto word = object.find("command");
    if (word == object.end() || !word->is_string()) return fail("a request has a \"command\"");
    ControlRequest request;
    bool known = false;
    for (const auto& [name, value] : kCommands) {
        if (name != word->get_ref<const std::string&>()) continue;
        request.command = value;
        known = true;
    }
    if (!known) return fail(fmt::format("there is no command {}", word->dump()));
    auto name = text_member(object, "name");
    if (!name) return std::unexpected(name.error());
    auto file = text_member(object, "file");
    if (!file) return std::unexpected(file.error());
    const auto count = number_member(object, "count");
    if (!count) return std::unexpected(count.error());
    const auto follow = flag_member(object, "follow");
    if (!follow) return std::unexpected(follow.error());
    request.name = std::move(*name);
    request.file = std::move(*file);
    request.count = *count;
    request.follow = *follow;
    if (request.command == ControlCommand::why && request.name.empty())
        return fail("\"why\" needs a \"name\"");
    if (!request.file.empty() && request.file.front() != '/') return fail("\"file\" is not an absolute path");
    return request;
}

std::string to_line(const ControlRequest& request) {
    std::string line;
    JsonText json_text(line);
    json_text.open_object().text("command", to_string(request.command));
    if (!request.name.empty()) json_text.text("name", request.name);
    if (!request.file.empty()) json_text.text("file", request.file);
    if (request.count) json_text.number("count", *request.count);
    if (request.follow) json_text.flag("follow", true);
    json_text.close_object();
    return line + '\n';
}

std::string to_line(const ControlError& error) {
    std::string line;
    JsonText(line).open_object().text("error", error.code).text("message", error.message).close_object();
    return line + '\n';
}

bool LineBuffer::add(std::string_view bytes) {
    buffer_ += bytes;
    const size_t end = buffer_.find('\n');
    return (end == std::string::npos ? buffer_.size() : end) <= longest_ && buffer_.size() <= 2 * longest_;
}

std::optional<std::string> LineBuffer::next() {
    const size_t end = buffer_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

std::string control_socket_path(std::string_view main_pid_file) {
    constexpr std::string_view kPid = ".pid";
    if (main_pid_file.ends_with(kPid)) main_pid_file.remove_suffix(kPid.size());
    return std::string(main_pid_file) + ".sock";
}

}  // namespace holdfast::agents
