"""A meeting as its person sees it: one conversation, or two that are one.  Pages: 07 and 08, "A question and two who
discuss it".

No input or output of its own: `look` takes in what the conversations have brought, and the time; `events` is what the
person is told."""

import time

from common import Testimony, WitnessChain
from conversation import ALONE, ASKING, DISCUSSING, TELLING, TOO_FAST, NotSent

BEGINNING, LAST_WORD, TEXT_ON_ITS_WAY = 8, 2, 30


class Meeting:
    """What all have in common.  `legs` are the conversations, each from when it talks until it is over."""

    parts = ()

    def __init__(self, clock=time.monotonic):
        self.clock, self.until = clock, clock() + BEGINNING
        self.legs = [None] * len(self.parts)
        self.events, self.early = [], []
        self.begun, self.ended = False, None
        self.encounter = None  # 07, "Meeting again": of two who talk by themselves

    def look(self):
        if self.ended:
            return
        for place, leg in enumerate(self.legs):
            if leg:
                events, leg.events = leg.events, []
                for event in events:
                    self._hear(place, *event)
        self._advance()
        for place, leg in enumerate(self.legs):
            if leg and leg.ended and not self.ended:
                self._leg_over(place)
        if not self.begun and self.clock() >= self.until:
            self.fail()

    def _hear(self, place, kind, *rest):
        known = getattr(self, "_on_" + kind, None)
        if known:
            known(place, *rest)
        elif self.begun:
            self._pass(place, kind, *rest)
        else:
            self.early.append((place, kind, *rest))

    def _begin(self, *events):
        """What came before is told behind these."""
        self.begun = True
        self.events += events
        for event in self.early:
            self._pass(*event)

    def _leg_over(self, place):
        self.legs[place] = None
        if self.begun:
            self._left(place)
        else:
            self.fail()

    def fail(self):
        """Not all came together."""
        self.leave("failed")

    def say(self, text):
        if self.ended:
            raise NotSent("nobody is there")
        self._say(text)

    def typing(self, on):
        for leg in self.legs:
            if leg:
                leg.typing(on)

    def leave(self, ending="youLeft"):
        for leg in self.legs:
            if leg:
                leg.leave()
        self.ended = self.ended or ending

    def _on_connected(self, place):
        pass

    def _advance(self):
        """What is due when everything that came together was heard."""


class Alone(Meeting):
    """Two talk by themselves."""

    parts = (ALONE,)

    def _say(self, text):
        self.legs[0].say(text)

    def _on_connected(self, place):
        self.encounter = self.legs[0].encounter
        self._begin(["connected"])

    def _pass(self, place, *event):
        self.events.append([*event])

    def _left(self, place):
        self.events.append(["strangerDisconnected"])
        self.ended = "strangerLeft"


class Asking(Meeting):
    """Who asks: a conversation with the first, one with the second."""

    parts = (ASKING, ASKING)

    def __init__(self, question, clock=time.monotonic):
        super().__init__(clock)
        self.question = question
        self.told = [Testimony(question), Testimony(question)]  # by each; the other one says what came of it
        self.waiting = [None, None]  # since when such a text has not come
        self.witnesses, self.told_difference, self.first_to_leave = set(), False, None

    def _say(self, text):
        raise NotSent("who asks a question only watches")

    def typing(self, on):
        pass

    def _on_witness(self, place, through, chain):
        self._judge(1 - place, self.told[1 - place].witnessed(through, chain))
        self.witnesses.add(place)

    def _judge(self, place, alike):
        if alike is False:
            self._hear(place, "difference")
        if self.told[place].early is None:
            self.waiting[place] = None
        elif self.waiting[place] is None:
            self.waiting[place] = self.clock()

    def _pass(self, place, kind, *rest):
        who = f"Stranger {place + 1}"
        if kind == "gotMessage":
            self.events.append(["spyMessage", who, *rest])
            self._judge(place, self.told[place].told(*rest))
        elif kind in ("typing", "stoppedTyping"):
            self.events.append(["spy" + kind[0].upper() + kind[1:], who])
        elif kind == "difference":
            self._tell_difference()

    def _tell_difference(self):
        if not self.told_difference:
            self.told_difference = True
            self.events.append(["serverMessage", "The two do not tell you the same: one of them says something else to "
                                                 "you than to the other, or about the other."])

    def _left(self, place):
        if self.first_to_leave:
            self._over()
        else:
            self.first_to_leave, self.until = f"Stranger {place + 1}", self.clock() + LAST_WORD

    def _over(self):
        if any(since is not None for since in self.waiting):
            self._tell_difference()
        self.events.append(["spyDisconnected", self.first_to_leave])
        self.leave("strangerLeft")

    def _advance(self):
        if not self.begun and len(self.witnesses) == 2:
            self._begin(["question", self.question], ["connected"])
        if self.first_to_leave and self.clock() >= self.until:
            self._over()
        elif any(since is not None and self.clock() - since >= TEXT_ON_ITS_WAY for since in self.waiting):
            self._tell_difference()


class Discussing(Meeting):
    """Who discusses: a conversation with who asks, one with the other."""

    parts = (TELLING, DISCUSSING)

    def __init__(self, clock=time.monotonic):
        super().__init__(clock)
        self.question = self.heard = None  # the latter: what came of the other
        self.told, self.theirs = None, None  # the last Witness to who asks; the other's chain 0
        self.other_talks = self.started = False

    def _say(self, text):
        """To both or to neither; but who asks and takes no more in is left."""
        asker, other = self.legs
        to_asker = asker and asker.refusal(text)
        refusal = other.refusal(text) or (to_asker if to_asker == TOO_FAST else None)
        if refusal:
            raise NotSent(refusal)
        other.say(text)
        if to_asker:
            asker.leave()
            self._leg_over(0)
        elif asker:
            asker.say(text)

    def _on_connected(self, place):
        self.other_talks = self.other_talks or place == 1

    def _on_question(self, place, text):
        self.question, self.heard = text, WitnessChain(text)

    def _on_witness(self, place, through, chain):
        if through == 0 and self.theirs is None:
            self.theirs = chain

    def _pass(self, place, kind, *rest):
        if place == 0:
            return  # of who asks the person hears nothing
        if kind == "gotMessage":
            self.heard.add(*rest)
        self.events.append([kind, *rest])

    def _left(self, place):
        if place == 0:
            self.events.append(["serverMessage", "Whoever asked the question does not follow any more. You can go on "
                                                 "talking."])
            return
        self.events.append(["strangerDisconnected"])
        self.leave("strangerLeft")

    def _advance(self):
        if not self.begun:
            self._compare()
        if self.begun:
            self._bear_witness()

    def _compare(self):
        """Whether both were asked the same; nothing before that."""
        if self.heard is None or not self.other_talks:
            return
        if not self.started:
            self.started = True
            self.legs[1].witness(self.heard)
        if self.theirs is None:
            return
        if self.theirs != self.heard.chain:
            return self.fail()
        self.legs[0].witness(self.heard)
        self.told = 0
        self._begin(["question", self.question], ["connected"])

    def _bear_witness(self):
        if self.legs[0] and self.heard.through > self.told:
            self.told = self.heard.through
            self.legs[0].witness(self.heard)
