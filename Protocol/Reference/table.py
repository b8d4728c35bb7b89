"""The table of members, and mesh time.  Page: 04-membership.md.

Comparing and pulling are in comparing.py, the tree is in tree.py, room in room.py, applicants are in applicants.py.
Left out: quotas of signature checks and renewals, pushing on, storage."""

import time
from dataclasses import dataclass, field
from fractions import Fraction

import wire
from conventions import MAXIMUM_U64, Refused
from identity import check_heartbeat, check_record, placement_key, puzzle_output, puzzle_solved, short_id

IGNORED_FOR, MOST_OLDER = 86_400_000, 64
TAKEN, KNOWN, EQUIVOCATION = "taken", "nothing new", "equivocation"


class Violation(Refused):
    """What counts against the link that it came over."""


class RecordMissing(Refused):
    """A heartbeat without its owner's record, which is to be asked for."""

    def __init__(self, node):
        super().__init__("no record")
        self.node = node


def wall_ms():
    return time.time_ns() // 1_000_000


def monotonic_ms():
    return time.monotonic_ns() // 1_000_000


@dataclass
class Line:
    """What is held of one member."""

    record: object
    signed: object
    placement: bytes
    beat: object = None  # the signed bytes of the last heartbeat
    beat_time: int = 0
    beat_period: int = 0
    received: int | None = None
    age: int = 0  # "Presence", A
    ahead: int | None = None  # "Mesh time": heartbeat time less the own wall clock when it came
    first: bool = True  # "Presence": that heartbeat was the first one known
    in_time: bool = False  # ... or came after an earlier one and in time
    followed: bool = False  # ... and was made while its owner was heard
    heard_since: int = 0  # ... which began then
    overdue: bool = False  # it was overdue
    for_all: bool = False  # "Pushing": that heartbeat took all links

    def opens_record(self, time):
        """Whether a heartbeat of this time is the first since the record."""
        return self.beat is None or self.beat_time < self.record.seq <= time


@dataclass
class Table:
    network: object
    clock: object
    monotonic: object = monotonic_ms
    lines: dict = field(default_factory=dict)  # by short id
    proofs: dict = field(default_factory=dict)  # "Equivocation": short id -> (until when, two signed records)
    older: dict = field(default_factory=dict)  # short id -> the last record with a lower seq, and that

    def proof(self, node):
        """Both records of an owner that is ignored, or None."""
        until, records = self.proofs.get(node, (None, None))
        return records if until is not None and self.monotonic() < until else None

    @staticmethod
    def _body(name, signed):
        """Row 1 of both tables."""
        try:
            return wire.decode(name, signed.body)
        except Refused as refused:
            if refused.why == wire.CRITICAL:
                raise
            raise Violation(refused.why) from None

    # "Accepting a record", row by row

    def take_record(self, signed):
        body = self._body("RecordBody", signed)
        if body.network != self.network.id:
            raise Violation("another network")
        owner = short_id(body.node_key)
        known = self.lines.get(owner)
        if self.proof(owner):
            raise Refused("ignored")
        if known:
            if known.record.node_key != body.node_key:
                raise Refused("short id of another")
            if body.seq < known.record.seq:
                return self._take_older(owner, signed, body)
            if signed.body == known.signed.body:
                return KNOWN
            if body.seq == known.record.seq:
                second = self._checked(signed)
                if second.puzzle != known.record.puzzle:
                    self._placed(second)
                self.proofs[owner] = self.monotonic() + IGNORED_FOR, (known.signed, signed)
                return EQUIVOCATION
        record = self._checked(signed)
        placement = self._placed(record)
        if known:
            known.record, known.signed, known.placement = record, signed, placement
        else:
            self.lines[owner] = Line(record, signed, placement)
        return TAKEN

    def _take_older(self, owner, signed, body):
        """"Equivocation", under a lower seq."""
        earlier, seq = self.older.get(owner, (None, None))
        if earlier is None or seq != body.seq or earlier.body == signed.body:
            if earlier is None and len(self.older) >= MOST_OLDER:
                self.older.pop(next(iter(self.older)))
            self.older[owner] = signed, body.seq
            return KNOWN
        second = self._checked(signed)
        self.older[owner] = signed, body.seq
        try:
            first = self._checked(earlier)
        except Refused:
            return KNOWN
        if not first.puzzle == second.puzzle == self.lines[owner].record.puzzle:
            return KNOWN
        self.proofs[owner] = self.monotonic() + IGNORED_FOR, (earlier, signed)
        return EQUIVOCATION

    def _placed(self, record):
        """Row 13."""
        output = puzzle_output(self.network, record.node_key, record.puzzle.month, record.puzzle.nonce)
        if not puzzle_solved(self.network, output):
            raise Violation("not solved")
        return placement_key(output)

    def _checked(self, signed):
        """Rows 10 and 11, in the order of page 01."""
        try:
            return check_record(self.network, signed, self.clock.mesh_ms())
        except Refused as refused:
            if refused.why in ("address not allowed", "bad signature"):
                raise Violation(refused.why) from None
            raise

    # "Accepting a heartbeat", row by row

    def take_heartbeat(self, signed):
        body = self._body("HeartbeatBody", signed)
        if self.proof(body.node):
            raise Refused("ignored")
        line = self.lines.get(body.node)
        if line is None or line.record.expires <= self.clock.mesh_ms():
            raise RecordMissing(body.node)
        if line.beat is not None:
            if body.time <= line.beat_time:
                return KNOWN
            has_grown = body.period * 2 >= line.beat_period * 3
            spaced = line.beat_period * 1000 if has_grown else max(body.period * 1000, self.period())
            apart = max(body.time - line.beat_time, self.monotonic() - line.received)
            if apart * 2000 < spaced and not line.opens_record(body.time):
                raise Refused("too soon")
        try:
            beat = check_heartbeat(self.network, signed, line.record.node_key, None, self.clock.mesh_ms())
        except Refused as refused:
            if refused.why in ("period out of range", "bad signature"):
                raise Violation(refused.why) from None
            raise
        self.hear(line, signed, beat, self.monotonic())
        return TAKEN

    def hear(self, line, signed, beat, received):
        """"Presence": what a heartbeat that is taken says, and when it came.  That is earlier than now if its owner's
        record waited."""
        line.for_all = not self._is_present(line, self.period()) or line.opens_record(beat.time)
        waited = self.monotonic() - received
        line.overdue = line.beat is not None and self.is_overdue(line, received)
        in_a_row = line.beat is not None and (received - line.received) * 2 < beat.time - line.beat_time
        late = line.overdue or in_a_row
        line.first = line.beat is None
        if line.first or late:
            line.heard_since = received
        line.age = max(0, self.clock.mesh_ms() - waited - beat.time)
        line.in_time = not line.first and not late
        line.followed = line.in_time and line.age <= received - line.heard_since
        line.beat, line.beat_time, line.beat_period = signed, beat.time, beat.period
        line.received, line.ahead = received, beat.time - wall_ms() + waited

    def take_push(self, push, tree=None, link=None):
        """Short ids of owners whose records are missing.  The tree hears of the heartbeats that came over the link."""
        missing = []
        for signed in push.records:
            try:
                self.take_record(signed)
            except Refused:
                pass
        for signed in push.heartbeats:
            try:
                self.take_heartbeat_over(signed, tree, link)
            except RecordMissing as fault:
                missing.append(fault.node)
            except Refused:
                pass
        return missing

    def take_heartbeat_over(self, signed, tree, link):
        """"The tree": what a heartbeat says about the link over which it came."""
        node = self.owner_of(signed)
        verdict = self.take_heartbeat(signed)
        line = self.lines.get(node)
        if tree and verdict == TAKEN:
            if not line.for_all:
                tree.came_aside(link, line.overdue)
            if self.goes_on(line):
                tree.came_first(link, signed.body)
        elif tree and verdict == KNOWN and line.beat.body == signed.body and not line.for_all:
            tree.came_twice(link, signed.body, self.monotonic() - line.received)
        return verdict

    @staticmethod
    def owner_of(signed):
        """The short id in a heartbeat, or None."""
        try:
            return wire.decode("HeartbeatBody", signed.body).node
        except Refused:
            return None

    # "Presence"

    def goes_on(self, line):
        """"Pushing": whether the last heartbeat is passed on."""
        return line.followed or 2 * line.age * 1000 <= counting_span(line.beat_period, self.period())

    def _is_present(self, line, period):
        if line.received is None or self.proof(short_id(line.record.node_key)):
            return False
        span = counting_span(line.beat_period, period)
        span -= spent(line, span)
        fresh = (self.monotonic() - line.received) * 1000 < span
        return fresh and line.record.expires > self.clock.mesh_ms()

    def period(self):
        """P in microseconds for the number of present members, which depends on P: begun with the shortest."""
        count = sum(self._is_present(line, self.network.shortest_period) for line in self.lines.values())
        return self.network.heartbeat_period(count)

    def present(self, capability=None):
        """Lines of present members, in the order of their node keys."""
        period = self.period()
        found = [line for line in self.lines.values()
                 if (capability is None or line.record.capabilities & capability) and self._is_present(line, period)]
        return sorted(found, key=lambda line: line.record.node_key)

    def speaking(self):
        """"Mesh time": lines of those who are present, or absent because of what their heartbeats say of the time."""
        period, now = self.period(), self.monotonic()
        return [line for line in self.lines.values() if self._is_present(line, period) or (
            line.in_time and (now - line.received) * 2000 < counting_span(line.beat_period, period))]

    def is_overdue(self, line, now):
        """"Pulling": the next heartbeat of a present member should have come by then."""
        return (now - line.received) * 1000 >= overdue_from(line.beat_period)

    def shown(self, begin=0, end=MAXIMUM_U64):
        """"Comparing": ids of unexpired records and of ignored owners in a range, sorted."""
        now = self.clock.mesh_ms()
        return sorted(node for node, line in self.lines.items()
                      if begin <= node <= end and (line.record.expires > now or self.proof(node)))


def counting_span(beat_period, period):
    """S in microseconds; the heartbeat's period in ms, P in microseconds."""
    return 3 * min(max(beat_period * 1000, period), 4 * period)


def spent(line, span):
    """How much of S is over when a heartbeat comes, in microseconds."""
    return min(line.age * 1000, span // 2) if line.first or line.followed else line.age * 1000


def overdue_from(period):
    """"Pulling": for a period in ms, how long after a heartbeat, in microseconds, the next one is overdue."""
    period *= 1000
    return period * 11 // 10 + patience_for(period) // 2


def patience_for(period):
    return min(8_000_000, period // 2)


def asked_from(period, age):
    """"Pulling": for a period in ms, and the age in ms that the last one had when it came, how long after that, in
    microseconds, the next one begins to be asked for, and from when on it is without fail."""
    overdue = overdue_from(period)
    patience = patience_for(period * 1000)
    begin = overdue - min(max(0, age * 1000 - patience // 2), overdue // 2)
    return begin, begin + patience


# "Mesh time"

def median(values):
    ordered = sorted(values)
    return Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2], 2)


def middle_third(values):
    left_out = len(values) // 3
    kept = sorted(values)[left_out : len(values) - left_out]
    return Fraction(sum(kept), len(kept))


def member_offset(own, neighbours):
    """From the own present offset, and for each neighbour how far its wall clock and its mesh time are ahead of the
    own wall clock; None where a mesh time is not known."""
    walls = [wall for wall, _ in neighbours] + [0]
    w = median(walls)
    times = [mesh for _, mesh in neighbours if mesh is not None]
    if not times:
        return w
    leash = 6 * median(abs(wall - w) for wall in walls) + 20
    return max(w - leash, min(middle_third([*times, own]), w + leash))


def counting_measurement(measured):
    """Of a link's measurements (offset ms, uncertainty ms, when in s), oldest first, the one that counts."""
    last = measured[-1][2]
    kept = [one for number, one in enumerate(measured)
            if all(abs(one[0] - newer[0]) <= one[1] + newer[1] for newer in measured[number + 1 :])]
    return min(reversed(kept), key=lambda one: one[1] + (last - one[2]))


def steps(estimates):
    """The offset after each of the estimates (ms), which are a second apart from the first measurement on."""
    offset = 0
    for second, estimate in enumerate(estimates):
        wanted = estimate - offset
        if abs(wanted) >= 5:
            offset += wanted if second < 60 else max(-250, min(wanted, 250))
        yield offset


def leaf_offset(homes, heartbeats):
    """From the homes' mesh times, and (ahead, period, in time) of the last heartbeat of each member that speaks."""
    linked = median(homes) if homes else None
    if not heartbeats:
        return linked
    in_time = [ahead for ahead, _, is_in_time in heartbeats if is_in_time]
    if len(in_time) * 2 >= len(heartbeats):
        middle, late = median(in_time), 0
    else:
        middle = median(ahead for ahead, _, _ in heartbeats)
        late = median(period for _, period, _ in heartbeats)
    if linked is None:
        return middle + Fraction(late, 2)
    return max(middle - 2000, min(linked, middle + late + 8000))


class MeshClock:
    """A leaf's: the homes' mesh time, within what the members' heartbeats allow."""

    def __init__(self):
        self.offset, self.table = 0, None
        self.measured = {}  # link -> [(offset ms, uncertainty ms, when)]

    def mesh_ms(self):
        return wall_ms() + round(self.offset)

    @property
    def known(self):
        return any(self.measured.values())

    def pong(self, link, sent, received, mesh):
        """A home's mesh time in an answer that was `received - sent` seconds under way."""
        trip = (received - sent) * 1000
        self.measured.setdefault(link, []).append((mesh + trip / 2 - wall_ms(), trip / 2 + 1, received))
        del self.measured[link][:-8]
        self._settle()

    def gone(self, link):
        self.measured.pop(link, None)

    def _settle(self):
        best = [counting_measurement(found) for found in self.measured.values()]
        heard = [(line.ahead, line.beat_period, line.in_time) for line in self.table.speaking()]
        self.offset = leaf_offset([Fraction(offset) for offset, _, _ in best], heard)
