// Nodes die, freeze and are cut off while people talk.

import Essentials
import Identity
import NodeEngine
import Wire
import Simulator
import Testing

@Suite struct BlowsTests {
    enum Part: CaseIterable, Sendable { case home, door }
    enum Blow: CaseIterable, Sendable { case kill, freeze, cut }

    /// Two meet and have said something.
    private func begin(_ town: Town, _ ann: Int, _ ben: Int) throws {
        town.sitDown(ann, ben)
        let haveMet = town.heard(.connected, by: [ann, ben])
        try #require(haveMet)
        town.world.ask(town.seat(ann), .send("zero"))
        let hasArrived = town.heard(.delivered(1), by: [ann])
        try #require(hasArrived)
    }

    @Test(
        "when a home or the door dies, freezes or is cut off, the talk goes on over another path, and nothing is lost",
        arguments: Part.allCases, Blow.allCases)
    func blow(_ part: Part, _ blow: Blow) throws {
        let town = try Town(members: 5, leaves: 2, seed: 3)
        #expect(town.settle())
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        try begin(town, ann, ben)
        let played = town.part({ part == .home ? $0.home : $0.door }, of: ann)
        let victim = try #require(played)
        switch blow {
        case .kill: town.world.kill(victim)
        case .freeze: town.world.freeze(victim)
        case .cut: town.world.partition([victim])
        }
        // Said without knowing that nobody hears it.
        town.world.ask(town.seat(ann), .send("one"))
        #expect(town.heard(.interrupted, by: [ann, ben], within: .seconds(20)))
        town.world.ask(town.seat(ann), .send("two"))
        town.world.ask(town.seat(ben), .send("three"))
        #expect(town.heard(.resumed, by: [ann, ben], within: .seconds(30)))
        town.world.ask(town.seat(ann), .send("four"))
        #expect(town.heard(.gotMessage("four"), by: [ben]) && town.heard(.delivered(4), by: [ann]))
        func texts(_ node: Int) -> [String] {
            town.told(node).compactMap { if case .gotMessage(let text) = $0 { text } else { nil } }
        }
        #expect(texts(ben) == ["zero", "one", "two", "four"] && texts(ann) == ["three"])
        #expect(!town.told(ann).contains(.strangerDisconnected) && !town.told(ben).contains(.strangerDisconnected))
    }

    @Test("a laptop that sleeps for two minutes goes on with the talk when it wakes")
    func sleep() throws {
        let town = try Town(members: 5, leaves: 2, seed: 4)
        #expect(town.settle())
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        try begin(town, ann, ben)
        town.world.freeze(ann)
        town.pass(.seconds(20))
        #expect(town.told(ben).contains(.interrupted))
        town.world.ask(town.seat(ben), .send("are you there?"))
        town.pass(.seconds(100))
        town.world.thaw(ann)
        #expect(town.heard(.resumed, by: [ann, ben], within: .seconds(25)))
        #expect(town.heard(.gotMessage("are you there?"), by: [ann]))
        town.world.ask(town.seat(ann), .send("yes"))
        #expect(town.heard(.gotMessage("yes"), by: [ben]))
    }

    @Test("a stranger who is gone is waited for two minutes and a half, and then the talk is over")
    func gone() throws {
        let town = try Town(members: 5, leaves: 2, seed: 5)
        #expect(town.settle())
        let (ann, ben) = (town.leaves[0], town.leaves[1])
        try begin(town, ann, ben)
        town.world.kill(ann)
        #expect(town.heard(.interrupted, by: [ben], within: .seconds(20)))
        town.pass(.seconds(140))
        #expect(!town.told(ben).contains(.strangerDisconnected))
        #expect(town.heard(.strangerDisconnected, by: [ben], within: .seconds(15)))
        #expect(town.snapshot(ben).seats.first?.phase == .idle)
    }

    @Test("who is interrupted may leave at once and meet somebody else")
    func leaving() throws {
        let town = try Town(members: 5, leaves: 3, seed: 6)
        #expect(town.settle())
        let (ann, ben, cem) = (town.leaves[0], town.leaves[1], town.leaves[2])
        try begin(town, ann, ben)
        town.world.kill(ann)
        #expect(town.heard(.interrupted, by: [ben], within: .seconds(20)))
        town.world.ask(town.seat(ben), .new)
        town.sitDown(cem)
        #expect(town.heard(.connected, by: [cem], within: .seconds(10)))
        #expect(town.heard(.connected, by: [ben], times: 2))
        #expect(!town.told(ben).contains(.strangerDisconnected))
    }

    @Test("keepers that die in the middle of a round delay people by little")
    func keepersDie() throws {
        let town = try Town(members: 9, leaves: 2, seed: 5)
        #expect(town.settle())
        town.sitDown(town.leaves[0], town.leaves[1])
        town.pass(.milliseconds(300))
        let homes = Set(town.leaves.flatMap { leaf in town.snapshot(leaf).homes.map(\.node) })
        let victims = town.members.filter { !homes.contains(town.nodeKey($0)) }.prefix(3)
        for victim in victims { town.world.kill(victim) }
        #expect(town.heard(.connected, by: town.leaves, within: .seconds(15)))
    }

    @Test("a frozen member is absent after its heartbeats end, and present again when it wakes")
    func frozen() throws {
        let town = try Town(members: 5, leaves: 0)
        #expect(town.settle())
        let (victim, other) = (town.members[4], town.members[1])
        town.world.freeze(victim)
        #expect(town.run(for: .seconds(30)) { $0.snapshot(other).members == 4 })
        town.world.thaw(victim)
        #expect(town.run(for: .seconds(60)) { $0.snapshot(other).members == 5 && $0.snapshot(victim).members == 5 })
    }

    @Test("a mesh that was split merges again by itself")
    func split() throws {
        let town = try Town(members: 10, leaves: 0)
        #expect(town.settle())
        town.world.partition(Set(town.members.prefix(5)))
        let members = town.members
        #expect(town.run(for: .seconds(60)) { world in members.allSatisfy { world.snapshot($0).members == 5 } })
        town.pass(.seconds(100))
        town.world.heal()
        let healed = town.world.now
        #expect(town.run(for: .seconds(60)) { world in members.allSatisfy { world.snapshot($0).members == 10 } })
        print(
            "split 5/5 for 100 s: merged \((town.world.now - healed).milliseconds) ms after healing"
        )
    }

    @Test("a leaf whose only entry point is down keeps knocking and comes in when it is up")
    func knocking() throws {
        let town = try Town(members: 2, leaves: 1)
        #expect(town.settle())
        town.world.freeze(town.members[0])
        let late = town.world.addNode(.leaf, through: [town.members[0]])
        town.pass(.seconds(10))
        #expect(town.snapshot(late).members == 0)
        town.world.thaw(town.members[0])
        #expect(town.run(for: .seconds(60)) { $0.snapshot(late).members == 2 })
    }

    @Test("bad weather – slow links, failing and breaking connections – does not keep people apart")
    func weather() throws {
        var weather = World.Weather()
        weather.latencyMinimum = .milliseconds(10)
        weather.latencyMaximum = .milliseconds(45)
        weather.segmentMaximum = 61
        weather.connectFailure = 0.1
        weather.breakage = 0.0005
        let town = try Town(members: 6, leaves: 2, seed: 11, weather: weather)
        #expect(town.settle(within: .seconds(120)))
        town.sitDown(town.leaves[0], town.leaves[1])
        #expect(town.heard(.connected, by: town.leaves, within: .seconds(60)))
    }

    @Test("nodes of another network are never let in")
    func otherNetwork() throws {
        // The same addresses and keys, another name: the link's handshake already fails.
        let town = try Town(members: 2, leaves: 0)
        #expect(town.settle())
        let before = town.snapshot(town.members[0]).known
        let stranger = try #require(NetworkPolicy.named("local-elsewhere"))
        let intruder = town.world.addNode(.member, through: [town.members[0]], in: stranger)
        town.pass(.seconds(20))
        #expect(town.snapshot(town.members[0]).known == before)
        #expect(town.snapshot(intruder).members <= 1)
        #expect(town.counter("relaying.handshakesFailed") > 0)
    }
}
