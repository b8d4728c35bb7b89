"""What a member signs when it is challenged, and how that is checked.  Page: 04-membership.md, "Challenges"."""

import wire
from conventions import Refused, sign, signature_holds

ALIVE_DOMAIN = "passant/alive/1"


def alive(seed, network, nonce):
    """The answer to a challenge: the nonce is all that is signed."""
    return wire.MESSAGES["Alive"](nonce=nonce, signature=sign(seed, ALIVE_DOMAIN, network.id, nonce))


def check_alive(network, node_key, nonce, message):
    """Whether somebody who was challenged with this nonce has answered."""
    if message.nonce != nonce:
        raise Refused("another nonce")
    if not signature_holds(node_key, ALIVE_DOMAIN, network.id, nonce, message.signature):
        raise Refused("bad signature")
