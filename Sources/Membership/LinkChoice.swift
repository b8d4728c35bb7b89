// Whom a member wants to be linked with. Each of eight slots ranks everybody by a hash over a secret seed of its
// own (as BASALT does), so that nobody can make itself more likely to be chosen, however often it is named; and
// slots prefer distinct subnets. Protocol/04-membership.md, "Links".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Sodium
internal import Wire

struct LinkChoice: Sendable {
    struct Slot: Sendable {
        var seed: Bytes32
        /// Who is dialled for this slot, or linked.
        var peer: NodeKey?
    }

    /// Why somebody is dialled.
    enum Purpose: Sendable {
        case kept
        case feeler
        /// Because somebody else wants to know whether it answers.
        case errand
    }

    struct Call: Sendable {
        let purpose: Purpose
        let endpoints: [Endpoint]
    }

    private struct Backoff: Sendable {
        var failures: Int64
        var until: Moment
    }

    var slots: [Slot] = []
    private(set) var nextSlot = 0
    /// From before the restart, still to be dialled.
    var anchors: [NodeKey]
    var reportedAnchors: [NodeKey]
    /// For when the next maintenance is armed.
    var maintenanceDue: Moment?
    /// For when the next feeler is armed.
    var feelerDue: Moment?
    var dialing: OrderedDictionary<NodeKey, Call> = [:]
    /// Whether somebody has answered over IPv4, over IPv6: until then a silence there may be our own network's.
    private var reaches = (v4: false, v6: false)
    /// From when on a guest may replace an inbound link.
    var inboundTurn: Moment?
    private var backoffs: [NodeKey: Backoff] = [:]
    private var bans: OrderedDictionary<NodeKey, Moment> = [:]

    init(anchors: [NodeKey]) {
        self.anchors = Array(anchors.prefix(MembershipLimits.anchors))
        reportedAnchors = self.anchors
    }

    var dialCount: Int { dialing.count }

    mutating func drawSeeds(using random: inout RandomStream) {
        while slots.count < MembershipLimits.outboundLinks { slots.append(Slot(seed: random.bytes32())) }
    }

    /// Gives the next slot in turn a new seed and empties it. Returns which one.
    mutating func resetNext(using random: inout RandomStream) -> Int? {
        guard !slots.isEmpty else { return nil }
        let index = nextSlot % slots.count
        nextSlot = index + 1
        slots[index] = Slot(seed: random.bytes32())
        return index
    }

    func holds(_ peer: NodeKey) -> Bool { slots.contains { $0.peer == peer } }

    mutating func vacate(_ peer: NodeKey) {
        for index in slots.indices where slots[index].peer == peer { slots[index].peer = nil }
    }

    /// The place of `peer` in a slot's order: the lowest is wanted most.
    static func rank(_ peer: NodeKey, seed: Bytes32) -> UInt64 {
        Blake2b.short(domain: "passant/slot/1", seed.bytes, peer.bytes.bytes)
    }

    // What this node reaches.

    /// Somebody answered at one of these.
    mutating func reached(_ endpoints: [Endpoint]) {
        if endpoints.allSatisfy(\.isV6) { reaches.v6 = true }
        if !endpoints.contains(where: \.isV6) { reaches.v4 = true }
    }

    /// Whether no answer at these says anything about who was called.
    func canReach(_ endpoints: [Endpoint]) -> Bool { endpoints.contains { $0.isV6 ? reaches.v6 : reaches.v4 } }

    // Failures and bans.

    mutating func failed(_ peer: NodeKey, extra: Span = .zero, at now: Moment, using random: inout RandomStream) {
        let failures = min((backoffs[peer]?.failures ?? 0) + 1, 16)
        let whole = min(
            MembershipLimits.backoffFirst * (Int64(1) << (failures - 1)), MembershipLimits.backoffLongest)
        let quarter = UInt64(clamping: whole.microseconds / 4)
        let spread = Span(microseconds: Int64(clamping: random.uniform(below: quarter + 1)))
        backoffs[peer] = Backoff(failures: failures, until: now + whole - spread + extra)
    }

    /// Its newer heartbeat was heard: it is worth another try. True when it was waiting for one.
    mutating func heard(_ peer: NodeKey) -> Bool { backoffs.removeValue(forKey: peer) != nil }

    mutating func ban(_ peer: NodeKey, until: Moment, at now: Moment) {
        bans[peer] = nil
        if bans.count >= MembershipLimits.bansRemembered { bans.removeFirst() }
        bans[peer] = until
    }

    func isBanned(_ peer: NodeKey, at now: Moment) -> Bool { bans[peer].map { now < $0 } ?? false }

    func isWaiting(_ peer: NodeKey, at now: Moment) -> Bool {
        isBanned(peer, at: now) || (backoffs[peer].map { now < $0.until } ?? false)
    }

    /// When the first of those who wait may be tried again.
    func earliestRetry(after now: Moment) -> Moment? {
        // The least of a set does not depend on its order.
        backoffs.values.lazy.map(\.until).filter { $0 > now }.min()
    }

    mutating func forget(_ peer: NodeKey) {
        backoffs[peer] = nil
        anchors.removeAll { $0 == peer }
        vacate(peer)
    }
}

extension Endpoint {
    fileprivate var isV6: Bool {
        switch self {
        case .v4: false
        case .v6: true
        }
    }
}
