"""What page 04, "Challenges", answers to a vector's input.  ../Vectors/README.md explains every field."""

import wire
from answers_ground import unhex
from challenges import alive, check_alive
from identity import Network


def challenges(given):
    network, nonce = Network(given["network"]), unhex(given["nonce"])
    if "seed" in given:
        return {"alive": wire.encode(alive(unhex(given["seed"]), network, nonce)).hex()}
    check_alive(network, unhex(given["nodeKey"]), nonce, wire.decode("Alive", unhex(given["alive"])))
    return {"holds": True}


ANSWERS = {"challenges": challenges}
