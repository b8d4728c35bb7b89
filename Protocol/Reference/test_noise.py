"""Third-party vectors of the Noise handshakes:  test_noise.py DIRECTORY-WITH-noise-*.json"""

import json
import pathlib
import re
import sys

from conventions import agreement_key
from noise import PATTERNS, Handshake

NAME = re.compile(r"Noise_([A-Z]+?)((?:psk\d\+?)*)_25519_ChaChaPoly_BLAKE2b")


def field(vector, name):
    return bytes.fromhex(vector[name]) if vector.get(name) else None


def check(vector, pattern, modifiers):
    psks = [bytes.fromhex(psk) for psk in vector.get("init_psks") or filter(None, [vector.get("init_psk")])]
    sides = []
    for own, other, initiator in (("init", "resp", True), ("resp", "init", False)):
        theirs = field(vector, own + "_remote_static")
        if theirs is None and field(vector, other + "_static"):
            theirs = agreement_key(field(vector, other + "_static"))
        known = pattern == "KK" or (initiator and pattern in ("NK", "IK"))
        sides.append(Handshake(pattern, initiator, field(vector, own + "_prologue") or b"",
                               field(vector, own + "_static"), theirs if known else None,
                               field(vector, own + "_ephemeral"), modifiers, psks))
    messages = vector["messages"]
    count = len(sides[0].messages)
    for number, message in enumerate(messages[:count]):
        writer, reader = sides[number % 2], sides[1 - number % 2]
        written = writer.write(bytes.fromhex(message["payload"]))
        assert written.hex() == message["ciphertext"], "handshake message"
        assert reader.read(written).hex() == message["payload"], "payload"
    assert sides[0].h == sides[1].h and vector.get("handshake_hash", sides[0].h.hex()) == sides[0].h.hex(), "hash"
    ciphers = [side.split() for side in sides]
    for number, message in enumerate(messages[count:], count):
        sealed = ciphers[number % 2][0].seal(bytes.fromhex(message["payload"]))
        assert sealed.hex() == message["ciphertext"], "transport message"
        assert ciphers[1 - number % 2][1].open(sealed).hex() == message["payload"], "transport payload"


def main(place):
    checked = 0
    for file in sorted(pathlib.Path(place).glob("noise-*.json")):
        for vector in json.loads(file.read_text())["vectors"]:
            match = NAME.fullmatch(vector["protocol_name"])
            if match and match[1] in PATTERNS:
                check(vector, *match.groups())
                checked += 1
    assert checked, "no vectors there"
    print(f"{checked} handshakes as others have them")


if __name__ == "__main__":
    main(sys.argv[1])
