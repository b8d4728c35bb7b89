"""The inputs of the vectors of page 04, "Applicants"."""

from conventions import signing_key
from inputs_ground import seeded
from inputs_members import HOUR, MINUTE, FRIEND, Resident, called, case, fails, gone, passes, push
from inputs_table import flipped

OUT, IN, OTHER = "out", "in", "other"  # a link that this node has dialled, and two that others have


def link(name, member=None):
    peer = member.key if member else signing_key(seeded(f"neighbour {name}"))
    return dict(name=name, peer=peer.hex(), dialled=name == OUT)


LINKS = (link(OUT), link(IN), link(OTHER))
ROOM = dict(subnet=100, wide=100)


def found(at, is_solved, *members):
    """What came of a batch."""
    return {"at": at, "says": "checked", "results": [{"node": one.node, "solved": is_solved} for one in members]}


def solved(at, *members):
    return found(at, True, *members)


def false(at, *members):
    return found(at, False, *members)


def one(title, *steps, links=LINKS, **more):
    return case(title, *steps, links=links, **ROOM | more)


def apart(*names):
    """Members in subnets of their own."""
    return [Resident(name, f"{30 + number}.1.1.1") for number, name in enumerate(names)]


A, B = apart("A", "B")
P, Q = (Resident(name, f"{name_at}.1.1.1") for name, name_at in (("P", 28), ("Q", 29)))
# Whose puzzles are being computed while others wait.
BUSY = [push(0, [P.record(), Q.record()], link=OUT)]
REACHES = [push(0, [FRIEND.record()], [FRIEND.beat()], OUT), solved(0, FRIEND), called(0, FRIEND)]


def applicants():
    yield from _waits()
    yield from _heartbeats()
    yield from _lines()
    yield from _second_bodies()
    yield from _contradictions()
    yield from _newer()
    yield from _room()


def _waits():
    came = push(0, [A.record()], [A.beat()], IN)
    yield one("a record waits with its heartbeat", came, passes(1_000))
    yield one("a record that waits is taken when its puzzle is solved", came, solved(1_000, A))
    yield one("a record that waits is not taken when its puzzle is false", came, false(1_000, A))
    yield one("a record waits without a heartbeat", push(0, [A.record()], link=IN))
    yield one("a heartbeat before its record", push(0, [], [A.beat()], IN), push(1_000, [A.record()], link=IN))
    yield one("a record waits beside somebody's line", push(0, [B.record()], [B.beat()], IN), solved(1_000, B),
              push(2_000, [A.record()], [A.beat()], OTHER))


def _heartbeats():
    came = push(0, [A.record()], [A.beat()], IN)
    for at in (59_999, 60_000):
        yield one(f"a heartbeat counts from when it came: solved at 10 s, looked at {at} ms", came, solved(10_000, A),
                  passes(at))
    yield one("solved when its heartbeat does not count any more", came, solved(60_000, A))
    yield one("the newest heartbeat is kept, however soon it comes", came, push(1_000, [], [A.beat(1)], IN),
              push(2_000, [], [A.beat(), A.beat(1)], IN), solved(3_000, A))
    yield one("heartbeats with a flipped bit, of a wrong period, out of time", push(0, [A.record()], link=IN), push(
        1_000, [], [flipped(A.beat()), A.beat(0, 19_999), A.beat(-159_001), A.beat(161_001)], IN), solved(2_000, A))
    yield one("heartbeats that are just in time", push(0, [A.record()], link=IN),
              push(0, [], [A.beat(-160_000), A.beat(160_000)], IN))
    yield one("the same record and heartbeat over another link", came,
              push(1_000, [A.record()], [A.beat()], OTHER), solved(2_000, A))


def _lines():
    line = [push(0, [A.record()], [A.beat()], IN), solved(0, A)]
    renewed = [*line, push(1_000, [A.record(1_000, puzzle=1)], link=IN)]
    yield one("a newer record with the same puzzle is no applicant", *line, push(1_000, [A.record(1_000)], link=IN))
    yield one("a newer record with another puzzle is one, and the line stands", *renewed)
    yield one("a renewal waits: heartbeats go on coming to the line", *renewed, push(20_000, [], [A.beat(20_000)], IN))
    yield one("a renewal takes the line's place when its puzzle is solved", *renewed,
              push(20_000, [], [A.beat(20_000)], IN), solved(21_000, A))
    yield one("a renewal does not when its puzzle is false", *renewed, false(21_000, A))
    expired = [push(0, [A.record(life=10 * MINUTE)], [A.beat()], IN), solved(0, A),
               push(11 * MINUTE, [A.record(11 * MINUTE, puzzle=1)], link=IN)]
    yield one("an expired line: its last heartbeat is named", *expired)
    yield one("an expired line: an earlier heartbeat is not kept, a later one is", *expired,
              push(11 * MINUTE, [], [A.beat(), A.beat(11 * MINUTE)], IN))
    yield one("an expired line: the later one counts when the record is taken", *expired,
              push(11 * MINUTE, [], [A.beat(11 * MINUTE)], IN), solved(12 * MINUTE - 1_000, A), passes(12 * MINUTE - 1),
              passes(12 * MINUTE))


def _second_bodies():
    came = push(0, [A.record()], [A.beat()], IN)
    second = push(1_000, [A.record(capabilities=3)], link=OTHER)
    yield one("a second body is proof once the puzzle is solved", came, second, passes(2_000), solved(3_000, A),
              push(30_000, [A.record(30_000)], [A.beat(30_000)], IN))
    yield one("a second body, and the puzzle is false", came, second, false(2_000, A))
    yield one("a second body with another puzzle is nothing new", came,
              push(1_000, [A.record(capabilities=3, puzzle=1)], link=OTHER), solved(2_000, A))
    for puzzle in (0, 1):
        yield one(f"a second body with a flipped bit and {'another' if puzzle else 'the same'} puzzle", came, push(
            1_000, [flipped(A.record(capabilities=3, puzzle=puzzle))], link=OTHER), solved(2_000, A))
    yield one("a second body, and a newer record with another puzzle", came, second,
              push(2_000, [A.record(2_000, puzzle=1)], link=IN), solved(3_000, A), solved(4_000, A))
    house, near = Resident("house", "80.1.1.1"), A.record(2_000, places=["80.1.1.9"], puzzle=1)
    yield one("a second body stays when a newer record finds no room", came, second,
              push(1_500, [house.record()], link=IN), push(2_000, [near], link=IN), solved(3_000, A), subnet=1)


def _contradictions():
    line = [push(0, [A.record()], [A.beat()], IN), solved(0, A)]
    waits = [*line, push(1_000, [A.record(capabilities=3, puzzle=1)], link=OTHER)]
    yield one("another body with the seq of a line, of another puzzle, is an applicant", *waits)
    yield one("another body with the seq of a line is proof when its puzzle is solved", *waits, solved(2_000, A))
    yield one("another body with the seq of a line is none when its puzzle is false", *waits, false(2_000, A),
              push(3_000, [A.record(capabilities=3, puzzle=1)], link=IN))
    yield one("another body with the seq of a line, while another such waits", *waits,
              push(1_500, [A.record(capabilities=1, puzzle=2)], link=IN), solved(2_000, A))
    yield one("another body with the seq of a line, while a renewal waits", *line,
              push(1_000, [A.record(1_000, puzzle=2)], link=IN),
              push(1_500, [A.record(capabilities=3, puzzle=1)], link=OTHER), solved(2_000, A))
    yield one("a newer record takes the place of another body with the seq of a line", *waits,
              push(1_500, [A.record(1_500, puzzle=2)], link=IN),
              solved(2_000, A), solved(3_000, A))
    yield one("a renewal goes when its owner is convicted", *line, push(1_000, [A.record(1_000, puzzle=2)], link=IN),
              push(1_500, [A.record(capabilities=3)], link=OTHER), solved(2_000, A))
    yield one("a renewal goes when its owner is convicted by two older bodies", push(0, [A.record(500)], link=IN),
              solved(500, A), push(1_000, [A.record(1_000, puzzle=2)], link=IN),
              push(1_500, [A.record(), A.record(capabilities=3)], link=OTHER))
    yield one("another body with the seq of a line has no place of its own", *line, *BUSY,
              push(1_000, [A.record(capabilities=3, puzzle=1)], link=IN), applicants=2)
    near = Resident("A", "31.1.1.9")  # A's key, where B is
    yield one("row 12 does not concern another body with the seq of a line", *line,
              push(500, [B.record()], [B.beat()], IN), solved(500, B),
              push(1_000, [near.record(puzzle=1)], link=OTHER), solved(2_000, A), subnet=1)


def _newer():
    newer = A.record(1_000)
    yield one("a newer record takes an older one's place", push(0, [A.record()], [A.beat()], IN),
              push(1_000, [newer], link=OTHER), gone(2_000, IN), passes(3_000))
    yield one("a newer record that took an older one's place is taken, with the heartbeat",
              push(0, [A.record()], [A.beat()], IN), push(1_000, [newer], link=OTHER), solved(2_000, A))
    yield one("an older record and the same bytes are nothing new", push(0, [newer], link=IN),
              push(1_000, [A.record(), newer], link=OTHER))
    yield one("an older record, though newer than the line", push(0, [A.record()], link=IN), solved(0, A),
              push(2_000, [A.record(2_000, puzzle=1)], link=IN), push(3_000, [A.record(1_000, puzzle=2)], link=OTHER),
              solved(4_000, A))
    yield one("the same bytes under another signature are nothing new", *BUSY, push(0, [A.record()], link=IN),
              push(1_000, [flipped(A.record())], link=OTHER), gone(2_000, IN), passes(3_000))
    yield one("a newer record has bringers of its own", *BUSY, push(0, [A.record()], [A.beat()], IN),
              push(1_000, [newer], link=OTHER), gone(2_000, OTHER), passes(3_000))
    yield one("a newer one with another puzzle, while the first is computed and false",
              push(0, [A.record(), Q.record()], link=IN), push(1_000, [A.record(1_000, puzzle=1)], link=OTHER),
              false(2_000, A), solved(3_000, A))


def _room():
    a, c, d = (Resident(f"resident {host}", f"80.1.1.{host}") for host in range(1, 4))

    def taken(at, member, **changes):
        return [push(at, [member.record(at, **changes)], [member.beat(at)], IN), solved(at, member)]

    yield one("an applicant displaces nobody, and its line does", *taken(0, a, life=10 * MINUTE),
              push(11 * MINUTE, [c.record(11 * MINUTE)], link=IN), passes(11 * MINUTE + 1_000),
              solved(11 * MINUTE + 2_000, c), subnet=1)
    again = push(2_500, [c.record(1_000)], link=IN)
    tried = [*REACHES, *taken(0, a), push(1_000, [c.record(1_000)], link=IN), passes(1_500), solved(2_000, c), again]
    yield one("it starts no trial, and its line does", *tried, subnet=1)
    yield one("after the trial it is taken, and not computed again", *tried, fails(3_000, a),
              push(4_000, [c.record(1_000)], [c.beat(4_000)], IN), subnet=1)
    yield one("nothing is computed for whom there is no room", *REACHES, *taken(0, a), called(0, a),
              push(1_000, [c.record(1_000)], [c.beat(1_000)], IN), subnet=1)
    yield one("there is no room any more when it is solved", *taken(0, a),
              push(1_000, [c.record(1_000), d.record(1_000)], [c.beat(1_000)], IN), solved(2_000, c),
              solved(3_000, d), push(4_000, [d.record(1_000)], link=IN), subnet=2)
    full = [*taken(0, a), push(1_000, [c.record(1_000), d.record(1_000)], [c.beat(1_000)], IN),
            push(1_500, [d.record(1_000, capabilities=3)], link=OTHER), solved(2_000, c)]
    yield one("a second body is forgotten with one that gets no line", *full, solved(3_000, d), passes(4_000),
              push(2 * HOUR, [d.record(1_000)], link=IN), subnet=2)
    moved = dict(places=["80.1.1.9"], puzzle=1)
    yield one("a second body of a renewal for which there is no room is proof", *taken(0, a), *taken(0, A),
              push(1_000, [A.record(1_000, **moved)], link=IN),
              push(1_500, [A.record(1_000, capabilities=3, **moved)], link=OTHER),
              push(2_000, [c.record()], [c.beat()], IN), solved(3_000, c), solved(4_000, A), subnet=2)
    yield one("an applicant goes with its owner's line", *taken(0, a, life=10 * MINUTE), *taken(10 * MINUTE, d),
              push(11 * MINUTE, [a.record(11 * MINUTE, puzzle=1)], link=IN),
              push(11 * MINUTE, [c.record(11 * MINUTE)], link=OTHER), solved(12 * MINUTE, c), solved(13 * MINUTE, a),
              subnet=2)
    yield one("an applicant goes with its owner's line that has lost a trial", *REACHES, *taken(0, a),
              push(1_000, [c.record(1_000)], link=OTHER), solved(1_500, c),
              push(2_000, [a.record(2_000, puzzle=1)], link=IN), fails(3_000, a), solved(4_000, a), subnet=1)
