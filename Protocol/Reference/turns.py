"""Whose puzzle is computed when, who loses a place, which link pays for a false one.  Page: 04-membership.md,
"Applicants"."""

from dataclasses import dataclass, field

from identity import short_id

MOST_BATCHES, BATCH_KIB = 2, 4_096
OWN, DIALLED, DIALLING = TURNS = ["own", "dialled", "dialling"]
OWNERS, HEARD, REST = range(3)  # of what one link has brought
LESS_BY = 2


@dataclass
class Link:
    """Whose key is at its other end, and whether this node dialled it."""

    peer: int
    dialled: bool


@dataclass
class Applicant:
    record: object
    signed: object
    bringers: list  # the first of those links over which it came
    contradicts: bool = False  # it has the seq of its owner's line
    second: object = None  # another body with its seq and its puzzle
    beat: object = None  # the newest heartbeat, as it was signed
    beat_body: object = None
    received: int = 0
    beat_from: list = field(default_factory=list)
    link: str | None = None  # whose it is, and since when in which queue of that
    queued: tuple | None = None

    @property
    def owner(self):
        return short_id(self.record.node_key)

    @property
    def solution(self):
        return self.record.node_key, self.record.puzzle.month, self.record.puzzle.nonce


class Turns:
    def __init__(self, puzzle_kib):
        self.size = max(1, BATCH_KIB // puzzle_kib)
        self.links = {}  # name -> Link, of those that are up, the longest standing first
        self.blamed = set()  # links over which a false puzzle came
        self.computing = []  # batches of applicants
        self.turn = 0  # the next one
        self.served = {}  # link -> when it was served, or queued anew: of those for which something is queued
        self.moments = 0

    # Whose an applicant is

    def link_of(self, applicant):
        """The first that is up and not blamed; else whose it is, if that is up; else the first that is up; else None."""
        up = [link for link in applicant.bringers if link in self.links]
        last = applicant.link if applicant.link in up else up[0] if up else None
        return next((link for link in up if link not in self.blamed), last)

    def pays(self, applicant):
        """Row 13: the link that a false puzzle counts against, or None."""
        link = self.link_of(applicant)
        self.blamed.update([link] if link else [])
        return link

    def ended(self, link):
        self.links.pop(link)
        self.blamed.discard(link)

    # Queues

    def is_computed(self, applicant):
        return any(applicant.solution == one.solution for batch in self.computing for one in batch)

    def queue(self, waiting):
        """Brings the queues up to date: who comes to one, because of whatever has happened, comes last in it."""
        queued = []
        for one in waiting.values():
            if self.is_computed(one):
                self._passes_on(one)
            else:
                queued.append(one)
        for one in sorted(queued, key=lambda one: one.queued or (REST + 1, 0)):
            link = self.link_of(one)
            kind = OWNERS if self.links[link].peer == one.owner else HEARD if one.beat else REST
            if (link, kind) != (one.link, one.queued and one.queued[0]):
                self.moments += 1
                one.link, one.queued = link, (kind, self.moments)
                self.served.setdefault(link, self.moments)
        links = {one.link for one in queued}
        self.served = {link: when for link, when in self.served.items() if link in links}
        return queued

    def _passes_on(self, computed):
        """Whose it is while it is computed.  It may have taken the place of another one with its puzzle."""
        computed.link = self.link_of(computed)
        for batch in self.computing:
            batch[:] = [computed if one.solution == computed.solution else one for one in batch]

    def batches(self, waiting):
        """Those that begin now."""
        given = []
        while len(self.computing) < MOST_BATCHES:
            batch = []
            self.computing.append(batch)
            while len(batch) < self.size and (one := self._next(self.queue(waiting))):
                batch.append(one)
            if not batch:
                self.computing.pop()
                break
            given.append(batch)
        self.queue(waiting)
        return given

    def _next(self, queued):
        trusted = [one for one in queued if one.link not in self.blamed]
        for number in (*range(self.turn, len(TURNS)), *range(self.turn)):
            found = [one for one in trusted if self._belongs(one, TURNS[number])]
            if found:
                self.turn = (number + 1) % len(TURNS)
                return self._first(found)
        return self._first(queued) if queued else None

    def _belongs(self, one, turn):
        return one.queued[0] == OWNERS if turn == OWN else self.links[one.link].dialled == (turn == DIALLED)

    def _first(self, found):
        """Of the link that was served longest ago."""
        link = min((one.link for one in found), key=self.served.get)
        self.moments += 1
        self.served[link] = self.moments
        return min((one for one in found if one.link == link), key=lambda one: one.queued)

    # Places

    def leaves(self, concerned, link):
        """Who leaves for one that this link has brought, of those with which it competes; None: nobody."""
        brought = {name: [] for name in self.links}
        for one in concerned:
            if not self.is_computed(one):
                brought[one.link].append(one)
        rivals = [name for name in self.links if brought[name] and name != link]
        if not rivals or link in self.blamed:
            return None
        blamed = [name for name in rivals if name in self.blamed]
        loser = blamed[-1] if blamed else max(reversed(rivals), key=lambda name: len(brought[name]))
        if not blamed and len(brought[loser]) - len(brought[link]) < LESS_BY:
            return None
        return max(brought[loser], key=lambda one: one.queued)
