"""The inputs of the vectors of page 07, "Common ground"."""

import common
import ristretto
from inputs_ground import seeded
from inputs_mesh import nonce


BINDING = seeded("common binding", 64).hex()


def interests():
    for text in ("jazz", "  JAZZ\t", "Ошибка  ЖАЗ", "ошибка жаз", "音楽", "CAFE\u0301", "caf\u00e9", "\uff2a\uff21\uff3a\uff3a",
                 "Straße", "STRASSE", "ΟΔΥΣΣΕΥΣ", "οδυσσευς", "İstanbul", "istanbul", "ısı", "ISI", "\u3000囲碁\u3000 将棋\n",
                 "ﬁnance", "①②", "जैज़", "موسيقى", "a\u200bb", "C++", "🎷", "\u1e9e", "ǅ", "x" * 64, "x" * 65, "", " \u2003 ",
                 "\ufdfa" * 4, "\ufdfa" * 3):
        yield repr(text), dict(text=text)


def languages():
    for tag in ("fr", "FR", "pt-BR", "zh-Hant-TW", "yue", "x-klingon", "i-klingon", "de-1996", "e", "abcd", "abcdefgh",
                "abcdefghi", "", "-", "fr-", "fr--CA", "fr_CA", "f1", "ürd", "fr-abcdefghi", "en-GB-oxendict"):
        yield repr(tag), dict(tag=tag)


def _side(name, likes, speaks):
    def filled(texts, count, kind):
        items = [dict(text=text) for text in texts]
        for number in range(count - len(texts)):
            uniform = seeded(f"{name} {kind} {number}", 32) + seeded(f"{name} {kind} {number} too", 32)
            items.append(dict(point=ristretto.encoded(ristretto.from_uniform(uniform)).hex()))
        return items
    items = filled(likes, common.INTERESTS, "interest") + filled(speaks, common.LANGUAGES, "language")
    return dict(secret=nonce(f"common {name}").hex(), items=items)


def commons():
    one = _side("one", ["jazz", "go", "tea"], ["fr", "en"])
    yield "one interest, one language", dict(binding=BINDING, one=one, other=_side("other", ["tea", "chess"], ["en", "de"]))
    yield "nothing", dict(binding=BINDING, one=one, other=_side("other", ["chess"], ["de"]))
    yield "everything", dict(binding=BINDING, one=one, other=_side("other", ["tea", "go", "jazz"], ["en", "fr"]))
    yield "full lists", dict(binding=BINDING, one=_side("one", [f"like {n}" for n in range(8)], ["fr", "en", "de", "es"]),
                             other=_side("other", [f"like {n}" for n in range(4, 12)], ["it", "es", "pt", "ru"]))
    yield "an interest that is called like a language", dict(binding=BINDING, one=_side("one", ["fr"], ["go"]),
                                                             other=_side("other", ["go"], ["fr"]))
    yield "nobody names anything", dict(binding=BINDING, one=_side("one", [], []), other=_side("other", [], []))
    yield "equal fillings", dict(binding=BINDING, one=_side("one", ["jazz"], []), other=_side("one", ["go"], []))


def common_points():
    secret = nonce("common points")
    good = [ristretto.encoded(ristretto.times(number + 2, common.interest_point("jazz"))) for number in range(12)]

    def case(title, points):
        return title, dict(secret=secret.hex(), points=[one.hex() for one in points])

    yield case("twelve points", good)
    yield case("eleven", good[:11])
    yield case("thirteen", good + good[:1])
    yield case("none", [])
    yield case("the same twelve times", good[:1] * 12)
    for title, bad in (("the identity", bytes(32)), ("all bits", b"\xff" * 32),
                       ("bit 255", good[0][:31] + bytes([good[0][31] | 0x80])),
                       ("negative", (ristretto.P - int.from_bytes(good[0], "little")).to_bytes(32, "little")),
                       ("p", ristretto.P.to_bytes(32, "little")), ("one", (1).to_bytes(32, "little"))):
        yield case(title, good[:5] + [bad] + good[6:])


def resumes():
    for ms in (0, 4_999, 5_000, 1_790_000_000_123):
        for number in (1, 2):
            yield f"{ms} ms, door {number}", dict(
                doors=seeded("doors").hex(), binding=seeded("first binding", 64).hex(), ms=ms,
                door=seeded(f"door {number}").hex())


def encounters():
    for number in range(3):
        yield f"encounter {number}", dict(encounter=seeded(f"encounter {number}").hex(),
                                          binding=seeded(f"later binding {number}", 64).hex())


def friends():
    day, around = 86_400_000, 1_800_000
    for title, ms in (("noon", 20_000 * day + day // 2), ("just after midnight", 20_000 * day),
                      ("the last moment that counts for yesterday", 20_000 * day + around - 1),
                      ("half past midnight", 20_000 * day + around),
                      ("half an hour before midnight", 20_000 * day - around),
                      ("just before that", 20_000 * day - around - 1),
                      ("the first day", 0)):
        yield title, dict(friendship=seeded("friendship").hex(), ms=ms)


def witnesses():
    question = "Is a hot dog a sandwich?"
    for title, texts in (("nothing said", []), ("one text", ["Yes."]),
                         ("several texts", ["Yes.", "No!", "Well, perhaps."]),
                         ("the same in another order", ["No!", "Yes.", "Well, perhaps."]),
                         ("the same, parted otherwise", ["Yes.N", "o!", "Well, perhaps."]),
                         ("the same text twice", ["Yes.", "Yes."]),
                         ("texts as they were written", ["e\u0301", "\u00e9", " \r\n", "\u0000", "\U0001d11e"]),
                         ("a long text", ["\u6f22" * 4000])):
        yield title, dict(question=question, texts=texts)
    yield "another question", dict(question=question[:-1], texts=["Yes."])
    yield "200 characters of four bytes", dict(question="\U0001d11e" * 200, texts=["Yes."])
