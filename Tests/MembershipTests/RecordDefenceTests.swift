// What a hostile neighbour may push as a record, and what comes of it: nothing.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct RecordDefenceTests {
    /// A bench with one neighbour who pushes, one who listens, and one honest member in the table.
    struct Scene {
        var bench: Bench
        let link: Membership.LinkID
        let listener: Membership.LinkID
        let honest: TestMember

        init() throws {
            bench = try Bench()
            honest = try TestMember(1)
            link = bench.link(to: honest)
            listener = bench.link(to: try TestMember(2))
            try bench.introduce(honest, over: link)
            bench.wait(.seconds(3))
        }

        /// Pushes and expects that nothing changes and nothing is passed on.
        mutating func refuses(_ record: Signed, _ counter: MembershipCounter) throws {
            let before = bench.engine.knownMembers()
            let effects = try bench.push([record], over: link) + bench.wait(.milliseconds(100))
            #expect(bench.counted(counter) == 1)
            #expect(bench.engine.knownMembers() == before)
            #expect(!effects.contains { if case .store = $0 { true } else { false } })
            let heard = bench.all.pushes.flatMap(\.push.records)
            #expect(!heard.contains(record), "it is not passed on")
        }
    }

    @Test("a forged record of somebody else is refused")
    func forged() throws {
        var scene = try Scene()
        try scene.refuses(scene.honest.record(at: scene.bench.wall).forged(), .recordInvalid)
        #expect(scene.bench.engine.isPresent(scene.honest.key))
    }

    @Test("a forged record of a newcomer is refused")
    func forgedNewcomer() throws {
        var scene = try Scene()
        try scene.refuses(TestMember(3).record(at: scene.bench.wall).forged(), .recordInvalid)
    }

    @Test("a record of another network is refused, however old it is")
    func otherNetwork() throws {
        var scene = try Scene()
        try scene.refuses(
            TestMember(3).record(at: scene.bench.wall, policy: .otherLocal), .recordOfOtherNetwork)
        scene = try Scene()
        try scene.refuses(
            scene.honest.record(at: scene.bench.wall - .minutes(10), policy: .otherLocal), .recordOfOtherNetwork)
    }

    @Test("a record whose puzzle is not solved is refused")
    func unsolved() throws {
        var scene = try Scene()
        let member = try TestMember(3)
        let unsolved = try (0..<UInt8.max).lazy.map {
            try PuzzleSolution(month: member.puzzle.month, nonce: [UInt8](repeating: $0, count: 16))
        }.first { Puzzle.check($0, nodeKey: member.key, policy: .local) == nil }
        try scene.refuses(member.record(at: scene.bench.wall, puzzle: require(unsolved)), .puzzleFailed)
    }

    @Test("a renewed record whose puzzle is not solved is refused, and the old one stays")
    func unsolvedRenewal() throws {
        var scene = try Scene()
        let member = scene.honest
        let unsolved = try (0..<UInt8.max).lazy.map {
            try PuzzleSolution(month: member.puzzle.month, nonce: [UInt8](repeating: $0, count: 16))
        }.first { Puzzle.check($0, nodeKey: member.key, policy: .local) == nil }
        try scene.refuses(member.record(at: scene.bench.wall, puzzle: require(unsolved)), .puzzleFailed)
    }

    @Test("a puzzle that failed once is not computed again")
    func failedOnce() throws {
        var scene = try Scene()
        let member = try TestMember(3)
        // A solution that is right, and remembered as wrong: nobody looks at it again.
        scene.bench.engine.failedPuzzles.insert(Membership.name(of: member.puzzle, member.key))
        try scene.refuses(member.record(at: scene.bench.wall), .puzzleFailed)
    }

    @Test("an older record is refused")
    func replay() throws {
        var scene = try Scene()
        try scene.refuses(
            scene.honest.record(
                at: scene.bench.wall, seq: scene.bench.wall.milliseconds - 60_000, endpoint: .v4(0x7F00_0001, port: 9)),
            .recordStale)
    }

    @Test("a seq more than five minutes ahead is refused, even the highest there is")
    func future() throws {
        for seq in [WallTime.worldStart.milliseconds + 10_000_000, .max] {
            var scene = try Scene()
            try scene.refuses(scene.honest.record(at: scene.bench.wall, seq: seq), .recordUntimely)
        }
    }

    @Test("a record that has expired, or lives longer than a day, is refused")
    func lifetime() throws {
        var scene = try Scene()
        try scene.refuses(
            TestMember(3).record(at: scene.bench.wall - .hours(25)), .recordUntimely)
        scene = try Scene()
        try scene.refuses(
            TestMember(3).record(at: scene.bench.wall, lifetime: .hours(25)), .recordUntimely)
    }

    @Test("a record with an address that means nothing here is refused")
    func address() throws {
        var scene = try Scene()
        try scene.refuses(
            TestMember(3).record(at: scene.bench.wall, endpoint: .v4(0x0808_0808, port: 80)), .recordInvalid)
    }

    @Test("bytes that are no record are refused")
    func garbage() throws {
        var scene = try Scene()
        try scene.refuses(
            Signed(body: [0xFF, 0x01, 0x02], signature: [UInt8](repeating: 7, count: 64)), .recordMalformed)
    }

    @Test("a record of a later version that has to be understood is refused, and nobody is blamed for it")
    func laterVersion() throws {
        var scene = try Scene()
        let body = try scene.honest.record(at: scene.bench.wall).body + [0xC0, 0x3E, 1]
        try scene.refuses(
            scene.honest.identity.value.sign(body, domain: NodeRecord.domain, network: NetworkPolicy.local.id),
            .recordOfLaterVersion)
        #expect(scene.bench.engine.linkTable[scene.link]?.violations == 0)
    }

    @Test("one owner cannot make everybody carry a stream of new records")
    func renewals() throws {
        var scene = try Scene()
        for step in 0..<50 {
            try scene.bench.push(
                [scene.honest.record(at: scene.bench.wall, seq: scene.bench.wall.milliseconds + UInt64(step))],
                over: scene.link)
            scene.bench.wait(.milliseconds(100))
        }
        #expect(scene.bench.counted(.recordAccepted) == 1 + 4)
        #expect(scene.bench.counted(.recordTooSoon) == 46)
        scene.bench.wait(.seconds(60))
        try scene.bench.push([scene.honest.record(at: scene.bench.wall)], over: scene.link)
        #expect(scene.bench.counted(.recordAccepted) == 6)
    }

    @Test("forgeries do not use up what the owner may renew")
    func forgedRenewals() throws {
        var scene = try Scene()
        for step in 1..<6 {
            let forged = try scene.honest.record(
                at: scene.bench.wall, seq: scene.bench.wall.milliseconds + UInt64(step)
            ).forged()
            try scene.bench.push([forged], over: scene.link)
        }
        try scene.bench.push([scene.honest.record(at: scene.bench.wall)], over: scene.link)
        #expect(scene.bench.counted(.recordAccepted) == 2)
    }

    @Test("signatures that one link makes us look at are bounded")
    func intake() throws {
        var scene = try Scene()
        let late = try scene.honest.heartbeat(at: scene.bench.wall + .minutes(40))
        for _ in 0..<66 {
            try scene.bench.push([], [Signed](repeating: late, count: 128), over: scene.link)
        }
        #expect(scene.bench.counted(.heartbeatUntimely) == 8_192)
        #expect(scene.bench.counted(.intakeFull) == 66 * 128 - 8_192)
    }
}
