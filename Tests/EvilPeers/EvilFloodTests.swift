// A flood of connections from many hosts, in a mesh where hosts count, while people go on meeting and others come.

import Essentials
import Identity
import NodeEngine
@testable import Simulator
import Sodium
import Testing
import Wire

@Suite("Floods of connections")
struct EvilFloodTests {
    @Test("while twenty hosts begin a thousand handshakes a second, people meet, and newcomers and members get in")
    func flood() throws {
        let town = try EvilTown(members: 3, network: "lan-flood")
        let evil = (0..<20).map { town.addEvilLeaf(seed: UInt64($0 + 1)) }
        #expect(town.settle())
        town.pass(.seconds(3))
        let targets = town.members.map { World.endpoint(of: $0, in: town.policy) }
        var goesOn = true
        for (place, node) in evil.enumerated() {
            node.onHandshake = { _ in true }
            town.act(place) {
                // Each handshake costs its answerer key agreements, and goes no further.
                node.every(.milliseconds(20)) {
                    node.connect(targets[place % targets.count]) {
                        $0.write($0.opening(.xx, key: AgreementKey.generate(using: &node.random)))
                    }
                    return goesOn
                }
            }
        }
        town.pass(.seconds(5))
        #expect(town.counter("relaying.connectionsRefused") > 2_000, "each host has its own budget")
        let during = town.meet(town.leaves[0], town.leaves[1])
        #expect(during != nil)
        let late = town.world.addNode(.leaf, through: [town.members[0]])
        let member = town.world.addNode(.member, through: [town.members[1]])
        let isIn = town.run(for: .seconds(30)) {
            $0.snapshot(late).homes.contains(where: \.isLive) && $0.snapshot(member).members == 4
        }
        #expect(isIn)
        goesOn = false
        town.pass(.seconds(8))
        for node in town.members { #expect(town.world.connections(of: node) <= 40, "nothing of it stays") }
        #expect(town.meet(town.leaves[0], town.leaves[1]) != nil)
        print("flood: met after \(during?.milliseconds ?? -1) ms")
    }
}
