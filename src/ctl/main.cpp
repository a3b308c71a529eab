// holdctl: asks a running daemon over its control socket.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "holdfast/ctl/client.hpp"
#include "holdfast/ctl/metrics.hpp"
#include "holdfast/ctl/options.hpp"
#include "holdfast/ctl/render.hpp"
#include "holdfast/ctl/table.hpp"

namespace holdfast::ctl {

namespace {

using agents::ControlCommand;
using nlohmann::json;

/// The option, the environment, the usual places; empty when the process that was named has none.
std::string socket_path(const Options& options) {
    if (options.socket) return *options.socket;
    if (options.process) return socket_of_process(*options.process).value_or("");
    if (const char* path = std::getenv("HOLDFAST_SOCKET"); path != nullptr && *path != 0) return path;
    const std::string usual = "/run/keepalived.sock";
    const std::string with_pid_dir = "/run/keepalived/keepalived.sock";
    std::error_code ignored;
    const bool elsewhere =
        !std::filesystem::exists(usual, ignored) && std::filesystem::exists(with_pid_dir, ignored);
    return elsewhere ? with_pid_dir : usual;
}

Style style_of(const Options& options) {
    const char* no_colour = std::getenv("NO_COLOR");
    const bool wanted = ::isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == 0);
    return {options.colour == Colour::always || (options.colour == Colour::automatic && wanted)};
}

int complain(const NoAnswer& failure) {
    fmt::print(stderr, "holdctl: {}\n", printable(failure.message));
    return failure.status;
}

/// The daemon's own refusal.
int complain(const json& answer) {
    fmt::print(stderr, "holdctl: {}\n",
               printable(answer.value("message", std::string("the daemon refuses"))));
    return answer.value("error", std::string{}) == "not_permitted" ? exit_status::kNotPermitted
                                                                   : exit_status::kRefused;
}

/// How an answer begins that is a refusal.
constexpr std::string_view kError = "{\"error\"";

int not_understood() {
    fmt::print(stderr, "holdctl: the daemon's answer is not understood\n");
    return exit_status::kRefused;
}

bool is_refused(const json& answer) {
    return answer.value("result", std::string{}) == "refused";
}

std::string render(const Options& options, const json& answer, Style style) {
    switch (options.request.command) {
        case ControlCommand::status:
            return render_status(answer, style);
        case ControlCommand::why:
            return render_why(answer, style);
        case ControlCommand::events:
            return render_events(answer, style);
        case ControlCommand::reload:
        case ControlCommand::plan:
            return render_outcome(answer, style);
        case ControlCommand::version:
            return render_version(answer);
    }
    return {};
}

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

int follow(Client& client, const Options& options) {
    const Style style = style_of(options);
    bool refused = false;
    const NoAnswer end = client.follow(to_line(options.request), [&](const std::string& line) {
        const json event = json::parse(line, nullptr, false);
        if (event.is_object() && event.contains("error")) {
            refused = true;
            complain(event);
        } else if (options.json) {
            print(line + "\n");
        } else if (event.is_object()) {
            print(render_event(event, style));
        }
    });
    return refused ? exit_status::kRefused : complain(end);
}

int watch(Client& client, const Options& options) {
    const Style style = style_of(options);
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    while (true) {
        const auto line = client.ask(to_line(options.request));
        if (!line) return complain(line.error());
        if (line->starts_with(kError)) return complain(json::parse(*line, nullptr, false));
        const auto text = render_status_line(*line, style);
        if (!text) return not_understood();
        // From the top, and then whatever was below.
        print((terminal ? "\x1b[H\x1b[2J" : "") + *text + (terminal ? "" : "\n"));
        std::this_thread::sleep_for(*options.watch);
    }
}

int ask(Client& client, const Options& options) {
    auto line = client.ask(to_line(options.request));
    if (!line) return complain(line.error());
    if (options.request.command == ControlCommand::status && !line->starts_with(kError)) {
        // It may be large: neither taken apart only to be printed as it came, nor as a whole.
        if (options.json) {
            line->push_back('\n');
            print(*line);
            return exit_status::kOk;
        }
        const auto text =
            options.metrics ? render_metrics(*line) : render_status_line(*line, style_of(options));
        if (!text) return not_understood();
        print(*text);
        return exit_status::kOk;
    }
    const json answer = json::parse(*line, nullptr, false);
    if (!answer.is_object()) return not_understood();
    if (answer.contains("error")) {
        if (options.json) print(*line + "\n");
        return complain(answer);
    }
    if (options.json) {
        print(*line + "\n");
    } else {
        if (answer.contains("diagnostics")) {
            for (const json& diagnostic : answer["diagnostics"])
                fmt::print(stderr, "{}\n", printable(diagnostic.get<std::string>()));
        }
        const std::string text = render(options, answer, style_of(options));
        if (is_refused(answer)) {
            std::fputs(text.c_str(), stderr);
        } else {
            print(text);
        }
    }
    return is_refused(answer) ? exit_status::kRefused : exit_status::kOk;
}

int run(std::span<const std::string> arguments) {
    std::error_code ignored;
    const ParsedCommand parsed = parse_command(arguments, std::filesystem::current_path(ignored));
    if (!parsed.options) {
        std::fputs(parsed.output.c_str(), parsed.status == exit_status::kOk ? stdout : stderr);
        return parsed.status;
    }
    const Options& options = *parsed.options;
    const std::string path = socket_path(options);
    if (path.empty())
        return complain(NoAnswer{exit_status::kNoDaemon, fmt::format("process {} has no control socket",
                                                                     options.process.value_or(0))});
    auto client = Client::connect(path);
    if (!client) return complain(client.error());
    if (options.request.follow) return follow(*client, options);
    if (options.watch) return watch(*client, options);
    return ask(*client, options);
}

}  // namespace

}  // namespace holdfast::ctl

int main(int argc, char** argv) {
    // `holdctl events | head` ends quietly.
    std::signal(SIGPIPE, SIG_DFL);
    try {
        const std::vector<std::string> arguments(argv, argv + argc);
        return holdfast::ctl::run(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "holdctl: %s\n", error.what());
        return holdfast::ctl::exit_status::kRefused;
    }
}
