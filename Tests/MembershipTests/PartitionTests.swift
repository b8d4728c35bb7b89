// What was torn apart grows together again.

import Essentials
import Membership
import Testing

@Suite struct PartitionTests {
    @Test(
        "two halves that did not see each other for 100 s are one again within 30 s",
        arguments: [41, 42, 43] as [UInt64])
    func heals(seed: UInt64) throws {
        let mesh = Mesh(seed: seed)
        try mesh.add()
        for _ in 1..<20 { try mesh.add(through: [0]) }
        mesh.run(.seconds(30))
        #expect(mesh.isAgreed)
        mesh.partition(Set(0..<10))
        mesh.run(.seconds(100))
        #expect(mesh.nodes.allSatisfy { $0.engine.presentCount == 10 })
        mesh.heal()
        mesh.run(.seconds(30)) { mesh.isAgreed }
        #expect(mesh.isAgreed)
    }

    @Test("small halves find each other too, after a quarter of an hour")
    func smallHalves() throws {
        let mesh = Mesh(seed: 44)
        try mesh.add()
        for _ in 1..<6 { try mesh.add(through: [0]) }
        mesh.run(.seconds(30))
        mesh.partition([0, 1, 2])
        mesh.run(.minutes(15))
        #expect(mesh.nodes.allSatisfy { $0.engine.presentCount == 3 })
        mesh.heal()
        mesh.run(.seconds(30)) { mesh.isAgreed }
        #expect(mesh.isAgreed)
    }

    @Test("two meshes that never met become one through a single link")
    func strangersMeet() throws {
        let mesh = Mesh(seed: 45)
        try mesh.add()
        for _ in 1..<8 { try mesh.add(through: [0]) }
        let other = try mesh.add()
        for _ in 1..<8 { try mesh.add(through: [other]) }
        mesh.run(.minutes(5))
        #expect(mesh.nodes.allSatisfy { $0.engine.presentCount == 8 })
        mesh.connect(3, to: other + 5)
        mesh.run(.seconds(5)) { mesh.isAgreed }
        #expect(mesh.isAgreed)
    }
}
