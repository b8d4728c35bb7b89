// One asks, two discuss: in a simulated mesh, with what can befall them.

import Essentials
import NodeEngine
import Simulator
import Testing

@Suite("One asks and two discuss") struct ThreeTests {
    private static let question = "What would you do with a free day?"

    /// The asker's node, and those of the two in the order of their names.
    private func meeting(
        seed: UInt64 = 1, members: Int = 6, more: Int = 0
    ) throws -> (town: Town, asker: Int, first: Int, second: Int) {
        let town = try Town(members: members, leaves: 3 + more, seed: seed)
        let isSettled = town.settle()
        try #require(isSettled)
        let leaves = Array(town.leaves.prefix(3))
        town.world.ask(town.seat(leaves[0]), .meet(Wish(question: Self.question)))
        for leaf in leaves.dropFirst() { town.world.ask(town.seat(leaf), .meet(Wish(discusses: true))) }
        let haveMet = town.heard(.connected, by: leaves, within: .seconds(15))
        try #require(haveMet)
        town.world.ask(town.seat(leaves[1]), .send("I begin"))
        let isFirst = town.heard(.spyMessage("Stranger 1", "I begin"), by: [leaves[0]], within: .seconds(2))
        let isSecond = town.heard(.spyMessage("Stranger 2", "I begin"), by: [leaves[0]], within: .seconds(1))
        #expect(isFirst != isSecond)
        return (town, leaves[0], leaves[isFirst ? 1 : 2], leaves[isFirst ? 2 : 1])
    }

    private func watched(_ town: Town, _ asker: Int) -> [String] {
        town.told(asker).compactMap { if case .spyMessage(let who, let text) = $0 { who + ": " + text } else { nil } }
    }

    private func texts(_ town: Town, _ node: Int) -> [String] {
        town.told(node).compactMap { if case .gotMessage(let text) = $0 { text } else { nil } }
    }

    private func sentences(_ town: Town, _ node: Int) -> [String] {
        town.told(node).compactMap { if case .serverMessage(let text) = $0 { text } else { nil } }
    }

    @Test(
        "all three see the question before anything else, and safety words only the two",
        arguments: 1...6 as ClosedRange<UInt64>)
    func begin(seed: UInt64) throws {
        let (town, asker, first, second) = try meeting(seed: seed)
        for node in [asker, first, second] {
            let told = town.told(node).filter { if case .serverMessage = $0 { false } else { true } }
            #expect(told.prefix(3) == [.waiting, .question(Self.question), .connected])
        }
        town.pass(.seconds(1))
        func words(_ node: Int) -> [[String]] {
            town.told(node).compactMap { if case .safetyWords(let words) = $0 { words } else { nil } }
        }
        #expect(words(first).count == 1 && words(first) == words(second) && words(asker).isEmpty)
        #expect(town.snapshot(asker).seats.map(\.phase) == [.talking])
    }

    @Test("who watches sees all that the two say and cannot speak; typing is named")
    func watching() throws {
        let (town, asker, first, second) = try meeting()
        for number in 1...20 {
            town.world.ask(town.seat(number % 2 == 0 ? first : second), .send("text \(number)"))
            town.pass(.milliseconds(200))
        }
        town.world.ask(town.seat(second), .typing)
        town.world.ask(town.seat(asker), .send("may I?"))
        town.pass(.seconds(1))
        let seen = watched(town, asker).filter { $0.contains("text") }
        #expect(seen == (1...20).map { "Stranger \($0 % 2 == 0 ? 1 : 2): text \($0)" })
        #expect(town.told(asker).contains(.spyTyping("Stranger 2")) && town.told(first).contains(.typing))
        #expect(
            town.told(asker).contains { if case .error(let text) = $0 { text.contains("only watches") } else { false } }
        )
        #expect(!texts(town, first).contains("may I?") && !texts(town, second).contains("may I?"))
        #expect(!sentences(town, asker).contains { $0.contains("do not tell you the same") })
    }

    @Test("when one of the two leaves, it is over for both others; when the asker leaves, the two go on")
    func leaving() throws {
        let (town, asker, first, second) = try meeting()
        town.world.ask(town.seat(first), .disconnect)
        #expect(town.heard(.strangerDisconnected, by: [second], within: .seconds(2)))
        #expect(town.heard(.spyDisconnected("Stranger 1"), by: [asker], within: .seconds(2)))
        town.pass(.seconds(2))
        for node in [asker, first, second] { #expect(town.snapshot(node).seats.map(\.phase) == [.idle]) }

        let other = try meeting(seed: 2)
        other.town.world.ask(other.town.seat(other.asker), .leave)
        other.town.pass(.seconds(2))
        for node in [other.first, other.second] {
            #expect(sentences(other.town, node).contains { $0.contains("does not follow any more") })
        }
        other.town.world.ask(other.town.seat(other.second), .send("still here"))
        #expect(other.town.heard(.gotMessage("still here"), by: [other.first], within: .seconds(2)))
    }

    @Test("when the home of one who discusses dies, both its ways are replaced, and nobody misses or doubts anything")
    func homeDies() throws {
        let (town, asker, first, second) = try meeting(seed: 3, members: 8)
        let played = town.part(\.home, of: first)
        town.world.kill(try #require(played))
        for number in 1...5 {
            town.world.ask(town.seat(first), .send("mine \(number)"))
            town.world.ask(town.seat(second), .send("yours \(number)"))
            town.pass(.seconds(2))
        }
        town.pass(.seconds(40))
        for number in 1...5 {
            #expect(watched(town, asker).filter { $0 == "Stranger 1: mine \(number)" }.count == 1)
            #expect(watched(town, asker).filter { $0 == "Stranger 2: yours \(number)" }.count == 1)
        }
        #expect(texts(town, second).suffix(5) == (1...5).map { "mine \($0)" }[...])
        #expect(!sentences(town, asker).contains { $0.contains("do not tell you the same") })
        for node in [asker, first, second] { #expect(town.snapshot(node).seats.map(\.phase) == [.talking]) }
    }

    @Test("who leaves on the way leaves two who look again, and they meet with the next who comes")
    func leavesEarly() throws {
        let town = try Town(members: 6, leaves: 4, seed: 4)
        #expect(town.settle())
        let leaves = town.leaves
        town.world.ask(town.seat(leaves[0]), .meet(Wish(question: Self.question)))
        for leaf in leaves[1...2] { town.world.ask(town.seat(leaf), .meet(Wish(discusses: true))) }
        let isOnTheWay = town.run(for: .seconds(10)) { $0.snapshot(leaves[1]).seats.first?.phase == .pairing }
        #expect(isOnTheWay)
        town.world.ask(town.seat(leaves[1]), .leave)
        town.pass(.seconds(3))
        town.world.ask(town.seat(leaves[3]), .meet(Wish(discusses: true)))
        #expect(town.heard(.connected, by: [leaves[0], leaves[2], leaves[3]], within: .seconds(25)))
        #expect(!town.told(leaves[1]).contains(.connected))
    }

    @Test("one who asks and one who discusses wait, and are told who is missing")
    func missing() throws {
        let town = try Town(members: 4, leaves: 2)
        #expect(town.settle())
        town.world.ask(town.seat(town.leaves[0]), .meet(Wish(question: Self.question)))
        town.world.ask(town.seat(town.leaves[1]), .meet(Wish(discusses: true)))
        town.pass(.seconds(14))
        for leaf in town.leaves {
            #expect(sentences(town, leaf).contains { $0.contains("1 ask and 1 discuss") })
            #expect(!town.told(leaf).contains(.connected))
        }
    }

    @Test("two who discuss can keep in touch, and keep a log; who asks can do neither")
    func asides() throws {
        let (town, asker, first, second) = try meeting(seed: 5)
        town.world.ask(town.seat(second), .send("hello"))
        town.pass(.seconds(1))
        for (node, name) in [(first, "Zoé"), (second, "Ann"), (asker, "nobody")] {
            town.world.ask(town.seat(node), .keepInTouch(name))
        }
        town.world.ask(town.seat(first), .save)
        town.world.ask(town.seat(asker), .save)
        town.pass(.seconds(2))
        #expect(town.told(first).contains(.keptInTouch("Zoé")) && town.told(second).contains(.keptInTouch("Ann")))
        #expect(town.told(second).contains(.saved) && !town.told(asker).contains(.saved))
        #expect(town.told(asker).filter { if case .error = $0 { true } else { false } }.count == 2)
        #expect(town.snapshot(first).friends == ["Zoé"] && town.snapshot(asker).friends.isEmpty)
    }
}
