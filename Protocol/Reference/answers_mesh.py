"""What pages 05 to 07 answer to a vector's input.  ../Vectors/README.md explains every field."""

import channel as channels
import common
import conversation as talk
import links
import pairing as pairs
import ristretto
import shares
import wire
from answers_ground import unhex
from conventions import Refused, agreement_key, has_zero_bits
from identity import Network


def place_of(given):
    return pairs.Place(Network(given["network"]), given["epoch"], given.get("round", 0), given["depth"], given["shard"],
                       int(given["pool"], 16))


def shown(all_bytes):
    return [data.hex() for data in all_bytes]


# 05

def prefaces(given):
    network = Network(given["network"])
    preface = links.preface({"IK": links.IK, "XX": links.XX}[given["pattern"]])
    prologue = links.link_prologue(network, preface)
    static = unhex(given["initiatorStatic"])
    responder = agreement_key(unhex(given["responderStatic"])) if given["pattern"] == "IK" else None
    dialler = channels.Channel(given["pattern"], True, prologue, channels.LINK_CLASSES, static, responder,
                               unhex(given["initiatorEphemeral"]))
    return {"prologue": prologue.hex(), "sent": (preface + dialler.write_handshake()).hex()}


def link_frames(given):
    return {"frames": [{"kind": frame.kind, "stream": frame.stream, "payload": frame.payload.hex()}
                       for frame in links.frames(unhex(given["content"]))]}


def openings(given):
    kind, node_key, priority, data = links.opening(unhex(given["payload"]))
    return {"kind": kind, "nodeKey": node_key.hex() if node_key else None, "priority": priority, "data": data.hex()}


def pipes(given):
    """A whole exchange over a pipe: what rides on the open frame, and what comes back."""
    prologue = links.pipe_prologue(Network(given["network"]), unhex(given["nodeKey"]))
    secret = unhex(given["channelSecret"])
    leaf = channels.Channel("NK", True, prologue, channels.CONVERSATION_CLASSES, None, agreement_key(secret),
                            unhex(given["initiatorEphemeral"]))
    member = channels.Channel("NK", False, prologue, channels.CONVERSATION_CLASSES, secret, None,
                              unhex(given["responderEphemeral"]))
    first = leaf.write_handshake(wire.block(unhex(given["request"]), wire.REQUEST_BLOCK))
    (_, payload), = member.feed(first)
    wire.decode("Request", wire.unblocked(payload, wire.REQUEST_BLOCK))
    second = member.write_handshake(wire.block(unhex(given["answer"]), wire.ANSWER_BLOCK))
    (_, payload), = leaf.feed(second)
    wire.decode("Answer", wire.unblocked(payload, wire.ANSWER_BLOCK))
    return {"prologue": prologue.hex(), "carry": links.carry(unhex(given["nodeKey"]), first).hex(),
            "answer": second.hex()}


def doors(given):
    nonces = [unhex(nonce) for nonce in given["nonces"]]
    ranks = [pairs.door_rank(Network(given["network"]), nonces, unhex(key)) for key in given["placementKeys"]]
    return {"ranks": shown(ranks), "order": sorted(range(len(ranks)), key=ranks.__getitem__)}


# 06

def rounds(given):
    network = Network(given["network"])
    number = pairs.round_of(network, given["ms"])
    return {"round": number, "epoch": pairs.epoch_of_round(network, number)}


def keepers(given):
    network = Network(given["network"])
    placements = [unhex(key) for key in given["placementKeys"]]
    place = place_of(given)
    order = pairs.nearest(place, placements, len(placements))
    return {"scores": [pairs.keeper_score(place, key).hex() for key in placements],
            "addressed": order[: network.addressed], "serving": order[: network.serving]}


def pools(given):
    network, interest = Network(given["network"]), given["interest"]
    return {"bucket": pairs.interest_bucket(network, interest), "interest": f"{pairs.interest_pool(network, interest):016x}",
            "language": f"{pairs.language_pool(network, given['language']):016x}",
            "questions": f"{pairs.questions_pool(network):016x}"}


def depths(given):
    return {"depth": pairs.next_depth(given["depth"], given["offers"])}


def prices(given):
    return {"bits": pairs.price(Network(given["network"]), given["held"])}


def share_trees(given):
    nonce, count = unhex(given["nonce"]), given["count"]
    made = shares.shares(nonce, count)
    return {"threshold": shares.threshold(count), "shares": shown(made), "root": shares.root(made).hex(),
            "coefficients": [shares.scalar_bytes(a).hex() for a in shares.coefficients(nonce, count)],
            "paths": [shown(shares.path(made, index)) for index in range(count)]}


def share_paths(given):
    share = unhex(given["share"])
    shares.scalar(share)
    if not shares.is_under(unhex(given["root"]), given["index"], given["count"], share,
                           [unhex(sibling) for sibling in given["path"]]):
        raise Refused("not under the root")
    return {"holds": True}


def restoring(given):
    listed = {one["index"]: unhex(one["share"]) for one in given["shares"]}
    return {"nonce": shares.nonce_under(unhex(given["root"]), given["count"], listed).hex()}


def seals(given):
    secret, keeper = unhex(given["secret"]), unhex(given["channelKey"])
    mask = shares.mask(secret, keeper, unhex(given["digest"]), given["index"])
    return {"mask": mask.hex(), "sealed": shares.sealed(unhex(given["share"]), mask).hex()}


def stamps(given):
    network, key = Network(given["network"]), unhex(given["key"])
    output = pairs.stamp_output(network, key, given["epoch"], unhex(given["nonce"]))
    if not has_zero_bits(output, network.stamp_bits):
        raise Refused("price")
    return {"password": pairs.stamp_password(network, key, given["epoch"]).hex(), "output": output.hex()}


def stamp_epochs(given):
    if not pairs.stamp_epoch_counts(Network(given["network"]), given["stampEpoch"], given["round"]):
        raise Refused("does not count")
    return {"counts": True}


def receipts(given):
    deposit = wire.decode("Request", unhex(given["request"])).deposit
    return {"code": pairs.receipt(place_of(given), unhex(given["channelSecret"]), deposit)}


def samples(given):
    orders = [pairs.sample_order(place_of(given), unhex(output)) for output in given["outputs"]]
    lowest = sorted(range(len(orders)), key=orders.__getitem__)
    return {"orders": shown(orders), "listed": lowest[: Network(given["network"]).listed]}


def round_answers(given):
    place = place_of(given)
    if "seed" in given:
        listings = [wire.decode("Listing", unhex(listing)) for listing in given["listings"]]
        answer = pairs.signed_answer(unhex(given["seed"]), place, unhex(given["keeper"]), listings, given["offers"])
        return {"answer": wire.encode(answer).hex()}
    answer = wire.decode("RoundAnswer", unhex(given["answer"]))
    pairs.check_answer(place, unhex(given["keeper"]), answer)
    return {"digests": [listing.digest.hex() for listing in answer.listings]}


def matchings(given):
    return _groups(given, "pairs", pairs.matched)


def triples(given):
    return _groups(given, "triples", pairs.matched_three)


def _groups(given, name, rule):
    offers = [(one["kind"], int(one["pool"], 16), unhex(one["nonce"]), unhex(one["digest"]))
              for one in given["offers"]]
    found = rule(offers)
    taken = {index for group in found for index in group}
    return {name: [list(group) for group in found],
            "unmatched": [index for index in range(len(offers)) if index not in taken]}


def counting(given):
    count = pairs.Count(place_of(given), [unhex(key) for key in given["addressed"]])
    for one in given["answers"]:
        count.answered(unhex(one["keeper"]), wire.decode("RoundAnswer", unhex(one["answer"])))
    crowd = count.crowd
    missing = count.missing()
    count.asked = {keeper: missing for keeper in count.answers}
    for keeper in count.addressed:
        count.take_bodies(keeper, [unhex(body) for body in given["bodies"]])
    found = count.counting()
    return {"missing": sorted(shown(missing)), "out": sorted(shown(count.out)),
            "crowd": crowd, "counting": [{"digest": digest.hex(), "nonce": nonce.hex()} for _, digest, _, nonce in found]}


def pairings(given):
    place, own = place_of(given), given["own"]
    offers = [(wire.decode("Offer", unhex(one)), wire.offer_digest(unhex(one)), unhex(one), unhex(nonce))
              for one, nonce in zip(given["offers"], given["nonces"])]
    pairing = pairs.pairing(place, unhex(given["secret"]), offers[own], offers[1 - own])
    door = unhex(given["door"])
    return {"prologue": pairing.prologue.hex(), "token": pairing.token.hex(), "initiates": pairing.initiates,
            "prologueAtDoor": pairing.prologue_at(door).hex(), "tokenAtDoor": pairing.token_at(door).hex()}


# 07

def interests(given):
    return {"interest": common.interest(given["text"])}


def languages(given):
    return {"language": common.language(given["tag"])}


def commons(given):
    """Both sides of the exchange. A side's items are texts; those that fill up are given as points."""
    sides = [given["one"], given["other"]]
    shown = []
    for side in sides:
        points = [ristretto.decoded(unhex(one["point"])) if "point" in one else
                  (common.interest_point if place < common.INTERESTS else common.language_point)(one["text"])
                  for place, one in enumerate(side["items"])]
        shown.append(common.hidden(shares.scalar(unhex(side["secret"])), points))
    twice = [common.answered(shares.scalar(unhex(side["secret"])), theirs)
             for side, theirs in zip(sides, shown[::-1])]
    binding = unhex(given["binding"])
    answers = [common.hashes(points, binding, role) for role, points in enumerate(twice)]
    expected = [common.hashes(points, binding, 1 - role) for role, points in enumerate(twice)]
    return {"shown": [[one.hex() for one in points] for points in shown],
            "answers": [[one.hex() for one in points] for points in answers],
            "common": [[place for place in common.in_common(own, theirs) if "text" in side["items"][place]]
                       for side, own, theirs in zip(sides, expected, answers[::-1])]}


def common_points(given):
    return {"twice": [one.hex() for one in common.answered(shares.scalar(unhex(given["secret"])),
                                                            [unhex(one) for one in given["points"]])]}


def resumes(given):
    doors, door, slot = unhex(given["doors"]), unhex(given["door"]), common.resume_slot(given["ms"])
    return {"slot": slot, "nonces": shown(common.resume_nonces(doors, slot)),
            "token": common.resume_token(doors, slot, door).hex(),
            "prologue": common.resume_prologue(unhex(given["binding"]), slot, door).hex()}


def encounters(given):
    return {"marks": [common.encounter_mark(unhex(given["encounter"]), unhex(given["binding"]), role).hex()
                      for role in (0, 1)]}


def friends(given):
    return {"interests": common.friend_interests(unhex(given["friendship"]), given["ms"])}


def witnesses(given):
    return {"chains": shown(common.witness_chain(given["question"], given["texts"]))}


def words(given):
    binding, nonces = unhex(given["binding"]), (unhex(given["initiatorNonce"]), unhex(given["responderNonce"]))
    hashed = talk.safety_hash(binding, *nonces)
    return {"commitment": talk.words_commitment(binding, nonces[1]).hex(), "hash": hashed.hex(),
            "words": talk.safety_words(hashed)}


def rules(given):
    """A receiver's view: utterances that came and texts that it sent, at moments in ms."""
    held = talk.Rules(given["initiator"], unhex(given["binding"]), 0.0)
    held.own_nonce = unhex(given["ownNonce"])
    for number, step in enumerate(given["steps"]):
        if "pinged" in step:
            held.ping_out = step["pinged"]
        elif "said" in step:
            held.own_texts += step["said"]
        else:
            for _ in range(step.get("times", 1)):
                try:
                    held.take(unhex(step["came"]), step["at"] / 1000)
                except talk.Violation as violation:
                    return {"violation": violation.args[0], "step": number, "words": held.words}
    return {"violation": None, "step": None, "words": held.words}


ANSWERS = {
    "prefaces": prefaces, "link-frames": link_frames, "openings": openings, "pipes": pipes, "doors": doors,
    "rounds": rounds, "keepers": keepers, "pools": pools,
    "depths": depths, "prices": prices, "share-trees": share_trees, "share-paths": share_paths,
    "restoring": restoring, "seals": seals, "stamps": stamps, "stamp-epochs": stamp_epochs, "receipts": receipts,
    "samples": samples, "round-answers": round_answers, "matchings": matchings, "triples": triples, "counting": counting,
    "pairings": pairings, "interests": interests, "languages": languages, "commons": commons,
    "common-points": common_points, "resumes": resumes, "encounters": encounters, "friends": friends,
    "witnesses": witnesses, "words": words, "rules": rules,
}
