// The words of a route or a rule, read one after the other: what both kinds of entries share. Internal to
// config/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables.hpp"

namespace holdfast::config {

/// RTPROT_KEEPALIVED of linux/rtnetlink.h: the originator of everything that is tracked.
inline constexpr uint8_t kKeepalivedProtocol = 18;

/// A position in a line and the family its words have agreed on. The readers return false when the entry was
/// refused, and have reported why.
class EntryReader {
  protected:
    /// `what` names the entry in reports: "route" or "rule".
    EntryReader(Loading& loading, const Line& line, std::string_view what)
        : loading_(loading), line_(line), what_(what) {}

    bool refuse(size_t word, std::string_view problem);
    /// Steps on to the next word; stops the load when there is none.
    std::string_view next() { return line_.word(++word_); }
    /// The first family that is mentioned binds the entry.
    bool has_family(Family family);
    /// Decimal, octal or hex.
    static std::optional<uint32_t> number(std::string_view text, uint32_t max);
    /// An address with or without a length; a bad length is reported and means the whole address.
    std::optional<Prefix> parse_prefix(std::string_view text);
    /// The next word as [SRC/]DST.
    bool read_realms(std::optional<uint32_t>& out);
    /// The next word as the name of an interface that exists.
    bool read_interface(std::string& out);
    /// `encap TYPE ARGS`: checked here, handed on as words. A mistake is reported and leaves `out` alone.
    bool read_encapsulation(std::vector<std::string>& out);

    Loading& loading_;
    const Line& line_;
    std::string_view what_;
    std::optional<Family> family_;
    size_t word_ = 0;

  private:
    bool read_ip_encapsulation(Family family, std::vector<std::string> words, std::vector<std::string>& out);
};

}  // namespace holdfast::config
