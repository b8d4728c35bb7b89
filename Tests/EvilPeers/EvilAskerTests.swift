// Whoever asks a question is met by the rule and then does what no honest node does; and two of three who are one. See
// Protocol/07-conversation.md, "A question and two who discuss it".

import Essentials
import NodeEngine
@testable import Simulator
import Testing
import Wire

@Suite struct EvilAskerTests {
    private static let anotherQuestion = "Is a hot dog a sandwich?"
    private static let loss = "Whoever asked the question does not follow any more. You can go on talking."

    /// A hand-written one asks; the two who discuss are honest, and so is the next who may come.
    private typealias Meeting = (town: EvilTown, third: EvilThird, ann: Int, ben: Int, next: Int)

    private func matched(_ bend: (EvilThird) -> Void = { _ in }) throws -> Meeting {
        let town = try EvilTown(leaves: 3)
        let third = EvilThird(town.addEvilLeaf(), .asks)
        bend(third)
        try town.match(discussing: Array(town.leaves[...1]), with: [third])
        return (town, third, town.leaves[0], town.leaves[1], town.leaves[2])
    }

    private func begun(_ bend: (EvilThird) -> Void = { _ in }) throws -> Meeting {
        let meeting = try matched(bend)
        let hasBegun = meeting.town.haveBegun([meeting.ann, meeting.ben])
        try #require(hasBegun)
        meeting.town.pass(.seconds(1))
        return meeting
    }

    @Test("a hand-written asker who keeps the rules sees what the two say, and nobody notices anything")
    func playsAlong() throws {
        let (town, third, ann, ben, _) = try begun()
        for node in [ann, ben] {
            #expect(town.toldOfOthers(node).prefix(3) == [.waiting, .question(EvilTown.question), .connected])
        }
        town.ask(ann, .send("hello"))
        town.ask(ben, .send("hi"))
        town.pass(.seconds(45))
        #expect(Set(third.texts.values) == [["hello"], ["hi"]])
        for node in [ann, ben] { #expect(town.isTalking(node) && town.losses(node) == 0) }
        #expect(!town.world.counters.keys.contains { $0.hasPrefix("conversation.violation") })
    }

    // MARK: speaking

    struct Saying: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let say: @Sendable (EvilTalk) -> Void
    }

    static let sayings: [Saying] = [
        Saying(testDescription: "a text") { $0.say("hello") },
        Saying(testDescription: "that it types") { $0.say(.typing(Typing(on: true))) },
        Saying(testDescription: "that it does not type") { $0.say(.typing(Typing(on: false))) },
        Saying(testDescription: "that it keeps a log") { $0.say(.saved(Saved())) },
        Saying(testDescription: "that it would like to meet again") { $0.say(.keepInTouch(KeepInTouch())) },
        Saying(testDescription: "a Witness") { $0.say(EvilThird.witness([])) },
        Saying(testDescription: "another question") { $0.say(raw: EvilThird.question(anotherQuestion)) },
    ]

    @Test(
        "an asker who says anything is left by both, who are told that and nothing else, and go on",
        arguments: sayings)
    func speaks(_ saying: Saying) throws {
        let (town, third, ann, ben, _) = try begun()
        let before = [ann, ben].map { town.told($0) }
        town.act {
            for leg in [EvilThird.Leg.first, .second] { if let talk = third.talks[leg] { saying.say(talk) } }
        }
        town.pass(.seconds(2))
        #expect([ann, ben].map { town.told($0) } == before.map { $0 + [.serverMessage(Self.loss)] })
        #expect(town.counter("conversation.violation.unexpected") == 2)
        town.ask(ann, .send("still here"))
        town.pass(.seconds(1))
        #expect(town.texts(ben) == ["still here"])
        for node in [ann, ben] { #expect(town.isTalking(node)) }
    }

    @Test("an asker who acknowledges nothing is left after 256 texts, and of those that the two say none is missing")
    func takesNothing() throws {
        let (town, third, ann, ben, _) = try begun { $0.acknowledges = false }
        town.ask(ben, .send("go on"))
        town.pass(.seconds(1))
        for tens in 0..<26 {
            for number in 0..<10 { town.ask(ann, .send("\(tens * 10 + number)")) }
            town.pass(.milliseconds(1_200))
        }
        #expect(town.texts(ben) == (0..<260).map { "\($0)" })
        #expect(third.texts.values.map(\.count).sorted() == [1, 256])
        #expect(town.losses(ann) == 1 && town.losses(ben) == 0)
        #expect(!town.told(ann).contains { if case .error = $0 { true } else { false } })
        for node in [ann, ben] { #expect(town.isTalking(node)) }
    }

    // MARK: the beginning

    struct Misdeed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What says so.
        var counter = "pairing.noShow"
        let bend: @Sendable (EvilThird) -> Void

        static func asking(_ question: String, _ description: String, _ counter: String) -> Misdeed {
            Misdeed(testDescription: description, counter: "conversation.violation." + counter) {
                $0.asks = { _ in EvilThird.question(question) }
            }
        }
    }

    static let misdeeds: [Misdeed] = [
        Misdeed(testDescription: "asks each something else") {
            $0.asks = { EvilThird.question($0 == .first ? EvilTown.question : anotherQuestion) }
        },
        Misdeed(testDescription: "does not come to one of the two") { $0.avoids = [.second] },
        Misdeed(testDescription: "does not come to either") { $0.avoids = [.first, .second] },
        Misdeed(testDescription: "shakes hands with one and says nothing") { $0.isMuteTo = [.second] },
        Misdeed(testDescription: "asks one of the two nothing") {
            $0.asks = { $0 == .first ? EvilThird.question(EvilTown.question) : nil }
        },
        .asking("Tea, or?!", "asks in 9 characters", "length"),
        .asking(String(repeating: "x", count: 201), "asks in 201 characters", "length"),
        .asking(String(repeating: "x", count: 801), "asks in 801 bytes", "malformed"),
        Misdeed(testDescription: "asks one of the two at length", counter: "conversation.violation.length") {
            $0.asks = { EvilThird.question($0 == .first ? EvilTown.question : String(repeating: "é", count: 201)) }
        },
    ]

    @Test(
        "who does not ask both the same question begins nothing: nobody is told it, and the two meet with the next",
        arguments: misdeeds)
    func misdeed(_ misdeed: Misdeed) throws {
        let (town, _, ann, ben, next) = try matched(misdeed.bend)
        town.pass(.seconds(10))
        #expect(town.counter(misdeed.counter) > 0)
        town.expectNext([ann, ben], meet: [(next, Wish(question: EvilTown.question))])
    }

    @Test(
        "who is two of the three and never begins holds the third for eight seconds, who then meets others",
        arguments: [true, false])
    func league(victimAsks: Bool) throws {
        let town = try EvilTown(leaves: 3)
        let one = EvilThird(town.addEvilLeaf(seed: 1), victimAsks ? .discusses : .asks)
        let other = EvilThird(town.addEvilLeaf(seed: 2), .discusses)
        for third in [one, other] { third.claims = { _ in nil } }
        let (victim, next) = (town.leaves[0], town.leaves[1...])
        try town.match(asking: victimAsks ? [victim] : [], discussing: victimAsks ? [] : [victim], with: [one, other])
        let isHeld = town.run(for: .seconds(2)) { $0.snapshot(victim).seats.first?.phase == .pairing }
        #expect(isHeld)
        town.pass(.seconds(7))
        #expect(town.phase(victim) == .pairing, "both its conversations stand, and it waits")
        town.pass(.milliseconds(1_500))
        let wishes = [victimAsks ? Wish(discusses: true) : Wish(question: EvilTown.question), Wish(discusses: true)]
        town.expectNext([victim], meet: zip(next, wishes).map { ($0, $1) })
    }
}
