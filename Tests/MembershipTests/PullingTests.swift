// What is asked of a neighbour, and when.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct PullingTests {
    @Test("a leaf that knows nobody waits with its link until somebody is told of")
    func empty() throws {
        var bench = try Bench(isMember: false)
        bench.link(to: try TestMember(1), outbound: true)
        #expect(bench.wait(.seconds(20)).pulls.isEmpty && bench.engine.allKnownCount == 0)
    }

    @Test("of many who lack a heartbeat few ask at once: the chance grows until it is certain")
    func chance() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(200))
        bench.wait(.seconds(1))
        let begun = bench.now
        for index in 1...100 { try bench.introduce(try TestMember(index), over: link) }
        let period = NetworkPolicy.local.heartbeatBase
        let (overdue, patience) = (MembershipLimits.overdue(after: period), MembershipLimits.patience(for: period))
        var asked: [Have] = []
        while asked.isEmpty, bench.now - begun < .seconds(20) {
            asked = bench.wait(.milliseconds(20)).pulls.filter(\.pull.isNamed).flatMap(\.pull.have)
        }
        let expected = 100 * (bench.now - begun - overdue).microseconds / patience.microseconds
        #expect(expected < 80 && asked.count <= Int(expected) + 15, "\(asked.count) asked, \(expected) expected")
        #expect(bench.now - begun >= overdue)
        let later = bench.wait(patience + .seconds(2)).pulls.filter(\.pull.isNamed).flatMap(\.pull.have)
        #expect(Set((asked + later).map(\.node)).count == 100)
    }

    /// A member with a neighbour and a leaf, and one more member that both sides know.
    private struct Scene {
        var bench: Bench
        let (link, leaf): (Membership.LinkID, Membership.LinkID)
        let known: TestMember

        init() throws {
            bench = try Bench()
            known = try TestMember(1)
            link = bench.link(to: try TestMember(2))
            leaf = bench.link(to: nil, isLeaf: true)
            try bench.introduce(known, over: link)
            bench.wait(.seconds(1))
        }

        /// Whom the node asks about when this is said to be held on the other side.
        mutating func asks(about node: UInt64, isNamed: Bool = false, from link: Membership.LinkID) throws -> [UInt64] {
            let have = Have(node: node, seq: UInt64.max / 2, heartbeat: UInt64.max / 2)
            let pull = try isNamed ? Pull(have: [have], isNamed: true) : Pull(have: [have], from: 0, to: .max)
            return bench.say(.pullReceived(link, pull)).pulls.flatMap(\.pull.have).map(\.node)
        }
    }

    @Test("what a neighbour has newer is asked for when it lists what it has, not when it names what it lacks")
    func newer() throws {
        var scene = try Scene()
        #expect(try scene.asks(about: scene.known.short, from: scene.link) == [scene.known.short])
        #expect(try scene.asks(about: 77, from: scene.link) == [77])
        #expect(try scene.asks(about: scene.known.short, isNamed: true, from: scene.link).isEmpty)
        #expect(try scene.asks(about: scene.known.short, from: scene.leaf).isEmpty, "a leaf has nothing to give")
    }

    @Test("nobody is asked about oneself, nor about who is ignored")
    func notAsked() throws {
        var scene = try Scene()
        #expect(try scene.asks(about: scene.bench.own.short, from: scene.link).isEmpty)
        let seq = scene.bench.wall.milliseconds + 1
        for port in [7_000, 7_001] as [UInt16] {
            let record = try scene.known.record(
                at: scene.bench.wall, seq: seq, endpoint: .v4(0x7F00_0001, port: port))
            try scene.bench.push([record], over: scene.link)
        }
        #expect(scene.bench.counted(.equivocation) == 1)
        #expect(try scene.asks(about: scene.known.short, from: scene.link).isEmpty)
    }

    /// How many heartbeats the answer has to who names this member and has nothing of it.
    private func heartbeats(of member: TestMember, from bench: inout Bench, over link: Membership.LinkID) throws -> Int
    {
        let pull = try Pull(have: [Have(node: member.short, seq: 0, heartbeat: 0)], isNamed: true)
        return bench.say(.pullReceived(link, pull)).pushes.flatMap(\.push.heartbeats).count
    }

    @Test("a heartbeat is told of for one and a half of its own periods, though it counts for longer")
    func old() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(200))
        let members = try (1...60).map { try TestMember($0) }
        for member in members { try bench.introduce(member, over: link) }
        bench.wait(.milliseconds(7_499))
        #expect(try heartbeats(of: members[0], from: &bench, over: link) == 1)
        bench.wait(.milliseconds(1))
        #expect(bench.engine.isPresent(members[0].key))
        #expect(try heartbeats(of: members[0], from: &bench, over: link) == 0)
    }

    @Test("of a period that no mesh of this size asks for, what counts is told of")
    func longPeriod() throws {
        var scene = try Scene()
        let claimant = try TestMember(50)
        try scene.bench.push(
            [claimant.record(at: scene.bench.wall)], [claimant.heartbeat(at: scene.bench.wall, period: .minutes(30))],
            over: scene.link)
        scene.bench.wait(.milliseconds(29_999))
        #expect(try heartbeats(of: claimant, from: &scene.bench, over: scene.link) == 1)
        scene.bench.wait(.milliseconds(1))
        #expect(scene.bench.engine.isPresent(claimant.key))
        #expect(try heartbeats(of: claimant, from: &scene.bench, over: scene.link) == 0)
    }

    @Test("of who is absent no heartbeat is handed on, though a clock that was set back makes it look recent")
    func absent() throws {
        var scene = try Scene()
        let begun = scene.bench.wall
        #expect(try heartbeats(of: scene.known, from: &scene.bench, over: scene.link) == 1)
        scene.bench.wait(.seconds(20))
        #expect(!scene.bench.engine.isPresent(scene.known.key))
        scene.bench.say(.wallClockRead(begun))
        #expect(try heartbeats(of: scene.known, from: &scene.bench, over: scene.link) == 0)
    }
}
