// One line of the table: what a node holds of one member.

internal import Essentials
internal import Identity
internal import Wire

struct TableEntry: Sendable {
    /// The newest heartbeat and when it came.
    struct LastHeartbeat: Sendable {
        let statement: Verified<Heartbeat>
        let received: Moment
        /// How old it was then, by mesh time: it may have come out of somebody's table.
        let age: Span
        /// True when the one before it was known and this one not overdue, so that it came fresh from its owner and not
        /// out of somebody's table.
        let isFollowing: Bool
    }

    let short: UInt64
    let nodeKey: NodeKey
    let learned: Moment
    private(set) var record: Verified<NodeRecord>
    /// Nil until the puzzle is checked.
    private(set) var placement: PlacementKey?
    /// The subnets of all addresses, each once: the first address's first, and the wide ones after all others.
    private(set) var subnets: [Subnet]
    /// This node has called it and was answered by its key.
    private(set) var isVerified = false
    /// In which of its subnets that is certain.
    private(set) var answeredIn: [Subnet] = []
    private(set) var heartbeat: LastHeartbeat?
    var isPresent = false
    /// When something new of this member was last received.
    private(set) var touched: Moment
    private var renewalWindow: Moment
    private var renewals = 0

    init(_ record: Verified<NodeRecord>, placement: PlacementKey?, policy: NetworkPolicy, at now: Moment) {
        short = record.nodeKey.short
        nodeKey = record.nodeKey
        learned = now
        self.record = record
        self.placement = placement
        subnets = Self.subnets(of: record, policy)
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
        renewals += 1
        record = newer
        self.placement = placement
        let before = subnets
        subnets = Self.subnets(of: newer, policy)
        touched = now
        // Having answered counts for where it did, and not for wherever its owner says it has moved.
        answeredIn = answeredIn.filter { subnets.contains($0) }
        isVerified = isVerified && subnets.contains { !$0.isWide && before.contains($0) }
    }

    /// It answered a call to these addresses. Of several it is not known which one it was.
    mutating func answered(at called: [Endpoint], policy: NetworkPolicy) {
        isVerified = true
        let possible = Self.subnets(of: called, policy)
        guard possible.count(where: { !$0.isWide }) == 1 else { return }
        answeredIn += possible.filter { subnets.contains($0) && !answeredIn.contains($0) }
    }

    /// False when the owner has renewed its record too often lately.
    func mayRenew(at now: Moment) -> Bool {
        renewals < MembershipLimits.renewalsPerWindow || now - renewalWindow >= MembershipLimits.renewalWindow
    }

    mutating func place(_ placement: PlacementKey) { self.placement = placement }

    mutating func hear(_ statement: Verified<Heartbeat>, age: Span, isOverdue: Bool = false, at now: Moment) {
        heartbeat = LastHeartbeat(
            statement: statement, received: now, age: max(.zero, age), isFollowing: heartbeat != nil && !isOverdue)
        touched = now
    }

    /// The subnets in which links should differ: in the open mesh the wide ones, since whoever has one small subnet of
    /// those easily has more; elsewhere the others.
    func apart(in policy: NetworkPolicy) -> [Subnet] { subnets.filter { $0.isWide == (policy.kind == .open) } }

    /// Whether the record still stands at this mesh time.
    func isUnexpired(at meshTime: WallTime) -> Bool { meshTime < record.expires }

    var member: Member {
        Member(
            nodeKey: nodeKey, channelKey: record.channelKey, endpoints: record.addresses, placement: placement,
            capabilities: record.capabilities, subnets: subnets.filter { !$0.isWide }, isPresent: isPresent,
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
