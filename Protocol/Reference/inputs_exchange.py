"""The inputs of the vectors of page 04 that two nodes exchange: comparisons, pulls, the tree."""

import wire
from answers_table import Member
from identity import Network
from inputs_ground import LOCAL, NOW, seeded
from inputs_table import A, B, C, Owner, case, step
from inputs_wire import make
from tree import counts, pruning_bits, rank

ALL = 2**64 - 1
SALT = seeded("a salt", 16)
MANY = [A, B, C] + [Owner(number) for number in range(3, 36)]


def sums():
    def of(title, *lines, salt=SALT):
        return title, dict(salt=salt.hex(), lines=[dict(node=f"{node:016x}", seq=seq, state=state)
                                                   for node, seq, state in lines])

    lines = [(1, 2, 0), (2**63, NOW, 1), (2**64 - 1, 2**64 - 1, 2)]
    yield of("no line")
    yield of("SipHash's own example, as far as it goes", (0x0001020304050607, 0x08090A0B0C0D0E0F, 0x1011121314151617),
             salt=bytes(range(16)))
    yield of("one line", lines[0])
    yield of("another state", (1, 2, 1))
    yield of("another seq", (1, 3, 0))
    yield of("another salt", lines[0], salt=bytes(16))
    yield of("three lines", *lines)
    yield of("three lines in another order", *lines[::-1])
    yield of("ignored", (A.node, 0, 2))
    yield of("300 lines: the sum is modulo 2^64", *((number << 55, NOW + number, number % 3) for number in range(300)))


def comparisons():
    yield from _small_comparisons()
    yield from _states()
    yield from _large_comparisons()


THREE = [step(0, [A.record(), B.record(), C.record()], [A.beat(), B.beat()])]
IDS = sorted([A.node, B.node, C.node])


def compared(title, *parts, steps=THREE, who="member"):
    """Parts are (from, to, count, sum); a sum of None is the right one."""
    given = case(title, *steps)[1]
    there = Member(given).waited(given)
    made = []
    for begin, end, count, total in parts:
        own = there.part(SALT, begin, end)
        made.append(make("Part", **{"from": begin, "to": end}, count=own.count if count is None else count,
                         sum=own.sum if total is None else total))
    encoded = wire.encode(make("Compare", salt=SALT, parts=made)).hex()
    return title, given | {"compare": encoded, "from": who}


def _small_comparisons():
    yield compared("alike", (0, ALL, None, None))
    yield compared("both are empty", (0, ALL, 0, 0), steps=[])
    yield compared("another sum", (0, ALL, None, 1))
    yield compared("the right sum, another count", (0, ALL, 4, None))
    yield compared("nothing is there", (0, ALL, 0, 0))
    yield compared("nothing is there, says a leaf", (0, ALL, 0, 0), who="leaf")
    yield compared("a count of 0 with a sum", (0, ALL, 0, 1))
    yield compared("nothing is here", (0, ALL, 7, 7), steps=[])
    yield compared("nothing is here, says a leaf's comparison", (0, ALL, 7, 7), steps=[], who="leaf")
    for count in (512, 513):
        yield compared(f"nothing is here and {count} there", (0, ALL, count, 7), steps=[])
        yield compared(f"three are here and {count} there", (0, ALL, count, 7))
    yield compared("a range of one id", (IDS[0], IDS[0], 0, 0))
    yield compared("a range without its ends", (IDS[0] + 1, IDS[2] - 1, 2, 7))
    yield compared("a range with its ends", (IDS[0], IDS[2], 2, 7))
    yield compared("ranges that differ and ranges that are alike", (0, IDS[0] - 1, 0, 0), (IDS[0], IDS[0], None, None),
                   (IDS[0] + 1, IDS[1], 0, 0), (IDS[2], ALL, 2, 2))
    yield compared("a list, a cut and a gift", (0, IDS[0], 1, 1), (IDS[0] + 1, IDS[1], 600, 1), (IDS[2], ALL, 0, 0))
    for width in (1, 2, 15, 16, 17, 33, 1000):
        yield compared(f"a range of {width} ids is cut", (IDS[0], IDS[0] + width - 1, 513, 1))
    yield compared("the upper half of all ids is cut", (2**63, ALL, 513, 1))
    yield compared("all but one id are cut", (1, ALL, 513, 1))
    yield compared("ten ranges are cut", *((at << 60, (at << 60) + 2**60 - 1, 513, 1) for at in range(0, 16)
                                           if any(node >> 60 == at for node in IDS)))


def _states():
    cut = (0, ALL, 513, 1)
    yield compared("states: present and absent", cut)
    yield compared("states: all absent", cut, steps=[*THREE, step(15_000)])
    yield compared("states: an equivocator", cut, steps=[*THREE, step(1000, [A.record(capabilities=3)])])
    yield compared("an equivocator, and nothing is there", (0, ALL, 0, 0),
                   steps=[*THREE, step(1000, [A.record(capabilities=3)])])
    yield compared("an equivocator is listed", (0, ALL, 3, 1), steps=[*THREE, step(1000, [A.record(capabilities=3)])])
    expiring = step(0, [A.record(expires=NOW + 1500), B.record()], [A.beat(), B.beat()])
    yield compared("states: one has expired", cut, steps=[expiring, step(1000)])
    yield compared("one has expired: listed", (0, ALL, 2, 1), steps=[expiring, step(1000)])
    yield compared("one has expired: given", (0, ALL, 0, 0), steps=[expiring, step(1000)])
    gone = step(0, [A.record(expires=NOW + 1500), B.record()], [A.beat(), B.beat()])
    proven = step(1000, [A.record(expires=NOW + 1500, capabilities=3)])
    yield compared("states: an equivocator whose record has expired", cut, steps=[gone, proven, step(2000)])
    yield compared("an equivocator whose record has expired is listed", (0, ALL, 3, 1),
                   steps=[gone, proven, step(2000)])


def _large_comparisons():
    def here(count):
        owners = MANY[:count]
        return [step(0, [owner.record() for owner in owners], [owner.beat(0, 30_000) for owner in owners])]

    yield compared("32 are here and differ", (0, ALL, 31, 1), steps=here(32))
    yield compared("33 are here and differ", (0, ALL, 31, 1), steps=here(33))
    yield compared("33 are here and none there", (0, ALL, 0, 0), steps=here(33))
    yield compared("33 are here and alike", (0, ALL, None, None), steps=here(33))


def pulls():
    steps = [step(0, [A.record(), B.record(), C.record()], [A.beat(), B.beat()])]
    ids = sorted([A.node, B.node, C.node])
    all_there = [have(node, NOW, NOW if node != C.node else 0) for node in ids]

    def pull(title, haves, begin=0, end=2**64 - 1, steps=steps, named=False, who="member"):
        asked = make("Pull", have=haves, named=named, **{"from": begin, "to": end})
        return case(title, *steps, pull=wire.encode(asked).hex(), **{"from": who})

    yield pull("nothing is there", [])
    yield pull("everything is there", all_there)
    def instead(other):
        return sorted([other] + [one for one in all_there if one.node != other.node], key=lambda one: one.node)

    for title, other in (
            ("an older record", have(A.node, NOW - 1, NOW)), ("a newer record", have(A.node, NOW + 1, NOW)),
            ("no heartbeat", have(A.node, NOW, 0)), ("an earlier heartbeat", have(A.node, NOW, NOW - 1)),
            ("a later heartbeat", have(A.node, NOW, NOW + 1)), ("ignored over there", have(A.node, NOW, 2**64 - 1))):
        yield pull(title, instead(other))
    for node, title in zip(ids, ("lowest", "middle", "highest")):
        yield pull(f"one id: the {title}", [], node, node)
    yield pull("one id that nobody has", [], ids[0] + 1, ids[0] + 1)
    yield pull("from the middle on", [], ids[1])
    yield pull("up to the middle", [], 0, ids[1])
    yield pull("between the ids", [], ids[0] + 1, ids[1] - 1)
    yield pull("ids that nobody has", [have(ids[0] - 1, 1, 1), have(ids[1] + 1, 1, 1)])
    yield pull("not sorted", all_there[::-1])
    yield pull("an id twice", [all_there[0], all_there[0]])
    yield pull("an id below the range", all_there, ids[0] + 1)
    yield pull("an id above the range", all_there, 0, ids[2] - 1)
    yield pull("ids at both ends of the range", all_there, ids[0], ids[2])
    yield pull("from above to", [], 2, 1)
    yield pull("who is absent", [], steps=[*steps, step(15_000)])
    expiring = step(0, [A.record(expires=NOW + 1500), B.record()], [A.beat()])
    yield pull("who has expired", [], steps=[expiring, step(1000)])
    yield pull("a record with seq 0", [], steps=[step(0, [A.record(seq=0)], [A.beat()])])
    proven = [*steps, step(1000, [A.record(capabilities=3)])]
    yield pull("an equivocator", [], steps=proven)
    yield pull("an equivocator whose record is there", all_there, steps=proven)
    yield pull("an equivocator that is known as one", instead(have(A.node, NOW, 2**64 - 1)), steps=proven)
    yield pull("an empty table", [], steps=[])

    yield pull("a newer record over there, asked by a leaf", instead(have(A.node, NOW + 1, NOW)), who="leaf")
    yield pull("a newer record of somebody who is ignored here", instead(have(A.node, NOW + 1, NOW)), steps=proven)
    yield pull("somebody who is ignored over there and not known here", [have(A.node, NOW, 2**64 - 1)], steps=[])
    yield pull("records that nobody has here, with seq 0", [have(ids[0] - 1, 0, 0)])
    for at in (1_499, 1_500):
        yield pull(f"a heartbeat from {at + 6_000} ms ago, that was long under way", [],
                   steps=[step(0, [A.record()], [A.beat(-5_000)]), step(at)])
    for at in (28_999, 29_000):
        yield pull(f"a heartbeat of a long period, from {at + 1_000} ms ago", [],
                   steps=[step(0, [A.record()], [A.beat(0, 1_800_000)]), step(at)])
    for at in (6_499, 6_500):
        yield pull(f"a heartbeat from {at + 1_000} ms ago", [], steps=[step(0, [A.record()], [A.beat()]), step(at)])
    yield from _named(pull, ids, all_there, proven)


def _named(pull, ids, all_there, proven):
    def named(title, *haves, **more):
        return pull(f"named: {title}", list(haves), named=True, **more)

    yield named("nobody")
    yield named("all, as they are here", *all_there)
    yield named("one, nothing is there", have(A.node, 0, 0))
    yield named("one whose heartbeat is older there", have(A.node, NOW, NOW - 1))
    yield named("one whose record is older there", have(A.node, NOW - 1, NOW))
    yield named("one who is absent", have(C.node, 0, 0))
    yield named("one whom nobody has", have(ids[0] + 1, 0, 0))
    yield named("one who is newer there", have(A.node, NOW + 1, NOW + 1))
    yield named("two", have(ids[0], 0, 0), have(ids[2], NOW, 0))
    yield named("one outside the range", have(ids[0], 0, 0), begin=ids[1])
    yield named("one in a narrow range", have(ids[1], 0, 0), begin=ids[1], end=ids[1])
    yield named("not sorted", *all_there[::-1])
    yield named("one twice", all_there[0], all_there[0])
    yield named("an equivocator", have(A.node, NOW, NOW), steps=proven)
    yield named("an equivocator whose proof is there", have(A.node, NOW, 2**64 - 1), steps=proven)
    yield named("asked by a leaf", have(A.node, 0, 0), who="leaf")


def have(node, seq, heartbeat):
    return make("Have", node=node, seq=seq, heartbeat=heartbeat)


def overdue():
    for period in (1, 2, 19, 1_000, 5_000, 5_001, 15_999, 16_000, 16_001, 40_000, 400_000, 1_800_000, 2**32 - 1):
        yield f"a period of {period} ms", dict(period=period, age=0)
    for age in (4_000, 4_001, 17_000, 17_001, 60_000, 2**32):
        yield f"a period of 20000 ms, after one {age} ms old", dict(period=20_000, age=age)


def prunings():
    def one(title, network, present, body):
        return title, dict(network=network, present=present, body=body.hex())

    tried = [b"body %d" % number for number in range(10_000)]
    for network in ("main", "local"):
        for present in (0, 1, 2, 3, 5, 6, 7, 8, 12, 16, 17, 24, 25, 48, 49, 100, 512, 1_000, 10_000, 131_072):
            bits = pruning_bits(present, Network(network).heartbeat_period(present))
            yield one(f"{network}, {present} present, enough zero bits", network, present,
                      next(body for body in tried if counts(body, bits)))
            if bits:
                yield one(f"{network}, {present} present, one bit too few", network, present, next(
                    body for body in tried if counts(body, bits - 1) and not counts(body, bits)))


def grow(at, who, says="", records=(), heartbeats=()):
    return step(at, records, heartbeats, who) | dict(says=says)


def trees():
    def tree(title, *steps):
        return case(title, *steps)

    first = grow(0, "first", "", [A.record()], [A.beat()])
    second = grow(5_000, "first", "", [], [A.beat(5_000)])
    yield tree("a first heartbeat takes all links, the next one those of the tree", first, second)
    yield tree("the first one after an absence takes all links", first, grow(20_000, "first", "", [], [A.beat(20_000)]))
    yield tree("a leaf grafts", first, grow(1_000, "leaf", "graft"), second)
    yield tree("a leaf grafts and prunes", first, grow(1_000, "leaf", "graft"), grow(2_000, "leaf", "prune"), second)
    yield tree("a neighbour prunes", first, grow(1_000, "second", "prune"), second)
    yield tree("a neighbour prunes twice and grafts", first, grow(1_000, "second", "prune"),
               grow(2_000, "second", "prune"), grow(3_000, "second", "graft"), second)
    yield tree("what comes aside grafts", first, grow(1_000, "second", "prune"),
               grow(5_000, "second", "", [], [A.beat(5_000)]))
    yield tree("what was overdue grafts an eager link again", first, grow(6_750, "second", "", [], [A.beat(5_000)]))
    yield tree("what is overdue in a millisecond does not", first, grow(6_749, "second", "", [], [A.beat(5_000)]))
    yield tree("a first heartbeat that comes aside does not", first, grow(1_000, "second", "prune"),
               grow(6_000, "second", "", [B.record()], [B.beat(6_000)]))
    anew = [A.record(2_000)], [A.beat(2_000)]
    yield tree("the first since a newer record takes all links", first, grow(1_000, "second", "prune"),
               grow(2_000, "first", "", *anew), grow(7_000, "first", "", [], [A.beat(7_000)]))
    yield tree("the first since a newer record that comes aside grafts nothing", first, grow(1_000, "second", "prune"),
               grow(2_000, "second", "", *anew))
    yield tree("overdue, but the first since a newer record", first, grow(7_000, "second", "", *anew))
    yield tree("a copy that comes aside does not", first, grow(1_000, "second", "prune"),
               grow(2_000, "second", "", [], [A.beat()]))
    yield tree("twice among few", first, grow(1_000, "second", "", [], [A.beat()]))
    yield tree("a neighbour that was pruned goes", first, grow(1_000, "second", "prune"), grow(2_000, "second", "gone"),
               second)
    yield tree("an eager neighbour goes", first, grow(1_000, "second", "prune"), grow(2_000, "first", "gone"),
               grow(5_000, "third", "", [], [A.beat(5_000)]))
    yield from _crowded(tree)


def _crowded(made):
    """Members enough for W = 2 and W = 1."""
    begun = 30_000
    for count in (17, 25):
        owners = MANY[:count]
        bits = pruning_bits(count, LOCAL.heartbeat_period(count))

        def beat(owner, does_count, above=-1):
            return next(beat for beat in (owner.beat(begun + at, 30_000) for at in range(1_000))
                        if counts(beat.body, bits) == does_count and (not does_count or rank(beat.body) > above))

        pruning = []  # the lowest rank first
        for owner in owners[:3]:
            pruning.append(beat(owner, True, rank(pruning[-1].body) if pruning else -1))
        others = [beat(owner, False) for owner in owners[3:]]
        known = grow(0, "first", "", [owner.record() for owner in owners], [owner.beat(0, 30_000) for owner in owners])
        first = grow(begun, "first", "", [], pruning + others)

        def tree(title, *steps):
            return made(title, known, *steps)

        def anew(owner):
            return next(beat for beat in (owner.beat(begun + 7_000 + at, 30_000) for at in range(1_000))
                        if counts(beat.body, bits))

        def twice(at, who, *beats):
            return grow(begun + at, who, "", [], beats)

        yield made(f"{count} members, twice, the first heartbeats of all",
                   grow(begun, "first", "", [owner.record() for owner in owners], pruning + others),
                   twice(1_000, "third", pruning[0]))
        yield tree(f"{count} members, twice, the first since a newer record",
                   grow(begun, "first", "", [owners[0].record(begun)], pruning + others),
                   twice(1_000, "third", pruning[0]))
        yield tree(f"{count} members, twice over one that is pruned, the first since a newer record", first,
                   twice(1_000, "third", pruning[0]),
                   grow(begun + 8_000, "first", "", [owners[1].record(begun + 7_000)], [anew(owners[1])]),
                   twice(9_000, "third", anew(owners[1])))
        yield tree(f"{count} members, twice over one link", first, twice(1_000, "third", pruning[0]))
        yield tree(f"{count} members, twice over two links", first, twice(1_000, "third", pruning[0]),
                   twice(2_000, "second", pruning[0]), twice(3_000, "first", pruning[0]))
        yield tree(f"{count} members, twice over one link over and over", first, twice(1_000, "third", pruning[0]),
                   twice(2_000, "third", pruning[0]))
        yield tree(f"{count} members, twice, and another one has a lower rank", first, twice(1_000, "third", pruning[1]))
        late = grow(begun, "first", "", [], pruning[1:] + others)
        yield tree(f"{count} members, twice, and one with a lower rank has come since", late,
                   twice(1_000, "first", pruning[0]), twice(2_000, "third", pruning[1]))
        yield tree(f"{count} members, twice, the lower rank that has come since", late,
                   twice(1_000, "first", pruning[0]), twice(2_000, "third", pruning[0]))
        early = grow(begun, "first", "", [], pruning[:1] + others)
        for span in (5_000, 5_001):
            yield tree(f"{count} members, twice, the higher rank that comes {span} ms after a lower one", early,
                       twice(span, "first", pruning[1]), twice(6_000, "third", pruning[1]))
        opening = grow(begun, "first", "", [owners[0].record(begun)], pruning[:1] + others)
        yield tree(f"{count} members, twice, and one with a lower rank has opened its record", opening,
                   twice(1_000, "first", pruning[1]), twice(2_000, "third", pruning[1]))
        yield tree(f"{count} members, twice over the link that brought it", first, twice(1_000, "first", pruning[0]))
        yield tree(f"{count} members, twice, and it does not prune", first, twice(1_000, "third", others[0]))
        yield tree(f"{count} members, twice within 5 s", first, twice(5_000, "third", pruning[0]))
        yield tree(f"{count} members, twice within 5,001 ms", first, twice(5_001, "third", pruning[0]))
        pruned = (first, twice(1_000, "third", pruning[0]), twice(2_000, "second", pruning[0]))
        yield tree(f"{count} members, twice over one that is pruned already", *pruned,
                   twice(3_000, "second", pruning[0]))
        yield tree(f"{count} members, twice over it, and it does not prune", *pruned, twice(3_000, "second", others[0]))
        yield tree(f"{count} members, pruned, and grafted by the other side", *pruned, grow(3_000, "second", "graft"))
        yield tree(f"{count} members, the eager one goes", *pruned, grow(3_000, "first", "gone"))
        yield tree(f"{count} members, the eager one is pruned by the other side", *pruned,
                   grow(3_000, "first", "prune"))
        yield tree(f"{count} members, a leaf that has grafted goes", *pruned, grow(3_000, "leaf", "graft"),
                   grow(4_000, "leaf", "gone"))
        yield tree(f"{count} members, the one that was pruned goes", *pruned, grow(3_000, "third", "gone"))
        again = owners[0].beat(begun + 20_000, 30_000)
        yield tree(f"{count} members, what the tree does not bring", *pruned, twice(20_000, "third", again))
        yield tree(f"{count} members, what the tree brings", *pruned, twice(20_000, "first", again))
