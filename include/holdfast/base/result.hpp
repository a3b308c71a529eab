// Errors as values. `Result<T>` is std::expected with one error type; nothing in Holdfast throws across a
// module border. Errors about the configuration file carry their own position: config/diagnostics.hpp.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace holdfast {

/// Where in our own source an error was raised; kept for the log at debug level.
struct CodePosition {
    const char* file = "";
    int line = 0;
    static constexpr CodePosition here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        return {file, line};
    }
};

/// What went wrong, in words for the reader of a log, and the errno behind it (0 when there is none).
struct Error {
    std::string message;
    int os_error = 0;
    CodePosition raised;
};

template <class T = void>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

/// Makes a failed Result.
[[nodiscard]] inline Failure fail(std::string message, CodePosition raised = CodePosition::here()) {
    return Failure(Error{std::move(message), 0, raised});
}

/// Makes a failed Result from a system call: "`what`: strerror(number)".
[[nodiscard]] Failure fail_errno(std::string what, int number, CodePosition raised = CodePosition::here());

}  // namespace holdfast
