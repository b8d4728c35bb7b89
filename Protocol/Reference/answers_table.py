"""What page 04 answers to a vector's input.  ../Vectors/README.md explains every field."""

import wire
from answers_ground import id_text, network_id, unhex
from comparing import Comparing, line_sum
from conventions import MAXIMUM_U64, Refused
from identity import Network, short_id
from table import (
    EQUIVOCATION, TAKEN, RecordMissing, Table, Violation, counting_measurement, leaf_offset, member_offset,
    asked_from, overdue_from, steps,
)
from tree import Tree, counts, pruning_bits, wanted_links

MOST_VIOLATIONS = 8


class Member:
    """A member that has one neighbour from which everything comes, and another."""

    def __init__(self, given):
        self.began, self.at, self.violations = given["now"], 0, 0
        self.table = Table(Network(given["network"]), self, lambda: self.at)
        self.passed_on, self.passed_back, self.asked = [], [], []

    def mesh_ms(self):
        return self.began + self.at

    def pushed(self, step):
        """The verdicts on what a push brings: records, then heartbeats; none after the eighth violation."""
        verdicts, self.news = [], {}
        for take, name in ((self.table.take_record, "records"), (self.table.take_heartbeat, "heartbeats")):
            for signed in step[name]:
                if self.violations == MOST_VIOLATIONS or step["from"] == "leaf":
                    break
                verdicts.append(self._verdict(take, wire.decode("Signed", unhex(signed)), signed))
        self.passed_on += self.news.values()
        return verdicts

    def _verdict(self, take, signed, encoded):
        try:
            verdict = take(signed)
        except Violation:
            self.violations += 1
            return "violation"
        except RecordMissing as missing:
            self.asked.append(missing.node)
            return "refused"
        except Refused:
            return "refused"
        if verdict == TAKEN and (take == self.table.take_record or self._shows(signed)):
            self.news[self._subject(take, signed)] = encoded  # of one owner's only the newest leaves
        elif verdict == EQUIVOCATION:
            _, owner = self._subject(take, signed)
            both = [wire.encode(one).hex() for one in self.table.proof(owner)]
            self.passed_on += both
            self.passed_back += both
        return verdict

    def _shows(self, beat):
        """Whether a heartbeat that was taken is passed on."""
        return self.table.goes_on(self.table.lines[self.table.owner_of(beat)])

    def _subject(self, take, signed):
        if take == self.table.take_record:
            return "record", short_id(wire.decode("RecordBody", signed.body).node_key)
        return "heartbeat", wire.decode("HeartbeatBody", signed.body).node

    def taken(self, steps):
        for step in steps:
            self.at = step["at"]
            yield {"verdicts": self.pushed(step),
                   "present": [line.record.node_key.hex() for line in self.table.present()]}

    def waited(self, given):
        """Itself, 1 s after the last step."""
        for _ in self.taken(given["steps"]):
            pass
        self.at += 1000
        return Comparing(self.table)


def haves(pull):
    return [{"node": id_text(have.node), "seq": have.seq, "heartbeat": have.heartbeat} for have in pull.have]


def sorted_statements(statements):
    return sorted(wire.encode(one).hex() for one in statements)


def tables(given):
    member = Member(given)
    steps = list(member.taken(given["steps"]))
    compare = wire.MESSAGES["Compare"](salt=bytes(16))
    compare.parts.add(to=MAXIMUM_U64, count=31)
    listing, = Comparing(member.table).answer_compare(compare).pulls
    return {"steps": steps, "have": haves(listing), "ended": member.violations == MOST_VIOLATIONS,
            "asked": [id_text(node) for node in member.asked],
            "passedOn": sorted(member.passed_on), "passedBack": sorted(member.passed_back)}


def sums(given):
    lines = [(network_id(line["node"]), line["seq"], line["state"]) for line in given["lines"]]
    return {"sum": id_text(line_sum(unhex(given["salt"]), lines))}


def comparisons(given):
    comparing = Member(given).waited(given)
    answer = comparing.answer_compare(wire.decode("Compare", unhex(given["compare"])))
    lists = [{"from": id_text(getattr(pull, "from")), "to": id_text(pull.to), "have": haves(pull)}
             for pull in answer.pulls]
    return {"records": sorted_statements(answer.records), "heartbeats": sorted_statements(answer.heartbeats),
            "lists": sorted(lists, key=lambda one: one["from"]),
            "compare": wire.encode(answer.compare).hex() if answer.compare else None}


def pulls(given):
    comparing = Member(given).waited(given)
    answer = comparing.answer_pull(wire.decode("Pull", unhex(given["pull"])), given["from"] == "leaf")
    return {"records": sorted_statements(answer.records), "heartbeats": sorted_statements(answer.heartbeats),
            "asks": haves(answer.pulls[0]) if answer.pulls else []}


def overdue(given):
    begin, certain = asked_from(given["period"], given["age"])
    return {"overdue": overdue_from(given["period"]), "asked": begin, "certain": certain}


def prunings(given):
    present = given["present"]
    bits = pruning_bits(present, Network(given["network"]).heartbeat_period(present))
    return {"links": wanted_links(present), "counts": counts(unhex(given["body"]), bits)}


class Planted(Member):
    """A member with three neighbours, and a leaf."""

    def __init__(self, given):
        super().__init__(given)
        self.sent, self.leaf_is_eager = [], False
        self.pushed_to = {link: [] for link in ("first", "second", "third", "leaf")}
        self.tree = Tree(self.table, lambda link, what: self.sent.append({"to": link, "what": what}))
        for link in ("first", "second", "third"):
            self.tree.up(link)

    def eager(self):
        return [link for link in self.pushed_to if link in self.tree.eager or link == "leaf" and self.leaf_is_eager]

    def grown(self, step):
        self.at, link, self.sent[:] = step["at"], step["from"], []
        if step["says"] == "gone":
            self.tree.down(link)
            self.leaf_is_eager = self.leaf_is_eager and link != "leaf"
        elif step["says"] and link == "leaf":
            self.leaf_is_eager = step["says"] == "graft"
        elif step["says"]:
            self.tree.heard(link, step["says"])
        for record in step["records"]:
            self.table.take_record(wire.decode("Signed", unhex(record)))
        for beat in step["heartbeats"]:
            self.beat_came(wire.decode("Signed", unhex(beat)), link)
        return {"sent": list(self.sent), "eager": self.eager()}

    def beat_came(self, beat, link):
        node = self.table.owner_of(beat)
        line = self.table.lines[node]
        if self.table.take_heartbeat_over(beat, self.tree, link) == TAKEN and self.table.goes_on(line):
            for other in self.pushed_to if line.for_all else self.eager():
                if other != link:
                    self.pushed_to[other].append(f"{id_text(node)} {line.beat_time}")


def trees(given):
    member = Planted(given)
    grown = [member.grown(step) for step in given["steps"]]
    return {"steps": grown, "pushed": {link: sorted(pushed) for link, pushed in member.pushed_to.items()}}


def mesh_times(given):
    wall = given["wall"]
    if "neighbours" in given:
        offset = member_offset(given["mesh"] - wall,
                               [(one["wall"] - wall, None if one["mesh"] is None else one["mesh"] - wall)
                                for one in given["neighbours"]])
    else:
        offset = leaf_offset([home - wall for home in given["homes"]],
                             [(one["time"] - one["received"], one["period"], one["inTime"])
                              for one in given["heartbeats"]])
    microseconds = (wall + offset) * 1000
    assert microseconds == int(microseconds), "no case depends on how a mean is rounded"
    return {"microseconds": int(microseconds)}


def measurements(given):
    measured = [(one["ahead"], one["uncertainty"], one["at"]) for one in given["measured"]]
    return {"counts": measured.index(counting_measurement(measured))}


def clock_steps(given):
    return {"ahead": list(steps(given["ahead"]))}


ANSWERS = {"tables": tables, "sums": sums, "comparisons": comparisons, "pulls": pulls, "overdue": overdue,
           "prunings": prunings, "trees": trees, "mesh-times": mesh_times, "measurements": measurements,
           "clock-steps": clock_steps}
