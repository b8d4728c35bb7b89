"""The inputs of the vectors of page 04."""

import wire
from conventions import agreement_key, signing_key
from identity import (
    HEARTBEAT_DOMAIN, RECORD_DOMAIN, Network, month_of, puzzle_output, puzzle_solved, record_body, short_id, signed,
    solve_puzzle,
)
from inputs_ground import DAY_MS, LOCAL, NOW, seeded
from inputs_wire import _field, make, wire_varint

MONTH = month_of(LOCAL, NOW)
FUTURE = 300_000


class Owner:
    """A member of the mesh, and what it signs."""

    def __init__(self, number):
        self.seed, self.number = seeded(f"member {number}"), number
        self.key = signing_key(self.seed)
        self.node = short_id(self.key)
        self.nonce = solve_puzzle(LOCAL, self.key, MONTH)

    def body(self, at=0, network=LOCAL, unknown=b"", **changes):
        fields = dict(seq=NOW + at, expires=NOW + at + DAY_MS, capabilities=7, month=MONTH, nonce=self.nonce,
                      addresses=[wire.endpoint_bytes("127.0.0.1", 4000 + self.number)]) | changes
        return record_body(network, self.seed, agreement_key(seeded(f"channel {self.number}")), **fields) + unknown

    def record(self, at=0, seed=None, **changes):
        """Made `at` ms after the beginning."""
        return signed(seed or self.seed, RECORD_DOMAIN, changes.get("network", LOCAL), self.body(at, **changes))

    def beat(self, at=0, period=5000, seed=None, domain=HEARTBEAT_DOMAIN, network=LOCAL, unknown=b""):
        body = wire.encode(make("HeartbeatBody", node=self.node, time=NOW + at, period=period)) + unknown
        return signed(seed or self.seed, domain, network, body)

    def wrong_nonce(self):
        """One that solves nothing."""
        return self._nonce("no solution", False)

    def other_nonce(self):
        """Another solution than that of its records."""
        return self._nonce("another solution", True)

    def _nonce(self, name, is_solved):
        return next(nonce for nonce in (seeded(f"{name} {i}", 16) for i in range(10_000))
                    if puzzle_solved(LOCAL, puzzle_output(LOCAL, self.key, MONTH, nonce)) == is_solved)


A, B, C = (Owner(number) for number in range(3))


def flipped(statement):
    other = make("Signed", body=statement.body, signature=statement.signature)
    other.signature = bytes([other.signature[0] ^ 1]) + other.signature[1:]
    return other


def of_a_body(body, domain=RECORD_DOMAIN):
    return signed(A.seed, domain, LOCAL, body)


def step(at, records=(), heartbeats=(), who="member"):
    return {"at": at, "from": who, "records": [wire.encode(one).hex() for one in records],
            "heartbeats": [wire.encode(one).hex() for one in heartbeats]}


def case(title, *steps, **more):
    return title, dict(network="local", seed=seeded("the reader").hex(), now=NOW, steps=list(steps)) | more


def tables():
    yield from _records()
    yield from _second_records()
    yield from _equivocation()
    yield from _heartbeats()
    yield from _presence()
    yield from _links()


def _records():
    def one(title, record):
        return case(title, step(0, [record], [A.beat()]))

    yield case("a record alone makes nobody present", step(0, [A.record()]))
    yield case("a record and a heartbeat", step(0, [A.record()], [A.beat()]))
    yield case("three members", step(0, [A.record(), B.record(), C.record()], [C.beat(), A.beat()]))
    yield one("a record of another network", A.record(network=Network("local-x")))
    yield one("a record whose body is none", of_a_body(b"\1\2\3"))
    yield one("a record with a critical field", of_a_body(A.body(unknown=_field(1000, b"x"))))
    yield one("a record with a field of a later version", of_a_body(A.body(unknown=_field(999, b"x"))))
    yield one("a heartbeat in a record's place", A.beat())
    yield one("a flipped bit in the signature", flipped(A.record()))
    yield one("signed by another member", A.record(seed=B.seed))
    yield one("signed as a heartbeat", of_a_body(A.body(), HEARTBEAT_DOMAIN))
    for title, changes in (
            ("seq 5 min ahead", dict(seq=NOW + FUTURE)), ("seq 5 min and 1 ms ahead", dict(seq=NOW + FUTURE + 1)),
            ("seq 2^64 - 1", dict(seq=2**64 - 1)), ("seq 0", dict(seq=0)), ("expires now", dict(expires=NOW)),
            ("expires in 1 ms", dict(expires=NOW + 1)),
            ("expires in 24 h and 5 min", dict(expires=NOW + DAY_MS + FUTURE)),
            ("expires in 24 h, 5 min and 1 ms", dict(expires=NOW + DAY_MS + FUTURE + 1)),
            ("expires at 2^64 - 1", dict(expires=2**64 - 1)), ("another month", dict(month=MONTH + 1)),
            ("an address of another kind of mesh", dict(addresses=[wire.endpoint_bytes("192.0.2.1", 4000)])),
            ("another month and such an address",
             dict(month=MONTH + 1, addresses=[wire.endpoint_bytes("192.0.2.1", 4000)])),
            ("expired, with such an address",
             dict(expires=NOW, addresses=[wire.endpoint_bytes("192.0.2.1", 4000)])),
            ("a puzzle that is not solved", dict(nonce=A.wrong_nonce())),
            ("no capability", dict(capabilities=0))):
        yield one(title, A.record(**changes))
    yield one("expired and a flipped bit", flipped(A.record(expires=NOW)))
    yield one("a puzzle that is not solved and a flipped bit", flipped(A.record(nonce=A.wrong_nonce())))
    yield case("a wrong record takes nobody's place", step(0, [flipped(A.record())]), step(1000, [A.record()]))


def _second_records():
    def then(title, *records):
        return case(title, step(0, [A.record()], [A.beat()]), step(1000, records))

    yield then("the same record again", A.record())
    yield then("a newer record", A.record(1000))
    yield then("an older record", A.record(-1000))
    yield then("an older record with a flipped bit", flipped(A.record(-1000)))
    yield then("the known body with a flipped bit in the signature", flipped(A.record()))
    yield then("a newer record with a flipped bit", flipped(A.record(1000)))
    yield then("a newer record that is not solved", A.record(1000, nonce=A.wrong_nonce()))
    yield then("a newer record that has expired", A.record(1000, expires=NOW + 1000))
    yield then("a newer record from the future", A.record(1000 + FUTURE + 1))
    yield then("a newer and an older one in one push", A.record(1000), A.record(500))
    yield then("two newer ones in one push", A.record(500), A.record(1000))
    yield case("a newer record of an absent member makes it no present one",
               step(0, [A.record()]), step(1000, [A.record(1000)]))


def _equivocation():
    first, second = A.record(), A.record(capabilities=3)

    def then(title, other, *later):
        return case(title, step(0, [first, B.record()], [A.beat(), B.beat()]), step(1000, [other]), *later)

    yield then("two bodies with one seq", second)
    yield case("the same two the other way round", step(0, [second], [A.beat()]), step(1000, [first]))
    yield then("an equivocator's heartbeat and newer record", second,
               step(4000, [A.record(4000)], [A.beat(4000), B.beat(4000)]))
    yield then("the proof again", second, step(2000, [first, second]))
    yield then("another body with one seq and a flipped bit", flipped(second))
    yield then("another body with one seq that has expired", A.record(capabilities=3, expires=NOW + 1000))
    yield then("another body with one seq and an address of another kind of mesh",
               A.record(addresses=[wire.endpoint_bytes("192.0.2.1", 4000)]))
    yield then("another body with one seq that is not solved", A.record(nonce=A.wrong_nonce()))
    yield then("another body with one seq and another puzzle", A.record(nonce=A.other_nonce()))
    yield case("another body with the seq of an older record",
               step(0, [first]), step(1000, [A.record(1000)]), step(2000, [second]))
    newer = step(0, [A.record(2000)], [A.beat(2000)])
    yield case("two bodies with an older seq", newer, step(1000, [first]), step(2000, [second]))
    yield case("two bodies with an older seq, apart", newer, step(1000, [first]), step(2000, [B.record()]),
               step(3000, [second]))
    yield case("one body with an older seq, twice", newer, step(1000, [first]), step(2000, [first, second]))
    yield case("two bodies with two older seqs", newer, step(1000, [first]),
               step(2000, [A.record(1000, capabilities=3)]))
    yield case("three bodies with two older seqs", newer, step(1000, [first, A.record(1000), second]))
    yield case("two bodies with an older seq, the second flipped", newer, step(1000, [first]),
               step(2000, [flipped(second)]), step(3000, [second]), step(4000, [first]))
    yield case("two bodies with an older seq, the first flipped", newer, step(1000, [flipped(first)]),
               step(2000, [second]))
    third = flipped(A.record(capabilities=1))
    yield case("two bodies with an older seq, after a forged third", newer, step(1000, [third]),
               step(2000, [first, second]))
    yield case("two bodies with an older seq, after one that is not solved", newer,
               step(1000, [A.record(nonce=A.wrong_nonce())]), step(2000, [first, second]))
    yield case("two bodies with an older seq, one of another puzzle", newer, step(1000, [first]),
               step(2000, [A.record(nonce=A.other_nonce())]))
    yield case("two bodies with an older seq, one not solved", newer, step(1000, [A.record(nonce=A.wrong_nonce())]),
               step(2000, [first]))
    for title, at in (("ignored 24 h less 1 ms", 1000 + DAY_MS - 1), ("ignored 24 h", 1000 + DAY_MS)):
        yield then(title, second, step(at, [A.record(at)], [A.beat(at)]))


def _heartbeats():
    def one(title, beat):
        return case(title, step(0, [A.record(), B.record()], [beat]))

    yield case("a heartbeat without a record", step(0, [B.record()], [A.beat()]))
    yield case("a heartbeat before its record", step(0, [], [A.beat()]), step(1000, [A.record()]))
    yield case("a heartbeat after the record's end",
               step(0, [A.record(expires=NOW + 1000)]), step(1000, [], [A.beat(1000)]))
    yield one("a heartbeat whose body is none", signed(A.seed, HEARTBEAT_DOMAIN, LOCAL, b"\1\2\3"))
    yield one("a heartbeat with a critical field", A.beat(unknown=_field(1000, b"x")))
    yield one("a heartbeat with a field of a later version", A.beat(unknown=wire_varint(999 << 3) + b"\1"))
    yield one("a heartbeat with a flipped bit", flipped(A.beat()))
    yield one("a heartbeat signed by another member", A.beat(seed=B.seed))
    yield one("a heartbeat signed as a record", A.beat(domain=RECORD_DOMAIN))
    yield one("a heartbeat of another network", A.beat(network=Network("local-x")))
    for period in (4_999, 5_000, 1_800_000, 1_800_001, 1, 2**32 - 1):
        yield one(f"a period of {period} ms", A.beat(period=period))
    for period in (5_000, 30_000):
        window = 2 * period + 120_000
        for at in (-window - 1, -window, window, window + 1):
            yield one(f"a period of {period} ms, {at} ms off", A.beat(at, period))
    yield one("time 2^64 - 1", A.beat(2**64 - 1 - NOW))
    yield one("time 0", A.beat(-NOW))
    yield one("out of time and a flipped bit", flipped(A.beat(130_001)))
    yield one("a wrong period, out of time", A.beat(2**63, period=4_999))
    yield from _second_heartbeats()


def _second_heartbeats():
    def then(title, *beats, first=A.beat()):
        return case(title, step(0, [A.record()], [first]), step(200, [], beats))

    yield then("the same heartbeat again", A.beat())
    yield then("an earlier heartbeat", A.beat(-1))
    yield then("an earlier heartbeat with a flipped bit", flipped(A.beat(-1)))
    yield then("the same time, another period", A.beat(period=6000))
    for period, after in ((5_000, 2_499), (5_000, 2_500), (20_000, 9_999), (20_000, 10_000), (5_001, 2_500),
                          (5_001, 2_501)):
        yield then(f"a period of {period} ms, {after} ms after the last", A.beat(after, period))
    yield then("a short period after a long one", A.beat(2_500), first=A.beat(0, 60_000))
    for period in (7_499, 7_500, 60_000):
        for after in (2_499, 2_500, 3_749, 3_750):
            yield then(f"a period of {period} ms after one of 5 s, {after} ms later", A.beat(after, period))
    yield then("a period that has grown, and grows again", A.beat(2_500, 7_500), A.beat(6_250, 11_250))
    yield then("a period that has grown, and grows again too soon", A.beat(2_500, 7_500), A.beat(6_249, 11_250))
    yield then("a period that has grown stays", A.beat(2_500, 60_000), A.beat(32_500, 60_000))
    yield then("a period that has grown stays, too soon", A.beat(2_500, 60_000), A.beat(32_499, 60_000))
    yield then("too soon for a wrong period", A.beat(3_000, 1_860_000))
    yield then("too soon and a flipped bit", flipped(A.beat(2_499)))
    for record, first, second in ((1_000, 999, 1_000), (1_000, 1_000, 1_001), (0, 1_000, 2_000), (1_000, 2_499, 2_500),
                                  (-1_000, 1_000, 2_000)):
        yield case(f"a record of {record} ms, and heartbeats {first} and {second} ms after the last",
                   step(0, [A.record(-60_000)], [A.beat()]),
                   step(200, [A.record(record)], [A.beat(first), A.beat(second)]))
    for at in (2_499, 2_500):
        yield case(f"dated a millisecond after the last, and {at} ms later",
                   step(0, [A.record()], [A.beat()]), step(at, [], [A.beat(1)]))
        yield case(f"a clock that was set back, and what comes every {at} ms",
                   step(0, [A.record()], [A.beat(60_000)]),
                   *(step(at * count, [], [A.beat(60_000 + count)]) for count in range(1, 9)))
    yield case("a heartbeat after two records", step(0, [A.record(-60_000)], [A.beat()]),
               step(1_000, [A.record(1_000)]), step(2_000, [A.record(2_000)], [A.beat(2_000)]))
    yield case("too soon, and then its record", step(0, [A.record(-60_000)], [A.beat()]),
               step(2_000, [], [A.beat(2_000)]), step(2_400, [A.record(1_000)], [A.beat(2_000)]))
    yield then("two in one push", A.beat(2_500), A.beat(5_000))
    yield then("two in one push, the later one first", A.beat(5_000), A.beat(2_500))
    yield then("two in one push, too close", A.beat(2_500), A.beat(4_999))


def _presence():
    def at(title, *moments, beat=A.beat(), steps=(), **changes):
        return case(title, step(0, [A.record(**changes)], [beat]), *steps, *(step(moment) for moment in moments))

    yield at("three periods of 5 s", 14_999, 15_000)
    yield at("three periods of 5,001 ms", 15_002, 15_003, beat=A.beat(0, 5_001))
    yield at("three times four of the mesh's periods, for a longer one", 59_999, 60_000, beat=A.beat(0, 30_000))
    yield at("of the longest, too", 59_999, 60_000, beat=A.beat(0, 1_800_000))
    yield at("a heartbeat that was a millisecond under way", 14_998, 14_999, beat=A.beat(-1))
    yield at("a heartbeat that was 7.5 s under way", 7_499, 7_500, beat=A.beat(-7_500))
    yield at("a heartbeat that was longer under way", 7_499, 7_500, beat=A.beat(-7_501))
    yield at("a heartbeat that was two minutes under way", 7_499, 7_500, beat=A.beat(-120_000))
    yield at("a heartbeat from ahead", 14_999, 15_000, beat=A.beat(2_000))
    yield at("a long period, 10 s under way", 49_999, 50_000, beat=A.beat(-10_000, 30_000))
    yield at("a long period, half of what counts under way", 29_999, 30_000, beat=A.beat(-40_000, 30_000))
    yield at("a second heartbeat counts from its own time", 18_999, 19_000,
             steps=[step(10_000, [], [A.beat(4_000)])])
    yield at("a second heartbeat prolongs it", 20_000, 24_999, 25_000, steps=[step(10_000, [], [A.beat(5_000)])])
    yield at("a second heartbeat that is refused does not", 14_999, 15_000,
             steps=[step(10_000, [], [flipped(A.beat(10_000))])])
    yield at("a heartbeat that is replayed at its end does not", 15_000, steps=[step(14_999, [], [A.beat()])])
    yield at("a second heartbeat, overdue and 8 s old", 19_999, 20_000, steps=[step(13_000, [], [A.beat(5_000)])])
    yield at("a second heartbeat, overdue and as old as an absence", 20_000, steps=[step(20_000, [], [A.beat(5_000)])])
    yield at("a second heartbeat, overdue and a millisecond younger", 19_999, 20_000,
             steps=[step(19_999, [], [A.beat(5_000)])])
    yield at("a second heartbeat, 5 s after the first, both 14 s under way", 5_001, 5_999, 6_000,
             beat=A.beat(-14_000), steps=[step(5_000, [], [A.beat(-9_000)])])
    heard = [step(now, [], [A.beat(now - 14_000)]) for now in (5_000, 10_000)]
    for dated in (-1, 0):
        yield at(f"heard at 5 s and 10 s, then one of {dated} ms, all 14 s under way", 14_000 + dated, 15_000 + dated,
                 21_499 + dated, 21_500 + dated, beat=A.beat(-14_000),
                 steps=[*heard, step(14_000 + dated, [], [A.beat(dated)])])
    for gap in (6_749, 6_750):
        now = 14_000 + gap
        yield at(f"heard for 14 s, and again {gap} ms later, all 14 s under way", now + 999, now + 1_000, now + 7_499,
                 now + 7_500, beat=A.beat(-14_000),
                 steps=[*heard, step(14_000, [], [A.beat(0)]), step(now, [], [A.beat(now - 14_000)])])
    yield at("a recording, a minute old, played at its pace", 7_499, 7_500, 12_499, 15_001, beat=A.beat(-60_000),
             steps=[step(now, [], [A.beat(now - 60_000)]) for now in (5_000, 10_000, 15_000)])
    yield at("a recording that is played after an absence", 60_001, 65_001, 70_001, steps=[
        step(now, [], [A.beat(now - 40_000)]) for now in (60_000, 65_000, 70_000)])
    yield at("a row that comes late", 60_000, 67_499, steps=[
        step(60_000, [], [A.beat(time) for time in (5_000, 10_000, 15_000)])])
    for now in (62_499, 62_500):
        yield at(f"{now - 60_000} ms after a row that comes late", 62_501, steps=[
            step(60_000, [], [A.beat(time) for time in (5_000, 10_000, 15_000)]), step(now, [], [A.beat(20_000)])])
    for old in (7_500, 7_501):
        yield at(f"overdue, {old} ms old", 60_001, steps=[step(60_000, [], [A.beat(60_000 - old)])])
        yield at(f"a first heartbeat that is {old} ms old", 7_499, beat=A.beat(-old))
    yield at("back after an absence", 39_999, 40_000, steps=[step(15_000), step(25_000, [], [A.beat(25_000)])])
    yield at("until the record's end", 9_999, 10_000, expires=NOW + 10_000)
    yield at("a record that follows in time", 10_000, 14_999, expires=NOW + 10_000,
             steps=[step(9_000, [A.record(9_000)])])
    yield at("a record that follows too late", 10_000, 14_999, expires=NOW + 10_000,
             steps=[step(12_000, [A.record(12_000)])])


def _links():
    yield case("what a leaf pushes is ignored", step(0, [A.record()], [A.beat()], "leaf"),
               step(1000, [flipped(A.record())], [], "leaf"), step(2000, [B.record()]))
    wrong = flipped(A.record())
    yield case("seven violations are borne", step(0, [wrong] * 7), step(1000, [A.record()], [A.beat(1000)]))
    yield case("the eighth ends the link", step(0, [wrong] * 7), step(1000, [wrong]),
               step(2000, [A.record()], [A.beat(2000)]))
    yield case("refusals are no violations", *(step(at * 1000, [A.record(expires=NOW)] * 10) for at in range(2)),
               step(3000, [A.record()]))


def mesh_times():
    yield from _member_times()
    yield from _leaf_times()


def _member_times():
    def member(title, *neighbours, mesh=0):
        return title, dict(wall=NOW, mesh=NOW + mesh, neighbours=[
            dict(wall=NOW + wall, mesh=None if there is None else NOW + there) for wall, there in neighbours])

    yield member("one neighbour, mesh time unknown", (600, None))
    yield member("two neighbours, mesh times unknown", (600, None), (1200, None))
    yield member("three neighbours, mesh times unknown", (-600, None), (60, None), (6000, None))
    yield member("one neighbour that agrees", (0, 0))
    yield member("one neighbour, 600 ms ahead", (600, 600))
    yield member("one neighbour whose mesh time is another", (600, -600))
    yield member("the own mesh time counts", (0, 0), (0, 0), mesh=12)
    yield member("four neighbours, two lie about mesh time", (0, 0), (0, 12), (0, 60_000), (0, 60_000), mesh=6)
    yield member("five neighbours, one lies about everything", (0, 6), (12, 12), (-12, 0), (18, 12), (-90_000, -90_000))
    yield member("all mesh times lie: the leash", (0, 9_000), (0, 9_000), (0, 9_000))
    yield member("the leash on the other side", (0, -9_000), (0, -9_000), (0, -9_000))
    yield member("the leash is longer where wall clocks differ", (600, 9_000), (-600, 9_000), (1200, 9_000),
                 (-1200, 9_000))
    yield member("the leash of an even number of clocks", (600, 9_000), (1200, 9_000), (-300, 9_000))
    yield member("some mesh times are not known", (60, 120), (120, None), (180, 120), (240, None), mesh=120)
    yield member("eight neighbours", (60, 120), (120, 180), (180, 240), (240, 120), (-60, 60), (-120, 0), (-180, 60),
                 (0, 120), mesh=90)
    yield member("nine values, a third left out at each end", *((0, at) for at in (-18, -12, -6, 0, 3, 12, 15, 18)),
                 mesh=6)


def _leaf_times():
    def leaf(title, homes, *heartbeats):
        return title, dict(wall=NOW, homes=[NOW + home for home in homes], heartbeats=[
            dict(received=NOW - late, time=NOW - late + ahead, period=period, inTime=in_time)
            for ahead, period, in_time, late in heartbeats])

    fresh = [(ahead, 5000, True, 700) for ahead in (-30, -10, -50)]
    table = [(ahead, period, False, 300) for ahead, period in ((-4000, 5000), (-1000, 6000), (-2000, 20_000))]
    yield leaf("one home", [400])
    yield leaf("two homes", [400, 600])
    yield leaf("homes within what heartbeats allow", [400, 600], *fresh)
    yield leaf("a home that is far ahead", [60_000], *fresh)
    yield leaf("a home that is far behind", [-60_000], *fresh)
    for home in (-2_031, -2_030, -2_029, 7_969, 7_970, 7_971):
        yield leaf(f"a home that is {home} ms ahead", [home], *fresh)
    yield leaf("two homes, one far ahead", [60_000, 0], *fresh)
    yield leaf("heartbeats out of a table, home ahead", [60_000], *table)
    yield leaf("heartbeats out of a table, home behind", [-60_000], *table)
    yield leaf("heartbeats out of a table, home 12 s ahead", [12_000], *table)
    yield leaf("heartbeats out of a table, home 12.001 s ahead", [12_001], *table)
    yield leaf("heartbeats out of a table, home within", [1500], *table)
    yield leaf("half of them follow", [60_000], *fresh[:2], *table[:2])
    yield leaf("less than half of them follow", [60_000], *fresh[:1], *table[:2])
    yield leaf("no home, fresh heartbeats", [], *fresh)
    yield leaf("no home, heartbeats out of a table", [], *table)
    yield leaf("four fresh ones", [60_000], *fresh, (-20, 5000, True, 0))
    yield leaf("one that lies", [100], *fresh, (90_000, 5000, True, 0))


def measurements():
    def of_a_link(title, *measured):
        return title, dict(measured=[dict(at=at, ahead=ahead, uncertainty=unsure) for at, ahead, unsure in measured])

    yield of_a_link("one", (0, 40, 7))
    yield of_a_link("a better one", (0, 40, 7), (1, 41, 5))
    yield of_a_link("a worse one", (0, 40, 7), (1, 41, 9))
    yield of_a_link("an equally good one, of the same moment", (0, 40, 7), (0, 41, 7))
    yield of_a_link("worse by what a second takes", (0, 40, 7), (1, 41, 8))
    yield of_a_link("worse by what ten seconds take", (0, 40, 7), (10, 41, 17))
    yield of_a_link("worse by more than ten seconds take", (0, 40, 7), (10, 41, 18))
    yield of_a_link("worse, and they touch", (0, 40, 7), (1, 97, 50))
    yield of_a_link("worse, and they contradict each other", (0, 40, 7), (1, 98, 50))
    yield of_a_link("contradicted from the other side", (0, 98, 7), (1, 40, 50))
    yield of_a_link("the middle one is the best", (0, 40, 20), (5, 42, 3), (10, 41, 9))
    yield of_a_link("a clock that was set, then a better look", (0, 40, 7), (10, 5_040, 30), (20, 5_020, 8))
    yield of_a_link("a clock that was set forth and back", (0, 40, 7), (10, 5_040, 7), (20, 41, 9))


def clock_steps():
    yield "the first measurement jumps", dict(ahead=[4_000])
    yield "what is below 5 ms is left", dict(ahead=[4, 5, 9, 10, 6, 5])
    yield "jumps for a minute", dict(ahead=[1_000] * 30 + [9_000] * 29 + [500])
    yield "steps after a minute", dict(ahead=[1_000] * 60 + [2_000] * 5 + [2_004, 2_005])
    yield "steps back", dict(ahead=[1_000] * 60 + [0] * 6)
    yield "a step of 250 ms and one more", dict(ahead=[1_000] * 60 + [1_250, 1_501, 1_501])
