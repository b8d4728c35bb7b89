// What libsodium does on one core when nothing is in its way.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Seals and opens `count` messages of `length` bytes under one key with counting nonces; 0, or -1 when one does not open.
int limit_seal_open(size_t length, uint64_t count);
/// `count` scalar multiplications on a point that is not the base; 0, or -1.
int limit_agree(uint64_t count);
/// `count` scalar multiplications on the base.
int limit_generate(uint64_t count);
