"""Keys, networks, records, heartbeats, the puzzle, invites.  Page: 01-identity.md."""

import ipaddress
import re
from dataclasses import dataclass

import wire
from conventions import (
    H, Refused, argon2id, base32, base32_decoded, has_zero_bits, short, sign, signature_holds, signing_key, u8, u32,
    u64,
)
from noise import hkdf

SECOND = 1_000_000  # lengths of time are in microseconds here, as in the network's id
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
HOME, DOOR, KEEPER = 1, 2, 4


# "Keys of a node"

def short_id(node_key):
    return short("passant/short/1", node_key)


def name(node_key):
    return base32(H("passant/short/1", node_key)[:5])


def fingerprint(node_key):
    return H("passant/fingerprint/1", node_key)[:16]


def leaf_secret_for(leaf_secret, home):
    """"Leaf keys": the X25519 secret that is shown to one home."""
    return hkdf(leaf_secret, b"passant/leaf/1\0" + home, 2)[0][:32]


# "Networks"

def _nets(*ranges):
    return [ipaddress.ip_network(text) for text in ranges]


LAN = _nets("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7")
LOCAL = _nets("127.0.0.0/8", "::1/128")
NOT_OPEN = LAN + LOCAL + _nets(
    "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
GLOBAL_V6 = ipaddress.ip_network("2000::/3")


class Network:
    """A mesh's name, the policy that it stands for, and its id."""

    def __init__(self, mesh_name):
        if not re.fullmatch(r"[a-z0-9-]{1,32}", mesh_name):
            raise Refused("name")
        self.name = mesh_name
        self.kind = 1 if mesh_name.startswith("local") else 2 if mesh_name.startswith("lan") else 0
        near = self.kind != 0
        self.shortest_period, self.longest_period = (5 if near else 20) * SECOND, 30 * MINUTE
        self.epoch, self.epoch_overlap = (MINUTE, 6 * SECOND) if near else (10 * MINUTE, MINUTE)
        self.round, self.grace, self.answer_delay = SECOND, SECOND // 10, SECOND // 10
        self.lifetime, self.future = DAY, 5 * MINUTE
        self.month, self.month_overlap = 30 * DAY, 3 * DAY
        self.heartbeat_bytes, self.bytes_a_second = 160, 200 if near else 4000
        self.addressed, self.serving, self.listed = 9, 12, 24
        self.puzzle_kib, self.puzzle_bits, self.stamp_kib, self.stamp_bits = (
            (64, 2, 64, 2) if near else (4096, 14, 1024, 10))
        self.constants = [
            self.shortest_period, self.longest_period, 120 * SECOND, self.epoch, self.epoch_overlap, self.round,
            self.grace, self.answer_delay, SECOND // 20, self.lifetime, self.future, self.month, self.month_overlap,
            self.heartbeat_bytes, self.bytes_a_second, 3, 2, self.addressed, self.serving, self.listed,
            self.puzzle_kib, self.puzzle_bits, self.stamp_kib, self.stamp_bits,
        ]
        everything = u8(self.kind) + b"".join(map(u64, self.constants)) + mesh_name.encode()
        self.id = short("passant/network/1", everything)

    def allows(self, address):
        """"Addresses": whether an address counts in a mesh of this kind."""
        def within(nets):
            return any(address.version == net.version and address in net for net in nets)
        if self.kind == 1:
            return within(LOCAL)
        if self.kind == 2:
            return within(LAN)
        return not within(NOT_OPEN) and (address.version == 4 or address in GLOBAL_V6)

    def heartbeat_period(self, members):
        """In microseconds, for a table of so many members."""
        alone = members * self.heartbeat_bytes * SECOND // self.bytes_a_second
        return min(max(self.shortest_period, alone), self.longest_period)


# "Records"

RECORD_DOMAIN, HEARTBEAT_DOMAIN = "passant/record/1", "passant/heartbeat/1"


def signed(seed, domain, network, body):
    return wire.MESSAGES["Signed"](body=body, signature=sign(seed, domain, network.id, body))


def record_body(network, seed, channel_key, seq, expires, addresses, capabilities, month, nonce):
    body = wire.MESSAGES["RecordBody"](
        version=1, network=network.id, node_key=signing_key(seed), channel_key=channel_key, seq=seq,
        expires=expires, addresses=addresses, capabilities=capabilities)
    body.puzzle.month, body.puzzle.nonce = month, nonce
    return wire.encode(body)


def check_record(network, signed_record, now):
    """The record's body, held against the seven checks in their order; `now` in ms."""
    record = wire.decode("RecordBody", signed_record.body)
    if record.network != network.id:
        raise Refused("another network")
    if record.seq > now + network.future // 1000:
        raise Refused("from the future")
    if record.expires <= now:
        raise Refused("expired")
    if record.expires > now + (network.lifetime + network.future) // 1000:
        raise Refused("lives too long")
    if not all(network.allows(wire.endpoint(address)[0]) for address in record.addresses):
        raise Refused("address not allowed")
    if not month_counts(network, record.puzzle.month, now):
        raise Refused("wrong month")
    if not signature_holds(record.node_key, RECORD_DOMAIN, network.id, signed_record.body, signed_record.signature):
        raise Refused("bad signature")
    return record


# "Heartbeats"

def heartbeat_body(node_key, time, period):
    return wire.encode(wire.MESSAGES["HeartbeatBody"](node=short_id(node_key), time=time, period=period))


def check_heartbeat(network, signed_heartbeat, node_key, last_time, now):
    """The heartbeat's body, held against the five checks in their order; times in ms, `last_time` may be None."""
    beat = wire.decode("HeartbeatBody", signed_heartbeat.body)
    if beat.node != short_id(node_key):
        raise Refused("wrong owner")
    if not network.shortest_period <= beat.period * 1000 <= network.longest_period:
        raise Refused("period out of range")
    if last_time is not None and beat.time <= last_time:
        raise Refused("not newer")
    if abs(beat.time - now) > 2 * beat.period + 120_000:
        raise Refused("out of time")
    if not signature_holds(node_key, HEARTBEAT_DOMAIN, network.id, signed_heartbeat.body, signed_heartbeat.signature):
        raise Refused("bad signature")
    return beat


# "The puzzle"

def month_of(network, now):
    return now * 1000 // network.month


def month_counts(network, month, now):
    begin, end = month * network.month, (month + 1) * network.month
    return begin - network.month_overlap <= now * 1000 < end + network.month_overlap


def puzzle_output(network, node_key, month, nonce):
    return argon2id(u64(network.id) + node_key + u32(month), nonce, network.puzzle_kib)


def puzzle_solved(network, output):
    return has_zero_bits(output, network.puzzle_bits)


def solve_puzzle(network, node_key, month):
    for count in range(2**32):
        nonce = bytes(8) + u64(count)
        if puzzle_solved(network, puzzle_output(network, node_key, month, nonce)):
            return nonce


def placement_key(output):
    return H("passant/placement/1", output)


# "Invites"

@dataclass
class Invite:
    expires: int  # seconds
    network: str
    entries: list  # of (endpoint bytes, fingerprint)

    def text(self):
        kinds = len(self.entries)
        for number, (place, _) in enumerate(self.entries):
            kinds |= (len(place) == 18) << (2 + number)
        label = self.network.encode()
        body = u8(1) + u32(self.expires) + u8(len(label)) + label + u8(kinds)
        body += b"".join(place + print_ for place, print_ in self.entries)
        return "passant:" + base32(body + H("passant/invite/1", body)[:4])

    @staticmethod
    def read(line, now_seconds):
        line = re.sub(r"[\s-]", "", line)
        if not line.lower().startswith("passant:"):
            raise Refused("no invite")
        if len(line) > 200:
            raise Refused("too long")
        try:
            data = base32_decoded(line[8:])
        except Refused:
            raise Refused("mistyped") from None
        body, checksum = data[:-4], data[-4:]
        if not body or H("passant/invite/1", body)[:4] != checksum:
            raise Refused("mistyped")
        return Invite._parsed(body, now_seconds)

    @staticmethod
    def _parsed(body, now_seconds):
        if body[0] != 1:
            raise Refused("wrong version")

        def take(count):
            nonlocal body
            if len(body) < count:
                raise Refused("cut short")
            taken, body = body[:count], body[count:]
            return taken

        take(1)
        expires = int.from_bytes(take(4), "big")
        label = take(take(1)[0])
        kinds = take(1)[0]
        count = kinds & 3
        entries = []
        for number in range(count):
            place = take(18 if kinds & (4 << number) else 6)
            entries.append((place, take(16)))
        try:
            network = Network(label.decode("ascii")).name
        except (Refused, UnicodeDecodeError):
            raise Refused("mistyped") from None
        if body or count == 0 or kinds >> (2 + count) or any(place[-2:] == b"\0\0" for place, _ in entries):
            raise Refused("mistyped")
        if expires <= now_seconds:
            raise Refused("expired")
        return Invite(expires, network, entries)
