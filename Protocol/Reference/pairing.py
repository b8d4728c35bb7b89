"""Rounds, keepers, stamps, counting, matching, what a pairing is, doors.  Pages: 06-pairing.md; 05, "Doors"."""

import itertools
from dataclasses import dataclass

import shares
import wire
from conventions import H, Refused, agree, argon2id, has_zero_bits, signature_holds, sign, short, u16, u32, u64

ANSWER_DOMAIN = "passant/round-answer/1"


# "Time": mesh time in ms

def round_of(network, now):
    return now * 1000 // network.round


def round_begin(network, number):
    return number * network.round // 1000


def epoch_of_round(network, number):
    """The epoch in which the round begins."""
    return number * network.round // network.epoch


@dataclass(frozen=True)
class Place:
    """Where and when offers meet."""

    network: object
    epoch: int
    round: int
    depth: int = 0
    shard: int = 0
    pool: int = 0

    @property
    def encoded(self):
        return place_bytes(self.pool, self.epoch, self.depth, self.shard)


def place_bytes(pool, epoch, depth, shard):
    return u64(pool) + u64(epoch) + u32(depth) + u64(shard)


# "Pools"

INTEREST_BITS = 15


def interest_bucket(network, interest):
    return short("passant/interest-bucket/1", u64(network.id), interest.encode()) >> (64 - INTEREST_BITS)


def interest_pool(network, interest):
    bucket = interest_bucket(network, interest)
    return short("passant/interest-pool/1", u64(network.id), u16(bucket))


def language_pool(network, subtag):
    return short("passant/language-pool/1", u64(network.id), subtag.encode())


def questions_pool(network):
    return short("passant/questions-pool/1", u64(network.id))


# "Shards"

DEEPEST, CROWD, FEW, AFTER_SPLIT, AFTER_MERGE = 20, 16, 4, 12, 8


def next_depth(depth, offers):
    """How deep a seek goes after a round in a shard of this depth that had so many offers, its own included."""
    if offers > CROWD:
        more = 0
        while -(-offers // 2**more) > AFTER_SPLIT:
            more += 1
        return min(DEEPEST, depth + more)
    if offers < FEW:
        fewer = 0
        while max(1, offers) * 2**fewer < AFTER_MERGE:
            fewer += 1
        return max(0, depth - fewer)
    return depth


# "Keepers"

def keeper_score(place, placement):
    return H("passant/keeper/1", u64(place.network.id), place.encoded, placement)


def nearest(place, placements, count):
    """Indices of the `count` lowest scores, lowest first."""
    order = sorted(range(len(placements)), key=lambda i: keeper_score(place, placements[i]))
    return order[:count]


# "Stamps"

def stamp_password(network, key, epoch):
    return H("passant/stamp/1", u64(network.id), key, u64(epoch))


def stamp_output(network, key, epoch, nonce):
    return argon2id(stamp_password(network, key, epoch), nonce, network.stamp_kib)


def make_stamp(network, key, epoch):
    for count in itertools.count():
        nonce = bytes(8) + u64(count)
        if has_zero_bits(stamp_output(network, key, epoch, nonce), network.stamp_bits):
            return nonce


def stamp_epoch_counts(network, stamp_epoch, round_number):
    """For rounds of its epoch, and for those that begin within the overlap after that epoch's end."""
    begin = round_number * network.round
    end = (stamp_epoch + 1) * network.epoch
    return stamp_epoch * network.epoch <= begin < end + network.epoch_overlap


# "At a keeper": the sample

def sample_order(place, output):
    return H("passant/sample/1", bytes(32), u64(place.network.id), place.encoded, u64(place.round), output)


DEAREST = 4


def price(network, held):
    """The zero bits that a stamp needs, where the shard's last round held so many offers at this keeper."""
    more = 0
    while more < DEAREST and held > network.listed * 2**more:
        more += 1
    return network.stamp_bits + more


# Receipts: the checks of a deposit that need nothing but the deposit

ACCEPTED, NOT_SERVING, WRONG_ROUND, WRONG_SHARD, BUSY, MALFORMED, BAD_SHARE, REUSED, SPENT, BAD_STAMP = range(1, 11)


def receipt(place, keeper_secret, deposit):
    """The code of a keeper that serves the place, has room and sees this key for the first time."""
    try:
        offer = wire.decode("Offer", deposit.offer)
    except Refused:
        return MALFORMED
    if offer.round != place.round:
        return WRONG_ROUND
    if offer.epoch != place.epoch or offer.depth > DEEPEST or offer.shard >= 2**offer.depth:
        return WRONG_SHARD
    if not stamp_epoch_counts(place.network, offer.stamp_epoch, place.round):
        return BAD_STAMP
    try:
        mask = shares.mask(keeper_secret, offer.key, wire.offer_digest(deposit.offer), deposit.index)
        share = shares.sealed(deposit.share, mask)
        shares.scalar(share)
    except Refused:
        return BAD_SHARE
    if not shares.is_under(offer.root, deposit.index, offer.shares, share, list(deposit.path)):
        return BAD_SHARE
    output = stamp_output(place.network, offer.key, offer.stamp_epoch, offer.stamp)
    return ACCEPTED if has_zero_bits(output, place.network.stamp_bits) else BAD_STAMP


# "At a seek"

@dataclass
class Offered:
    """An offer of one's own for one round, with what its keepers are told."""

    encoded: bytes
    digest: bytes
    nonce: bytes
    all_shares: list

    def deposit(self, index, secret, channel_key, bodies):
        share = shares.sealed(self.all_shares[index], shares.mask(secret, channel_key, self.digest, index))
        deposit = wire.MESSAGES["Deposit"](offer=self.encoded, index=index, share=share,
                                           path=shares.path(self.all_shares, index), bodies=bodies)
        return wire.encode(wire.MESSAGES["Request"](deposit=deposit))


def make_offer(place, key, stamp_epoch, stamp, count, nonce=None, kind=0):
    nonce = nonce or shares.fresh_nonce()
    all_shares = shares.shares(nonce, count)
    encoded = wire.encode(wire.MESSAGES["Offer"](
        version=1, kind=kind, pool=place.pool, epoch=place.epoch, depth=place.depth, shard=place.shard,
        round=place.round, key=key, root=shares.root(all_shares), shares=count, stamp_epoch=stamp_epoch, stamp=stamp))
    return Offered(encoded, wire.offer_digest(encoded), nonce, all_shares)


# "Counting"

def signed_answer(seed, place, keeper, listings, offers=None):
    body = wire.encode(wire.MESSAGES["RoundAnswerBody"](
        network=place.network.id, pool=place.pool, epoch=place.epoch, shard=place.shard, depth=place.depth,
        round=place.round, keeper=keeper, digests=[listing.digest for listing in listings],
        offers=len(listings) if offers is None else offers))
    signature = sign(seed, ANSWER_DOMAIN, place.network.id, body)
    return wire.MESSAGES["RoundAnswer"](body=body, signature=signature, listings=listings)


def check_answer(place, keeper, answer):
    """An answer that does not hold is refused, in the page's order."""
    if not signature_holds(keeper, ANSWER_DOMAIN, place.network.id, answer.body, answer.signature):
        raise Refused("bad signature")
    body = wire.decode("RoundAnswerBody", answer.body)
    if body.network != place.network.id:
        raise Refused("another network")
    if (body.pool, body.epoch, body.shard, body.depth, body.round) != (
            place.pool, place.epoch, place.shard, place.depth, place.round):
        raise Refused("another round")
    if body.keeper != keeper:
        raise Refused("another keeper")
    if list(body.digests) != [listing.digest for listing in answer.listings]:
        raise Refused("other listings")
    if len(set(body.digests)) != len(body.digests):
        raise Refused("a digest twice")


class Count:
    """What the keepers of one round have said, and which offers count."""

    def __init__(self, place, addressed):
        self.place, self.addressed = place, addressed  # node keys, in the order of their scores
        self.answers, self.out, self.bodies = {}, set(), {}
        self.asked = {}  # keeper -> digests whose offers it was asked for

    def answered(self, keeper, answer):
        if keeper in self.out or keeper not in self.addressed:
            return
        if keeper in self.answers and self.answers[keeper].body == answer.body:
            return  # whatever else is in it
        try:
            check_answer(self.place, keeper, answer)
        except Refused:
            self.put_out(keeper)
            return
        if keeper in self.answers:
            self.put_out(keeper)
            return
        self.answers[keeper] = answer
        for listing in answer.listings:
            if listing.HasField("offer"):
                self.take_body(listing.offer, [listing.digest])

    def put_out(self, keeper):
        self.out.add(keeper)
        self.answers.pop(keeper, None)

    def take_bodies(self, keeper, encoded_offers):
        """`Bodies`: of what this keeper was asked for."""
        asked = self.asked.pop(keeper, ())
        for encoded in encoded_offers:
            self.take_body(encoded, asked)

    def take_body(self, encoded, wanted):
        digest = wire.offer_digest(encoded)
        if digest in wanted:
            self.bodies[digest] = encoded

    @property
    def crowd(self):
        """How many offers the shard had: the lower median, unless half or fewer of the addressed answered."""
        held = sorted(wire.decode("RoundAnswerBody", answer.body).offers for answer in self.answers.values())
        return held[(len(held) - 1) // 2] if len(held) * 2 > len(self.addressed) else None

    @property
    def complete(self):
        return len(self.answers) + len(self.out) >= len(self.addressed)

    def _majority(self):
        """{digest: [listing]} of what more than half of the addressed keepers list; liars about shares are out."""
        while True:
            lists = {}
            for keeper, answer in self.answers.items():
                for listing in answer.listings:
                    lists.setdefault(listing.digest, []).append((keeper, listing))
            liars = {keeper for digest, found in lists.items() if digest in self.bodies
                     for keeper, listing in found if self._lies(digest, listing)}
            if not liars:
                return {digest: [listing for _, listing in found] for digest, found in lists.items()
                        if len(found) > len(self.addressed) / 2}
            for keeper in liars:
                self.put_out(keeper)

    def _lies(self, digest, listing):
        offer = self._offer(self.bodies[digest])
        if not offer:
            return False  # what this seeker cannot read is not for it to judge
        return not shares.is_under(offer.root, listing.index, offer.shares, listing.share, list(listing.path))

    def missing(self):
        """Digests that a majority lists and nobody sent."""
        return [digest for digest in self._majority() if digest not in self.bodies]

    def counting(self):
        """The offers that count, as (offer, digest, encoded, nonce), in the order of their digests."""
        found = []
        for digest, listings in sorted(self._majority().items()):
            encoded = self.bodies.get(digest)
            offer = encoded and self._offer(encoded)
            if not offer:
                continue
            try:
                nonce = shares.nonce_under(offer.root, offer.shares, {one.index: one.share for one in listings})
            except Refused:
                continue
            found.append((offer, digest, encoded, nonce))
        keys = [offer.key for offer, *_ in found]
        return [one for one in found if keys.count(one[0].key) == 1]

    def _offer(self, encoded):
        try:
            offer = wire.decode("Offer", encoded)
        except Refused:
            return None
        here = (offer.pool, offer.epoch, offer.depth, offer.shard, offer.round) == (
            self.place.pool, self.place.epoch, self.place.depth, self.place.shard, self.place.round)
        return offer if here and stamp_epoch_counts(self.place.network, offer.stamp_epoch, self.place.round) else None


# "Matching"

TALK, ASKS, DISCUSSES = range(3)


def priority(one, other):
    return H("passant/priority/1", min(one, other), max(one, other))


def matched(offers):
    """Pairs of indices, in the order in which they are found; `offers` is [(kind, pool, nonce, digest)]."""
    talks = [i for i, (kind, *_) in enumerate(offers) if kind == TALK]
    return _greedy(offers, itertools.combinations(talks, 2), priority)


def _greedy(offers, groups, priority_of):
    """Of groups of indices those in one pool, the lowest first, and nobody in two of them."""
    def rank(group):
        nonces = sorted(offers[i][2] for i in group)
        digests = sorted(offers[i][3] for i in group)
        return (priority_of(*nonces), *nonces, *digests)

    taken, found = set(), []
    for group in sorted((group for group in groups if len({offers[i][1] for i in group}) == 1), key=rank):
        if taken.isdisjoint(group):
            taken.update(group)
            found.append(group)
    return found


# "Matching of three"

def priority_of_three(*nonces):
    return H("passant/priority-three/1", *sorted(nonces))


def matched_three(offers):
    """Triples of indices, who asks, the first and the second who discuss, in the order in which they are found."""
    asking = [i for i, (kind, *_) in enumerate(offers) if kind == ASKS]
    discussing = [i for i, (kind, *_) in enumerate(offers) if kind == DISCUSSES]
    discussing.sort(key=lambda i: offers[i][2:])  # by nonce, then by digest: the first before the second
    triples = [(asker, *two) for asker in asking for two in itertools.combinations(discussing, 2)]
    return _greedy(offers, triples, priority_of_three)


# "What a pairing is"

@dataclass(frozen=True)
class Pairing:
    prologue: bytes
    token: bytes
    initiates: bool
    nonces: tuple
    their_key: bytes

    def prologue_at(self, door):
        return H("passant/conversation-at/1", self.prologue, door)

    def token_at(self, door):
        return H("passant/door-token/1", self.token, door)


def pairing(place, secret, own, theirs):
    """`own` and `theirs` are (offer, digest, encoded, nonce), `secret` that of the own single-use key."""
    lower, higher = sorted((own, theirs), key=lambda one: one[1])
    nonces = tuple(sorted((own[3], theirs[3])))
    prologue = H("passant/conversation/1", u32(min(own[0].version, theirs[0].version)), u64(place.network.id),
                 place.encoded, u64(place.round), lower[2], higher[2], *nonces)
    token = H("passant/token/1", agree(secret, theirs[0].key), prologue)
    return Pairing(prologue, token, lower is own, nonces, theirs[0].key)


# 05, "Doors": which door

def door_rank(network, nonces, placement):
    return H("passant/door/1", u64(network.id), min(nonces), max(nonces), placement)
