// Counts what a piece of work takes from the heap, for the promise that the path of adverts takes nothing. It
// replaces the global operator new, so one file of a test program includes it, and no more.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace counted_heap {

/// Every operator new since the program began.
inline std::atomic<size_t> allocations = 0;

/// How often `work` takes from the heap.
template <class Work>
size_t allocations_of(const Work& work) {
    const size_t before = allocations;
    work();
    return allocations - before;
}

}  // namespace counted_heap

// Not inlined: the optimiser would see malloc paired with delete and warn.
[[gnu::noinline]] void* operator new(size_t size) {
    counted_heap::allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
    std::free(memory);
}
