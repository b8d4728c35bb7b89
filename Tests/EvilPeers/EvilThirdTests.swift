// One of the two who discuss a question is met by the rule and then does what no honest node does. See
// Protocol/07-conversation.md, "A question and two who discuss it".

import Essentials
import NodeEngine
@testable import Simulator
import Testing
import Wire

@Suite struct EvilThirdTests {
    private static let anotherQuestion = "Is a hot dog a sandwich?"

    /// A hand-written one discusses; whoever asks and the other one are honest, and so is the next who may come.
    private typealias Meeting = (town: EvilTown, third: EvilThird, asker: Int, other: Int, next: Int)

    private func matched(_ bend: (EvilThird) -> Void = { _ in }) throws -> Meeting {
        let town = try EvilTown(leaves: 3)
        let third = EvilThird(town.addEvilLeaf(), .discusses)
        bend(third)
        try town.match(asking: [town.leaves[0]], discussing: [town.leaves[1]], with: [third])
        return (town, third, town.leaves[0], town.leaves[1], town.leaves[2])
    }

    private func begun(_ bend: (EvilThird) -> Void = { _ in }) throws -> Meeting {
        let meeting = try matched(bend)
        let hasBegun = meeting.town.haveBegun([meeting.asker, meeting.other])
        try #require(hasBegun)
        meeting.town.pass(.seconds(1))
        return meeting
    }

    @Test("a hand-written one who discusses and keeps the rules is one of three like anybody, and nobody doubts it")
    func playsAlong() throws {
        let (town, third, asker, other, _) = try begun()
        town.act { third.say("hello") }
        town.ask(other, .send("hi"))
        town.pass(.seconds(45))
        #expect(town.texts(other) == ["hello"] && third.texts[.other] == ["hi"])
        #expect(town.watched(asker).sorted() == ["\(third.name): hello", "\(third.otherName): hi"].sorted())
        #expect(town.doubts(asker) == 0 && town.losses(other) == 0)
        for node in [asker, other] { #expect(town.isTalking(node)) }
        #expect(!town.world.counters.keys.contains { $0.hasPrefix("conversation.violation") })
    }

    // MARK: two stories

    /// What it says that the other one said, when that was "yes" and then "no".
    struct Story: Sendable, CustomTestStringConvertible {
        enum Doubt: Sendable { case never, atOnce, afterHalfAMinute }

        let testDescription: String
        let witness: Utterance
        let doubt: Doubt
    }

    static let stories: [Story] = [
        Story(testDescription: "all of it", witness: EvilThird.witness(["yes", "no"]), doubt: .never),
        Story(testDescription: "another word", witness: EvilThird.witness(["yes", "maybe"]), doubt: .atOnce),
        Story(testDescription: "one left out", witness: EvilThird.witness(["no"]), doubt: .atOnce),
        Story(testDescription: "in another order", witness: EvilThird.witness(["no", "yes"]), doubt: .atOnce),
        Story(
            testDescription: "to another question", witness: EvilThird.witness(["yes", "no"], of: anotherQuestion),
            doubt: .atOnce),
        Story(
            testDescription: "another question, and nothing to it",
            witness: EvilThird.witness([], of: anotherQuestion), doubt: .atOnce),
        Story(
            testDescription: "one more", witness: EvilThird.witness(["yes", "no", "never"]), doubt: .afterHalfAMinute),
        Story(
            testDescription: "more than there can be", witness: .witness(Witness(through: .max, chain: .zero)),
            doubt: .afterHalfAMinute),
    ]

    @Test(
        "whatever it says of the other's texts, the asker sees them as they were and is told of a lie once",
        arguments: stories)
    func lies(_ story: Story) throws {
        let (town, third, asker, other, _) = try begun { $0.bearsWitness = false }
        for text in ["yes", "no"] { town.ask(other, .send(text)) }
        town.pass(.seconds(2))
        town.act { for _ in 0..<2 { third.talks[.asker]?.say(story.witness) } }
        town.pass(.seconds(5))
        #expect(town.doubts(asker) == (story.doubt == .atOnce ? 1 : 0))
        town.pass(.seconds(30))
        #expect(town.doubts(asker) == (story.doubt == .never ? 0 : 1))
        town.ask(other, .send("still here"))
        town.pass(.seconds(2))
        #expect(town.watched(asker) == ["yes", "no", "still here"].map { "\(third.otherName): \($0)" })
        #expect(third.texts[.other] == ["yes", "no", "still here"] && town.doubts(asker) <= 1)
        #expect(town.doubts(other) == 0 && town.losses(other) == 0)
        for node in [asker, other] { #expect(town.isTalking(node)) }
    }

    @Test("what it says to the asker alone reaches nobody else, and the next text to both makes it known")
    func askerAlone() throws {
        let (town, third, asker, other, _) = try begun()
        town.act { third.talks[.asker]?.say("for you alone") }
        town.pass(.seconds(5))
        #expect(town.watched(asker) == ["\(third.name): for you alone"] && town.doubts(asker) == 0)
        town.act { third.say("for both") }
        town.pass(.seconds(2))
        #expect(town.doubts(asker) == 1)
        #expect(town.texts(other) == ["for both"])
        for node in [asker, other] { #expect(town.isTalking(node)) }
    }

    @Test(
        "what it says to the other alone the asker is told of after half a minute, or when it leaves before",
        arguments: [true, false])
    func otherAlone(leaves: Bool) throws {
        let (town, third, asker, other, _) = try begun()
        town.act { third.talks[.other]?.say("not for the asker") }
        town.pass(.seconds(25))
        #expect(town.texts(other) == ["not for the asker"])
        #expect(town.watched(asker).isEmpty && town.doubts(asker) == 0)
        if leaves { town.act { third.leave() } }
        town.pass(leaves ? .seconds(4) : .seconds(10))
        #expect(town.doubts(asker) == 1)
        let isOver = if case .spyDisconnected? = town.told(asker).last { true } else { false }
        #expect(isOver == leaves && town.isTalking(asker) == !leaves)
        #expect(town.told(other).contains(.strangerDisconnected) == leaves)
    }

    // MARK: the beginning

    @Test("when it says that it was asked something else, nobody is told anything, and the two meet with the next")
    func anotherStart() throws {
        let (town, _, asker, other, next) = try matched { $0.claims = { _ in Self.anotherQuestion } }
        town.pass(.seconds(10))
        town.expectNext([asker, other], meet: [(next, Wish(discusses: true))])
    }

    @Test("when it talks on while the asker waits for the beginning it is given up, and nothing of it is told")
    func floodsEarly() throws {
        let (town, third, asker, other, next) = try matched { $0.claims = { _ in nil } }
        let isAsked = town.run(for: .seconds(4)) { _ in third.question != nil }
        #expect(isAsked)
        town.act { for turn in 0..<300 { third.talks[.asker]?.say(.typing(Typing(on: turn % 2 == 0))) } }
        // Sooner than a beginning that does not come would end it.
        town.pass(.seconds(2))
        town.expectNext([asker, other], meet: [(next, Wish(discusses: true))])
    }

    // MARK: against the rules

    struct Misdeed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let contents: [[UInt8]]
    }

    static let misdeeds: [Misdeed] = [
        Misdeed(testDescription: "a question of its own", contents: [EvilThird.question(anotherQuestion)]),
        Misdeed(testDescription: "a Witness without a chain", contents: [[0x82, 0x01, 0x02, 0x08, 0x01]]),
        Misdeed(
            testDescription: "a Witness with a chain of 33 bytes",
            contents: [[0x82, 0x01, 35, 0x12, 33] + [UInt8](repeating: 1, count: 33)]),
        Misdeed(
            testDescription: "two thousand of them",
            contents: Array(repeating: EvilThird.witness([]).encoded(), count: 2_000)),
    ]

    @Test(
        "what has no place ends the conversation in which it is said, and the honest are told who is gone",
        arguments: misdeeds, [EvilThird.Leg.asker, .other])
    func misdeed(_ misdeed: Misdeed, to leg: EvilThird.Leg) throws {
        let (town, third, asker, other, _) = try begun()
        town.act { for content in misdeed.contents { third.talks[leg]?.say(raw: content) } }
        town.pass(.seconds(6))
        let violations = town.world.counters.filter { $0.key.hasPrefix("conversation.violation") }
        #expect(violations.values.reduce(0, +) == 1)
        #expect(town.phase(asker) == .idle && town.doubts(asker) == 0)
        // Whoever ends it with one of the others has left the third one as well.
        #expect(town.told(asker).last == .spyDisconnected(leg == .asker ? third.name : third.otherName))
        #expect(town.isTalking(other) == (leg == .asker))
        #expect(town.losses(other) == (leg == .asker ? 1 : 0))
        #expect((town.told(other).last == .strangerDisconnected) == (leg == .other))
        #expect(town.sentences(other).contains { $0.contains("broke the rules") } == (leg == .other))
    }

    @Test("when it comes to the doors of both its conversations again, nobody notices, and the three go on")
    func comesAgain() throws {
        let (town, third, asker, other, _) = try begun()
        let before = [asker, other].map { town.told($0) }
        town.act { third.comeAgain() }
        town.pass(.seconds(15))
        #expect([asker, other].map { town.told($0) } == before)
        #expect(town.counter("relaying.joinsRefused") >= 2)
        town.act { third.say("still here") }
        town.pass(.seconds(1))
        #expect(town.texts(other) == ["still here"] && town.watched(asker) == ["\(third.name): still here"])
    }
}
