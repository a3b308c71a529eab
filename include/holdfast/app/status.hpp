// What the control socket answers about the state of things, as JSON: everything (`status`, whose shape is
// docs/status.schema.json), one thing with its reasons (`why`), and what has happened (`events`). Written
// straight from the machines, piece by piece: with thousands of servers no turn of the loop is spent on it as
// a whole.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/agents/control_server.hpp"
#include "holdfast/agents/json_text.hpp"
#include "holdfast/app/daemon.hpp"
#include "holdfast/app/reloads.hpp"

namespace holdfast::app {

/// What only the process knows.
struct ProcessFacts {
    int pid = 0;
    std::string config_file{};
    bool stopping = false;
    bool reloading = false;  ///< A configuration is being read.
};

/// The daemon must outlive the answers. A reload between two pieces breaks an answer off.
std::unique_ptr<agents::ControlAnswer> status_answer(const Daemon& daemon, ProcessFacts facts);
/// Nothing when nobody has this name: an instance, a sync group, something tracked, a BFD session, a virtual
/// server, a real server (`[ADDRESS]:tcp:PORT`, perhaps with ` of VIRTUAL SERVER`). A line with its newline.
std::optional<std::string> why_line(const Daemon& daemon, std::string_view name);
/// All names that `why_line` knows, but those of servers.
std::vector<std::string> known_names(const Daemon& daemon);
/// The latest `count` events in one line, or each of them and those to come in a line of its own.
std::unique_ptr<agents::ControlAnswer> events_answer(const Daemon& daemon, std::optional<uint32_t> count,
                                                     bool follow);
/// What a reload did or would do. `verb` is "reload" or "plan".
std::unique_ptr<agents::ControlAnswer> outcome_answer(std::string_view verb, SharedOutcome outcome);

// status_vrrp.cpp and status_servers.cpp: one object each.
void write_instance(agents::JsonText& json, const Daemon& daemon, const VrrpInstance& instance);
void write_group(agents::JsonText& json, const Daemon& daemon, const VrrpGroup& group);
void write_script(agents::JsonText& json, const Daemon& daemon, const track::ScriptSettings& script);
void write_file(agents::JsonText& json, const Daemon& daemon, const track::FileSettings& file);
void write_process(agents::JsonText& json, const Daemon& daemon, const track::ProcessSettings& process);
void write_interfaces(agents::JsonText& json, const Daemon& daemon);
void write_bfd_session(agents::JsonText& json, const Daemon& daemon, const bfd::Session& session);
/// Everything of a virtual server but its real servers.
void write_virtual_server(agents::JsonText& json, const Daemon& daemon, size_t index);
void write_real_server(agents::JsonText& json, const Daemon& daemon, size_t virtual_server, size_t index);
void write_event(agents::JsonText& json, const JournalEvent& event);

/// `2026-11-21T20:15:04.123Z`.
std::string utc_text(std::chrono::system_clock::time_point time);
/// "since" and "seconds": how long ago that was.
void write_since(agents::JsonText& json, const Daemon& daemon, std::chrono::system_clock::time_point since);
/// Since when an instance is in its state.
std::chrono::system_clock::time_point since_of(const Daemon& daemon, const VrrpInstance& instance);
/// `priority 90 (base 100, chk -10)`: the effective priority and what it is made of.
std::string priority_text(const VrrpInstance& instance);
/// The partners that keep an instance from taking part, with their reasons: "sync group G: B (script x
/// fails)".
std::string unfit_partners(const VrrpService& vrrp, const VrrpInstance& instance);
/// What keeps an instance in its state, one sentence each (status_why.cpp).
std::vector<std::string> keeping_rules(const Daemon& daemon, const VrrpInstance& instance);

}  // namespace holdfast::app
