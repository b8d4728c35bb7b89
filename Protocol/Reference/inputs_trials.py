"""The inputs of the vectors of page 04, "The table": calls that decide who makes place."""

from inputs_members import (
    MINUTE, HOUR, A, B, C, D, Z, Resident, answers, beats, brought, called, case, fails, gone, heard, passes, push,
    reaches, up)


def trials():
    yield from _calls()
    yield from _others()
    yield from _pace()


def _calls():
    full = [*reaches(), heard(0, A), heard(1_000, B), heard(2_000, C)]
    yield case("nobody answers, and there is nobody to ask", *full, fails(3_000, A), heard(4_000, C))
    yield case("it answers, and the next one is called", *full, answers(3_000, A), heard(10_000, C), answers(11_000, B),
               heard(20_000, C))
    yield case("a call without an answer has failed after 30 s", *full, beats(25_000, B), heard(31_999, D),
               heard(32_000, C))
    yield case("while one is called, the next one is not", *full, heard(3_000, D), answers(4_000, A), heard(5_000, D))
    for failing in (fails(31_999, A), passes(32_000)):
        yield case(f"nobody answers, and something was heard {failing['at'] - 2_000} ms ago", *full, failing)
    lost = [*full, fails(3_000, A)]
    for at in (3_000 + HOUR - 1, 3_000 + HOUR):
        yield case(f"taken back {at - 3_000} ms after it was lost", *lost, push(at, [A.record(at)]))
    yield case("lost, and called after all", *lost, up(4_000, "second", A, True), heard(5_000, A))
    yield case("lost, called after all, and renewed when that link has ended", *lost, up(4_000, "second", A, True),
               heard(5_000, A), gone(6_000, "second"), push(7_000, [A.record(7_000)]))
    yield case("lost, and it calls", *lost, up(4_000, "second", A), heard(5_000, A))
    yield case("it calls while it is called: linked ones stay", *full, up(3_000, "second", A), fails(10_000, A),
               heard(20_000, C))


def _others():
    helpers = [Resident(f"helper {number}", f"{100 + number}.1.1.1") for number in range(4)]
    near = Resident("near helper", "100.1.2.1")

    def asked(*who, also=B, fails_at=3_000):
        linked = [up(0, f"helper {number}", one) for number, one in enumerate(who)]
        return [*reaches(), heard(0, *who), *linked, heard(0, A), *([heard(1_000, also)] if also else []),
                heard(2_000, C), fails(fails_at, A)]

    yield case("three are asked and two bring an answer: the next one is called", *asked(*helpers[:3]),
               brought(4_000, A, 2), heard(10_000, C), answers(11_000, B), heard(20_000, C))
    for at in (4_000 + HOUR - 1, 4_000 + HOUR):
        yield case(f"others brought an answer {at - 4_000} ms ago", *asked(*helpers[:3], also=None),
                   brought(4_000, A, 2), beats(HOUR - 10_000, A), heard(at, C), subnet=1)
    yield case("three are asked and one brings an answer", *asked(*helpers[:3]), brought(4_000, A, 1), passes(14_999),
               passes(15_000), heard(16_000, C))
    for count in (1, 2):
        yield case(f"one brings an answer of {count}", *asked(*helpers[:count]), brought(4_000, A, 1), passes(15_001))
    yield case("of four linked ones three are asked", *asked(*helpers), passes(15_001))
    yield case("of two in one wide subnet one is asked", *asked(helpers[0], near), brought(4_000, A, 1), passes(15_001))
    yield case("nothing was heard meanwhile: it stays, and is tried again",
               *asked(*helpers[:1], fails_at=25_000), passes(37_001), heard(40_000, C))
    two = Resident("two", "80.1.1.9", "60.1.1.9")
    first = [*reaches(), heard(0, helpers[0], two), up(0, "helper 0", helpers[0])]
    answered = [fails(2_000, two), brought(3_000, two, 1)]
    yield case("not tried again at those addresses, and at others", *first, heard(1_000, C), *answered,
               heard(10_000, D), heard(20_000, Resident("elsewhere", "60.1.1.1")), subnet=1)
    yield case("not tried again at those addresses and more", *first, heard(1_000, C), *answered, heard(10_000, Z),
               subnet=1, lines=3)
    yield case("tried again at some of those addresses", *first, heard(1_000, Z), *answered, heard(10_000, Z),
               heard(11_000, C), subnet=1, lines=3)
    short = Resident("short", "80.1.1.8")
    yield case("others brought an answer, and then its record expires", *reaches(), heard(0, helpers[0]),
               up(0, "helper 0", helpers[0]), push(0, [short.record(life=10 * MINUTE)], [short.beat()]),
               heard(1_000, C), fails(2_000, short), brought(3_000, short, 1), heard(10_000, C), heard(10 * MINUTE, C),
               subnet=1)
    yield case("asked about, and linked before anybody brings an answer", *asked(helpers[0]), up(4_000, "third", A),
               passes(15_001))


def _pace():
    residents = [Resident(f"resident {number}", f"{20 + number}.1.1.1") for number in range(18)]
    records = [Resident(f"newcomer {number}", f"{20 + number}.1.1.2").record() for number in range(18)]
    yield case("eight are called at once, sixteen in quick succession, one in 5 s in the long run", *reaches(),
               heard(0, *residents), push(1_000, records[:9]), *(answers(2_000, one) for one in residents[:8]),
               push(2_000, records[8:17]), *(answers(3_000, one) for one in residents[8:16]),
               push(4_900, records[16:17]), push(6_500, records[16:]), answers(7_000, residents[16]),
               push(8_000, records[17:]), push(12_000, records[17:]), subnet=1, buckets=65_536)
    street = [Resident(f"number {host}", f"80.1.{host}.1") for host in (1, 2)]
    yield case("one is called in each bucket", *reaches(), heard(0, *street), heard(
        1_000, *(Resident(f"opposite {host}", f"80.1.{host}.2") for host in (1, 2))), subnet=1, buckets=65_536)
    first, second = Resident("first", "60.1.1.1", "80.1.1.1"), Resident("second", "60.1.2.1")
    other = Resident("opposite too", "60.1.2.2")
    yield case("the bucket is that of its first address, whichever the call is about", *reaches(),
               heard(0, first, second), heard(1_000, Resident("opposite", "80.1.1.2")), heard(2_000, other),
               answers(3_000, first), heard(4_000, other), subnet=1, buckets=65_536)
