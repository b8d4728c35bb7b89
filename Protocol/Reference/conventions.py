"""Numbers, base32, text, the one hash, the one way to sign.  Page: 00-conventions.md."""

import hashlib

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

MAXIMUM_U64 = 2**64 - 1


class Refused(Exception):
    """Outside bytes that a page says to refuse; the first argument says why, in the words of the vectors."""

    @property
    def why(self):
        return self.args[0]


def u8(number):
    return number.to_bytes(1, "big")


def u16(number):
    return number.to_bytes(2, "big")


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


def _hash_input(domain, parts):
    name = domain.encode("ascii")
    return u8(len(name)) + name + b"".join(u32(len(part)) + part for part in parts)


def H(domain, *parts):
    """"The hash": BLAKE2b-256 over a domain and length-prefixed parts."""
    return hashlib.blake2b(_hash_input(domain, parts), digest_size=32).digest()


def H512(domain, *parts):
    return hashlib.blake2b(_hash_input(domain, parts), digest_size=64).digest()


def short(domain, *parts):
    return int.from_bytes(H(domain, *parts)[:8], "big")


ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def base32(data):
    """"Text": RFC 4648 without padding, lower case."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(ALPHABET[int(bits[i : i + 5], 2)] for i in range(0, len(bits), 5))


def base32_decoded(text):
    bits = ""
    for character in text:
        value = ALPHABET.find(character.lower() if character.isascii() else character)
        if value < 0:
            raise Refused("character")
        bits += f"{value:05b}"
    whole = len(bits) // 8 * 8
    if len(bits) - whole >= 5:
        raise Refused("length")
    if "1" in bits[whole:]:
        raise Refused("left-over bits")
    return bytes(int(bits[i : i + 8], 2) for i in range(0, whole, 8))


def text(data):
    """"Text": valid UTF-8, carried as it is."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None


def signature_input(domain, network, body):
    """"Signatures": what Ed25519 is given."""
    return domain.encode("ascii") + b"\0" + u64(network) + body


def sign(seed, domain, network, body):
    _, secret = sodium.crypto_sign_seed_keypair(seed)
    return sodium.crypto_sign(signature_input(domain, network, body), secret)[:64]


def signature_holds(key, domain, network, body, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    try:
        sodium.crypto_sign_open(signature + signature_input(domain, network, body), key)
        return True
    except CryptoError:
        return False


def signing_key(seed):
    """The Ed25519 public key of a seed."""
    return sodium.crypto_sign_seed_keypair(seed)[0]


def agreement_key(secret):
    """The X25519 public key of a secret."""
    return sodium.crypto_scalarmult_base(secret)


def agree(secret, public):
    """"Keys and algorithms": X25519; a result that is all zero ends whatever asked for it."""
    try:
        return sodium.crypto_scalarmult(secret, public)
    except (CryptoError, RuntimeError):
        raise Refused("zero agreement") from None


def argon2id(password, salt, kibibytes):
    return sodium.crypto_pwhash_alg(
        32, password, salt, 1, kibibytes * 1024, sodium.crypto_pwhash_ALG_ARGON2ID13
    )


def sip_hash(key, data):
    """SipHash-2-4 with 64 bits."""
    return int.from_bytes(sodium.crypto_shorthash_siphash24(data, key), "little")


def has_zero_bits(output, bits):
    return int.from_bytes(output, "big") >> (len(output) * 8 - bits) == 0


if __name__ == "__main__":
    example = H("passant/short/1", b"\1" * 32).hex()
    assert example == "2b6399752c12119873ff3f17d82d42f2c8002b6256a11d1abfbac53ef4374574", example
