// Many names of one attacker against the table as a whole.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct StuffingTests {
    /// Members in /24s of one /16.
    private func crowd(_ indices: Range<Int>, in wide: UInt32) throws -> [TestMember] {
        try indices.map { try Street.member($0, at: wide + UInt32($0 / 4 % 256) << 8 + UInt32($0 % 4) + 1) }
    }

    @Test("one /16 fills 64 places of a small table, of which four in each /24")
    func oneProvider() throws {
        var street = try Street()
        for index in 1..<10 { try street.offer([Street.member(index, at: 0x5000_0000 + UInt32(index))]) }
        #expect(street.bench.engine.allKnownCount == 13 + 4)
        try street.offer(crowd(20..<120, in: 0x5000_0000))
        #expect(street.bench.engine.allKnownCount == 13 + 64)
        try street.offer([Street.member(300, at: 0x5001_0001)])
        #expect(street.bench.engine.allKnownCount == 13 + 65, "its neighbours are not to blame")
    }

    @Test("a stored table comes back whole, also where a provider has more than 64 of its places")
    func restored() throws {
        var records: [Signed] = []
        let now = WallTime.worldStart + .seconds(1_000)
        for member in try crowd(4..<72, in: 0x5000_0000) { records.append(try member.record(at: now)) }
        for index in 100..<3_450 {
            records.append(try Street.member(index, at: 0x6000_0001 + UInt32(index) << 12).record(at: now))
        }
        let bench = try Bench(policy: .open, restored: records)
        #expect(bench.engine.allKnownCount == 1 + records.count)
    }

    private let small = TableBounds(capacity: 32, unverified: 24, perSubnet: 4)

    @Test("lines that nobody answers for take three quarters of the table, and none of who was reached")
    func reserved() throws {
        var street = try Street(bounds: small)
        // All twelve neighbours are called by and by, and then fall silent until their records have expired.
        for _ in 0..<400 where street.bench.engine.table.unverifiedCount > 0 {
            street.settle(.seconds(5))
            try street.bench.push(
                [], street.neighbours.map { try $0.heartbeat(at: street.bench.wall) }, over: street.source)
        }
        #expect(street.bench.engine.table.unverifiedCount == 0 && street.bench.engine.allKnownCount == 12)
        street.alive = [:]
        for link in street.bench.engine.links where link.id != street.source { street.bench.say(.linkDown(link.id)) }
        street.settle(.hours(25))
        for index in 1..<100 {
            try street.offer([Street.member(index, at: 0x5000_0001 + UInt32(index) << 16)])
            street.settle()
        }
        #expect(street.bench.counted(.tableFull) > 10)
        #expect(street.neighbours.allSatisfy(street.knows))
        #expect(street.bench.engine.allKnownCount <= 32)
        #expect(street.bench.engine.table.unverifiedCount <= 20)
    }

    @Test("whoever this node has called itself gets a place that others cannot have")
    func called() throws {
        var street = try Street(bounds: TableBounds(capacity: 64, unverified: 24, perSubnet: 4))
        street.isAnswering = false
        for index in 1..<40 { try street.offer([Street.member(index, at: 0x5000_0001 + UInt32(index) << 16)]) }
        let taken = street.bench.engine.table.unverifiedCount
        #expect(taken <= 24 && street.bench.counted(.tableFull) > 0)
        let friend = try Street.member(50, at: 0x7000_0001)
        try street.offer([friend])
        #expect(!street.knows(friend))
        street.bench.link(to: friend, outbound: true)
        try street.offer([friend])
        #expect(street.knows(friend) && street.bench.engine.table.unverifiedCount == taken)
    }

    @Test("a table full of lines that nobody answers for lets in who does, a few at a time")
    func recovers() throws {
        var street = try Street(bounds: TableBounds(capacity: 32, unverified: 24, perSubnet: 4, buckets: 4))
        let crowd = try (1..<40).map { try Street.member($0, at: 0x5000_0001 + UInt32($0) << 16) }
        try street.offer(crowd)
        let honest = try (50..<58).map { try Street.member($0, at: 0x7000_0001 + UInt32($0) << 16) }
        for member in honest { street.answer(member) }
        for _ in 0..<60 {
            try street.offer(honest)
            try street.offer(crowd)
            street.settle(.seconds(11))
        }
        #expect(honest.allSatisfy(street.knows))
    }
}
