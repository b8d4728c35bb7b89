"""The inputs of the vectors of pages 00 and 01."""

import hashlib

from nacl import bindings as sodium

import wire
from conventions import H, agreement_key, base32, base32_decoded, sign, signature_input, signing_key, u32, u64
from identity import (
    HEARTBEAT_DOMAIN, RECORD_DOMAIN, Invite, Network, fingerprint, heartbeat_body, record_body, signed, solve_puzzle,
)

NOW = 1_789_000_000_000
MONTH = 690
LOCAL = Network("local")
DAY_MS = 86_400_000
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


def seeded(label, size=32):
    """Fixed bytes that look like none in particular."""
    whole = b"".join(H("passant/vector/1", label.encode(), u32(i)) for i in range(size // 32 + 1))
    return whole[:size]


def hashes():
    yield "page's example", dict(domain="passant/short/1", parts=["01" * 32])
    yield "no parts", dict(domain="passant/x/1", parts=[])
    yield "one empty part", dict(domain="passant/x/1", parts=[""])
    yield "two empty parts", dict(domain="passant/x/1", parts=["", ""])
    yield "ab, c", dict(domain="d", parts=[b"ab".hex(), b"c".hex()])
    yield "a, bc", dict(domain="d", parts=[b"a".hex(), b"bc".hex()])
    yield "a part longer than a block", dict(domain="passant/x/1", parts=[seeded("long", 300).hex()])
    yield "the longest domain", dict(domain="x" * 255, parts=["00"])


def base32s():
    for data in (b"", b"f", b"fo", b"foo", b"foob", b"fooba", bytes(5), b"\xff" * 7):
        yield f"{len(data)} bytes {data.hex()}", dict(text=base32(data))
    yield "upper case", dict(text="MZXW6YTB")
    for character in "0189=":
        yield f"character {character}", dict(text="mzxw6yt" + character)
    yield "left-over bits", dict(text="mz")
    for length in (1, 3, 6):
        yield f"a length that no bytes have: {length}", dict(text="a" * length)


def texts():
    for title, data in (("empty", b""), ("ascii", b"hi"), ("NUL", b"a\0b"), ("byte order mark", b"\xef\xbb\xbfa"),
                        ("combining", "e\u0301".encode()), ("four bytes", "\U0010ffff".encode()),
                        ("overlong", b"\xc0\x80"), ("surrogate", b"\xed\xa0\x80"), ("too high", b"\xf4\x90\x80\x80"),
                        ("truncated", b"a\xe2\x82")):
        yield title, dict(bytes=data.hex())


def signatures():
    seed, network = b"\1" * 32, f"{LOCAL.id:016x}"
    base = dict(domain="passant/record/1", network=network, body=b"body".hex())
    yield "made", dict(base, seed=seed.hex())
    yield "made over nothing", dict(base, seed=seeded("seed").hex(), body="")
    key, good = signing_key(seed).hex(), sign(seed, "passant/record/1", LOCAL.id, b"body")
    checked = dict(base, key=key, signature=good.hex())
    yield "holds", checked
    yield "another domain", dict(checked, domain="passant/heartbeat/1")
    yield "another network", dict(checked, network="0000000000000001")
    yield "another body", dict(checked, body=b"bodY".hex())
    yield "a flipped bit", dict(checked, signature=(good[:40] + bytes([good[40] ^ 1]) + good[41:]).hex())
    scalar = int.from_bytes(good[32:], "little") + GROUP_ORDER
    yield "S + L", dict(checked, signature=(good[:32] + scalar.to_bytes(32, "little")).hex())
    yield "63 bytes", dict(checked, signature=good[:63].hex())
    yield "65 bytes", dict(checked, signature=good.hex() + "00")
    # With the neutral element as key and as R, S = 0 solves the equation for every body.
    neutral = (b"\1" + bytes(31)).hex()
    yield "key of low order", dict(checked, key=neutral, signature=neutral + "00" * 32)
    yield "key that is not canonical", dict(checked, key="ee" + "ff" * 30 + "7f", signature=neutral + "00" * 32)
    message = signature_input("passant/record/1", LOCAL.id, b"body")
    yield "R of low order, by the key's owner", dict(
        checked, signature=_made_with(seed, bytes.fromhex(neutral), 0, message, key))
    # A key with a part of low order solves the equation with the cofactor for every body, without it for one of eight.
    mixed = sodium.crypto_core_ed25519_add(bytes.fromhex(key), bytes.fromhex(ORDER_EIGHT)).hex()
    for number in range(17, 25):
        message = signature_input("passant/record/1", LOCAL.id, bytes([number]))
        point = sodium.crypto_scalarmult_ed25519_base_noclamp(u64(number)[::-1] + bytes(24))
        yield f"key with a part of low order {number}", dict(
            checked, key=mixed, body=f"{number:02x}", signature=_made_with(seed, point, number, message, mixed))


# A point of order eight.
ORDER_EIGHT = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"


def _made_with(seed, point, logarithm, message, key):
    """A signature with a chosen R, whose discrete logarithm is known but for a part of low order."""
    secret = bytearray(hashlib.sha512(seed).digest()[:32])
    secret[0] &= 248
    secret[31] = secret[31] & 63 | 64
    challenge = int.from_bytes(hashlib.sha512(point + bytes.fromhex(key) + message).digest(), "little")
    scalar = (logarithm + challenge * int.from_bytes(secret, "little")) % GROUP_ORDER
    return (point + scalar.to_bytes(32, "little")).hex()


def node_keys():
    yield "page's example", dict(seed="01" * 32, channelSecret="02" * 32, leafSecret="03" * 32, home="01" * 32)
    for number in (1, 2):
        yield f"other keys {number}", {
            field: seeded(f"{field} {number}").hex() for field in ("seed", "channelSecret", "leafSecret", "home")}


def networks():
    for mesh in ("main", "local", "lan", "local-x", "lan-party", "localhost", "a", "0-9", "x" * 32):
        yield mesh, dict(name=mesh)
    for title, mesh in (("empty", ""), ("33 characters", "x" * 33), ("upper case", "Main"), ("a dot", "a.b")):
        yield title, dict(name=mesh)


def addresses():
    edges = {
        "local": "127.0.0.0 127.255.255.255 126.255.255.255 128.0.0.0 ::1 ::2 10.0.0.1 ::ffff:127.0.0.1",
        "lan": "10.0.0.0 10.255.255.255 9.255.255.255 11.0.0.0 172.16.0.0 172.31.255.255 172.15.255.255 172.32.0.0 "
               "192.168.0.0 192.168.255.255 192.167.255.255 192.169.0.0 169.254.0.0 169.254.255.255 100.64.0.0 "
               "100.127.255.255 100.63.255.255 100.128.0.0 fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe00:: "
               "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe80::1 127.0.0.1 8.8.8.8",
        "main": "1.0.0.0 0.255.255.255 8.8.8.8 10.1.1.1 192.0.0.255 192.0.1.0 192.0.2.1 192.0.3.0 192.88.99.1 "
                "192.88.98.255 198.18.0.0 198.19.255.255 198.20.0.0 198.17.255.255 198.51.100.7 203.0.113.7 "
                "203.0.114.0 223.255.255.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255 169.254.1.1 "
                "100.64.0.1 127.0.0.1 2000:: 3ffe:ffff:: 1fff:ffff:: 4000:: 2001:1ff:ffff:: 2001:200:: "
                "2001:db8:: 2001:db9:: 2002::1 2003::1 3fff:: 3fff:fff:: 3fff:1000:: ::ffff:8.8.8.8 fe80::1 "
                "fc00::1 ::1",
    }
    for mesh, places in edges.items():
        for place in places.split():
            yield f"{mesh} {place}", dict(network=mesh, endpoint=wire.endpoint_bytes(place, 4242).hex())
    yield "port 0", dict(network="local", endpoint="7f0000010000")
    yield "7 bytes", dict(network="local", endpoint="7f000001109200")


def periods():
    for mesh, edges in (("main", (500, 501, 10_000, 45_000, 45_001)), ("local", (6, 7, 50, 2_250, 2_251))):
        for members in (0, 1, *edges, 2**32):
            yield f"{mesh} {members}", dict(network=mesh, members=members)


def made_record(seed=b"\1" * 32, network=LOCAL, domain=RECORD_DOMAIN, key_seed=None, **changes):
    """A signed record, from the page's example on."""
    fields = dict(seq=NOW, expires=NOW + DAY_MS, addresses=[wire.endpoint_bytes("127.0.0.1", 4242)], capabilities=7,
                  month=MONTH, nonce=bytes(15) + b"\2") | changes
    body = record_body(network, key_seed or seed, agreement_key(b"\2" * 32), **fields)
    return signed(seed, domain, network, body)


def records():
    place = wire.endpoint_bytes("127.0.0.1", 4242).hex()
    yield "page's example, made", dict(
        network="local", seed="01" * 32, channelSecret="02" * 32, seq=NOW, expires=NOW + DAY_MS, addresses=[place],
        capabilities=7, month=MONTH, nonce="00" * 15 + "05")
    yield "three addresses, made", dict(
        network="main", seed="04" * 32, channelSecret="05" * 32, seq=NOW, expires=NOW + 1, capabilities=2**32 - 1,
        addresses=[wire.endpoint_bytes(a, 65535).hex() for a in ("8.8.8.8", "2003::1", "9.9.9.9")],
        month=MONTH, nonce="ff" * 16)

    def case(title, record, now=NOW, network="local"):
        return title, dict(network=network, signed=wire.encode(record).hex(), now=now)

    good, late = made_record(), 5 * 60_000
    yield case("holds", good)
    yield case("another network", made_record(network=Network("local-x")))
    yield case("seq five minutes ahead", made_record(seq=NOW + late))
    yield case("seq a millisecond more", made_record(seq=NOW + late + 1))
    yield case("seq 2^64 - 1", made_record(seq=2**64 - 1))
    yield case("expires in a millisecond", made_record(expires=NOW + 1))
    yield case("expires now", made_record(expires=NOW))
    yield case("expires 0", made_record(expires=0))
    yield case("lives a day and five minutes", made_record(expires=NOW + DAY_MS + late))
    yield case("lives a millisecond more", made_record(expires=NOW + DAY_MS + late + 1))
    yield case("expires 2^64 - 1", made_record(expires=2**64 - 1))
    yield case("address of the open mesh", made_record(addresses=[wire.endpoint_bytes("8.8.8.8", 1)]))
    yield case("second address not allowed", made_record(
        addresses=[wire.endpoint_bytes(a, 1) for a in ("127.0.0.1", "10.0.0.1")]))
    yield case("no address", made_record(addresses=[]))
    yield case("four addresses", made_record(addresses=[bytes.fromhex(place)] * 4))
    yield case("port 0", made_record(addresses=[b"\x7f\0\0\1\0\0"]))
    yield case("last month", made_record(month=MONTH - 1))
    yield case("version 0", _with(good, version=0))
    yield case("version 2", _with(good, version=2))
    yield case("signed for heartbeats", made_record(domain=HEARTBEAT_DOMAIN))
    yield case("signed by another key", made_record(seed=b"\7" * 32, key_seed=b"\1" * 32))
    yield case("unknown field 999", _appended(good, b"\xb8\x3e\x01"))
    yield case("unknown field 1000", _appended(good, b"\xc0\x3e\x01"))
    for at in (0, 50, 125):
        body = bytearray(good.body)
        body[at] ^= 0x10
        yield case(f"bit 4 of byte {at} of the body flipped",
                   wire.MESSAGES["Signed"](body=bytes(body), signature=good.signature))


def _resigned(body):
    return signed(b"\1" * 32, RECORD_DOMAIN, LOCAL, body)


def _with(record, **changes):
    body = wire.MESSAGES["RecordBody"].FromString(record.body)
    for field, value in changes.items():
        setattr(body, field, value)
    return _resigned(wire.encode(body))


def _appended(record, data):
    return _resigned(record.body + data)


def heartbeats():
    seed, key = b"\1" * 32, signing_key(b"\1" * 32)
    yield "page's example, made", dict(network="local", seed=seed.hex(), time=NOW, period=5000)

    def case(title, time=NOW, period=5000, last=None, owner=key, signer=seed, domain=HEARTBEAT_DOMAIN):
        beat = signed(signer, domain, LOCAL, heartbeat_body(owner, time, period))
        return title, dict(network="local", signed=wire.encode(beat).hex(), nodeKey=key.hex(), lastTime=last, now=NOW)

    yield case("holds")
    yield case("of another owner", owner=signing_key(b"\7" * 32))
    yield case("shortest period less one", period=4999)
    yield case("longest period", period=1_800_000)
    yield case("longest period and one", period=1_800_001)
    yield case("period 0", period=0)
    yield case("period 2^32 - 1", period=2**32 - 1)
    yield case("a millisecond newer", last=NOW - 1)
    yield case("the same time", last=NOW)
    yield case("130 s ahead", time=NOW + 130_000)
    yield case("130.001 s ahead", time=NOW + 130_001)
    yield case("130 s behind", time=NOW - 130_000)
    yield case("130.001 s behind", time=NOW - 130_001)
    yield case("time 0", time=0)
    yield case("time 2^64 - 1", time=2**64 - 1)
    yield case("signed by another", signer=b"\7" * 32)
    yield case("signed for records", domain=RECORD_DOMAIN)


def puzzles():
    for number in range(1, 5):
        key = signing_key(bytes([number]) * 32)
        nonce = solve_puzzle(LOCAL, key, MONTH)
        case = dict(network="local", nodeKey=key.hex(), month=MONTH, nonce=nonce.hex())
        yield f"key {number}, solved", case
        yield f"key {number}, another month", dict(case, month=MONTH + 1)
        yield f"key {number}, another nonce", dict(case, nonce=seeded(f"nonce {number}", 16).hex())
        yield f"key {number}, another mesh", dict(case, network="local-x")


def months():
    begin, end, three = MONTH * 2_592_000_000, (MONTH + 1) * 2_592_000_000, 3 * DAY_MS
    for title, now in (("at its beginning", begin), ("last millisecond", end - 1), ("three days before", begin - three),
                       ("a millisecond more before", begin - three - 1), ("three days after, less a millisecond",
                       end + three - 1), ("three days after", end + three),
                       ("three days after and a millisecond", end + three + 1)):
        yield title, dict(network="main", month=MONTH, now=now)
    yield "month 2^32 - 1", dict(network="main", month=2**32 - 1, now=NOW)


def invites():
    key = signing_key(b"\1" * 32)
    seconds = NOW // 1000

    def entry(address, port=4242):
        return wire.endpoint_bytes(address, port), fingerprint(key)

    page = Invite(seconds + 86400, "local", [entry("127.0.0.1")]).text()

    def case(title, line, now=seconds):
        return title, dict(text=line, now=now)

    yield case("page's example", page)
    yield case("three IPv4", Invite(2**32 - 1, "main", [entry(f"8.8.8.{i}", 65535) for i in (1, 2, 3)]).text())
    yield case("three IPv6", Invite(2**32 - 1, "main", [entry(f"2003::{i}", 1) for i in (1, 2, 3)]).text())
    yield case("one of each", Invite(seconds + 1, "x" * 32, [entry("2003::1"), entry("8.8.8.8")]).text())
    yield case("upper case, white space and hyphens", "passant:" + " -".join(page[8:].upper()) + "\n")
    yield case("expires now", page, seconds + 86400)
    yield case("a second before", page, seconds + 86399)
    yield case("no invite", "https://example.org")
    yield case("one character wrong", page[:20] + ("a" if page[20] != "a" else "b") + page[21:])
    yield case("two swapped", page[:28] + page[29] + page[28] + page[30:])
    yield case("one missing", page[:40] + page[41:])
    yield case("one more", page[:40] + "q" + page[40:])
    yield case("a character outside the alphabet", page[:25] + "1" + page[26:])

    def from_body(body):
        return "passant:" + base32(body + H("passant/invite/1", body)[:4])

    body = base32_decoded(page[8:])[:-4]
    yield case("version 2", from_body(b"\2" + body[1:]))
    yield case("something behind the last entry", from_body(body + b"\0"))
    yield case("no entry", from_body(body[:11] + b"\0"))
    yield case("two entries announced, one there", from_body(body[:11] + b"\2" + body[12:]))
    yield case("a bit that must be zero", from_body(body[:11] + bytes([body[11] | 0x80]) + body[12:]))
    yield case("port 0", from_body(body[:16] + b"\0\0" + body[18:]))
    yield case("name in upper case", from_body(body[:6] + b"Local" + body[11:]))
