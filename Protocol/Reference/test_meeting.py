"""Two who have met part, and three come to a question: conversations in memory.  Page: 07-conversation.md, "Meeting
again", "A question and two who discuss it"."""

import os

from common import RECOGNISED_FOR, Encounters, WitnessChain, recognised, shown_marks
from conventions import agreement_key
from conversation import ALONE, ASKING, DISCUSSING, OPENING_TIME, TELLING, Conversation, NotSent, Terms
from meeting import BEGINNING, LAST_WORD, TEXT_ON_ITS_WAY, Alone, Asking, Discussing

QUESTION = "Is a hot dog a sandwich?"


class World:
    """One clock, and the conversations that are joined in pairs."""

    def __init__(self):
        self.now, self.pairs, self.meetings = 0.0, [], []

    def clock(self):
        return self.now

    def pair(self, one, other):
        """Two conversations with these terms, the first of which initiates; their channel stands."""
        secrets = os.urandom(32), os.urandom(32)
        sides = [Conversation(place == 0, secrets[place], agreement_key(secrets[1 - place]), b"prologue",
                              self.clock, terms=terms) for place, terms in enumerate((one, other))]
        self.pairs.append(sides)
        return sides

    def meeting(self, made, *legs):
        made.legs = list(legs)
        self.meetings.append(made)
        return made

    def three(self):
        """Who asks, the first, the second."""
        to_first, of_first = self.pair(Terms(ASKING, QUESTION), Terms(TELLING))
        of_second, to_second = self.pair(Terms(TELLING), Terms(ASKING, QUESTION))
        one, other = self.pair(Terms(DISCUSSING), Terms(DISCUSSING))
        return (self.meeting(Asking(QUESTION, self.clock), to_first, to_second),
                self.meeting(Discussing(self.clock), of_first, one),
                self.meeting(Discussing(self.clock), of_second, other))

    def settle(self):
        """Everything that is said arrives, and is taken in."""
        moved = True
        while moved:
            moved = False
            for sides in self.pairs:
                for side, other in (sides, sides[::-1]):
                    if side.outgoing:
                        data, side.outgoing, moved = side.outgoing, b"", True
                        other.feed(data)
            for meeting in self.meetings:
                meeting.look()

    def passes(self, seconds):
        """In steps, so that nobody is silent for too long."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + 1)
            for sides in self.pairs:
                for side in sides:
                    side.tick()
            self.settle()


def told(meeting, *names):
    return [event for event in meeting.events if not names or event[0] in names]


def begun():
    world = World()
    made = world.three()
    world.settle()
    return world, made


def two(one, other):
    world = World()
    sides = world.pair(one, other)
    world.settle()
    return sides


def meets_again():
    first = two(Terms(encounters=()), Terms(encounters=()))
    assert all(side.talking and not side.met_before for side in first)
    assert first[0].encounter == first[1].encounter
    known, full = (first[0].encounter,), tuple(os.urandom(32) for _ in range(127)) + (first[0].encounter,)
    for one, other in ((True, True), (True, False), (False, True)):
        again = two(Terms(encounters=known, somebody_else=one), Terms(encounters=full, somebody_else=other))
        assert [side.ended for side in again] == ["declined", "declined"] and not any(side.events for side in again)
    again = two(Terms(encounters=known), Terms(encounters=full))
    assert all(side.met_before and side.events[:2][1][0] == "serverMessage" for side in again)
    for encounters in (None, (), (os.urandom(32),)):
        other = two(Terms(encounters=known, somebody_else=True), Terms(encounters=encounters, somebody_else=True))
        assert all(side.talking and not side.met_before for side in other)
    binding = os.urandom(64)
    for role in (0, 1):
        shown = shown_marks(full, binding, role)
        assert len(shown) == 1024 and recognised(shown, known, binding, role)
        assert not recognised(shown, known, binding, 1 - role), "marks that are sent back as they came"
        assert not recognised(shown, known, os.urandom(64), role)
    now = [0.0]
    kept = Encounters(lambda: now[0])
    for number in range(130):
        kept.keep(number)
    assert kept.latest() == list(range(2, 130))
    now[0] = RECOGNISED_FOR
    assert kept.latest() == []


def talks_alone():
    world = World()
    sides = world.pair(Terms(), Terms())
    one, other = (world.meeting(Alone(world.clock), side) for side in sides)
    world.settle()
    one.say("hi")
    one.leave()
    world.settle()
    assert [event[0] for event in other.events] == ["connected", "safetyWords", "gotMessage", "strangerDisconnected"]
    assert one.ended == "youLeft" and other.ended and one.encounter == other.encounter


def refused(meeting, text):
    try:
        meeting.say(text)
    except NotSent:
        return True
    return False


def discusses():
    world, (asker, first, second) = begun()
    for meeting in (asker, first, second):
        assert meeting.begun and meeting.events[:2] == [["question", QUESTION], ["connected"]]
        assert meeting.encounter is None
    assert told(first, "safetyWords") == told(second, "safetyWords") != [] == told(asker, "safetyWords")
    assert refused(asker, "may I?")
    asker.typing(True)
    first.typing(True)
    world.settle()
    assert refused(second, "x" * 501), "nobody has answered yet"
    first.say("Yes.")
    world.settle()
    for number in range(100):
        second.say(f"No {number}.")
    assert refused(second, "x" * 4001)
    world.settle()
    assert told(first, "gotMessage") == [["gotMessage", f"No {number}."] for number in range(100)]
    assert told(second, "typing", "gotMessage") == [["typing"], ["gotMessage", "Yes."]]
    assert told(asker, "spyTyping", "spyMessage")[:2] == [["spyTyping", "Stranger 1"],
                                                         ["spyMessage", "Stranger 1", "Yes."]]
    assert [event[2] for event in told(asker, "spyMessage")[1:]] == [f"No {number}." for number in range(100)]
    assert asker.told[0].own.through == asker.told[0].highest == 1
    assert asker.told[1].own.through == asker.told[1].highest == 100
    second.say("That was all.")
    second.leave()
    world.settle()
    assert first.events[-2:] == [["gotMessage", "That was all."], ["strangerDisconnected"]] and first.ended
    assert asker.events[-1] == ["spyDisconnected", "Stranger 2"] and asker.ended
    assert not told(asker, "serverMessage") and asker.told[1].highest == 101


def hears_all_of_a_short_talk():
    """The other begins, says something and leaves before one of the two looks again."""
    world = World()
    _, first, second = world.three()
    for world.meetings in ([first], [second]):
        world.settle()
    assert second.begun and not first.begun
    second.say("goodbye")
    second.leave()
    for world.meetings in ([second], [first]):
        world.settle()
    assert [event[0] for event in first.events] == ["question", "connected", "safetyWords", "gotMessage",
                                                    "strangerDisconnected"]


def goes_on_without_the_asker():
    world, (asker, first, second) = begun()
    asker.leave()
    world.settle()
    for meeting in (first, second):
        assert [event[0] for event in meeting.events][-1] == "serverMessage" and not meeting.ended
    first.say("still here")
    world.settle()
    assert second.events[-1] == ["gotMessage", "still here"]


def finds_two_stories():
    world, (asker, first, second) = begun()
    first.legs[1].say("Yes.")  # to the other
    first.legs[0].say("No.")  # to who asks
    world.settle()
    second.say("Hm.")
    world.settle()
    assert len(told(asker, "serverMessage")) == 1
    world, (asker, first, second) = begun()
    first.legs[1].say("Only for you.")
    world.settle()
    world.passes(TEXT_ON_ITS_WAY - 1)
    assert not told(asker, "serverMessage")
    world.passes(2)
    assert len(told(asker, "serverMessage")) == 1
    world, (asker, first, second) = begun()
    first.legs[1].say("Only for you.")
    world.settle()
    first.legs[0].leave()
    world.settle()
    assert not asker.ended
    world.passes(LAST_WORD)
    assert [event[0] for event in asker.events[-2:]] == ["serverMessage", "spyDisconnected"]


def leaves_an_asker_who_takes_no_more():
    world, (asker, first, second) = begun()
    first.legs[0].rules.own_texts = first.legs[0].rules.acknowledged + 256
    first.say("one too many for who asks")
    world.settle()
    assert second.events[-1] == ["gotMessage", "one too many for who asks"] and first.legs[0] is None
    assert told(first, "serverMessage") and not first.ended


def does_not_begin():
    world = World()
    asker, first, second = world.three()
    second.legs[0] = None  # it has not come
    world.settle()
    assert not any(meeting.begun for meeting in (asker, first, second))
    world.passes(BEGINNING)
    assert [meeting.ended for meeting in (asker, first, second)] == ["failed"] * 3
    assert not any(meeting.events for meeting in (asker, first, second))

    world = World()
    sides = world.pair(Terms(ASKING, QUESTION), Terms(TELLING)), world.pair(Terms(DISCUSSING), Terms(DISCUSSING))
    first = world.meeting(Discussing(world.clock), sides[0][1], sides[1][0])
    world.settle()
    sides[1][1].witness(WitnessChain("Is a hot dog a sandwich!"))
    world.settle()
    assert first.ended == "failed" and not first.events
    assert [side.ended for side in (sides[0][0], sides[1][1])] == ["strangerLeft"] * 2


def breaks_rules():
    """Of who hears, what came, and the rule; `None` is none."""
    chain = dict(through=0, chain=bytes(32))
    text, long = dict(sequence=1, text="x"), dict(sequence=1, text="x" * 4000)
    for part, kind, rule in (
            (ALONE, dict(witness=chain), "unexpected"), (ASKING, dict(witness=chain), None),
            (DISCUSSING, dict(witness=chain), None), (TELLING, dict(witness=chain), "unexpected"),
            (TELLING, dict(text=text), "unexpected"), (TELLING, dict(text=dict(sequence=9)), "unexpected"),
            (TELLING, dict(typing={}), "unexpected"), (TELLING, dict(saved={}), "unexpected"),
            (TELLING, dict(keep_in_touch={}), "unexpected"), (ASKING, dict(saved={}), None),
            (ASKING, dict(keep_in_touch={}), None), (ASKING, dict(text=long), None),
            (DISCUSSING, dict(text=long), "length"), (DISCUSSING, dict(question=dict(text=QUESTION)), "unexpected"),
            (TELLING, dict(question=dict(text=QUESTION)), "unexpected")):
        theirs = {ASKING: Terms(TELLING), TELLING: Terms(ASKING, QUESTION)}.get(part, Terms(part))
        world = World()
        side, other = world.pair(Terms(part, QUESTION), theirs)
        world.settle()
        other._say(**kind)
        world.settle()
        assert side.rule == rule, (part, kind, side.rule)
    for question, rule in (("x" * 9, "length"), ("\U0001d11e" * 9, "length"), ("x" * 10, None), ("x" * 200, None),
                           ("\U0001d11e" * 200, None), ("x" * 201, "length"), ("\U0001d11e" * 201, "malformed")):
        side, _ = two(Terms(TELLING), Terms(ASKING, question))
        assert side.rule == rule and bool(side.events) == (rule is None), question
    for kind, ending in ((dict(farewell=dict(code=1)), "declined"), (dict(ping={}), "violation")):
        world = World()
        other, side = world.pair(Terms(DISCUSSING), Terms(TELLING))  # the former does not ask
        world.settle()
        other._say(**kind)
        world.settle()
        assert side.ended == ending and not side.events
    world = World()
    _, side = world.pair(Terms(DISCUSSING), Terms(TELLING))
    world.settle()
    world.now = OPENING_TIME + 0.1
    side.tick()
    assert side.ended == "neverStarted"


def main():
    for test in (meets_again, talks_alone, discusses, hears_all_of_a_short_talk, goes_on_without_the_asker,
                 finds_two_stories, leaves_an_asker_who_takes_no_more, does_not_begin, breaks_rules):
        test()
    print("two who have met part, and three come to a question")


if __name__ == "__main__":
    main()
