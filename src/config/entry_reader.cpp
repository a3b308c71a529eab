#include "entry_reader.hpp"

#include <fmt/format.h>

namespace holdfast::config {

bool EntryReader::refuse(size_t word, std::string_view problem) {
    if (!loading_.stopped())
        loading_.error(line_, word,
                       fmt::format("{} {}; the {} is ignored", line_.word(word), problem, what_));
    return false;
}

bool EntryReader::has_family(Family family) {
    if (!family_) family_ = family;
    return *family_ == family || refuse(word_, fmt::format("is not of the family of the {}", what_));
}

std::optional<uint32_t> EntryReader::number(std::string_view text, uint32_t max) {
    const auto value = parse_unsigned(text, 0, max, Lenient::no, 0);
    return value.value ? std::optional(static_cast<uint32_t>(*value.value)) : std::nullopt;
}

std::optional<Prefix> EntryReader::parse_prefix(std::string_view text) {
    const size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    Prefix prefix = Prefix::host(*address);
    if (slash != std::string_view::npos) {
        const auto length = parse_integer(text.substr(slash + 1), 0, prefix.length, Lenient::yes);
        if (!length.problem.empty())
            loading_.report(ReportClass::number, line_, word_,
                            fmt::format("prefix length {} {}", text.substr(slash + 1), length.problem));
        if (length.value) prefix.length = static_cast<uint8_t>(*length.value);
    }
    return prefix;
}

bool EntryReader::read_realms(std::optional<uint32_t>& out) {
    const std::string_view text = next();
    const size_t slash = text.find('/');
    std::optional<uint32_t> source = 0;
    if (slash != std::string_view::npos)
        source = loading_.named_number(NameTable::realms, text.substr(0, slash), 0xffff);
    const auto destination = loading_.named_number(
        NameTable::realms, slash == std::string_view::npos ? text : text.substr(slash + 1), 0xffff);
    if (!source || !destination) return refuse(word_, "is not [SRC/]DST realms");
    out = *source << 16U | *destination;
    return has_family(Family::ipv4);
}

bool EntryReader::read_interface(std::string& out) {
    const std::string_view name = next();
    if (loading_.stopped()) return false;
    if (!loading_.interface_usable(name)) return refuse(word_, "is not an interface");
    out = name;
    return true;
}

}  // namespace holdfast::config
