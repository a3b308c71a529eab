#include "time_slice.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::io {

namespace {

// As sched_setattr(2) wants it, in its first version. Some C libraries declare it, and then some kernel
// header may not be included beside them.
struct Attributes {
    uint32_t size = sizeof(Attributes);
    uint32_t policy = 0;
    uint64_t flags = 0;
    int32_t nice = 0;
    uint32_t priority = 0;
    uint64_t runtime = 0;
    uint64_t deadline = 0;
    uint64_t period = 0;
};

}  // namespace

bool set_time_slice(uint64_t nanoseconds) {
    Attributes attributes;
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
    if (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH) return true;
    attributes.runtime = nanoseconds;
    return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

}  // namespace holdfast::io
