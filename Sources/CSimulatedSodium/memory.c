#include "memory.h"

#include <stdlib.h>

#include "include/CSimulatedSodium.h"

_Thread_local thread_state simulated_thread;

const char simulated_sodium_mark[] = "This program has stand-ins for cryptography that keep no secret.";

void simulated_sodium_begin(void) { simulated_thread.depth += 1; }

void simulated_sodium_end(void) {
    // The mark is read here so that no linker drops it.
    simulated_thread.depth -= simulated_sodium_mark[0] == 'T';
    if (simulated_thread.depth > 0) return;
    free(simulated_thread.places);
    simulated_thread.places = NULL;
}

int simulated_sodium_is_on(void) { return simulated_thread.depth > 0; }

memory_place *memory_find(const uint64_t name[2]) {
    if (simulated_thread.places == NULL) simulated_thread.places = calloc(memory_places, sizeof(memory_place));
    if (simulated_thread.places == NULL) return NULL;
    return &simulated_thread.places[name[0] % memory_places];
}
