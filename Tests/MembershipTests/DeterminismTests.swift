// The same seed gives the same effects, to the last byte.

import Essentials
import Membership
import Testing

@Suite struct DeterminismTests {
    private func trace(seed: UInt64) throws -> [[String]] {
        let mesh = Mesh(seed: seed)
        mesh.isTraced = true
        mesh.loss = 0.05
        try mesh.add()
        for index in 1..<14 { try mesh.add(through: [index / 2], wallError: .milliseconds(Int64(index) * 300)) }
        try mesh.add(isLeaf: true, through: [2, 3])
        mesh.run(.seconds(40))
        mesh.partition([1, 2, 3])
        mesh.run(.seconds(40))
        mesh.heal()
        mesh.stop(5)
        mesh.run(.seconds(40))
        return mesh.nodes.map(\.trace)
    }

    @Test("the same seed gives the same effects, another seed others")
    func sameSeed() throws {
        let first = try trace(seed: 71)
        #expect(try first == trace(seed: 71))
        #expect(try first != trace(seed: 72))
        #expect(first.joined().count > 1_000)
    }
}
