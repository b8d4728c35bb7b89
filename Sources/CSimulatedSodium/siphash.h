// SipHash-1-3, fed with whole words: fast, keyed, and every bit of the input counts.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct { uint64_t a, b, c, d; } sip;

static inline uint64_t rotated(uint64_t word, int by) { return word << by | word >> (64 - by); }

static inline void sip_round(sip *s) {
    s->a += s->b; s->b = rotated(s->b, 13) ^ s->a; s->a = rotated(s->a, 32);
    s->c += s->d; s->d = rotated(s->d, 16) ^ s->c;
    s->a += s->d; s->d = rotated(s->d, 21) ^ s->a;
    s->c += s->b; s->b = rotated(s->b, 17) ^ s->c; s->c = rotated(s->c, 32);
}

static inline uint64_t word_at(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/// A state under 32 bytes of key.
static inline sip sip_start(const unsigned char *key) {
    uint64_t k0 = word_at(key) ^ rotated(word_at(key + 16), 29), k1 = word_at(key + 8) ^ rotated(word_at(key + 24), 29);
    return (sip){k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
}

static inline void sip_word(sip *s, uint64_t word) {
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

/// The length and the bytes, so that two pieces are never the same as one.
static inline void sip_bytes(sip *s, const unsigned char *bytes, size_t count) {
    sip_word(s, count);
    for (; count >= 8; bytes += 8, count -= 8) sip_word(s, word_at(bytes));
    uint64_t rest = 0;
    if (count > 0) {
        memcpy(&rest, bytes, count);
        sip_word(s, rest);
    }
}

/// As many words as are wanted, all of them from the whole input.
static inline void sip_finish(sip s, uint64_t *words, int count) {
    s.c ^= 0xff;
    for (int index = 0; index < count; index++) {
        for (int round = 0; round < 3; round++) sip_round(&s);
        words[index] = s.a ^ s.b ^ s.c ^ s.d;
        s.b ^= 0xee + (uint64_t)index;
    }
}
