#include "holdfast/app/status.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::app {

namespace {

using agents::ControlAnswer;
using agents::JsonText;

/// Real servers, events and actions in one piece.
constexpr size_t kPortion = 64;

/// Steps through everything; each step writes one object or a portion of a long list.
class StatusAnswer final : public ControlAnswer {
  public:
    StatusAnswer(const Daemon& daemon, ProcessFacts facts)
        : daemon_(daemon), facts_(std::move(facts)), generation_(daemon.generation()) {}

    Next produce(std::string& out) override {
        if (daemon_.generation() != generation_) return Next::broken;
        piece_.clear();
        const bool last = step();
        out += piece_;
        return last ? Next::end : Next::more;
    }

  private:
    enum class Part : uint8_t {
        head,
        instances,
        groups,
        scripts,
        files,
        processes,
        interfaces,
        bfd,
        virtual_servers,
        tail
    };

    /// True when it was the last one.
    bool step() {
        const config::Config& config = daemon_.config();
        const VrrpService& vrrp = daemon_.vrrp();
        switch (part_) {
            case Part::head:
                head();
                begin(Part::instances, "instances");
                return false;
            case Part::instances:
                list(vrrp.instances().size(), Part::groups, "sync_groups",
                     [&](size_t i) { write_instance(json_, daemon_, *vrrp.instances()[i]); });
                return false;
            case Part::groups:
                for (const auto& [name, group] : vrrp.groups()) write_group(json_, daemon_, *group);
                end(Part::scripts, "scripts");
                return false;
            case Part::scripts:
                list(config.scripts.size(), Part::files, "files",
                     [&](size_t i) { write_script(json_, daemon_, config.scripts[i]); });
                return false;
            case Part::files:
                list(config.track_files.size(), Part::processes, "processes",
                     [&](size_t i) { write_file(json_, daemon_, config.track_files[i]); });
                return false;
            case Part::processes:
                list(config.track_processes.size(), Part::interfaces, "interfaces",
                     [&](size_t i) { write_process(json_, daemon_, config.track_processes[i]); });
                return false;
            case Part::interfaces:
                write_interfaces(json_, daemon_);
                end(Part::bfd, "bfd_sessions");
                return false;
            case Part::bfd:
                for (const bfd::Session* session : daemon_.bfd().sessions())
                    write_bfd_session(json_, daemon_, *session);
                end(Part::virtual_servers, "virtual_servers");
                return false;
            case Part::virtual_servers:
                servers();
                return false;
            case Part::tail:
                json_.close_object();
                piece_ += '\n';
                return true;
        }
        return true;
    }

    void head() {
        json_.open_object().number("schema", agents::kControlSchema);
        json_.text("at", utc_text(daemon_.edges().wall_clock()));
        json_.key("daemon").open_object().text("version", product()).number("pid", facts_.pid);
        json_.text("state", facts_.stopping ? "stopping" : "running").flag("reloading", facts_.reloading);
        write_since(json_, daemon_, daemon_.started_at());
        json_.text("configuration", facts_.config_file).number("generation", generation_);
        json_.text("instance", daemon_.config().root.instance);
        json_.text("net_namespace", daemon_.config().root.net_namespace);
        json_.close_object().key("last_reload");
        const auto& reload = daemon_.last_reload();
        if (!reload) {
            json_.null();
            return;
        }
        json_.open_object();
        write_since(json_, daemon_, reload->at);
        json_.flag("applied", reload->outcome.applied).text("reason", reload->outcome.reason);
        json_.key("diagnostics").open_array();
        for (const std::string& line : reload->outcome.diagnostics) json_.text(line);
        json_.close_array().close_object();
    }

    void begin(Part part, std::string_view key) {
        part_ = part;
        index_ = 0;
        json_.key(key).open_array();
    }
    void end(Part next, std::string_view key) {
        json_.close_array();
        begin(next, key);
    }
    template <class Write>
    void list(size_t size, Part next, std::string_view key, const Write& write) {
        if (index_ < size) {
            write(index_++);
        } else {
            end(next, key);
        }
    }

    void servers() {
        const check::Director& director = daemon_.lvs().director();
        if (index_ >= director.size()) {
            json_.close_array();
            part_ = Part::tail;
            return;
        }
        if (server_ == 0) {
            json_.open_object();
            write_virtual_server(json_, daemon_, index_);
            json_.key("real_servers").open_array();
        }
        const size_t size = director.machine(index_).servers().size();
        for (size_t i = 0; i < kPortion && server_ < size; ++i)
            write_real_server(json_, daemon_, index_, server_++);
        if (server_ < size) return;
        json_.close_array().close_object();
        server_ = 0;
        ++index_;
    }

    const Daemon& daemon_;
    ProcessFacts facts_;
    uint64_t generation_;
    Part part_ = Part::head;
    size_t index_ = 0;
    size_t server_ = 0;  ///< Real server of virtual server `index_`.
    std::string piece_;
    JsonText json_{piece_};
};

class EventsAnswer final : public ControlAnswer {
  public:
    EventsAnswer(const Daemon& daemon, std::optional<uint32_t> count, bool follow)
        : journal_(daemon.journal()), follow_(follow) {
        const size_t kept = journal_.events().size();
        next_ = journal_.next_number() - std::min<uint64_t>(count.value_or(UINT32_MAX), kept);
    }

    Next produce(std::string& out) override {
        if (!follow_ && !begun_) out += "{\"events\":[";
        for (size_t i = 0; i < kPortion && next_ < journal_.next_number(); ++i) {
            if (journal_.event(next_) == nullptr) skip(out);
            if (!follow_ && begun_) out += ',';
            JsonText json(out);
            json.open_object();
            write_event(json, *journal_.event(next_++));
            json.close_object();
            if (follow_) out += '\n';
            begun_ = true;
        }
        begun_ = true;
        if (next_ < journal_.next_number()) return Next::more;
        if (follow_) return Next::waits;
        out += "]}\n";
        return Next::end;
    }

  private:
    /// The reader was slower than the events.
    void skip(std::string& out) {
        const uint64_t first = journal_.events().front()->number();
        if (follow_) out += fmt::format("{{\"lost\":{}}}\n", first - next_);
        next_ = first;
    }

    const EventJournal& journal_;
    bool follow_;
    bool begun_ = false;
    uint64_t next_ = 0;
};

class OutcomeAnswer final : public ControlAnswer {
  public:
    OutcomeAnswer(std::string_view verb, SharedOutcome outcome) : verb_(verb), outcome_(std::move(outcome)) {}

    Next produce(std::string& out) override {
        piece_.clear();
        if (!std::exchange(begun_, true)) head();
        for (size_t i = 0; i < kPortion && next_ < outcome_->actions.size(); ++i)
            write(outcome_->actions[next_++]);
        const bool last = next_ == outcome_->actions.size();
        if (last) {
            json_.close_array().close_object();
            piece_ += '\n';
        }
        out += piece_;
        return last ? Next::end : Next::more;
    }

  private:
    void head() {
        json_.open_object().text("command", verb_);
        json_.text("result", !outcome_->applied ? "refused" : verb_ == "plan" ? "possible" : "applied");
        json_.text("reason", outcome_->reason).key("diagnostics").open_array();
        for (const std::string& line : outcome_->diagnostics) json_.text(line);
        json_.close_array().key("actions").open_array();
    }
    void write(const PlannedAction& action) {
        json_.open_object().text("action", to_string(action.what)).text("kind", action.kind);
        json_.text("name", action.name).key("details").open_array();
        for (const std::string& detail : action.details) json_.text(detail);
        json_.close_array().close_object();
    }

    std::string verb_;
    SharedOutcome outcome_;
    bool begun_ = false;
    size_t next_ = 0;
    std::string piece_;
    JsonText json_{piece_};
};

}  // namespace

std::unique_ptr<ControlAnswer> status_answer(const Daemon& daemon, ProcessFacts facts) {
    return std::make_unique<StatusAnswer>(daemon, std::move(facts));
}

std::unique_ptr<ControlAnswer> events_answer(const Daemon& daemon, std::optional<uint32_t> count,
                                             bool follow) {
    return std::make_unique<EventsAnswer>(daemon, count, follow);
}

std::unique_ptr<ControlAnswer> outcome_answer(std::string_view verb, SharedOutcome outcome) {
    return std::make_unique<OutcomeAnswer>(verb, std::move(outcome));
}

std::string utc_text(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto milliseconds_since = floor<milliseconds>(time).time_since_epoch().count();
    const auto seconds = static_cast<time_t>(milliseconds_since / 1000);
    tm fields{};
    gmtime_r(&seconds, &fields);
    std::array<char, 32> text{};
    const size_t length = strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &fields);
    return fmt::format("{}.{:03}Z", std::string_view(text.data(), length), milliseconds_since % 1000);
}

void write_since(JsonText& json, const Daemon& daemon, std::chrono::system_clock::time_point since) {
    json.text("since", utc_text(since));
    // A clock that was set back makes no negative age.
    const auto age = std::chrono::duration_cast<Duration>(daemon.edges().wall_clock() - since);
    json.seconds("seconds", std::max(age, Duration::zero()));
}

void write_event(JsonText& json, const JournalEvent& event) {
    json.number("number", event.number()).text("at", utc_text(event.at()));
    json.text("kind", to_string(event.kind())).text("name", event.name());
    json.text("from", event.from()).text("to", event.to());
    json.text("cause", event.cause()).text("text", event.text());
}

}  // namespace holdfast::app
