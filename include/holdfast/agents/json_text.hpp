// Writes JSON as text, piece by piece: what is asked for is appended to a string, with its comma, and nothing
// is kept but the depth. Bytes that are not UTF-8 become U+FFFD, because names come from configuration files
// that may hold anything.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/base/time.hpp"

namespace holdfast::agents {

/// `text` in quotes, escaped.
void append_json_string(std::string& out, std::string_view text);

class JsonText {
  public:
    /// Appends to `out`, which must outlive this object.
    explicit JsonText(std::string& out) : out_(out) {}

    JsonText& open_object() { return open('{'); }
    JsonText& open_array() { return open('['); }
    JsonText& close_object() { return close('}'); }
    JsonText& close_array() { return close(']'); }
    /// `name` is written as it is.
    JsonText& key(std::string_view name);

    JsonText& text(std::string_view value);
    JsonText& number(std::integral auto value) { return raw(std::to_string(value)); }
    /// Seconds with six digits behind the point.
    JsonText& seconds(Duration value);
    JsonText& flag(bool value) { return raw(value ? "true" : "false"); }
    JsonText& null() { return raw("null"); }

    // A member of an object.
    JsonText& text(std::string_view name, std::string_view value) { return key(name).text(value); }
    JsonText& number(std::string_view name, std::integral auto value) { return key(name).number(value); }
    JsonText& seconds(std::string_view name, Duration value) { return key(name).seconds(value); }
    JsonText& flag(std::string_view name, bool value) { return key(name).flag(value); }
    JsonText& null(std::string_view name) { return key(name).null(); }

  private:
    JsonText& open(char bracket);
    JsonText& close(char bracket);
    JsonText& raw(std::string_view value);

    std::string& out_;
    bool fresh_ = true;  ///< Nothing precedes the next value at its level.
};

}  // namespace holdfast::agents
