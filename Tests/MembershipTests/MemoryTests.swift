// What outlives a restart.

import Essentials
import Identity
import Membership
import Testing
import Wire

@Suite struct MemoryTests {
    private let start = WallTime.worldStart + .seconds(1_000)

    @Test("restored members are known and dialled, not present, and become present by a heartbeat")
    func restored() throws {
        let members = try (1...4).map { try TestMember($0) }
        var bench = try Bench(restored: members.map { try $0.record(at: start - .hours(1)) })
        #expect(bench.engine.allKnownCount == 5)
        #expect(bench.engine.presentCount == 1)
        #expect(Set(bench.wait(.seconds(3)).dialed + bench.all.dialed) == Set(members.map(\.key)))
        let link = bench.link(to: members[0], outbound: true)
        try bench.push([], [members[1].heartbeat(at: bench.wall)], over: link)
        #expect(bench.engine.isPresent(members[1].key))
    }

    @Test("a restored record is verified again, its puzzle before it counts")
    func verified() throws {
        let member = try TestMember(1)
        let unsolved = try (0..<UInt8.max).lazy.map {
            try PuzzleSolution(month: member.puzzle.month, nonce: [UInt8](repeating: $0, count: 16))
        }.first { Puzzle.check($0, nodeKey: member.key, policy: .local) == nil }
        let bad = try member.record(at: start, puzzle: require(unsolved))
        var bench = try Bench(
            restored: [
                bad, TestMember(2).record(at: start).forged(), TestMember(3).record(at: start, policy: .otherLocal),
            ])
        #expect(bench.engine.allKnownCount == 2)
        let link = bench.link(to: try TestMember(4))
        let effects = try bench.push([], [member.heartbeat(at: bench.wall)], over: link)
        #expect(effects.forgotten == [member.key])
        #expect(bench.engine.allKnownCount == 1)
    }

    @Test("an expired record is somebody to dial, and is neither present nor shown to others")
    func expired() throws {
        let (old, fresh) = (try TestMember(1), try TestMember(2))
        var bench = try Bench(restored: [old.record(at: start - .days(3)), fresh.record(at: start)])
        #expect(bench.engine.allKnownCount == 3)
        let link = bench.link(to: try TestMember(3))
        #expect(bench.last.compares.map { $0.compare.parts.map(\.count) } == [[2]], "the own one and the fresh one")
        let empty = try Compare(
            salt: [UInt8](repeating: 0, count: 16), parts: [Part(from: 0, to: .max, count: 9, sum: 0)])
        let shown = bench.say(.compareReceived(link, empty)).pulls.flatMap(\.pull.have)
        #expect(shown.contains { $0.node == fresh.short } && !shown.contains { $0.node == old.short })
        let answer = bench.say(.pullReceived(link, try Pull(have: [], from: 0, to: .max))).pushes
        #expect(answer.flatMap(\.push.records).count == 2)
        try bench.push([], [old.heartbeat(at: bench.wall)], over: link)
        #expect(!bench.engine.isPresent(old.key))
        #expect(bench.wait(.minutes(30)).dialed.contains(old.key))
    }

    @Test("a node that knows nobody but expired ones calls them at once")
    func allExpired() throws {
        let members = try (1...12).map { try TestMember($0) }
        let bench = try Bench(restored: members.map { try $0.record(at: start - .days(10)) })
        #expect(bench.all.dialed.count == 8)
    }

    private func oldRecord(of member: TestMember, days: Int64) throws -> Signed {
        let then = start - Span.days(days)
        return try member.record(at: then, puzzle: member.puzzle(at: then))
    }

    @Test("who was silent for thirty days after the record expired is forgotten")
    func forgotten() throws {
        let member = try TestMember(1)
        var bench = try Bench(
            isMember: false, restored: [oldRecord(of: member, days: 30), oldRecord(of: TestMember(2), days: 32)])
        #expect(bench.engine.allKnownCount == 1)
        #expect(bench.wait(.hours(23)).forgotten.isEmpty)
        #expect(bench.wait(.hours(2)).forgotten == [member.key])
        #expect(bench.engine.allKnownCount == 0)
    }

    @Test("of two restored records of one node the newer counts, in whichever order they come")
    func twoOfOne() throws {
        let member = try TestMember(1)
        let older = try member.record(at: start - .hours(2), endpoint: .v4(0x7F00_0001, port: 9))
        let newer = try member.record(at: start - .hours(1))
        for restored in [[older, newer], [newer, older]] {
            let bench = try Bench(restored: restored)
            #expect(bench.engine.signedRecord(member.key) == newer)
        }
    }

    @Test("no more are restored of one subnet than it may have")
    func subnetFull() throws {
        let crowd = try (1...70).map {
            try TestMember($0, policy: .lan, endpoint: .v4(0x0A00_0099, port: 7_000 + UInt16($0)))
        }
        let bench = try Bench(policy: .lan, restored: crowd.map { try $0.record(at: start) })
        #expect(bench.engine.allKnownCount == 1 + 64)
    }

    @Test("what is stored is what is needed to start again")
    func roundTrip() throws {
        let mesh = Mesh(seed: 61)
        try mesh.add()
        for _ in 1..<12 { try mesh.add(through: [0]) }
        mesh.run(.seconds(20))
        let node = mesh.nodes[3]
        #expect(node.stored.count == 12)
        mesh.stop(3)
        mesh.run(.minutes(2))
        try mesh.add(
            restored: node.stored.values.sorted { $0.body.lexicographicallyPrecedes($1.body) }, as: node.member)
        mesh.run(.seconds(10)) { mesh.isAgreed }
        #expect(mesh.isAgreed, "without any entry point")
    }
}
