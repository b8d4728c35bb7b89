// The bounds of the table.

import Essentials
import Identity
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

    @Test("a full subnet takes a newcomer only in the place of the longest silent one that may go")
    func subnet() throws {
        var table = Table(capacity: 10, perSubnet: 2)
        let old = try entry(1, host: 0x0A00_0001)
        let older = try entry(2, host: 0x0A00_0001, at: .origin)
        table.insert(old)
        table.insert(older)
        let newcomer = try entry(3, host: 0x0A00_0001)
        #expect(table.room(for: newcomer.subnets, isNewcomer: true) { _ in false } == .subnetFull)
        #expect(table.room(for: newcomer.subnets, isNewcomer: true) { _ in true } == .room(displacing: [older.short]))
        #expect(
            table.room(for: try entry(4, host: 0x0A00_0002).subnets, isNewcomer: true) { _ in false }
                == .room(displacing: []))
        table.remove(old.short)
        #expect(table.room(for: newcomer.subnets, isNewcomer: true) { _ in false } == .room(displacing: []))
    }

    @Test("a full table takes a newcomer only in somebody's place")
    func capacity() throws {
        var table = Table(capacity: 3, perSubnet: 2)
        let entries = try (1...3).map {
            try entry($0, host: 0x0A00_0000 + UInt32($0), at: .origin + .seconds(Int64($0)))
        }
        for entry in entries.reversed() { table.insert(entry) }
        let newcomer = try entry(4, host: 0x0A00_0004)
        #expect(table.room(for: newcomer.subnets, isNewcomer: true) { _ in false } == .tableFull)
        #expect(table.room(for: newcomer.subnets, isNewcomer: false) { _ in false } == .room(displacing: []))
        #expect(
            table.room(for: newcomer.subnets, isNewcomer: true) { $0.short != entries[0].short }
                == .room(displacing: [entries[1].short]))
    }

    @Test("ranges are found by short id")
    func ranges() throws {
        var table = Table(capacity: 100, perSubnet: 100)
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
        // The crowd falls silent: after an hour newcomers take its places.
        bench.wait(.hours(1))
        let newcomer = try TestMember(81, policy: .lan, endpoint: .v4(0x0A00_0099, port: 9_000))
        try bench.introduce(newcomer, over: link)
        #expect(bench.engine.isPresent(newcomer.key))
        #expect(bench.engine.allKnownCount == 1 + 64 + 1)
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
