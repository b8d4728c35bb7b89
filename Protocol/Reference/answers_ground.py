"""What pages 00 to 03 answer to a vector's input.  ../Vectors/README.md explains every field."""

import hashlib

import channel as channels
import wire
from conventions import (
    H, H512, Refused, agreement_key, base32, base32_decoded, short, sign, signature_holds, signing_key, text,
)
from identity import (
    HEARTBEAT_DOMAIN, RECORD_DOMAIN, Invite, Network, check_heartbeat, check_record, fingerprint, heartbeat_body,
    leaf_secret_for, month_counts, month_of, name, placement_key, puzzle_output, puzzle_solved, record_body, short_id,
    signed,
)

unhex = bytes.fromhex


def id_text(number):
    return f"{number:016x}"


def network_id(digits):
    return int(digits, 16)


# 00

def hashes(given):
    parts = [unhex(part) for part in given["parts"]]
    return {"hash": H(given["domain"], *parts).hex(), "hash512": H512(given["domain"], *parts).hex(),
            "short": id_text(short(given["domain"], *parts))}


def base32s(given):
    data = base32_decoded(given["text"])
    return {"bytes": data.hex(), "canonical": base32(data)}


def texts(given):
    return {"scalars": [ord(scalar) for scalar in text(unhex(given["bytes"]))]}


def signatures(given):
    body, network = unhex(given["body"]), network_id(given["network"])
    if "seed" in given:
        seed = unhex(given["seed"])
        return {"key": signing_key(seed).hex(), "signature": sign(seed, given["domain"], network, body).hex()}
    if not signature_holds(unhex(given["key"]), given["domain"], network, body, unhex(given["signature"])):
        raise Refused("bad signature")
    return {"holds": True}


# 01

def node_keys(given):
    key = signing_key(unhex(given["seed"]))
    leaf_secret = leaf_secret_for(unhex(given["leafSecret"]), unhex(given["home"]))
    return {
        "nodeKey": key.hex(), "shortId": id_text(short_id(key)), "name": name(key),
        "fingerprint": fingerprint(key).hex(), "channelKey": agreement_key(unhex(given["channelSecret"])).hex(),
        "leafSecretForHome": leaf_secret.hex(), "leafKeyForHome": agreement_key(leaf_secret).hex(),
    }


def networks(given):
    network = Network(given["name"])
    return {"id": id_text(network.id), "kind": network.kind, "constants": network.constants}


def addresses(given):
    place = unhex(given["endpoint"])
    if not Network(given["network"]).allows(wire.endpoint(place)[0]):
        raise Refused("address not allowed")
    return {"text": wire.endpoint_text(place)}


def periods(given):
    return {"microseconds": Network(given["network"]).heartbeat_period(given["members"])}


def records(given):
    network = Network(given["network"])
    if "seed" in given:
        seed, channel_key = unhex(given["seed"]), agreement_key(unhex(given["channelSecret"]))
        body = record_body(network, seed, channel_key, given["seq"], given["expires"],
                           [unhex(place) for place in given["addresses"]], given["capabilities"], given["month"],
                           unhex(given["nonce"]))
        return {"signed": wire.encode(signed(seed, RECORD_DOMAIN, network, body)).hex()}
    record = check_record(network, wire.decode("Signed", unhex(given["signed"])), given["now"])
    return {
        "nodeKey": record.node_key.hex(), "channelKey": record.channel_key.hex(), "seq": record.seq,
        "expires": record.expires, "addresses": [place.hex() for place in record.addresses],
        "capabilities": record.capabilities, "month": record.puzzle.month, "nonce": record.puzzle.nonce.hex(),
    }


def heartbeats(given):
    network = Network(given["network"])
    if "seed" in given:
        seed = unhex(given["seed"])
        body = heartbeat_body(signing_key(seed), given["time"], given["period"])
        return {"signed": wire.encode(signed(seed, HEARTBEAT_DOMAIN, network, body)).hex()}
    beat = check_heartbeat(network, wire.decode("Signed", unhex(given["signed"])), unhex(given["nodeKey"]),
                           given["lastTime"], given["now"])
    return {"node": id_text(beat.node), "time": beat.time, "period": beat.period}


def puzzles(given):
    network = Network(given["network"])
    output = puzzle_output(network, unhex(given["nodeKey"]), given["month"], unhex(given["nonce"]))
    if not puzzle_solved(network, output):
        raise Refused("not solved")
    return {"output": output.hex(), "placementKey": placement_key(output).hex()}


def months(given):
    network = Network(given["network"])
    if not month_counts(network, given["month"], given["now"]):
        raise Refused("wrong month")
    return {"monthNow": month_of(network, given["now"])}


def invites(given):
    invite = Invite.read(given["text"], given["now"])
    return {"expires": invite.expires, "network": invite.network, "canonical": invite.text(),
            "entries": [{"endpoint": place.hex(), "fingerprint": mark.hex()} for place, mark in invite.entries]}


# 02

def messages(given):
    message = wire.decode(given["message"], unhex(given["bytes"]))
    message.DiscardUnknownFields()
    return {"encoded": wire.encode(message).hex()}


def blocks(given):
    return {"content": wire.unblocked(unhex(given["block"]), given["size"]).hex()}


def offers(given):
    data = unhex(given["offer"])
    offer = wire.decode("Offer", data)
    return {
        "digest": wire.offer_digest(data).hex(), "version": offer.version, "features": offer.features,
        "kind": offer.kind, "pool": id_text(offer.pool), "epoch": offer.epoch, "depth": offer.depth,
        "shard": offer.shard, "round": offer.round, "key": offer.key.hex(), "root": offer.root.hex(),
        "shares": offer.shares, "stampEpoch": offer.stamp_epoch, "stamp": offer.stamp.hex(),
    }


# 03

CLASSES = {"link": channels.LINK_CLASSES, "conversation": channels.CONVERSATION_CLASSES}
SIDES = ("initiator", "responder")


def channel_pair(given):
    """Both sides of a channel with fixed ephemeral keys."""
    secrets = [unhex(given[side + "Static"]) if side + "Static" in given else None for side in SIDES]
    publics = [agreement_key(secret) if secret else None for secret in secrets]
    knows_responder, knows_initiator = given["pattern"] in ("NK", "KK", "IK"), given["pattern"] == "KK"
    expected = (publics[1] if knows_responder else None, publics[0] if knows_initiator else None)
    return [
        channels.Channel(given["pattern"], side == 0, unhex(given["prologue"]), CLASSES[given["classes"]],
                         secrets[side], expected[side], unhex(given[SIDES[side] + "Ephemeral"]), clock=lambda: 0.0)
        for side in (0, 1)
    ]


def shown(frame):
    """A frame in full when it is short, and its BLAKE2b-256 in any case."""
    digest = hashlib.blake2b(frame, digest_size=32).hexdigest()
    return {"frame": frame.hex(), "hash": digest} if len(frame) <= 200 else {"hash": digest}


def shake_hands(pair, payloads):
    frames = []
    for number, payload in enumerate(payloads):
        writer, reader = pair[number % 2], pair[1 - number % 2]
        frame = writer.write_handshake(unhex(payload))
        assert list(reader.feed(frame)) == [("handshake", unhex(payload))]
        frames.append(frame)
    return frames


def channel(given):
    pair = channel_pair(given)
    frames = shake_hands(pair, given["payloads"])
    answer = {"handshake": [frame.hex() for frame in frames], "binding": pair[0].binding.hex(),
              "exported": {label: pair[1].exported(label).hex() for label in given["labels"]}}
    packets = []
    for packet in given["packets"]:
        writer = pair[SIDES.index(packet["from"])]
        content = unhex(packet["content"]) if "content" in packet else bytes([packet["fill"]]) * packet["length"]
        frame = writer.seal(content, packet["last"])
        assert list(pair[1 - SIDES.index(packet["from"])].feed(frame)) == [("packet", content)]
        packets.append(shown(frame))
    return answer | {"packets": packets}


def channel_input(given):
    """A side's answer to bytes, after as many messages of the handshake as `payloads` has."""
    pair = channel_pair(given)
    shake_hands(pair, given["payloads"])
    reader = pair[SIDES.index(given["to"])]
    events = [event for piece in given["pieces"] for event in reader.feed(unhex(piece))]
    return {"events": [{"kind": kind, "content": content.hex()} for kind, content in events]}


ANSWERS = {
    "hashes": hashes, "base32": base32s, "texts": texts, "signatures": signatures, "node-keys": node_keys,
    "networks": networks, "addresses": addresses, "periods": periods, "records": records, "heartbeats": heartbeats,
    "puzzles": puzzles, "months": months, "invites": invites, "messages": messages, "blocks": blocks,
    "offers": offers, "channels": channel, "channel-input": channel_input,
}
