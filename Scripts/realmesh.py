"""Real nodes as processes of their own, and a cheap way to look into their tables. For Scripts/soak and
Scripts/bench-membership.

A look is one `peers` request over the node's control socket (Protocol/08-control.md), on a connection that stays open:
no process is started for it. Nothing here ends a process that it did not start.
"""
import ctypes, json, os, random, selectors, shutil, signal, socket, subprocess, sys, tempfile, time

TICK = os.sysconf("SC_CLK_TCK")
PRESENCE = 3  # in periods


def period(members):
    """The heartbeat period in seconds where the mesh's name begins with local or lan (Protocol/01, constants 1, 14, 15)."""
    return max(5.0, members * 160 / 200)
LIBC = ctypes.CDLL(None)
for number in (signal.SIGINT, signal.SIGTERM):  # so that an interruption or a timeout still ends the nodes
    signal.signal(number, lambda number, _: sys.exit(128 + number))


def now():
    return time.monotonic()


def dies_with_parent():
    LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: even a killed script leaves nothing behind


def clean_environment():
    """`passant` takes every variable of that name for a setting. The same few people meet again and again here."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PASSANT_")}
    return kept | {"PASSANT_NO_REPEAT_HOURS": "0"}


def free_port(taken):
    """Not from the range for outgoing connections, one of which might take it before the member does."""
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def load():
    with open("/proc/loadavg") as file:
        return file.read().split()[0]


def percentile(values, share):
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))]


class Node:
    """One `passant up`, its process of the moment, and the connection to its control socket."""

    def __init__(self, mesh, index, host, namespace, is_leaf=False):
        self.mesh, self.index, self.host, self.namespace, self.is_leaf = mesh, index, host, namespace, is_leaf
        self.port = free_port({other.port for other in mesh.nodes})
        self.data = os.path.join(mesh.folder, "n%02d" % index)
        self.name, self.process, self.state = None, None, "down"
        self.began = self.since = self.last_look = 0.0
        self.socket, self.buffer, self.waiting, self.request = None, b"", {}, 0

    # The process.

    def start(self, invites=()):
        arguments = [self.mesh.passant, "up", "--data", self.data, "--network", self.mesh.network, "--web", "off"]
        arguments += ["--leaf"] if self.is_leaf else ["--member", "--listen", "%s:%d" % (self.host, self.port)]
        for invite in invites:
            arguments += ["--join", invite]
        if self.namespace:
            arguments = ["ip", "netns", "exec", self.namespace, *arguments]
        with open(self.data + ".log", "a") as log:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment(),
                preexec_fn=dies_with_parent)
        self.state, self.began, self.since = "running", now(), now()

    def send_signal(self, number):
        """To this process and no other: a process id is not reused before it was waited for."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(number)

    def kill(self):
        self.send_signal(signal.SIGKILL)
        self.process.wait()
        self.gone()

    def stop(self):
        self.send_signal(signal.SIGSTOP)
        self.state, self.since = "stopped", now()
        self.hang_up()

    def go_on(self):
        self.send_signal(signal.SIGCONT)
        self.state, self.since = "running", now()

    def gone(self):
        self.state, self.since = "down", now()
        self.hang_up()

    def ended(self):
        return self.process is not None and self.process.poll() is not None

    def words(self):
        with open(self.data + ".log", errors="replace") as log:
            return "".join(log.readlines()[-5:]).strip()

    # What the kernel says of it.

    def proc(self, name):
        with open("/proc/%d/%s" % (self.process.pid, name)) as file:
            return file.read()

    def cpu(self):
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def resident(self):
        return next(int(line.split()[1]) for line in self.proc("status").splitlines() if line.startswith("VmRSS:"))

    def open_files(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    # The control socket.

    def connect(self):
        if self.socket:
            return True
        if self.state != "running":
            return False
        attempt = socket.socket(socket.AF_UNIX)
        attempt.settimeout(0.5)
        try:
            attempt.connect(os.path.join(self.data, "control.sock"))
        except OSError:
            attempt.close()
            return False
        attempt.setblocking(False)
        self.socket, self.buffer, self.waiting = attempt, b"", {}
        self.mesh.selector.register(attempt, selectors.EVENT_READ, self)
        return True

    def hang_up(self):
        if self.socket:
            self.mesh.selector.unregister(self.socket)
            self.socket.close()
        self.socket, self.buffer, self.waiting = None, b"", {}

    def ask(self, verb, then, arguments=None):
        """Asks, and later calls `then(node, result, moment of asking, moment of the answer)`."""
        if not self.connect():
            return False
        self.request += 1
        line = {"passant": 1, "id": self.request, "verb": verb}
        if arguments:
            line["arguments"] = arguments
        asked = now()
        try:
            self.socket.sendall(json.dumps(line).encode() + b"\n")
        except OSError:
            self.hang_up()
            return False
        self.waiting[self.request] = (then, asked)
        return True

    def read(self):
        try:
            piece = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            return self.hang_up()
        self.buffer += piece
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            answer, answered = json.loads(line), now()
            then, asked = self.waiting.pop(answer.get("id"), (None, 0))
            if then and "result" in answer:
                then(self, answer["result"], asked, answered)
            elif "error" in answer:
                raise SystemExit("%s answered: %s" % (self.name, answer["error"]))
            if not self.socket:
                return


class RealMesh:
    """The nodes of one run in one folder, all ended and removed by `close`."""

    def __init__(self, passant, kind="local", label="mesh"):
        self.passant = os.path.abspath(passant)
        self.folder = tempfile.mkdtemp(prefix="passant-%s-" % label)
        if len(self.folder) > 80:
            raise SystemExit("%s is too long a folder for a socket's path: set TMPDIR" % self.folder)
        self.network = "%s-%s-%d-%d" % (kind, label, os.getpid() % 10_000, random.SystemRandom().randrange(1_000))
        self.selector = selectors.DefaultSelector()
        self.nodes, self.names = [], {}

    def add(self, host="127.0.0.1", namespace=None, is_leaf=False):
        node = Node(self, len(self.nodes), host, namespace, is_leaf)
        self.nodes.append(node)
        return node

    def turn(self, until):
        """Reads answers until that moment, or until something came."""
        for key, _ in self.selector.select(max(0.0, until - now())):
            if key.data.socket is key.fileobj:
                key.data.read()

    def wait(self, seconds, what, holds):
        limit = now() + seconds
        while not holds():
            if now() > limit:
                raise SystemExit("%s did not happen within %g s" % (what, seconds))
            self.turn(now() + 0.02)

    def query(self, node, verb, arguments=None, seconds=30):
        """One request, and its answer."""
        answers = []
        self.wait(seconds, "a connection to node %d" % node.index, node.connect)
        node.ask(verb, lambda _, result, *times: answers.append(result), arguments)
        self.wait(seconds, "an answer of node %d to %s" % (node.index, verb), lambda: answers)
        return answers[0]

    def learn_name(self, node):
        if not node.name:
            node.name = self.query(node, "status")["node"]
            self.names[node.name] = node

    def invite(self, node):
        return self.query(node, "invite")["invite"]

    def close(self):
        for node in self.nodes:
            node.hang_up()
            node.send_signal(signal.SIGKILL)
        for node in self.nodes:
            if node.process:
                node.process.wait()
        self.selector.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def table(head, rows):
    """Prints rows whose last cell is True, False or None for a bar met, missed or absent; returns how many missed."""
    shown = [(*row[:-1], "–" if row[-1] is None else "meets" if row[-1] else "MISSES") for row in rows]
    head = (*head, "")
    widths = [max(len(row[column]) for row in [head, *shown]) for column in range(len(head))]
    for index, row in enumerate([head, *shown]):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if not index:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return sum(row[-1] is False for row in rows)
