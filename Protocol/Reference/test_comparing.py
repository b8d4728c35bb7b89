"""Two tables become alike, and a leaf's like its home's, however they differ.  Page: 04-membership.md, "Comparing"."""

import random
from types import SimpleNamespace

import wire
from comparing import Comparing
from identity import Network
from table import Line, Table

NOW = 1_789_000_000_000
CLOCK = SimpleNamespace(mesh_ms=lambda: NOW)


def line(node, seq, beat):
    """Unsigned: what signatures are about is elsewhere."""
    made = Line(SimpleNamespace(seq=seq, expires=NOW + 1, node_key=bytes(32)), SimpleNamespace(node=node, seq=seq), b"")
    return heard(made, NOW - beat) if beat else made


def age(line):
    """Of its heartbeat; 0 without one."""
    return NOW - line.beat_time if line and line.beat else 0


def heard(line, time):
    line.beat, line.beat_time = SimpleNamespace(node=line.signed.node, time=time), time
    line.beat_period, line.received = 20_000, 0
    return line


def side(lines, gives=True):
    table = Table(Network("main"), CLOCK, lambda: 0, lines)
    return Comparing(table, gives)


def take(table, answer):
    """What was pushed is there behind it, where it is newer."""
    for record in answer.records:
        own = table.lines.get(record.node)
        if own is None or own.record.seq < record.seq:
            table.lines[record.node] = line(record.node, record.seq, age(own))
    for beat in answer.heartbeats:
        if table.lines[beat.node].beat_time < beat.time:
            heard(table.lines[beat.node], beat.time)


def exchange(one, two, from_leaf):
    """Bytes and messages of one comparison that `one` begins."""
    waiting, count, size = [(one, two, one.whole(random.randbytes(16)))], 1, 0
    while waiting:
        sender, receiver, message = waiting.pop(0)
        encoded = wire.encode(message)
        size += len(encoded)
        kind = message.DESCRIPTOR.name
        message = wire.decode(kind, encoded)
        answer = (receiver.answer_compare(message) if kind == "Compare"
                  else receiver.answer_pull(message, from_leaf and sender is one))
        take(sender.table, answer)
        back = answer.pulls + ([answer.compare] if answer.compare else [])
        waiting += [(receiver, sender, made) for made in back]
        count += len(back)
    return count, size


def state(side):
    return {node: (line.record.seq, line.beat_time) for node, line in side.table.lines.items()}


def alike(one, two):
    return one.whole(bytes(16)) == two.whole(bytes(16))


def main():
    random.seed(4)
    for size, changes in ((0, 0), (0, 1), (1, 0), (0, 600), (20, 5), (33, 1), (40, 40), (600, 0), (600, 1), (600, 20),
                          (1_200, 3), (300, 300), (0, 1_200)):
        for leaf in (False, True):
            common = {random.getrandbits(64): (5, random.choice((0, 100))) for _ in range(size)}
            one, two = (side({node: line(node, *what) for node, what in common.items()}, gives)
                        for gives in (not leaf, True))
            for _ in range(changes):
                chosen = two if leaf else random.choice((one, two))
                node = random.choice((random.getrandbits(64), *list(common)[:1]))
                before = age(chosen.table.lines.get(node))
                chosen.table.lines[node] = line(node, random.randrange(6, 9), random.choice((before, 50)))
            for _ in range(3):
                if not alike(one, two):
                    exchange(one, two, leaf)
            assert alike(one, two), (size, changes, leaf)
            assert {node: seq for node, (seq, _) in state(one).items()} == {
                node: seq for node, (seq, _) in state(two).items()}
            count, size_of_it = exchange(one, two, leaf)
            assert count == 1 and size_of_it <= 50, "tables that are alike say so in one message"
    print("tables that differ become alike")


if __name__ == "__main__":
    main()
