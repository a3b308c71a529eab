// The control socket's protocol: bytes cut into lines, lines into requests, and every request written and
// read again. The first byte says where the input is cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "holdfast/agents/control_protocol.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace holdfast::agents;
    if (size == 0) return 0;
    const size_t step = size_t{data[0]} + 1;
    std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    LineBuffer lines;
    while (!input.empty()) {
        const std::string_view part = input.substr(0, step);
        input.remove_prefix(part.size());
        if (!lines.add(part)) break;
        while (const auto line = lines.next()) {
            const auto request = parse_request(*line);
            if (!request) continue;
            std::string again = to_line(*request);
            again.pop_back();
            const auto reread = parse_request(again);
            if (!reread || *reread != *request) std::abort();
        }
    }
    return 0;
}
