// A bfd::Link whose packets reach nobody, for tests of other things.
#pragma once

#include "holdfast/bfd/link.hpp"

namespace holdfast::bfd::testing {

class SilentLink final : public Link {
  public:
    Result<ChannelId> open_channel(const ChannelSettings&) override { return ChannelId{++last_}; }
    void close_channel(ChannelId) override {}
    Result<> send(ChannelId, std::span<const uint8_t>) override { return {}; }
    void on_receive(ReceiveHandler) override {}

  private:
    uint32_t last_ = 0;
};

}  // namespace holdfast::bfd::testing
