"""Frames, packets, padding, rekeying and exported secrets.  Page: 03-channel.md.

No input or output of its own: bytes in, bytes out."""

import time

from conventions import Refused, u8, u16
from noise import Handshake, hkdf

CONVERSATION_CLASSES = (128, 512, 1152, 4224, 16512)
LINK_CLASSES = (160, 544, 1184, 4256, 16544)
LAST_UNDER_KEY = 0x01
LONGEST_HANDSHAKE_MESSAGE = 1024


class KeyUse:
    """"Rekeying": what one key of one direction has served for."""

    def __init__(self):
        self.begin()

    def begin(self):
        self.packets, self.bytes, self.since = 0, 0, None

    def count(self, size, now):
        self.packets += 1
        self.bytes += size
        self.since = now if self.since is None else self.since

    def reached(self, now):
        return self.packets >= 65536 or self.bytes >= 67108864 or now - self.since >= 120

    def overstayed(self, now, flagged):
        late = not flagged and now - self.since > 240
        return self.packets > 131072 or self.bytes > 134217728 or late


class Channel:
    """One side of a channel.  `feed` yields ("handshake", payload) and ("packet", content)."""

    def __init__(self, pattern, initiator, prologue, classes, static=None, remote_static=None, ephemeral=None,
                 clock=time.monotonic):
        self.handshake = Handshake(pattern, initiator, prologue, static, remote_static, ephemeral)
        self.classes, self.clock = classes, clock
        self.buffer, self.dead, self.established = b"", False, False
        self.sent, self.received = KeyUse(), KeyUse()

    # Handshake

    def write_handshake(self, payload=b""):
        message = self.handshake.write(payload)
        self._establish_when_over()
        return u16(len(message)) + message

    def _establish_when_over(self):
        if self.handshake.over:
            self.sending, self.receiving, self.root = self.handshake.split()
            self.binding, self.established = self.handshake.h, True

    # Packets

    def seal(self, content, last_under_key=False):
        """A whole frame with one packet in the smallest class that holds the content."""
        size = next((c for c in self.classes if c - 19 >= len(content)), None)
        if size is None:
            raise ValueError("too large a content")
        now = self.clock()
        self.sent.count(size, now)
        flagged = last_under_key or self.sent.reached(now)
        plaintext = u8(LAST_UNDER_KEY if flagged else 0) + u16(len(content)) + content
        frame = u16(size) + self.sending.seal(plaintext.ljust(size - 16, b"\0"))
        if flagged:
            self.sending.rekey()
            self.sent.begin()
        return frame

    def _open(self, message):
        plaintext = self.receiving.open(message)
        now = self.clock()
        self.received.count(len(message), now)
        flags, length = plaintext[0], int.from_bytes(plaintext[1:3], "big")
        if flags & ~LAST_UNDER_KEY:
            raise Refused("unknown flag")
        if length > len(plaintext) - 3:
            raise Refused("content length")
        if any(plaintext[3 + length :]):
            raise Refused("padding")
        if self.received.overstayed(now, flags & LAST_UNDER_KEY):
            raise Refused("overstayed")
        if flags & LAST_UNDER_KEY:
            self.receiving.rekey()
            self.received.begin()
        return plaintext[3 : 3 + length]

    # Frames

    def feed(self, data):
        if self.dead:
            raise Refused("dead")
        try:
            self.buffer += data
            while self.buffer:
                if self.handshake.our_turn:
                    raise Refused("out of turn")
                message = self._next_message()
                if message is None:
                    return
                if self.established:
                    yield "packet", self._open(message)
                else:
                    payload = self.handshake.read(message)
                    self._establish_when_over()
                    yield "handshake", payload
        except Refused:
            self.dead, self.buffer = True, b""
            raise

    def _next_message(self):
        if len(self.buffer) < 2:
            return None
        length = int.from_bytes(self.buffer[:2], "big")
        fits = length in self.classes if self.established else 1 <= length <= LONGEST_HANDSHAKE_MESSAGE
        if not fits:
            raise Refused("frame length")
        if len(self.buffer) < 2 + length:
            return None
        message, self.buffer = self.buffer[2 : 2 + length], self.buffer[2 + length :]
        return message

    # Exported secrets

    def exported(self, label):
        name = label.encode("ascii")
        return hkdf(self.root, u8(len(name)) + name + self.binding, 2)[0][:32]
