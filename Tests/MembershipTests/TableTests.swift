// The bounds of the table.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct TableTests {
    private let now = Moment(microseconds: 1_000)

    private func entry(_ index: Int, host: UInt32, at moment: Moment? = nil) throws -> TableEntry {
        let member = try TestMember(index, policy: .lan, endpoint: .v4(host, port: 7_000))
        let claim = try Unverified<NodeRecord>(decoding: member.record(at: .worldStart))
        let record = try claim.verify(in: NodeRecord.Context(policy: .lan, now: .worldStart))
        return TableEntry(record, placement: nil, policy: .lan, at: moment ?? now)
    }

    private func room(
        _ table: Table, for entry: TableEntry, isNewcomer: Bool = true, isVerified: Bool = false,
        _ standing: (TableEntry) -> Table.Standing = { _ in .stays }
    ) -> Table.Room {
        table.room(for: entry.subnets, isNewcomer: isNewcomer, isVerified: isVerified) { entry, _ in standing(entry) }
    }

    @Test("a full subnet takes a newcomer only in the place of one that may go, the longest silent first")
    func subnet() throws {
        var table = Table(TableBounds(capacity: 10, perSubnet: 2))
        let old = try entry(1, host: 0x0A00_0001)
        let older = try entry(2, host: 0x0A00_0001, at: .origin)
        table.insert(old)
        table.insert(older)
        let newcomer = try entry(3, host: 0x0A00_0001)
        let contest = Table.Contest.subnet(newcomer.subnets[0])
        #expect(room(table, for: newcomer) == .full(contest))
        #expect(room(table, for: newcomer) { _ in .goes } == .room(displacing: [older.short]))
        #expect(room(table, for: newcomer) { _ in .silent } == .trial(of: older.short, for: contest))
        #expect(
            room(table, for: newcomer) { $0.short == old.short ? .goes : .unreached } == .room(displacing: [old.short]))
        #expect(
            room(table, for: newcomer) { $0.short == old.short ? .unreached : .unreachedPresent }
                == .trial(of: old.short, for: contest))
        #expect(room(table, for: try entry(4, host: 0x0A00_0002)) == .room(displacing: []))
        table.remove(old.short)
        #expect(room(table, for: newcomer) == .room(displacing: []))
    }

    @Test("a wide subnet has a bound of its own, which grows with the table")
    func wideSubnet() throws {
        var table = Table(
            TableBounds(capacity: 1_000, perSubnet: 2, perWideSubnet: 3, wideSubnetPercent: 2))
        for index in 1...3 as ClosedRange<UInt32> { table.insert(try entry(Int(index), host: 0x0A00_0000 + index)) }
        let newcomer = try entry(4, host: 0x0A00_0009)
        #expect(newcomer.subnets.count == 2)
        #expect(room(table, for: newcomer) == .full(.subnet(newcomer.subnets[1])))
        for index in 5...200 { table.insert(try entry(index, host: 0x0A00_0000 + UInt32(index) << 8)) }
        #expect(table.count == 199 && room(table, for: newcomer) == .full(.subnet(newcomer.subnets[1])))
        table.expectedCount = 200
        #expect(room(table, for: newcomer) == .room(displacing: []), "two in a hundred of 200")
        table.expectedCount = 0
        table.insert(try entry(201, host: 0x0A01_0101))
        #expect(room(table, for: newcomer) == .room(displacing: []))
        table.insert(newcomer)
        #expect(room(table, for: try entry(202, host: 0x0A00_0008)) == .full(.subnet(newcomer.subnets[1])))
    }

    @Test("a full table takes a newcomer only in somebody's place")
    func capacity() throws {
        var table = Table(TableBounds(capacity: 3, perSubnet: 2))
        let entries = try (1...3).map {
            try entry($0, host: 0x0A00_0000 + UInt32($0), at: .origin + .seconds(Int64($0)))
        }
        for entry in entries.reversed() { table.insert(entry) }
        let newcomer = try entry(4, host: 0x0A00_0004)
        #expect(room(table, for: newcomer) == .full(.bucket(0)))
        #expect(room(table, for: newcomer, isNewcomer: false) == .room(displacing: []))
        #expect(
            room(table, for: newcomer) { $0.short != entries[0].short ? .goes : .stays }
                == .room(displacing: [entries[1].short]))
    }

    @Test("who goes for a newcomer's subnet makes room in the whole as well")
    func oneForBoth() throws {
        var table = Table(TableBounds(capacity: 2, perSubnet: 1))
        let (first, second) = (try entry(1, host: 0x0A00_0001), try entry(2, host: 0x0A00_0002))
        for entry in [first, second] { table.insert(entry) }
        let newcomer = try entry(3, host: 0x0A00_0002)
        #expect(room(table, for: newcomer) { _ in .goes } == .room(displacing: [second.short]))
    }

    @Test("of the whole a part is kept for who was reached")
    func unverifiedShare() throws {
        var table = Table(TableBounds(capacity: 6, unverified: 4, perSubnet: 9))
        for index in 1...4 { table.insert(try entry(index, host: 0x0A00_0000 + UInt32(index))) }
        let newcomer = try entry(5, host: 0x0A00_0005)
        #expect(room(table, for: newcomer) == .full(.bucket(0)))
        #expect(room(table, for: newcomer, isVerified: true) == .room(displacing: []))
        #expect(table.unverifiedCount == 4)
        let reached = try entry(1, host: 0x0A00_0001)
        table.update(reached.short) { $0.answered(at: reached.record.addresses, policy: .lan) }
        #expect(table.unverifiedCount == 3)
        #expect(room(table, for: newcomer) == .room(displacing: []))
        table.remove(reached.short)
        #expect(table.unverifiedCount == 3)
        table.remove(try entry(2, host: 0x0A00_0002).short)
        #expect(table.unverifiedCount == 2)
    }

    @Test("in a full table a newcomer competes with those that share its bucket, which a secret decides")
    func buckets() throws {
        var table = Table(TableBounds(capacity: 64, perSubnet: 9, buckets: 4))
        for index in 0..<64 { table.insert(try entry(index, host: 0x0A00_0001 + UInt32(index) << 8)) }
        table.key(with: Blake2b.hash(Array("one".utf8)))
        var displaced: Set<UInt64> = []
        for index in 100..<140 {
            let newcomer = try entry(index, host: 0x0A01_0001 + UInt32(index) << 8)
            guard case .room(let shorts) = room(table, for: newcomer, { _ in .goes }), shorts.count == 1,
                let victim = table[shorts[0]]
            else { Issue.record("no room"); continue }
            #expect(table.bucket(of: victim.subnets) == table.bucket(of: newcomer.subnets))
            displaced.insert(victim.short)
        }
        #expect(displaced.count == 4, "one is the longest silent of each bucket")
        let subnets = try (0..<64).map { try entry($0, host: 0x0A00_0001 + UInt32($0) << 8).subnets }
        let before = subnets.map(table.bucket(of:))
        table.key(with: Blake2b.hash(Array("two".utf8)))
        #expect(subnets.map(table.bucket(of:)) != before)
        // The lines have moved with it, and leave where they are.
        for short in table.shorts { table.remove(short) }
        #expect(table.count == 0 && table.unverifiedCount == 0)
        #expect(try room(table, for: entry(1, host: 0x0A00_0001)) == .room(displacing: []))
    }

    @Test("having answered counts where it was, and ends with a move")
    func answered() throws {
        var line = try entry(1, host: 0x0A00_0001)
        line.answered(at: [], policy: .lan)
        #expect(line.isVerified && line.answeredIn.isEmpty, "at which address is not known")
        line.answered(at: [.v4(0x0A00_0001, port: 1), .v4(0x0A00_0002, port: 1)], policy: .lan)
        #expect(line.answeredIn == line.subnets.filter(\.isWide), "which of the two it was is not known")
        for _ in 0..<2 { line.answered(at: [.v4(0x0A00_0001, port: 1)], policy: .lan) }
        #expect(Set(line.answeredIn) == Set(line.subnets) && line.answeredIn.count == 2)
        let same = try entry(1, host: 0x0A00_0001)
        line.renew(same.record, placement: nil, policy: .lan, at: now)
        #expect(line.isVerified && Set(line.answeredIn) == Set(line.subnets))
        let moved = try entry(1, host: 0x0A00_0007)
        line.renew(moved.record, placement: nil, policy: .lan, at: now)
        #expect(!line.isVerified && line.answeredIn == line.subnets.filter(\.isWide))
    }

    @Test("ranges are found by short id")
    func ranges() throws {
        var table = Table(TableBounds(capacity: 100, perSubnet: 100))
        for index in 1...20 { table.insert(try entry(index, host: 0x0A00_0001)) }
        let all = table.shorts
        #expect(all == all.sorted() && all.count == 20)
        #expect(Array(table.shorts(from: 0, to: .max)) == all)
        #expect(Array(table.shorts(from: all[3], to: all[7])) == Array(all[3...7]))
        #expect(Array(table.shorts(from: all[3] + 1, to: all[7] - 1)) == Array(all[4...6]))
        #expect(table.shorts(from: all[19] + 1, to: .max).isEmpty)
        #expect(table.shorts(from: 5, to: 4).isEmpty)
    }

    @Test("a crowd in one subnet fills its share and no more")
    func crowd() throws {
        var bench = try Bench(policy: .lan)
        let link = bench.link(to: try TestMember(400, policy: .lan))
        for index in 1...70 {
            let member = try TestMember(index, policy: .lan, endpoint: .v4(0x0A00_0099, port: 7_000 + UInt16(index)))
            try bench.introduce(member, over: link)
        }
        #expect(bench.engine.allKnownCount == 1 + 64)
        #expect(bench.counted(.subnetFull) == 6)
        let honest = try TestMember(80, policy: .lan, endpoint: .v4(0x0A00_0077, port: 7_000))
        try bench.introduce(honest, over: link)
        #expect(bench.engine.isPresent(honest.key))
    }

    @Test("moving into a full subnet is refused")
    func moving() throws {
        var bench = try Bench(policy: .lan)
        let link = bench.link(to: try TestMember(400, policy: .lan))
        for index in 1...64 {
            let member = try TestMember(index, policy: .lan, endpoint: .v4(0x0A00_0099, port: 7_000 + UInt16(index)))
            try bench.introduce(member, over: link)
        }
        let mover = try TestMember(80, policy: .lan, endpoint: .v4(0x0A00_0077, port: 7_000))
        try bench.introduce(mover, over: link)
        bench.wait(.seconds(1))
        try bench.push([mover.record(at: bench.wall, endpoint: .v4(0x0A00_0099, port: 8_000))], over: link)
        #expect(bench.counted(.subnetFull) == 1)
        try bench.push([mover.record(at: bench.wall, endpoint: .v4(0x0A00_0078, port: 8_000))], over: link)
        #expect(bench.engine.member(mover.key)?.endpoints == [.v4(0x0A00_0078, port: 8_000)])
    }
}
