"""The inputs of the vectors of page 04, "Challenges"."""

import wire
from challenges import ALIVE_DOMAIN, alive
from conventions import H, sign, signing_key
from identity import HEARTBEAT_DOMAIN, RECORD_DOMAIN, Network
from inputs_ground import GROUP_ORDER, LOCAL, seeded
from inputs_wire import make

SEED, NONCE = seeded("a challenged member"), seeded("a nonce")
ROUND_ANSWER_DOMAIN = "passant/round-answer/1"


def challenges():
    for name in ("main", "local", "lan"):
        yield f"signed in {name}", dict(network=name, seed=SEED.hex(), nonce=NONCE.hex())
    yield "signed: a nonce of zeros", dict(network="local", seed=SEED.hex(), nonce=bytes(32).hex())
    yield "signed by somebody else", dict(network="local", seed=seeded("another").hex(), nonce=NONCE.hex())
    yield from _checked()


def _checked():
    def of(title, message, key=signing_key(SEED), nonce=NONCE, network="local"):
        encoded = message if isinstance(message, bytes) else wire.encode(message)
        return title, dict(network=network, nodeKey=key.hex(), nonce=nonce.hex(), alive=encoded.hex())

    def by(signature, nonce=NONCE):
        return make("Alive", nonce=nonce, signature=signature)

    good = alive(SEED, LOCAL, NONCE)
    yield of("right", good)
    yield of("an unknown field", wire.encode(good) + b"\xb8\x3e\1")
    yield of("a critical field", wire.encode(good) + b"\xc0\x3e\1")
    yield of("of an earlier nonce", alive(SEED, LOCAL, seeded("an earlier nonce")))
    yield of("of an earlier nonce, under this one", by(alive(SEED, LOCAL, seeded("an earlier nonce")).signature))
    yield of("of another member", alive(seeded("another"), LOCAL, NONCE))
    yield of("of another network", alive(SEED, Network("local-2"), NONCE))
    yield of("in another network", good, network="main")
    yield of("somebody else was asked about", good, key=signing_key(seeded("another")))
    for domain in (HEARTBEAT_DOMAIN, RECORD_DOMAIN, ROUND_ANSWER_DOMAIN, "passant/alive/2", "passant/alive"):
        yield of(f"signed as {domain}", by(sign(SEED, domain, LOCAL.id, NONCE)))
    yield of("the hash of the nonce is signed", by(sign(SEED, ALIVE_DOMAIN, LOCAL.id, H(ALIVE_DOMAIN, NONCE))))
    yield of("nonce and key are signed", by(sign(SEED, ALIVE_DOMAIN, LOCAL.id, NONCE + signing_key(SEED))))
    yield of("the whole challenge is signed", by(sign(SEED, ALIVE_DOMAIN, LOCAL.id, b"\x0a\x20" + NONCE)))
    for at in (0, 31, 32, 63):
        flipped = bytearray(good.signature)
        flipped[at] ^= 1
        yield of(f"byte {at} of the signature is wrong", by(bytes(flipped)))
    scalar = int.from_bytes(good.signature[32:], "little") + GROUP_ORDER
    yield of("S + L", by(good.signature[:32] + scalar.to_bytes(32, "little")))
    yield of("a key of low order", good, key=b"\1" + bytes(31))
    yield of("no nonce", make("Alive", signature=good.signature))
    yield of("a signature of 63 bytes", by(good.signature[:63]))
    yield of("a signature of 65 bytes", by(good.signature + b"\0"))
    yield of("nothing", b"")
