"""Members in the inputs of the vectors of page 04, "The table" and "Applicants", and what happens to whom they want to
be in a table."""

import wire
from conventions import agreement_key, signing_key
from identity import HEARTBEAT_DOMAIN, RECORD_DOMAIN, Network, month_of, record_body, short_id, signed, solve_puzzle
from inputs_ground import DAY_MS, LOCAL, NOW, seeded
from inputs_wire import make

MAIN = Network("main")
MINUTE, HOUR = 60_000, 3_600_000
FIRST = dict(name="first", peer=signing_key(seeded("first neighbour")).hex(), dialled=False)


class Resident:
    """A member of the open mesh, and what it signs.  Its puzzle is solved where the input says so, and not computed."""

    def __init__(self, name, *places, network=MAIN, seed=None):
        self.seed, self.network = seed or seeded(f"resident {name}"), network
        self.key = signing_key(self.seed)
        self.node = f"{short_id(self.key):016x}"
        self.addresses = [place if isinstance(place, bytes) else wire.endpoint_bytes(place, 7000) for place in places]

    def record(self, at=0, places=None, puzzle=0, life=DAY_MS, capabilities=7):
        """Made `at` ms after the beginning."""
        addresses = self.addresses if places is None else [wire.endpoint_bytes(place, 7000) for place in places]
        month = month_of(self.network, NOW)
        nonce = (seeded(f"puzzle {puzzle}", 16) if self.network is MAIN
                 else solve_puzzle(self.network, self.key, month))
        body = record_body(self.network, self.seed, agreement_key(seeded("channel")), seq=NOW + at,
                           expires=NOW + at + life, addresses=addresses, capabilities=capabilities, month=month,
                           nonce=nonce)
        return signed(self.seed, RECORD_DOMAIN, self.network, body)

    def beat(self, at=0, period=20_000, seed=None):
        body = wire.encode(make("HeartbeatBody", node=int(self.node, 16), time=NOW + at, period=period))
        return signed(seed or self.seed, HEARTBEAT_DOMAIN, self.network, body)


def push(at, records=(), beats=(), link="first"):
    return {"at": at, "says": "push", "from": link, "records": [wire.encode(one).hex() for one in records],
            "heartbeats": [wire.encode(one).hex() for one in beats]}


def heard(at, *members, link="first"):
    """Records and heartbeats of this moment."""
    return push(at, [one.record(at) for one in members], [one.beat(at) for one in members], link)


def beats(at, *members):
    return push(at, [], [one.beat(at) for one in members])


def called(at, member, *places):
    addresses = [wire.endpoint_bytes(place, 7000) for place in places] or member.addresses
    return {"at": at, "says": "called", "peer": member.key.hex(), "addresses": [one.hex() for one in addresses]}


def up(at, name, member, dialled=False):
    return {"at": at, "says": "up", "from": name, "peer": member.key.hex(), "dialled": dialled}


def gone(at, name):
    return {"at": at, "says": "gone", "from": name}


def answers(at, member):
    return {"at": at, "says": "answers", "peer": member.key.hex()}


def fails(at, member):
    return {"at": at, "says": "fails", "peer": member.key.hex()}


def brought(at, member, count):
    return {"at": at, "says": "brought", "peer": member.key.hex(), "seed": member.seed.hex(), "count": count}


def passes(at):
    return {"at": at, "says": "passes"}


def bounds(lines=100, unreached=100, subnet=2, wide=100, buckets=1, applicants=100):
    return dict(lines=lines, unreached=unreached, subnet=subnet, wide=wide, buckets=buckets, applicants=applicants)


def case(title, *steps, network="main", member=True, links=(FIRST,), **bound):
    return title, dict(network=network, seed=seeded("the reader").hex(), now=NOW, member=member,
                       bounds=bounds(**bound), links=list(links), steps=list(steps))


# Somebody far away who has answered over IPv4; three in one subnet, which has room for two; others.
FRIEND = Resident("friend", "90.0.0.1")
A, B, C, D = (Resident(name, f"80.1.1.{host}") for host, name in enumerate("ABCD", 1))
E, F, G = (Resident(name, f"80.1.{subnet}.1") for subnet, name in enumerate("EFG", 2))  # A's wide subnet
X, Y, Z = (Resident(name, f"70.{wide}.1.1") for wide, name in enumerate("XYZ", 1))


def reaches(at=0):
    """The node can call over IPv4."""
    return [heard(at, FRIEND), called(at, FRIEND)]
