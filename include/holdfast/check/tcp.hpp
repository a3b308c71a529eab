// TCP_CHECK: a server that accepts a connection is up.
#pragma once

#include "holdfast/check/conversation.hpp"

namespace holdfast::check {

class TcpConversation final : public Conversation {
  public:
    explicit TcpConversation(const TcpCheck& check) : check_(check) {}
    Transport transport() const override { return Transport::tcp; }
    const ConnectSettings& settings() const override { return check_.connect; }
    Step connected(Bytes&) override { return Step::good(); }
    Step received(std::span<const uint8_t>, Bytes&) override { return Step::good(); }

  private:
    TcpCheck check_;
};

}  // namespace holdfast::check
