// One mail, told to an SMTP server (RFC 5321): the client's half as a machine. Bytes in, bytes out, and a
// verdict; the mailer (agents/mailer.hpp) owns the connection and the time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::agents {

/// What the dialogue needs to know of a mail.
struct Envelope {
    std::string helo_name;
    std::string from;                     ///< `a@b` or `Name <a@b>`, of which only the address is told.
    std::vector<std::string> recipients;  ///< Likewise; at least one.
    std::string message;                  ///< Headers and body as notify::mail_message makes them.
};

class SmtpDialogue {
  public:
    /// A server that sends more than this without ending its reply is not one.
    static constexpr size_t kMaxReply = 4096;

    explicit SmtpDialogue(Envelope envelope);

    /// Takes what the server said and appends to `out` what to answer. Replies may come in pieces, have
    /// several lines (`250-...`), or come before they were asked for.
    void received(std::span<const uint8_t> data, std::string& out);
    /// The server's end of stream.
    void closed();
    /// Its answer took too long.
    void timed_out();

    /// The server took the mail for at least one recipient.
    bool is_delivered() const { return delivered_; }
    /// All that matters is said, only the answer to QUIT is awaited.
    bool is_parting() const { return state_ == State::quit; }
    bool is_over() const { return state_ == State::over; }
    /// What the server refused, in its own words: one line each, safe for a log.
    const std::vector<std::string>& complaints() const { return complaints_; }

  private:
    enum class State : uint8_t { greeting, helo, sender, recipient, data, body, quit, over };

    bool take_line(std::string_view line, std::string& out);
    void answered(int code, std::string_view line, std::string& out);
    void next_recipient(std::string& out);
    void ask(State state, std::string command, std::string& out);
    void give_up(std::string complaint);
    void part(std::string& out);

    Envelope envelope_;
    State state_ = State::greeting;
    std::string asked_ = "the connection";  ///< What the awaited reply answers, for complaints.
    std::string buffer_;                    ///< A line that has not ended yet.
    size_t reply_size_ = 0;
    size_t recipient_ = 0;
    size_t accepted_ = 0;
    bool delivered_ = false;
    std::vector<std::string> complaints_;
};

}  // namespace holdfast::agents
