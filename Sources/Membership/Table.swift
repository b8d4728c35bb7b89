// All the records that a node holds, by short id, bounded as a whole, by subnet at two widths, and in the part that
// nobody has reached. It knows nothing of time beyond what it is told, and decides nothing about whom to believe.
// Protocol/04-membership.md, "The table".

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

struct Table: Sendable {
    /// Who competes for one place: the members of a subnet, or of a part of the whole table.
    enum Contest: Hashable, Sendable {
        case subnet(Subnet)
        case bucket(Int)
    }

    /// How a line stands when somebody else wants its place; the lower goes first.
    enum Standing: Int, Comparable, Sendable {
        /// Goes at once.
        case goes
        /// These go if they do not answer a call: first who was never reached and says nothing, then who was reached
        /// and is silent now, then who speaks but was never reached.
        case unreached
        case silent
        case unreachedPresent
        case stays

        static func < (left: Standing, right: Standing) -> Bool { left.rawValue < right.rawValue }
    }

    /// What happens to a newcomer.
    enum Room: Equatable {
        /// There is room, once these are forgotten.
        case room(displacing: [UInt64])
        /// There might be later: this one has to be called first.
        case trial(of: UInt64, for: Contest)
        case full(Contest)
    }

    var lines = Lines()
    private var bySubnet: [Subnet: ShortIDs] = [:]
    private var buckets: [[UInt64]]
    private var seed: Bytes32?
    var presence = Presence()
    var presentCount = 0
    private(set) var unverifiedCount = 0
    /// While a stored table is read, the share of a wide subnet is of the whole that is expected.
    var expectedCount = 0
    let bounds: TableBounds

    init(_ bounds: TableBounds) {
        self.bounds = bounds
        buckets = [[UInt64]](repeating: [], count: max(1, bounds.buckets))
    }

    var count: Int { lines.count }
    /// The ids of all lines, sorted: the one order in which anything is done.
    var shorts: [UInt64] { lines.shorts }

    /// What comparisons read of each line, in the same order.
    var marks: [Lines.Mark] { lines.marks }

    subscript(short: UInt64) -> TableEntry? { lines[short] }

    subscript(nodeKey: NodeKey) -> TableEntry? {
        guard let entry = lines[nodeKey.short], entry.nodeKey == nodeKey else { return nil }
        return entry
    }

    /// The entries in the order of their short ids.
    var sorted: some RandomAccessCollection<TableEntry> { lines.sorted }

    /// The short ids within these bounds, both included.
    func shorts(from low: UInt64, to high: UInt64) -> ArraySlice<UInt64> {
        lines.shorts[positions(from: low, to: high)]
    }

    /// The same as places in `sorted`.
    func positions(from low: UInt64, to high: UInt64) -> Range<Int> { lines.positions(from: low, to: high) }

    /// The line at a place of `sorted`.
    subscript(position position: Int) -> TableEntry { lines[position: position] }

    // MARK: Buckets

    /// Whether it is decided yet who competes with whom.
    var isKeyed: Bool { seed != nil }

    /// Divides the table anew by a secret, so that nobody outside can tell whose place it is competing for.
    mutating func key(with seed: Bytes32) {
        self.seed = seed
        for index in buckets.indices { buckets[index] = [] }
        for entry in lines.sorted { buckets[bucket(of: entry.subnets)].append(entry.short) }
    }

    /// The bucket of a line with these subnets: that of its first wide one.
    func bucket(of subnets: [Subnet]) -> Int {
        guard let wide = subnets.first(where: \.isWide) else { return 0 }
        return Int(secretRank(of: wide) % UInt64(buckets.count))
    }

    /// An order of subnets that nobody outside knows.
    func secretRank(of subnet: Subnet) -> UInt64 {
        guard let seed else { return 0 }
        // This domain is of this table alone and never on the wire.
        return Blake2b.short(domain: "passant/bucket/1", seed.bytes, subnet.encoded)
    }

    // MARK: Room

    /// Whether one more line fits into `subnets` and, for a newcomer, into the whole. `standing` says who may go for it
    /// in which contest.
    func room(
        for subnets: [Subnet], isNewcomer: Bool, isVerified: Bool, standing: (TableEntry, Contest) -> Standing
    ) -> Room {
        var displaced: [UInt64] = []
        for contest in subnets.map(Contest.subnet) + (isNewcomer ? [.bucket(bucket(of: subnets))] : []) {
            guard isFull(contest, without: displaced, isVerified: isVerified) else { continue }
            guard let (victim, itsStanding) = first(in: contest, without: displaced, standing) else {
                return .full(contest)
            }
            guard itsStanding == .goes else { return .trial(of: victim, for: contest) }
            displaced.append(victim)
        }
        return .room(displacing: displaced)
    }

    private func isFull(_ contest: Contest, without displaced: [UInt64], isVerified: Bool) -> Bool {
        switch contest {
        case .subnet(let subnet):
            guard let there = bySubnet[subnet] else { return limit(of: subnet) <= 0 }
            return there.count - displaced.count { there.contains($0) } >= limit(of: subnet)
        case .bucket:
            if count - displaced.count >= bounds.capacity { return true }
            let unverified = unverifiedCount - displaced.count { lines[$0]?.isVerified == false }
            return !isVerified && unverified >= bounds.unverifiedCapacity
        }
    }

    private func limit(of subnet: Subnet) -> Int {
        guard subnet.isWide else { return bounds.perSubnet }
        return max(bounds.perWideSubnet, max(count, expectedCount) * bounds.wideSubnetPercent / 100)
    }

    private func first(
        in contest: Contest, without displaced: [UInt64], _ standing: (TableEntry, Contest) -> Standing
    ) -> (UInt64, Standing)? {
        var first: (entry: TableEntry, standing: Standing)?
        for short in rivals(in: contest) where !displaced.contains(short) {
            guard let entry = lines[short] else { continue }
            let itsStanding = standing(entry, contest)
            guard itsStanding < .stays else { continue }
            if let first,
                (first.standing, first.entry.touched, first.entry.short)
                    <= (itsStanding, entry.touched, entry.short)
            {
                continue
            }
            first = (entry, itsStanding)
        }
        return first.map { ($0.entry.short, $0.standing) }
    }

    private func rivals(in contest: Contest) -> [UInt64] {
        switch contest {
        case .subnet(let subnet): bySubnet[subnet]?.all ?? []
        case .bucket(let index): buckets.indices.contains(index) ? buckets[index] : []
        }
    }

    // MARK: Changes

    /// Adds a member that is not in the table yet.
    mutating func insert(_ entry: TableEntry) {
        guard lines.insert(entry) else { return }
        enter(entry.subnets, entry.short)
        if entry.isPresent { presentCount += 1 }
        if !entry.isVerified { unverifiedCount += 1 }
    }

    /// Changes an entry in place and keeps the counts right; presence and heartbeats have functions of their own.
    mutating func update(_ short: UInt64, _ change: (inout TableEntry) -> Void) {
        let difference = lines.update(short) { entry in
            let (subnets, isVerified) = (entry.subnets, entry.isVerified)
            change(&entry)
            return (from: subnets, to: entry.subnets, unverified: (isVerified ? 1 : 0) - (entry.isVerified ? 1 : 0))
        }
        guard let difference else { return }
        unverifiedCount += difference.unverified
        if difference.from != difference.to {
            leave(difference.from, short)
            enter(difference.to, short)
        }
    }

    mutating func remove(_ short: UInt64) {
        guard let entry = lines.remove(short) else { return }
        leave(entry.subnets, short)
        if entry.isPresent { presentCount -= 1 }
        if !entry.isVerified { unverifiedCount -= 1 }
    }

    private mutating func enter(_ subnets: [Subnet], _ short: UInt64) {
        for subnet in subnets { if bySubnet[subnet]?.append(short) == nil { bySubnet[subnet] = .one(short) } }
        buckets[bucket(of: subnets)].append(short)
    }

    private mutating func leave(_ subnets: [Subnet], _ short: UInt64) {
        for subnet in subnets { bySubnet[subnet] = bySubnet[subnet]?.without(short) }
        buckets[bucket(of: subnets)].removeAll { $0 == short }
    }
}

/// How much a table holds, and of whom.
struct TableBounds: Sendable {
    let capacity: Int
    /// Lines that this node has not reached itself may take no more than this.
    let unverifiedCapacity: Int
    let perSubnet: Int
    /// A wide subnet may have this, or its percentage of the table if that is more.
    let perWideSubnet: Int
    let wideSubnetPercent: Int
    let buckets: Int

    init(
        capacity: Int, unverified: Int? = nil, perSubnet: Int, perWideSubnet: Int? = nil, wideSubnetPercent: Int = 0,
        buckets: Int = 1
    ) {
        self.capacity = max(1, capacity)
        unverifiedCapacity = unverified ?? capacity
        self.perSubnet = max(1, perSubnet)
        self.perWideSubnet = perWideSubnet ?? .max
        self.wideSubnetPercent = wideSubnetPercent
        self.buckets = max(1, buckets)
    }

    init(for kind: NetworkPolicy.Kind) {
        self.init(
            capacity: MembershipLimits.members, unverified: MembershipLimits.unverifiedMembers,
            perSubnet: MembershipLimits.perSubnet(in: kind), perWideSubnet: MembershipLimits.perWideSubnet(in: kind),
            wideSubnetPercent: MembershipLimits.wideSubnetPercent, buckets: MembershipLimits.buckets)
    }
}
