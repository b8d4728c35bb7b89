// What is counted against a link, and what ends with it.

import Essentials
import Identity
import OrderedCollections
import Testing
import Wire

@testable import Membership

@Suite struct LinkLifeTests {
    @Test("a link that is announced twice is one link, and what it did wrong stays counted")
    func announcedTwice() throws {
        var bench = try Bench()
        let hostile = try TestMember(1)
        let link = bench.link(to: hostile)
        let forged = try TestMember(2).record(at: bench.wall).forged()
        try bench.push([Signed](repeating: forged, count: 7), over: link)
        #expect(bench.say(.linkUp(link, peer: hostile.key, isLeaf: false, outbound: false)).isEmpty)
        #expect(try bench.push([forged], over: link).hungUp == [link: .violation])
    }

    @Test("nothing more of a push is looked at once its link is hung up, be it records or heartbeats")
    func nothingMore() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        let forged = try TestMember(2).record(at: bench.wall).forged()
        try bench.push([Signed](repeating: forged, count: 12), [TestMember(3).heartbeat(at: bench.wall)], over: link)
        #expect(bench.counted(.recordInvalid) == 8)
        #expect(bench.counted(.intakeFull) == 0 && bench.counted(.heartbeatOfUnknown) == 0)

        bench = try Bench()
        let other = bench.link(to: try TestMember(1))
        let garbage = try Signed(body: [0xFF, 0x01, 0x02], signature: [UInt8](repeating: 7, count: 64))
        try bench.push([], [Signed](repeating: garbage, count: 12), over: other)
        #expect(bench.counted(.heartbeatMalformed) == 8)
    }

    @Test("the end of one of two links to a member is no failure of that member")
    func oneOfTwo() throws {
        let peer = try TestMember(1)
        var bench = try Bench(restored: [peer.record(at: .worldStart + .seconds(1_000))])
        let (first, second) = (bench.link(to: peer), bench.link(to: peer, outbound: true))
        bench.say(.linkDown(first))
        #expect(!bench.engine.choice.isWaiting(peer.key, at: bench.now))
        bench.say(.linkDown(second))
        #expect(bench.engine.choice.isWaiting(peer.key, at: bench.now))
    }

    @Test("a dial that was given up already does not fail a second time")
    func lateFailure() throws {
        let member = try TestMember(1)
        var bench = try Bench(restored: [member.record(at: .worldStart + .seconds(1_000))])
        #expect(bench.wait(.seconds(2)).dialed + bench.all.dialed == [member.key])
        for _ in 0..<500 where bench.counted(.dialUnanswered) == 0 { bench.wait(.milliseconds(100)) }
        #expect(bench.counted(.dialFailed) == 1)
        bench.say(.dialFailed(member.key))
        bench.say(.dialFailed(try TestMember(2).key))
        #expect(bench.counted(.dialFailed) == 1)
    }

    @Test("signatures of records that one link makes us look at are bounded as well")
    func recordIntake() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1), outbound: true)
        let early = try TestMember(2).record(at: bench.wall, seq: bench.wall.milliseconds + 10_000_000)
        for _ in 0..<172 { try bench.push([Signed](repeating: early, count: 48), over: link) }
        #expect(bench.counted(.recordUntimely) == 8_192)
        #expect(bench.counted(.intakeFull) == 172 * 48 - 8_192)
    }

    @Test("what waits to be asked for over one link is bounded, and nobody is asked for twice at once")
    func wanted() throws {
        var outbox = Outbox(at: .origin)
        let link = Membership.LinkID(number: 1)
        for short in 1...100 as ClosedRange<UInt64> { outbox.want(short, from: link) }
        #expect(outbox.takeWanted()[link] == Array(1...8))
        var bench = try Bench()
        let from = bench.link(to: try TestMember(1))
        bench.wait(.seconds(1))
        let heartbeat = try TestMember(2).heartbeat(at: bench.wall)
        try bench.push([], [heartbeat, heartbeat], over: from)
        try bench.push([], [heartbeat], over: from)
        #expect(bench.wait(.milliseconds(50)).pulls.count == 1)
    }
}
