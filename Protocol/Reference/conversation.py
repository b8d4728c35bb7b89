"""One conversation between two strangers.  Page: 07-conversation.md.

No input or output of its own: `feed` takes bytes from the pipe, `tick` looks at the clock; both append to `outgoing`
(bytes for the pipe) and to `events` (what the person is told)."""

import os
import random
import time
from dataclasses import dataclass

import common
import wire
from channel import CONVERSATION_CLASSES, Channel
from conventions import H, Refused

WORDS = """
apple bear bird boat bread cake castle chair cloud coffee desk door dragon eagle engine fire
fish flower forest garden ghost glass gold hammer honey horse island jacket jungle key king lamp
lemon lion mirror moon music needle nest ocean onion orange paper piano potato queen rabbit river
rocket salt school silver snow star sugar table tiger tower tree violin water wheel window zebra
""".split()

HANDSHAKE_TIME, OPENING_TIME, WORDS_TIME = 5, 3, 30
TEXT_BYTES, UNACKNOWLEDGED = 16000, 256
BEFORE_ANSWER, AFTER_ANSWER = (500, 64, 1), (4000, 128, 10)  # characters, at once, then a second
SLACK = 2
PACKETS, PINGS = (1024, 100), (16, 2)
PING_AFTER, PING_JITTER, SILENCE = 3, 0.6, 10
TYPING_SHOWN = 15
SOMEBODY_ELSE = 4  # of `needs`
QUESTION_CHARACTERS = range(10, 201)

# "A question and two who discuss it": the parts, and what each does not hear.
ALONE, ASKING, TELLING, DISCUSSING = range(4)
UNHEARD = {ALONE: ("witness",), ASKING: (), TELLING: ("text", "typing", "saved", "keep_in_touch", "witness"),
           DISCUSSING: ()}
# What has a meaning in one phase only, and what in none: two who met among everyone, on their first path.
AWAITED = {"opening": "opening", "presenting": "question"}
NOT_WHILE_TALKING = ("opening", "question", "common_answer", "resume")


def words_commitment(binding, responder_nonce):
    return H("passant/words-commitment/1", binding, responder_nonce)


def safety_hash(binding, initiator_nonce, responder_nonce):
    return H("passant/words/1", binding, initiator_nonce, responder_nonce)


def safety_words(hashed):
    bits = int.from_bytes(hashed[:4], "big") >> 2
    return [WORDS[bits >> shift & 63] for shift in (24, 18, 12, 6, 0)]


class Bucket:
    """"Rates are token buckets: full at the beginning, one token a text.\""""

    def __init__(self, at_once, a_second, now):
        self.size, self.rate, self.left, self.at = at_once, a_second, at_once, now

    def has(self, now):
        self.left, self.at = min(self.size, self.left + (now - self.at) * self.rate), now
        return self.left >= 1

    def takes(self, now):
        if not self.has(now):
            return False
        self.left -= 1
        return True


class Violation(Exception):
    """The rule that was broken, by its name in "Endings"."""


class NotSent(Exception):
    """What a sender's own rules do not let through: reason and remedy for the person."""


TOO_FAST = "too many texts at once: wait a moment"


@dataclass(frozen=True)
class Terms:
    """What a side brings to a conversation."""

    part: int = ALONE
    question: str | None = None  # as who asks
    encounters: tuple | None = None  # of which it shows marks; None: it takes no part
    somebody_else: bool = False


class Rules:
    """What a receiver holds the other side to, once the channel stands."""

    def __init__(self, initiator, binding, now, part=ALONE):
        self.initiator, self.binding, self.part = initiator, binding, part
        self.phase = "opening"
        self.packets, self.pings = Bucket(*PACKETS, now), Bucket(*PINGS, now)
        self.before = Bucket(BEFORE_ANSWER[1] * SLACK, BEFORE_ANSWER[2] * SLACK, now)
        self.after = Bucket(AFTER_ANSWER[1] * SLACK, AFTER_ANSWER[2] * SLACK, now)
        self.their_texts = self.own_texts = self.acknowledged = 0
        self.ping_out = None
        self.own_nonce, self.commitment, self.words = None, None, None

    def take(self, content, now):
        """The kind and the message of an utterance that breaks no rule; None for one that is not looked at."""
        if self.phase == "ended":
            return None
        if self.phase == "talking" and not self.packets.takes(now):
            raise Violation("rate")
        try:
            utterance = wire.decode("Utterance", content)
        except Refused as refused:
            if refused.why == wire.UNKNOWN_KIND and self.phase != "opening":
                return None
            raise Violation("malformed") from None
        kind = utterance.WhichOneof("kind")
        message = getattr(utterance, kind)
        if kind != "farewell" and not self._has_a_meaning(kind):
            raise Violation("unexpected")
        getattr(self, "_" + kind)(message, now)
        return kind, message

    def _has_a_meaning(self, kind):
        if self.phase in AWAITED:
            return kind == AWAITED[self.phase]
        return kind not in NOT_WHILE_TALKING and kind not in UNHEARD[self.part]

    def _opening(self, message, now):
        if message.version_min > 1 or message.features >> 32:
            raise Violation("version")
        self.phase = "presenting" if self.part == TELLING else "talking"

    def _question(self, message, now):
        if len(message.text) not in QUESTION_CHARACTERS:
            raise Violation("length")
        self.phase = "talking"

    @property
    def is_answered(self):
        """Whether they may speak at length: this side has said something, or never will."""
        return self.own_texts > 0 or self.part in (ASKING, TELLING)

    def _text(self, message, now):
        if message.sequence != self.their_texts + 1:
            raise Violation("sequence")
        most = (AFTER_ANSWER if self.is_answered else BEFORE_ANSWER)[0] * SLACK
        if not message.text or len(message.text) > most:
            raise Violation("length")
        if not (self.after if self.is_answered else self.before).takes(now):
            raise Violation("rate")
        self.their_texts += 1

    def _acknowledgement(self, message, now):
        if not self.acknowledged < message.through <= self.own_texts:
            raise Violation("acknowledgement")
        self.acknowledged = message.through

    def _typing(self, message, now):
        pass

    def _saved(self, message, now):
        pass

    def _keep_in_touch(self, message, now):
        pass

    def _witness(self, message, now):
        pass

    def _farewell(self, message, now):
        self.phase = "ended"

    def _ping(self, message, now):
        if not self.pings.takes(now):
            raise Violation("rate")

    def _pong(self, message, now):
        if message.token != self.ping_out:
            raise Violation("unexpected")
        self.ping_out = None

    def _safety_commitment(self, message, now):
        if not self.initiator or self.commitment is not None:
            raise Violation("safety_words")
        self.commitment, self.own_nonce = message.digest, self.own_nonce or os.urandom(32)

    def _safety_nonce(self, message, now):
        if self.initiator or self.words is not None or self.own_nonce is None:
            raise Violation("safety_words")
        self.words = safety_words(safety_hash(self.binding, message.nonce, self.own_nonce))

    def _safety_opening(self, message, now):
        if not self.initiator or self.commitment is None or self.words is not None:
            raise Violation("safety_words")
        if words_commitment(self.binding, message.nonce) != self.commitment:
            raise Violation("safety_words")
        self.words = safety_words(safety_hash(self.binding, self.own_nonce, message.nonce))


class Conversation:
    """A conversation from the pairing on.  `ended` is None or one of the six endings."""

    def __init__(self, initiator, secret, their_key, prologue, clock=time.monotonic, waits=False, terms=Terms()):
        self.clock, self.initiator, self.terms = clock, initiator, terms
        # Whether the Opening waits for `go_ahead`; whether it does so now; and the packet that came meanwhile.
        self.waits, self.standing, self.kept = waits, False, None
        self.channel = Channel("KK", initiator, prologue, CONVERSATION_CLASSES, secret, their_key)
        self.outgoing, self.events, self.ended, self.rule = b"", [], None, None
        self.rules = None
        self.deadline = self.last_heard = clock() + HANDSHAKE_TIME
        self.connected = self.met_before = self.told_saved = False
        self.answered, self.shown_typing_until = terms.part == TELLING, None
        self.own = {False: None, True: None}
        if initiator:
            self.outgoing += self.channel.write_handshake()

    @property
    def talking(self):
        return not self.ended and self.rules is not None and self.rules.phase == "talking"

    @property
    def encounter(self):
        """"Meeting again"."""
        return self.channel.exported("passant/encounter/1")

    # Outgoing

    def _say(self, **kind):
        self.outgoing += self.channel.seal(wire.encode(wire.MESSAGES["Utterance"](**kind)))

    def refusal(self, text):
        """Why a text would not be sent now, and what to do; None when it would be."""
        if not self.talking:
            return "nobody is there"
        if self.terms.part == ASKING:
            return "who asks a question only watches"
        characters = (AFTER_ANSWER if self.answered else BEFORE_ANSWER)[0]
        if not 1 <= len(text.encode()) <= TEXT_BYTES or len(text) > characters:
            return f"a text has 1 to {characters} characters now: shorten it"
        if self.rules.own_texts - self.rules.acknowledged >= UNACKNOWLEDGED:
            return "too many texts are on their way: wait a moment"
        return None if self.own[self.answered].has(self.clock()) else TOO_FAST

    def say(self, text):
        """Sends a text, or raises NotSent with what to tell the person."""
        refusal = self.refusal(text)
        if refusal:
            raise NotSent(refusal)
        self.own[self.answered].takes(self.clock())
        self.rules.own_texts += 1
        self._say(text=dict(sequence=self.rules.own_texts, text=text))

    def typing(self, on):
        if self.talking:
            self._say(typing=dict(on=on))

    def witness(self, said):
        """Says what came of the third: a WitnessChain."""
        if self.talking:
            self._say(witness=dict(through=said.through, chain=said.chain))

    def leave(self):
        if not self.ended:
            if self.rules:
                self._say(farewell={})
            self.ended = "youLeft"

    # Incoming

    def feed(self, data):
        if self.ended:
            return
        before = self.rules.their_texts if self.rules else 0
        try:
            for kind, content in self.channel.feed(data):
                if kind == "handshake":
                    self._shaken()
                elif self.standing:
                    if self.kept is not None:
                        raise Violation("unexpected")
                    self.kept = content
                else:
                    self._packet(content)
                if self.ended:
                    return
        except Refused:
            self._violation("channel")
        except Violation as violation:
            self._violation(violation.args[0])
        if not self.ended and self.rules and self.rules.their_texts > before:
            self._say(acknowledgement=dict(through=self.rules.their_texts))

    def _violation(self, rule):
        self.ended, self.rule = "violation", rule

    def _shaken(self):
        if not self.initiator:
            self.outgoing += self.channel.write_handshake()
        self.standing = True
        if not self.waits:
            self._open()

    def go_ahead(self):
        """05, "Doors": of the channels that stand this is the one that gets the Opening."""
        try:
            self._open()
            if self.kept is not None:
                self._packet(self.kept)
        except Violation as violation:
            self._violation(violation.args[0])

    def _open(self):
        self.standing = False
        now = self.clock()
        self.rules = Rules(self.initiator, self.channel.binding, now, self.terms.part)
        self.own = {False: Bucket(*BEFORE_ANSWER[1:], now), True: Bucket(*AFTER_ANSWER[1:], now)}
        self.deadline = now + OPENING_TIME
        self.last_heard = now
        known, met = self.terms.encounters, b""
        if known is not None:
            met = common.shown_marks(known, self.channel.binding, int(not self.initiator))
        # 1, "telling of logs": whoever keeps one may.
        self._say(opening=dict(version_min=1, version_max=1, features=2, met=met,
                               needs=SOMEBODY_ELSE if self.terms.somebody_else else 0))

    def _packet(self, content):
        now = self.last_heard = self.clock()
        taken = self.rules.take(content, now)
        self.silence_until_ping = PING_AFTER + random.uniform(-PING_JITTER, PING_JITTER)
        if taken:
            kind, message = taken
            getattr(self, "_on_" + kind, lambda message: None)(message)

    def _on_opening(self, message):
        known = self.terms.encounters or ()
        self.met_before = common.recognised(message.met, known, self.channel.binding, int(self.initiator))
        if self.met_before and (self.terms.somebody_else or message.needs & SOMEBODY_ELSE):
            self._say(farewell=dict(code=1))
            self.ended = "declined"
            return
        self.deadline = self.clock() + OPENING_TIME
        if self.terms.part == ASKING:
            self._say(question=dict(text=self.terms.question))
        if self.talking:
            self._connect()

    def _on_question(self, message):
        self.events.append(["question", message.text])
        self._connect()

    def _connect(self):
        self.connected = True
        self.deadline = self.clock() + WORDS_TIME
        self.events.append(["connected"])
        if self.met_before:
            self.events.append(["serverMessage", "You have talked with this stranger a while ago."])
        if not self.initiator:
            self.rules.own_nonce = os.urandom(32)
            digest = words_commitment(self.channel.binding, self.rules.own_nonce)
            self._say(safety_commitment=dict(digest=digest))

    def _on_text(self, message):
        self.answered = True
        if self.shown_typing_until:
            self.shown_typing_until = None
        self.events.append(["gotMessage", message.text])

    def _on_acknowledgement(self, message):
        self.events.append(["delivered", message.through])

    def _on_typing(self, message):
        shown = self.shown_typing_until is not None
        self.shown_typing_until = self.clock() + TYPING_SHOWN if message.on else None
        if message.on != shown:
            self.events.append(["typing"] if message.on else ["stoppedTyping"])

    def _on_saved(self, message):
        if not self.told_saved:
            self.told_saved = True
            self.events.append(["saved"])

    def _on_witness(self, message):
        self.events.append(["witness", message.through, message.chain])

    def _on_farewell(self, message):
        self.ended = "strangerLeft" if self.connected else "declined"

    def _on_ping(self, message):
        self._say(pong=dict(token=message.token))

    def _on_safety_commitment(self, message):
        self._say(safety_nonce=dict(nonce=self.rules.own_nonce))

    def _on_safety_nonce(self, message):
        self._say(safety_opening=dict(nonce=self.rules.own_nonce))
        self._words()

    def _on_safety_opening(self, message):
        self._words()

    def _words(self):
        self.deadline = None
        self.events.append(["safetyWords", self.rules.words])

    # Time

    def tick(self):
        """To be called a few times a second."""
        now = self.clock()
        if self.ended:
            return
        talking = self.talking
        if self.deadline is not None and now > self.deadline:
            if talking:
                self._violation("safety_words")
            else:
                self.ended = "neverStarted"
        elif talking and now - self.last_heard >= SILENCE:
            self.ended = "interrupted"
        elif talking:
            if self.rules.ping_out is None and now - self.last_heard >= self.silence_until_ping:
                self.rules.ping_out = int.from_bytes(os.urandom(8), "big")
                self._say(ping=dict(token=self.rules.ping_out))
            if self.shown_typing_until and now >= self.shown_typing_until:
                self.shown_typing_until = None
                self.events.append(["stoppedTyping"])

    def pipe_broke(self):
        if not self.ended:
            self.ended = "interrupted" if self.talking else "neverStarted"
