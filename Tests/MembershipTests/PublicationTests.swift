// What a member says about itself, and when.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct PublicationTests {
    @Test("a member publishes its record at once, then a heartbeat every period, with a tenth of jitter")
    func heartbeats() throws {
        var bench = try Bench()
        #expect(bench.all.recordsAsked.count == 1)
        #expect(bench.all.heartbeatsAsked.count == 1)
        var last = bench.wall
        var gaps: [Span] = []
        for heartbeat in bench.wait(.minutes(10)).heartbeatsAsked {
            #expect(heartbeat.period == .seconds(5))
            gaps.append(heartbeat.time - last)
            last = heartbeat.time
        }
        let first = gaps.removeFirst()
        #expect(first >= .milliseconds(3_749) && first <= .milliseconds(5_001), "who come at once do not stay in step")
        #expect(gaps.allSatisfy { $0 >= .milliseconds(4_499) && $0 <= .milliseconds(5_501) })
        #expect(Set(gaps).count > 20, "members do not fall into step")
        #expect(bench.engine.isPresent(bench.own.key))
    }

    @Test("the record is renewed at half of its life, with a higher seq")
    func renewal() throws {
        var bench = try Bench()
        let first = try require(bench.all.recordsAsked.first)
        #expect(first.expires == bench.wall + .hours(24))
        let start = bench.now
        var renewed: [UInt64] = []
        while renewed.isEmpty, bench.now - start < .hours(24) {
            renewed = bench.wait(.minutes(1)).recordsAsked.map(\.seq)
        }
        #expect(bench.now - start > .hours(10) && bench.now - start < .hours(14))
        #expect(renewed.allSatisfy { $0 > first.seq })
    }

    @Test("a change is published, and not sooner after another than others take it")
    func change() throws {
        var bench = try Bench()
        bench.wait(.minutes(1))
        bench.say(.descriptionChanged)
        #expect(bench.wait(.zero).recordsAsked.count == 1)
        bench.say(.descriptionChanged)
        bench.say(.descriptionChanged)
        #expect(bench.wait(.seconds(19)).recordsAsked.isEmpty)
        #expect(bench.wait(.seconds(1)).recordsAsked.count == 1)
    }

    @Test("no seq is used twice, even when the clock goes back")
    func monotone() throws {
        var bench = try Bench()
        let first = try require(bench.all.recordsAsked.first).seq
        bench.say(.wallClockRead(bench.wall - .minutes(3)))
        bench.wait(.minutes(1))
        bench.say(.descriptionChanged)
        let second = try require(bench.wait(.seconds(1)).recordsAsked.last).seq
        #expect(second > first)
    }

    @Test("a seq from a future that nobody else believes in is not held on to")
    func futureSeq() throws {
        let member = try TestMember(0)
        let restored = try member.record(at: .worldStart + .days(2))
        let bench = try Bench(restored: [restored])
        #expect(bench.all.recordsAsked.first?.seq == bench.wall.milliseconds)
    }

    @Test("a node goes on from the last seq it remembers")
    func lastSeq() throws {
        let member = try TestMember(0)
        let last = try member.record(at: .worldStart + .seconds(1_000) + .minutes(4))
        let bench = try Bench(restored: [last])
        #expect(bench.all.recordsAsked.first?.seq == (bench.wall + .minutes(4)).milliseconds + 1)
    }

    @Test("an own record from elsewhere with a higher seq is outdone")
    func elsewhere() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        bench.wait(.minutes(1))
        let other = try bench.own.record(
            at: bench.wall, seq: bench.wall.milliseconds + 1_000, endpoint: .v4(0x7F00_0001, port: 9))
        try bench.push([other], over: link)
        #expect(bench.counted(.ownKeyElsewhere) == 1)
        #expect(bench.engine.member(bench.own.key)?.endpoints == [bench.own.endpoint])
        let outdone = bench.wall.milliseconds + 1_001
        #expect(bench.wait(.seconds(1)).recordsAsked.map(\.seq) == [outdone])
    }

    @Test("a forged own record from elsewhere changes nothing")
    func forgedElsewhere() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        bench.wait(.minutes(1))
        let forged = try bench.own.record(at: bench.wall + .minutes(1)).forged()
        try bench.push([forged], over: link)
        #expect(bench.counted(.recordInvalid) == 1)
        #expect(bench.wait(.minutes(1)).recordsAsked.isEmpty)
    }

    @Test(
        "after a heartbeat with a much longer period than the last a member waits for three quarters of it to all of it"
    )
    func longerPeriod() throws {
        var pauses: [Span] = []
        for number in 0..<20 {
            var bench = try Bench()
            bench.random = RandomStream(seed: Bytes32(words: (0, 0, 0, UInt64(number))))
            let link = bench.link(to: try TestMember(1))
            for index in 1...60 { try bench.introduce(try TestMember(index), over: link) }
            let asked = bench.wait(.seconds(60)).heartbeatsAsked
            let period = try require(asked.first).period
            #expect(asked.count >= 2 && period > .seconds(40), "the period of a mesh of sixty")
            let pause = asked[1].time - asked[0].time
            #expect(pause >= period * 3 / 4 && pause <= period)
            pauses.append(pause)
        }
        let (least, most) = (try require(pauses.min()), try require(pauses.max()))
        #expect(most - least > .seconds(6), "they do not speak at once any more")
    }

    @Test("after a restart heartbeats go on from where the mesh heard the last one")
    func ownHeartbeat() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        let ahead = bench.wall + .seconds(60)
        try bench.push([], [bench.own.heartbeat(at: ahead)], over: link)
        let asked = bench.wait(.seconds(6)).heartbeatsAsked
        #expect(asked.map(\.time) == [ahead + .milliseconds(1)])
    }

    @Test("a leaf publishes nothing until its puzzle is solved; then it does, and dials")
    func becomesMember() throws {
        var bench = try Bench(isMember: false)
        let home = bench.link(to: try TestMember(1), outbound: true)
        for index in 1...5 { try bench.introduce(try TestMember(index), over: home) }
        bench.wait(.minutes(10))
        #expect(bench.all.recordsAsked.isEmpty && bench.all.heartbeatsAsked.isEmpty)
        #expect(bench.all.dialed.isEmpty && bench.all.pushes.isEmpty)
        for index in 1...5 { try bench.push([], [TestMember(index).heartbeat(at: bench.wall)], over: home) }
        bench.say(.becameMember)
        let effects = bench.wait(.seconds(3))
        #expect(bench.all.recordsAsked.count == 1)
        #expect(bench.engine.isPresent(bench.own.key))
        #expect(Set(effects.dialed).count == 5, "the home too: it takes the old link for a leaf's")
        #expect(effects.pushes.isEmpty, "nothing is pushed over a link on which this node is a leaf")
    }

    @Test("an answer that does not hold is not published, and is asked for again")
    func badAnswer() throws {
        var bench = try Bench(isMember: false)
        bench.engine = Membership(
            policy: .local, own: bench.own.key, isMember: true, restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: .worldStart), at: bench.now)
        var random = SeededStream.make(1)
        #expect(bench.engine.handle(.timerFired, at: bench.now, using: &random).recordsAsked.count == 1)
        let stranger = try TestMember(3)
        for signed in [try bench.own.record(at: bench.wall).forged(), try stranger.record(at: bench.wall)] {
            let effects = bench.engine.handle(.recordSigned(signed), at: bench.now, using: &random)
            #expect(effects == [.count(.ownRecordRefused)])
        }
        #expect(bench.engine.allKnownCount == 0)
        let later = bench.now + .seconds(60)
        #expect(bench.engine.handle(.timerFired, at: later, using: &random).recordsAsked.count == 1)
    }

    @Test("what the mesh sends back of a node's own words, or says of an earlier life, is not answered")
    func echoes() throws {
        var bench = try Bench()
        let link = bench.link(to: try TestMember(1))
        bench.wait(.minutes(1))
        let record = try require(bench.engine.signedRecord(bench.own.key))
        let spoken = try require(bench.all.heartbeatsAsked.last)
        try bench.push([record], [bench.own.heartbeat(at: spoken.time, period: spoken.period)], over: link)
        let earlier = try bench.own.record(at: bench.wall - .hours(1), endpoint: .v4(0x7F00_0001, port: 9))
        try bench.push([earlier], [bench.own.heartbeat(at: spoken.time - .seconds(30))], over: link)
        #expect(bench.counted(.ownKeyElsewhere) == 0)
        #expect(bench.wait(.seconds(30)).recordsAsked.isEmpty)
    }

    @Test("the same record signed a second time is not published a second time")
    func signedTwice() throws {
        var bench = try Bench()
        let record = try require(bench.engine.signedRecord(bench.own.key))
        #expect(bench.say(.recordSigned(record)) == [.count(.ownRecordRefused)])
    }

    @Test("what was said by a wrong clock is said anew when the clock is set, also with nothing else to go by")
    func clockSet() throws {
        var bench = try Bench(wallError: .hours(1))
        bench.wait(.seconds(10))
        bench.say(.wallClockRead(bench.wall))
        let effects = bench.wait(.seconds(2))
        #expect(effects.recordsAsked.count == 1 && effects.heartbeatsAsked.count == 1)
        #expect((bench.wall - WallTime(milliseconds: effects.recordsAsked[0].seq)).magnitude <= .seconds(2))
        bench.say(.wallClockRead(bench.wall + .seconds(59)))
        #expect(bench.wait(.seconds(2)).recordsAsked.isEmpty, "as long as others take what was said")
    }

    @Test("a node whose record was not signed yet says no heartbeat, though its clock jumps")
    func heartbeatNeedsRecord() throws {
        let own = try TestMember(0)
        let now = Moment(microseconds: 1_000_000)
        var random = SeededStream.make(1)
        var engine = Membership(
            policy: .local, own: own.key, isMember: true, restored: [], anchors: [],
            clock: MeshClock(wallAtOrigin: .worldStart), at: now)
        var effects = engine.handle(.timerFired, at: now, using: &random)
        effects += engine.handle(.wallClockRead(.worldStart + .hours(1)), at: now, using: &random)
        for second in 1...10 as ClosedRange<Int64> {
            effects += engine.handle(.timerFired, at: now + .seconds(second), using: &random)
        }
        #expect(effects.recordsAsked.count == 2 && effects.heartbeatsAsked.isEmpty)
    }

    @Test("heartbeats from a future that the clock has left are not held on to")
    func futureHeartbeats() throws {
        var bench = try Bench()
        bench.wait(.seconds(30))
        bench.say(.wallClockRead(bench.wall - .hours(1)))
        let asked = try require(bench.wait(.seconds(6)).heartbeatsAsked.last)
        #expect(asked.time <= bench.wall - .hours(1))
    }

    @Test("no number that was ever said, nor any time, is too high to go on from")
    func highest() {
        var publication = Publication(lastSeq: .max)
        publication.lastHeartbeat = .max
        let end = WallTime(milliseconds: .max)
        #expect(publication.nextSeq(at: end, tolerance: .minutes(5)) == .max)
        #expect(publication.nextHeartbeat(at: end, tolerance: .minutes(5)) == end)
    }
}
