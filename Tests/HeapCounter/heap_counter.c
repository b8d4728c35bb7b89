// A program may bring its own allocation functions, and glibc then uses those everywhere. These hand every call on
// to glibc's own and keep count for the thread that asked. They are in C because Swift reserves their names. A
// sanitizer brings its own functions; nothing is counted then.

#include "heap_counter.h"

#include <malloc.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_COUNTER_OFF
#endif
#endif

static _Thread_local heap_count *current;

void heap_count_into(heap_count *count) { current = count; }

#ifndef HEAP_COUNTER_OFF

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

/// The header that glibc puts before each block.
static const long header = 8;

static void *took(void *block) {
    heap_count *count = current;
    if (count && block) {
        long size = (long)malloc_usable_size(block) + header;
        count->held += size;
        count->total += size;
        if (count->held > count->peak) count->peak = count->held;
    }
    return block;
}

static void gives(void *block) {
    heap_count *count = current;
    if (count && block) count->held -= (long)malloc_usable_size(block) + header;
}

void *malloc(size_t size) { return took(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return took(__libc_calloc(count, size)); }

void *realloc(void *block, size_t size) {
    gives(block);
    return took(__libc_realloc(block, size));
}

void *aligned_alloc(size_t alignment, size_t size) { return took(__libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    *block = took(__libc_memalign(alignment, size));
    return *block ? 0 : 12;
}

void free(void *block) {
    gives(block);
    __libc_free(block);
}

#endif
