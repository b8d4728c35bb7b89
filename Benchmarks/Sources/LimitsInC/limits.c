#include "limits.h"

#include <sodium.h>
#include <string.h>

int limit_seal_open(size_t length, uint64_t count) {
  static unsigned char text[65536], sealed[65536 + 16], key[32];
  unsigned char nonce[12] = {0};
  unsigned long long size;
  if (length > sizeof text) return -1;
  for (uint64_t i = 0; i < count; i++) {
    memcpy(nonce + 4, &i, 8);
    crypto_aead_chacha20poly1305_ietf_encrypt(sealed, &size, text, length, 0, 0, 0, nonce, key);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(text, &size, 0, sealed, length + 16, 0, 0, nonce, key)) return -1;
  }
  return 0;
}

int limit_agree(uint64_t count) {
  static unsigned char secret[32] = {1}, other[32] = {2}, public_key[32], shared[32];
  if (sodium_init() < 0) return -1;
  crypto_scalarmult_base(public_key, other);
  for (uint64_t i = 0; i < count; i++) {
    if (crypto_scalarmult(shared, secret, public_key)) return -1;
    secret[8]++;
  }
  return 0;
}

int limit_generate(uint64_t count) {
  static unsigned char secret[32] = {1}, public_key[32];
  if (sodium_init() < 0) return -1;
  for (uint64_t i = 0; i < count; i++) {
    crypto_scalarmult_base(public_key, secret);
    secret[8]++;
  }
  return 0;
}
