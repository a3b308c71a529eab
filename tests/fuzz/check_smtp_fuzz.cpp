// Hostile answers to SMTP_CHECK: the first byte says how they are cut. It fails when the cuts change what is
// sent or found, or when more than two commands are sent.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "holdfast/check/smtp.hpp"

using namespace holdfast::check;

namespace {

struct Talk {
    Outcome outcome;
    Bytes sent;
    friend bool operator==(const Talk&, const Talk&) = default;
};

Talk talk(const SmtpCheck& check, std::span<const uint8_t> answers, size_t piece) {
    SmtpConversation conversation(check);
    Talk result;
    conversation.connected(result.sent);
    while (!answers.empty()) {
        const auto now = answers.first(std::min(piece, answers.size()));
        answers = answers.subspan(now.size());
        const Step step = conversation.received(now, result.sent);
        if (step.next != Step::Next::done) continue;
        result.outcome = step.outcome;
        return result;
    }
    result.outcome = conversation.closed().outcome;
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    SmtpCheck check{.helo_name = "h"};
    check.hosts.emplace_back();
    const std::span answers(data + 1, size - 1);
    const Talk whole = talk(check, answers, size);
    if (talk(check, answers, size_t{data[0]} % 16 + 1) != whole) std::abort();
    if (whole.sent.size() > sizeof "HELO h\r\nQUIT\r\n") std::abort();
    return 0;
}
