// What a node's disk holds, and what an unlucky end of the process leaves of it.

internal import Essentials
internal import NodeEngine
internal import Wire

/// What a disk lost when the process died.
public enum DiskDamage: String, Hashable, Sendable, CaseIterable {
    /// Everything that was to be remembered was.
    case none
    /// The last changes never reached it.
    case stale
    /// Some lines are gone, new ones and old ones.
    case torn
    /// There is nothing but the keys.
    case lost
}

/// The changes that a node asked to be remembered, in their order.
struct SimulatedDisk {
    /// What was there before the first change.
    private let base: RestoredState
    private var journal: [StoredChange] = []

    /// Changes are applied again at every start, so a long life is shortened to what is still true.
    private static let journalMaximum = 4_096

    init(_ base: RestoredState = RestoredState()) { self.base = base }

    mutating func write(_ change: StoredChange) {
        journal.append(change)
        // With a large table it may grow: shortening would have to be done again and again.
        if journal.count > Self.journalMaximum, base.records.isEmpty { journal = Self.changes(restored) }
    }

    mutating func suffer(_ damage: DiskDamage, using generator: inout SeededGenerator) {
        switch damage {
        case .none: break
        case .stale: journal.removeLast(Int(Double(journal.count) * 0.7 * generator.fraction()))
        case .torn: journal = journal.filter { _ in generator.fraction() < 0.6 }
        case .lost: self = SimulatedDisk()
        }
    }

    var restored: RestoredState {
        var state = base
        var owners: [Bytes32] = []
        var records: [Bytes32: Signed] = [:]
        for change in Self.records(base) + journal {
            switch change {
            case .record(let record, let owner, _):
                if records.updateValue(record, forKey: owner) == nil { owners.append(owner) }
            case .forget(let owner):
                records[owner] = nil
                owners.removeAll { $0 == owner }
            case .homes(let homes): state.homes = homes
            case .anchors(let anchors): state.anchors = anchors
            case .puzzle(let puzzle): state.puzzle = puzzle
            case .lastSeq(let seq): state.lastSeq = seq
            case .friend(let name, let secret): state.friends[name] = secret
            case .forgetFriend(let name): state.friends[name] = nil
            }
        }
        state.records = owners.compactMap { records[$0] }
        return state
    }

    private static func changes(_ state: RestoredState) -> [StoredChange] {
        var changes = records(state)
        changes += [.homes(state.homes), .anchors(state.anchors), .lastSeq(state.lastSeq)]
        if let puzzle = state.puzzle { changes.append(.puzzle(puzzle)) }
        changes += state.friends.sorted { $0.key < $1.key }.map { .friend(name: $0.key, secret: $0.value) }
        return changes
    }

    private static func records(_ state: RestoredState) -> [StoredChange] {
        state.records.compactMap { record in
            guard let body = try? RecordBody(decoding: record.body) else { return nil }
            return .record(record, nodeKey: body.nodeKey, seq: body.seq)
        }
    }
}
