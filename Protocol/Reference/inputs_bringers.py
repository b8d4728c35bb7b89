"""The inputs of the vectors of page 04, "Applicants": what links have brought, and whose turn it is."""

import wire
from inputs_applicants import OUT, IN, OTHER, LINKS, BUSY, A, B, P, Q, apart, false, link, one, solved
from inputs_ground import LOCAL
from inputs_members import Resident, push, gone


def bringers():
    yield from _false()
    yield from _both()
    yield from _links()
    yield from _places()
    yield from _order()
    yield from _turns()
    yield from _kept()


def _false():
    both = [push(0, [A.record()], link=IN), push(1_000, [A.record()], link=OTHER)]
    yield one("a false puzzle counts against the first link over which it came", *both, false(2_000, A))
    yield one("a false puzzle counts against each link over which it comes later", *both,
              false(2_000, A), push(3_000, [A.record()], link=OTHER),
              push(4_000, [A.record(), A.record(4_000)], link=IN))
    waiting = [*BUSY, push(0, [A.record()], link=IN), push(1_000, [A.record()], link=OTHER)]
    yield one("a false puzzle, and the first link ended before it was computed", *waiting, gone(2_000, IN),
              solved(3_000, P), false(4_000, A))
    yield one("a false puzzle, and the first link ended while it was computed", *both, gone(2_000, IN),
              false(3_000, A))
    yield one("a false puzzle, and the first link was blamed for another one after it brought this one",
              push(0, [B.record(), P.record(), A.record()], link=IN),
              push(1_000, [A.record()], link=OTHER), false(2_000, B), false(3_000, A))
    yield one("a false puzzle, and the first link was blamed for another one while this one was computed",
              push(0, [B.record(), A.record()], link=IN), push(1_000, [A.record()], link=OTHER), false(2_000, B),
              false(3_000, A))
    yield one("a false puzzle that two blamed links have brought counts against the first again",
              push(0, [B.record()], link=IN), push(0, [P.record()], link=OTHER), false(1_000, B), false(2_000, P),
              push(3_000, [A.record()], link=OTHER), push(4_000, [A.record()], link=IN), false(5_000, A))
    later = [push(0, [B.record()], link=IN), push(0, [P.record()], link=OUT), false(1_000, B),
             push(1_000, [Q.record()], link=OUT)]
    c, d = apart("C", "D")
    yield one("a false puzzle, and the first link was blamed for another one before it brought this one", *later,
              push(2_000, [c.record(), d.record()], link=IN),
              push(3_000, [d.record()], link=OTHER), solved(4_000, P), false(5_000, d))
    yield one("a false puzzle whose link ended is brought anew while it is computed, and a newer record comes",
              push(0, [Q.record()], link=OUT), push(0, [A.record()], link=IN),
              push(1_000, [A.record(1_000, puzzle=1)], link=IN), gone(2_000, IN), push(3_000, [A.record()], link=OTHER),
              push(4_000, [A.record(4_000, puzzle=2)], link=OUT), false(5_000, A))


def _both():
    """Both links that have brought something are blamed."""
    c, d = apart("A", "B", "C", "D")[2:]
    computed = [push(0, [A.record(), B.record()], link=IN), push(0, [A.record(), P.record()], link=OTHER)]
    yield one("a false puzzle, and both links were blamed for others while it was computed, the first one first",
              *computed, false(1_000, B), false(2_000, P), false(3_000, A))
    yield one("a false puzzle, and both links were blamed for others while it was computed, the second one first",
              push(0, [A.record()], link=IN), push(0, [A.record(), P.record()], link=OTHER),
              push(0, [B.record()], link=IN), false(1_000, P), false(2_000, B), false(3_000, A))
    yield one("a false puzzle, and both links were blamed while it was computed, and the second one ended", *computed,
              false(1_000, B), false(2_000, P), gone(2_500, OTHER), false(3_000, A))
    yield one("of several that were blamed the first one takes over, whosever it was before", *computed,
              push(0, [A.record()], link="fourth"), false(1_000, B), false(2_000, P), gone(2_500, "fourth"),
              false(3_000, A), links=(*LINKS, link("fourth")))
    waits = [push(0, [B.record()], link=IN), push(0, [P.record()], link=OTHER), push(0, [A.record()], link=IN),
             push(0, [A.record()], link=OTHER), push(0, [c.record(), d.record()], link=OUT)]
    yield one("a false puzzle, and both links were blamed before it was computed, the first one first", *waits,
              false(1_000, B), false(2_000, P), solved(3_000, c), false(4_000, A))
    yield one("a false puzzle, and both links were blamed before it was computed, the second one first", *waits,
              false(1_000, P), false(2_000, B), solved(3_000, c), false(4_000, A))


def _links():
    yield one("what only one link has brought goes with it", *BUSY, push(0, [A.record(), B.record()], link=IN),
              push(1_000, [A.record()], link=OTHER), gone(2_000, IN), gone(3_000, OTHER))
    computed = [push(0, [A.record()], [A.beat()], IN), gone(1_000, IN)]
    yield one("what only one link has brought does not go with it while it is computed", *computed, solved(2_000, A))
    yield one("what only one link has brought does not go with it while it is computed: false", *computed,
              false(2_000, A), push(3_000, [A.record()], link=OTHER))
    yield one("what only one link has brought is brought by another one, while it is computed", *computed,
              push(1_500, [A.record()], link=OTHER), false(2_000, A))
    # The second one has been blamed when the first one ends.
    blamed = [push(0, [P.record()], link=OTHER), push(0, [Q.record()], link=OUT), push(0, [A.record()], link=IN),
              push(0, [A.record()], link=OTHER)]
    yield one("the next one that was not blamed takes over, also while it is computed", *blamed,
              push(0, [A.record()], link="fourth"), false(1_000, P), gone(2_000, IN), false(3_000, A),
              links=(*LINKS, link("fourth")))
    yield one("one that was blamed takes over where there is no other", *blamed, false(1_000, P), gone(2_000, IN),
              false(3_000, A))
    _, _, c, d = apart("A", "B", "C", "D")
    yield one("one that was blamed takes over, and it is computed when nothing else waits", *BUSY,
              push(0, [B.record()], link=OTHER), solved(1_000, P), push(2_000, [A.record()], link=IN),
              push(2_000, [A.record()], link=OTHER), push(2_000, [c.record()], link=OUT), false(3_000, B),
              gone(4_000, IN), push(5_000, [d.record()], link=OUT), solved(6_000, Q), solved(7_000, c))
    yield one("what a link has brought that was blamed does not go with another one", push(0, [B.record()], link=IN),
              push(0, [P.record()], link=OUT), false(1_000, B), push(1_000, [Q.record()], link=OUT),
              push(2_000, [A.record()], link=OTHER), push(3_000, [A.record()], link=IN), gone(4_000, OTHER))


def _places():
    r = apart(*(f"R{number}" for number in range(5)))
    s = [Resident(f"S{number}", f"{50 + number}.1.1.1") for number in range(4)]
    records, others = [each.record() for each in r], [each.record() for each in s]
    yield one("whoever has brought most loses its last one, to a link that has brought less by two", *BUSY,
              push(0, records[:4], link=IN), push(1_000, others[:1], link=OTHER), push(2_000, others[1:2], link=OTHER),
              push(3_000, others[2:3], link=OTHER), push(4_000, records[4:], link=IN), applicants=6)
    yield one("one link may have all places", push(0, records, link=IN), applicants=4)
    yield one("those whose puzzles are being computed take places, and are nobody's share",
              push(0, records[:4], link=IN), push(1_000, others[:1], link=OTHER), push(2_000, others[1:2], link=OTHER),
              applicants=4)
    yield one("those whose puzzles are being computed leave for nobody", push(0, records[:2], link=IN),
              push(1_000, others[:1], link=OTHER), applicants=2)
    three = push(0, records[:3], [r[2].beat()], IN)
    yield one("the one that would be computed last leaves: one whose heartbeat has come would not", *BUSY, three,
              push(1_000, others[:1], link=OTHER), applicants=5)
    own = (link(OUT), link(IN, r[2]), link(OTHER))
    yield one("the one that would be computed last leaves: the own record of the link's other end would not", *BUSY,
              push(0, records[:3], link=IN), push(1_000, others[:1], link=OTHER), applicants=5, links=own)
    yield one("the one that would be computed last leaves: the one taken over last", *BUSY,
              push(0, records[:1], link=OTHER), push(0, records[:3], link=IN), gone(500, OTHER),
              push(1_000, others[:1], link="fourth"), links=(*LINKS, link("fourth")), applicants=5)
    yield one("the one that would be computed last leaves: the one whose first heartbeat came last", *BUSY,
              push(0, records[:2], [r[1].beat(), r[0].beat(), r[1].beat(1)], IN), push(1_000, others[:1], link=OTHER),
              applicants=4)
    yield one("of two links that have brought as many the younger one loses", *BUSY, push(0, records[:2], link=IN),
              push(0, records[2:4], link=OTHER), push(1_000, others[:1], link="fourth"), applicants=6,
              links=(*LINKS, link("fourth")))
    street = [Resident(f"street {host}", f"80.1.1.{host}") for host in range(1, 5)]
    houses = [member.record() for member in street]
    yield one("one subnet is full", *BUSY, push(0, houses[:2], link=IN), push(1_000, houses[2:3], link=OTHER),
              push(2_000, houses[3:], link=OTHER), push(3_000, records[:1], link=OTHER), subnet=2)
    yield one("one subnet is full: the one that would be computed last leaves", *BUSY,
              push(0, houses[:3], [street[2].beat()], IN), push(1_000, houses[3:], link=OTHER), subnet=3)
    town = [Resident(f"town {subnet}", f"80.1.{subnet}.1").record() for subnet in range(1, 5)]
    yield one("one wide subnet is full", *BUSY, push(0, town[:3], link=IN), push(1_000, town[3:], link=OTHER), wide=3)
    yield one("a wide subnet has 2 % of all, if that is more", *BUSY, push(0, town[:3], link=IN),
              push(1_000, town[3:], link=OTHER), wide=1, applicants=199)
    yield one("a newer record needs no other place", *BUSY, push(0, records[:2], link=IN),
              push(1_000, [r[0].record(1_000)], link=OTHER), applicants=4)
    more = (*LINKS, link("fourth"))
    yield one("whoever has brought a false puzzle has brought more than others", push(0, [A.record()], link=IN),
              push(0, [P.record()], link=OUT), false(1_000, A), push(1_000, [Q.record()], link=OUT),
              push(2_000, records[:1], link=IN), push(3_000, others[:3], link=OTHER),
              push(4_000, others[3:], link="fourth"), links=more, applicants=6)
    yield one("nobody leaves for whoever has brought a false puzzle", push(0, [A.record()], link=IN),
              push(0, [P.record()], link=OUT), false(1_000, A), push(1_000, [Q.record()], link=OUT),
              push(3_000, others[:3], link=OTHER), push(4_000, records[:1], link=IN), applicants=5)
    many = [link(f"link {number}") for number in range(9)]
    names = [each["name"] for each in many]
    yield one("eight of a record's bringers are remembered", *BUSY,
              *(push(1_000, records[:1], link=name) for name in names), *(gone(2_000, name) for name in names[:7]),
              gone(3_000, names[7]), links=(*LINKS, *many))
    yield one("a bringer whose link ended before the ninth came is none of the eight", *BUSY,
              *(push(1_000, records[:1], link=name) for name in names[:8]), gone(1_500, names[4]),
              push(1_750, records[:1], link=names[8]), *(gone(2_000, name) for name in names[:8] if name != names[4]),
              gone(3_000, names[8]), links=(*LINKS, *many))
    false_ones = [Resident(f"false {number}", f"{60 + number}.1.1.1") for number in range(8)]
    yield one("a ninth that is not blamed takes the place of eight who are", *(
        step for name, member in zip(names, false_ones)
        for step in (push(0, [member.record()], link=name), false(0, member))), *BUSY,
        *(push(1_000, records[:1], link=name) for name in names), solved(3_000, P),
        false(4_000, r[0]), links=(*LINKS, *many))


def _order():
    c, d, e = apart("C", "D", "E")
    yield one("two batches are computed at a time", push(0, [each.record() for each in (A, B, c, d)], link=IN),
              solved(1_000, B), false(2_000, A))
    yield one("those come first whose heartbeats have come", *BUSY,
              push(0, [c.record(), d.record(), e.record()], link=IN),
              push(1_000, [], [e.beat()], IN), solved(2_000, P), solved(3_000, Q), solved(4_000, e))
    crowd = [Resident(f"crowd {number}", wire.endpoint_bytes("127.0.0.1", 5000 + number), network=LOCAL)
             for number in range(67)]
    yield one("in a local mesh a batch has 64", push(0, [each.record() for each in crowd], link=IN),
              solved(1_000, crowd[0]), solved(2_000, crowd[1]), network="local", subnet=256, wide=None)


def _turns():
    r = apart(*(f"R{number}" for number in range(6)))
    records = [member.record() for member in r]
    busy = [push(0, [P.record(), Q.record()], link=IN)]
    yield one("links that were dialled and links that dialled take turns", *busy, push(0, records[:3], link=OUT),
              push(0, records[3:5], link=IN), solved(1_000, P), solved(2_000, Q), *(
                  solved(3_000, r[at]) for at in (0, 3, 1)))
    yield one("links follow each other", *BUSY, push(0, records[:3], link=IN), push(0, records[3:], link=OTHER),
              solved(1_000, P), solved(2_000, Q), *(solved(3_000, r[at]) for at in (0, 3, 1, 4)))
    own = (link(OUT), link(IN), link(OTHER, r[5]))
    yield one("the own record of a link's other end has a turn of its own", *busy, push(0, records[:2], link=OUT),
              push(0, records[3:4], link=IN), push(0, records[5:], link=OTHER), solved(1_000, P), solved(2_000, Q),
              solved(3_000, r[5]), solved(4_000, r[0]), links=own)
    two = (link(OUT), link(IN), link("third", r[0]), link("fourth", r[1]))
    yield one("in any turn of a link its own record comes before those whose heartbeats have come", *busy,
              push(0, records[:1], link="third"), push(0, records[1:3], [r[2].beat()], "fourth"), solved(1_000, P),
              solved(2_000, Q), solved(3_000, r[0]), links=two)
    yield one("what several have brought has the turn of the first", *busy, push(0, records[:1], link=IN),
              push(0, [*records[:1], *records[1:2]], link=OUT), push(0, records[2:3], link=OTHER), solved(1_000, P),
              solved(2_000, Q), solved(3_000, r[1]))
    yield one("an own record that another link has brought first has no turn of its own", *busy,
              push(0, records[:1], link=OUT), push(0, records[5:], link=IN), push(0, records[5:], link=OTHER),
              solved(1_000, P), solved(2_000, Q), links=own)
    yield one("of one turn the link that was served longest ago in any", *busy,
              push(0, [records[5], *records[:2]], link=OTHER), push(0, records[2:4], link="fourth"),
              solved(1_000, P), solved(2_000, Q), links=(*own, link("fourth")))
    yield one("a link for which nothing was left comes behind those that wait", *BUSY, push(0, records[:1], link=IN),
              push(0, records[1:3], link=OTHER), solved(1_000, P), solved(2_000, Q), push(2_500, records[3:4], link=IN),
              solved(3_000, r[0]))
    yield one("after a false puzzle what its link alone has brought comes last", push(0, [P.record()], link=IN),
              push(0, [Q.record()], link=OTHER), push(0, records[:2], link=IN), push(0, records[1:2], link=OTHER),
              false(1_000, P), solved(2_000, Q))
    yield one("of those that were blamed the longest unserved comes first", push(0, [P.record()], link=IN),
              push(0, [Q.record()], link=OTHER), false(0, P), false(0, Q), push(0, [A.record(), B.record()], link=OUT),
              push(1_000, records[:2], link=IN), push(1_000, records[2:4], link=OTHER),
              *(solved(2_000, member) for member in (A, B, r[0])))
    yield one("a newer record is queued anew", *BUSY, push(0, records[:3], link=IN),
              push(1_000, [r[0].record(1_000)], link=IN), solved(2_000, P), solved(3_000, r[1]), solved(4_000, r[2]))


def _kept():
    """A link keeps its turn as long as something waits for it, whatever becomes of that."""
    r = apart(*(f"R{number}" for number in range(4)))
    house = Resident("house", "80.1.1.1")
    two = [*BUSY, push(0, [r[0].record()], link=IN), push(0, [r[1].record(), house.record()], link=OTHER)]
    then = solved(2_000, P), solved(3_000, Q)
    near = dict(places=["80.1.1.9"])
    yield one("a link keeps its turn when the first heartbeat comes of the only one that waits for it", *two,
              push(1_000, [], [r[0].beat()], IN), *then)
    yield one("a link keeps its turn when a newer record takes the place of the only one that waits for it", *two,
              push(1_000, [r[0].record(1_000)], link=IN), *then)
    yield one("a link keeps its turn when a newer record finds no room beside the only one that waits for it", *two,
              push(1_000, [r[0].record(1_000, **near)], link=IN), *then, subnet=1)
    yield one("a link loses its turn when the only one that waits for it becomes another's", *two,
              push(1_000, [r[0].record(1_000)], link="fourth"), push(1_500, [r[3].record()], link=IN), *then,
              solved(4_000, r[1]), solved(5_000, r[0]), links=(*LINKS, link("fourth")))
    full = push(0, [house.record()], link=OTHER), push(1_000, [r[0].record(1_000, **near)], link=IN)
    yield one("what waits goes behind all others when a newer record finds no room", *BUSY,
              push(0, [member.record() for member in r[:3]], link=IN), *full, *then, solved(4_000, r[1]),
              solved(5_000, house), subnet=1)
    yield one("what waits with a heartbeat goes behind all others with one when a newer record finds no room", *BUSY,
              push(0, [member.record() for member in r[:3]], [r[0].beat(), r[1].beat()], IN), *full, *then,
              solved(4_000, r[1]), solved(5_000, house), subnet=1)
