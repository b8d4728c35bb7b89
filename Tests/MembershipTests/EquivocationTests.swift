// Two records with one seq: both are kept as proof, and the owner is ignored for a day, everywhere.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct EquivocationTests {
    private func pair(_ member: TestMember, at wall: WallTime) throws -> (Signed, Signed) {
        (try member.record(at: wall), try member.record(at: wall, endpoint: .v4(0x7F00_0001, port: 999)))
    }

    @Test("two bodies with one seq make the owner absent for a day, and the first is kept")
    func ignored() throws {
        var bench = try Bench(isMember: false)
        let member = try TestMember(1)
        let link = bench.link(to: try TestMember(2))
        let (first, second) = try pair(member, at: bench.wall)
        try bench.push([first], [member.heartbeat(at: bench.wall)], over: link)
        #expect(bench.engine.isPresent(member.key))
        try bench.push([second], over: link)
        #expect(bench.counted(.equivocation) == 1)
        #expect(!bench.engine.isPresent(member.key))
        #expect(bench.engine.signedRecord(member.key) == first)
        bench.wait(.hours(23))
        try bench.introduce(member, over: link)
        #expect(!bench.engine.isPresent(member.key))
        #expect(bench.counted(.ownerIgnored) >= 2)
        bench.wait(.hours(1) + .seconds(1))
        try bench.introduce(member, over: link)
        #expect(bench.engine.isPresent(member.key))
    }

    @Test("a proof that is older than the known record is proof as well, and is passed on")
    func olderProof() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let (link, other) = (bench.link(to: try TestMember(2)), bench.link(to: try TestMember(3)))
        let (first, second) = try pair(member, at: bench.wall - .seconds(20))
        try bench.introduce(member, over: link)
        try bench.push([first], over: link)
        #expect(bench.counted(.equivocation) == 0 && bench.engine.isPresent(member.key))
        try bench.push([second], over: link)
        #expect(bench.counted(.equivocation) == 1 && !bench.engine.isPresent(member.key))
        let told = bench.wait(.seconds(1)).pushes.filter { $0.link == other }.flatMap(\.push.records)
        #expect(told.contains(first) && told.contains(second))
    }

    @Test("under an older number, too, a puzzle that nobody has looked at is no proof, and what was forged makes room")
    func olderUnproven() throws {
        let member = try TestMember(1)
        let liar = try TestMember(7)
        let wall = WallTime.worldStart + .seconds(1_000)
        let unsolved = try [20, 10, 10].enumerated().map { place, ago in
            try liar.record(
                at: wall - .seconds(Int64(ago == 20 ? 0 : 20)), endpoint: .v4(0x7F00_0001, port: UInt16(900 + place)),
                puzzle: liar.unsolved())
        }
        var restored = try Bench(restored: [unsolved[0]])
        let link = restored.link(to: try TestMember(2))
        restored.link(to: try TestMember(3))
        for record in unsolved.dropFirst() { try restored.push([record], over: link) }
        #expect(restored.counted(.equivocation) == 0)
        #expect(!restored.wait(.seconds(1)).pushes.flatMap(\.push.records).contains(unsolved[1]))

        var bench = try Bench()
        let other = bench.link(to: try TestMember(2))
        let (first, second) = try pair(member, at: bench.wall - .seconds(20))
        try bench.introduce(member, over: other)
        let third = try member.record(at: bench.wall - .seconds(20), endpoint: .v4(0x7F00_0001, port: 998)).forged()
        try bench.push([third], over: other)
        try bench.push([first, second], over: other)
        #expect(bench.counted(.equivocation) == 1 && bench.engine.linkTable[other]?.violations == 0)
    }

    @Test("of sixty-four owners an older record is remembered, and costs no look at a signature until there is another")
    func olderRecords() throws {
        var bench = try Bench()
        let members = try (1...65).map { try TestMember($0) }
        let link = bench.link(to: try TestMember(200))
        for member in members { try bench.introduce(member, over: link) }
        let pairs = try members.map { try pair($0, at: bench.wall - .seconds(20)) }
        for (first, _) in pairs { try bench.push([first.forged()], over: link) }
        #expect(bench.engine.linkTable[link]?.violations == 0)
        for (first, _) in pairs { try bench.push([first], over: link) }
        for (_, second) in pairs.suffix(64) { try bench.push([second], over: link) }
        #expect(bench.counted(.equivocation) == 64)
        try bench.push([pairs[0].1], over: link)
        #expect(bench.counted(.equivocation) == 64, "the first was forgotten for the last")
    }

    @Test("an older record under another number, or with the same body again, is no reason to look at its signature")
    func olderOthers() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: try TestMember(2))
        try bench.introduce(member, over: link)
        let (first, second) = try pair(member, at: bench.wall - .seconds(20))
        let other = try member.record(at: bench.wall - .seconds(30), endpoint: .v4(0x7F00_0001, port: 997))
        try bench.push([first], over: link)
        try bench.push([other.forged()], over: link)
        #expect(bench.engine.linkTable[link]?.violations == 0, "another number")
        try bench.push([first], over: link)
        try bench.push([first.forged()], over: link)
        #expect(bench.engine.linkTable[link]?.violations == 0, "the same body")
        try bench.push([first], over: link)
        try bench.push([second], over: link)
        #expect(bench.counted(.equivocation) == 1)
    }

    @Test("so many proofs are remembered and no more, the oldest first to go")
    func bounded() throws {
        var equivocators = Equivocators(capacity: 3)
        let member = try TestMember(1)
        let (first, second) = try pair(member, at: .worldStart)
        let context = NodeRecord.Context(policy: .local, now: .worldStart)
        let records = try [first, second].map { try Unverified<NodeRecord>(decoding: $0).verify(in: context) }
        let proof = try require(Equivocation(records[0], records[1]))
        for short in 1...5 as ClosedRange<UInt64> { equivocators.convict(short, proof, until: .distantFuture) }
        equivocators.convict(3, proof, until: .distantFuture)
        equivocators.convict(6, proof, until: .distantFuture)
        #expect(equivocators.count == 3)
        #expect((1...6).map { equivocators.isIgnored($0, at: .origin) } == [false, false, true, false, true, true])
    }

    @Test("a forged second body is no proof")
    func forgedProof() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: try TestMember(2))
        let (first, second) = try pair(member, at: bench.wall)
        try bench.push([first], [member.heartbeat(at: bench.wall)], over: link)
        try bench.push([second.forged()], over: link)
        #expect(bench.counted(.equivocation) == 0)
        #expect(bench.engine.isPresent(member.key))
    }

    @Test("the same body again, whatever its signature, is no proof")
    func sameBody() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: try TestMember(2))
        let record = try member.record(at: bench.wall)
        try bench.push([record], [member.heartbeat(at: bench.wall)], over: link)
        try bench.push([record, record.forged()], over: link)
        #expect(bench.counted(.equivocation) == 0)
        #expect(bench.engine.isPresent(member.key))
    }

    @Test("the proof reaches those who saw only one of the two")
    func proofSpreads() throws {
        let mesh = Mesh(seed: 21)
        try mesh.add()
        for _ in 1..<8 { try mesh.add(through: [0]) }
        mesh.run(.seconds(5))
        let member = try TestMember(100)
        let (first, second) = try pair(member, at: mesh.wall(0))
        let link = Membership.LinkID(number: 1_000_001)
        for (index, record) in [(1, first), (6, second)] {
            mesh.deliver(.linkUp(link, peer: member.key, isLeaf: false, outbound: false), to: index)
            let push = try Push(records: [record], heartbeats: [member.heartbeat(at: mesh.wall(index))])
            mesh.deliver(.pushReceived(link, push), to: index)
        }
        mesh.run(.seconds(1))
        for index in mesh.members {
            #expect(mesh.nodes[index].counters[.equivocation] == 1)
            #expect(!mesh.nodes[index].engine.isPresent(member.key))
        }
        // Whoever comes later learns it as well.
        let joiner = try mesh.add(through: [3])
        mesh.run(.seconds(3))
        #expect(mesh.nodes[joiner].counters[.equivocation] == 1)
    }
}
