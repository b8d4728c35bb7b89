"""Over which links heartbeats travel.  Page: 04-membership.md, "The tree"."""

from conventions import short

PRUNING_INTERVAL = 5_000_000  # microseconds
TWICE_WITHIN, PRECEDENCE, REPLACING_INTERVAL = 5_000, 5_000, 5_000  # ms


def wanted_links(present):
    """W."""
    return min(max(48 // max(present, 1), 1), 8)


def pruning_bits(present, period):
    """How many zero bits the rank of a heartbeat that counts begins with; P in microseconds."""
    return max(1, PRUNING_INTERVAL * present // period).bit_length() - 1


def rank(body):
    return short("passant/prune/1", body)


def counts(body, bits):
    return rank(body) >> 64 - bits == 0


class Tree:
    """The eager ones of a node's links to members.  `send` is called with a link and "graft" or "prune".

    A leaf's are those to its homes.  There are no feelers and no guests here, and no heartbeats of its own."""

    def __init__(self, table, send):
        self.table, self.send = table, send
        self.links, self.eager = [], set()  # the longest standing first
        self.pruned = {}  # link -> when it was told so last
        self.pruner = None  # the body that prunes, when it began to, and the link over which it came
        self.replaced = None  # when two came in place of one

    def up(self, link):
        self.links.append(link)
        self._graft_enough()

    def down(self, link):
        if link in self.links:
            self.links.remove(link)
        self.pruned.pop(link, None)
        if link in self.eager:
            self.eager.discard(link)
            now = self.table.monotonic()
            if self.replaced is None or now - self.replaced >= REPLACING_INTERVAL:
                self.replaced = now
                self._graft_enough(least=2)
            else:
                self._graft_enough()

    def heard(self, link, what):
        """A Graft or a Prune of the other side."""
        if what == "graft" and link in self.links:
            self.eager.add(link)
        elif what == "prune":
            self.eager.discard(link)
            others = [other for other in self.links if other != link]
            if not self.eager and others:
                self._graft(others[0])

    def came_aside(self, link, overdue):
        """A new heartbeat of a present member came over this link."""
        if link in self.links and (overdue or link not in self.eager):
            self._graft(link)

    def came_first(self, link, body):
        """A new heartbeat came that is passed on."""
        if not counts(body, pruning_bits(len(self.table.present()), self.table.period())):
            return
        now = self.table.monotonic()
        if self.pruner is None or now - self.pruner[1] > PRECEDENCE or rank(body) < rank(self.pruner[0]):
            self.pruner = body, now, link

    def came_twice(self, link, body, since):
        """A heartbeat came that another link has brought, so many ms ago."""
        if link not in self.links or since > TWICE_WITHIN or link in self.eager and len(self.eager) <= self._wanted():
            return
        now = self.table.monotonic()
        if link in self.pruned and now - self.pruned[link] < TWICE_WITHIN:
            return
        if self.pruner is not None and self.pruner[0] == body and self.pruner[2] != link:
            self.eager.discard(link)
            self.pruned[link] = now
            self.send(link, "prune")

    def _wanted(self):
        return wanted_links(len(self.table.present()))

    def _graft_enough(self, least=0):
        lacking = max(self._wanted() - len(self.eager), least)
        for link in [link for link in self.links if link not in self.eager][:max(lacking, 0)]:
            self._graft(link)

    def _graft(self, link):
        self.eager.add(link)
        self.send(link, "graft")
