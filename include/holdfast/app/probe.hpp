// One attempt of a checker: drives a check::Conversation over a stream or datagrams, or runs a MISC_CHECK
// program, within its time. The result is told once, never from inside start_probe(); destroying the probe
// cancels it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "holdfast/app/edges.hpp"
#include "holdfast/check/conversation.hpp"
#include "holdfast/check/settings.hpp"
#include "holdfast/io/tls.hpp"

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
    std::string reason{};  ///< As check::Outcome's, and so are the next two.
    std::string detail{};
    std::string remark{};
    std::optional<int> exit_code{};  ///< MISC_CHECK: the program's exit status.
    bool exhausted = false;          ///< Not possible for want of descriptors, memory or processes.
};

class Probe {
  public:
    using Done = std::function<void(const ProbeResult&)>;
    Probe() = default;
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    virtual ~Probe() = default;
};

/// What probes need besides the checker; all of it must outlive them.
struct ProbeTools {
    Edges& edges;
    const io::TlsContext* tls = nullptr;  ///< For SSL_GET; without one it is not possible.
};

/// Whether this kind of checker is carried out by probes; FILE_CHECK and BFD_CHECK follow something else.
bool has_probes(const check::Checker& checker);

/// Begins one attempt; `checker` and `memory` must outlive the probe. `memory` may be null when
/// check::needs_memory says so. Null for a checker without probes.
std::unique_ptr<Probe> start_probe(const ProbeTools& tools, const check::Checker& checker,
                                   check::ProbeMemory* memory, Probe::Done done);

}  // namespace holdfast::app
