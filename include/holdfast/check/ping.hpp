// PING_CHECK: an ICMP or ICMPv6 echo request through a ping socket, whose kernel side sets the identifier and
// the checksum and lets only answers with that identifier through.
#pragma once

#include "holdfast/check/conversation.hpp"

namespace holdfast::check {

class PingConversation final : public Conversation {
  public:
    PingConversation(const PingCheck& check, ProbeMemory& memory) : check_(check), memory_(memory) {}

    Transport transport() const override { return Transport::ping; }
    const ConnectSettings& settings() const override { return check_.connect; }
    Step connected(Bytes& out) override;
    Step received(std::span<const uint8_t> datagram, Bytes& out) override;

  private:
    const PingCheck& check_;
    ProbeMemory& memory_;
};

}  // namespace holdfast::check
