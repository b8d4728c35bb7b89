"""The inputs of the vectors of page 02."""

import wire
from conventions import signing_key, u16
from identity import HEARTBEAT_DOMAIN, heartbeat_body, signed
from inputs_ground import LOCAL, NOW, made_record


def _raw(number, wire_type, content=b""):
    return wire_varint(number << 3 | wire_type) + content


def wire_varint(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def _field(number, data):
    return _raw(number, 2, wire_varint(len(data)) + data)


def make(kind, /, **fields):
    return wire.MESSAGES[kind](**fields)


def part(begin, end, count=0, total=0):
    return make("Part", **{"from": begin, "to": end}, count=count, sum=total)


def offer_fields(**changes):
    """The offer of page 02, "Examples"."""
    return dict(version=1, kind=1, epoch=3, depth=2, shard=1, round=1_789_000_000, key=b"\4" * 32, root=b"\5" * 32,
                shares=9, stamp_epoch=3, stamp=b"\6" * 16) | changes


def good_messages():
    u64_most = 2**64 - 1
    terms = make("HomeTerms", streams=128, bytes_per_second=2**20, bytes_per_day=2**33, enforces=["text", "voice"])
    record = made_record()
    beat = signed(b"\1" * 32, HEARTBEAT_DOMAIN, LOCAL, heartbeat_body(signing_key(b"\1" * 32), NOW, 5000))
    listing = make("Listing", digest=b"\1" * 32, index=8, share=b"\2" * 32, path=[b"\3" * 32] * 4, offer=b"\4")
    yield "Signed", record
    yield "HeartbeatBody", make("HeartbeatBody", node=0x0102030405060708, time=1_700_000_000_000, period=20_000)
    yield "Control", make("Control", hello=make("Hello", version_min=1, version_max=2, role=1, record=record,
                                                terms=terms, features=1 << 40))
    yield "Control", make("Control", hello=make("Hello", version_min=1, version_max=1, role=2))
    yield "Control", make("Control", pull={"have": [make("Have", node=1, seq=2, heartbeat=3)], "to": u64_most})
    yield "Control", make("Control", pull={"have": [make("Have", node=1, seq=2, heartbeat=3)], "to": u64_most,
                                           "named": True})
    yield "Control", make("Control", pull={"have": [make("Have", node=at, seq=NOW, heartbeat=u64_most)
                                                    for at in range(500)], "to": u64_most})
    yield "Control", make("Control", compare=make("Compare", salt=b"\1" * 16, parts=[part(0, u64_most, 3, u64_most)]))
    yield "Control", make("Control", compare=make("Compare", salt=bytes(16), parts=[part(5, 5), part(6, 6)]))
    yield "Control", make("Control", compare=make("Compare", salt=b"\1" * 16, parts=[
        part(at << 56, (at << 56) + 2**56 - 1, 2**32 - 1, u64_most - at) for at in range(256)]))
    yield "Control", make("Control", prune=make("Prune"))
    yield "Control", make("Control", graft=make("Graft"))
    addresses = [wire.endpoint_bytes("192.0.2.1", 4242), wire.endpoint_bytes("2001:db8::1", 65_535)]
    yield "Control", make("Control", ask=make("Ask", node=b"\1" * 32, nonce=b"\2" * 32))
    yield "Control", make("Control", ask=make("Ask", node=b"\1" * 32, nonce=b"\2" * 32, addresses=addresses))
    yield "Control", make("Control", ask=make("Ask", node=b"\1" * 32, nonce=b"\2" * 32, addresses=addresses[1:] * 3))
    yield "Control", make("Control", challenge=make("Challenge", nonce=b"\2" * 32))
    yield "Control", make("Control", alive=make("Alive", nonce=b"\2" * 32, signature=b"\3" * 64))
    yield "Control", make("Control", push=make("Push", records=[record], heartbeats=[beat, beat]))
    yield "Control", make("Control", push=make("Push"))
    yield "Control", make("Control", attach=make("Attach"))
    yield "Control", make("Control", attached=make("Attached", terms=make("HomeTerms")))
    yield "Control", make("Control", refused=make("Refused", code=4, retry_after_seconds=60, reason="x" * 200))
    yield "Control", make("Control", goodbye=make("Goodbye", code=2**32 - 1))
    deposit = make("Deposit", offer=wire.encode(make("Offer", **offer_fields())), index=8, share=b"\1" * 32,
                   path=[b"\2" * 32] * 4, bodies=True)
    yield "Request", make("Request", deposit=deposit)
    yield "Request", make("Request", join=make("Join", token=b"\7" * 32))
    yield "Request", make("Request", extend=make("Extend", node=b"\7" * 32))
    yield "Answer", make("Answer", receipt=make("Receipt"))
    yield "Answer", make("Answer", receipt=make("Receipt", code=10, price=14))
    yield "Answer", make("Answer", join=make("JoinAnswer", code=2))
    yield "Answer", make("Answer", extend=make("ExtendAnswer", code=2))
    yield "KeeperMessage", make("KeeperMessage", answer=make(
        "RoundAnswer", body=b"\1", signature=b"\2" * 64, listings=[listing] * 24))
    yield "KeeperMessage", make("KeeperMessage", bodies_wanted=make("BodiesWanted", digests=[b"\1" * 32] * 24))
    yield "KeeperMessage", make("KeeperMessage", bodies=make("Bodies", offers=[b"\1" * 256] * 24))
    yield "RoundAnswerBody", make("RoundAnswerBody", network=1, epoch=u64_most, shard=3, depth=4, round=5,
                                  keeper=b"\6" * 32, digests=[b"\7" * 32] * 24, pool=u64_most, offers=2**32 - 1)
    yield "RoundAnswerBody", make("RoundAnswerBody", network=1, keeper=b"\6" * 32, digests=[b"\7" * 32], offers=0)
    yield "Utterance", make("Utterance", opening=make("Opening", version_min=1, version_max=1, ticket=b"t" * 8192))
    yield "Utterance", make("Utterance", text=make("Text", sequence=1, text="hi"))
    yield "Utterance", make("Utterance", text=make("Text", sequence=u64_most, text="\u00e9" * 8000))
    yield "Utterance", make("Utterance", acknowledgement=make("Acknowledgement", through=300))
    yield "Utterance", make("Utterance", typing=make("Typing"))
    yield "Utterance", make("Utterance", typing=make("Typing", on=True))
    yield "Utterance", make("Utterance", farewell=make("Farewell"))
    yield "Utterance", make("Utterance", safety_commitment=make("SafetyCommitment", digest=b"\1" * 32))
    yield "Utterance", make("Utterance", safety_nonce=make("SafetyNonce", nonce=b"\2" * 32))
    yield "Utterance", make("Utterance", safety_opening=make("SafetyOpening", nonce=b"\3" * 32))
    yield "Utterance", make("Utterance", ping=make("Ping", token=u64_most))
    yield "Utterance", make("Utterance", pong=make("Pong", token=1))
    yield "Utterance", make("Utterance", saved=make("Saved"))
    yield "Utterance", make("Utterance", keep_in_touch=make("KeepInTouch"))
    yield "Utterance", make("Utterance", opening=make("Opening", version_min=1, version_max=1, met=b"\1" * 1024))


def messages():
    def case(title, kind, data):
        return title, dict(message=kind, bytes=data.hex())

    for number, (kind, message) in enumerate(good_messages()):
        choice = message.WhichOneof("kind") if kind in wire.CHOICES else ""
        yield case(f"{kind} {choice} {number}", kind, wire.encode(message))
    yield from _lenient_messages(case)
    yield from _structural_faults(case)
    yield from _range_faults(case)


def _lenient_messages(case):
    yield case("fields in another order", "HeartbeatBody", _raw(3, 0, b"\1") + _raw(1, 1, bytes(8)))
    yield case("a default that is written", "Utterance", _field(4, _raw(1, 0, b"\0")))
    yield case("a varint longer than needed", "Utterance", _field(4, _raw(1, 0, b"\x81\x80\0")))
    yield case("unknown field 999", "Utterance", _field(4, b"\xb8\x3e\1"))
    yield case("unknown field 999 beside a kind", "Utterance", b"\xb8\x3e\1" + _field(5, b""))
    yield case("unknown fields of four types", "Utterance", _field(
        3, _raw(1, 0, b"\1") + _raw(15, 1, bytes(8)) + _raw(15, 5, bytes(4)) + _field(15, b"abc") + _raw(15, 0, b"\1")))


def _structural_faults(case):
    text = _field(2, _raw(1, 0, b"\1") + _field(2, b"hi"))
    yield case("empty choice", "Utterance", b"")
    yield case("unknown kind", "Utterance", _field(11, b"abc"))
    yield case("unknown kind of a Control", "Control", _field(99, b""))
    yield case("unknown kind 1000", "Utterance", _field(1000, b""))
    yield case("two kinds", "Utterance", text + _field(5, b""))
    yield case("one kind twice", "Utterance", text + text)
    yield case("a field twice", "Utterance", _field(4, _raw(1, 0, b"\1") * 2))
    yield case("critical at the top", "Utterance", text + b"\xc0\x3e\1")
    yield case("critical inside", "Utterance", _field(4, b"\xc0\x3e\1"))
    yield case("critical in a Signed of a Push", "Control", _field(3, _field(1, b"\xc0\x3e\1")))
    yield case("field number 0", "Utterance", _raw(0, 0, b"\1"))
    yield case("tag above 2^32 - 1", "Utterance", wire_varint(2**32 | 8) + b"\1")
    yield case("varint of 11 bytes", "Utterance", _field(3, _raw(1, 0, b"\x80" * 10 + b"\0")))
    yield case("tenth byte 2", "Utterance", _field(3, _raw(1, 0, b"\xff" * 9 + b"\2")))
    yield case("tenth byte 1", "Utterance", _field(3, _raw(1, 0, b"\xff" * 9 + b"\1")))
    yield case("varint cut short", "Utterance", _field(3, _raw(1, 0, b"\x80")))
    yield case("length beyond the message inside", "Utterance", _field(2, b"\x12\5hi") + b"abc")
    yield case("length beyond the end", "Utterance", b"\x12\7" + _raw(1, 0, b"\1"))
    yield case("fixed64 cut short", "HeartbeatBody", _raw(1, 1, bytes(7)))
    for wire_type in (3, 4, 6, 7):
        yield case(f"unknown field of wire type {wire_type}", "Utterance", text + _raw(20, wire_type))
    yield case("wire type of another field", "Utterance", _field(3, _raw(1, 1, bytes(8))))
    yield case("uint32 above 2^32 - 1", "Utterance", _field(5, _raw(1, 0, wire_varint(2**32))))
    yield case("uint32 of 2^32 - 1", "Utterance", _field(5, _raw(1, 0, wire_varint(2**32 - 1))))
    yield case("bool 2", "Utterance", _field(4, _raw(1, 0, b"\2")))
    yield case("text that is not UTF-8", "Utterance", _field(2, _raw(1, 0, b"\1") + _field(2, b"\xc0\x80")))
    yield case("64 bytes", "HeartbeatBody", _raw(3, 0, b"\1") + _field(9, bytes(60)))
    yield case("65 bytes", "HeartbeatBody", _raw(3, 0, b"\1") + _field(9, bytes(61)))
    yield case("16 fields", "HeartbeatBody", _raw(3, 0, b"\1") + _raw(9, 0, b"\0") * 15)
    yield case("17 fields", "HeartbeatBody", _raw(3, 0, b"\1") + _raw(9, 0, b"\0") * 16)
    yield case("128 heartbeats and one", "Control", _field(3, _field(2, b"") * 129))
    yield case("600 entries and one", "Control", _field(2, _field(1, b"") * 601))
    yield case("256 parts and one", "Control", _field(8, _field(1, b"s" * 16) + _field(2, b"") * 257))
    yield case("a Compare with unknown fields", "Control", _field(8, _field(1, b"s" * 16) + _field(2, _field(
        99, b"x")) + _field(99, b"y")))
    yield case("critical in a Part of a Compare", "Control", _field(8, _field(1, b"s" * 16) + _field(2, b"\xc0\x3e\1")))
    yield case("a Part whose count is above 2^32 - 1", "Control", _field(8, _field(1, b"s" * 16) + _field(
        2, _raw(3, 0, wire_varint(2**32)))))
    yield case("a Prune with an unknown field", "Control", _field(9, _field(99, b"x")))
    yield case("a Graft with a critical field", "Control", _field(10, b"\xc0\x3e\1"))
    yield case("a Prune and a Graft", "Control", _field(9, b"") + _field(10, b""))
    yield case("3 addresses and one", "Control", _field(11, _field(1, b"n" * 32) + _field(2, b"s" * 32) + _field(
        3, b"") * 4))
    yield case("an Ask with an unknown field", "Control", _field(11, _field(1, b"n" * 32) + _field(2, b"s" * 32) + _field(
        99, b"x")))
    yield case("a Challenge with a critical field", "Control", _field(12, _field(1, b"s" * 32) + b"\xc0\x3e\1"))
    yield case("two nonces of an Alive", "Control", _field(13, _field(1, b"s" * 32) * 2 + _field(2, b"t" * 64)))
    yield case("a Challenge and an Alive", "Control", _field(12, _field(1, b"s" * 32)) + _field(
        13, _field(1, b"s" * 32) + _field(2, b"t" * 64)))
    yield case("named 2", "Control", _field(2, _raw(4, 0, b"\2")))


def _range_faults(case):
    record, deposit = made_record(), dict(index=0, share=b"\1" * 32, offer=b"x")

    def faulty(title, kind, /, **fields):
        return case(title, kind, wire.encode(make(kind, **fields)))

    yield faulty("Signed with an empty body", "Signed", body=b"", signature=b"\1" * 64)
    yield faulty("Signed with 1,024 bytes", "Signed", body=b"x" * 1024, signature=b"\1" * 64)
    yield faulty("Signed with 1,025 bytes", "Signed", body=b"x" * 1025, signature=b"\1" * 64)
    yield faulty("signature of 63 bytes", "Signed", body=b"x", signature=b"\1" * 63)
    yield faulty("version_min 0", "Opening", version_min=0, version_max=1)
    yield faulty("version_min above version_max", "Opening", version_min=2, version_max=1)
    for count in (8, 1016, 1023, 1032):
        yield faulty(f"marks of {count} bytes", "Opening", version_min=1, version_max=1, met=bytes(count))
    yield faulty("role 3", "Hello", version_min=1, version_max=1, role=3)
    yield faulty("terms with an empty text", "HomeTerms", enforces=[""])
    yield faulty("terms with 101 bytes", "HomeTerms", enforces=["x" * 101])
    yield faulty("Attached without terms", "Attached")
    yield faulty("RecordBody without a puzzle", "RecordBody", version=1, node_key=b"\1" * 32, channel_key=b"\1" * 32,
                 addresses=[wire.endpoint_bytes("127.0.0.1", 1)])
    yield faulty("Pull with from above to", "Control", pull={"from": 2, "to": 1})
    yield faulty("Compare without a salt", "Control", compare=make("Compare", parts=[part(0, 1)]))
    for size in (15, 17):
        yield faulty(f"salt of {size} bytes", "Control", compare=make("Compare", salt=b"s" * size, parts=[part(0, 1)]))
    for title, parts in (("no parts", []), ("from above to", [part(2, 1)]),
                         ("parts that touch in one id", [part(0, 5), part(5, 9)]),
                         ("parts out of order", [part(6, 9), part(0, 5)]), ("a part twice", [part(0, 5)] * 2),
                         ("a part within another", [part(0, 9), part(3, 4)])):
        yield faulty(f"Compare: {title}", "Control", compare=make("Compare", salt=b"s" * 16, parts=parts))
    for size in (0, 31, 33):
        n = b"\1" * size
        yield faulty(f"Ask about a key of {size} bytes", "Control", ask=make("Ask", node=n, nonce=b"\2" * 32))
        yield faulty(f"Ask with a nonce of {size} bytes", "Control", ask=make("Ask", node=b"\1" * 32, nonce=n))
        yield faulty(f"Challenge of {size} bytes", "Control", challenge=make("Challenge", nonce=n))
        yield faulty(f"Alive with a nonce of {size} bytes", "Control", alive=make("Alive", nonce=n, signature=b"\3" * 64))
        yield faulty(f"Alive with a signature of {size + 32} bytes", "Control",
                     alive=make("Alive", nonce=b"\2" * 32, signature=b"\3" * (size + 32)))
    for title, address in (("of 7 bytes", b"\1" * 7), ("with port 0", wire.endpoint_bytes("192.0.2.1", 0))):
        yield faulty(f"Ask with an address {title}", "Control",
                     ask=make("Ask", node=b"\1" * 32, nonce=b"\2" * 32, addresses=[address]))
    yield faulty("reason of 201 bytes", "Refused", reason="x" * 201)
    yield faulty("index 9", "Deposit", **deposit | dict(index=9))
    yield faulty("share of 31 bytes", "Deposit", **deposit | dict(share=b"\1" * 31))
    yield faulty("offer of 0 bytes", "Deposit", **deposit | dict(offer=b""))
    yield faulty("offer of 257 bytes", "Deposit", **deposit | dict(offer=b"x" * 257))
    yield faulty("path of 5", "Deposit", **deposit, path=[b"\1" * 32] * 5)
    yield faulty("path with 33 bytes", "Deposit", **deposit, path=[b"\1" * 33])
    yield faulty("token of 31 bytes", "Join", token=b"\1" * 31)
    yield faulty("JoinAnswer 0", "Answer", join=make("JoinAnswer", code=0))
    yield faulty("JoinAnswer 4", "Answer", join=make("JoinAnswer", code=4))
    yield faulty("node of 31 bytes", "Request", extend=make("Extend", node=b"\1" * 31))
    yield faulty("ExtendAnswer 0", "Answer", extend=make("ExtendAnswer", code=0))
    yield faulty("ExtendAnswer 3", "Answer", extend=make("ExtendAnswer", code=3))
    yield faulty("Listing with an empty offer", "Listing", digest=b"\1" * 32, share=b"\1" * 32, offer=b"")
    yield faulty("Listing without an offer", "Listing", digest=b"\1" * 32, share=b"\1" * 32)
    yield faulty("Bodies with an empty offer", "Bodies", offers=[b""])
    yield faulty("Text of 16,001 bytes", "Text", sequence=1, text="x" * 16001)
    yield faulty("digest of 31 bytes", "SafetyCommitment", digest=b"\1" * 31)
    yield faulty("a record inside that has no signature", "Control",
                 push=make("Push", records=[make("Signed", body=record.body)]))


def blocks():
    join = wire.encode(make("Request", join=make("Join", token=b"\7" * 32)))
    good = wire.block(join, 768)
    yield "page's example", dict(size=768, block=good.hex())
    yield "empty", dict(size=64, block=bytes(64).hex())
    yield "full", dict(size=64, block=(u16(62) + b"\1" * 62).hex())
    yield "767 bytes", dict(size=768, block=good[:-1].hex())
    yield "769 bytes", dict(size=768, block=good.hex() + "00")
    yield "length one too large", dict(size=64, block=(u16(63) + b"\1" * 62).hex())
    yield "length 65,535", dict(size=64, block=("ffff" + "00" * 62))
    for at in (38, 400, 767):
        yield f"byte {at} of the filling", dict(size=768, block=(good[:at] + b"\1" + good[at + 1 :]).hex())


def offers():
    good = wire.encode(make("Offer", **offer_fields()))
    yield "page's example", dict(offer=good.hex())
    yield "all fields", dict(offer=wire.encode(make("Offer", **offer_fields(features=1, pool=2**63))).hex())
    yield "version 7", dict(offer=wire.encode(make("Offer", **offer_fields(version=7))).hex())
    yield "an unknown field counts for the digest", dict(offer=(good + b"\xb8\x3e\1").hex())
    yield "another encoding, another digest", dict(offer=(good[2:] + good[:2]).hex())
    for field, value in (("version", 0), ("shares", 0), ("shares", 10), ("key", b"\4" * 31), ("root", b"\5" * 33),
                         ("stamp", b"\6" * 15)):
        size = f" of {len(value)} bytes" if isinstance(value, bytes) else f" {value}"
        yield field + size, dict(offer=wire.encode(make("Offer", **offer_fields(**{field: value}))).hex())
    yield "critical field", dict(offer=(good + b"\xc0\x3e\1").hex())
