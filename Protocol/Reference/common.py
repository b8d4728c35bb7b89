"""What two strangers have in common, where they find each other again, and what a third hears of them.  Page: 07,
"Common ground", "Meeting again", "Resuming", "Keeping in touch", "A question and two who discuss it"."""

import os
import random
import unicodedata

import ristretto
from conventions import H, H512, Refused, u8, u64

INTERESTS, LANGUAGES = 8, 4
POINTS = INTERESTS + LANGUAGES
LONGEST_INTEREST = 64
# Unicode's property White_Space.
WHITE_SPACE = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F,
               0x3000}


def caseless(character):
    """The lower case of the upper case of the lower case, each character by itself."""
    return "".join(low.lower() for first in character.lower() for low in first.upper())


def interest(text):
    """The compared form."""
    def compatible(some):
        return unicodedata.normalize("NFKC", some)

    folded = compatible("".join(caseless(one) for one in compatible(text)))
    spaced = "".join(" " if ord(one) in WHITE_SPACE else one for one in folded)
    joined = " ".join(word for word in spaced.split(" ") if word)
    if not 1 <= len(joined) <= LONGEST_INTEREST:
        raise Refused("length")
    return joined


def language(tag):
    """The compared form: the primary subtag."""
    primary, *rest = tag.lower().split("-")
    fits = 2 <= len(primary) <= 8 and len(primary) != 4 and all("a" <= one <= "z" for one in primary)
    if not fits or not all(1 <= len(part) <= 8 and part.isascii() and part.isalnum() for part in rest):
        raise Refused("no language")
    return primary


def interest_point(text):
    return ristretto.from_uniform(H512("passant/common-interest/1", text.encode()))


def language_point(subtag):
    return ristretto.from_uniform(H512("passant/common-language/1", subtag.encode()))


def hidden(secret, points):
    return [ristretto.encoded(ristretto.times(secret, point)) for point in points]


def answered(secret, shown):
    """The other side's points, hidden once more."""
    if len(shown) != POINTS:
        raise Refused("count")
    return hidden(secret, [ristretto.decoded(one) for one in shown])


def hashes(twice_hidden, binding, role):
    """What the side with this role (0 initiator, 1 responder) answers."""
    return [H("passant/common-answer/1", binding, u8(role), u8(place >= INTERESTS), point)
            for place, point in enumerate(twice_hidden)]


def in_common(expected, their_answer):
    """Places of the own points that stand for something both have; `expected` are hashes with the other's role."""
    if len(their_answer) != POINTS:
        raise Refused("count")
    kinds = [set(expected[:INTERESTS]), set(expected[INTERESTS:])]
    return [place for place, point in enumerate(their_answer) if point in kinds[place >= INTERESTS]]


# "Meeting again"

MARKS, MARK = 128, 8
RECOGNISED_FOR = 24 * 3600  # s


def encounter_mark(encounter, binding, role):
    """What a side with this role (0 initiator) shows of an encounter."""
    return H("passant/encounter-mark/1", encounter, binding, u8(role))[:MARK]


def shown_marks(encounters, binding, role):
    """The field `met`: the marks of these, filled up with what stands for nothing, and mixed."""
    marks = [encounter_mark(one, binding, role) for one in encounters]
    marks += [os.urandom(MARK) for _ in range(MARKS - len(marks))]
    random.shuffle(marks)
    return b"".join(marks)


def recognised(met, encounters, binding, role):
    """Whether a side with this role, which has shown `met`, knows one of these encounters too."""
    shown = {met[at : at + MARK] for at in range(0, len(met), MARK)}
    return any(encounter_mark(one, binding, role) in shown for one in encounters)


class Encounters:
    """What is left of the latest conversations, in memory only."""

    def __init__(self, clock):
        self.clock, self.past = clock, []  # (when, secret), the oldest first

    def keep(self, secret):
        self.past = [*self.past, (self.clock(), secret)][-MARKS:]

    def latest(self):
        self.past = [one for one in self.past if self.clock() - one[0] < RECOGNISED_FOR]
        return [secret for _, secret in self.past]


# "Keeping in touch"

def friend_interest(friendship, day):
    return H("passant/friend-interest/1", friendship, u64(day)).hex()


def friend_interests(friendship, ms):
    """07, "Keeping in touch": today's first; half an hour around midnight also the other day's."""
    days = [at // 86_400_000 for at in (ms, max(0, ms - 1_800_000), ms + 1_800_000)]
    return [friend_interest(friendship, day) for day in dict.fromkeys(days)]


# "A question and two who discuss it"

JUDGED = 1024


class WitnessChain:
    """The question and what one of the two has said of it: so many texts, and one hash."""

    def __init__(self, question):
        self.through, self.chain = 0, H("passant/witness/1", question.encode())

    def add(self, text):
        self.through += 1
        self.chain = H("passant/witness-text/1", self.chain, u64(self.through), text.encode())


def witness_chain(question, texts):
    """After none of the texts, after the first, and so on."""
    made = WitnessChain(question)
    chains = [made.chain]
    for text in texts:
        made.add(text)
        chains.append(made.chain)
    return chains


class Testimony:
    """What one of the two told the asker, against what the other one says of it.

    Both functions answer whether the two said the same, or None where nothing is judged."""

    def __init__(self, question):
        self.own, self.highest = WitnessChain(question), 0
        self.chains = {0: self.own.chain}  # those that are judged by
        self.early = None  # the latest Witness of texts that have not come: through, chain

    def told(self, text):
        self.own.add(text)
        self.chains[self.own.through] = self.own.chain
        self.chains.pop(self.own.through - JUDGED, None)
        if self.early is None or self.early[0] != self.own.through:
            return None
        (_, chain), self.early = self.early, None
        return chain == self.own.chain

    def witnessed(self, through, chain):
        if through < self.highest:
            return None
        self.highest = through
        if through > self.own.through:
            self.early = through, chain
            return None
        return chain == self.chains[through] if through in self.chains else None


# "Resuming"

SLOT = 5000  # ms


def resume_slot(ms):
    return ms // SLOT


def resume_nonces(doors, slot):
    return sorted(H("passant/resume-nonce/1", doors, u64(slot), u8(number)) for number in (0, 1))


def resume_token(doors, slot, door):
    return H("passant/door-token/1", H("passant/resume-token/1", doors, u64(slot)), door)


def resume_prologue(binding, slot, door):
    return H("passant/resume/1", binding, u64(slot), door)
