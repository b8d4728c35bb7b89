// The stamps a keeper has computed, with the round in which each was first seen: a stamp that comes again is not
// computed again, and one that has served its time is refused. A seek that keeps the rules is never refused,
// whatever the keeper has forgotten or did not see.

internal import Essentials

/// A bounded memory in two halves: when the newer is full, the older is forgotten as a whole.
struct StampMemory {
    struct Name: Hashable {
        let key: Bytes32
        let epoch: UInt64
        let nonce: [UInt8]
    }

    struct Entry {
        let value: Bytes32
        let firstRound: UInt64
    }

    private var newer: [Name: Entry] = [:]
    private var older: [Name: Entry] = [:]
    private var forgotten: UInt64 = 0
    private let half: Int

    init(capacity: Int) { half = max(1, capacity / 2) }

    var count: Int { newer.count + older.count }

    func entry(of name: Name) -> Entry? { newer[name] ?? older[name] }

    mutating func remember(_ name: Name, value: Bytes32, round: UInt64) {
        guard entry(of: name) == nil else { return }
        if newer.count >= half {
            older = newer
            newer = [:]
        }
        newer[name] = Entry(value: value, firstRound: round)
    }

    /// Forgets the stamps of epochs before `epoch`, which no keeper takes any more.
    mutating func forget(before epoch: UInt64) {
        guard epoch > forgotten else { return }
        forgotten = epoch
        newer = newer.filter { $0.key.epoch >= epoch }
        older = older.filter { $0.key.epoch >= epoch }
    }
}
