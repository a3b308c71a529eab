#include "holdfast/io/processes.hpp"

namespace holdfast::io {

std::string ExitStatus::to_string() const {
    std::string text = timed_out ? "timed out, " : "";
    if (signal != 0) return text + "killed by signal " + std::to_string(signal);
    return text + "exited with status " + std::to_string(code);
}

}  // namespace holdfast::io
