// The functions that the linker puts in the place of libsodium's (`--wrap`, see Package.swift). All results have the
// sizes of the real ones. A signature, a tag or a ciphertext that was changed in any bit is refused, and with another
// key as well; but whoever knows a public key could sign for it, and no bit here is hard to guess. Keys are real, so
// that whatever follows from them (ids, rankings, who pairs with whom) is as it would be.

#include <sodium.h>

#include "include/CSimulatedSodium.h"
#include "memory.h"
#include "siphash.h"

enum { key_size = 32, tag_size = 16, signature_size = 64, real_kibibytes = 64 };

static inline int is_real(void) { return simulated_thread.depth == 0; }

// MARK: signatures. The 64 bytes follow from the public key and the message.

int __real_crypto_sign_detached(
    unsigned char *, unsigned long long *, const unsigned char *, unsigned long long, const unsigned char *);
int __real_crypto_sign_verify_detached(
    const unsigned char *, const unsigned char *, unsigned long long, const unsigned char *);

static void signature_of(
    uint64_t signature[8], const unsigned char *message, unsigned long long count, const unsigned char *public_key
) {
    sip s = sip_start(public_key);
    sip_bytes(&s, message, count);
    sip_finish(s, signature, 8);
}

int __wrap_crypto_sign_detached(
    unsigned char *signature, unsigned long long *size, const unsigned char *message, unsigned long long count,
    const unsigned char *secret_key
) {
    if (is_real()) return __real_crypto_sign_detached(signature, size, message, count, secret_key);
    uint64_t words[8];
    // Seed ‖ public key.
    signature_of(words, message, count, secret_key + key_size);
    memcpy(signature, words, signature_size);
    if (size != NULL) *size = signature_size;
    return 0;
}

int __wrap_crypto_sign_verify_detached(
    const unsigned char *signature, const unsigned char *message, unsigned long long count,
    const unsigned char *public_key
) {
    if (is_real()) return __real_crypto_sign_verify_detached(signature, message, count, public_key);
    uint64_t words[8];
    signature_of(words, message, count, public_key);
    return memcmp(signature, words, signature_size) == 0 ? 0 : -1;
}

// MARK: agreement. Public keys are real, each computed once; a shared secret follows from the two of them.

int __real_crypto_scalarmult_curve25519(unsigned char *, const unsigned char *, const unsigned char *);
int __real_crypto_scalarmult_curve25519_base(unsigned char *, const unsigned char *);

int __wrap_crypto_scalarmult_curve25519_base(unsigned char *public_key, const unsigned char *secret_key) {
    if (is_real()) return __real_crypto_scalarmult_curve25519_base(public_key, secret_key);
    uint64_t name[2];
    sip s = sip_start(secret_key);
    sip_finish(s, name, 2);
    memory_place *place = memory_find(name);
    if (place != NULL && place->name[0] == name[0] && place->name[1] == name[1]) {
        memcpy(public_key, place->value, key_size);
        return 0;
    }
    int result = __real_crypto_scalarmult_curve25519_base(public_key, secret_key);
    if (place != NULL && result == 0) {
        memcpy(place->name, name, sizeof place->name);
        memcpy(place->value, public_key, key_size);
    }
    return result;
}

int __wrap_crypto_scalarmult_curve25519(
    unsigned char *shared, const unsigned char *secret_key, const unsigned char *other
) {
    if (is_real()) return __real_crypto_scalarmult_curve25519(shared, secret_key, other);
    // Of the points that libsodium refuses these two stand for all.
    unsigned char bits = other[0] & 0xfe;
    for (int index = 1; index < key_size; index++) bits |= other[index];
    if (bits == 0) return -1;
    unsigned char own[key_size];
    if (__wrap_crypto_scalarmult_curve25519_base(own, secret_key) != 0) return -1;
    int is_lower = memcmp(own, other, key_size) < 0;
    sip s = sip_start(is_lower ? own : other);
    sip_bytes(&s, is_lower ? other : own, key_size);
    uint64_t words[4];
    sip_finish(s, words, 4);
    memcpy(shared, words, key_size);
    return 0;
}

// MARK: authenticated encryption. A mask that repeats every eight bytes, and a tag over everything.

int __real_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *, unsigned long long *, const unsigned char *, unsigned long long, const unsigned char *,
    unsigned long long, const unsigned char *, const unsigned char *, const unsigned char *);
int __real_crypto_aead_chacha20poly1305_ietf_decrypt(
    unsigned char *, unsigned long long *, unsigned char *, const unsigned char *, unsigned long long,
    const unsigned char *, unsigned long long, const unsigned char *, const unsigned char *);

static sip sealing(const unsigned char *key, const unsigned char *nonce) {
    sip s = sip_start(key);
    sip_bytes(&s, nonce, crypto_aead_chacha20poly1305_ietf_NPUBBYTES);
    return s;
}

static void mask(unsigned char *target, const unsigned char *source, size_t count, uint64_t word) {
    size_t index = 0;
    for (; count - index >= 8; index += 8) {
        uint64_t masked = word_at(source + index) ^ word;
        memcpy(target + index, &masked, sizeof masked);
    }
    for (; index < count; index++, word >>= 8) target[index] = source[index] ^ (unsigned char)word;
}

static void tag_of(
    unsigned char tag[tag_size], sip s, const unsigned char *ciphertext, size_t count, const unsigned char *data,
    size_t data_count
) {
    sip_bytes(&s, data, data_count);
    sip_bytes(&s, ciphertext, count);
    uint64_t words[2];
    sip_finish(s, words, 2);
    memcpy(tag, words, tag_size);
}

int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt(
    unsigned char *ciphertext, unsigned long long *size, const unsigned char *text, unsigned long long count,
    const unsigned char *data, unsigned long long data_count, const unsigned char *nothing,
    const unsigned char *nonce, const unsigned char *key
) {
    if (is_real()) {
        return __real_crypto_aead_chacha20poly1305_ietf_encrypt(
            ciphertext, size, text, count, data, data_count, nothing, nonce, key);
    }
    sip s = sealing(key, nonce);
    uint64_t word;
    sip_finish(s, &word, 1);
    mask(ciphertext, text, count, word);
    tag_of(ciphertext + count, s, ciphertext, count, data, data_count);
    if (size != NULL) *size = count + tag_size;
    return 0;
}

int __wrap_crypto_aead_chacha20poly1305_ietf_decrypt(
    unsigned char *text, unsigned long long *size, unsigned char *nothing, const unsigned char *ciphertext,
    unsigned long long count, const unsigned char *data, unsigned long long data_count, const unsigned char *nonce,
    const unsigned char *key
) {
    if (is_real()) {
        return __real_crypto_aead_chacha20poly1305_ietf_decrypt(
            text, size, nothing, ciphertext, count, data, data_count, nonce, key);
    }
    if (size != NULL) *size = 0;
    if (count < tag_size) return -1;
    size_t length = count - tag_size;
    sip s = sealing(key, nonce);
    unsigned char tag[tag_size];
    tag_of(tag, s, ciphertext, length, data, data_count);
    if (memcmp(tag, ciphertext + length, tag_size) != 0) {
        if (text != NULL) memset(text, 0, length);
        return -1;
    }
    if (text == NULL) return 0;
    uint64_t word;
    sip_finish(s, &word, 1);
    mask(text, ciphertext, length, word);
    if (size != NULL) *size = length;
    return 0;
}

// MARK: memory-hard hashing. What takes little memory is computed once, so that the solutions of a local mesh's
// puzzles are the real ones; what takes much is a plain hash of everything that goes into it, and begins with twelve zero
// bits, so that the open mesh's puzzles and stamps take a few attempts.

int __real_crypto_pwhash_argon2id(
    unsigned char *const, unsigned long long, const char *const, unsigned long long, const unsigned char *const,
    unsigned long long, size_t, int);

static void plain_hash(
    unsigned char *target, size_t count, const char *password, size_t password_count, const unsigned char *salt,
    const uint64_t costs[4]
) {
    crypto_generichash_blake2b_state state;
    crypto_generichash_blake2b_init(&state, NULL, 0, count);
    crypto_generichash_blake2b_update(&state, (const unsigned char *)costs, 4 * sizeof costs[0]);
    crypto_generichash_blake2b_update(&state, salt, crypto_pwhash_argon2id_SALTBYTES);
    crypto_generichash_blake2b_update(&state, (const unsigned char *)password, password_count);
    crypto_generichash_blake2b_final(&state, target, count);
}

int __wrap_crypto_pwhash_argon2id(
    unsigned char *const target, unsigned long long count, const char *const password,
    unsigned long long password_count, const unsigned char *const salt, unsigned long long passes, size_t memory,
    int algorithm
) {
    unsigned char real_sized[64];
    if (is_real() || count > sizeof real_sized) {
        return __real_crypto_pwhash_argon2id(
            target, count, password, password_count, salt, passes, memory, algorithm);
    }
    const uint64_t costs[4] = {count, passes, memory, (uint64_t)algorithm};
    if (memory > real_kibibytes * 1024) {
        plain_hash(target, count, password, password_count, salt, costs);
        if (count >= 2) {
            target[0] = 0;
            target[1] &= 0x0f;
        }
        return 0;
    }
    uint64_t name[2];
    plain_hash(real_sized, sizeof real_sized, password, password_count, salt, costs);
    memcpy(name, real_sized, sizeof name);
    memory_place *place = memory_find(name);
    if (place != NULL && place->name[0] == name[0] && place->name[1] == name[1]) {
        memcpy(target, place->value, count);
        return 0;
    }
    int result = __real_crypto_pwhash_argon2id(
        target, count, password, password_count, salt, passes, memory, algorithm);
    if (place != NULL && result == 0) {
        memcpy(place->name, name, sizeof place->name);
        memcpy(place->value, target, count);
    }
    return result;
}
