"""The inputs of the vectors of page 06 that concern whole rounds, and of page 07."""

import pairing as pairs
import shares
import wire
from conventions import H, agreement_key, signing_key
from inputs_ground import LOCAL, seeded
from inputs_mesh import EPOCH, HERE, PLACE, ROUND, nonce, offered, secret
from inputs_wire import _field, make


def listing(offer, index, with_body=True):
    found = make("Listing", digest=offer.digest, index=index, share=offer.all_shares[index],
                 path=shares.path(offer.all_shares, index))
    if with_body:
        found.offer = offer.encoded
    return found


def seed(index):
    return seeded(f"keeper's seed {index}")


def answer(index, listings, place=HERE, keeper=None, signer=None, offers=None):
    return pairs.signed_answer(signer or seed(index), place, keeper or signing_key(seed(index)), listings, offers)


def round_answers():
    offers = [offered(f"answer {number}")[1] for number in range(3)]
    listings = [listing(offer, 0, number != 1) for number, offer in enumerate(offers)]
    made = dict(PLACE, seed=seed(0).hex(), keeper=signing_key(seed(0)).hex(),
                listings=[wire.encode(one).hex() for one in listings], offers=3)
    yield "made", made
    yield "made, in a pool of its own", dict(made, pool="fedcba9876543210")
    yield "made, more than are listed", dict(made, offers=2**32 - 1)
    yield "made, nothing listed", dict(made, listings=[], offers=0)

    def case(title, given, keeper=signing_key(seed(0)), **changes):
        return title, dict(PLACE | changes, keeper=keeper.hex(), answer=wire.encode(given).hex())

    good = answer(0, listings)
    yield case("holds", good)
    yield case("nothing listed", answer(0, []))
    yield case("signed by another", answer(0, listings, signer=seed(1)))
    yield case("names another keeper", answer(0, listings, keeper=signing_key(seed(1))))
    yield case("another network", answer(0, listings), network="local-x")
    for field in ("epoch", "round", "depth", "shard"):
        yield case(f"another {field}", good, **{field: PLACE[field] + 1})
    yield case("another pool", good, pool="0000000000000001")
    yield case("more than are listed", answer(0, listings, offers=24))
    yield case("fewer than are listed", answer(0, listings, offers=2))
    yield case("another order", make("RoundAnswer", body=good.body, signature=good.signature, listings=listings[::-1]))
    yield case("a listing less", make("RoundAnswer", body=good.body, signature=good.signature, listings=listings[:2]))
    yield case("a digest twice", answer(0, [listings[0], listings[0]]))


def _matching_offers(sizes):
    offers = []
    for (kind, pool), count in sizes:
        for number in range(count):
            label = f"match {kind} {pool} {number}"
            offers.append(dict(kind=kind, pool=f"{pool:016x}", nonce=nonce(label).hex(), digest=secret(label)))
    return offers


def matchings():
    for count in (0, 1, 2, 3, 4, 5, 9, 16, 24):
        yield f"{count} offers", dict(offers=_matching_offers([((0, 0), count)]))
    yield "several pools", dict(offers=_matching_offers([((0, 0), 5), ((0, 7), 4), ((1, 0), 3), ((1, 7), 1)]))
    yield "only unequal ones", dict(offers=_matching_offers([((0, 0), 1), ((0, 1), 1), ((1, 0), 1)]))
    turned = _matching_offers([((0, 0), 9)])[::-1]
    yield "9 offers, the other way round", dict(offers=turned)
    equal = _matching_offers([((0, 0), 4)])
    for one in equal[1:]:
        one["nonce"] = equal[0]["nonce"]
    yield "equal nonces", dict(offers=equal)
    yield "beside those who ask and discuss", dict(offers=_matching_offers([((1, 0), 3), ((0, 0), 4), ((2, 0), 5)]))
    later = [((3, 0), 4), ((0, 0), 2), ((2**32 - 1, 0), 2)]
    yield "kinds of later versions", dict(offers=_matching_offers(later))


def triples():
    def case(title, *sizes):
        return title, dict(offers=_matching_offers(sizes))

    yield case("nobody")
    yield case("one asks", ((1, 7), 1))
    yield case("one asks, one discusses", ((1, 7), 1), ((2, 7), 1))
    yield case("two ask, one discusses", ((1, 7), 2), ((2, 7), 1))
    yield case("three ask", ((1, 7), 3))
    yield case("three discuss", ((2, 7), 3))
    yield case("one asks, two discuss", ((1, 7), 1), ((2, 7), 2))
    yield case("two ask, two discuss", ((1, 7), 2), ((2, 7), 2))
    yield case("one asks, five discuss", ((1, 7), 1), ((2, 7), 5))
    yield case("two ask, seven discuss", ((1, 7), 2), ((2, 7), 7))
    yield case("five ask, four discuss", ((1, 7), 5), ((2, 7), 4))
    yield case("several pools", ((1, 7), 3), ((2, 7), 4), ((1, 0), 1), ((2, 0), 3), ((1, 8), 1))
    yield case("nobody in the same pool", ((1, 7), 1), ((2, 7), 1), ((2, 8), 1))
    yield case("talks between them", ((0, 7), 3), ((1, 7), 2), ((0, 0), 2), ((2, 7), 4))
    yield case("kinds of later versions between them", ((3, 7), 3), ((1, 7), 1), ((2**32 - 1, 7), 2), ((2, 7), 2))
    yield case("24 offers", ((1, 7), 8), ((2, 7), 16))
    yield case("24 offers, most of them ask", ((1, 7), 20), ((2, 7), 4))
    yield from _triples_in_another_order()


def _triples_in_another_order():
    """The same offers as above, or with equal nonces: no order of the offers changes who comes together."""
    sizes = [((1, 7), 3), ((2, 7), 7)]
    offers = _matching_offers(sizes)
    yield "three ask, seven discuss", dict(offers=offers)
    yield "three ask, seven discuss, the other way round", dict(offers=offers[::-1])
    for title, share in (("all nonces are equal", range(10)), ("those who ask have equal nonces", range(3)),
                         ("those who discuss have equal nonces", range(3, 10)),
                         ("one who asks and two who discuss have equal nonces", (0, 4, 5))):
        equal = _matching_offers(sizes)
        for index in share:
            equal[index]["nonce"] = equal[share[0]]["nonce"]
        yield title, dict(offers=equal)
        yield f"{title}, the other way round", dict(offers=equal[::-1])


def with_shares(one, all_shares):
    offer = wire.decode("Offer", one.encoded)
    offer.root = shares.root(all_shares)
    encoded = wire.encode(offer)
    return pairs.Offered(encoded, wire.offer_digest(encoded), one.nonce, all_shares)


def two_polynomials(one, other):
    """An offer whose tree holds some shares of one nonce and some of another."""
    return with_shares(one, one.all_shares[:2] + other.all_shares[2:])


def counting():
    keepers = [signing_key(seed(index)) for index in range(9)]
    offers = [offered(f"count {number}", 9)[1] for number in range(3)]
    small = offered("count small", 5)[1]
    fake = two_polynomials(small, offered("count other", 5)[1])

    def case(title, answers, addressed=9, bodies=()):
        return title, dict(PLACE, addressed=[key.hex() for key in keepers[:addressed]],
                           bodies=[body.hex() for body in bodies],
                           answers=[dict(keeper=keepers[i].hex(), answer=wire.encode(one).hex()) for i, one in answers])

    def all_of(who, listed=offers, with_body=True):
        return [(i, answer(i, [listing(offer, i, with_body) for offer in listed])) for i in who]

    yield case("nine agree", all_of(range(9)))
    yield case("five of nine", all_of(range(5)))
    yield case("four of nine", all_of(range(4)))
    yield case("an offer that four list", all_of(range(4)) + all_of(range(4, 9), offers[:2]))
    yield case("an offer that five list", all_of(range(5)) + all_of(range(5, 9), offers[:2]))
    yield case("bodies fetched", all_of(range(9), with_body=False), bodies=[offer.encoded for offer in offers])
    crowded = [(i, answer(i, [listing(offer, i) for offer in offers], offers=crowd))
               for i, crowd in enumerate((3, 2**32 - 1, 40, 41, 4, 5))]
    yield case("a crowd, six of nine say", crowded)
    yield case("a crowd, five of nine say", crowded[:5])
    yield case("a crowd, four of nine say", crowded[:4])
    yield case("a crowd, one of them is out", crowded[:5] + [(1, answer(1, []))])
    yield case("a body missing", all_of(range(9), with_body=False), bodies=[offer.encoded for offer in offers[:2]])
    lie = listing(offers[0], 0)
    lie.share = offers[1].all_shares[0]
    yield case("a lie about a share", [(0, answer(0, [lie]))] + all_of(range(1, 9)))
    yield case("a lie that makes five four", [(0, answer(0, [lie]))] + all_of(range(1, 5)))
    yield case("two answers of one keeper", all_of(range(9)) + [(0, answer(0, []))])
    yield case("the same answer twice", all_of(range(9)) + all_of([0]))
    yield case("signed by another", [(0, answer(0, [], signer=seed(1)))] + all_of(range(1, 6)))
    twin = agreement_key(seeded("twin"))
    one_key = [offered(label, 9, key=twin)[1] for label in ("twin a", "twin b")]
    yield case("two offers with one key", all_of(range(9), offers + one_key))
    yield case("fewer shares than keepers", all_of(range(5), [small]), addressed=5)
    yield case("shares of two polynomials", all_of(range(5), [fake]), addressed=5)
    late = offered("late", 9, stamp_epoch=EPOCH - 2)[1]
    yield case("a stamp epoch that does not count", all_of(range(9), offers[:1] + [late]))
    elsewhere = offered("elsewhere", 9, place=pairs.Place(LOCAL, EPOCH, ROUND + 1))[1]
    yield case("an offer of another round", all_of(range(9), offers[:1] + [elsewhere]))
    kept = listing(offers[0], 0)
    kept.index = 1
    yield case("a listing with another keeper's index", [(0, answer(0, [kept]))] + all_of(range(1, 9)))
    yield from _unreadable(case, all_of, offers)
    yield from _said_twice(case, all_of, offers)
    yield from _bytes_not_wanted(case, all_of, offers)
    for addressed, listed in ((1, 1), (2, 1), (2, 2), (3, 2)):
        pair = [offered(f"few {addressed} {number}", addressed)[1] for number in range(2)]
        yield case(f"{listed} of {addressed}", all_of(range(listed), pair), addressed=addressed)


def lying(offer, other):
    """Keeper 0's listing with a share that is not under the offer's root."""
    found = listing(offer, 0)
    found.share = other.all_shares[0]
    return found


def beyond_the_order(offer):
    """An offer in whose tree the first share is no scalar, being the right one plus the order."""
    over = shares.scalar_bytes(int.from_bytes(offer.all_shares[0], "little") + shares.ORDER)
    return with_shares(offer, [over] + offer.all_shares[1:])


def with_bytes(offer, encoded):
    """The same shares under a root, but other bytes of the offer, and their digest."""
    return pairs.Offered(encoded, wire.offer_digest(encoded), offer.nonce, offer.all_shares)


def _unreadable(case, all_of, offers):
    """What a seeker cannot read, or what is of another place, counts for nothing; who lists it is not judged by it."""
    good = offers[0]
    changed = wire.decode("Offer", good.encoded)
    for field, value in (("round", ROUND + 1), ("epoch", EPOCH + 1), ("depth", 1), ("shard", 1),
                         ("stamp_epoch", EPOCH - 1), ("pool", 1)):
        offer = wire.MESSAGES["Offer"]()
        offer.CopyFrom(changed)
        setattr(offer, field, value)
        yield from _not_judged(case, all_of, offers, f"an offer of another {field.replace('_', ' ')}",
                               with_bytes(good, wire.encode(offer)))
    yield from _not_judged(case, all_of, offers, "bytes that are no offer", with_bytes(good, b"\1\2\3"))
    critical = _field(1000, b"x")
    yield from _not_judged(case, all_of, offers, "an offer with a critical field",
                           with_bytes(good, good.encoded + critical))
    later = with_bytes(good, good.encoded + _field(999, b"x"))
    yield case("an offer with a field of a later version", all_of(range(9), [offers[1], later]))
    yield case("a lie about an offer of a later version",
               [(0, answer(0, [lying(later, offers[1])]))] + all_of(range(1, 9), [later]))
    share = int.from_bytes(good.all_shares[0], "little") + shares.ORDER
    over = listing(good, 0)
    over.share = shares.scalar_bytes(share)
    yield case("a share that is no scalar", [(0, answer(0, [over]))] + all_of(range(1, 9)))
    yield case("a share that is no scalar, under the root", all_of(range(9), [offers[1], beyond_the_order(good)]))


def _not_judged(case, all_of, offers, title, strange):
    yield case(title, all_of(range(9), [offers[1], strange]))
    lie = [listing(offers[1], 0), lying(strange, offers[1])]
    yield case(f"{title}, with a share that is not under its root",
               [(0, answer(0, lie))] + all_of(range(1, 5), [offers[1], strange]))
    lie[1].ClearField("offer")
    yield case(f"{title}, with such a share and its bytes fetched",
               [(0, answer(0, lie))] + all_of(range(1, 5), [offers[1], strange], False), bodies=[strange.encoded])


def _said_twice(case, all_of, offers):
    """A second answer of keeper 0, beside four good ones: with keeper 0 out, nothing has a majority."""
    first = answer(0, [listing(offers[0], 0)])
    others = all_of(range(1, 5), offers[:1])

    def again(**changes):
        second = make("RoundAnswer", body=first.body, signature=first.signature, listings=list(first.listings))
        for field, value in changes.items():
            second.ClearField(field)
            getattr(second, field).extend(value) if field == "listings" else setattr(second, field, value)
        return [(0, first), *others, (0, second)]

    yield case("the same body, another signature", again(signature=bytes(64)))
    yield case("the same body, no listings", again(listings=[]))
    yield case("the same body, another share", again(listings=[lying(offers[0], offers[1])]))
    yield case("another body, a good signature", [(0, first), *others, (0, answer(0, [listing(offers[1], 0)]))])
    yield case("another body, a wrong signature", [(0, first), *others, (0, answer(0, [], signer=seed(1)))])
    yield case("another body that is none", again(body=b"\xff"))
    yield case("a wrong answer, then a good one", [(0, answer(0, [], signer=seed(1))), (0, first), *others])
    yield case("an answer of somebody who was not addressed", others + all_of([8], offers[:1]), addressed=8)


def _bytes_not_wanted(case, all_of, offers):
    """An offer's bytes are taken from a listing whose digest they have, and from `Bodies` where they were asked for."""
    swapped = [listing(offer, 0, False) for offer in offers[:2]]
    swapped[0].offer, swapped[1].offer = offers[1].encoded, offers[0].encoded
    yield case("a listing with another offer's bytes",
               [(0, answer(0, swapped))] + all_of(range(1, 9), offers[:2], False))
    yield case("a listing with another offer's bytes, then fetched",
               [(0, answer(0, swapped))] + all_of(range(1, 9), offers[:2], False),
               bodies=[offer.encoded for offer in offers[:2]])
    lie = lying(offers[1], offers[0])
    lie.ClearField("offer")
    lie = [(0, answer(0, [listing(offers[0], 0), lie]))]
    four = all_of(range(1, 4), offers[:2], False)
    yield case("bodies that nobody asked for: no majority lists the offer",
               lie + four + all_of([4], offers[:1], False), bodies=[offer.encoded for offer in offers[:2]])
    yield case("bodies that were asked for show the lie",
               lie + four + all_of([4, 5], offers[:2], False), bodies=[offer.encoded for offer in offers[:2]])
    yield case("bodies of an offer on no list", all_of(range(9), offers[:1], False),
               bodies=[offer.encoded for offer in offers])


def pairings():
    made = [offered(f"pairing {number}", 9) for number in range(2)]
    for own in (0, 1):
        yield f"side {own}", dict(
            PLACE, offers=[offer.encoded.hex() for _, offer in made], nonces=[offer.nonce.hex() for _, offer in made],
            own=own, secret=made[own][0].hex(), door=signing_key(b"\1" * 32).hex())
    yield "another door", dict(
        PLACE, offers=[offer.encoded.hex() for _, offer in made], nonces=[offer.nonce.hex() for _, offer in made],
        own=0, secret=made[0][0].hex(), door=signing_key(b"\2" * 32).hex())
    low = offered("low", 9, key=b"\1" + bytes(31))[1]
    yield "key of low order", dict(
        PLACE, offers=[made[0][1].encoded.hex(), low.encoded.hex()], nonces=[made[0][1].nonce.hex(), low.nonce.hex()],
        own=0, secret=made[0][0].hex(), door=signing_key(b"\1" * 32).hex())


# 07

def words():
    yield "page's example", dict(binding="03" * 64, initiatorNonce="01" * 32, responderNonce="02" * 32)
    for number in range(4):
        yield f"words {number}", dict(binding=seeded(f"binding {number}", 64).hex(),
                                      initiatorNonce=secret(f"nI {number}"),
                                      responderNonce=secret(f"nR {number}"))


def said(**kind):
    return wire.encode(make("Utterance", **kind)).hex()


OPENING = dict(at=0, came=said(opening=dict(version_min=1, version_max=1)))


def text(number, content, at=0):
    return dict(at=at, came=said(text=dict(sequence=number, text=content)))


def texts(first, count, at=0):
    return [text(number, "x", at) for number in range(first, first + count)]


def rules():
    binding, own = seeded("binding", 64), secret("own nonce")

    def case(title, *steps, initiator=False, opened=True):
        return title, dict(initiator=initiator, binding=binding.hex(), ownNonce=own,
                           steps=[OPENING, *steps] if opened else list(steps))

    yield from _openings(case)
    yield from _texts(case)
    yield from _marks_and_pings(case)
    yield from _safety(case, binding, bytes.fromhex(own))


def _openings(case):
    def opening(**fields):
        return dict(at=0, came=said(opening=dict(version_min=1, version_max=1) | fields))

    yield case("opening alone")
    yield case("second opening", OPENING)
    yield case("text before the opening", text(1, "hi"), opened=False)
    yield case("versions 1 to 7, unknown optional feature", opening(version_max=7, features=1 << 31), opened=False)
    yield case("versions 2 to 3", opening(version_min=2, version_max=3), opened=False)
    yield case("critical feature", opening(features=1 << 32), opened=False)
    yield case("a ticket is carried", opening(ticket=b"t" * 100), opened=False)
    yield case("a kind from the future", dict(at=0, came="9a0600"), text(1, "hi"))
    yield case("a kind from the future before the opening", dict(at=0, came="9a0600"), opened=False)
    for kind in ("saved", "keep_in_touch"):
        yield case(f"{kind} twice", *[dict(at=0, came=said(**{kind: {}}))] * 2, text(1, "hi"))
        yield case(f"{kind} before the opening", dict(at=0, came=said(**{kind: {}})), opened=False)
    for kind, fields in (("question", dict(text="Is a hot dog a sandwich?")),
                         ("witness", dict(through=0, chain=bytes(32)))):
        yield case(f"a {kind} where nobody asks", dict(at=0, came=said(**{kind: fields})))
        yield case(f"a {kind} before the opening", dict(at=0, came=said(**{kind: fields})), opened=False)
        yield case(f"a {kind} after a text", text(1, "hi"), dict(at=0, came=said(**{kind: fields})))
    yield case("marks", opening(met=bytes(1024), needs=4), text(1, "hi"), opened=False)
    points = [bytes([number]) * 32 for number in range(12)]
    yield case("a farewell instead of the opening", dict(at=0, came=said(farewell=dict(code=1))), opened=False)
    yield case("points that nobody asked for", opening(needs=3, common=points), text(1, "hi"), opened=False)
    yield case("an answer to points that were not shown", dict(at=0, came=said(common_answer=dict(points=points))))
    yield case("a Resume on the first path", dict(at=0, came=said(resume=dict(received=0, sent=0))))
    yield case("a Resume instead of the opening", dict(at=0, came=said(resume={})), opened=False)
    yield case("no protobuf", dict(at=0, came="ff"))
    yield case("empty content", dict(at=0, came=""))


def _texts(case):
    yield case("texts in order", text(1, "a"), text(2, "b"), text(3, "c"))
    for number in (0, 2, 2**64 - 1):
        yield case(f"first text has number {number}", text(number, "a"))
    yield case("a text repeated", text(1, "a"), text(1, "a"))
    yield case("an empty text", text(1, ""))
    for answered, most in ((False, 1000), (True, 8000)):
        before = [dict(said=1)] if answered else []
        for length in (most, most + 1):
            when = "after" if answered else "before"
            yield case(f"{length} characters {when} the answer", *before, text(1, "x" * length))
    yield case("1,000 characters of three bytes", text(1, "\u20ac" * 1000))
    yield case("16,000 bytes after the answer", dict(said=1), text(1, "\u00e9" * 8000))
    yield case("128 texts before the answer", *texts(1, 128))
    yield case("129 texts before the answer", *texts(1, 129))
    yield case("128 texts, and two a second later", *texts(1, 128), *texts(129, 2, 1000))
    yield case("128 texts, and three a second later", *texts(1, 128), *texts(129, 3, 1000))
    yield case("256 texts after the answer", dict(said=1), *texts(1, 256))
    yield case("257 texts after the answer", dict(said=1), *texts(1, 257))
    yield case("the second allowance begins full", *texts(1, 128), dict(said=1), *texts(129, 256))


def _marks_and_pings(case):
    def mark(through):
        return dict(at=0, came=said(acknowledgement=dict(through=through)))

    yield case("marks", dict(said=3), mark(1), mark(3))
    yield case("a mark for a text that was not sent", dict(said=3), mark(4))
    yield case("a mark repeated", dict(said=3), mark(2), mark(2))
    yield case("a lower mark", dict(said=3), mark(2), mark(1))
    yield case("mark 0", mark(0))
    yield case("mark 2^64 - 1", dict(said=3), mark(2**64 - 1))
    typing = [dict(at=0, came=said(typing=dict(on=on))) for on in (True, True, False, False)]
    yield case("typing", *typing)
    ping = dict(at=0, came=said(ping=dict(token=5)))
    yield case("16 pings", dict(ping, times=16))
    yield case("17 pings", dict(ping, times=17))
    yield case("the pong that is wanted", dict(pinged=7), dict(at=0, came=said(pong=dict(token=7))))
    yield case("another pong", dict(pinged=7), dict(at=0, came=said(pong=dict(token=8))))
    yield case("a pong twice", dict(pinged=7), *[dict(at=0, came=said(pong=dict(token=7)))] * 2)
    yield case("a pong without a ping", dict(at=0, came=said(pong=dict(token=0))))
    yield case("1,024 packets", dict(typing[0], times=1024))
    yield case("1,025 packets", dict(typing[0], times=1025))
    yield case("a farewell", dict(at=0, came="2a00"))
    for title, content in (("a text", said(text=dict(sequence=5, text="x"))), ("an opening", OPENING["came"]),
                           ("no protobuf", "ff"), ("a farewell", "2a00")):
        yield case(f"{title} after the farewell", dict(at=0, came="2a00"), dict(at=0, came=content))


def _safety(case, binding, own):
    theirs = seeded("their nonce")
    commitment = dict(at=0, came=said(safety_commitment=dict(digest=H("passant/words-commitment/1", binding, theirs))))
    nonce_ = dict(at=0, came=said(safety_nonce=dict(nonce=theirs)))
    opening = dict(at=0, came=said(safety_opening=dict(nonce=theirs)))
    other = dict(at=0, came=said(safety_opening=dict(nonce=own)))
    yield case("words, the responder's side", nonce_)
    yield case("words, the initiator's side", commitment, opening, initiator=True)
    yield case("an opening that is not what was committed", commitment, other, initiator=True)
    yield case("an opening without a commitment", opening, initiator=True)
    yield case("a commitment twice", commitment, commitment, initiator=True)
    yield case("an opening twice", commitment, opening, opening, initiator=True)
    yield case("a nonce twice", nonce_, nonce_)
    yield case("a commitment to the responder", commitment)
    yield case("an opening to the responder", opening)
    yield case("a nonce to the initiator", nonce_, initiator=True)
