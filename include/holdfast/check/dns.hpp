// DNS_CHECK: one question over UDP (RFC 1035). An answer counts when it has our id and no error code; it may
// be empty. What is not an answer to our question (a wrong id, a query, too short) is passed over.
#pragma once

#include <cstdint>
#include <string_view>

#include "holdfast/check/conversation.hpp"

namespace holdfast::check {

/// A query for one name and type of class IN, recursion desired. Labels longer than 63 bytes are cut, a name
/// longer than 255 ends with its last whole label.
Bytes dns_query(uint16_t id, std::string_view name, uint16_t type);

class DnsConversation final : public Conversation {
  public:
    DnsConversation(const DnsCheck& check, ProbeMemory& memory) : check_(check), id_(memory.random) {}

    Transport transport() const override { return Transport::udp; }
    const ConnectSettings& settings() const override { return check_.connect; }
    Step connected(Bytes& out) override;
    Step received(std::span<const uint8_t> datagram, Bytes& out) override;
    Step failed(const Failure& failure) override;
    Step timed_out() override;

  private:
    const DnsCheck& check_;
    uint16_t id_;
};

}  // namespace holdfast::check
