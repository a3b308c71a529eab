#include "holdfast/netstate/encapsulation.hpp"

#include <charconv>
#include <string_view>

namespace holdfast::netstate {

namespace {

template <class T>
std::optional<T> number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.starts_with('0')) {
        base = 8;
    }
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::vector<uint32_t>> labels_of(std::string_view text) {
    std::vector<uint32_t> labels;
    while (true) {
        const size_t slash = text.find('/');
        const auto label = number<uint32_t>(text.substr(0, slash));
        if (!label) return std::nullopt;
        labels.push_back(*label);
        if (slash == std::string_view::npos) return labels;
        text.remove_prefix(slash + 1);
    }
}

/// Four groups of up to four hexadecimal digits.
std::optional<uint64_t> locator_of(std::string_view text) {
    uint64_t locator = 0;
    for (int group = 0; group < 4; ++group) {
        const size_t colon = text.find(':');
        uint16_t part = 0;
        const std::string_view digits = text.substr(0, colon);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), part, 16);
        if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
        locator = locator << 16U | part;
        if (colon != std::string_view::npos) text.remove_prefix(colon + 1);
    }
    return locator;
}

/// Reads one named value; false when it is unknown or wrong.
bool read(std::string_view name, const std::string& value, Encapsulation& out) {
    const auto take = [](auto& field, auto read_value) {
        field = std::move(read_value);
        return field.has_value();
    };
    if (name == "id") return take(out.id, number<uint64_t>(value));
    if (name == "dst") return take(out.destination, IpAddress::parse(value));
    if (name == "src") return take(out.source, IpAddress::parse(value));
    if (name == "tos" || name == "tc") return take(out.tos, number<uint8_t>(value));
    if (name == "ttl" || name == "hoplimit") return take(out.hop_limit, number<uint8_t>(value));
    if (name == "flags") return take(out.flags, number<uint16_t>(value));
    return false;
}

bool is_any(const std::optional<IpAddress>& address) {
    return !address || address->is_unspecified();
}

bool same_address(const std::optional<IpAddress>& want, const std::optional<IpAddress>& have) {
    return is_any(want) ? is_any(have) : want == have;
}

}  // namespace

std::optional<Encapsulation> parse_encapsulation(std::span<const std::string> words) {
    if (words.size() < 2) return std::nullopt;
    Encapsulation result;
    if (words[0] == "mpls") {
        auto labels = labels_of(words[1]);
        if (!labels) return std::nullopt;
        result.type = Encapsulation::Type::mpls;
        result.labels = *std::move(labels);
        return result;
    }
    if (words[0] == "ila") {
        const auto locator = locator_of(words[1]);
        if (!locator) return std::nullopt;
        result.type = Encapsulation::Type::ila;
        result.locator = *locator;
        return result;
    }
    if (words[0] != "ip" && words[0] != "ip6") return std::nullopt;
    result.type = words[0] == "ip" ? Encapsulation::Type::ip : Encapsulation::Type::ip6;
    for (size_t i = 1; i + 1 < words.size(); i += 2)
        if (!read(words[i], words[i + 1], result)) return std::nullopt;
    return result;
}

bool matches(const Encapsulation& want, const Encapsulation& have) {
    // The flags tell the kernel's own business too.
    return want.type == have.type && want.labels == have.labels && want.locator == have.locator &&
           want.id.value_or(0) == have.id.value_or(0) && same_address(want.source, have.source) &&
           same_address(want.destination, have.destination) && want.tos.value_or(0) == have.tos.value_or(0) &&
           want.hop_limit.value_or(0) == have.hop_limit.value_or(0);
}

}  // namespace holdfast::netstate
