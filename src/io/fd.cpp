#include "holdfast/io/fd.hpp"

#include <unistd.h>

#include <cerrno>

namespace holdfast::io {

void Fd::reset(int number) {
    const int old = std::exchange(number_, number < 0 ? kNone : number);
    if (old == kNone) return;
    const int saved = errno;
    // Not repeated on EINTR: on Linux the descriptor is gone either way, and may already be somebody else's.
    ::close(old);
    errno = saved;
}

}  // namespace holdfast::io
