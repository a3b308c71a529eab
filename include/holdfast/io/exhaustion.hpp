// Whether a system call failed for want of something of ours: it says nothing about what it was for.
#pragma once

#include <cerrno>

namespace holdfast::io {

/// Descriptors, memory, or a place in the process table. The same call may succeed a moment later.
inline bool is_exhaustion(int os_error) {
    return os_error == EMFILE || os_error == ENFILE || os_error == ENOMEM || os_error == EAGAIN;
}

}  // namespace holdfast::io
