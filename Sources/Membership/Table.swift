// All the records that a node holds, by short id, bounded as a whole and by subnet. It knows nothing of time
// beyond what it is told, and decides nothing about whom to believe. Protocol/04-membership.md, "The table".

internal import Essentials
internal import Identity
internal import Wire

struct Table: Sendable {
    /// What happens to a newcomer.
    enum Room: Equatable {
        /// There is room, once these are forgotten.
        case room(displacing: [UInt64])
        case subnetFull
        case tableFull
    }

    private var entries: [UInt64: TableEntry] = [:]
    /// The keys of `entries`, sorted: the one order in which anything is done.
    private(set) var shorts: [UInt64] = []
    private var bySubnet: [Subnet: [UInt64]] = [:]
    private(set) var presentCount = 0
    let capacity: Int
    let perSubnet: Int

    init(capacity: Int, perSubnet: Int) {
        self.capacity = max(1, capacity)
        self.perSubnet = max(1, perSubnet)
    }

    var count: Int { entries.count }

    subscript(short: UInt64) -> TableEntry? { entries[short] }

    subscript(nodeKey: NodeKey) -> TableEntry? {
        guard let entry = entries[nodeKey.short], entry.nodeKey == nodeKey else { return nil }
        return entry
    }

    /// The entries in the order of their short ids.
    var sorted: some Sequence<TableEntry> { shorts.lazy.compactMap { entries[$0] } }

    /// The short ids within these bounds, both included.
    func shorts(from low: UInt64, to high: UInt64) -> ArraySlice<UInt64> {
        let start = position(of: low)
        var end = position(of: high)
        if end < shorts.count, shorts[end] == high { end += 1 }
        return start < end ? shorts[start..<end] : []
    }

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

    /// Whether one more member fits into these subnets, and a newcomer into the whole. `mayGo` says who may be
    /// forgotten for it.
    func room(for subnets: [Subnet], isNewcomer: Bool, mayGo: (TableEntry) -> Bool) -> Room {
        var displaced: [UInt64] = []
        for subnet in subnets {
            let there = bySubnet[subnet] ?? []
            let staying = there.filter { !displaced.contains($0) }
            guard staying.count >= perSubnet else { continue }
            guard let victim = longestSilent(among: staying, mayGo: mayGo) else { return .subnetFull }
            displaced.append(victim)
        }
        if isNewcomer, count - displaced.count >= capacity {
            guard let victim = longestSilent(among: shorts, mayGo: mayGo) else { return .tableFull }
            displaced.append(victim)
        }
        return .room(displacing: displaced)
    }

    private func longestSilent(among candidates: [UInt64], mayGo: (TableEntry) -> Bool) -> UInt64? {
        var victim: TableEntry?
        for candidate in candidates {
            guard let entry = entries[candidate], mayGo(entry) else { continue }
            if let chosen = victim, (chosen.touched, chosen.short) <= (entry.touched, entry.short) { continue }
            victim = entry
        }
        return victim?.short
    }

    /// Adds a member that is not in the table yet.
    mutating func insert(_ entry: TableEntry) {
        guard entries[entry.short] == nil else { return }
        entries[entry.short] = entry
        shorts.insert(entry.short, at: position(of: entry.short))
        for subnet in entry.subnets { bySubnet[subnet, default: []].append(entry.short) }
        if entry.isPresent { presentCount += 1 }
    }

    /// Changes an entry in place and keeps the counts right.
    mutating func update(_ short: UInt64, _ change: (inout TableEntry) -> Void) {
        guard let index = entries.index(forKey: short) else { return }
        let before = entries.values[index]
        change(&entries.values[index])
        let (isPresent, subnets) = (entries.values[index].isPresent, entries.values[index].subnets)
        if isPresent != before.isPresent { presentCount += isPresent ? 1 : -1 }
        if subnets != before.subnets {
            leave(before.subnets, short)
            for subnet in subnets { bySubnet[subnet, default: []].append(short) }
        }
    }

    mutating func remove(_ short: UInt64) {
        guard let entry = entries.removeValue(forKey: short) else { return }
        let place = position(of: short)
        if place < shorts.count, shorts[place] == short { shorts.remove(at: place) }
        leave(entry.subnets, short)
        if entry.isPresent { presentCount -= 1 }
    }

    private mutating func leave(_ subnets: [Subnet], _ short: UInt64) {
        for subnet in subnets {
            bySubnet[subnet]?.removeAll { $0 == short }
            if bySubnet[subnet]?.isEmpty == true { bySubnet[subnet] = nil }
        }
    }
}
