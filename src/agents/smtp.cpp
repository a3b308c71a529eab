#include "holdfast/agents/smtp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::agents {

namespace {

constexpr size_t kMaxQuoted = 200;  // Of a reply in a complaint.

/// The address alone, on one line: nothing in it may begin another command.
std::string address_of(std::string_view mailbox) {
    const size_t open = mailbox.rfind('<');
    if (open != std::string_view::npos) {
        mailbox.remove_prefix(open + 1);
        mailbox = mailbox.substr(0, mailbox.find('>'));
    }
    std::string address(mailbox);
    std::erase_if(address, [](char c) { return c == '\r' || c == '\n'; });
    return address;
}

/// For the log: the server is not trusted with control characters.
std::string quoted(std::string_view line) {
    std::string text(line.substr(0, kMaxQuoted));
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

SmtpDialogue::SmtpDialogue(Envelope envelope) : envelope_(std::move(envelope)) {}

void SmtpDialogue::received(std::span<const uint8_t> data, std::string& out) {
    for (const uint8_t byte : data) {
        if (is_over()) return;
        if (++reply_size_ > kMaxReply) return give_up(fmt::format("the reply to {} does not end", asked_));
        if (byte != '\n') {
            buffer_ += static_cast<char>(byte);
            continue;
        }
        std::string line = std::exchange(buffer_, {});
        if (line.ends_with('\r')) line.pop_back();
        if (take_line(line, out)) reply_size_ = 0;
    }
}

/// Whether the line ends its reply.
bool SmtpDialogue::take_line(std::string_view line, std::string& out) {
    const bool numbered = line.size() >= 3 && std::all_of(line.begin(), line.begin() + 3, is_digit);
    if (!numbered || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) {
        give_up(fmt::format("the reply to {} is not SMTP: {}", asked_, quoted(line)));
        return true;
    }
    if (line.size() > 3 && line[3] == '-') return false;
    answered((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'), line, out);
    return true;
}

void SmtpDialogue::answered(int code, std::string_view line, std::string& out) {
    const auto refuse = [&] {
        complaints_.push_back(fmt::format("{} was answered {}", asked_, quoted(line)));
        part(out);
    };
    const bool positive = code / 100 == 2;
    switch (state_) {
        case State::greeting:
            if (code != 220) return refuse();
            return ask(State::helo, "HELO " + envelope_.helo_name, out);
        case State::helo:
            if (!positive) return refuse();
            return ask(State::sender, fmt::format("MAIL FROM:<{}>", address_of(envelope_.from)), out);
        case State::sender:
            if (!positive) return refuse();
            return next_recipient(out);
        case State::recipient:
            if (positive) {
                ++accepted_;
            } else {
                complaints_.push_back(fmt::format("{} was answered {}", asked_, quoted(line)));
            }
            return next_recipient(out);
        case State::data:
            if (code != 354) return refuse();
            state_ = State::body;
            asked_ = "the message";
            out += envelope_.message;
            out += ".\r\n";
            return;
        case State::body:
            if (!positive) return refuse();
            delivered_ = true;
            return part(out);
        case State::quit:
            state_ = State::over;
            return;
        case State::over:
            return;
    }
}

/// The mail goes to those that the server takes, if any.
void SmtpDialogue::next_recipient(std::string& out) {
    if (recipient_ < envelope_.recipients.size()) {
        const std::string& recipient = envelope_.recipients[recipient_++];
        return ask(State::recipient, fmt::format("RCPT TO:<{}>", address_of(recipient)), out);
    }
    if (accepted_ > 0) return ask(State::data, "DATA", out);
    part(out);
}

void SmtpDialogue::ask(State state, std::string command, std::string& out) {
    state_ = state;
    out += command;
    out += "\r\n";
    asked_ = std::move(command);
}

void SmtpDialogue::part(std::string& out) {
    ask(State::quit, "QUIT", out);
}

/// Nothing more is said. After the verdict it is no complaint.
void SmtpDialogue::give_up(std::string complaint) {
    if (state_ != State::quit) complaints_.push_back(std::move(complaint));
    state_ = State::over;
}

void SmtpDialogue::closed() {
    if (!is_over()) give_up(fmt::format("the server closed the connection without an answer to {}", asked_));
}

void SmtpDialogue::timed_out() {
    if (!is_over()) give_up(fmt::format("no answer to {} in time", asked_));
}

}  // namespace holdfast::agents
