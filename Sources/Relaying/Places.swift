// Places of one kind, and how they are divided among subnets: nobody has more than in proportion to what is left for
// others. One subnet alone gets a good part of all; the more there are that want places, the less each; and while there
// is any place at all, whoever comes from elsewhere finds one.

internal import Identity

struct Places {
    private(set) var count = 0
    private var counts: [Subnet: Int] = [:]

    func count(of subnet: Subnet) -> Int { counts[subnet] ?? 0 }

    /// Whether there is one for this origin among so many in all. A wide subnet may hold as many as are free, a small one
    /// a quarter of that.
    func hasRoom(for origin: Origin, of capacity: Int) -> Bool {
        let free = capacity - count
        guard free > 0 else { return false }
        if let subnet = origin.subnet, count(of: subnet) >= max(1, free / 4) { return false }
        if let wide = origin.wide, count(of: wide) >= free { return false }
        return true
    }

    mutating func enter(_ origin: Origin) {
        count += 1
        if let subnet = origin.subnet { counts[subnet, default: 0] += 1 }
        if let wide = origin.wide { counts[wide, default: 0] += 1 }
    }

    mutating func leave(_ origin: Origin) {
        count -= 1
        if let subnet = origin.subnet { decrement(subnet) }
        if let wide = origin.wide { decrement(wide) }
    }

    private mutating func decrement(_ subnet: Subnet) {
        let remaining = count(of: subnet) - 1
        counts[subnet] = remaining > 0 ? remaining : nil
    }
}

/// How many links there are of each kind.
struct LinkCensus {
    var members = Places()
    var attachedLeaves = Places()
    var unattachedLeaves = Places()
}
