// What one thread remembers of costly results while the stand-ins count: a fixed number of places, the newest result
// wins its place. A place that was lost costs time and changes nothing, since all of them are pure functions.
#pragma once

#include <stdint.h>

typedef struct {
    uint64_t name[2];
    unsigned char value[64];
} memory_place;

typedef struct {
    int depth;
    /// Nil until the first result.
    memory_place *places;
} thread_state;

extern _Thread_local thread_state simulated_thread;

enum { memory_places = 1 << 15 };

/// Where a result of this name is or belongs; nil when there is no memory. It is there if the name is the same.
memory_place *memory_find(const uint64_t name[2]);
