"""A seek: deposits with keepers, counts, matches; then the way through a door.  Pages: 06-pairing.md; 05, "Pipes"."""

import asyncio
import os
import random

import links
import pairing as pairs
import wire
from channel import CONVERSATION_CLASSES, Channel
from conventions import Refused, agreement_key
from conversation import Conversation, Terms
from identity import DOOR, KEEPER

ROUNDS_OF_A_KEY, BODIES_FROM = 30, 3
ANSWER_TIME, BODIES_TIME = 3, 0.3
DOORS, NEXT_DOOR, MEETING_TIME = 3, 1.2, 5
LAST_DEPOSIT, DECIDED = -20, 700  # ms from the round's end


class PipeFailed(Exception):
    pass


class Declined(Exception):
    """The two are not for each other, at whichever door that was said."""


class Request:
    """One request to a member over a carried stream."""

    def __init__(self, network, home, line, encoded, behind=b""):
        self.channel = Channel("NK", True, links.pipe_prologue(network, line.record.node_key), CONVERSATION_CLASSES,
                               None, line.record.channel_key)
        first = self.channel.write_handshake(wire.block(encoded, wire.REQUEST_BLOCK))
        self.pipe = home.open_pipe(line.record.node_key, first + behind)

    async def answer(self, kind):
        """The answer's code, and the raw bytes behind it."""
        data = b""
        async with asyncio.timeout(ANSWER_TIME):
            while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
                piece = await self.pipe.read()
                if piece is None:
                    raise PipeFailed("ended")
                data += piece
        size = 2 + int.from_bytes(data[:2], "big")
        (_, payload), = self.channel.feed(data[:size])
        answer = wire.decode("Answer", wire.unblocked(payload, wire.ANSWER_BLOCK))
        if answer.WhichOneof("kind") != kind:
            raise PipeFailed("another kind")
        return getattr(answer, kind).code, data[size:]


class Round:
    """One round of a seek: from the deposits to the decision."""

    def __init__(self, seek, place, lines):
        self.seek, self.place, self.lines = seek, place, lines
        self.count = pairs.Count(place, [line.record.node_key for line in lines])
        self.offer = pairs.make_offer(place, seek.key, seek.stamp_epoch, seek.stamp, len(lines), kind=seek.kind)
        self.changed = asyncio.Event()
        self.channels = {}  # keeper -> Request

    async def decide(self):
        """The pairings of this round: one, of a triple two, or none."""
        home = self.seek.leaf.home_for(None)
        asked = random.sample(range(len(self.lines)), min(BODIES_FROM, len(self.lines)))
        tasks = [asyncio.create_task(self._deposit(home, index, index in asked)) for index in range(len(self.lines))]
        end = pairs.round_begin(self.place.network, self.place.round + 1)
        try:
            await self._until(lambda: self.count.complete, end + DECIDED)
            await self._fetch()
            return self._match()
        finally:
            for task in tasks:
                task.cancel()
            for request in self.channels.values():
                request.pipe.finish()

    async def _until(self, holds, mesh_ms):
        while not holds():
            left = (mesh_ms - self.seek.leaf.clock.mesh_ms()) / 1000
            if left <= 0:
                return
            self.changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self.changed.wait()
            except TimeoutError:
                pass

    async def _deposit(self, home, index, bodies):
        line = self.lines[index]
        keeper = line.record.node_key
        encoded = self.offer.deposit(index, self.seek.secret, line.record.channel_key, bodies)
        try:
            request = self.channels[keeper] = Request(self.seek.leaf.network, home, line, encoded)
            code, behind = await request.answer("receipt")
            self.seek.leaf.log(f"receipt {code}")
            if code != pairs.ACCEPTED:
                raise PipeFailed(f"receipt {code}")
            while behind is not None:
                for _, content in request.channel.feed(behind):
                    self._heard(keeper, content)
                behind = await request.pipe.read()
            raise PipeFailed("ended")
        except (PipeFailed, Refused, TimeoutError) as fault:
            if isinstance(fault, Refused) and keeper in self.channels:
                self.channels[keeper].pipe.reset()
            self.count.asked.pop(keeper, None)
            if keeper not in self.count.answers:
                self.seek.leaf.log(f"a keeper is out: {fault!r}")
                self.count.put_out(keeper)
            self.changed.set()

    def _heard(self, keeper, content):
        try:
            message = wire.decode("KeeperMessage", content)  # no bytes are malformed
        except Refused as refused:
            if refused.why == wire.UNKNOWN_KIND:
                return
            raise
        kind = message.WhichOneof("kind")
        if kind == "answer":
            self.count.answered(keeper, message.answer)
        elif kind == "bodies":
            self.count.take_bodies(keeper, message.bodies.offers)
        else:
            raise Refused("the other side's kind")
        self.changed.set()

    async def _fetch(self):
        """"Fetching": two keepers that list an offer are asked for it."""
        missing = self.count.missing()
        if not missing:
            return
        wanted = {}
        for digest in missing:
            listing = [keeper for keeper, answer in self.count.answers.items()
                       if any(one.digest == digest for one in answer.listings)]
            for keeper in random.sample(listing, min(2, len(listing))):
                wanted.setdefault(keeper, []).append(digest)
        for keeper, digests in wanted.items():
            request, self.count.asked[keeper] = self.channels[keeper], digests
            message = wire.MESSAGES["KeeperMessage"](bodies_wanted=dict(digests=digests))
            request.pipe.send(request.channel.seal(wire.encode(message)))
        until = self.seek.leaf.clock.mesh_ms() + BODIES_TIME * 1000
        await self._until(lambda: not self.count.missing(), until)

    def _match(self):
        found = self.count.counting()
        self.seek.leaf.log(f"round {self.place.round}: {len(self.count.answers)} of {len(self.lines)} keepers, "
                           f"{len(found)} offers count")
        own = next((index for index, one in enumerate(found) if one[1] == self.offer.digest), None)
        offers = [(one[0].kind, one[0].pool, one[3], one[1]) for one in found]
        for group in pairs.matched(offers) + pairs.matched_three(offers):
            if own in group:
                return [pairs.pairing(self.place, self.seek.secret, found[own], found[other])
                        for other in group if other != own]
        return []


class Seek:
    """A person's wish to meet somebody, or to ask or discuss a question."""

    def __init__(self, leaf, kind=pairs.TALK):
        self.leaf, self.kind = leaf, kind
        self.pool = 0 if kind == pairs.TALK else pairs.questions_pool(leaf.network)
        self.key, self.last_round, self.rounds_left, self.depth = None, -1, 0, 0

    async def pairings(self):
        """Round after round, until this seek is matched.  Who asks has one with the first and one with the second who
        discuss, who discusses one with who asks and one with the other."""
        network = self.leaf.network
        while True:
            await self.leaf.ready()
            number = await self._next_round()
            place = self._place(number)
            await self._fresh_key_if_needed(place)
            lines = self._keepers(place)
            if not lines:
                await asyncio.sleep(0.1)
                continue
            self.last_round, self.rounds_left = number, self.rounds_left - 1
            taking_part = Round(self, place, lines)
            try:
                found = await taking_part.decide()
            except Refused:
                found = []
            crowd = taking_part.count.crowd
            if crowd is not None and place.depth == self.depth:
                self.depth = pairs.next_depth(self.depth, crowd)
            if found:
                self.key = None  # never again after it was in a pairing
                return found

    async def _next_round(self):
        """The round to deposit for, once its time has come."""
        network, clock = self.leaf.network, self.leaf.clock
        number = max(pairs.round_of(network, clock.mesh_ms()), self.last_round + 1)
        if clock.mesh_ms() > pairs.round_begin(network, number + 1) + LAST_DEPOSIT:
            number += 1
        await asyncio.sleep(max(0, pairs.round_begin(network, number) - clock.mesh_ms()) / 1000)
        return number

    def _place(self, number):
        network, depth = self.leaf.network, self.depth
        if depth and random.randrange(2 ** (depth + 1)) == 0:
            depth = 0  # a look at where newcomers begin
        return pairs.Place(network, pairs.epoch_of_round(network, number), number, depth, random.randrange(2**depth),
                           self.pool)

    def _keepers(self, place):
        present = self.leaf.table.present(KEEPER)
        order = pairs.nearest(place, [line.placement for line in present], place.network.addressed)
        return [present[index] for index in order]

    async def _fresh_key_if_needed(self, place):
        counts = self.key and pairs.stamp_epoch_counts(place.network, self.stamp_epoch, place.round)
        if counts and self.rounds_left > 0:
            return
        self.secret = os.urandom(32)
        self.key, self.stamp_epoch, self.rounds_left = agreement_key(self.secret), place.epoch, ROUNDS_OF_A_KEY
        self.stamp = await asyncio.to_thread(pairs.make_stamp, place.network, self.key, place.epoch)


def candidates(network, table, nonces):
    """05, "Doors": present members that serve as door, lowest rank first."""
    return sorted(table.present(DOOR), key=lambda line: pairs.door_rank(network, nonces, line.placement))[:DOORS]


async def meet(leaf, pairing, secret, terms=Terms()):
    """(conversation, pipe) once the two talk, or None.

    05, "Doors": the next candidate is tried when one fails, or after a while; the halves at earlier doors stay."""
    left = candidates(leaf.network, leaf.table, pairing.nonces)
    trying, ahead = set(), asyncio.Lock()
    try:
        async with asyncio.timeout(MEETING_TIME):
            while left or trying:
                if left:
                    at_door = _at_door(leaf, pairing, secret, terms, left.pop(0), ahead)
                    trying.add(asyncio.create_task(at_door))
                done, trying = await asyncio.wait(trying, timeout=NEXT_DOOR if left else None,
                                                  return_when=asyncio.FIRST_COMPLETED)
                met = [task.result() for task in done if task.exception() is None]
                for _, pipe in met[1:]:
                    pipe.reset()
                if met:
                    return met[0]
                for task in done:
                    leaf.log(f"a door failed: {task.exception()!r}")
                if any(isinstance(task.exception(), Declined) for task in done):
                    return None
    except TimeoutError:
        leaf.log("nobody came to a door")
    finally:
        for task in trying:
            task.cancel()
    return None


async def _at_door(leaf, pairing, secret, terms, door, ahead):
    key = door.record.node_key
    home = leaf.home_for(key)
    conversation = Conversation(pairing.initiates, secret, pairing.their_key, pairing.prologue_at(key),
                                waits=pairing.initiates, terms=terms)
    first, conversation.outgoing = conversation.outgoing, b""
    join = wire.encode(wire.MESSAGES["Request"](join=dict(token=pairing.token_at(key))))
    request = Request(leaf.network, home, door, join, first)
    turn = None  # to send the Opening; until the door that has it has failed, the others wait
    try:
        code, data = await request.answer("join")
        leaf.log(f"the door answers {code}")
        if code == 3:
            raise PipeFailed("refused")
        while True:
            conversation.feed(data)
            if conversation.standing and turn is None:
                turn = asyncio.create_task(ahead.acquire())
            if conversation.standing and turn.done() and not conversation.ended:
                conversation.go_ahead()
            request.pipe.send(conversation.outgoing)
            conversation.outgoing = b""
            if conversation.ended == "declined":
                request.pipe.finish()
                raise Declined("you have met" if conversation.met_before else "by the other side")
            if conversation.ended:
                raise PipeFailed(conversation.ended)
            if conversation.talking:
                return conversation, request.pipe
            data = await _next(conversation, request.pipe, turn)
            if data is None:
                raise PipeFailed("ended")
    except BaseException as fault:
        if turn and turn.done():
            ahead.release()
        elif turn:
            turn.cancel()
        if not isinstance(fault, Declined):  # or the Farewell might not arrive
            request.pipe.reset()
        raise


async def _next(conversation, pipe, turn):
    """The next bytes, or none when its turn or a deadline of 07, "Phases", comes first."""
    reading = asyncio.create_task(pipe.read())
    try:
        while not conversation.ended:
            waits = {turn} if turn and not turn.done() else set()
            await asyncio.wait({reading} | waits, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                return reading.result()
            if waits and turn.done():
                return b""
            conversation.tick()
        return b""
    finally:
        reading.cancel()
