// `encap` of routes: lightweight tunnels, in the words of `ip route`.
#include <fmt/format.h>

#include "entry_reader.hpp"

namespace holdfast::config {
namespace {

bool valid_labels(std::string_view text) {
    size_t count = 0;
    while (true) {
        const size_t slash = text.find('/');
        if (!parse_unsigned(text.substr(0, slash), 0, (1U << 20U) - 1, Lenient::no).value || ++count > 16)
            return false;
        if (slash == std::string_view::npos) return true;
        text.remove_prefix(slash + 1);
    }
}

bool valid_locator(std::string_view text) {
    for (int group = 0; group < 4; ++group) {
        const size_t colon = text.find(':');
        const std::string_view part = text.substr(0, colon);
        if (part.empty() || part.size() > 4 ||
            part.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
            return false;
        if (group == 3) return colon == std::string_view::npos;
        if (colon == std::string_view::npos) return false;
        text.remove_prefix(colon + 1);
    }
    return false;
}

}  // namespace

bool EntryReader::read_encapsulation(std::vector<std::string>& out) {
    if (!line_.has(word_ + 1)) {
        loading_.error(line_, word_, "encap has no type");
        return true;
    }
    const std::string_view type = next();
    std::vector<std::string> words{std::string(type)};
    auto take = [&] { words.emplace_back(next()); };
    if (type == "mpls" || type == "ila") {
        if (!line_.has(word_ + 1)) {
            loading_.error(line_, word_, fmt::format("encap {} has no value", type));
            return true;
        }
        take();
        const bool valid = type == "mpls" ? valid_labels(words.back()) : valid_locator(words.back());
        if (!valid)
            loading_.error(line_, word_,
                           fmt::format("{} is not {}", words.back(),
                                       type == "mpls" ? "a list of MPLS labels" : "an ILA locator"));
        else
            out = std::move(words);
        return true;
    }
    if (type != "ip" && type != "ip6") {
        loading_.error(line_, word_, fmt::format("{} is not a kind of encapsulation", type));
        return true;
    }
    return read_ip_encapsulation(type == "ip" ? Family::ipv4 : Family::ipv6, std::move(words), out);
}

bool EntryReader::read_ip_encapsulation(Family family, std::vector<std::string> words,
                                        std::vector<std::string>& out) {
    const bool v4 = family == Family::ipv4;
    bool addressed = false;
    while (line_.has(word_ + 2)) {
        const std::string_view name = line_.word(word_ + 1);
        const std::string_view value = line_.word(word_ + 2);
        bool valid = false;
        if (name == "id") {
            valid = addressed = parse_unsigned(value, 0, UINT64_MAX, Lenient::no, 0).value.has_value();
        } else if (name == "dst" || name == "src") {
            const auto address = IpAddress::parse(value);
            valid = address && address->family() == family;
            addressed = addressed || (valid && name == "dst");
        } else if (name == (v4 ? "tos" : "tc")) {
            valid = loading_.named_number(NameTable::dsfield, value, 255).has_value();
        } else if (name == (v4 ? "ttl" : "hoplimit")) {
            valid = number(value, 255).has_value();
        } else if (name == "flags") {
            valid = number(value, 65535).has_value();
        } else {
            break;
        }
        word_ += 2;
        if (!valid) {
            loading_.error(line_, word_, fmt::format("{} is not a value for {} of encap", value, name));
            return true;
        }
        words.emplace_back(name);
        words.emplace_back(value);
    }
    if (!addressed)
        loading_.error(line_, word_, "encap needs an address or an id");
    else
        out = std::move(words);
    return true;
}

}  // namespace holdfast::config
