"""The Noise handshakes of Passant, with pre-shared keys.  Page: 03-channel.md, "Suite and patterns"."""

import hashlib
import hmac
import os

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from conventions import Refused, agree, agreement_key

# Pre-messages of the initiator and the responder, then the tokens of each message.
PATTERNS = {
    "NN": ("", "", ["e", "e ee"]),
    "NK": ("", "s", ["e es", "e ee"]),
    "KK": ("s", "s", ["e es ss", "e ee se"]),
    "IK": ("", "s", ["e es s ss", "e ee se"]),
    "XX": ("", "", ["e", "e ee s es", "s se"]),
}


def hash_512(data):
    return hashlib.blake2b(data).digest()


def hkdf(chaining_key, material, outputs):
    """Noise's HKDF over HMAC-BLAKE2b (RFC 2104, blocks of 128 bytes)."""
    temporary = hmac.new(chaining_key, material, hashlib.blake2b).digest()
    result, last = [], b""
    for number in range(1, outputs + 1):
        last = hmac.new(temporary, last + bytes([number]), hashlib.blake2b).digest()
        result.append(last)
    return result


class Cipher:
    """A key and a counter: Noise's CipherState."""

    def __init__(self, key):
        self.key, self.nonce = key, 0

    def _next(self):
        if self.nonce > 2**64 - 2:
            raise Refused("nonces are used up")
        nonce = bytes(4) + self.nonce.to_bytes(8, "little")
        self.nonce += 1
        return nonce

    def seal(self, plaintext, associated=b""):
        return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, associated, self._next(), self.key)

    def open(self, ciphertext, associated=b""):
        if len(ciphertext) < 16:
            raise Refused("does not open")
        try:
            return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(ciphertext, associated, self._next(), self.key)
        except CryptoError:
            raise Refused("does not open") from None

    def rekey(self):
        nonce = bytes(4) + (2**64 - 1).to_bytes(8, "little")
        self.key = sodium.crypto_aead_chacha20poly1305_ietf_encrypt(bytes(32), b"", nonce, self.key)[:32]


class Handshake:
    """One side of one handshake.  `modifiers` is for example "psk0+psk2", with a key for each in `psks`."""

    def __init__(self, pattern, initiator, prologue, static=None, remote_static=None, ephemeral=None,
                 modifiers="", psks=()):
        before_initiator, before_responder, messages = PATTERNS[pattern]
        self.messages = [message.split() for message in messages]
        for modifier in filter(None, modifiers.split("+")):
            place = int(modifier.removeprefix("psk"))
            if place == 0:
                self.messages[0].insert(0, "psk")
            else:
                self.messages[place - 1].append("psk")
        self.psks, self.has_psk = list(psks), bool(modifiers)
        self.initiator, self.static, self.remote_static = initiator, static, remote_static
        self.ephemeral, self.remote_ephemeral = ephemeral, None
        self.cipher, self.step = None, 0

        name = f"Noise_{pattern}{modifiers}_25519_ChaChaPoly_BLAKE2b".encode()
        self.h = name.ljust(64, b"\0") if len(name) <= 64 else hash_512(name)
        self.ck = self.h
        self._mix_hash(prologue)
        for is_initiators, tokens in ((True, before_initiator), (False, before_responder)):
            if tokens:
                self._mix_hash(agreement_key(static) if is_initiators == initiator else remote_static)

    def _mix_hash(self, data):
        self.h = hash_512(self.h + data)

    def _mix_key(self, material):
        self.ck, key = hkdf(self.ck, material, 2)
        self.cipher = Cipher(key[:32])

    def _mix_psk(self):
        self.ck, mixed, key = hkdf(self.ck, self.psks.pop(0), 3)
        self._mix_hash(mixed)
        self.cipher = Cipher(key[:32])

    def _seal(self, plaintext):
        ciphertext = self.cipher.seal(plaintext, self.h) if self.cipher else plaintext
        self._mix_hash(ciphertext)
        return ciphertext

    def _open(self, ciphertext):
        plaintext = self.cipher.open(ciphertext, self.h) if self.cipher else ciphertext
        self._mix_hash(ciphertext)
        return plaintext

    def _agree(self, token):
        """`es` is the initiator's ephemeral with the responder's static key, and so on."""
        own = token[0] if self.initiator else token[1]
        theirs = token[1] if self.initiator else token[0]
        secret = self.ephemeral if own == "e" else self.static
        self._mix_key(agree(secret, self.remote_ephemeral if theirs == "e" else self.remote_static))

    @property
    def over(self):
        return self.step == len(self.messages)

    @property
    def our_turn(self):
        return not self.over and (self.step % 2 == 0) == self.initiator

    def write(self, payload=b""):
        assert self.our_turn
        message = b""
        for token in self.messages[self.step]:
            if token == "e":
                self.ephemeral = self.ephemeral or os.urandom(32)
                public = agreement_key(self.ephemeral)
                message += public
                self._mix_hash(public)
                if self.has_psk:
                    self._mix_key(public)
            elif token == "s":
                message += self._seal(agreement_key(self.static))
            elif token == "psk":
                self._mix_psk()
            else:
                self._agree(token)
        self.step += 1
        return message + self._seal(payload)

    def read(self, message):
        assert not self.our_turn and not self.over

        def take(count):
            nonlocal message
            if len(message) < count:
                raise Refused("cut short")
            taken, message = message[:count], message[count:]
            return taken

        for token in self.messages[self.step]:
            if token == "e":
                self.remote_ephemeral = take(32)
                self._mix_hash(self.remote_ephemeral)
                if self.has_psk:
                    self._mix_key(self.remote_ephemeral)
            elif token == "s":
                key = self._open(take(48 if self.cipher else 32))
                if self.remote_static is not None and key != self.remote_static:
                    raise Refused("another static key")
                self.remote_static = key
            elif token == "psk":
                self._mix_psk()
            else:
                self._agree(token)
        self.step += 1
        return self._open(message)

    def split(self):
        """The cipher for sending, the one for receiving, and the root of "Exported secrets"."""
        first, second, root = hkdf(self.ck, b"", 3)
        ciphers = (Cipher(first[:32]), Cipher(second[:32]))
        return (*(ciphers if self.initiator else reversed(ciphers)), root)
