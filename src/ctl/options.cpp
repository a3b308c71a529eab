#include "holdfast/ctl/options.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace holdfast::ctl {

namespace {

using agents::ControlCommand;

constexpr std::array kCommands{ControlCommand::status, ControlCommand::why,  ControlCommand::events,
                               ControlCommand::reload, ControlCommand::plan, ControlCommand::version};

ParsedCommand usage(std::string problem) {
    return {std::nullopt, exit_status::kUsage,
            fmt::format("holdctl: {}\nTry `holdctl --help`.\n", std::move(problem))};
}

std::optional<uint32_t> whole_number(const std::string& text) {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::chrono::milliseconds> period(const std::string& text) {
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size() || !(seconds >= 0.1 && seconds <= 86400))
        return std::nullopt;
    return std::chrono::milliseconds(std::lround(seconds * 1000));
}

/// Goes through the words: options anywhere, the command first of the others, its argument second.
class Parser {
  public:
    Parser(std::span<const std::string> arguments, const std::string& directory)
        : arguments_(arguments), directory_(directory) {}

    ParsedCommand parse() {
        bool options_end = false;
        for (next_ = 1; next_ < arguments_.size();) {
            const std::string& word = arguments_[next_++];
            if (!options_end && word == "--") {
                options_end = true;
            } else if (!options_end && word.size() > 1 && word.front() == '-') {
                if (auto stop = option(word)) return *stop;
            } else if (auto stop = operand(word)) {
                return *stop;
            }
        }
        return finish();
    }

  private:
    /// The value of an option: behind `=` or the next word.
    std::optional<std::string> value() {
        if (attached_) return attached_;
        if (next_ == arguments_.size()) return std::nullopt;
        return arguments_[next_++];
    }

    std::optional<ParsedCommand> option(const std::string& word) {
        const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        const std::string name = word.substr(0, equals);
        attached_.reset();
        if (equals != std::string::npos) attached_ = word.substr(equals + 1);
        if (name == "-h" || name == "--help")
            return ParsedCommand{std::nullopt, exit_status::kOk, help_text()};
        if (name == "-j" || name == "--json") {
            options_.json = true;
        } else if (name == "-f" || name == "--follow") {
            options_.request.follow = true;
        } else if (name == "-w" || name == "--watch") {
            options_.watch = attached_ ? period(*attached_)
                                       : std::optional<std::chrono::milliseconds>(std::chrono::seconds(1));
            if (!options_.watch) return usage("--watch takes 0.1 to 86400 seconds");
        } else if (name == "-n" || name == "--lines") {
            const auto number = value();
            options_.request.count = number ? whole_number(*number) : std::nullopt;
            if (!options_.request.count) return usage("-n takes a number of events");
        } else if (name == "-s" || name == "--socket") {
            options_.socket = value();
            if (!options_.socket) return usage("--socket takes a path");
        } else if (name == "-p" || name == "--pid") {
            const auto file = value();
            if (!file) return usage("--pid takes a path");
            options_.socket = agents::control_socket_path(*file);
        } else if (name == "--process") {
            const auto number = value();
            options_.process = number ? whole_number(*number) : std::nullopt;
            if (!options_.process) return usage("--process takes a process id");
        } else if (name == "-i" || name == "--instance") {
            const auto instance = value();
            if (!instance) return usage("--instance takes a name");
            options_.socket = "/run/keepalived/keepalived_" + *instance + ".sock";
        } else if (name == "--color" || name == "--colour") {
            const std::string when = value().value_or("");
            if (when != "auto" && when != "always" && when != "never")
                return usage("--color takes auto, always or never");
            options_.colour = when == "auto"     ? Colour::automatic
                              : when == "always" ? Colour::always
                                                 : Colour::never;
        } else {
            return usage(fmt::format("there is no option {}", name));
        }
        return std::nullopt;
    }

    std::optional<ParsedCommand> operand(const std::string& word) {
        if (!command_) {
            for (const ControlCommand command : kCommands)
                if (word == to_string(command)) command_ = command;
            if (word == "metrics") {
                command_ = ControlCommand::status;
                options_.metrics = true;
            }
            if (!command_) return usage(fmt::format("there is no command {}", word));
            return std::nullopt;
        }
        if (*command_ == ControlCommand::why && options_.request.name.empty()) {
            options_.request.name = word;
        } else if (*command_ == ControlCommand::why) {
            options_.request.name += " " + word;  // "[RS] of [VS]" needs no quotes.
        } else if (*command_ == ControlCommand::plan && options_.request.file.empty() && !word.empty()) {
            options_.request.file = word.front() == '/' ? word : directory_ + "/" + word;
        } else {
            return usage(
                fmt::format("{} takes no {}", options_.metrics ? "metrics" : to_string(*command_), word));
        }
        return std::nullopt;
    }

    ParsedCommand finish() {
        if (!command_) return usage("a command is missing");
        options_.request.command = *command_;
        if (*command_ == ControlCommand::why && options_.request.name.empty())
            return usage("why takes the name of an instance, a group, a tracked object or a server");
        if (options_.watch && *command_ != ControlCommand::status) return usage("--watch is for status");
        if (options_.metrics && (options_.watch || options_.json))
            return usage("metrics are neither watched nor JSON");
        if (options_.watch && options_.json) return usage("--watch shows tables, not JSON");
        const bool about_events = options_.request.follow || options_.request.count;
        if (about_events && *command_ != ControlCommand::events)
            return usage("-n and --follow are for events");
        return {options_, exit_status::kOk, {}};
    }

    std::span<const std::string> arguments_;
    const std::string& directory_;
    size_t next_ = 1;
    std::optional<std::string> attached_;
    std::optional<ControlCommand> command_;
    Options options_;
};

}  // namespace

ParsedCommand parse_command(std::span<const std::string> arguments, const std::string& directory) {
    return Parser(arguments, directory).parse();
}

std::string help_text() {
    return R"(Usage: holdctl [OPTION]... COMMAND

Asks a running holdfast (or tells it to reload) over its control socket.

Commands:
  status            all instances, groups, trackers and servers
  why NAME          state of one of them: since when, what caused it, what keeps it
  metrics           the status in the text format of Prometheus
  events            what has happened, and why
  plan [FILE]       what a reload would do, without doing it
  reload            reload the configuration and wait for the outcome
  version           version of the daemon

Options:
  -j, --json            print the daemon's answer as it is
  -w, --watch[=SECONDS] status: show it again and again
  -n, --lines=N         events: the latest N
  -f, --follow          events: go on with those to come
  -p, --pid=FILE        the daemon with this main pid file (holdfast -p)
  -i, --instance=NAME   the daemon whose configuration says `instance NAME`
      --process=PID     the daemon that is this process
  -s, --socket=PATH     the daemon that listens here
      --color=WHEN      auto (the default), always or never
  -h, --help            this text

Exit status: 0 done; 1 refused; 2 wrong command line; 3 no daemon answers; 4 not permitted.
)";
}

}  // namespace holdfast::ctl
