// Hostile answers to HTTP_GET and SSL_GET. The first bytes choose what the url wants and how the answer is
// cut; the rest is the answer. Beside the sanitizers' findings it fails when the cuts change the result, when
// more of a header is kept than may be, and when the search for a pattern disagrees with one over the whole
// text.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "holdfast/base/bytes.hpp"
#include "holdfast/check/http.hpp"

using namespace holdfast;
using namespace holdfast::check;

namespace {

constexpr const char* kPatterns[] = {"", "ok", "^HTTP", "a+b", "(?<=x)y", "z$", "\\bword\\b", "(a|b)*c"};

void must(bool holds) {
    if (!holds) std::abort();
}

Outcome probe(const Checker& checker, std::span<const uint8_t> answer, size_t piece) {
    ProbeMemory memory(checker);
    const auto& check = std::get<HttpCheck>(checker.probe);
    HttpConversation conversation(check, memory);
    Bytes out;
    conversation.connected(out);
    must(!out.empty());
    while (!answer.empty()) {
        const auto now = answer.first(std::min(piece, answer.size()));
        answer = answer.subspan(now.size());
        const Step step = conversation.received(now, out);
        must(conversation.answer().header().size() <= HttpAnswer::kLongestHeader);
        if (step.next == Step::Next::done) return step.outcome;
    }
    const Step step = conversation.closed();
    must(step.next == Step::Next::done);
    return step.outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ByteReader input({data, size});
    const uint8_t shape = input.u8();
    const uint8_t piece = input.u8();
    const uint8_t offset = input.u8();
    if (input.failed()) return 0;

    UrlSettings url{.path = "/"};
    url.regex = kPatterns[shape & 7U];
    url.regex_no_match = (shape & 8U) != 0;
    if ((shape & 16U) != 0) url.regex_min_offset = offset;
    if ((shape & 32U) != 0) url.regex_max_offset = size_t{offset} + 100;
    if ((shape & 64U) != 0) url.digest.emplace();
    HttpCheck check{.tls = (shape & 128U) != 0};
    check.urls.push_back(url);
    const Checker checker{.probe = check};

    const auto answer = input.bytes(input.remaining());
    const Outcome whole = probe(checker, answer, answer.size() + 1);
    must(probe(checker, answer, size_t{piece} + 1) == whole);
    return 0;
}
