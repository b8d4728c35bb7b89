"""Who makes place for a newcomer.  Page: 04-membership.md, "The table": "Reached" and "Room".

Left out: how many owners are remembered."""

from dataclasses import dataclass, field

import wire
from identity import short_id

SUBNET, WIDE, WHOLE = "subnet", "wide subnet", "table"
SILENT, SPARED, LOST = 3_600_000, 3_600_000, 3_600_000  # ms
HEARD, PATIENCE = 30_000, 12_000
MOST_TRIALS, TRIALS_AT_ONCE, TRIAL_EVERY = 8, 16, 5_000
WIDE_PERCENT = 2


# Subnets: page 01, "Addresses"

def subnets(network, endpoint):
    """The subnet and the wide subnet of an address."""
    address, port = wire.endpoint(endpoint)
    if network.kind == 1:
        return {(SUBNET, port), (WIDE, port // 256)}
    lengths = {(0, 4): (24, 16), (0, 6): (48, 32), (2, 4): (32, 24), (2, 6): (128, 64)}[network.kind, address.version]
    number, all_bits = int(address), address.max_prefixlen
    return {(kind, address.version, number >> all_bits - bits) for kind, bits in zip((SUBNET, WIDE), lengths)}


def subnets_of(network, addresses):
    """Of all of them, each once, the wide ones after the others."""
    each = [sorted(subnets(network, one)) for one in addresses]
    return list(dict.fromkeys([narrow for narrow, _ in each] + [wide for _, wide in each]))


@dataclass(frozen=True)
class Bounds:
    """Lines; those of members that were not reached; members of a subnet; of a wide one, where that has a bound."""

    lines: int = 131_072
    unreached: int = 98_304
    subnet: int = 4
    wide: int | None = 64

    @staticmethod
    def of(network):
        subnet, wide = ((4, 64), (256, None), (64, 4_096))[network.kind]
        return Bounds(subnet=subnet, wide=wide)

    def most(self, place, lines):
        """In a subnet, of so many lines; None: any number."""
        if place[0] == SUBNET or self.wide is None:
            return self.subnet if place[0] == SUBNET else None
        return max(self.wide, lines * WIDE_PERCENT // 100)


@dataclass
class Reached:
    """"Reached": a verified line, and in which subnets it is."""

    anywhere: bool = True
    within: set = field(default_factory=set)

    def renewed(self, before, now):
        """A record with these subnets has taken the place of one with those."""
        self.within &= now
        self.anywhere = self.anywhere and any(place[0] == SUBNET for place in before & now)


@dataclass(frozen=True)
class Going:
    """A line that goes, by which row, and the addresses at which it is called before; none: at once."""

    node: int
    row: int
    trial: tuple = ()


class Room:
    """The places of a table's lines.  `bucket` makes a bucket of a wide subnet, under a secret."""

    def __init__(self, table, own=None, bounds=None, bucket=lambda wide: wide, calls=True):
        self.table, self.own, self.bucket, self.calls = table, own, bucket, calls
        self.bounds = bounds or Bounds.of(table.network)
        self.reached = {}  # short id -> Reached
        self.taken = {}  # short id -> when its record was
        self.families = set()  # 4, 6: over which somebody has answered
        self.linked, self.dialled = set(), set()  # short ids of those with whom a link stands; that this node dialled
        self.trials = Trials()

    # "Reached"

    def answered(self, node, addresses):
        """This node has dialled it at these addresses, or at some that are not known, and found its key."""
        versions = {wire.endpoint(one)[0].version for one in addresses}
        self.families |= versions if len(versions) == 1 else set()
        if node in self.table.lines:
            reached = self.reached.setdefault(node, Reached())
            reached.anywhere = True
            if addresses:
                everywhere = set.intersection(*(subnets(self.table.network, one) for one in addresses))
                reached.within |= everywhere & set(self.subnets(node))

    def took(self, node, before):
        """It has a new line, or a newer record in the place of one with these subnets."""
        self.taken[node] = self.table.monotonic()
        if before is None and node in self.dialled:
            self.answered(node, [])
        elif node in self.reached:
            self.reached[node].renewed(set(before), set(self.subnets(node)))

    def is_verified(self, node, place=None):
        """In a subnet; without one, at all."""
        reached = self.reached.get(node, Reached(anywhere=False))
        return reached.anywhere if place is None else place in reached.within

    def forget(self, node):
        self.table.lines.pop(node)
        self.table.waiting.pop(node, None)
        self.table.older.pop(node, None)
        self.reached.pop(node, None)
        self.trials.running.pop(node, None)

    def subnets(self, node):
        return subnets_of(self.table.network, self.table.lines[node].record.addresses)

    # "Room"

    def made(self, record):
        """A list of those who go at once for a record, or of the one whose trial comes first; None: no room."""
        owner, going = short_id(record.node_key), []
        already = self.subnets(owner) if owner in self.table.lines else []
        places = [place for place in subnets_of(self.table.network, record.addresses) if place not in already]
        if not already:
            places.append((WHOLE, self.bucket_of(record)))
        for place in places:
            if not self._is_full(place, owner, {one.node for one in going}):
                continue
            first = self._first(place, {owner, *(one.node for one in going)})
            if first is None:
                return None
            if first.trial:
                return [first]
            going.append(first)
        return going

    def _is_full(self, place, owner, gone):
        others = [node for node in self.table.lines if node not in gone and node != owner]
        if place[0] != WHOLE:
            most = self.bounds.most(place, len(self.table.lines))
            return most is not None and sum(place in self.subnets(node) for node in others) >= most
        unreached = sum(not self.is_verified(node) for node in others)
        return (len(others) >= self.bounds.lines
                or unreached >= self.bounds.unreached and owner not in self.dialled)

    def bucket_of(self, record):
        """Of the first wide subnet."""
        wide, = (place for place in subnets(self.table.network, record.addresses[0]) if place[0] == WIDE)
        return self.bucket(wide)

    def _first(self, place, but):
        """The first one of those that compete."""
        found = [self._going(node, place) for node, line in self.table.lines.items() if node not in but and (
            self.bucket_of(line.record) == place[1] if place[0] == WHOLE else place in self.subnets(node))]
        return min((one for one in found if one), key=lambda one: (one.row, -self._silence(one.node), one.node),
                   default=None)

    def _going(self, node, place):
        """The rows from above; None: it stays."""
        line, in_table = self.table.lines[node], place[0] == WHOLE
        verified = self.is_verified(node, None if in_table else place)
        if node == self.own or node in self.linked or in_table and verified:
            return None
        if self.table.proof(node) or not verified and line.record.expires <= self.table.clock.mesh_ms():
            return Going(node, 1)
        there = tuple(one for one in line.record.addresses if in_table or place in subnets(self.table.network, one))
        if self.trials.is_spared(self.table.monotonic(), node, there):
            return None
        if not self._can_call(there):
            return Going(node, 1) if self._is_silent(node) else None
        if verified:
            return Going(node, 3, there) if self._is_silent(node) else None
        return Going(node, 4 if self._is_present(node) else 2, there)

    def _can_call(self, addresses):
        """Somebody has answered over IPv4, or IPv6, where one of these is of that kind."""
        return self.calls and any(wire.endpoint(one)[0].version in self.families for one in addresses)

    def _is_present(self, node):
        return any(self.table.lines[node] is line for line in self.table.present())

    def _is_silent(self, node):
        """Absent, and silent for an hour."""
        return not self._is_present(node) and self._silence(node) >= SILENT

    def _silence(self, node):
        """Since its newest record was taken, or its last heartbeat came."""
        moments = [self.taken.get(node), self.table.lines[node].received]
        return self.table.monotonic() - max(moment for moment in moments if moment is not None)

    # Trials

    def tries(self, going):
        """Whether the call begins."""
        return self.trials.begin(self.table.monotonic(), going, self.bucket_of(self.table.lines[going.node].record))

    def ended(self, node, answered, asked=0, brought=0, heard=None):
        """Whether the line stays after a call.  `heard`: when something came from some neighbour."""
        now, addresses = self.table.monotonic(), self.trials.end(node)
        if answered:
            self.answered(node, addresses)
        elif asked and brought * 2 >= asked:
            self.trials.spared[node] = now, addresses
        elif node not in self.linked and heard is not None and now - heard < HEARD:
            self.trials.lost[node] = now
            self.forget(node)
        return node in self.table.lines


class Trials:
    """The calls that decide whether a line makes place."""

    def __init__(self):
        self.running = {}  # short id -> bucket, addresses
        self.spared, self.lost = {}, {}  # short id -> when, addresses; short id -> when
        self.left, self.counted = TRIALS_AT_ONCE, 0

    def begin(self, now, going, bucket):
        self.left = min(TRIALS_AT_ONCE, self.left + (now - self.counted) / TRIAL_EVERY)
        self.counted = now
        if len(self.running) >= MOST_TRIALS or any(bucket == other for other, _ in self.running.values()):
            return False
        if self.left < 1:
            return False
        self.left -= 1
        self.running[going.node] = bucket, going.trial
        return True

    def end(self, node):
        _, addresses = self.running.pop(node)
        return addresses

    def is_spared(self, now, node, addresses):
        """Others were answered within the hour, and at nothing but these."""
        when, there = self.spared.get(node, (None, ()))
        return when is not None and now - when < SPARED and set(there) <= set(addresses)

    def is_barred(self, now, node):
        """It has lost a trial within the hour."""
        return node in self.lost and now - self.lost[node] < LOST
