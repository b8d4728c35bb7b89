// Where a table's lines lie: in one piece of memory, in the order in which they came; beside it the order of short ids, in
// which everything is done. A walk looks nothing up, and a line costs little more than what is in it.

internal import Essentials

struct Lines: Sendable {
    /// What comparisons read of a line: whole ones are large.
    struct Mark: Hashable, Sendable {
        let seq: UInt64
        let expires: WallTime
        let isPresent: Bool

        init(_ entry: TableEntry) {
            seq = entry.seq
            expires = entry.expires
            isPresent = entry.isPresent
        }
    }

    /// The ids of all lines, sorted.
    private(set) var shorts: [UInt64] = []
    /// In the same order.
    private(set) var marks: [Mark] = []
    /// Where each of those is.
    private var places: [Int32] = []
    private var slots: [TableEntry] = []

    var count: Int { slots.count }

    /// Where `short` is, or would be, among the sorted ids.
    func position(of short: UInt64) -> Int {
        var low = 0
        var high = shorts.count
        while low < high {
            let middle = (low + high) / 2
            if shorts[middle] < short { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func slot(of short: UInt64) -> Int? {
        let position = position(of: short)
        return position < shorts.count && shorts[position] == short ? Int(places[position]) : nil
    }

    subscript(short: UInt64) -> TableEntry? { slot(of: short).map { slots[$0] } }

    /// The line at a place in the order of ids.
    subscript(position position: Int) -> TableEntry { slots[Int(places[position])] }

    /// False when there is a line with this id.
    mutating func insert(_ entry: TableEntry) -> Bool {
        let short = entry.short
        let position = position(of: short)
        guard position == shorts.count || shorts[position] != short else { return false }
        shorts.insert(short, at: position)
        places.insert(Int32(clamping: slots.count), at: position)
        marks.insert(Mark(entry), at: position)
        slots.append(entry)
        return true
    }

    /// Changes a line in place; nil when there is none.
    mutating func update<Result>(_ short: UInt64, _ change: (inout TableEntry) -> Result) -> Result? {
        let position = position(of: short)
        guard position < shorts.count, shorts[position] == short else { return nil }
        let slot = Int(places[position])
        defer { marks[position] = Mark(slots[slot]) }
        return change(&slots[slot])
    }

    /// The line that was there. The last one takes its place.
    mutating func remove(_ short: UInt64) -> TableEntry? {
        let position = position(of: short)
        guard position < shorts.count, shorts[position] == short else { return nil }
        let hole = Int(places[position])
        let last = slots.count - 1
        if hole != last {
            slots.swapAt(hole, last)
            places[self.position(of: slots[hole].short)] = Int32(clamping: hole)
        }
        shorts.remove(at: position)
        places.remove(at: position)
        marks.remove(at: position)
        return slots.removeLast()
    }

    /// The lines in the order of their ids.
    var sorted: some RandomAccessCollection<TableEntry> { places.lazy.map { slots[Int($0)] } }

    /// The places, in the order of ids, of the lines within these bounds, both included.
    func positions(from low: UInt64, to high: UInt64) -> Range<Int> {
        let start = position(of: low)
        var end = position(of: high)
        if end < shorts.count, shorts[end] == high { end += 1 }
        return start < end ? start..<end : start..<start
    }
}

/// A few ids, most often one.
enum ShortIDs: Sendable {
    case one(UInt64)
    case several([UInt64])

    var all: [UInt64] {
        switch self {
        case .one(let short): [short]
        case .several(let shorts): shorts
        }
    }

    var count: Int {
        switch self {
        case .one: 1
        case .several(let shorts): shorts.count
        }
    }

    func contains(_ short: UInt64) -> Bool {
        switch self {
        case .one(let only): only == short
        case .several(let shorts): shorts.contains(short)
        }
    }

    mutating func append(_ short: UInt64) {
        switch self {
        case .one(let first): self = .several([first, short])
        case .several(var shorts):
            // So that it is not copied.
            self = .one(short)
            shorts.append(short)
            self = .several(shorts)
        }
    }

    /// Nil when nobody is left.
    func without(_ short: UInt64) -> ShortIDs? {
        let left = all.filter { $0 != short }
        guard let first = left.first else { return nil }
        return left.count == 1 ? .one(first) : .several(left)
    }
}
