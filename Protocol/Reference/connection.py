"""One link of a leaf over TCP, and the pipes in it.  Page: 05-homes-and-doors.md."""

import asyncio
import os
import time

import links
import wire
from channel import LINK_CLASSES, Channel
from conventions import Refused, u16, u64
from identity import check_record
from table import wall_ms

HELLO_TIME, ATTACH_TIME = 5, 5
MISSED_ANSWERS, ANSWER_TIME = 3, 2


class LinkDown(Exception):
    pass


class Incompatible(Exception):
    pass


class Pipe:
    """A stream of a link, as a byte pipe.  What has come is in `incoming`; None there is its end."""

    def __init__(self, link, stream):
        self.link, self.stream = link, stream
        self.incoming, self.waiting = asyncio.Queue(), b""
        self.ended = False

    def send(self, data):
        self.waiting += data
        self.flush()

    def flush(self):
        frames = []
        while self.waiting and self.stream.may_send and not self.stream.finished_here:
            size = min(len(self.waiting), self.stream.may_send, links.LARGEST_CONTENT - links.FRAME_HEADER)
            frames.append(links.Frame(links.DATA, self.stream.number, self.waiting[:size]))
            self.waiting, self.stream.may_send = self.waiting[size:], self.stream.may_send - size
        self.link.send_frames(frames)

    async def read(self):
        """The next bytes, or None at the end."""
        data = await self.incoming.get()
        if data is None:
            self.incoming.put_nowait(None)
        else:
            credit = links.Streams.credit_due(self.stream, len(data))
            if credit and not self.stream.finished_there:
                self.link.send_frames([credit])
        return data

    def finish(self):
        """No more data from here."""
        if not self.stream.finished_here and not self.ended:
            self.stream.finished_here = True
            self.link.send_frames([links.Frame(links.FINISH, self.stream.number, b"")])
            if self.stream.over:
                self.link.streams.live.pop(self.stream.number, None)

    def reset(self, code=1):
        if not self.ended and self.link.streams.live.pop(self.stream.number, None):
            self.link.send_frames([links.Frame(links.RESET, self.stream.number, u16(code))])
        self.end()

    def end(self):
        if not self.ended:
            self.ended = True
            self.incoming.put_nowait(None)


class Link:
    """A link to a member that this leaf dialled."""

    def __init__(self, network, table, clock, spreading):
        self.network, self.table, self.clock, self.spreading = network, table, clock, spreading
        self.streams, self.pipes = links.Streams(), {}
        self.up = self.attached = self.closed = False
        self.pings, self.missed, self.last_heard, self.last_ping = {}, 0, time.monotonic(), 0.0
        self.node_key, self.writer, self.tasks = None, None, []
        self.hello, self.answered = asyncio.get_running_loop().create_future(), asyncio.Event()
        self.refused_until, self.refused = 0.0, None

    async def dial(self, endpoint, pattern, static, channel_key=None):
        """Opens the link; the other side has shown its record when this returns."""
        address, port = wire.endpoint(endpoint)
        preface = links.preface(pattern)
        self.channel = Channel({links.IK: "IK", links.XX: "XX"}[pattern], True,
                               links.link_prologue(self.network, preface), LINK_CLASSES, static, channel_key)
        async with asyncio.timeout(HELLO_TIME):
            self.reader, self.writer = await asyncio.open_connection(str(address), port)
            self.writer.write(preface + self.channel.write_handshake())
            self.tasks.append(asyncio.create_task(self._reading()))
            record = await self.hello
        self.node_key, self.up = record.node_key, True
        self.tasks.append(asyncio.create_task(self._keeping_alive()))
        self.spreading.up(self)
        return record

    async def attach(self):
        """"Attaching"."""
        self.send_control(wire.MESSAGES["Control"](attach={}))
        async with asyncio.timeout(ATTACH_TIME):
            await self.answered.wait()
        if not self.attached:
            raise LinkDown(f"refused: {self.refused}")

    # Outgoing

    def send_control(self, control):
        self.send_frames([links.Frame(links.CONTROL, 0, wire.encode(control))])

    def send_frames(self, frames):
        """Puts frames together into packets while they fit."""
        content = b""
        for frame in frames:
            encoded = frame.encoded()
            if content and len(content) + len(encoded) > links.LARGEST_CONTENT:
                self._seal(content)
                content = b""
            content += encoded
        if content:
            self._seal(content)

    def _seal(self, content):
        if self.writer and not self.writer.is_closing() and not self.channel.dead:
            self.writer.write(self.channel.seal(content))

    def ping(self):
        token = os.urandom(8)
        self.pings[token] = self.last_ping = time.monotonic()
        self.send_frames([links.Frame(links.PING, 0, token)])

    def open_pipe(self, node_key, data):
        """A carry to a member, with its first data on the open frame."""
        stream = self.streams.opened()
        stream.may_send -= len(data)
        pipe = self.pipes[stream.number] = Pipe(self, stream)
        self.send_frames([links.Frame(links.OPEN, stream.number, links.carry(node_key, data))])
        return pipe

    # Incoming

    async def _reading(self):
        try:
            while data := await self.reader.read(65536):
                self.last_heard = time.monotonic()
                for kind, content in self.channel.feed(data):
                    if kind == "handshake":
                        self._shaken()
                    else:
                        self._packet(content)
            self.close("the other side closed", None)
        except Incompatible as fault:
            self.close(str(fault), links.INCOMPATIBLE)
        except (LinkDown, OSError) as fault:
            self.close(str(fault), None)
        except Refused as fault:
            self.close(str(fault), links.VIOLATION)

    def _shaken(self):
        if self.channel.handshake.our_turn:
            self.writer.write(self.channel.write_handshake())
        hello = wire.MESSAGES["Hello"](version_min=1, version_max=1, role=2)
        self.send_control(wire.MESSAGES["Control"](hello=hello))

    def _packet(self, content):
        if not content and not self.hello.done():
            raise Refused("no hello")
        for frame in links.frames(content):
            self._take(frame)

    def _take(self, frame):
        if not self.hello.done() and frame.kind not in (links.CONTROL, links.CLOSE):
            raise Refused("no hello")
        if frame.kind == links.CONTROL:
            self._control(frame.payload)
        elif frame.kind == links.PING:
            pong = frame.payload + u64(wall_ms()) + u64(self.clock.mesh_ms())
            self.send_frames([links.Frame(links.PONG, 0, pong)])
        elif frame.kind == links.PONG:
            self._pong(frame.payload)
        elif frame.kind == links.CLOSE:
            raise LinkDown(f"closed with {int.from_bytes(frame.payload, 'big')}")
        elif frame.kind == links.OPEN:
            if frame.stream % 2 or frame.stream <= getattr(self, "last_theirs", 0):
                raise Refused("stream number")
            self.last_theirs = frame.stream
            self.send_frames([links.Frame(links.RESET, frame.stream, u16(3))])  # nobody opens streams to a leaf
        elif frame.stream % 2 == 1:
            self._stream(frame)

    def _stream(self, frame):
        stream = self.streams.came(frame)
        pipe = self.pipes.get(frame.stream)
        if stream is None or pipe is None:
            return
        if frame.kind == links.DATA:
            pipe.incoming.put_nowait(frame.payload)
        elif frame.kind == links.CREDIT:
            pipe.flush()
        else:
            pipe.end()
        if frame.stream not in self.streams.live:
            del self.pipes[frame.stream]

    def _pong(self, payload):
        sent = self.pings.pop(payload[:8], None)
        if sent is not None:
            self.pings.clear()
            self.missed = 0
            self.clock.pong(self, sent, time.monotonic(), int.from_bytes(payload[16:], "big"))

    def _control(self, payload):
        try:
            control = wire.decode("Control", payload)
        except Refused as refused:
            if refused.why == wire.UNKNOWN_KIND and self.hello.done():
                return
            raise
        kind = control.WhichOneof("kind")
        if (kind == "hello") == self.hello.done():
            raise Refused("hello out of place")
        if kind == "hello":
            self.hello.set_result(self._judged(control.hello))
        elif kind == "push":
            self.spreading.pushed(self, control.push)
        elif kind in ("compare", "pull", "prune", "graft"):
            self.spreading.said(self, kind, getattr(control, kind))
        elif kind == "attached":
            self.attached = True
            self.answered.set()
        elif kind == "refused":
            wait = min(max(control.refused.retry_after_seconds, 10), 3600)
            self.refused, self.refused_until = control.refused.code, time.monotonic() + wait
            self.answered.set()

    def _judged(self, hello):
        """"Hello": what the dialler holds the other side to."""
        if hello.version_min > 1 or hello.features >> 32:
            raise Incompatible("incompatible")
        if hello.role != 1 or not hello.HasField("record"):
            raise Refused("no member")
        record = check_record(self.network, hello.record, self.clock.mesh_ms())
        if record.channel_key != self.channel.handshake.remote_static:
            raise Refused("another channel key")
        self.table.take_record(hello.record)
        return record

    # Its end

    async def _keeping_alive(self):
        for _ in range(3):  # the first round trips are for the clock
            self.ping()
            await asyncio.sleep(0.1)
        while self.up:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            late = [token for token, sent in self.pings.items() if now - sent > ANSWER_TIME]
            for token in late:
                del self.pings[token]
                self.missed += 1
            quiet = 3 if self.streams.live else 20
            if self.missed >= MISSED_ANSWERS:
                self.close("no answer")
            elif late or now - self.last_heard > quiet or now - self.last_ping > 60:
                self.ping()

    def close(self, why="goodbye", code=links.GOODBYE):
        """Ends the link, after a `close` frame with this code.

        There is no such frame when the code is None, before the hello, and on a dead channel."""
        if self.closed:
            return
        self.closed = True
        greeted = self.hello.done() and not self.hello.cancelled()  # a dial that took too long cancels it
        if code == links.INCOMPATIBLE or (code is not None and greeted):
            self.send_frames([links.Frame(links.CLOSE, 0, u16(code))])
        self.up, self.why = False, why
        self.clock.gone(self)
        self.spreading.down(self)
        for pipe in list(self.pipes.values()):
            pipe.end()
        if not self.hello.done():
            self.hello.set_exception(LinkDown(why))
        self.answered.set()
        if self.writer:
            self.writer.close()
