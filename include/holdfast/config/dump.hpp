// A generation as text, in the language it was read from: load(dump(c)) gives c again (a test holds this). All
// inherited defaults are written out, so the dump shows what is in force. Passwords are shown: the caller protects
// the file.
#pragma once

#include <string>

#include "holdfast/config/config.hpp"

namespace holdfast::config {

std::string dump(const Config& config);

}  // namespace holdfast::config
