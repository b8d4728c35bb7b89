"""Control messages: what is refused before decoding, ranges, blocks, endpoints.  Page: 02-wire.md."""

import ipaddress

from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import DecodeError

import conversation_pb2
import link_pb2
import pairing_pb2
import records_pb2
from conventions import H, MAXIMUM_U64, Refused, u16

MESSAGES = {
    name: getattr(module, name)
    for module in (records_pb2, link_pb2, pairing_pb2, conversation_pb2)
    for name in module.DESCRIPTOR.message_types_by_name
}

CHOICES = {"Control", "Request", "Answer", "KeeperMessage", "Utterance"}

# "Limits": bytes, fields, depth.
LIMITS = {
    "Signed": (1152, 16, 1), "RecordBody": (231, 32, 2), "HeartbeatBody": (64, 16, 1), "PuzzleSolution": (64, 16, 1),
    "Have": (64, 16, 1), "Part": (64, 16, 1), "Control": (16064, 4160, 4), "Hello": (3072, 64, 2),
    "HomeTerms": (1792, 32, 1), "Attached": (1856, 48, 2), "Pull": (16000, 4096, 2), "Push": (16000, 1024, 2),
    "Compare": (10240, 2048, 2), "Refused": (256, 16, 1), "Attach": (64, 16, 1), "Goodbye": (64, 16, 1),
    "Prune": (64, 16, 1), "Graft": (64, 16, 1), "Ask": (192, 16, 1), "Challenge": (64, 16, 1), "Alive": (128, 16, 1),
    "Request": (766, 32, 2), "Deposit": (640, 24, 1), "Join": (64, 16, 1), "Extend": (64, 16, 1),
    "Answer": (62, 32, 2), "Receipt": (48, 16, 1), "JoinAnswer": (48, 16, 1), "ExtendAnswer": (48, 16, 1),
    "Offer": (256, 24, 1), "KeeperMessage": (16064, 544, 3), "RoundAnswer": (16000, 512, 2),
    "RoundAnswerBody": (2048, 48, 1), "Listing": (640, 24, 1), "BodiesWanted": (1024, 48, 1), "Bodies": (6400, 48, 1),
    "Utterance": (16128, 32, 2), "Opening": (9888, 32, 1), "CommonAnswer": (512, 24, 1), "Text": (16064, 16, 1),
    "Question": (864, 16, 1),
}
OTHER_LIMITS = (64, 16, 1)

REPEATED = {
    "RecordBody.addresses": 3, "HomeTerms.enforces": 16, "Pull.have": 600, "Compare.parts": 256, "Ask.addresses": 3, "Push.records": 48,
    "Push.heartbeats": 128, "Deposit.path": 4, "Listing.path": 4, "RoundAnswer.listings": 24,
    "Opening.common": 12, "CommonAnswer.points": 12, "RoundAnswerBody.digests": 24, "BodiesWanted.digests": 24, "Bodies.offers": 24,
}

FIRST_CRITICAL = 1000
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIRE_TYPES = {
    Field.TYPE_UINT32: VARINT, Field.TYPE_UINT64: VARINT, Field.TYPE_BOOL: VARINT, Field.TYPE_FIXED64: FIXED64,
    Field.TYPE_BYTES: BYTES, Field.TYPE_STRING: BYTES, Field.TYPE_MESSAGE: BYTES,
}
VARINT_MAXIMUM = {Field.TYPE_UINT32: 2**32 - 1, Field.TYPE_UINT64: MAXIMUM_U64, Field.TYPE_BOOL: 1}

TOO_LARGE, TOO_MANY, MALFORMED = "too large", "too many fields", "malformed"
CRITICAL, UNKNOWN_KIND, OUT_OF_RANGE = "unknown critical", "unknown kind", "out of range"


class _Pass:
    """"Before decoding": one pass over the bytes of an outermost message."""

    def __init__(self, name, data):
        size, self.fields_left, self.depth = LIMITS.get(name, OTHER_LIMITS)
        if len(data) > size:
            raise Refused(TOO_LARGE)
        self.data = data
        self.message(MESSAGES[name].DESCRIPTOR, 0, len(data), 1)

    def varint(self, at, end):
        value = 0
        for count in range(10):
            if at >= end:
                raise Refused(MALFORMED)
            byte = self.data[at]
            at += 1
            value |= (byte & 0x7F) << (7 * count)
            if byte < 0x80:
                if value > MAXIMUM_U64:
                    raise Refused(MALFORMED)
                return value, at
        raise Refused(MALFORMED)

    def message(self, descriptor, at, end, depth):
        if depth > self.depth:
            raise Refused(MALFORMED)
        seen, kinds, unknown = {}, 0, 0
        while at < end:
            tag, at = self.varint(at, end)
            number, wire_type = tag >> 3, tag & 7
            if tag > 2**32 - 1 or number == 0:
                raise Refused(MALFORMED)
            self.fields_left -= 1
            if self.fields_left < 0:
                raise Refused(TOO_MANY)
            field = descriptor.fields_by_number.get(number)
            if field is None:
                unknown += 1
                at = self.unknown(number, wire_type, at, end)
                continue
            kinds += 1
            seen[number] = seen.get(number, 0) + 1
            if field.label == Field.LABEL_REPEATED:
                if seen[number] > REPEATED[f"{descriptor.name}.{field.name}"]:
                    raise Refused(TOO_MANY)
            elif seen[number] > 1:
                raise Refused(MALFORMED)
            if descriptor.name in CHOICES and kinds > 1:
                raise Refused(MALFORMED)
            at = self.known(field, wire_type, at, end, depth)
        if descriptor.name in CHOICES and kinds == 0:
            raise Refused(UNKNOWN_KIND if unknown else MALFORMED)

    def unknown(self, number, wire_type, at, end):
        if number >= FIRST_CRITICAL:
            raise Refused(CRITICAL)
        if wire_type == VARINT:
            return self.varint(at, end)[1]
        if wire_type == BYTES:
            return self.length(at, end)[1]
        if wire_type in (FIXED64, FIXED32):
            return self.skipped(8 if wire_type == FIXED64 else 4, at, end)
        raise Refused(MALFORMED)

    def known(self, field, wire_type, at, end, depth):
        if wire_type != WIRE_TYPES[field.type]:
            raise Refused(MALFORMED)
        if wire_type == VARINT:
            value, at = self.varint(at, end)
            if value > VARINT_MAXIMUM[field.type]:
                raise Refused(MALFORMED)
            return at
        if wire_type == FIXED64:
            return self.skipped(8, at, end)
        begin, after = self.length(at, end)
        if field.type == Field.TYPE_MESSAGE:
            self.message(field.message_type, begin, after, depth + 1)
        return after

    def length(self, at, end):
        size, at = self.varint(at, end)
        return at, self.skipped(size, at, end)

    def skipped(self, size, at, end):
        if size > end - at:
            raise Refused(MALFORMED)
        return at + size


def _require(holds):
    if not holds:
        raise Refused(OUT_OF_RANGE)


def _all(values, count, sizes):
    _require(len(values) <= count and all(len(value) in sizes for value in values))


def _check_ranges(message):
    """"Ranges"; a message inside a message is checked by the caller's walk."""
    name, m = message.DESCRIPTOR.name, message
    if name == "Signed":
        _require(1 <= len(m.body) <= 1024 and len(m.signature) == 64)
    elif name == "RecordBody":
        _require(m.version >= 1 and len(m.node_key) == 32 and len(m.channel_key) == 32)
        _require(1 <= len(m.addresses) <= 3 and m.HasField("puzzle"))
        for address in m.addresses:
            endpoint(address)
    elif name == "PuzzleSolution":
        _require(len(m.nonce) == 16)
    elif name == "HeartbeatBody":
        _require(m.period >= 1)
    elif name in ("Hello", "Opening"):
        _require(1 <= m.version_min <= m.version_max)
        _require(m.role in (1, 2) if name == "Hello" else len(m.ticket) <= 8192)
        _require(name == "Hello" or len(m.met) in (0, 1024))
    elif name == "HomeTerms":
        _all([text.encode() for text in m.enforces], 16, range(1, 101))
    elif name == "Attached":
        _require(m.HasField("terms"))
    elif name in ("Pull", "Part"):
        _require(getattr(m, "from") <= m.to)
    elif name == "Compare":
        _require(len(m.salt) == 16 and 1 <= len(m.parts) <= 256)
        _require(all(before.to < getattr(after, "from") for before, after in zip(m.parts, m.parts[1:])))
    elif name == "Ask":
        _require(len(m.node) == 32 and len(m.nonce) == 32 and len(m.addresses) <= 3)
        for address in m.addresses:
            endpoint(address)
    elif name == "Challenge":
        _require(len(m.nonce) == 32)
    elif name == "Alive":
        _require(len(m.nonce) == 32 and len(m.signature) == 64)
    elif name == "Refused":
        _require(len(m.reason.encode()) <= 200)
    elif name in ("Deposit", "Listing"):
        if name == "Deposit" or m.HasField("offer"):
            _require(1 <= len(m.offer) <= 256)
        _require(m.index <= 8 and len(m.share) == 32 and (name == "Deposit" or len(m.digest) == 32))
        _all(m.path, 4, (32,))
    elif name == "Join":
        _require(len(m.token) == 32)
    elif name == "JoinAnswer":
        _require(m.code in (1, 2, 3))
    elif name == "Extend":
        _require(len(m.node) == 32)
    elif name == "ExtendAnswer":
        _require(m.code in (1, 2))
    elif name == "RoundAnswer":
        _require(1 <= len(m.body) <= 2048 and len(m.signature) == 64)
    elif name == "RoundAnswerBody":
        _require(len(m.keeper) == 32)
        _all(m.digests, 24, (32,))
        _require(m.offers >= len(m.digests))
    elif name == "BodiesWanted":
        _all(m.digests, 24, (32,))
    elif name == "Bodies":
        _all(m.offers, 24, range(1, 257))
    elif name == "Offer":
        _require(m.version >= 1 and 1 <= m.shares <= 9)
        _require((len(m.key), len(m.root), len(m.stamp)) == (32, 32, 16))
    elif name == "Text":
        _require(len(m.text.encode()) <= 16000)
    elif name == "Question":
        _require(len(m.text.encode()) <= 800)
    elif name == "Witness":
        _require(len(m.chain) == 32)
    elif name == "SafetyCommitment":
        _require(len(m.digest) == 32)
    elif name in ("SafetyNonce", "SafetyOpening"):
        _require(len(m.nonce) == 32)
    for field, value in message.ListFields():
        if field.type == Field.TYPE_MESSAGE:
            for inner in value if field.label == Field.LABEL_REPEATED else (value,):
                _check_ranges(inner)


def decode(name, data):
    """The message `name` in `data`, or `Refused` with the fault."""
    _Pass(name, data)
    try:
        message = MESSAGES[name].FromString(data)
    except DecodeError:
        raise Refused(MALFORMED) from None  # text that is not UTF-8
    _check_ranges(message)
    return message


def encode(message):
    """"Encoding": fields in the order of their numbers, no defaults."""
    return message.SerializeToString(deterministic=True)


def offer_digest(encoded):
    return H("passant/offer/1", encoded)


# Blocks

REQUEST_BLOCK, ANSWER_BLOCK = 768, 64


def block(encoded, size):
    if len(encoded) > size - 2:
        raise ValueError("does not fit the block")
    return (u16(len(encoded)) + encoded).ljust(size, b"\0")


def unblocked(data, size):
    if len(data) != size:
        raise Refused("block size")
    length = int.from_bytes(data[:2], "big")
    if length > size - 2:
        raise Refused("block length")
    if any(data[2 + length :]):
        raise Refused("block filling")
    return data[2 : 2 + length]


# Endpoints

def endpoint(data):
    """(address, port) of 6 or 18 bytes."""
    if len(data) not in (6, 18) or data[-2:] == b"\0\0":
        raise Refused(OUT_OF_RANGE)
    return ipaddress.ip_address(data[:-2]), int.from_bytes(data[-2:], "big")


def endpoint_bytes(address, port):
    return ipaddress.ip_address(address).packed + u16(port)


def endpoint_text(data):
    address, port = endpoint(data)
    return f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}"
