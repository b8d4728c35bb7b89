"""The inputs of the vectors of pages 05 and 07, and of what 06 says of keepers, shares and stamps."""

import links
import pairing as pairs
import shares
import wire
from conventions import agreement_key, signing_key, u16, u32, u64
from identity import Network
from inputs_ground import LOCAL, NOW, seeded
from inputs_wire import make, offer_fields

ROUND = pairs.round_of(LOCAL, NOW)
EPOCH = pairs.epoch_of_round(LOCAL, ROUND)
PLACE = dict(network="local", epoch=EPOCH, round=ROUND, depth=0, shard=0, pool="0" * 16)
HERE = pairs.Place(LOCAL, EPOCH, ROUND)


def secret(label):
    return seeded(label).hex()


def nonce(label):
    return shares.scalar_bytes(int.from_bytes(seeded(label, 64), "little") % shares.ORDER)


# 05

def prefaces():
    for mesh in ("local", "main"):
        for pattern in ("IK", "XX"):
            yield f"{pattern} in {mesh}", dict(
                network=mesh, pattern=pattern, initiatorStatic=secret("dialler"), responderStatic=secret("responder"),
                initiatorEphemeral=secret("dialler's ephemeral"))


def link_frames():
    def frame(kind, stream, payload=b"", length=None):
        size = len(payload) if length is None else length
        return bytes([kind]) + u32(stream) + u16(size) + payload

    def case(title, *frames):
        return title, dict(content=b"".join(frames).hex())

    yield case("empty")
    yield case("control: attach", frame(1, 0, bytes.fromhex("2200")))
    yield case("one of each", frame(1, 0, b"\x22\0"), frame(2, 1, b"\1" + bytes(32) + b"\1abc"), frame(3, 1, b"data"),
               frame(4, 1, u32(4)), frame(5, 1), frame(6, 3, u16(2)), frame(7, 0, bytes(8)),
               frame(8, 0, bytes(8) + u64(NOW) + u64(NOW)), frame(9, 0, u16(0)))
    yield case("ignored kinds", frame(0, 0, b"x"), frame(0, 1), frame(10, 0, b"x"), frame(127, 7), frame(5, 9))
    yield case("must be understood: 128", frame(128, 0))
    yield case("must be understood: 255", frame(255, 1, b"x"))
    yield case("length beyond the packet", frame(3, 1, b"data", 5))
    yield case("six bytes", frame(5, 1)[:6])
    yield case("good, then cut", frame(5, 1), frame(5, 3)[:3])
    for kind, payload in ((1, b"\x22\0"), (7, bytes(8)), (8, bytes(24)), (9, bytes(2))):
        yield case(f"kind {kind} on stream 1", frame(kind, 1, payload))
    for kind, payload in ((2, b"\2\1"), (3, b"x"), (4, u32(1)), (5, b""), (6, u16(1))):
        yield case(f"kind {kind} on stream 0", frame(kind, 0, payload))
    for kind, lengths in ((1, (0,)), (2, (0, 1, 2)), (3, (0,)), (4, (3, 5)), (5, (1,)), (6, (1, 3)), (7, (7, 9)),
                          (8, (23, 25)), (9, (1, 3))):
        for length in lengths:
            yield case(f"kind {kind} of {length}", frame(kind, 0 if kind in (1, 7, 8, 9) else 1, b"\1" * length))
    yield case("credit of 0", frame(4, 1, u32(0)))


def openings():
    key = b"\7" * 32
    for title, payload in (("carry", links.carry(key, b"data")), ("carry without data", links.carry(key, b"")),
                           ("carry, video", links.carry(key, b"x", 3)), ("carry, priority 0", links.carry(key, b"", 0)),
                           ("carry, priority 200", links.carry(key, b"", 200)), ("arrival", b"\2\1data"),
                           ("arrival without data", b"\2\2"), ("extended arrival", b"\3\2data"),
                           ("empty", b""), ("unknown kind", b"\4\1data"),
                           ("carry cut short", b"\1" + b"\7" * 32), ("arrival cut short", b"\2"),
                           ("extended arrival cut short", b"\3")):
        yield title, dict(payload=payload.hex())


def pipes():
    base = dict(network="local", nodeKey=signing_key(b"\1" * 32).hex(), channelSecret="02" * 32,
                initiatorEphemeral=secret("leaf's ephemeral"), responderEphemeral=secret("member's ephemeral"))
    token = seeded("token")
    join = wire.encode(make("Request", join=make("Join", token=token))).hex()
    for code, meaning in ((1, "waiting"), (2, "joined"), (3, "refused")):
        yield f"join, {meaning}", dict(base, request=join,
                                       answer=wire.encode(make("Answer", join=make("JoinAnswer", code=code))).hex())
    extend = wire.encode(make("Request", extend=make("Extend", node=seeded("door")))).hex()
    for code, meaning in ((1, "extended"), (2, "refused")):
        yield f"extend, {meaning}", dict(
            base, request=extend, answer=wire.encode(make("Answer", extend=make("ExtendAnswer", code=code))).hex())
    deposit = wire.encode(make("Request", deposit=make("Deposit", offer=wire.encode(make("Offer", **offer_fields())),
                                                       index=8, share=b"\1" * 32, path=[b"\2" * 32] * 4, bodies=True)))
    yield "deposit, accepted", dict(base, request=deposit.hex(),
                                    answer=wire.encode(make("Answer", receipt=make("Receipt", code=1))).hex())


def placements(count):
    return [secret(f"placement {number}") for number in range(count)]


def doors():
    for count in (1, 5, 30):
        yield f"{count} members", dict(network="local", placementKeys=placements(count),
                                       nonces=[nonce("nonce a").hex(), nonce("nonce b").hex()])
    yield "nonces the other way round", dict(network="local", placementKeys=placements(5),
                                             nonces=[nonce("nonce b").hex(), nonce("nonce a").hex()])
    yield "another mesh", dict(network="main", placementKeys=placements(5),
                               nonces=[nonce("nonce a").hex(), nonce("nonce b").hex()])


# 06

def rounds():
    for mesh in ("local", "main"):
        epoch = Network(mesh).epoch // 1000
        begin = NOW // epoch * epoch
        for ms in (0, 999, 1000, NOW, NOW + 999, begin - 1, begin, begin + 999, begin + epoch - 1, begin + epoch):
            yield f"{mesh} {ms}", dict(network=mesh, ms=ms)


def keepers():
    for count in (1, 2, 5, 9, 10, 13, 30):
        yield f"{count} members", dict(PLACE, placementKeys=placements(count))
    yield "another epoch", dict(PLACE, epoch=EPOCH + 1, placementKeys=placements(13))
    yield "another pool", dict(PLACE, pool="00000000000000ff", placementKeys=placements(13))
    yield "another shard and depth", dict(PLACE, depth=2**32 - 1, shard=2**64 - 1, placementKeys=placements(3))
    yield "another mesh", dict(PLACE, network="main", placementKeys=placements(13))


def pools():
    for mesh in ("local", "main"):
        for interest, language in (("jazz", "fr"), ("音楽", "ja"), ("ошибка жаз", "ru"), ("café", "zh"), ("", "")):
            yield f"{mesh} {interest} {language}", dict(network=mesh, interest=interest, language=language)


def depths():
    for depth in (0, 1, 3, 19, 20):
        for offers in (0, 1, 2, 3, 4, 9, 16, 17, 24, 25, 48, 49, 512, 2**32 - 1):
            yield f"{offers} offers at depth {depth}", dict(depth=depth, offers=offers)


def prices():
    for mesh in ("local", "main"):
        for held in (0, 1, 24, 25, 48, 49, 96, 97, 192, 193, 384, 385, 2**32 - 1):
            yield f"{mesh}, after {held}", dict(network=mesh, held=held)


def share_trees():
    yield "page's example, 9", dict(nonce="191bbfe32ffb9fe81ed4de95e8296eb515d6781edc4f6934ae74abf175492c03", count=9)
    for count in range(1, 10):
        yield f"{count} keepers", dict(nonce=nonce(f"tree {count}").hex(), count=count)
    yield "nonce 0", dict(nonce="00" * 32, count=3)
    yield "largest nonce", dict(nonce=shares.scalar_bytes(shares.ORDER - 1).hex(), count=9)
    yield "the order itself", dict(nonce=shares.scalar_bytes(shares.ORDER).hex(), count=3)
    yield "all bits", dict(nonce="ff" * 32, count=3)


def share_paths():
    for count in (1, 2, 3, 5, 6, 7, 9):
        made = shares.shares(nonce("path"), count)
        for index in range(count):
            yield f"share {index} of {count}", dict(
                root=shares.root(made).hex(), index=index, count=count, share=made[index].hex(),
                path=[one.hex() for one in shares.path(made, index)])
    made = shares.shares(nonce("path"), 9)
    path = [one.hex() for one in shares.path(made, 4)]
    good = dict(root=shares.root(made).hex(), index=4, count=9, share=made[4].hex(), path=path)
    yield "another index", dict(good, index=5)
    yield "index 9 of 9", dict(good, index=9)
    yield "another count", dict(good, count=8)
    yield "another share", dict(good, share=made[5].hex())
    yield "path too short", dict(good, path=path[:-1])
    five = shares.shares(nonce("path"), 5)
    yield "path too long", dict(root=shares.root(five).hex(), index=4, count=5, share=five[4].hex(),
                                path=[one.hex() for one in shares.path(five, 4)] + ["00" * 32])
    yield "siblings swapped", dict(good, path=[path[1], path[0]] + path[2:])
    yield "another root", dict(good, root="00" * 32)
    too_large = int.from_bytes(made[4], "little") + shares.ORDER
    yield "share plus the order", dict(good, share=shares.scalar_bytes(too_large).hex())


def restoring():
    for count, chosen in ((1, [0]), (2, [0, 1]), (3, [0, 2]), (5, [0, 1, 2]), (5, [2, 3, 4]), (9, [0, 2, 4, 6, 8]),
                          (9, [8, 7, 6, 5, 4]), (9, list(range(9))), (9, [0, 1, 2, 3]), (2, [1])):
        made = shares.shares(nonce("restored"), count)
        yield f"shares {chosen} of {count}", dict(
            count=count, root=shares.root(made).hex(), shares=[dict(index=i, share=made[i].hex()) for i in chosen])
    one, other = shares.shares(nonce("restored"), 5), shares.shares(nonce("another"), 5)
    mixed = one[:3] + other[3:]
    for chosen in ([0, 1, 2], [2, 3, 4]):
        yield f"two polynomials, shares {chosen}", dict(
            count=5, root=shares.root(mixed).hex(), shares=[dict(index=i, share=mixed[i].hex()) for i in chosen])


def seals():
    for index in (0, 3, 8):
        yield f"index {index}", dict(secret=secret("single use"), channelKey=agreement_key(seeded("keeper")).hex(),
                                     digest=secret("digest"), index=index, share=nonce("share").hex())
    yield "the keeper's side", dict(secret=secret("keeper"), channelKey=agreement_key(seeded("single use")).hex(),
                                    digest=secret("digest"), index=3, share=nonce("share").hex())
    yield "key of low order", dict(secret=secret("keeper"), channelKey="01" + "00" * 31, digest=secret("digest"),
                                   index=3, share=nonce("share").hex())


def _stamp(key, epoch=EPOCH):
    return pairs.make_stamp(LOCAL, key, epoch)


def stamps():
    for number in (1, 2, 3):
        key = seeded(f"key {number}")
        good = dict(network="local", key=key.hex(), epoch=EPOCH, nonce=_stamp(key).hex())
        yield f"key {number}", good
        yield f"key {number}, another epoch", dict(good, epoch=EPOCH + 1)
        yield f"key {number}, another nonce", dict(good, nonce=seeded(f"stamp nonce {number}", 16).hex())


def stamp_epochs():
    for mesh in ("local", "main"):
        network = Network(mesh)
        length, overlap = network.epoch // network.round, network.epoch_overlap // network.round
        first = EPOCH * length
        for title, number in (("first round", first), ("last round", first + length - 1), ("round before", first - 1),
                              ("first of the overlap", first + length),
                              ("last of the overlap", first + length + overlap - 1),
                              ("after the overlap", first + length + overlap)):
            yield f"{mesh}, {title}", dict(network=mesh, stampEpoch=EPOCH, round=number)
    yield "stamp of epoch 2^64 - 1", dict(network="main", stampEpoch=2**64 - 1, round=ROUND)


def offered(label, count=3, place=HERE, stamp_epoch=None, stamp=None, key=None):
    key_secret = seeded(f"single use {label}")
    key = key or agreement_key(key_secret)
    stamp_epoch = place.epoch if stamp_epoch is None else stamp_epoch
    return key_secret, pairs.make_offer(place, key, stamp_epoch, stamp or _stamp(key, stamp_epoch), count,
                                        nonce(f"nonce {label}"))


def receipts():
    keeper = seeded("keeper")

    def case(title, count=3, index=1, place=HERE, as_index=None, to=keeper, sealed_with=None, path=None, **changes):
        key_secret, offer = offered("depositor", count, place, **changes)
        request = wire.decode("Request", offer.deposit(index, sealed_with or key_secret, agreement_key(to), True))
        if as_index is not None:
            request.deposit.index = as_index
        if path is not None:
            request.deposit.path[:] = path
        return title, dict(PLACE, channelSecret=keeper.hex(), request=wire.encode(request).hex())

    yield case("accepted")
    for count in (1, 2, 9):
        yield case(f"accepted, {count} keepers", count, count - 1)
    yield case("two rounds on", place=pairs.Place(LOCAL, EPOCH, ROUND + 2))
    yield case("another epoch", place=pairs.Place(LOCAL, EPOCH + 1, ROUND))
    yield case("another depth and shard", place=pairs.Place(LOCAL, EPOCH, ROUND, depth=20, shard=2**20 - 1))
    yield case("another pool", place=pairs.Place(LOCAL, EPOCH, ROUND, pool=7))
    yield case("too deep", place=pairs.Place(LOCAL, EPOCH, ROUND, depth=21))
    yield case("no such shard", place=pairs.Place(LOCAL, EPOCH, ROUND, depth=3, shard=8))
    yield case("a shard of depth 0", place=pairs.Place(LOCAL, EPOCH, ROUND, shard=1))
    yield case("stamp of the next epoch", stamp_epoch=EPOCH + 1)
    yield case("another index", as_index=2)
    yield case("sealed for another keeper", to=seeded("another keeper"))
    yield case("sealed by somebody else", sealed_with=seeded("somebody else"))
    yield case("no path", path=[])
    yield case("key of low order", key=b"\1" + bytes(31), stamp=bytes(16))
    key_secret, offer = offered("depositor")
    over = shares.scalar_bytes(int.from_bytes(offer.all_shares[1], "little") + shares.ORDER)
    offer.all_shares[1] = over
    changed = wire.decode("Offer", offer.encoded)
    changed.root = shares.root(offer.all_shares)
    offer.encoded = wire.encode(changed)
    offer.digest = wire.offer_digest(offer.encoded)
    yield "a share that is no scalar, under the root", dict(
        PLACE, channelSecret=keeper.hex(),
        request=wire.encode(wire.decode("Request", offer.deposit(1, key_secret, agreement_key(keeper), True))).hex())
    for number in range(100):
        stamp = seeded(f"stamp {number}", 16)
        key = agreement_key(seeded("single use depositor"))
        if not pairs.has_zero_bits(pairs.stamp_output(LOCAL, key, EPOCH, stamp), LOCAL.stamp_bits):
            yield case("stamp below the price", stamp=stamp)
            break
    bad = make("Request", deposit=make("Deposit", offer=b"\1", index=0, share=b"\1" * 32))
    yield "no offer", dict(PLACE, channelSecret=keeper.hex(), request=wire.encode(bad).hex())


def samples():
    for count in (1, 24, 40):
        yield f"{count} offers", dict(PLACE, outputs=[secret(f"output {number}") for number in range(count)])
    yield "another round", dict(PLACE, round=ROUND + 1, outputs=[secret(f"output {number}") for number in range(40)])
