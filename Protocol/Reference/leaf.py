"""A leaf that meets strangers, as a program.  Pages: all; events and commands: 08-control.md, "NDJSON".

    leaf.py --network local-x --join passant:… [--ask QUESTION | --discuss] [--say TEXT] [--answer-all] [--new]
            [--verbose]"""

import argparse
import asyncio
import json
import os
import random
import sys
import time

import links
import pairing as pairs
from common import Encounters
from connection import Link, LinkDown
from conventions import Refused, agreement_key
from conversation import ALONE, QUESTION_CHARACTERS, NotSent, Terms
from identity import HOME, Invite, Network, fingerprint, leaf_secret_for
from lines import Carried
from meeting import Alone, Asking, Discussing
from seek import Seek
from spreading import Spreading
from table import MeshClock, Table

HOMES, TABLE_TIME = 2, 1.0
SOMEBODY_ELSE_FOR = 10  # s


class Leaf:
    """The links of a leaf, its table, its clock, whom it has met."""

    def __init__(self, network, invites, verbose):
        self.network, self.invites, self.verbose = network, invites, verbose
        self.clock = MeshClock()
        self.table = self.clock.table = Table(network, self.clock)
        self.spreading = Spreading(self.table, self.log)
        self.leaf_secret = os.urandom(32)
        self.entry_link, self.homes, self.wait_for = None, [], {}
        self.encounters = Encounters(time.monotonic)

    def log(self, text):
        if self.verbose:
            print(f"{time.time():.3f} {text}", file=sys.stderr, flush=True)

    # Entering

    async def keep_links(self):
        """Enters by an invite, then keeps two homes.  "Keeping homes"."""
        pause = 0.5
        while True:
            try:
                if not self.table.present(HOME) and not (self.entry_link and self.entry_link.up):
                    await self._enter()
                await self._take_homes()
                pause = 0.5
            except (OSError, TimeoutError, LinkDown, Refused) as fault:
                self.log(f"no link: {fault!r}")
                pause = min(pause * 2, 60)
            await asyncio.sleep(pause if not self.live_homes() else 0.5)

    async def _enter(self):
        for invite in random.sample(self.invites, len(self.invites)):
            for endpoint, mark in invite.entries:
                link = Link(self.network, self.table, self.clock, self.spreading)
                try:
                    record = await link.dial(endpoint, links.XX, os.urandom(32))
                except (OSError, TimeoutError, LinkDown) as fault:
                    self.log(f"an entry point failed: {fault!r}")
                    link.close()
                    continue
                if fingerprint(record.node_key) != mark:
                    link.close("not the one that was meant", None)
                    continue
                self.entry_link = link
                await asyncio.sleep(TABLE_TIME)
                return
        raise LinkDown("nobody to enter by")

    async def _take_homes(self):
        self.homes = [link for link in self.homes if link.up]
        taken = {link.node_key for link in self.homes}
        free = [line for line in self.table.present(HOME) if line.record.node_key not in taken
                and self.wait_for.get(line.record.node_key, 0) < time.monotonic()]
        if len(self.homes) >= HOMES or not free:
            if self.homes and self.entry_link:
                self.entry_link.close()
                self.entry_link = None
            return
        record = random.choice(free).record
        link = Link(self.network, self.table, self.clock, self.spreading)
        self.wait_for[record.node_key] = time.monotonic() + 10
        secret = leaf_secret_for(self.leaf_secret, record.node_key)
        try:
            shown = await link.dial(record.addresses[0], links.IK, secret, record.channel_key)
            if shown.node_key != record.node_key:
                link.close("another node", None)
                raise LinkDown("another node")
            await link.attach()
        except BaseException:
            link.close()
            raise
        self.homes.append(link)
        self.log(f"a home at {record.addresses[0].hex()}, agreement key {agreement_key(secret).hex()[:8]}")

    # What a seek needs

    def live_homes(self):
        return [link for link in self.homes if link.up and link.attached]

    def home_for(self, door):
        """"Each seek takes one live home at random", another than the door where there is one."""
        live = self.live_homes()
        if not live:
            raise Refused("no home")
        return random.choice([link for link in live if link.node_key != door] or live)

    async def ready(self):
        while not (self.live_homes() and self.clock.known):
            await asyncio.sleep(0.05)

    def leave(self):
        for link in [*self.homes, self.entry_link]:
            if link:
                link.close()


class Seat:
    """One person's place: one stranger after the other."""

    def __init__(self, leaf, options):
        self.leaf, self.options = leaf, options
        self.commands, self.input_over = asyncio.Queue(), False
        self.kind = pairs.ASKS if options.ask else pairs.DISCUSSES if options.discuss else pairs.TALK

    def tell(self, *event):
        print(json.dumps(list(event), ensure_ascii=True), flush=True)

    async def read_commands(self):
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=2**20)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        number = 0
        while line := await reader.readline():
            number += 1
            if not line.strip():
                continue
            try:
                command = json.loads(line)
                assert isinstance(command, list) and command and isinstance(command[0], str)
            except (ValueError, AssertionError):
                self.tell("error", f"line {number}: no command")
                continue
            self.commands.put_nowait(command)
        self.commands.put_nowait(None)

    async def run(self):
        reading = asyncio.create_task(self.read_commands())
        looking = True
        while not self.input_over:
            if looking:
                looking = await self._one_stranger()
            else:
                looking = self._rested(await self.commands.get())
        reading.cancel()

    def _rested(self, command):
        if command is None:
            self.input_over = True
        elif command[0] == "new":
            return True
        elif command[0] != "disconnect":
            self.tell("error", "nobody is there")
        return False

    async def _one_stranger(self):
        """From looking to the end of a conversation; whether to look again at once."""
        self.tell("waiting")
        seek = Seek(self.leaf, self.kind)
        while True:
            search = asyncio.create_task(self._search(seek))
            command = asyncio.create_task(self.commands.get())
            await asyncio.wait([search, command], return_when=asyncio.FIRST_COMPLETED)
            if command.done() and not search.done():
                search.cancel()
                self.input_over = command.result() is None
                if self.input_over or command.result()[0] == "disconnect":
                    return False
                if command.result()[0] != "new":
                    self.tell("error", "nobody is there")
                continue
            if not command.done():
                command.cancel()
            else:
                self.commands.put_nowait(command.result())
            return await self._talk(search.result())

    async def _search(self, seek):
        """A meeting that has begun."""
        since = time.monotonic()
        while True:
            pairings = await seek.pairings()
            self.leaf.log("matched")
            carried = Carried(self.leaf, self._meeting())
            terms = [self._terms(part, since) for part in carried.meeting.parts]
            if await carried.begin(seek.secret, zip(pairings, terms)):
                if carried.meeting.encounter:
                    self.leaf.encounters.keep(carried.meeting.encounter)
                return carried

    def _meeting(self):
        if self.kind == pairs.TALK:
            return Alone()
        return Asking(self.options.ask) if self.kind == pairs.ASKS else Discussing()

    def _terms(self, part, since):
        """07, "Meeting again": somebody else for a while; then the same stranger is better than nobody."""
        if part != ALONE:
            return Terms(part, self.options.ask)
        return Terms(encounters=tuple(self.leaf.encounters.latest()),
                     somebody_else=time.monotonic() - since < SOMEBODY_ELSE_FOR)

    async def _talk(self, carried):
        meeting, again = carried.meeting, self.options.new
        try:
            while True:
                carried.settle()
                events, meeting.events = meeting.events, []
                for event in events:
                    self._told(meeting, event)
                carried.flush()
                if meeting.ended:
                    break
                command = asyncio.create_task(self.commands.get())
                change = asyncio.create_task(carried.changed.wait())
                await asyncio.wait([command, change], return_when=asyncio.FIRST_COMPLETED)
                change.cancel()
                if command.done():
                    again = self._commanded(meeting, command.result(), again)
                else:
                    command.cancel()
        finally:
            carried.end()
        return again

    def _told(self, meeting, event):
        self.tell(*event)
        if event[0] == "connected" and self.options.say:
            self._say(meeting, self.options.say)
        elif event[0] == "gotMessage" and self.options.answer_all:
            self._say(meeting, "re: " + event[1])

    def _say(self, meeting, text):
        try:
            meeting.say(text)
        except NotSent as reason:
            self.tell("error", str(reason))

    def _commanded(self, meeting, command, again):
        if command is None:
            self.input_over = True
            meeting.leave()
            return False
        name = command[0]
        if name == "send" and len(command) == 2 and isinstance(command[1], str):
            self._say(meeting, command[1])
        elif name in ("typing", "stoppedtyping"):
            meeting.typing(name == "typing")
        elif name in ("disconnect", "new"):
            meeting.leave()
            return name == "new"
        else:
            self.tell("error", f"no such command: {name}")
        return again


async def main(options):
    network = Network(options.network)
    invites = [Invite.read(line, time.time()) for line in options.join]
    if any(invite.network != network.name for invite in invites):
        raise Refused("an invite of another mesh")
    leaf = Leaf(network, invites, options.verbose)
    keeping = [asyncio.create_task(leaf.keep_links()), asyncio.create_task(leaf.spreading.keep_alike())]
    await Seat(leaf, options).run()
    await asyncio.sleep(0.2)  # what was written leaves
    for task in keeping:
        task.cancel()
    leaf.leave()


def question(text):
    if len(text) not in QUESTION_CHARACTERS:
        raise argparse.ArgumentTypeError("a question has 10 to 200 characters")
    return text


def parsed():
    parser = argparse.ArgumentParser(description="Meets strangers; NDJSON on standard input and output.")
    parser.add_argument("--network", required=True)
    parser.add_argument("--join", action="append", required=True, metavar="INVITE")
    wish = parser.add_mutually_exclusive_group()
    wish.add_argument("--ask", metavar="QUESTION", type=question, help="have two strangers discuss this, and watch")
    wish.add_argument("--discuss", action="store_true", help="discuss a stranger's question with another one")
    parser.add_argument("--say", metavar="TEXT", help="say this to every stranger")
    parser.add_argument("--answer-all", action="store_true", help="answer each text with “re: ” and the text")
    parser.add_argument("--new", action="store_true", help="look for the next stranger when one has left")
    parser.add_argument("--verbose", action="store_true", help="say on standard error what happens")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(parsed()))
