"""The preface of a link, its frames and its streams.  Page: 05-homes-and-doors.md."""

from dataclasses import dataclass

from conventions import Refused, u8, u16, u32, u64

GOODBYE, VIOLATION, INCOMPATIBLE = 0, 1, 4  # close codes
CONTROL, OPEN, DATA, CREDIT, FINISH, RESET, PING, PONG, CLOSE = range(1, 10)
CARRY, ARRIVAL, EXTENDED = 1, 2, 3
IK, XX = 1, 2
INITIAL_CREDIT, LARGEST_CONTENT, FRAME_HEADER = 65536, 16525, 7
CREDIT_MAXIMUM = 2**31 - 1


def preface(pattern):
    """"Becoming a link": what the dialler sends first."""
    return b"P" + u8(1) + u8(pattern)


def link_prologue(network, preface_bytes):
    return b"passant/link/1" + u64(network.id) + preface_bytes


def pipe_prologue(network, node_key):
    """"Pipes"."""
    return b"passant/pipe/1" + u64(network.id) + node_key


@dataclass(frozen=True)
class Frame:
    kind: int
    stream: int
    payload: bytes

    def encoded(self):
        return u8(self.kind) + u32(self.stream) + u16(len(self.payload)) + self.payload


# Kind: (whether it is on stream 0, lengths that it may have)
_FORMS = {
    CONTROL: (True, range(1, 65536)), OPEN: (False, range(2, 65536)), DATA: (False, range(1, 65536)),
    CREDIT: (False, (4,)), FINISH: (False, (0,)), RESET: (False, (2,)), PING: (True, (8,)), PONG: (True, (24,)),
    CLOSE: (True, (2,)),
}


def frames(content):
    """"Frames": those of a packet's content that are not ignored."""
    found = []
    while content:
        if len(content) < FRAME_HEADER:
            raise Refused("frame cut short")
        kind, stream = content[0], int.from_bytes(content[1:5], "big")
        length = int.from_bytes(content[5:7], "big")
        payload, content = content[7 : 7 + length], content[7 + length :]
        if len(payload) < length:
            raise Refused("frame cut short")
        if kind in _FORMS:
            on_zero, lengths = _FORMS[kind]
            if on_zero != (stream == 0):
                raise Refused("wrong stream")
            if length not in lengths:
                raise Refused("wrong length")
            if kind == CREDIT and payload == bytes(4):
                raise Refused("credit of 0")
            found.append(Frame(kind, stream, payload))
        elif kind >= 128:
            raise Refused("unknown kind")
    return found


def opening(payload):
    """"Opening": (kind, node key or None, priority, first data)."""
    if payload[:1] == u8(CARRY) and len(payload) >= 34:
        return CARRY, payload[1:33], _priority(payload[33]), payload[34:]
    if payload[:1] in (u8(ARRIVAL), u8(EXTENDED)) and len(payload) >= 2:
        return payload[0], None, _priority(payload[1]), payload[2:]
    raise Refused("malformed")


def _priority(number):
    return 1 if number == 0 else min(number, 3)


def carry(node_key, data, priority=1):
    return u8(CARRY) + node_key + u8(priority) + data


class Stream:
    """One stream of a link: what is granted, what waits, what has come."""

    def __init__(self, number):
        self.number = number
        self.may_send, self.may_come = INITIAL_CREDIT, INITIAL_CREDIT
        self.taken = 0  # bytes dealt with since credit was last given back
        self.finished_here = self.finished_there = False

    @property
    def over(self):
        return self.finished_here and self.finished_there


class Streams:
    """The streams of the side that dialled: it opens 1, 3, 5, …; the other side opens none to a leaf."""

    def __init__(self):
        self.next_number, self.live = 1, {}

    def opened(self):
        stream = Stream(self.next_number)
        self.live[stream.number] = stream
        self.next_number += 2
        return stream

    def came(self, frame):
        """The stream that a frame is for, or None when it has ended."""
        if frame.stream % 2 == 0 or frame.stream >= self.next_number:
            raise Refused("never opened")
        stream = self.live.get(frame.stream)
        if stream is None:
            return None
        if frame.kind == DATA:
            if stream.finished_there:
                raise Refused("data after finish")
            stream.may_come -= len(frame.payload)
            if stream.may_come < 0:
                raise Refused("beyond credit")
        elif frame.kind == CREDIT:
            stream.may_send += int.from_bytes(frame.payload, "big")
            if stream.may_send > CREDIT_MAXIMUM:
                raise Refused("too much credit")
        elif frame.kind == FINISH:
            if stream.finished_there:
                raise Refused("second finish")
            stream.finished_there = True
        if frame.kind == RESET or stream.over:
            del self.live[frame.stream]
        return stream

    @staticmethod
    def credit_due(stream, count):
        """After `count` bytes were dealt with: the frame that gives credit back, when half a window has gone."""
        stream.taken += count
        if stream.taken < INITIAL_CREDIT // 2:
            return None
        grant, stream.taken = stream.taken, 0
        stream.may_come += grant
        return Frame(CREDIT, stream.number, u32(grant))
