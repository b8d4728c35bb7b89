// Cheap stand-ins for the costly parts of libsodium, for meshes in virtual time. Nothing but the simulator links
// them, and they count only on a thread that has asked for them, between `begin` and `end`; everybody else gets
// libsodium itself. They keep no secret from anybody: see standins.c.
#pragma once

/// From here on this thread's calls get the stand-ins. Pairs of `begin` and `end` may lie within each other.
void simulated_sodium_begin(void);
/// Ends what the last `begin` of this thread began.
void simulated_sodium_end(void);
/// Whether the stand-ins count on this thread.
int simulated_sodium_is_on(void);

/// A sentence that is in every program which has the stand-ins, and must not be in the node's.
extern const char simulated_sodium_mark[];
