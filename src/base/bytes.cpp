#include "holdfast/base/bytes.hpp"

namespace holdfast {

uint32_t checksum_partial(std::span<const uint8_t> data, uint32_t partial) {
    uint64_t sum = partial;
    size_t i = 0;
    for (; i + 1 < data.size(); i += 2) sum += static_cast<uint32_t>(data[i] << 8U | data[i + 1]);
    if (i < data.size()) sum += static_cast<uint32_t>(data[i] << 8U);
    while (sum >> 32U != 0) sum = (sum & 0xffffffffU) + (sum >> 32U);
    return static_cast<uint32_t>(sum);
}

uint16_t internet_checksum(std::span<const uint8_t> data, uint32_t partial) {
    uint64_t sum = checksum_partial(data, partial);
    while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<uint16_t>(~sum);
}

}  // namespace holdfast
