// SMTP_CHECK: greeting 220, HELO answered with 250, QUIT answered. Answers may have several lines (RFC 5321,
// 4.2.1); keepalived takes such a server for a bad one.
#pragma once

#include <string>

#include "holdfast/check/conversation.hpp"

namespace holdfast::check {

class SmtpConversation final : public Conversation {
  public:
    explicit SmtpConversation(const SmtpCheck& check) : check_(check) {}

    Transport transport() const override { return Transport::tcp; }
    const ConnectSettings& settings() const override { return check_.hosts.front(); }
    Step connected(Bytes& out) override;
    Step received(std::span<const uint8_t> bytes, Bytes& out) override;
    Step closed() override;
    Step failed(const Failure& failure) override;
    Step timed_out() override;

  private:
    enum class Waiting : uint8_t { greeting, helo, quit };

    Step answered(int code, Bytes& out);
    Step bad(std::string_view what) const;

    const SmtpCheck& check_;
    Waiting waiting_ = Waiting::greeting;
    std::string line_;  ///< The line that is arriving.
};

}  // namespace holdfast::check
