// What a node that is a leaf leaves to members: it publishes, passes on, answers and dials nothing, and is not even
// woken for it.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct LeafTests {
    /// A leaf with a link to its home.
    private func attached() throws -> (bench: Bench, home: TestMember, link: Membership.LinkID) {
        var bench = try Bench(isMember: false)
        let home = try TestMember(1)
        let link = bench.link(to: home, outbound: true)
        return (bench, home, link)
    }

    @Test("a leaf is not woken to look after links, to publish or to pass anything on")
    func notWoken() throws {
        var (bench, home, link) = try attached()
        let pull = bench.now + .seconds(2)
        #expect(bench.engine.nextDeadline() == pull)
        bench.say(.descriptionChanged)
        #expect(bench.engine.nextDeadline() == pull)
        let other = try TestMember(2)
        try bench.push([other.record(at: bench.wall)], over: link)
        #expect(bench.engine.nextDeadline() == pull)
        try bench.push([other.record(at: bench.wall, endpoint: .v4(0x7F00_0001, port: 999))], over: link)
        #expect(bench.counted(.equivocation) == 1)
        #expect(bench.engine.nextDeadline() == pull)
        try bench.introduce(home, over: link)
        #expect(bench.engine.isPresent(home.key))
        #expect(
            bench.engine.nextDeadline() == bench.now + .milliseconds(100), "to look at the time, and nothing before")
        #expect(bench.counted(.newsHeldBack) == 0)
    }

    @Test("a leaf takes nothing that it is said to have signed for itself")
    func signedForNothing() throws {
        var (bench, _, _) = try attached()
        bench.say(.recordSigned(try bench.own.record(at: bench.wall)))
        bench.say(.heartbeatSigned(try bench.own.heartbeat(at: bench.wall)))
        #expect(bench.counted(.ownRecordRefused) == 1 && bench.counted(.ownHeartbeatRefused) == 1)
        #expect(bench.engine.allKnownCount == 0)
    }

    @Test("a node without a key does not become a member")
    func keyless() throws {
        let now = Moment(microseconds: 1_000)
        var random = SeededStream.make(1)
        var engine = Membership(
            policy: .local, own: nil, isMember: true, restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: .worldStart), at: now)
        _ = engine.handle(.becameMember, at: now, using: &random)
        #expect(engine.handle(.timerFired, at: now + .seconds(9), using: &random).isEmpty)
        #expect(engine.nextDeadline() == now + .seconds(11), "the next round of exchange, which asks nobody")
    }

    @Test("being told twice of being a member changes nothing about the links of a member")
    func twiceMember() throws {
        var bench = try Bench()
        let (from, to) = (bench.link(to: try TestMember(1)), bench.link(to: try TestMember(2)))
        bench.wait(.seconds(1))
        bench.say(.becameMember)
        try bench.introduce(try TestMember(3), over: from)
        let pushes = bench.wait(.milliseconds(50)).pushes
        #expect(pushes.contains { $0.link == to && $0.push.records.count == 1 })
    }

    @Test("a leaf answers no pull, and once it is a member it does, but not on the links it had as a leaf")
    func pulls() throws {
        var (bench, home, link) = try attached()
        try bench.introduce(home, over: link)
        let pull = try Pull(have: [], from: 0, to: .max)
        #expect(bench.say(.pullReceived(link, pull)).pushes.isEmpty)
        bench.say(.becameMember)
        bench.wait(.seconds(1))
        #expect(bench.say(.pullReceived(link, pull)).pushes.isEmpty)
        let other = bench.link(to: try TestMember(2))
        #expect(bench.say(.pullReceived(other, pull)).pushes.map(\.link) == [other])
    }

    @Test("a home that ends a leaf's link is no failed neighbour, neither before nor after the leaf is a member")
    func homeLeaves() throws {
        for becomesFirst in [false, true] {
            var (bench, home, link) = try attached()
            try bench.introduce(home, over: link)
            bench.wait(.seconds(3))
            if becomesFirst { bench.say(.becameMember) }
            bench.say(.linkDown(link))
            #expect(!bench.engine.choice.isWaiting(home.key, at: bench.now))
            if !becomesFirst { bench.say(.becameMember) }
            bench.wait(.milliseconds(10))
            #expect(bench.all.dialed == [home.key])
        }
    }
}
