// One line of the table: what a node holds of one member.

internal import Essentials
internal import Identity
internal import Wire

struct TableEntry: Sendable {
    /// The newest heartbeat and when it came. Apart from the line, which is copied more often than this changes.
    final class LastHeartbeat: Sendable {
        let statement: Verified<Heartbeat>
        let received: Moment
        /// How old it was then, by mesh time: it may have come out of somebody's table.
        let age: Span
        /// How it came, after the one before.
        let arrival: Arrival
        /// Since when its owner has been heard without a gap.
        let heardSince: Moment
        /// It took all links, so that over which of them it came first says nothing about the tree.
        let isForAll: Bool

        init(
            _ statement: Verified<Heartbeat>, received: Moment, age: Span = .zero, arrival: Arrival = .first,
            heardSince: Moment? = nil, isForAll: Bool = false
        ) {
            self.statement = statement
            self.received = received
            self.age = max(.zero, age)
            self.arrival = arrival
            self.heardSince = heardSince ?? received
            self.isForAll = isForAll
        }

        /// How much of the span for which it would count is over when it comes: its age. But half of the span at most
        /// where nothing else says that it is old, so that a wrong clock makes nobody absent who speaks in time.
        func spent(of span: Span) -> Span {
            switch arrival {
            case .first, .following: min(age, span / 2)
            case .late, .recorded: age
            }
        }

        /// When the next one is due over the tree.
        var overdueFrom: Moment { received + MembershipLimits.overdue(after: statement.period) }

        /// From when on the next one is asked for.
        var askedFrom: Moment { received + MembershipLimits.asked(after: statement.period, age: age) }

        /// Whether it came after another one and in time, whatever it says of the time.
        var isInTime: Bool { arrival == .following || arrival == .recorded }

        /// What is old is passed on only where the one before shows that its owner's clock is behind.
        func goesOn(counting span: Span) -> Bool { arrival == .following || age <= span / 2 }

        /// How a newer one comes.
        /// - Parameters:
        ///   - age: how old it is then, by mesh time.
        ///   - isOverdue: whether this one was overdue by then.
        func arrival(of newer: Verified<Heartbeat>, age: Span, isOverdue: Bool, at moment: Moment) -> Arrival {
            // What has waited somewhere comes all at once.
            if isOverdue || moment - received < (newer.time - statement.time) / 2 { return .late }
            // Moments and an age, since mesh time may have jumped between the two.
            return age > moment - heardSince ? .recorded : .following
        }
    }

    enum Arrival: Sendable {
        /// None of its owner was known.
        case first
        /// After another one and in time, and made since its owner is heard: it came fresh from there.
        case following
        /// After another one and in time, but made before that: it may be from a recording that somebody plays.
        case recorded
        /// After another one, and overdue or in a row that has waited.
        case late
    }

    /// What follows from a record, once for all who hold it: lines are copied often and records seldom change.
    private final class Described: Sendable {
        let short: UInt64
        let record: Verified<NodeRecord>
        let placement: PlacementKey?
        let subnets: [Subnet]
        /// Those of them that are not wide.
        let narrow: [Subnet]

        init(_ record: Verified<NodeRecord>, _ short: UInt64, _ placement: PlacementKey?, _ subnets: [Subnet]) {
            self.short = short
            self.record = record
            self.placement = placement
            self.subnets = subnets
            narrow = subnets.filter { !$0.isWide }
        }
    }

    private var described: Described
    /// Of the record, where walks find it without going further.
    private(set) var seq: UInt64
    private(set) var expires: WallTime
    let learned: Moment
    /// In which of its subnets it is certain that this node has reached it.
    private(set) var answeredIn: [Subnet] = []
    private(set) var heartbeat: LastHeartbeat?
    /// Until when it is present; nil while it is not.
    private(set) var presentUntil: Moment?
    /// When something new of this member was last received.
    private(set) var touched: Moment
    private var renewalWindow: Moment
    private var renewals: UInt8 = 0
    /// This node has called it and was answered by its key.
    private(set) var isVerified = false

    var short: UInt64 { described.short }
    var nodeKey: NodeKey { described.record.nodeKey }
    var record: Verified<NodeRecord> { described.record }
    /// Nil until the puzzle is checked.
    var placement: PlacementKey? { described.placement }
    /// The subnets of all addresses, each once: the first address's first, and the wide ones after all others.
    var subnets: [Subnet] { described.subnets }
    var isPresent: Bool { presentUntil != nil }
    /// When the tree should have brought its next heartbeat; nil before the first.
    var overdueFrom: Moment? { heartbeat?.overdueFrom }

    init(_ record: Verified<NodeRecord>, placement: PlacementKey?, policy: NetworkPolicy, at now: Moment) {
        described = Described(record, record.nodeKey.short, placement, Self.subnets(of: record, policy))
        seq = record.seq
        expires = record.expires
        learned = now
        touched = now
        renewalWindow = now
    }

    /// Puts a newer record in the place of the old one.
    mutating func renew(
        _ newer: Verified<NodeRecord>, placement: PlacementKey?, policy: NetworkPolicy, at now: Moment
    ) {
        if now - renewalWindow >= MembershipLimits.renewalWindow {
            renewalWindow = now
            renewals = 0
        }
        renewals = renewals < .max ? renewals + 1 : renewals
        let before = subnets
        let subnets = Self.subnets(of: newer, policy)
        described = Described(newer, short, placement, subnets)
        seq = newer.seq
        expires = newer.expires
        touched = now
        // Having answered counts for where it did, and not for wherever its owner says it has moved.
        answeredIn = answeredIn.filter { subnets.contains($0) }
        isVerified = isVerified && subnets.contains { !$0.isWide && before.contains($0) }
    }

    /// It answered a call to these addresses. Of several it is not known which one it was, so only what all are in counts.
    mutating func answered(at called: [Endpoint], policy: NetworkPolicy) {
        isVerified = true
        let certain = Self.subnets(of: called, policy).filter { subnet in
            called.allSatisfy { (subnet.isWide ? policy.wideSubnet(of: $0) : policy.subnet(of: $0)) == subnet }
        }
        answeredIn += certain.filter { subnets.contains($0) && !answeredIn.contains($0) }
    }

    /// False when the owner has renewed its record too often lately.
    func mayRenew(at now: Moment) -> Bool {
        renewals < MembershipLimits.renewalsPerWindow || now - renewalWindow >= MembershipLimits.renewalWindow
    }

    mutating func place(_ placement: PlacementKey) {
        described = Described(record, short, placement, subnets)
    }

    mutating func stay(until moment: Moment?) { presentUntil = moment }

    mutating func hear(_ last: LastHeartbeat) {
        heartbeat = last
        // One that waited with an applicant may be older than the line.
        touched = max(touched, last.received)
    }

    /// Whether a heartbeat of this time is the first since the newest record. Its owner has started anew, or moved.
    func opensRecord(_ time: UInt64) -> Bool {
        guard let last = heartbeat else { return true }
        return last.statement.body.time < seq && seq <= time
    }

    /// The subnets in which links should differ: in the open mesh the wide ones, since whoever has one small subnet of
    /// those easily has more; elsewhere the others.
    func apart(in policy: NetworkPolicy) -> [Subnet] { subnets.filter { $0.isWide == (policy.kind == .open) } }

    /// Whether none of those subnets is among `taken`.
    func isApart(from taken: Set<Subnet>, in policy: NetworkPolicy) -> Bool {
        let isWide = policy.kind == .open
        return !subnets.contains { $0.isWide == isWide && taken.contains($0) }
    }

    /// Whether the record still stands at this mesh time.
    func isUnexpired(at meshTime: WallTime) -> Bool { meshTime < expires }

    var member: Member {
        Member(
            nodeKey: nodeKey, channelKey: record.channelKey, endpoints: record.addresses, placement: placement,
            capabilities: record.capabilities, subnets: described.narrow, isPresent: isPresent,
            lastHeartbeat: heartbeat?.received)
    }

    static func subnets(of record: Verified<NodeRecord>, _ policy: NetworkPolicy) -> [Subnet] {
        subnets(of: record.addresses, policy)
    }

    private static func subnets(of addresses: [Endpoint], _ policy: NetworkPolicy) -> [Subnet] {
        var subnets: [Subnet] = []
        for subnet in addresses.map(policy.subnet(of:)) + addresses.map(policy.wideSubnet(of:))
        where !subnets.contains(subnet) {
            subnets.append(subnet)
        }
        return subnets
    }
}
