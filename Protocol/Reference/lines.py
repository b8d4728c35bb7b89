"""The conversations of a meeting on the pipes that carry them.  Pages: 05, "Doors"; 08."""

import asyncio

from seek import meet

TICK = 0.2


class Line:
    """A conversation and its pipe.  `changed` is set whenever something may have come."""

    def __init__(self, conversation, pipe, changed):
        self.conversation, self.pipe, self.changed = conversation, pipe, changed
        self.tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._tick())]

    async def _read(self):
        while (data := await self.pipe.read()) is not None:
            self.conversation.feed(data)
            self.changed.set()
        self.conversation.pipe_broke()
        self.changed.set()

    async def _tick(self):
        while True:
            await asyncio.sleep(TICK)
            self.conversation.tick()
            self.changed.set()

    def flush(self):
        if self.conversation.outgoing:
            data, self.conversation.outgoing = self.conversation.outgoing, b""
            self.pipe.send(data)

    def end(self):
        for task in self.tasks:
            task.cancel()
        self.flush()
        self.pipe.finish()


class Carried:
    """A meeting and the lines of its conversations."""

    def __init__(self, leaf, meeting):
        self.leaf, self.meeting = leaf, meeting
        self.lines, self.changed = [], asyncio.Event()

    async def begin(self, secret, matched):
        """Whether it begins; `matched` has a pairing and terms for each conversation.  Otherwise all are left."""
        coming = [asyncio.create_task(self._come(place, secret, *one)) for place, one in enumerate(matched)]
        try:
            while not (self.meeting.begun or self.meeting.ended):
                await self.changed.wait()
                self.settle()
            return self.meeting.begun
        finally:
            for task in coming:
                task.cancel()
            if not self.meeting.begun:
                self.end()

    async def _come(self, place, secret, pairing, terms):
        met = await meet(self.leaf, pairing, secret, terms)
        if met:
            self.meeting.legs[place] = met[0]
            self.lines.append(Line(*met, self.changed))
        else:
            self.meeting.fail()
        self.changed.set()

    def settle(self):
        """What has come is taken in, and what it leads to leaves."""
        self.changed.clear()
        self.meeting.look()
        self.flush()
        for line in [line for line in self.lines if line.conversation.ended]:
            self.leaf.log(f"ended: {line.conversation.ended} {line.conversation.rule or ''}")
            self.lines.remove(line)
            line.end()

    def flush(self):
        for line in self.lines:
            line.flush()

    def end(self):
        for line in self.lines:
            line.conversation.leave()
            line.end()
        self.lines = []
