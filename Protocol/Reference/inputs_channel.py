"""The inputs of the vectors of page 03."""

from answers_ground import channel_pair, shake_hands
from conventions import H, u16


def secret(label):
    return H("passant/vector/1", label.encode()).hex()


def setting(pattern, classes="conversation", prologue=b"passant/example/1"):
    given = dict(pattern=pattern, classes=classes, prologue=prologue.hex(),
                 initiatorEphemeral=secret("initiator's ephemeral"), responderEphemeral=secret("responder's ephemeral"),
                 payloads=["", "", ""] if pattern == "XX" else ["", ""], labels=["passant/example/1"], packets=[])
    if pattern in ("KK", "IK", "XX"):
        given["initiatorStatic"] = secret("initiator's static")
    if pattern != "NN":
        given["responderStatic"] = secret("responder's static")
    return given


def packet(side, content=b"", last=False):
    return {"from": side, "content": content.hex(), "last": last}


def large(side, length, fill=0x61, last=False):
    return {"from": side, "length": length, "fill": fill, "last": last}


PAGE = dict(pattern="NK", classes="conversation", prologue=b"passant/example/1".hex(), responderStatic="01" * 32,
            initiatorEphemeral="02" * 32, responderEphemeral="03" * 32, payloads=[b"join".hex(), ""],
            labels=["passant/example/1"], packets=[])


def channels():
    yield "page's example", dict(PAGE, packets=[
        packet("initiator", b"hi"), packet("initiator", b"bye", last=True), packet("initiator"),
        packet("responder", b"yes")])
    for pattern in ("NN", "NK", "KK", "IK", "XX"):
        for classes in ("conversation", "link"):
            given = setting(pattern, classes)
            given["packets"] = [packet("initiator", b"one"), packet("responder"),
                                packet("responder", b"two", last=True),
                                packet("responder", b"three"), packet("initiator", b"four"),
                                packet("responder", b"five", last=True), packet("responder", b"six")]
            yield f"{pattern}, {classes}", given
    given = setting("KK")
    given["payloads"] = [b"first".hex(), b"second".hex()]
    given["labels"] = ["", "x", "passant/example/1", "y" * 255]
    yield "payloads and labels", given
    for classes, edges in (("conversation", (109, 493, 1133, 4205, 16493)), ("link", (141, 525, 1165, 4237, 16525))):
        given = setting("KK", classes)
        given["packets"] = [large("initiator", size + more) for size in edges for more in (0, 1) if size + more < 16494
                            or (classes == "link" and size + more <= 16525)]
        yield f"each class's largest content, {classes}", given


def channel_input():
    def frames(given, plaintexts=(), side="initiator", contents=()):
        pair = channel_pair(given)
        shake_hands(pair, given["payloads"])
        writer = pair[("initiator", "responder").index(side)]
        sealed = [writer.seal(content) for content in contents]
        raw = [writer.sending.seal(plaintext) for plaintext in plaintexts]
        return sealed + [u16(len(message)) + message for message in raw]

    def case(title, given, to, pieces, payloads=None):
        given = {field: value for field, value in given.items() if field not in ("labels", "packets")}
        given["payloads"] = given["payloads"] if payloads is None else payloads
        return title, dict(given, to=to, pieces=[piece.hex() for piece in pieces])

    kk = setting("KK")
    whole = frames(kk, contents=[b"one", b"two", b"three"])
    together = b"".join(whole)
    yield case("three frames in one piece", kk, "responder", [together])
    yield case("byte by byte", kk, "responder", [bytes([byte]) for byte in whole[0]])
    yield case("three frames and a half, the half is not there yet", kk, "responder", [together + whole[0][:60]])
    yield case("skipped", kk, "responder", [whole[1]])
    yield case("replayed", kk, "responder", [whole[0], whole[0]])
    yield case("sent back to its writer", kk, "initiator", [whole[0]])
    yield case("a flipped bit", kk, "responder", [whole[0][:70] + bytes([whole[0][70] ^ 1]) + whole[0][71:]])
    for length in (0, 1, 127, 129, 160, 1024, 16513, 65535):
        yield case(f"length {length} after the handshake", kk, "responder", [u16(length)])

    def plain(flags, length, content=b"", at=None):
        data = bytearray((bytes([flags]) + u16(length) + content).ljust(112, b"\0"))
        if at is not None:
            data[at] = 1
        return bytes(data)

    for title, data in (("flag 0x02", plain(2, 1, b"x")), ("flag 0x80 and last", plain(0x81, 0)),
                        ("content one too long", plain(0, 110)), ("content of 65,535", plain(0, 65535)),
                        ("padding, first byte", plain(0, 2, b"hi", 5)), ("padding, middle", plain(0, 2, b"hi", 60)),
                        ("padding, last byte", plain(0, 2, b"hi", 111))):
        yield case(title, kk, "responder", frames(kk, [data]))
    yield case("a class larger than needed is taken", kk, "responder",
               frames(kk, [(b"\0" + u16(2) + b"hi").ljust(496, b"\0")]))
    yield case("full to the last byte", kk, "responder", frames(kk, [plain(0, 109, b"x" * 109)]))

    yield from _in_the_handshake(case, kk)


def _in_the_handshake(case, kk):
    """Nothing has been exchanged yet."""
    pair = channel_pair(kk)
    first = pair[0].write_handshake()
    yield case("first message", kk, "responder", [first], [])
    for length in (0, 1025, 65535):
        yield case(f"length {length} in the handshake", kk, "responder", [u16(length)], [])
    yield case("a byte behind the first message", kk, "responder", [first + b"\0"], [])
    yield case("out of turn", kk, "initiator", [b"\0"], [])
    yield case("first message, one byte of the tag changed", kk, "responder",
               [first[:-1] + bytes([first[-1] ^ 1])], [])
    yield case("first message cut by its length", kk, "responder", [u16(len(first) - 3) + first[2:-1]], [])
    other = dict(kk, prologue=b"passant/example/2".hex())
    yield case("another prologue", other, "responder", [first], [])
    nn = setting("NN")
    low_order = ["00" * 32, "01" + "00" * 31, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                 "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "ec" + "ff" * 30 + "7f",
                 "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f"]
    for point in low_order:
        data = bytes.fromhex(point)
        for title, key in ((point[:4], data), (point[:4] + " with the top bit", data[:31] + bytes([data[31] | 0x80]))):
            yield case(f"ephemeral key of low order {title}", kk, "responder", [u16(48) + key + bytes(16)], [])
            yield case(f"ephemeral key of low order {title}, NN", nn, "initiator",
                       [u16(48) + key + bytes(16)], [""])
