// One attempt of a checker: drives a check::Conversation over a stream, or runs a MISC_CHECK program, within
// its time. The result is told once, never from inside start(); destroying the probe cancels it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "holdfast/app/edges.hpp"
#include "holdfast/check/conversation.hpp"
#include "holdfast/check/settings.hpp"
#include "holdfast/io/timed_child.hpp"

namespace holdfast::app {

struct ProbeResult {
    enum class Kind : uint8_t {
        good,
        bad,
        timed_out,
        not_possible,  ///< For a reason of our own (no descriptor, cannot bind): says nothing about the
                       ///< server.
    };
    Kind kind = Kind::bad;
    std::string reason;
    std::optional<int> exit_code;  ///< MISC_CHECK: the program's exit status.
};

class Probe {
  public:
    using Done = std::function<void(const ProbeResult&)>;
    Probe() = default;
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    virtual ~Probe() = default;
};

/// Whether this build carries out this kind of checker.
bool is_supported(const check::Checker& checker);

/// Begins one attempt; `checker` must outlive the probe.
std::unique_ptr<Probe> start_probe(Edges& edges, const check::Checker& checker, Probe::Done done);

}  // namespace holdfast::app
