#include "holdfast/check/smtp.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::check {
namespace {

// A longer line is not an answer (RFC 5321, 4.5.3.1.5: 512 bytes with its end).
constexpr size_t kLongestLine = 510;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// -1: not an SMTP answer.
int code_of(std::string_view line) {
    if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return -1;
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-' && line[3] != '\r') return -1;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

bool has_more_lines(std::string_view line) {
    return line.size() > 3 && line[3] == '-';
}

void append(Bytes& out, std::string_view text) {
    out.insert(out.end(), text.begin(), text.end());
}

}  // namespace

Step SmtpConversation::connected(Bytes&) {
    return Step::wait();
}

Step SmtpConversation::received(std::span<const uint8_t> bytes, Bytes& out) {
    Step step = Step::wait();
    for (const uint8_t byte : bytes) {
        if (byte != '\n') {
            if (line_.size() <= kLongestLine) line_.push_back(static_cast<char>(byte));
            continue;
        }
        const int code = line_.size() <= kLongestLine ? code_of(line_) : -1;
        const bool more = code >= 0 && has_more_lines(line_);
        line_.clear();
        if (more) continue;
        step = answered(code, out);
        if (step.next == Step::Next::done) return step;
    }
    return step;
}

Step SmtpConversation::answered(int code, Bytes& out) {
    switch (waiting_) {
        case Waiting::greeting:
            if (code != 220) return bad("Bad greeting banner from server");
            append(out, fmt::format("HELO {}\r\n", check_.helo_name));
            waiting_ = Waiting::helo;
            return Step::wait_anew();
        case Waiting::helo:
            if (code != 250) return bad("Bad HELO response from server");
            append(out, "QUIT\r\n");
            waiting_ = Waiting::quit;
            return Step::wait_anew();
        case Waiting::quit:
            return Step::good();
    }
    return Step::good();
}

Step SmtpConversation::closed() {
    return bad("Read failure from server");
}

Step SmtpConversation::failed(const Failure& failure) {
    switch (failure.trouble) {
        case Trouble::refused:
            return bad("Could not connect to server");
        case Trouble::unreachable: {
            const Endpoint& to = settings().destination;
            return Step::bad(fmt::format("Network unreachable for server {} - real server [{}]:{}",
                                         to.address.to_string(), to.address.to_string(), to.port));
        }
        case Trouble::timed_out:
            return bad("Connection timeout to server");
        case Trouble::handshake:
        case Trouble::broken:
            return bad("Read failure from server");
    }
    return bad("Read failure from server");
}

Step SmtpConversation::timed_out() {
    return bad("Read timeout from server");
}

Step SmtpConversation::bad(std::string_view what) const {
    const Endpoint& to = settings().destination;
    return Step::bad(fmt::format("{} [{}]:{}", what, to.address.to_string(), to.port));
}

}  // namespace holdfast::check
