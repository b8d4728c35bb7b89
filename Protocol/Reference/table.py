"""The table of members as a leaf keeps it, and mesh time.  Page: 04-membership.md.

Left out: room in subnets, quotas of signature checks, pushing on, storage."""

import time
from dataclasses import dataclass, field
from statistics import median

import wire
from conventions import MAXIMUM_U64, Refused, signature_holds
from identity import (
    RECORD_DOMAIN, check_heartbeat, check_record, placement_key, puzzle_output, puzzle_solved, short_id,
)

MOST_IN_A_PULL = 540


def wall_ms():
    return time.time_ns() // 1_000_000


@dataclass
class Line:
    """What is held of one member."""

    record: object
    signed: object
    placement: bytes
    beat_time: int = 0
    beat_period: int = 0
    received: float | None = None
    ahead: int | None = None  # "Mesh time": heartbeat time less the own wall clock when it came
    followed: bool = False  # that heartbeat came after an earlier one


@dataclass
class Table:
    network: object
    clock: object
    lines: dict = field(default_factory=dict)  # by short id
    ignored: dict = field(default_factory=dict)  # short id -> when; "Equivocation"

    # "Accepting a record"

    def take_record(self, signed):
        body = wire.decode("RecordBody", signed.body)
        owner = short_id(body.node_key)
        known = self.lines.get(owner)
        if owner in self.ignored:
            raise Refused("ignored")
        if known:
            if known.record.node_key != body.node_key:
                raise Refused("short id of another")
            if body.seq < known.record.seq or signed.body == known.signed.body:
                return
            if body.seq == known.record.seq:
                if signature_holds(body.node_key, RECORD_DOMAIN, self.network.id, signed.body, signed.signature):
                    self.ignored[owner] = time.monotonic()
                return
        record = check_record(self.network, signed, self.clock.mesh_ms())
        output = puzzle_output(self.network, record.node_key, record.puzzle.month, record.puzzle.nonce)
        if not puzzle_solved(self.network, output):
            raise Refused("not solved")
        placement = placement_key(output)
        if known:
            known.record, known.signed, known.placement = record, signed, placement
        else:
            self.lines[owner] = Line(record, signed, placement)

    # "Accepting a heartbeat"

    def take_heartbeat(self, signed):
        """The short id whose record is missing, or None."""
        node = wire.decode("HeartbeatBody", signed.body).node
        line = self.lines.get(node)
        if node in self.ignored:
            return None
        if line is None or line.record.expires <= self.clock.mesh_ms():
            return node
        beat = check_heartbeat(self.network, signed, line.record.node_key, line.beat_time or None,
                               self.clock.mesh_ms())
        if line.beat_time and beat.time - line.beat_time < max(beat.period, self.period_ms()) // 2:
            raise Refused("too soon")
        line.followed = line.beat_time != 0
        line.beat_time, line.beat_period, line.received = beat.time, beat.period, time.monotonic()
        line.ahead = beat.time - wall_ms()
        return None

    def take_push(self, push):
        """Short ids of owners whose records are missing."""
        missing = []
        for record in push.records:
            try:
                self.take_record(record)
            except Refused:
                pass
        for beat in push.heartbeats:
            try:
                node = self.take_heartbeat(beat)
            except Refused:
                continue
            if node is not None:
                missing.append(node)
        return missing

    # "Presence"

    def _is_present(self, line, period):
        if line.received is None or short_id(line.record.node_key) in self.ignored:
            return False
        span = 3 * min(line.beat_period, 4 * period) / 1000
        return time.monotonic() - line.received < span and line.record.expires > self.clock.mesh_ms()

    def period_ms(self):
        """P for the number of present members, which itself depends on P: begun with the shortest, raised once."""
        shortest = self.network.shortest_period // 1000
        count = sum(self._is_present(line, shortest) for line in self.lines.values())
        return self.network.heartbeat_period(count) // 1000

    def present(self, capability):
        """Lines of present members, in the order of their node keys."""
        period = self.period_ms()
        found = [line for line in self.lines.values()
                 if line.record.capabilities & capability and self._is_present(line, period)]
        return sorted(found, key=lambda line: line.record.node_key)

    # "Pulling"

    def pulls(self):
        """Pulls that name everything that is held, in ranges."""
        ids = sorted(node for node, line in self.lines.items() if line.record.expires > self.clock.mesh_ms())
        ids = sorted(set(ids) | set(self.ignored))
        begin, made = 0, []
        for at in range(0, max(len(ids), 1), MOST_IN_A_PULL):
            part = ids[at : at + MOST_IN_A_PULL]
            end = MAXIMUM_U64 if at + MOST_IN_A_PULL >= len(ids) else part[-1]
            made.append(self._pull(begin, end, part))
            begin = end + 1
        return made

    def pull_one(self, node):
        return self._pull(node, node, [])

    def _pull(self, begin, end, ids):
        pull = wire.MESSAGES["Pull"](**{"from": begin, "to": end})
        for node in ids:
            if node in self.ignored:
                pull.have.add(node=node, heartbeat=MAXIMUM_U64)
            else:
                line = self.lines[node]
                pull.have.add(node=node, seq=line.record.seq, heartbeat=line.beat_time)
        return wire.MESSAGES["Control"](pull=pull)


class MeshClock:
    """"Mesh time", a leaf: the homes' mesh time, within what the members' heartbeats allow."""

    MOST_FROM_HEARTBEATS = 2000

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
        self._settle(received)

    def gone(self, link):
        self.measured.pop(link, None)

    def _settle(self, now):
        best = [min(found, key=lambda one: one[1] + (now - one[2])) for found in self.measured.values()]
        self.offset = self._bounded(median(offset for offset, _, _ in best))

    def _bounded(self, homes):
        heard = [line for line in self.table.lines.values() if line.ahead is not None]
        if not heard:
            return homes
        followed = [line.ahead for line in heard if line.followed]
        if len(followed) * 2 >= len(heard):
            middle, more = median(followed), 0
        else:
            middle = median(line.ahead for line in heard)
            more = median(line.beat_period for line in heard)
        most = self.MOST_FROM_HEARTBEATS
        return max(middle - most, min(homes, middle + more + most))
