"""The inputs of the vectors of page 04, "The table": who makes place for whom."""

import wire
from inputs_ground import LOCAL, seeded
from inputs_members import (
    MINUTE, HOUR, A, B, C, D, E, F, G, X, Y, Z, Resident, answers, beats, called, case, gone, heard, push, reaches,
    up)


def reached():
    yield from _reached()
    yield from _wide()


def rooms():
    yield from _at_once()
    yield from _order()
    yield from _table()
    yield from _several()
    yield from _renewals()
    yield from _cannot_call()


def _reached():
    yield case("reached and present ones stay", *reaches(), heard(0, A, B), called(0, A), called(0, B), heard(1_000, C))
    two = Resident("two", "80.1.1.9", "60.1.1.9")
    full = [*reaches(), heard(0, B), called(0, B), heard(0, two)]
    yield case("reached at two addresses at once: in the subnet of neither", *full, called(0, two), heard(1_000, C))
    yield case("reached at one of two addresses: in its subnet", *full, called(0, two, "80.1.1.9"), heard(1_000, C))
    yield case("reached at the other", *full, called(0, two, "60.1.1.9"), heard(1_000, C))
    yield case("reached at one after the other", *full, called(0, two, "60.1.1.9"), called(0, two, "80.1.1.9"),
               heard(1_000, C))
    yield case("two addresses in one subnet", *reaches(), heard(0, B), called(0, B),
               heard(0, double := Resident("double", "80.1.1.9", "80.1.1.10")), called(0, double), heard(1_000, C))
    moved = [*reaches(), heard(0, A, B), called(0, A), called(0, B)]
    yield case("a newer record in the same subnet keeps what was reached", *moved,
               push(1_000, [A.record(1_000, ["80.1.1.99"])]), heard(2_000, C))
    yield case("a newer record elsewhere does not, also when another one comes back", *moved,
               push(1_000, [A.record(1_000, ["60.1.1.1"])]), push(2_000, [A.record(2_000)]), heard(3_000, C))
    yield case("reached at two addresses at once, and a newer record has one of them: still in no subnet", *full,
               called(0, two), push(500, [two.record(500, ["80.1.1.9"])]), heard(1_000, C))
    yield case("reached at two addresses at once, and a newer record has one of them: still reached", *reaches(),
               heard(0, two), called(0, two), push(500, [two.record(500, ["80.1.1.9"])]), heard(1_000, Z), lines=2)
    for title, newcomer, bound in (("in no subnet", C, dict(subnet=1)), ("reached", Z, dict(lines=2))):
        yield case(f"called before it had a line: {title}", *reaches(), up(0, "second", B, True), heard(0, B),
                   gone(500, "second"), heard(1_000, newcomer), **bound)
    yield case("called by its owner only: not reached", *reaches(), heard(0, A), heard(1_000, B),
               up(1_000, "second", A), gone(1_000, "second"), heard(2_000, C))


def _wide():
    yield case("a wide subnet is full: those of its subnets compete", *reaches(), heard(0, X, E), heard(1_000, F),
               heard(2_000, G), wide=2)
    spread = Resident("spread", "80.1.2.9", "60.1.1.9")
    yield case("called at the addresses in the wide subnet", *reaches(), heard(0, spread), heard(1_000, F),
               heard(2_000, G), wide=2)
    yield case("reached in its subnet, and so in the wide one", *reaches(), heard(0, E), called(0, E), heard(1_000, F),
               heard(2_000, G), wide=2)
    near = Resident("near", "80.1.2.9", "80.1.3.9")
    yield case("reached at two addresses of one wide subnet", *reaches(), heard(0, near), called(0, near),
               heard(1_000, F), heard(2_000, G), wide=2)
    yield case("called at two addresses of one wide subnet, and not again", *reaches(), heard(0, near), heard(1_000, F),
               heard(2_000, G), answers(2_500, near), heard(10_000, G), wide=2)
    yield case("reached at two addresses of one wide subnet: in neither of its subnets", *reaches(), heard(0, near),
               called(0, near), heard(1_000, E), subnet=1)
    elsewhere = [*reaches(), heard(0, A), called(0, A), push(500, [A.record(500, ["80.1.9.1"])])]
    yield case("a newer record elsewhere in the wide subnet: still reached in that", *elsewhere, heard(1_000, E),
               wide=1)
    yield case("a newer record elsewhere in the wide subnet: not reached any more", *elsewhere, heard(1_000, Z),
               lines=2)
    both = Resident("both", "80.1.1.9", "60.1.1.9")
    yield case("a record counts in the subnets of all its addresses", *reaches(), heard(0, both), heard(1_000, C),
               answers(2_000, both), heard(10_000, Resident("later", "60.1.1.1")), subnet=1)


def _at_once():
    yield case("a place is free", heard(0, A), heard(1_000, B))
    yield case("an expired one that was not reached goes at once, the longest silent first", *reaches(),
               push(0, [A.record(life=10 * MINUTE), B.record(life=10 * MINUTE)], [A.beat()]),
               beats(1_000, B), heard(11 * MINUTE, C), heard(12 * MINUTE, D))
    yield case("expired before absent", *reaches(), heard(0, A),
               push(1_000, [B.record(life=10 * MINUTE)], [B.beat(1_000)]), heard(11 * MINUTE, C))
    other = A.record(1_000, capabilities=3)
    yield case("ignored for equivocation, though it was reached, before absent ones", *reaches(), heard(0, B),
               heard(1_000, A), called(1_000, A), push(2_000, [other]), heard(10 * MINUTE, C))


def _order():
    yield case("absent before present", *reaches(), heard(0, A), heard(1_000, B), beats(2 * MINUTE, A),
               heard(2 * MINUTE + 1_000, C))
    yield case("of two absent ones the longest silent", *reaches(), heard(0, A), heard(1_000, B), beats(30_000, A),
               heard(5 * MINUTE, C))
    yield case("of two present ones the longest silent", *reaches(), heard(0, A), heard(1_000, B), beats(30_000, A),
               heard(31_000, C))
    low, high = sorted((A, B), key=lambda member: member.node)
    yield case("of two equally silent ones the one with the lower short id", *reaches(), heard(0, high, low),
               heard(1_000, C))
    yield case("a newer record ends a silence", *reaches(), heard(0, A), heard(1_000, B),
               push(2_000, [A.record(2_000)]), heard(3_000, C))
    yield case("never heard: silent since its record", *reaches(), push(1_000, [A.record()], [A.beat(1_000)]),
               push(2_000, [B.record()]), heard(5 * MINUTE, C))
    reached = [*reaches(), heard(0, A), called(0, A)]
    yield case("not reached and absent, before reached and silent for an hour", *reached, heard(5_000, B),
               heard(2 * HOUR, C))
    yield case("reached and silent for an hour, before not reached and present", *reached, heard(2 * HOUR, B),
               heard(2 * HOUR + 1_000, C))
    for silent in (HOUR - 1, HOUR):
        yield case(f"reached and silent for {silent} ms", *reached, heard(silent - 1_000, B), heard(silent, C))
    short = [*reaches(), push(0, [A.record(life=10 * MINUTE)], [A.beat()]), called(0, A), heard(0, B), called(0, B)]
    yield case("reached, its record expired: not before an hour of silence, and not without a call", *short,
               beats(11 * MINUTE, B), heard(12 * MINUTE, C), beats(HOUR, B), heard(HOUR + 1_000, C))
    yield case("linked ones stay", *reaches(), heard(0, A, B), up(0, "second", A), up(0, "third", B), heard(1_000, C),
               heard(10 * MINUTE, C))
    yield case("linked ones stay, though ignored for equivocation", *reaches(), heard(0, A), up(0, "second", A),
               push(500, [A.record(capabilities=3)]), heard(1_000, C), gone(2_000, "second"), heard(3_000, C),
               subnet=1)
    yield case("who was linked does not", *reaches(), heard(0, A, B), up(0, "second", A), up(0, "third", B),
               gone(1_000, "second"), heard(2_000, C))


def _table():
    full = [*reaches(), heard(0, X), heard(500, Y)]
    yield case("the table is full: somebody is called at all addresses", *reaches(),
               heard(0, Resident("wide awake", "70.1.1.1", "71.1.1.1")), heard(1_000, Z), lines=2)
    yield case("the table is full: an expired one goes at once", *reaches(), heard(0, X),
               push(0, [Y.record(life=10 * MINUTE)], [Y.beat()]), heard(11 * MINUTE, Z), lines=3)
    yield case("the table is full: absent before present", *full, beats(2 * MINUTE, X), heard(2 * MINUTE + 1_000, Z),
               lines=3)
    for title, reach in (("reached", [called(0, X)]), ("not reached", [])):
        yield case(f"the table is full: {title}, and ignored for equivocation", *reaches(), heard(0, X), *reach,
                   push(500, [X.record(capabilities=3)]), heard(1_000, Z), lines=2)
    yield case("the table is full of those who were reached, however silent", *reaches(), heard(0, X), called(0, X),
               heard(3 * HOUR, Z), lines=2)
    yield case("the table is full, and nobody is in the newcomer's bucket", *full, heard(1_000, Z), lines=3,
               buckets=65_536)
    yield case("the table is full, and one is in the newcomer's bucket", *full, heard(1_000, A), beats(2 * MINUTE, A),
               heard(2 * MINUTE + 1_000, E), lines=4, buckets=65_536)
    yield case("one that goes for the subnet leaves its place in the table", *reaches(),
               push(0, [A.record(life=10 * MINUTE)], [A.beat()]), heard(0, X), heard(11 * MINUTE, C), lines=3, subnet=1)
    yield case("as many as may be were not reached: of those somebody goes", *full, heard(1_000, Z), unreached=2)
    yield case("as many as may be were not reached, and the newcomer was", *full, up(500, "second", Z, True),
               heard(1_000, Z), unreached=2)
    yield case("one more is reached, and there is room", *full, called(500, X), heard(1_000, Z), unreached=2)


def _several():
    wide = Resident("wide", "80.1.1.9", "60.1.1.9")
    short = dict(life=10 * MINUTE)
    v = Resident("V", "60.1.1.1")
    expired = push(0, [A.record(**short)], [A.beat()])
    yield case("two places are full: one goes at once for each", *reaches(), expired,
               push(0, [v.record(**short)], [v.beat()]), heard(11 * MINUTE, wide), subnet=1)
    yield case("two places are full: one goes at once for both", *reaches(),
               push(0, [wide.record(**short)], [wide.beat()]),
               heard(11 * MINUTE, Resident("wider", "80.1.1.7", "60.1.1.7")), subnet=1)
    yield case("two places are full: one would go at once, and one after a trial", *reaches(), expired, heard(0, v),
               heard(11 * MINUTE, wide), subnet=1)
    yield case("two places are full: one would go at once, and one stays", *reaches(), expired, heard(0, v),
               called(0, v), heard(11 * MINUTE, wide), subnet=1)
    yield case("two places are full: the one of the first address is called", *reaches(), heard(0, v), heard(1_000, A),
               heard(2_000, wide), answers(3_000, A), heard(4_000, wide), subnet=1)
    yield case("a subnet and its wide subnet are full", *reaches(), expired, heard(0, E), heard(11 * MINUTE, C),
               subnet=1, wide=2)
    yield case("a wide subnet and the table are full", *reaches(), heard(0, X), heard(1_000, E), heard(2_000, F),
               lines=3, wide=1)
    yield case("two places are full: one is called, though the other one stays", *reaches(), heard(0, A, v),
               called(0, v), heard(1_000, wide), subnet=1)


def _renewals():
    yield case("a newer record needs no room where its owner is", *reaches(), heard(0, A, B),
               push(1_000, [A.record(1_000)]))
    yield case("a newer record moves into a full subnet", *reaches(), heard(0, A, X), heard(500, B),
               push(1_000, [X.record(1_000, ["80.1.1.50"])], [X.beat(11_000)]))
    yield case("a newer record in a full table", *reaches(), heard(0, X, Y),
               push(1_000, [X.record(1_000, ["60.1.1.1"])]), lines=3)
    yield case("a newer record leaves a place behind", *reaches(), heard(0, A, B),
               push(1_000, [A.record(1_000, ["60.1.1.1"])]), heard(2_000, C))
    friend = Resident("friend", wire.endpoint_bytes("127.0.0.1", 4001), network=LOCAL)
    own = Resident("own", wire.endpoint_bytes("127.0.0.1", 4000), network=LOCAL, seed=seeded("the reader"))
    newcomer = Resident("next door", wire.endpoint_bytes("127.0.0.2", 4000), network=LOCAL)
    yield case("the own line stays", push(0, [friend.record()], [friend.beat(0, 5_000)]), called(0, friend),
               {"at": 0, "says": "own", "record": wire.encode(own.record()).hex()},
               push(1_000, [newcomer.record(1_000)], [newcomer.beat(1_000, 5_000)]),
               push(2 * HOUR, [newcomer.record(2 * HOUR)]), network="local", subnet=1)


def _cannot_call():
    full = [heard(0, A), heard(1_000, B)]
    for title, member in (("nobody has answered yet", True), ("a leaf", False)):
        yield case(f"{title}: present ones stay", *full, heard(2_000, C), member=member)
        yield case(f"{title}: absent ones do not before an hour", *full, heard(HOUR - 1, C), heard(HOUR, C),
                   heard(HOUR + 1_000, D), member=member)
        yield case(f"{title}: an expired one goes at once", push(0, [A.record(life=10 * MINUTE)], [A.beat()]),
                   heard(0, B), heard(11 * MINUTE, C), member=member)
    yield case("a leaf: the table", heard(0, X, Y), heard(2 * MINUTE, X), heard(HOUR, Z), lines=2, member=False)
    six = [Resident(f"six {number}", wire.endpoint_bytes(f"2a00:1:2::{number}", 7000)) for number in range(1, 5)]
    yield case("somebody has answered over IPv4 and nobody over IPv6", *reaches(), heard(0, *six[:2]),
               heard(1_000, six[2]), beats(2 * MINUTE, six[1]), heard(HOUR, six[3]))
    far = Resident("far six", wire.endpoint_bytes("2b00:1:2::1", 7000))
    yield case("somebody has answered over IPv6", heard(0, far), called(0, far), heard(0, six[0]), heard(1_000, six[1]),
               heard(2_000, six[2]))
    yield case("a leaf: of those who go at once the longest silent", heard(0, B),
               push(50 * MINUTE, [A.record(50 * MINUTE, life=10 * MINUTE)], [A.beat(50 * MINUTE)]),
               heard(61 * MINUTE, C), heard(62 * MINUTE, D), member=False)
    mixed = Resident("mixed", "80.1.1.9", wire.endpoint_bytes("2a00:1:2::9", 7000))
    yield case("somebody has answered at an IPv4 or an IPv6 address: over neither", heard(0, mixed), called(0, mixed),
               heard(0, B), heard(1_000, C))
    yield case("called at all addresses, though only one can be", *reaches(), heard(0, mixed), heard(1_000, Z), lines=2)
