// How lines lie in a table, and what it knows of all of them without looking at each.

import Essentials
import Identity
import Testing
import Wire

@testable import Membership

@Suite struct LinesTests {
    private let policy = NetworkPolicy.lan

    private func entry(_ index: Int) throws -> TableEntry {
        let member = try TestMember(index, policy: policy, endpoint: .v4(0x0A00_0000 + UInt32(index), port: 7_000))
        let claim = try Unverified<NodeRecord>(decoding: member.record(at: .worldStart))
        let record = try claim.verify(in: NodeRecord.Context(policy: policy, now: .worldStart))
        return TableEntry(record, placement: nil, policy: policy, at: .origin)
    }

    private func beat(_ index: Int, at time: WallTime = .worldStart) throws -> Verified<Heartbeat> {
        let member = try TestMember(index, policy: policy)
        let claim = try Unverified<Heartbeat>(decoding: member.heartbeat(at: time))
        return try claim.verify(
            in: Heartbeat.Context(owner: member.key, policy: policy, now: time, previous: nil))
    }

    @Test("whichever lines go, the others are found under their ids and in their order")
    func removing() throws {
        let entries = try (1...40).map(entry)
        var lines = Lines()
        for entry in entries { #expect(lines.insert(entry) == true) }
        #expect(lines.insert(entries[7]) == false, "each once")
        let (above, below) = (lines.remove(.max), lines.remove(0))
        #expect(above?.short == nil && below?.short == nil && lines.count == 40, "nobody has these")
        var left = entries
        for turn in [0, 38, 17, 3, 20, 0, 33] {
            let gone = left.remove(at: turn)
            #expect(lines.remove(gone.short)?.short == gone.short)
            #expect(lines.remove(gone.short) == nil && lines[gone.short] == nil)
            #expect(lines.shorts == left.map(\.short).sorted() && lines.count == left.count)
            #expect(lines.sorted.map(\.short) == lines.shorts)
            _ = lines.update(left[turn / 2].short) { $0.stay(until: .origin + .seconds(Int64(turn))) }
            #expect(lines.marks == lines.sorted.map(Lines.Mark.init))
            #expect(lines.marks[lines.position(of: left[turn / 2].short)].isPresent)
            #expect(left.allSatisfy { lines[$0.short]?.nodeKey == $0.nodeKey })
        }
    }

    @Test("a range has the lines within its bounds, both included")
    func ranges() throws {
        var lines = Lines()
        for index in 1...9 { _ = lines.insert(try entry(index)) }
        let all = lines.shorts
        #expect(lines.positions(from: 0, to: .max) == 0..<9)
        #expect(lines.positions(from: all[2], to: all[5]) == 2..<6)
        #expect(lines.positions(from: all[2] + 1, to: all[5] - 1) == 3..<5)
        #expect(lines.positions(from: all[8] + 1, to: .max).isEmpty && lines.positions(from: 9, to: 3).isEmpty)
        #expect(lines[position: 3].short == all[3])
    }

    @Test("a few ids are kept in their order, and the last one that goes leaves nothing")
    func ids() {
        var few = ShortIDs.one(5)
        #expect(few.count == 1 && few.contains(5) && !few.contains(4))
        few.append(4)
        few.append(6)
        #expect(few.all == [5, 4, 6] && few.count == 3 && few.contains(6) && !few.contains(7))
        #expect(few.without(4)?.all == [5, 6] && few.without(4)?.without(5)?.all == [6])
        #expect(ShortIDs.one(5).without(5) == nil && ShortIDs.one(5).without(4)?.all == [5])
    }

    @Test("presence is counted, and its end is known without a walk, also when it comes sooner than was thought")
    func absences() throws {
        var table = Table(TableBounds(capacity: 9, perSubnet: 9))
        let (one, two) = (try entry(1), try entry(2))
        for entry in [one, two] { table.insert(entry) }
        func set(_ short: UInt64, until: Moment?) -> Bool { table.setPresence(short, until: until) }
        func next() -> Moment? { table.nextAbsence() }
        func first(by moment: Moment) -> UInt64? { table.firstAbsence(by: moment) }
        let moments = (0..<4).map { Moment.origin + .seconds(Int64($0)) }
        #expect(set(one.short, until: moments[2]) && set(two.short, until: moments[3]))
        #expect(table.presentCount == 2 && next() == moments[2])
        #expect(set(two.short, until: moments[1]) == false, "it was present before")
        #expect(next() == moments[1] && first(by: moments[0]) == nil)
        #expect(first(by: moments[1]) == two.short)
        #expect(set(two.short, until: moments[3]) == false, "looked at again, it stays")
        #expect(first(by: moments[1]) == nil && first(by: moments[2]) == one.short)
        _ = set(one.short, until: moments[3])
        #expect(first(by: moments[2]) == nil && first(by: moments[3]) != nil)
        #expect(set(two.short, until: nil) && table.presentCount == 1)
        #expect(set(two.short, until: moments[3]) == true, "it has come back")
        table.remove(one.short)
        #expect(table.presentCount == 1 && next() == moments[3])
        #expect(set(one.short, until: moments[3]) == false, "who is not here is not present")
    }

    @Test("overdue is who is present and whose next heartbeat should have come, for as long as that is so")
    func overdue() throws {
        var table = Table(TableBounds(capacity: 9, perSubnet: 9))
        let late = Moment.origin + MembershipLimits.overdue(after: policy.heartbeatBase)
        for index in 1...4 {
            let entry = try entry(index)
            table.insert(entry)
            table.hear(entry.short, TableEntry.LastHeartbeat(try beat(index), received: .origin))
            if index < 4 { _ = table.setPresence(entry.short, until: late + .seconds(100)) }
        }
        func set(_ short: UInt64, until: Moment?) -> Bool { table.setPresence(short, until: until) }
        func overdue(at moment: Moment) -> [UInt64] { table.askedFor(at: moment) }
        let shorts = try (1...4).map { try entry($0).short }
        let present = shorts.prefix(3).sorted()
        #expect(overdue(at: .origin + .seconds(1)).isEmpty)
        #expect(overdue(at: late) == present && overdue(at: late + .seconds(1)) == present)
        table.hear(
            shorts[0],
            TableEntry.LastHeartbeat(try beat(1, at: .worldStart + .seconds(9)), received: late + .seconds(1)))
        #expect(overdue(at: late + .seconds(2)) == present.filter { $0 != shorts[0] })
        _ = set(shorts[1], until: nil)
        #expect(overdue(at: late + .seconds(2)) == [shorts[2]])
        #expect(set(shorts[3], until: late + .seconds(100)) == true, "heard before it was present")
        #expect(overdue(at: late + .seconds(2)) == [shorts[2], shorts[3]].sorted())
        let again = late + .seconds(1) + MembershipLimits.overdue(after: policy.heartbeatBase)
        #expect(overdue(at: again) == [shorts[0], shorts[2], shorts[3]].sorted())
    }
}
