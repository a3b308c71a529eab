// The attributes of the generic netlink family "IPVS" (linux/ip_vs.h): values to bytes and back. Pure, so
// that decoders can be fuzzed. Integers are in host order on netlink except addresses, ports and IPv4 masks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "holdfast/base/result.hpp"
#include "holdfast/ipvs/kernel.hpp"

namespace holdfast::kernel::ipvs_codec {

using Body = std::vector<uint8_t>;

/// A request without the netlink headers: its IPVS_CMD_* and its attributes.
struct Request {
    uint8_t command = 0;
    Body body{};
};

Request encode(const ipvs::Operation& operation);
/// IPVS_CMD_GET_SERVICE for one service; with an empty body it dumps all.
Request encode_get_service(const ipvs::ServiceKey& key);
Request encode_get_destinations(const ipvs::ServiceKey& key);
Request encode_set_timeouts(const ipvs::Timeouts& timeouts);
Request encode_start_daemon(const ipvs::SyncDaemon& daemon);
Request encode_stop_daemon(ipvs::SyncRole role);

struct NamedService {
    ipvs::ServiceKey key;
    ipvs::ServiceAttributes attributes;
    friend bool operator==(const NamedService&, const NamedService&) = default;
};

/// Decoders take all attributes of an answer (after the generic netlink header) and trust no length in them.
/// What the kernel does not send stays at its default; what is needed and missing or malformed is an error.
Result<NamedService> decode_service(std::span<const uint8_t> answer);
/// `family` is that of the service, for kernels before 3.18 which do not tell the destination's own.
Result<ipvs::Destination> decode_destination(std::span<const uint8_t> answer, Family family);
Result<ipvs::Info> decode_info(std::span<const uint8_t> answer);
Result<ipvs::Timeouts> decode_timeouts(std::span<const uint8_t> answer);
Result<ipvs::SyncDaemon> decode_daemon(std::span<const uint8_t> answer);

/// What an errno means for this operation: "this kernel has no scheduler 'twos'". The caller names the
/// operation.
std::string explain(const ipvs::Operation& operation, int error);

}  // namespace holdfast::kernel::ipvs_codec
