// Before anything is proven against evil peers: while they keep the rules, honest nodes take them for what they say.

import Essentials
import NodeEngine
@testable import Simulator
import Testing
import Wire

@Suite struct PlayingAlongTests {
    @Test("a hand-written member that keeps the rules is present, a home, a keeper and a door")
    func member() throws {
        let town = try EvilTown(members: 2, evil: 1, leaves: 4)
        let evil = town.evilMembers[0]
        #expect(town.settle())
        for _ in 0..<8 {
            #expect(town.meet(town.leaves[0], town.leaves[1]) != nil)
            #expect(town.meet(town.leaves[2], town.leaves[3]) != nil)
        }
        for part in ["carry", "deposit", "answer", "join", "joined"] { #expect(evil.played[part, default: 0] > 0) }
        #expect(town.counter("membership.violationHungUp") == 0)
        #expect(town.counter("relaying.linksViolated") == 0)
        #expect(town.counter("pairing.noShow") == 0)
    }

    @Test("a keeper of a later version, which also says things that nobody knows yet, is heard all the same")
    func future() throws {
        let town = try EvilTown(members: 2, evil: 1)
        let evil = town.evilMembers[0]
        #expect(town.settle())
        town.pass(.seconds(5))
        let failed = town.counter("pairing.keeperFailed")
        evil.onRoundAnswer = { arrival, answer in
            // A choice whose only field has the number 900: an unknown kind below 1,000.
            arrival.say(raw: [0xA2, 0x38, 0x00])
            arrival.say(.answer(answer))
            return true
        }
        for _ in 0..<4 { #expect(town.meet(town.leaves[0], town.leaves[1]) != nil) }
        #expect(evil.played["answer", default: 0] > 0)
        #expect(town.counter("pairing.keeperFailed") == failed)
    }

    @Test("a hand-written stranger that keeps the rules is met like anybody")
    func stranger() throws {
        let town = try EvilTown()
        let evil = town.addEvilLeaf()
        #expect(town.settle())
        town.pass(.seconds(3))
        #expect(evil.isAttached)
        town.act { evil.seek() }
        town.look(town.leaves[0])
        let ann = town.leaves[0]
        #expect(town.run(for: .seconds(20)) { $0.snapshot(ann).seats.first?.phase == .talking })
        town.act { evil.talk?.say("hello") }
        town.ask(ann, .send("hi"))
        #expect(town.run(for: .seconds(5)) { ($0.told[.init(node: ann)] ?? []).contains(.gotMessage("hello")) })
        town.pass(.seconds(1))
        let texts = evil.talk?.heard.compactMap { if case .text(let text) = $0 { text.text } else { nil } }
        #expect(texts == ["hi"])
    }
}
