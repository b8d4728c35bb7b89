// Counts what one thread takes from the heap while a measurement runs on it. In bytes, each block with its header.

#pragma once
#include <stddef.h>

typedef struct {
    /// Taken and not given back, so far; below zero when more was given back.
    long held;
    /// The most that `held` has been.
    long peak;
    /// Taken in all.
    long total;
} heap_count;

/// Counts this thread's blocks into `count` from here on; NULL ends it.
void heap_count_into(heap_count *count);
