"""What page 04 answers to a vector's input.  ../Vectors/README.md explains every field."""

import wire
from answers_ground import unhex
from conventions import Refused
from identity import Network, short_id
from table import (
    EQUIVOCATION, TAKEN, RecordMissing, Table, Violation, counting_measurement, leaf_offset, member_offset, steps,
)

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
        if verdict == TAKEN:
            self.news[self._subject(take, signed)] = encoded  # of one owner's only the newest leaves
        elif verdict == EQUIVOCATION:
            _, owner = self._subject(take, signed)
            both = [wire.encode(one).hex() for one in self.table.proof(owner)]
            self.passed_on += both
            self.passed_back += both
        return verdict

    def _subject(self, take, signed):
        if take == self.table.take_record:
            return "record", short_id(wire.decode("RecordBody", signed.body).node_key)
        return "heartbeat", wire.decode("HeartbeatBody", signed.body).node

    def taken(self, steps):
        for step in steps:
            self.at = step["at"]
            yield {"verdicts": self.pushed(step),
                   "present": [line.record.node_key.hex() for line in self.table.present()]}

    def have(self):
        pull, = self.table.pulls()
        return [{"node": f"{have.node:016x}", "seq": have.seq, "heartbeat": have.heartbeat}
                for have in pull.pull.have]


def tables(given):
    member = Member(given)
    steps = list(member.taken(given["steps"]))
    return {"steps": steps, "have": member.have(), "ended": member.violations == MOST_VIOLATIONS,
            "asked": [f"{node:016x}" for node in member.asked],
            "passedOn": sorted(member.passed_on), "passedBack": sorted(member.passed_back)}


def pulls(given):
    member = Member(given)
    for _ in member.taken(given["steps"]):
        pass
    member.at += 1000
    records, heartbeats = member.table.answer(wire.decode("Pull", unhex(given["pull"])))
    return {"records": sorted(wire.encode(one).hex() for one in records),
            "heartbeats": sorted(wire.encode(one).hex() for one in heartbeats)}


def mesh_times(given):
    wall = given["wall"]
    if "neighbours" in given:
        offset = member_offset(given["mesh"] - wall,
                               [(one["wall"] - wall, None if one["mesh"] is None else one["mesh"] - wall)
                                for one in given["neighbours"]])
    else:
        offset = leaf_offset([home - wall for home in given["homes"]],
                             [(one["time"] - one["received"], one["period"], one["follows"])
                              for one in given["heartbeats"]])
    microseconds = (wall + offset) * 1000
    assert microseconds == int(microseconds), "no case depends on how a mean is rounded"
    return {"microseconds": int(microseconds)}


def measurements(given):
    measured = [(one["ahead"], one["uncertainty"], one["at"]) for one in given["measured"]]
    return {"counts": measured.index(counting_measurement(measured))}


def clock_steps(given):
    return {"ahead": list(steps(given["ahead"]))}


ANSWERS = {"tables": tables, "pulls": pulls, "mesh-times": mesh_times, "measurements": measurements,
           "clock-steps": clock_steps}
