// The records that wait for their puzzle to be checked: bounded as a whole and by subnet, shared fairly among the links
// that bring them, and checked a few at a time in turns. So whoever brings false puzzles delays what others bring by
// its own share at most. Protocol/04-membership.md, "Applicants"; Docs/Decisions/0012-puzzles-are-checked-in-turn.md.

internal import DequeModule
internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

struct Applicants: Sendable {
    typealias LinkID = Membership.LinkID

    /// How many may wait.
    struct Bounds: Sendable {
        var capacity: Int
        var perSubnet: Int
        var perWideSubnet: Int

        init(capacity: Int, perSubnet: Int, perWideSubnet: Int) {
            self.capacity = capacity
            self.perSubnet = perSubnet
            self.perWideSubnet = perWideSubnet
        }

        /// In a subnet as many as it may have lines; in a wide one that, or the same part of all as in the table.
        init(for kind: NetworkPolicy.Kind) {
            typealias Limits = MembershipLimits
            self.init(
                capacity: Limits.applicants, perSubnet: Limits.perSubnet(in: kind),
                perWideSubnet: max(
                    Limits.perWideSubnet(in: kind), Limits.applicants * Limits.wideSubnetPercent / 100))
        }
    }

    /// What one link has brought, by urgency.
    private struct Lane: Sendable {
        let isOutbound: Bool
        var queues = [Deque<UInt64>](repeating: [], count: Applicant.Urgency.allCases.count)
        /// The lane whose turn was longest ago is the next.
        var served: UInt64

        var count: Int { queues.reduce(0) { $0 + $1.count } }
        var isEmpty: Bool { queues.allSatisfy(\.isEmpty) }
        func has(_ urgency: Applicant.Urgency) -> Bool { !queues[urgency.rawValue].isEmpty }

        /// Of these, the one that would be checked last.
        func last(among these: Set<UInt64>) -> UInt64? {
            for queue in queues.reversed() { if let last = queue.last(where: these.contains) { return last } }
            return nil
        }

        mutating func takeFirst() -> UInt64? {
            for index in queues.indices { if let first = queues[index].popFirst() { return first } }
            return nil
        }
    }

    private struct Question: Sendable {
        let short: UInt64
        /// Who has brought it, should whoever waited be gone by then.
        var payers: [Applicant.Bringer]
    }

    /// Whose turn it is. Links that this node has dialled and those that dialled it take turns, however many there are
    /// of each, and so do the records of those at the other ends.
    private enum Turn: Int, CaseIterable { case own, outbound, inbound }

    let bounds: Bounds
    private var waiting: [UInt64: Applicant] = [:]
    /// The keys of `waiting`, sorted.
    private var shorts: [UInt64] = []
    private var bySubnet: [Subnet: [UInt64]] = [:]
    private var lanes: OrderedDictionary<LinkID, Lane> = [:]
    /// Links over which a false puzzle came: theirs are checked when nothing else waits.
    private(set) var distrusted: Set<LinkID> = []
    /// What is being checked, by the name of the claim.
    private var asked: [Bytes32: Question] = [:]
    private var batches = 0
    private var turn = 0
    private var turns: UInt64 = 0

    init(_ bounds: Bounds) { self.bounds = bounds }

    var count: Int { waiting.count }

    subscript(short: UInt64) -> Applicant? { waiting[short] }

    /// The short ids within these bounds, both included, in their order.
    func shorts(from low: UInt64, to high: UInt64) -> ArraySlice<UInt64> {
        let start = position(of: low)
        let end = high == .max ? shorts.count : position(of: high + 1)
        return start < end ? shorts[start..<end] : []
    }

    private func position(of short: UInt64) -> Int {
        var low = 0
        var high = shorts.count
        while low < high {
            let middle = (low + high) / 2
            if shorts[middle] < short { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Coming and going

    /// Takes one in, or one in the place of an older one of the same owner. False if there is no room.
    mutating func insert(_ applicant: Applicant) -> Bool {
        guard let payer = applicant.payer else { return false }
        // A lane keeps its turn, even if this was the only one in it.
        let links = [payer.link, waiting[applicant.short]?.payer?.link].compactMap(\.self)
        let turns = links.map { ($0, lanes[$0]?.served) }
        defer { for case (let link, let served?) in turns { lanes[link]?.served = served } }
        let older = remove(applicant.short)
        guard let leaving = room(for: applicant, from: payer.link) else {
            if let older { add(older) }
            return false
        }
        for short in leaving { _ = remove(short) }
        add(applicant)
        return true
    }

    private mutating func add(_ applicant: Applicant) {
        var applicant = applicant
        applicant.isAsked = asked[applicant.name] != nil
        let short = applicant.short
        waiting[short] = applicant
        shorts.insert(short, at: position(of: short))
        for subnet in applicant.subnets { bySubnet[subnet, default: []].append(short) }
        enqueue(applicant)
    }

    mutating func remove(_ short: UInt64) -> Applicant? {
        guard let applicant = waiting[short] else { return nil }
        dequeue(applicant)
        if applicant.isAsked { asked[applicant.name]?.payers = applicant.payers }
        waiting[short] = nil
        let place = position(of: short)
        if place < shorts.count, shorts[place] == short { shorts.remove(at: place) }
        for subnet in applicant.subnets {
            bySubnet[subnet]?.removeAll { $0 == short }
            if bySubnet[subnet]?.isEmpty == true { bySubnet[subnet] = nil }
        }
        return applicant
    }

    /// Changes one, and its place in the order if that follows.
    mutating func update(_ short: UInt64, _ change: (inout Applicant) -> Void) {
        guard var applicant = waiting[short] else { return }
        let before = applicant
        change(&applicant)
        waiting[short] = applicant
        guard applicant.payer != before.payer || applicant.urgency != before.urgency else { return }
        // Its lane keeps its turn, even if it was the only one in it.
        let served = before.payer.flatMap { lanes[$0.link]?.served }
        dequeue(before)
        enqueue(applicant)
        if let link = applicant.payer?.link, link == before.payer?.link, let served { lanes[link]?.served = served }
    }

    private mutating func enqueue(_ applicant: Applicant) {
        guard !applicant.isAsked, let payer = applicant.payer else { return }
        turns += 1
        lanes[payer.link, default: Lane(isOutbound: payer.isOutbound, served: turns)]
            .queues[applicant.urgency.rawValue].append(applicant.short)
    }

    /// What is being checked is in no lane any more.
    private mutating func dequeue(_ applicant: Applicant) {
        guard let payer = applicant.payer else { return }
        lanes[payer.link]?.queues[applicant.urgency.rawValue].removeAll { $0 == applicant.short }
        if lanes[payer.link]?.isEmpty == true { lanes[payer.link] = nil }
    }

    // MARK: Room

    /// Who leaves for this one: of whoever has brought most of those it competes with, the last. Nil when nobody has
    /// brought more than its own link.
    private func room(for applicant: Applicant, from link: LinkID) -> [UInt64]? {
        var leaving: [UInt64] = []
        for subnet in applicant.subnets {
            let there = (bySubnet[subnet] ?? []).filter { !leaving.contains($0) }
            guard there.count >= (subnet.isWide ? bounds.perWideSubnet : bounds.perSubnet) else { continue }
            var shares: OrderedDictionary<LinkID, [UInt64]> = [:]
            for short in there {
                guard let rival = waiting[short], !rival.isAsked, let payer = rival.payer else { continue }
                shares[payer.link, default: []].append(short)
            }
            let largest = largest(of: shares.elements.map { ($0.key, $0.value.count) }, beside: link)
            guard let largest, let last = lanes[largest]?.last(among: Set(shares[largest] ?? [])) else { return nil }
            leaving.append(last)
        }
        guard waiting.count - leaving.count >= bounds.capacity else { return leaving }
        guard let largest = largest(of: lanes.elements.map { ($0.key, $0.value.count) }, beside: link),
            let last = lanes[largest]?.queues.last(where: { !$0.isEmpty })?.last
        else { return nil }
        return leaving + [last]
    }

    /// The link with the largest share, a distrusted one before all others; nil if `link` would have as much.
    private func largest(of shares: [(link: LinkID, count: Int)], beside link: LinkID) -> LinkID? {
        let weighed = shares.filter { $0.link != link }.map {
            (link: $0.link, weight: distrusted.contains($0.link) ? Int.max : $0.count)
        }
        let own = distrusted.contains(link) ? Int.max : shares.first { $0.link == link }?.count ?? 0
        guard let most = weighed.max(by: { ($0.weight, $0.link) < ($1.weight, $1.link) }) else { return nil }
        return most.weight - 1 > own ? most.link : nil
    }

    // MARK: Checking

    /// The next ones whose puzzles shall be checked; empty if none waits, or enough are being checked.
    mutating func nextBatch(of size: Int) -> [PuzzleClaim] {
        guard batches < MembershipLimits.batchesAtOnce else { return [] }
        var claims: [PuzzleClaim] = []
        while claims.count < size, let short = takeNext(), let applicant = waiting[short] {
            waiting[short]?.isAsked = true
            asked[applicant.name] = Question(short: short, payers: applicant.payers)
            claims.append(applicant.claim)
        }
        if !claims.isEmpty { batches += 1 }
        return claims
    }

    private mutating func takeNext() -> UInt64? {
        for step in 0..<Turn.allCases.count {
            let number = (turn + step) % Turn.allCases.count
            guard let turn = Turn(rawValue: number), let link = next({ Self.belongs($0, to: turn) }, isTrusted: true)
            else {
                continue
            }
            self.turn = number + 1
            return serve(link)
        }
        return next({ _ in true }, isTrusted: false).flatMap { serve($0) }
    }

    private static func belongs(_ lane: Lane, to turn: Turn) -> Bool {
        switch turn {
        case .own: lane.has(.own)
        case .outbound: lane.isOutbound
        case .inbound: !lane.isOutbound
        }
    }

    private func next(_ isMeant: (Lane) -> Bool, isTrusted: Bool) -> LinkID? {
        lanes.filter { distrusted.contains($0.key) != isTrusted && isMeant($0.value) }
            .min { $0.value.served < $1.value.served }?.key
    }

    private mutating func serve(_ link: LinkID) -> UInt64? {
        turns += 1
        lanes[link]?.served = turns
        defer { if lanes[link]?.isEmpty == true { lanes[link] = nil } }
        return lanes[link]?.takeFirst()
    }

    mutating func batchEnded() { batches = max(0, batches - 1) }

    /// What was asked is known. Who waited for it, if it still does, and who pays if it is false, if anybody does; nil if
    /// nobody had asked.
    mutating func answered(
        _ name: Bytes32, _ short: UInt64, isLive: (LinkID) -> Bool
    ) -> (applicant: Applicant?, payer: LinkID?)? {
        guard let question = asked.removeValue(forKey: name) else { return nil }
        guard let applicant = waiting[short], applicant.name == name else {
            return (nil, first(of: question.payers.filter { isLive($0.link) })?.link)
        }
        _ = remove(short)
        return (applicant, applicant.payer?.link)
    }

    // MARK: Links

    /// It came over one more link; from a blamed one that takes it over.
    mutating func cameAgain(_ short: UInt64, from bringer: Applicant.Bringer, isLive: (LinkID) -> Bool) {
        let isBlamed = waiting[short]?.payer.map { distrusted.contains($0.link) } == true
        let takesOver = isBlamed && !distrusted.contains(bringer.link)
        update(short) { applicant in
            // Those that have ended are nobody's way any more.
            let payer = applicant.payer
            applicant.bringers.removeAll { $0 != payer && !isLive($0.link) }
            if takesOver { applicant.hand(to: bringer) } else { applicant.cameAgain(from: bringer) }
        }
    }

    /// A false puzzle came over it. What others have brought as well goes on over theirs; the rest comes last.
    mutating func distrust(_ link: LinkID, isLive: (LinkID) -> Bool) {
        distrusted.insert(link)
        for short in brought(link) {
            guard let next = first(of: heirs(of: short, after: link, isLive)), !distrusted.contains(next.link)
            else { continue }
            update(short) { $0.hand(to: next) }
        }
    }

    /// It has ended, and what only it has brought goes with it, but for what is being checked. Returns how many those
    /// are.
    mutating func ended(_ link: LinkID, isLive: (LinkID) -> Bool) -> Int {
        distrusted.remove(link)
        var gone = 0
        for short in brought(link) {
            if let next = first(of: heirs(of: short, after: link, isLive)) {
                update(short) { $0.hand(to: next) }
            } else if waiting[short]?.isAsked == true {
                update(short) { $0.orphan() }
            } else {
                gone += 1
                _ = remove(short)
            }
        }
        return gone
    }

    /// What counts as this link's, in the order in which it is checked: what is being checked comes first.
    private func brought(_ link: LinkID) -> [UInt64] {
        // A name that is being checked may be an older record's than the one that waits now.
        let asked = asked.compactMap { name, question in
            let waits = waiting[question.short]
            return waits?.name == name && waits?.payer?.link == link ? question.short : nil
        }
        return asked.sorted() + (lanes[link]?.queues.flatMap(\.self) ?? [])
    }

    /// Of several who is asked before the others: one that was not blamed.
    private func first(of bringers: [Applicant.Bringer]) -> Applicant.Bringer? {
        bringers.first { !distrusted.contains($0.link) } ?? bringers.first
    }

    private func heirs(of short: UInt64, after link: LinkID, _ isLive: (LinkID) -> Bool) -> [Applicant.Bringer] {
        waiting[short]?.bringers.filter { $0.link != link && isLive($0.link) } ?? []
    }
}
