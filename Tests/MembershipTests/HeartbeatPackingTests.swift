// How heartbeats of those who are present anyway wait for each other, so that they fill packets.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct HeartbeatPackingTests {
    /// A member of the open mesh with so many others, all present, of which one brings news and one is told.
    private struct Crowd {
        var bench: Bench
        let members: [TestMember]
        let (from, to): (Membership.LinkID, Membership.LinkID)

        init(_ count: Int) throws {
            members = try (1...count).map {
                try TestMember($0, policy: .open, endpoint: .v4(0x2000_0001 + UInt32($0) << 16, port: 7_000))
            }
            bench = try Bench(policy: .open)
            from = bench.link(to: members[0])
            to = bench.link(to: members[1])
            for member in members { try bench.introduce(member, over: from) }
            bench.say(.graftReceived(to))
            bench.wait(.seconds(11))
        }

        /// The next heartbeat of so many comes.
        mutating func beat(_ range: Range<Int>) throws {
            let beats = try members[range].map { try $0.heartbeat(at: bench.wall, period: .seconds(20)) }
            try bench.push([], beats, over: from)
        }

        /// What the other is told within a span: how many heartbeats in each push.
        mutating func told(within span: Span) -> [Int] {
            bench.wait(span).pushes.filter { $0.link == to }.map(\.push.heartbeats.count).filter { $0 > 0 }
        }
    }

    @Test("where four come within two seconds they wait for a fifth and leave in one push")
    func five() throws {
        var crowd = try Crowd(50)
        try crowd.beat(10..<14)
        #expect(crowd.told(within: .milliseconds(1_900)).isEmpty)
        try crowd.beat(14..<15)
        #expect(crowd.told(within: .milliseconds(60)) == [5])
    }

    @Test("none of them waits for longer than two seconds, and fewer than four leave in a push each")
    func alone() throws {
        var crowd = try Crowd(50)
        try crowd.beat(10..<13)
        #expect(crowd.told(within: .milliseconds(1_900)).isEmpty)
        #expect(crowd.told(within: .milliseconds(110)) == [1, 1, 1])
    }

    @Test("in a smaller mesh none of them waits")
    func small() throws {
        var crowd = try Crowd(30)
        try crowd.beat(10..<12)
        #expect(crowd.told(within: .milliseconds(60)) == [1, 1])
    }

    @Test("the first heartbeat of somebody who was absent does not wait, nor do those that waited already")
    func first() throws {
        var crowd = try Crowd(50)
        let absent = try TestMember(200, policy: .open, endpoint: .v4(0x3000_0001, port: 7_000))
        try crowd.bench.push([absent.record(at: crowd.bench.wall)], over: crowd.from)
        crowd.bench.wait(.seconds(3))
        try crowd.beat(10..<12)
        #expect(crowd.told(within: .milliseconds(500)).isEmpty)
        try crowd.bench.push([], [absent.heartbeat(at: crowd.bench.wall)], over: crowd.from)
        #expect(crowd.told(within: .milliseconds(60)).reduce(0, +) == 3)
    }

    @Test("they wait for a tenth of a period, and for two seconds at most")
    func delays() {
        let seconds: [(Span, Span)] = [
            (.seconds(5), .milliseconds(500)), (.seconds(20), .seconds(2)), (.minutes(30), .seconds(2)),
        ]
        for (period, delay) in seconds { #expect(MembershipLimits.heartbeatDelay(for: period) == delay) }
    }

    @Test("heartbeats in every number leave once and in their order, in pushes of one, of four or five, or all in one")
    func every() throws {
        let beats = try (1...40).map { try TestMember($0).heartbeat(at: .worldStart) }
        for count in 0...40 {
            let pushes = Membership.pushes(records: [], heartbeats: Array(beats.prefix(count)))
            #expect(pushes.flatMap(\.heartbeats) == Array(beats.prefix(count)))
            let sizes = pushes.map(\.heartbeats.count)
            #expect(count > 10 ? sizes == [count] : sizes.allSatisfy { [1, 4, 5].contains($0) })
        }
        let eight = Membership.pushes(records: [], heartbeats: Array(beats.prefix(8)))
        #expect(eight.map(\.heartbeats.count) == [5, 1, 1, 1])
    }
}
