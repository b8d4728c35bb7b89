// Whoever wishes for cover 5 has one member more between the home and the door, in whole meshes in virtual time.

import Essentials
import Identity
import NodeEngine
import Simulator
import Testing

@Suite struct RelayTests {
    /// All of these look for a stranger, with as many members on the path.
    private func sitDown(_ nodes: [Int], in town: Town, cover: Int = 5) {
        for node in nodes { town.world.ask(town.seat(node), .meet(Wish(cover: cover))) }
    }

    private func warning(_ town: Town, _ node: Int, containing words: String) -> Int? {
        town.told(node).firstIndex {
            if case .serverMessage(let text) = $0 { text.contains(words) } else { false }
        }
    }

    @Test("two who wish for it have three members on their half each, and are warned of nothing")
    func meet() throws {
        let town = try Town(members: 8, leaves: 2)
        #expect(town.settle())
        sitDown(town.leaves, in: town)
        #expect(town.heard(.connected, by: town.leaves))
        for leaf in town.leaves {
            let seat = try #require(town.snapshot(leaf).seats.first)
            let (home, relay, door) = (
                town.part(\.home, of: leaf), town.part(\.relay, of: leaf), town.part(\.door, of: leaf)
            )
            #expect(seat.cover == 3 && Set([home, relay, door]).count == 3 && relay != nil)
            #expect(!town.snapshot(leaf).homes.contains { $0.node == seat.relay }, "no home while others are there")
            #expect(warning(town, leaf, containing: "Cover") == nil && warning(town, leaf, containing: "cover") == nil)
        }
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        town.world.ask(town.seat(ann), .send("hello"))
        town.world.ask(town.seat(ben), .send("good evening"))
        #expect(town.heard(.gotMessage("hello"), by: [ben]) && town.heard(.gotMessage("good evening"), by: [ann]))
        #expect(town.counter("relaying.extensionsOpened") >= 2)
        town.world.ask(town.seat(ann), .disconnect)
        #expect(town.heard(.strangerDisconnected, by: [ben]))
    }

    @Test("who wishes for it meets who does not, and each has the half that they wished for")
    func oneSide() throws {
        let town = try Town(members: 8, leaves: 2)
        #expect(town.settle())
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        sitDown([ann], in: town)
        sitDown([ben], in: town, cover: 3)
        #expect(town.heard(.connected, by: [ann, ben]))
        #expect(town.part(\.relay, of: ann) != nil && town.part(\.relay, of: ben) == nil)
        #expect(town.snapshot(ann).seats.first?.cover == 3 && town.snapshot(ben).seats.first?.cover == 2)
    }

    @Test("when a relay dies, freezes or is cut off, the talk goes on over another, nothing lost", arguments: 0..<3)
    func blow(_ kind: Int) throws {
        let town = try Town(members: 8, leaves: 2, seed: 3)
        #expect(town.settle())
        sitDown(town.leaves, in: town)
        #expect(town.heard(.connected, by: town.leaves))
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        town.world.ask(town.seat(ann), .send("zero"))
        #expect(town.heard(.delivered(1), by: [ann]))
        let relay = town.part(\.relay, of: ann)
        let victim = try #require(relay)
        switch kind {
        case 0: town.world.kill(victim)
        case 1: town.world.freeze(victim)
        default: town.world.partition([victim])
        }
        // Said without knowing that nobody hears it.
        town.world.ask(town.seat(ann), .send("one"))
        #expect(town.heard(.interrupted, by: [ann, ben], within: .seconds(20)))
        town.world.ask(town.seat(ben), .send("two"))
        #expect(town.heard(.resumed, by: [ann, ben], within: .seconds(30)))
        #expect(town.heard(.gotMessage("one"), by: [ben]) && town.heard(.gotMessage("two"), by: [ann]))
        let next = town.part(\.relay, of: ann)
        #expect(next != nil && next != victim)
    }

    @Test("in a mesh that has nobody to spare they are told first, and meet all the same", arguments: [1, 2])
    func tiny(_ members: Int) throws {
        let town = try Town(members: members, leaves: 2)
        #expect(town.settle())
        sitDown(town.leaves, in: town)
        #expect(town.heard(.connected, by: town.leaves))
        for leaf in town.leaves {
            let connected = town.told(leaf).firstIndex(of: .connected)
            for words in ["no cover: \(members) member", "Cover \(members) only"] {
                let warned = try #require(warning(town, leaf, containing: words))
                #expect(warned < connected ?? 0)
            }
        }
    }
}
