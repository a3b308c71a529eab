#include "holdfast/app/probe.hpp"

#include <cerrno>

#include "probes.hpp"

namespace holdfast::app {

namespace {

std::optional<check::Trouble> trouble_of(const Error& error, io::StreamFailure reason) {
    switch (reason) {
        case io::StreamFailure::out_of_descriptors:
        case io::StreamFailure::not_started:
            return std::nullopt;
        case io::StreamFailure::refused:
            return check::Trouble::refused;
        case io::StreamFailure::unreachable:
            // A host that does not answer is the server's trouble, a missing route is ours.
            return error.os_error == ENETUNREACH || error.os_error == ENETDOWN ? check::Trouble::unreachable
                                                                               : check::Trouble::refused;
        case io::StreamFailure::timeout:
            return check::Trouble::timed_out;
        case io::StreamFailure::handshake:
            return check::Trouble::handshake;
        case io::StreamFailure::other:
            return check::Trouble::broken;
    }
    return check::Trouble::broken;
}

}  // namespace

ProbeResult result_of(const check::Step& step, ProbeResult::Kind when_bad) {
    const check::Outcome& outcome = step.outcome;
    return {outcome.good ? ProbeResult::Kind::good : when_bad,
            outcome.reason,
            outcome.detail,
            outcome.remark,
            std::nullopt,
            false};
}

ProbeResult result_of(check::Conversation& conversation, const Error& error, io::StreamFailure reason) {
    const auto trouble = trouble_of(error, reason);
    if (!trouble)
        return {.kind = ProbeResult::Kind::not_possible,
                .reason = error.message,
                .exhausted = reason == io::StreamFailure::out_of_descriptors};
    return result_of(
        conversation.failed({*trouble, error.os_error, error.message}),
        *trouble == check::Trouble::timed_out ? ProbeResult::Kind::timed_out : ProbeResult::Kind::bad);
}

bool has_probes(const check::Checker& checker) {
    return !std::holds_alternative<check::FileCheck>(checker.probe) &&
           !std::holds_alternative<check::BfdCheck>(checker.probe);
}

std::unique_ptr<Probe> start_probe(const ProbeTools& tools, const check::Checker& checker,
                                   check::ProbeMemory* memory, Probe::Done done) {
    if (const auto* misc = std::get_if<check::MiscCheck>(&checker.probe)) {
        const Duration timeout =
            misc->timeout > Duration::zero() ? misc->timeout : checker.schedule.delay_loop;
        return start_misc_probe(tools, *misc, timeout, std::move(done));
    }
    auto conversation = check::make_conversation(checker, memory);
    if (conversation == nullptr) return nullptr;
    switch (conversation->transport()) {
        case check::Transport::tcp:
        case check::Transport::tls:
            return start_stream_probe(tools, std::move(conversation), std::move(done));
        case check::Transport::udp:
        case check::Transport::ping:
            return start_datagram_probe(tools, std::move(conversation), std::move(done));
    }
    return nullptr;
}

}  // namespace holdfast::app
