// UDP_CHECK: sends a datagram. Without require_reply a server is up unless its host, or the way to it, says
// otherwise within the limit; with it, an answer of the right length and content has to come.
#pragma once

#include <string_view>

#include "holdfast/check/conversation.hpp"

namespace holdfast::check {

/// The reason for a reply of the wrong length or content; its line differs from that of no reply.
inline constexpr std::string_view kReplyMismatch = "reply data mismatch";

class UdpConversation final : public Conversation {
  public:
    explicit UdpConversation(const UdpCheck& check) : check_(check) {}

    Transport transport() const override { return Transport::udp; }
    const ConnectSettings& settings() const override { return check_.connect; }
    bool minds_path_errors() const override { return true; }
    Step connected(Bytes& out) override;
    Step received(std::span<const uint8_t> datagram, Bytes& out) override;
    Step timed_out() override;

  private:
    const UdpCheck& check_;
};

}  // namespace holdfast::check
