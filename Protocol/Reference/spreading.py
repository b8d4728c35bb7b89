"""How a leaf's table becomes and stays like its homes'.  Page: 04-membership.md, "The tree" to "Pulling"."""

import asyncio
import os
import random

import wire
from comparing import Comparing, named_pull
from conventions import Refused
from tree import Tree

ROUND, ROUNDS_PER_COMPARISON, MOST_MISSING = 2, 4, 8


class Spreading:
    """What goes over a leaf's links to keep its table; all links of it share one."""

    def __init__(self, table, log=lambda text: None):
        self.table, self.log = table, log
        self.comparing = Comparing(table, gives=False)
        self.tree = Tree(table, self._tell)
        self.rounds = 0

    def _tell(self, link, what):
        self.log(f"{what}s a link")
        link.send_control(wire.MESSAGES["Control"](**{what: {}}))

    def up(self, link):
        self.tree.up(link)
        self._compare(link)

    def down(self, link):
        self.tree.down(link)

    def _compare(self, link):
        link.send_control(wire.MESSAGES["Control"](compare=self.comparing.whole(os.urandom(16))))

    def pushed(self, link, push):
        missing = self.table.take_push(push, self.tree, link)[:MOST_MISSING]
        if missing:
            asked = named_pull((node, 0, 0) for node in set(missing))
            link.send_control(wire.MESSAGES["Control"](pull=asked))

    def said(self, link, kind, message):
        """Something else than a push."""
        if kind in ("prune", "graft"):
            return self.tree.heard(link, kind)
        try:
            answer = getattr(self.comparing, f"answer_{kind}")(message)
        except Refused:
            return
        for control in answer.controls():
            link.send_control(control)

    async def keep_alike(self):
        """Every 2 s what is overdue, and every 8 s what else differs, of one link at random."""
        while True:
            await asyncio.sleep(ROUND)
            self.rounds += 1
            if not self.tree.links:
                continue
            link = random.choice(self.tree.links)
            overdue = self.comparing.overdue()
            if overdue:
                self.log(f"{len(overdue.have)} heartbeats are overdue")
                link.send_control(wire.MESSAGES["Control"](pull=overdue))
            if self.rounds % ROUNDS_PER_COMPARISON == 0:
                self._compare(link)
