// The kinds of probes behind start_probe().
#pragma once

#include "holdfast/app/probe.hpp"

namespace holdfast::app {

std::unique_ptr<Probe> start_stream_probe(const ProbeTools& tools,
                                          std::unique_ptr<check::Conversation> conversation,
                                          Probe::Done done);
std::unique_ptr<Probe> start_datagram_probe(const ProbeTools& tools,
                                            std::unique_ptr<check::Conversation> conversation,
                                            Probe::Done done);
std::unique_ptr<Probe> start_misc_probe(const ProbeTools& tools, const check::MiscCheck& check,
                                        Duration timeout, Probe::Done done);

/// A step that is `done`, as a result.
ProbeResult result_of(const check::Step& step, ProbeResult::Kind when_bad = ProbeResult::Kind::bad);
/// What the conversation makes of a failure. Those that say nothing about the server do not reach it.
ProbeResult result_of(check::Conversation& conversation, const Error& error, io::StreamFailure reason);

}  // namespace holdfast::app
