// A generation as text, in the language it was read from: load(dump(c)) gives c again (a test holds this).
// All inherited defaults are written out, so the dump shows what is in force. One value has no exact words: a
// misc_timeout inherited from a delay_loop with a fraction of a second is shown rounded down. Passwords are
// shown: the caller protects the file.
#pragma once

#include <string>

#include "holdfast/config/config.hpp"

namespace holdfast::config {

std::string dump(const Config& config);

}  // namespace holdfast::config
