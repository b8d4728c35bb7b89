// What a mesh costs while nothing happens.

import Essentials
import NodeEngine
import Simulator
import Testing
import Wire

@Suite struct IdleTests {
    @Test("while nothing happens in a mesh of 50, each of them writes at most 400 bytes a second")
    func idle() {
        var world = World(policy: World.localPolicy, seed: 1)
        let members = (0..<50).map { index in world.addNode(.member, through: index == 0 ? [] : [0, index / 2]) }
        _ = world.run(for: .minutes(5))
        #expect(members.allSatisfy { world.snapshot($0).peers.count(where: \.isPresent) == 49 })
        let before = members.map { world.written[$0] ?? 0 }
        _ = world.run(for: .minutes(5))
        let each = members.map { ((world.written[$0] ?? 0) - before[$0]) / 300 }
        let mean = each.reduce(0, +) / each.count
        #expect(mean <= 400, "\(mean) B/s, at most \(each.max() ?? 0)")
        #expect(mean > 100, "something was measured")
        #expect(members.allSatisfy { world.snapshot($0).peers.count(where: \.isPresent) == 49 })
    }
}
