"""How two tables find where they differ, and what is asked and answered then.

Page: 04-membership.md, "Comparing" and "Pulling".  Left out: resting with a neighbour, sharing a large table out among
several, quotas."""

import random
from dataclasses import dataclass, field

import wire
from conventions import MAXIMUM_U64, Refused, sip_hash, u64
from table import asked_from, counting_span

GIVEN_AT_ONCE, LISTED_AT_ONCE, CUTS, MOST_PARTS = 512, 32, 16, 256
MOST_IN_A_PULL, MOST_OVERDUE = 540, 128
ABSENT, PRESENT, IGNORED = 0, 1, 2
KNOWN_PROOF = MAXIMUM_U64  # instead of a heartbeat's time: this owner is ignored here


def line_sum(salt, lines):
    """Of lines (short id, seq, state)."""
    return sum(sip_hash(salt, u64(node) + u64(seq) + u64(state)) for node, seq, state in lines) % 2**64


def pull(begin, end, haves, named=False):
    made = wire.MESSAGES["Pull"](**{"from": begin, "to": end}, named=named)
    for node, seq, heartbeat in haves:
        made.have.add(node=node, seq=seq, heartbeat=heartbeat)
    return made


def named_pull(haves):
    return pull(0, MAXIMUM_U64, sorted(haves), named=True)


def cut(begin, end, pieces=CUTS):
    """Equal parts of a range, the last one perhaps shorter."""
    size = (end - begin) // pieces + 1
    return [(at, min(at + size - 1, end)) for at in range(begin, end + 1, size)]


@dataclass
class Answer:
    """What is sent back: signed records and heartbeats, Pulls, and perhaps a Compare."""

    records: list = field(default_factory=list)
    heartbeats: list = field(default_factory=list)
    pulls: list = field(default_factory=list)
    compare: object = None

    def give(self, records, heartbeats):
        self.records += records
        self.heartbeats += heartbeats

    def controls(self):
        """As messages; pushes are left out."""
        made = [wire.MESSAGES["Control"](pull=one) for one in self.pulls]
        return made + ([wire.MESSAGES["Control"](compare=self.compare)] if self.compare else [])


class Comparing:
    """One side's view; `gives` is false for a leaf, which pushes nothing."""

    def __init__(self, table, gives=True):
        self.table, self.gives = table, gives

    # "Comparing"

    def lines(self, begin, end):
        """Short id, seq and state of what is shown in a range."""
        present = {id(line) for line in self.table.present()}
        for node in self.table.shown(begin, end):
            line = self.table.lines[node]
            if self.table.proof(node):
                yield node, 0, IGNORED
            else:
                yield node, line.record.seq, PRESENT if id(line) in present else ABSENT

    def part(self, salt, begin, end):
        lines = list(self.lines(begin, end))
        return wire.MESSAGES["Part"](**{"from": begin, "to": end}, count=len(lines), sum=line_sum(salt, lines))

    def whole(self, salt):
        """What a comparison begins with."""
        return wire.MESSAGES["Compare"](salt=salt, parts=[self.part(salt, 0, MAXIMUM_U64)])

    def answer_compare(self, compare):
        answer, smaller = Answer(), []
        for theirs in compare.parts:
            begin, end = getattr(theirs, "from"), theirs.to
            own = self.part(compare.salt, begin, end)
            if (own.count, own.sum) == (theirs.count, theirs.sum):
                continue
            if theirs.count == 0 and own.count <= GIVEN_AT_ONCE:
                answer.give(*self.lacking(self.table.shown(begin, end), {}))
            elif theirs.count <= GIVEN_AT_ONCE and own.count <= LISTED_AT_ONCE:
                answer.pulls.append(self.listing(begin, end))
            elif theirs.count > GIVEN_AT_ONCE and own.count == 0:
                smaller.append([own])
            else:
                smaller.append([self.part(compare.salt, *piece) for piece in cut(begin, end)])
        fitting = []
        for parts in random.sample(smaller, len(smaller)):
            if len(fitting) + len(parts) <= MOST_PARTS:
                fitting += parts
        if fitting:
            parts = sorted(fitting, key=lambda part: getattr(part, "from"))
            answer.compare = wire.MESSAGES["Compare"](salt=compare.salt, parts=parts)
        return answer

    # "Pulling"

    def listing(self, begin, end):
        """A pull that names everything in the range."""
        return pull(begin, end, [self.have(node) for node in self.table.shown(begin, end)[:MOST_IN_A_PULL]])

    def have(self, node):
        line = self.table.lines.get(node)
        if line is None:
            return node, 0, 0
        return node, line.record.seq, KNOWN_PROOF if self.table.proof(node) else line.beat_time

    def answer_pull(self, asked, from_leaf=False):
        begin, end = getattr(asked, "from"), asked.to
        nodes = [have.node for have in asked.have]
        if nodes != sorted(set(nodes)) or any(not begin <= node <= end for node in nodes):
            raise Refused("not answered")
        shown = self.table.shown(begin, end)
        theirs = {have.node: have for have in asked.have}
        answer = Answer()
        answer.give(*self.lacking([node for node in shown if node in theirs] if asked.named else shown, theirs))
        newer = [have.node for have in asked.have if self.lacks(have)]
        if newer and not asked.named and not from_leaf:
            answer.pulls.append(named_pull(map(self.have, newer)))
        return answer

    def lacks(self, theirs):
        """Whether the other side has something newer of this owner."""
        if self.table.proof(theirs.node):
            return False
        line = self.table.lines.get(theirs.node)
        return line is None or theirs.seq > line.record.seq or theirs.heartbeat > line.beat_time

    def lacking(self, nodes, theirs):
        """Records and heartbeats that somebody who has `theirs` of these members lacks."""
        records, heartbeats = [], []
        if not self.gives:
            return records, heartbeats
        present, now = {id(line) for line in self.table.present()}, self.table.clock.mesh_ms()
        for node in nodes:
            line, there = self.table.lines[node], theirs.get(node)
            if self.table.proof(node):
                if there is None or there.heartbeat != KNOWN_PROOF:
                    records += self.table.proof(node)
                continue
            if there is None or there.seq < line.record.seq:
                records.append(line.signed)
            tellable = min(3_000 * line.beat_period, counting_span(line.beat_period, self.table.period()))
            if id(line) in present and 2_000 * (now - line.beat_time) < tellable:
                if there is None or there.heartbeat < line.beat_time:
                    heartbeats.append(line.beat)
        return records, heartbeats

    # Overdue heartbeats

    def overdue(self):
        """A named pull of those that are asked for this time, or None."""
        asked = [node for node, line in self.table.lines.items() if self._is_asked_for(line)]
        some = random.sample(asked, min(len(asked), MOST_OVERDUE))
        return named_pull(map(self.have, some)) if some else None

    def _is_asked_for(self, line):
        if not any(line is present for present in self.table.present()):
            return False
        begin, certain = asked_from(line.beat_period, line.age)
        since = (self.table.monotonic() - line.received) * 1000
        return since >= begin and random.random() * (certain - begin) <= since - begin
