// Passwords and keys stay out of everything that is shown: logs, dumps, plans, answers.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::app {

/// A line of a configuration, without indentation: of `auth_pass secret` the keyword and that there is a
/// value.
std::string without_secret(const std::string& line);
/// The same for each line of a whole configuration in its own language (config::dump).
std::string without_secrets(std::string_view configuration);

}  // namespace holdfast::app
