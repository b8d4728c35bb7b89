// What a hostile neighbour may push as a heartbeat, and what comes of it: nothing.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct HeartbeatDefenceTests {
    struct Scene {
        var bench: Bench
        let link: Membership.LinkID
        let listener: Membership.LinkID
        let member: TestMember

        init() throws {
            bench = try Bench()
            member = try TestMember(1)
            link = bench.link(to: member)
            listener = bench.link(to: try TestMember(2))
            try bench.introduce(member, over: link)
            bench.wait(.seconds(10))
        }

        mutating func refuses(_ heartbeat: Signed, _ counter: MembershipCounter) throws {
            let before = bench.engine.knownMembers()
            try bench.push([], [heartbeat], over: link)
            #expect(bench.counted(counter) == 1)
            #expect(bench.engine.knownMembers() == before)
            bench.wait(.milliseconds(100))
            #expect(!bench.all.pushes.flatMap(\.push.heartbeats).contains(heartbeat), "it is not passed on")
        }
    }

    @Test("a forged heartbeat is refused")
    func forged() throws {
        var scene = try Scene()
        try scene.refuses(scene.member.heartbeat(at: scene.bench.wall).forged(), .heartbeatInvalid)
    }

    @Test("a heartbeat that another member signed is refused")
    func otherSigner() throws {
        var scene = try Scene()
        let other = try TestMember(5)
        let body = try HeartbeatBody(
            node: scene.member.short, time: scene.bench.wall.milliseconds, period: 5_000)
        let signed = try other.identity.value.sign(
            body.encoded(), domain: Heartbeat.domain, network: NetworkPolicy.local.id)
        try scene.refuses(signed, .heartbeatInvalid)
    }

    @Test("a heartbeat signed for another network is refused")
    func otherNetwork() throws {
        var scene = try Scene()
        try scene.refuses(
            scene.member.heartbeat(at: scene.bench.wall, policy: .otherLocal), .heartbeatInvalid)
    }

    @Test("a replayed heartbeat does not prolong presence")
    func replay() throws {
        var scene = try Scene()
        let first = try scene.member.heartbeat(at: scene.bench.wall)
        try scene.bench.push([], [first], over: scene.link)
        scene.bench.wait(.seconds(14))
        try scene.bench.push([], [first], over: scene.link)
        try scene.refuses(scene.member.heartbeat(at: scene.bench.wall - .seconds(20)), .heartbeatStale)
        scene.bench.wait(.seconds(1))
        #expect(!scene.bench.engine.isPresent(scene.member.key))
    }

    @Test("a heartbeat further ahead than two periods and two minutes is refused")
    func future() throws {
        var scene = try Scene()
        try scene.refuses(
            scene.member.heartbeat(at: scene.bench.wall + .seconds(131)), .heartbeatUntimely)
        try scene.bench.push([], [scene.member.heartbeat(at: scene.bench.wall + .seconds(129))], over: scene.link)
        #expect(scene.bench.counted(.heartbeatAccepted) == 2)
    }

    @Test("a heartbeat further behind than two periods and two minutes is refused")
    func past() throws {
        var scene = try Scene()
        let absent = try TestMember(3)
        try scene.bench.push([absent.record(at: scene.bench.wall)], over: scene.link)
        try scene.refuses(absent.heartbeat(at: scene.bench.wall - .seconds(131)), .heartbeatUntimely)
        #expect(!scene.bench.engine.isPresent(absent.key))
    }

    @Test("the highest time there is does no harm")
    func extremes() throws {
        var scene = try Scene()
        try scene.refuses(scene.member.heartbeat(at: WallTime(milliseconds: .max)), .heartbeatUntimely)
    }

    @Test("a period shorter or longer than any mesh's is refused")
    func period() throws {
        for period in [Span.milliseconds(4_999), .minutes(31), .milliseconds(Int64(UInt32.max))] {
            var scene = try Scene()
            let silent = try TestMember(3)
            try scene.bench.push([silent.record(at: scene.bench.wall)], over: scene.link)
            try scene.refuses(silent.heartbeat(at: scene.bench.wall, period: period), .heartbeatPeriodForbidden)
        }
    }

    @Test("heartbeats closer together than half a period are refused")
    func tooSoon() throws {
        var scene = try Scene()
        try scene.bench.push([], [scene.member.heartbeat(at: scene.bench.wall)], over: scene.link)
        try scene.refuses(
            scene.member.heartbeat(at: scene.bench.wall + .milliseconds(2_499)), .heartbeatTooSoon)
        try scene.bench.push(
            [], [scene.member.heartbeat(at: scene.bench.wall + .milliseconds(2_500))], over: scene.link)
        #expect(scene.bench.counted(.heartbeatAccepted) == 3)
    }

    @Test("who dates its heartbeats a millisecond apart, since its clock was set back, is heard as often as anybody")
    func setBack() throws {
        var scene = try Scene()
        let ahead = scene.bench.wall + .seconds(60)
        try scene.bench.push([], [scene.member.heartbeat(at: ahead)], over: scene.link)
        scene.bench.wait(.milliseconds(2_499))
        try scene.refuses(scene.member.heartbeat(at: ahead + .milliseconds(1)), .heartbeatTooSoon)
        for count in 2...10 as ClosedRange<Int64> {
            scene.bench.wait(.milliseconds(2_500))
            try scene.bench.push([], [scene.member.heartbeat(at: ahead + .milliseconds(count))], over: scene.link)
            #expect(scene.bench.engine.isPresent(scene.member.key))
        }
        #expect(scene.bench.counted(.heartbeatTooSoon) == 1 && scene.bench.counted(.heartbeatAccepted) == 11)
    }

    @Test("the first heartbeat since a newer record is not too soon, and only the first")
    func startedAnew() throws {
        var scene = try Scene()
        let begun = scene.bench.wall
        func heartbeat(after seconds: Int64) throws -> Signed {
            try scene.member.heartbeat(at: begun + .seconds(seconds))
        }
        try scene.bench.push([], [heartbeat(after: 0)], over: scene.link)
        try scene.bench.push([scene.member.record(at: begun + .seconds(2))], [], over: scene.link)
        try scene.refuses(heartbeat(after: 1), .heartbeatTooSoon)
        try scene.bench.push([], [heartbeat(after: 2)], over: scene.link)
        #expect(scene.bench.counted(.heartbeatAccepted) == 3)
        try scene.bench.push([], [heartbeat(after: 3)], over: scene.link)
        #expect(scene.bench.counted(.heartbeatAccepted) == 3 && scene.bench.counted(.heartbeatTooSoon) == 2)
    }

    @Test("who finds out that there are many and takes a longer period is not too soon with the next heartbeat")
    func growing() throws {
        var scene = try Scene()
        let begun = scene.bench.wall
        try scene.bench.push([], [scene.member.heartbeat(at: begun)], over: scene.link)
        let grown = try scene.member.heartbeat(at: begun + .seconds(3), period: .seconds(40))
        try scene.bench.push([], [grown], over: scene.link)
        #expect(scene.bench.counted(.heartbeatAccepted) == 3 && scene.bench.counted(.heartbeatTooSoon) == 0)
        let again = try scene.member.heartbeat(at: begun + .seconds(6), period: .seconds(40))
        try scene.refuses(again, .heartbeatTooSoon)
    }

    @Test("a heartbeat of somebody without a record is refused")
    func unknown() throws {
        var scene = try Scene()
        try scene.refuses(TestMember(3).heartbeat(at: scene.bench.wall), .heartbeatOfUnknown)
    }

    @Test("a heartbeat of a later version that has to be understood is refused, and nobody is blamed for it")
    func laterVersion() throws {
        var scene = try Scene()
        let body = try scene.member.heartbeat(at: scene.bench.wall).body + [0xC0, 0x3E, 1]
        let signed = try scene.member.identity.value.sign(
            body, domain: Heartbeat.domain, network: NetworkPolicy.local.id)
        try scene.refuses(signed, .heartbeatOfLaterVersion)
        #expect(scene.bench.engine.linkTable[scene.link]?.violations == 0)
    }

    @Test("bytes that are no heartbeat are refused")
    func garbage() throws {
        var scene = try Scene()
        try scene.refuses(
            Signed(body: [0xFF, 0x01, 0x02], signature: [UInt8](repeating: 7, count: 64)), .heartbeatMalformed)
    }
}
