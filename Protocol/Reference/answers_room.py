"""What page 04 answers about room and applicants to a vector's input.  ../Vectors/README.md explains every field."""

import wire
from answers_ground import id_text, unhex
from answers_table import haves
from applicants import Applicants, ComparingWithApplicants
from conventions import MAXIMUM_U64, Refused
from identity import Network, short_id
from room import PATIENCE, WIDE, Bounds, Room
from table import EQUIVOCATION, KNOWN, TAKEN, Line, Violation
from turns import Link

UNANSWERED, MOST_ASKED = 30_000, 3


class Contested:
    """A member, or a leaf, whose places others want."""

    def __init__(self, given, computes=True):
        self.began, self.at, self.computes = given["now"], 0, computes
        bounds = dict(given["bounds"])
        buckets, most = bounds.pop("buckets"), bounds.pop("applicants")
        self.table = Applicants(Network(given["network"]), self, lambda: self.at, most=most)
        self.room = self.table.room = Room(
            self.table, bounds=Bounds(**bounds), bucket=(lambda wide: 0) if buckets == 1 else (lambda wide: wide),
            calls=given["member"])
        self.heard, self.violations, self.pushed = {}, {}, {}
        self.trials = {}  # short id -> until when, how many are asked (0: it is called), how many brought an answer
        for link in given["links"]:
            self._up(link["name"], unhex(link["peer"]), link["dialled"])

    def mesh_ms(self):
        return self.began + self.at

    def _up(self, name, peer, dialled):
        self.table.turns.links[name] = Link(short_id(peer), dialled)
        self.heard[name], self.violations[name], self.pushed[name] = self.at, 0, []
        self._link()
        if dialled:
            self.room.answered(short_id(peer), [])

    def _link(self):
        links = self.table.turns.links.values()
        self.room.linked = {link.peer for link in links}
        self.room.dialled = {link.peer for link in links if link.dialled}

    # Steps

    def took(self, step):
        """What a step comes to."""
        self._wait(step["at"])
        self.seen = dict(verdicts=[], computes=[], tried=[], asked=0)
        getattr(self, step["says"])(step)
        present = [short_id(line.record.node_key) for line in self.table.present()]
        return self.seen | dict(
            lines=sorted(map(id_text, self.table.lines)), waiting=sorted(map(id_text, self.table.waiting)),
            present=sorted(map(id_text, present)), violations=dict(self.violations))

    def _wait(self, until):
        """Calls and questions come to nothing in their time."""
        while due := min((trial for trial in self.trials.items() if trial[1][0] <= until),
                         key=lambda trial: trial[1][0], default=None):
            node, (self.at, asked, brought) = due
            self._ends(node, asked, brought) if asked else self._unanswered(node)
        self.at = until

    def passes(self, step):
        """Nothing but time."""

    def push(self, step):
        link = step["from"]
        self.heard[link] = self.at
        for take, name in ((self.table.take_record, "records"), (self.table.take_heartbeat, "heartbeats")):
            for encoded in step[name]:
                waiting = self.table.waiting.copy()
                self.seen["verdicts"].append(self._verdict(take, wire.decode("Signed", unhex(encoded)), link, waiting))
                self._compute()
                self._tried()

    def _verdict(self, take, signed, link, waiting):
        try:
            verdict = take(signed, link)
        except Violation:
            self.violations[link] += 1
            return "violation"
        except Refused:
            return "left"
        if verdict == TAKEN and take == self.table.take_record:
            owner = short_id(wire.decode("RecordBody", signed.body).node_key)
            self._told(owner, [link], waiting.get(owner))
        elif verdict == TAKEN:
            self._beat_told(self.table.lines[self.table.owner_of(signed)], [link])
        elif verdict == EQUIVOCATION:
            self._proof_told(short_id(wire.decode("RecordBody", signed.body).node_key))
        return "left" if verdict == KNOWN else verdict

    def up(self, step):
        self._up(step["from"], unhex(step["peer"]), step["dialled"])

    def gone(self, step):
        self.table.gone(step["from"])
        del self.heard[step["from"]], self.violations[step["from"]]
        self._link()
        self._compute()

    def own(self, step):
        """The own record, which nobody has to check."""
        signed = wire.decode("Signed", unhex(step["record"]))
        record = wire.decode("RecordBody", signed.body)
        self.room.own = short_id(record.node_key)
        self.table.lines[self.room.own] = Line(record, signed, b"")

    def called(self, step):
        self.room.answered(short_id(unhex(step["peer"])), [unhex(one) for one in step["addresses"]])

    # Puzzles

    def checked(self, step):
        self._found({int(one["node"], 16): one["solved"] for one in step["results"]})
        self._compute()

    def _compute(self):
        """What is computed from now on; where the input says nothing of puzzles, all are solved at once."""
        for batch in self.table.batches():
            self.seen["computes"].append([id_text(node) for node in batch])
            if not self.computes:
                self.seen["verdicts"][-1:] = self._found(dict.fromkeys(batch, True))

    def _found(self, found):
        verdicts = []
        for applicant, verdict, pays in self.table.checked(found):
            if pays:
                self.violations[pays] += 1
            if verdict == TAKEN:
                self._told(applicant.owner, applicant.bringers, applicant)
            elif verdict == EQUIVOCATION:
                self._proof_told(applicant.owner)
            verdicts.append("left" if verdict == "refused" else verdict)
        self._tried()
        return verdicts

    def _tried(self):
        """Which calls have begun."""
        for node, (_, addresses) in self.room.trials.running.items():
            if node not in self.trials:
                self.trials[node] = self.at + UNANSWERED, 0, 0
                self.seen["tried"].append({"node": id_text(node), "addresses": [one.hex() for one in addresses]})
        self.trials = {node: trial for node, trial in self.trials.items() if node in self.room.trials.running}

    # Trials

    def answers(self, step):
        node = short_id(unhex(step["peer"]))
        del self.trials[node]
        self.room.ended(node, answered=True)

    def fails(self, step):
        self._unanswered(short_id(unhex(step["peer"])))

    def _unanswered(self, node):
        """Up to three are asked who are linked, present and in distinct subnets."""
        present = {short_id(line.record.node_key) for line in self.table.present()}
        asked, taken, linked = 0, set(), self.room.linked if node not in self.room.linked else set()
        for peer in sorted(linked & present, key=lambda peer: peer not in self.room.dialled):
            apart = {place for place in self.room.subnets(peer) if (place[0] == WIDE) == (self.table.network.kind == 0)}
            if asked < MOST_ASKED and not apart & taken:
                asked, taken = asked + 1, taken | apart
        self.seen["asked"] += asked
        self.trials[node] = self.at + PATIENCE, asked, 0
        if not asked:
            self._ends(node, 0, 0)

    def brought(self, step):
        """So many of those who were asked bring an answer."""
        node = short_id(unhex(step["peer"]))
        until, asked, brought = self.trials[node]
        brought += step["count"]
        self.trials[node] = until, asked, brought
        if brought * 2 >= asked:
            self._ends(node, asked, brought)

    def _ends(self, node, asked, brought):
        del self.trials[node]
        self.room.ended(node, False, asked, brought, max(self.heard.values(), default=None))

    # What is passed on

    def _told(self, owner, bringers, applicant):
        line = self.table.lines[owner]
        self._push(bringers, f"record {id_text(owner)} {line.record.seq}")
        if applicant and applicant.beat and line.beat is applicant.beat:
            self._beat_told(line, applicant.beat_from)

    def _beat_told(self, line, known):
        if self.table.goes_on(line):
            self._push(known, f"heartbeat {id_text(short_id(line.record.node_key))} {line.beat_time}")

    def _proof_told(self, owner):
        seq = wire.decode("RecordBody", self.table.proof(owner)[0].body).seq
        for _ in range(2):
            self._push([], f"record {id_text(owner)} {seq}")

    def _push(self, known, what):
        for link in self.table.turns.links:
            if link not in known:
                self.pushed[link].append(what)

    # At the end

    def shown(self):
        """What a Pull of everything names, and what is given to somebody who has nothing."""
        comparing = ComparingWithApplicants(self.table)
        listing = comparing.listing(0, MAXIMUM_U64)
        given = comparing.answer_pull(wire.MESSAGES["Pull"](to=MAXIMUM_U64))
        return haves(listing), sorted(
            [f"record {id_text(short_id(body.node_key))} {body.seq}" for body in
             (wire.decode("RecordBody", one.body) for one in given.records)]
            + [f"heartbeat {id_text(body.node)} {body.time}" for body in
               (wire.decode("HeartbeatBody", one.body) for one in given.heartbeats)])


def rooms(given):
    node = Contested(given, computes=False)
    return {"steps": [{name: step[name] for name in ("verdicts", "tried", "asked", "lines")}
                      for step in map(node.took, given["steps"])]}


def applicants(given):
    node = Contested(given)
    names = ("verdicts", "computes", "tried", "lines", "waiting", "present", "violations")
    steps = [{name: step[name] for name in names} for step in map(node.took, given["steps"])]
    listed, shown = node.shown()
    return {"steps": steps, "have": listed, "given": shown,
            "pushed": {link: sorted(pushed) for link, pushed in node.pushed.items()}}


ANSWERS = {"reached": rooms, "rooms": rooms, "trials": rooms, "applicants": applicants, "bringers": applicants}
