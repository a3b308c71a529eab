// Hostile answers of the generic netlink family IPVS: the input is the attributes of one answer, and every
// decoder gets it, whatever it is about. Beside the sanitizers' findings it fails when something is accepted
// that no kernel can mean, and when a value does not survive being sent back: the mirror would never equal
// the kernel's table.
#include <cstdint>
#include <cstdlib>

#include "holdfast/ipvs/reconciler.hpp"
#include "holdfast/kernel/ipvs_codec.hpp"

using namespace holdfast;
using namespace holdfast::kernel::ipvs_codec;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void try_service(std::span<const uint8_t> answer) {
    const auto service = decode_service(answer);
    if (!service) return;
    must(service->attributes.scheduler.size() < 16 && service->attributes.persistence_engine.size() < 16);
    must(service->key.endpoint.address.family() == service->key.family);
    const auto again = decode_service(encode(ipvs::AddService{service->key, service->attributes}).body);
    must(again && *again == *service);
    ipvs::Table table;
    table.put(service->key, {service->attributes, {}});
    must(ipvs::diff(table, table).empty());
}

void try_destination(std::span<const uint8_t> answer, Family family) {
    const auto destination = decode_destination(answer, family);
    if (!destination) return;
    const ipvs::ServiceKey service{
        .family = family, .firewall_mark = 1, .endpoint = {IpAddress::any(family), 0}};
    const auto again = decode_destination(encode(ipvs::AddDestination{service, *destination}).body, family);
    must(again && *again == *destination);
    must(!ipvs::to_string(ipvs::AddDestination{service, *destination}).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::span answer(data, size);
    try_service(answer);
    try_destination(answer, Family::ipv4);
    try_destination(answer, Family::ipv6);
    if (const auto daemon = decode_daemon(answer)) {
        must(daemon->interface.size() < 16);
        const auto again = decode_daemon(encode_start_daemon(*daemon).body);
        must(again && *again == *daemon);
    }
    if (const auto timeouts = decode_timeouts(answer)) {
        const auto again = decode_timeouts(encode_set_timeouts(*timeouts).body);
        must(again && *again == *timeouts);
    }
    if (const auto info = decode_info(answer)) must(info->version_text().find('.') != std::string::npos);
    return 0;
}
