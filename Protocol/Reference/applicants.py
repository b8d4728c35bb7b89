"""Records whose puzzle is not checked yet.  Page: 04-membership.md, "Applicants".

Nothing is computed here: `batches` says what is to be, and `checked` hears what came of it.
Left out: rows 8 and 9 of a record, restored lines, how much is remembered of puzzles."""

from dataclasses import dataclass, field

from comparing import Comparing
from conventions import Refused
from identity import check_heartbeat, short_id
from room import WIDE_PERCENT, WHOLE, WIDE, Room, subnets_of
from table import EQUIVOCATION, IGNORED_FOR, KNOWN, TAKEN, Line, Table, Violation
from turns import Applicant, Turns

MOST, MOST_BRINGERS = 8_192, 8
WAITS, KEPT = "waits", "kept"


@dataclass
class Applicants(Table):
    """A table that looks at row 13 later than at the others."""

    room: Room = None
    most: int = MOST
    waiting: dict = field(default_factory=dict)  # short id -> Applicant, in the order of their coming
    failed: set = field(default_factory=set)
    right: set = field(default_factory=set)

    def __post_init__(self):
        self.turns = Turns(self.network.puzzle_kib)

    # What comes

    def take_record(self, signed, link=None):
        body = self._body("RecordBody", signed)
        if body.network != self.network.id:
            raise Violation("another network")
        owner = short_id(body.node_key)
        line, waiting = self.lines.get(owner), self.waiting.get(owner)
        if self.proof(owner):
            raise Refused("ignored")
        if waiting and signed.body == waiting.signed.body:
            self._came_again(waiting, link)
            return KNOWN
        if line and body.seq < line.record.seq:
            return self._take_older(owner, signed, body)
        if line and signed.body == line.signed.body:
            return KNOWN
        contradicts = line is not None and body.seq == line.record.seq
        if waiting and not contradicts and body.seq <= waiting.record.seq:
            return self._take_second(waiting, signed, body)
        if line is None and self.room.trials.is_barred(self.monotonic(), owner) and owner not in self.room.dialled:
            raise Refused("has lost a trial")
        applicant = Applicant(self._checked(signed), signed, [link], contradicts)
        if not contradicts and self.room.made(applicant.record) is None:
            raise Refused("no room")
        if applicant.solution in self.failed:
            raise Violation("not solved")
        if applicant.solution in self.right or line and line.record.puzzle == body.puzzle:
            return self._take_at_once(applicant)
        return self._wait(owner, applicant, link)

    def _came_again(self, waiting, link):
        """A bringer that is not blamed is remembered where all others are."""
        if link in waiting.bringers:
            return
        if len(waiting.bringers) < MOST_BRINGERS:
            waiting.bringers.append(link)
        elif link not in self.turns.blamed and self.turns.blamed.issuperset(waiting.bringers):
            waiting.bringers = [link, *waiting.bringers[:-1]]
        self.turns.queue(self.waiting)

    def _take_older(self, owner, signed, body):
        verdict = super()._take_older(owner, signed, body)
        if verdict == EQUIVOCATION:
            self.waiting.pop(owner, None)
        return verdict

    def _take_second(self, waiting, signed, body):
        """An older one, or another body with the seq of the one that waits."""
        if body.seq == waiting.record.seq:
            self._checked(signed)
            waiting.second = signed if body.puzzle == waiting.record.puzzle else waiting.second
        return KNOWN

    def _wait(self, owner, applicant, link):
        earlier, leaving = self.waiting.get(owner), []
        if earlier and applicant.contradicts:
            return KNOWN
        try:
            for place in subnets_of(self.network, applicant.record.addresses) + [(WHOLE,)]:
                leaving += self._leaving(place, {owner, *leaving}, link)
        except Refused:
            self._waits_on(earlier)
            raise
        for node in leaving:
            del self.waiting[node]
        if earlier:
            self._inherits(applicant, self.waiting.pop(owner))
        self.waiting[owner] = applicant
        self.turns.queue(self.waiting)
        return WAITS

    def _waits_on(self, earlier):
        """There is no room for a newer one: what waits already goes behind all others."""
        if earlier:
            earlier.queued = None
            self.turns.queue(self.waiting)

    def _leaving(self, place, but, link):
        """Whoever leaves for one that this link has brought."""
        there = [one for node, one in self.waiting.items() if node not in but and (
            place[0] == WHOLE or place in subnets_of(self.network, one.record.addresses))]
        most = self.most if place[0] == WHOLE else self.room.bounds.most(place, 0)
        if place[0] == WIDE and most is not None:
            most = max(most, self.most * WIDE_PERCENT // 100)
        if most is None or len(there) < most:
            return []
        leaves = self.turns.leaves(there, link)
        if leaves is None:
            raise Refused("full")
        return [leaves.owner]

    @staticmethod
    def _inherits(applicant, earlier):
        """The heartbeat is its owner's, whichever record waits."""
        applicant.beat, applicant.beat_body = earlier.beat, earlier.beat_body
        applicant.received, applicant.beat_from = earlier.received, earlier.beat_from

    def take_heartbeat(self, signed, link=None):
        body = self._body("HeartbeatBody", signed)
        waiting, line = self.waiting.get(body.node), self.lines.get(body.node)
        if self.proof(body.node) or waiting is None or line and line.record.expires > self.clock.mesh_ms():
            return super().take_heartbeat(signed)
        times = [one for one in (waiting.beat and waiting.beat_body.time, line and line.beat and line.beat_time) if one]
        if times and body.time <= max(times):
            if waiting.beat and waiting.beat.body == signed.body:
                waiting.beat_from.append(link)
            return KNOWN
        try:
            check_heartbeat(self.network, signed, waiting.record.node_key, None, self.clock.mesh_ms())
        except Refused as refused:
            if refused.why in ("period out of range", "bad signature"):
                raise Violation(refused.why) from None
            raise
        waiting.beat, waiting.beat_body, waiting.received, waiting.beat_from = signed, body, self.monotonic(), [link]
        self.turns.queue(self.waiting)
        return KEPT

    def gone(self, link):
        """A link has ended."""
        self.turns.ended(link)
        for node, one in list(self.waiting.items()):
            one.bringers = [other for other in one.bringers if other != link]
            if not one.bringers and not self.turns.is_computed(one):
                del self.waiting[node]
        self.turns.queue(self.waiting)

    def batches(self):
        """What is to be computed from now on: batches of short ids."""
        return [[one.owner for one in batch] for batch in self.turns.batches(self.waiting)]

    # What came of it

    def checked(self, found):
        """A batch: short id -> whether its puzzle is solved.  Gives whose those were; the verdicts on them, or None
        where nobody waits for it any more; and which links pay."""
        batch = [batch for batch in self.turns.computing if {one.owner for one in batch} == set(found)][0]
        self.turns.computing.remove(batch)
        return [self._judged(one, found[one.owner]) for one in batch]

    def _judged(self, asked, is_solved):
        (self.right if is_solved else self.failed).add(asked.solution)
        waiting = self.waiting.get(asked.owner)
        if waiting is None or waiting.solution != asked.solution:
            return asked, None, None if is_solved else self._blamed(asked)
        del self.waiting[asked.owner]
        if not is_solved:
            return waiting, "violation", self._blamed(waiting)
        try:
            return waiting, self._take(waiting), None
        except Refused:
            return waiting, self._with_line(waiting) or "refused", None

    def _blamed(self, applicant):
        link = self.turns.pays(applicant)
        self.turns.queue(self.waiting)
        return link

    def _take_at_once(self, applicant):
        """Nothing of its puzzle has to be computed."""
        verdict = self._take(applicant)
        waiting = self.waiting.pop(applicant.owner, None)
        if verdict == TAKEN and waiting and waiting.beat:
            self._inherits(applicant, waiting)
            self._with_line(applicant)
        return verdict

    def _take(self, applicant):
        """Row 12 once more, and the line."""
        owner, line = applicant.owner, self.lines.get(applicant.owner)
        if applicant.contradicts:
            return self._convict(owner, line.signed, applicant.signed)
        going = self.room.made(applicant.record)
        if going is None or going and going[0].trial:
            self.right.add(applicant.solution)
            if going:
                self.room.tries(going[0])
            raise Refused("no room")
        for one in going:
            self.room.forget(one.node)
        before = self.room.subnets(owner) if line else None
        if line:
            line.record, line.signed = applicant.record, applicant.signed
        else:
            self.lines[owner] = Line(applicant.record, applicant.signed, b"")
        self.room.took(owner, before)
        return self._with_line(applicant) or TAKEN

    def _with_line(self, applicant):
        """What came while it waited, if its owner has a line now."""
        line = self.lines.get(applicant.owner)
        if line and applicant.beat and line.signed is applicant.signed:
            self.hear(line, applicant.beat, applicant.beat_body, applicant.received)
        if line and applicant.second:
            return self._convict(applicant.owner, applicant.signed, applicant.second)
        return None

    def _convict(self, owner, first, second):
        self.proofs[owner] = self.monotonic() + IGNORED_FOR, (first, second)
        self.waiting.pop(owner, None)
        return EQUIVOCATION


class ComparingWithApplicants(Comparing):
    """"In a Pull a node names applicants as if it had them"."""

    def listing(self, begin, end):
        made = super().listing(begin, end)
        waiting = [node for node in self.table.waiting if begin <= node <= end]
        named = {one.node: (one.node, one.seq, one.heartbeat) for one in made.have} | {
            node: self.have(node) for node in waiting}
        del made.have[:]
        for node, seq, heartbeat in sorted(named.values()):
            made.have.add(node=node, seq=seq, heartbeat=heartbeat)
        return made

    def have(self, node):
        waiting, line = self.table.waiting.get(node), self.table.lines.get(node)
        if waiting is None:
            return super().have(node)
        return node, waiting.record.seq, waiting.beat_body.time if waiting.beat else line.beat_time if line else 0
