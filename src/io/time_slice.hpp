// How soon a thread gets a processor that others keep busy.
#pragma once

#include <cstdint>

namespace holdfast::io {

/// Shorter than the default, 0.7 ms on one processor to 2.8 ms on eight; long enough to become Master and add
/// a few addresses in one go.
constexpr uint64_t kShortSlice = 300'000;

/// Asks for turns of this length on a processor, in nanoseconds; 0 = the kernel's default. A
/// thread that wakes preempts one with longer turns, so short turns wake it soon, without a privilege and
/// without more of the processor in all. Heeded since Linux 6.12; before that, and under a real-time policy,
/// nothing happens. False when refused. Only system calls: also for a child that shares its parent's memory.
bool set_time_slice(uint64_t nanoseconds);

}  // namespace holdfast::io
