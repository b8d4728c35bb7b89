// What the table holds on to, what it gives away and what it says of itself.

import Essentials
@testable import Identity
import Testing
import Wire

@testable import Membership

@Suite struct TableKeepingTests {
    private let crowded = UInt32(0x0A00_0099)

    private func crowd(_ indices: ClosedRange<Int>, at host: UInt32, policy: NetworkPolicy = .lan) throws
        -> [TestMember]
    {
        try indices.map {
            try TestMember($0, policy: policy, endpoint: .v4(host, port: 7_000 + UInt16($0)))
        }
    }

    @Test("the table is said to have changed when somebody comes or goes, not at every heartbeat")
    func changes() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        try bench.introduce(member, over: link)
        #expect(bench.last.contains(.tableChanged))
        bench.wait(.seconds(5))
        #expect(try !bench.push([], [member.heartbeat(at: bench.wall)], over: link).contains(.tableChanged))
        #expect(bench.wait(.seconds(14)).contains(.tableChanged) == false)
        #expect(bench.wait(.seconds(2)).contains(.tableChanged))
    }

    @Test("a heartbeat of somebody whose record has expired is not taken, and the record is asked for")
    func expiredRecord() throws {
        let old = try TestMember(1)
        var bench = try Bench(restored: [old.record(at: .worldStart - .days(3))])
        let link = bench.link(to: try TestMember(2))
        bench.wait(.seconds(1))
        try bench.push([], [old.heartbeat(at: bench.wall)], over: link)
        #expect(bench.counted(.heartbeatOfUnknown) == 1)
        let effects = bench.wait(.milliseconds(50))
        #expect(effects.pulls.flatMap(\.pull.have).map(\.node) == [old.short] && effects.pushes.isEmpty)
    }

    @Test("the last heartbeat of somebody absent is shown to nobody, the record is")
    func absent() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        try bench.introduce(member, over: link)
        bench.wait(.seconds(20))
        let answer = bench.say(.pullReceived(link, try Pull(have: [], from: member.short, to: member.short))).pushes
        #expect(answer.flatMap(\.push.records).count == 1)
        #expect(answer.flatMap(\.push.heartbeats).isEmpty)
    }

    @Test("the puzzle of a member that renews its record is not computed again")
    func samePuzzle() throws {
        var bench = try Bench()
        let member = try TestMember(1)
        let link = bench.link(to: member)
        try bench.introduce(member, over: link)
        bench.wait(.seconds(1))
        // Were it looked at once more, it would be remembered as wrong.
        bench.engine.failedPuzzles.insert(Membership.name(of: member.puzzle, member.key))
        try bench.push([member.record(at: bench.wall)], over: link)
        #expect(bench.counted(.puzzleFailed) == 0 && bench.counted(.recordAccepted) == 2)
    }

    @Test("a member that is put into the table twice is in it once")
    func twice() throws {
        let member = try TestMember(1)
        let claim = try Unverified<NodeRecord>(decoding: member.record(at: .worldStart))
        let record = try claim.verify(in: NodeRecord.Context(policy: .local, now: .worldStart))
        var table = Table(TableBounds(capacity: 4, perSubnet: 1))
        for _ in 0..<2 { table.insert(TableEntry(record, placement: nil, policy: .local, at: .origin)) }
        #expect(table.shorts == [member.short])
        table.remove(member.short)
        #expect(table.shorts.isEmpty)
        #expect(
            table.room(for: [], isNewcomer: true, isVerified: false) { _, _ in .stays } == .room(displacing: []))
    }

    @Test("the own record makes room for nobody, also while the own heartbeat is missing")
    func ownStays() throws {
        let host = UInt32(0x0A00_0001)
        let own = try TestMember(0, policy: .lan, endpoint: .v4(host, port: 7_000))
        var random = SeededStream.make(1)
        var now = Moment(microseconds: 1_000_000)
        var wall: WallTime { .worldStart + (now - .origin) }
        var engine = Membership(
            policy: .lan, own: own.key, isMember: true, restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: .worldStart), at: now)
        _ = engine.handle(.timerFired, at: now, using: &random)
        _ = engine.handle(.recordSigned(try own.record(at: wall)), at: now, using: &random)
        now = now + .seconds(1)
        let link = Membership.LinkID(number: 1)
        let neighbour = try TestMember(400, policy: .lan).key
        _ = engine.handle(.linkUp(link, peer: neighbour, isLeaf: false, outbound: false), at: now, using: &random)
        func push(_ members: [TestMember]) throws {
            for part in Push.split(records: try members.map { try $0.record(at: wall) }, heartbeats: []) {
                for case .checkPuzzles(let claims) in engine.handle(.pushReceived(link, part), at: now, using: &random)
                {
                    let findings = claims.map { $0.check(policy: .lan) }
                    _ = engine.handle(.puzzlesChecked(findings), at: now, using: &random)
                }
            }
        }
        try push(crowd(1...63, at: host))
        #expect(engine.allKnownCount == 64 && engine.presentCount == 0)
        now = now + .minutes(61)
        let newcomer = try require(crowd(70...70, at: host).first)
        try push([newcomer])
        #expect(engine.member(newcomer.key) != nil)
        #expect(engine.member(own.key) != nil)
    }

    @Test("a large table is compared when a link comes up by one sum")
    func largeTable() throws {
        let restored = try (1...1_700).map {
            try TestMember($0, policy: .lan, endpoint: .v4(0x0A01_0000 + UInt32($0), port: 7_000))
                .record(at: .worldStart + .seconds(1_000))
        }
        var bench = try Bench(policy: .lan, restored: restored)
        bench.link(to: try TestMember(0, policy: .lan, seed: 2))
        #expect(bench.engine.allKnownCount == 1_701)
        #expect(bench.last.compares.map { $0.compare.parts.map(\.count) } == [[1_701]])
        #expect(bench.last.compares.allSatisfy { $0.compare.encoded().count <= 64 })
    }
}
