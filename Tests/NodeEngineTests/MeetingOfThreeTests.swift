// What the person of a meeting of three is told, whatever its two conversations say and in whichever order.

import Conversation
import Essentials
@testable import NodeEngine
import OrderedCollections
import Testing
import Wire

@Suite("Two conversations that are one meeting")
struct MeetingOfThreeTests {
    private static let question = "What would you do with a free day?"
    private static let person = SeatID(number: 1)
    private static let (one, other) = (SeatID(number: 1 << 63 | 1), SeatID(number: 1 << 63 | 2))

    /// A node with a meeting of three whose conversations are the test.
    private static func node(asks: Bool) throws -> LoneNode {
        let node = try LoneNode(.leaf)
        node.give(.started)
        var seat = Seat(wish: asks ? Wish(question: question) : Wish(discusses: true))
        var three = Three(part: asks ? .asks(first: one, second: other) : .discusses(asker: one, other: other))
        if asks { three.question = question }
        for leg in three.legs {
            three.testimonies[leg] = Testimony(question: three.question ?? "")
            var legSeat = Seat(wish: seat.wish)
            let part: ConversationSettings.Part = asks ? .asking : leg == one ? .telling : .discussing
            legSeat.leg = Leg(owner: person, part: part, question: three.question)
            node.engine.value.seats[leg] = legSeat
        }
        seat.phase = .three(three)
        node.engine.value.seats[person] = seat
        node.engine.value.timers.arm(.threeEnds(person), at: node.now + Three.patience)
        return node
    }

    private static func say(_ news: LegNews, from leg: SeatID, at node: LoneNode) {
        node.engine.value.push(.leg(leg, news))
        node.give(.timerFired)
    }

    /// An asker who has been told that it began.
    private static func asker() throws -> LoneNode {
        let node = try node(asks: true)
        for leg in [one, other] { say(.told(.connected), from: leg, at: node) }
        for leg in [one, other] { witness([], from: leg, at: node) }
        return node
    }

    /// Somebody says what the other of the two told.
    private static func witness(_ texts: [String], from leg: SeatID, at node: LoneNode) {
        var chain = WitnessChain(question: question)
        for text in texts { chain.add(text) }
        say(.witnessed(through: chain.through, chain: chain.chain), from: leg, at: node)
    }

    private static func sentences(_ node: LoneNode) -> Int {
        node.told(1).count {
            if case .serverMessage(let text) = $0 { text.contains("not tell you the same") } else { false }
        }
    }

    @Test("who asks is told that it began when both have said so, and not before")
    func begins() throws {
        let node = try Self.node(asks: true)
        for leg in [Self.one, Self.other] { Self.say(.told(.connected), from: leg, at: node) }
        Self.witness([], from: Self.one, at: node)
        #expect(node.told(1).isEmpty)
        Self.witness([], from: Self.other, at: node)
        #expect(node.told(1) == [.question(Self.question), .connected])
    }

    @Test("a discusser who tells the asker something else than the other is found out, and that is said once")
    func twoStories() throws {
        let node = try Self.asker()
        Self.say(.told(.gotMessage("yes")), from: Self.one, at: node)
        Self.witness(["yes"], from: Self.other, at: node)
        #expect(Self.sentences(node) == 0)
        Self.say(.told(.gotMessage("no")), from: Self.one, at: node)
        for _ in 0..<2 { Self.witness(["yes", "maybe"], from: Self.other, at: node) }
        #expect(Self.sentences(node) == 1)
    }

    @Test("what is witnessed before it comes is waited for, for half a minute")
    func late() throws {
        let node = try Self.asker()
        Self.witness(["slow"], from: Self.other, at: node)
        node.pass(.seconds(20))
        Self.say(.told(.gotMessage("slow")), from: Self.one, at: node)
        node.pass(.seconds(60))
        #expect(Self.sentences(node) == 0)
        Self.witness(["slow", "never"], from: Self.other, at: node)
        node.pass(.milliseconds(29_999))
        #expect(Self.sentences(node) == 0)
        node.pass(.milliseconds(2))
        #expect(Self.sentences(node) == 1)
    }

    @Test("what is witnessed before it has begun is waited for as long, whether or not anything comes after it")
    func lateFromBefore() throws {
        let node = try Self.node(asks: true)
        for leg in [Self.one, Self.other] { Self.say(.told(.connected), from: leg, at: node) }
        for texts in [[], ["kept from you"]] { Self.witness(texts, from: Self.other, at: node) }
        node.pass(.seconds(2))
        Self.witness([], from: Self.one, at: node)
        #expect(node.told(1) == [.question(Self.question), .connected])
        node.pass(.milliseconds(27_999))
        #expect(Self.sentences(node) == 0)
        node.pass(.milliseconds(2))
        #expect(Self.sentences(node) == 1)
    }

    @Test("a lie before there is a meeting is told once when there is one, and never when there is none")
    func lieBefore() throws {
        let lie = WitnessChain(question: "What would you not do with one?")
        for begins in [true, false] {
            let node = try Self.node(asks: true)
            for leg in [Self.one, Self.other] { Self.say(.told(.connected), from: leg, at: node) }
            Self.say(.witnessed(through: 0, chain: lie.chain), from: Self.one, at: node)
            #expect(node.told(1).isEmpty)
            if begins { Self.witness([], from: Self.other, at: node) } else { node.pass(Three.patience) }
            #expect(Array(node.told(1).prefix(2)) == (begins ? [.question(Self.question), .connected] : []))
            #expect(Self.sentences(node) == (begins ? 1 : 0))
            Self.say(.witnessed(through: 0, chain: lie.chain), from: Self.one, at: node)
            #expect(node.told(1).count == (begins ? 3 : 0))
        }
    }

    @Test("when one leaves, the last word of the other is still heard: what the first told last is found out as well")
    func lastWord() throws {
        for lies in [true, false] {
            let node = try Self.asker()
            Self.say(.told(.gotMessage("goodbye")), from: Self.one, at: node)
            Self.say(.told(.strangerDisconnected), from: Self.one, at: node)
            #expect(!node.told(1).contains(.spyDisconnected("Stranger 1")))
            Self.witness([lies ? "see you" : "goodbye"], from: Self.other, at: node)
            Self.say(.told(.strangerDisconnected), from: Self.other, at: node)
            node.pass(.milliseconds(1))
            #expect(node.told(1).last == .spyDisconnected("Stranger 1"))
            #expect(Self.sentences(node) == (lies ? 1 : 0))
            #expect(node.seats.map(\.phase) == [.idle] && node.engine.value.seats.count == 1)
        }
        let silent = try Self.asker()
        Self.witness(["kept from you"], from: Self.other, at: silent)
        Self.say(.told(.strangerDisconnected), from: Self.one, at: silent)
        silent.pass(.seconds(2))
        #expect(Self.sentences(silent) == 1 && silent.told(1).last == .spyDisconnected("Stranger 1"))
    }

    @Test("two who were asked different things do not begin, and look again")
    func differentQuestions() throws {
        for isSame in [true, false] {
            let node = try Self.node(asks: false)
            for leg in [Self.one, Self.other] { Self.say(.told(.connected), from: leg, at: node) }
            Self.say(.asked(Self.question), from: Self.one, at: node)
            let theirs = WitnessChain(question: isSame ? Self.question : "What would you not do with one?")
            Self.say(.witnessed(through: 0, chain: theirs.chain), from: Self.other, at: node)
            #expect(node.told(1) == (isSame ? [.question(Self.question), .connected] : []))
            #expect(node.seats.map(\.phase) == [isSame ? .talking : .seeking])
        }
    }

    @Test("what the other says before it has begun here is told afterwards, in its order and all of it")
    func early() throws {
        let node = try Self.node(asks: false)
        for leg in [Self.other, Self.one] { Self.say(.told(.connected), from: leg, at: node) }
        let start = WitnessChain(question: Self.question)
        Self.say(.witnessed(through: 0, chain: start.chain), from: Self.other, at: node)
        Self.say(.told(.safetyWords(["a"])), from: Self.other, at: node)
        for number in 1...3 { Self.say(.told(.gotMessage("\(number)")), from: Self.other, at: node) }
        #expect(node.told(1).isEmpty)
        Self.say(.asked(Self.question), from: Self.one, at: node)
        let expected: [PersonEvent] =
            [.question(Self.question), .connected, .safetyWords(["a"])] + (1...3).map { .gotMessage("\($0)") }
        #expect(node.told(1) == expected)
    }

    @Test(
        "who keeps the third one waiting while the other talks on is given up, and so is a meeting that does not come about"
    )
    func neverBegins() throws {
        let flooded = try Self.node(asks: false)
        for _ in 0...Three.earlyMaximum { Self.say(.told(.gotMessage("x")), from: Self.other, at: flooded) }
        #expect(flooded.seats.map(\.phase) == [.seeking] && flooded.told(1).isEmpty)
        let late = try Self.node(asks: true)
        for leg in [Self.one, Self.other] { Self.say(.told(.connected), from: leg, at: late) }
        late.pass(Three.patience)
        #expect(late.seats.map(\.phase) == [.seeking] && late.told(1).isEmpty)
        #expect(late.engine.value.seats.count == 1)
    }

    @Test("before it has begun nothing can be said, and after it has the asker cannot")
    func mute() throws {
        let node = try Self.node(asks: false)
        node.ask(1, .send("too early"))
        let asker = try Self.asker()
        asker.effects = []
        asker.ask(1, .send("may I?"))
        for node in [node, asker] {
            let told = node.told(1)
            #expect(
                told.count == 1
                    && told.contains { if case .error(let text) = $0 { text.hasPrefix("Not sent:") } else { false } })
        }
    }

    @Test("one node asks or discusses one question at a time: otherwise it would be put together with itself")
    func once() throws {
        let node = try LoneNode(.leaf)
        node.give(.started)
        node.ask(1, .meet(Wish(question: Self.question)))
        node.ask(2, .meet(Wish(discusses: true)))
        #expect(node.told(1) == [.waiting])
        #expect(node.told(2).contains { if case .error = $0 { true } else { false } } && node.told(2).count == 1)
        node.ask(1, .leave)
        node.ask(2, .meet(Wish(discusses: true)))
        #expect(node.told(2).last == .waiting)
    }
}
