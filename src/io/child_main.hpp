// What a child does between clone and exec. It shares the parent's memory, so this is async-signal-safe code
// only: no allocation, no lock, and raw system calls, because libc's wrappers keep books (setuid signals all
// threads, sanitizers record handlers) that belong to the parent.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

namespace holdfast::io {

struct Credentials;

/// Prepared by the parent; the child allocates nothing. All pointers outlive the exec.
struct ChildPlan {
    const char* const* candidates = nullptr;  ///< Paths to try in order, null at the end.
    char** arguments = nullptr;               ///< [0] is free for the shell, [1] is argv[0], null at the end.
    char** environment = nullptr;
    const Credentials* run_as = nullptr;
    bool new_process_group = false;
    bool kill_with_parent = false;
    pid_t parent = 0;
    rlimit64 descriptors{};  ///< RLIMIT_NOFILE of the child.

    // Left behind by a child that did not reach exec; the parent reads it once the child is gone.
    int error = 0;               ///< errno
    const char* step = nullptr;  ///< What failed.
};

/// For clone(): `plan` is a ChildPlan. Returns only when exec was not reached.
int child_main(void* plan);

}  // namespace holdfast::io
