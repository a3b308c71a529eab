// One generic netlink socket that speaks to the family "IPVS". Netlink to the kernel is answered while the
// request is sent, so nothing here waits: an answer that is not there has been lost.
#pragma once

#include <netlink/netlink.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/kernel/ipvs_codec.hpp"

namespace holdfast::kernel {

class IpvsChannel {
  public:
    /// Fails when there is no socket, or with ENOENT when the kernel does not know the family.
    static Result<std::unique_ptr<IpvsChannel>> open();

    /// Called with the attributes of each answer.
    using Answer = std::function<void(std::span<const uint8_t>)>;

    /// One request; `flags` are NLM_F_ACK or NLM_F_DUMP. The error is the kernel's errno, message empty of
    /// context.
    Result<> request(const ipvs_codec::Request& request, uint16_t flags, const Answer& answer);
    /// Many requests in few messages: one errno for each, 0 = done, ENOBUFS = its answer was lost.
    std::vector<int> batch(std::span<const ipvs_codec::Request> requests);

  private:
    struct Deleter {
        void operator()(nl_sock* socket) const { nl_socket_free(socket); }
    };
    /// A message as it came: its type, flags, sequence and what follows the header.
    struct Received {
        uint16_t type = 0;
        uint16_t flags = 0;
        uint32_t sequence = 0;
        std::span<const uint8_t> payload;
    };

    IpvsChannel(std::unique_ptr<nl_sock, Deleter> socket, int family);
    void append(std::vector<uint8_t>& out, const ipvs_codec::Request& request, uint16_t flags,
                uint32_t sequence) const;
    int send(std::span<const uint8_t> messages);
    /// Hands each message of one datagram to `visit`; gives an errno, EAGAIN when there is nothing.
    int receive(const std::function<void(const Received&)>& visit);

    std::unique_ptr<nl_sock, Deleter> socket_;
    uint16_t family_;
    uint32_t next_sequence_ = 1;
    std::vector<uint8_t> buffer_;
};

}  // namespace holdfast::kernel
