// The links as this engine needs to know them: who is at the other end, what they have cost so far, and what
// they say about the time.

internal import Essentials
internal import Identity
internal import OrderedCollections

struct Link: Sendable {
    typealias ID = Membership.LinkID

    let id: ID
    /// Nil for a leaf.
    let peer: NodeKey?
    let isLeaf: Bool
    let isOutbound: Bool
    let since: Moment
    /// This node was a leaf when the link came up, and the other end still takes it for one.
    var isAsLeaf = false
    /// Made only to see whether somebody is there, and to compare tables.
    var isFeeler = false
    /// Inbound when there were enough already.
    var isGuest = false
    /// When the other end last said anything to this engine.
    var heard: Moment
    var violations = 0
    var offset: OffsetSample?
    /// The shortest that was measured.
    var roundTrip: Span?
    /// Whether heartbeats travel over it.
    var isEager = false
    /// Until then nothing more is pruned here, so that whoever repeats itself is not answered each time.
    var prunedUntil = Moment.origin
    var comparison = Comparison()
    /// How many lines the other end's table has, as it says.
    var tableCount: Int?
    /// Pulls and comparisons.
    var exchange: TokenBucket
    var answers: TokenBucket
    var intake: TokenBucket
    /// Looks at signatures that were nobody else's share.
    var looks = 0
    var wants: TokenBucket
    var asks: TokenBucket
    var challenges: TokenBucket

    init(id: ID, peer: NodeKey?, isLeaf: Bool, isOutbound: Bool, at now: Moment) {
        typealias Limits = MembershipLimits
        self.id = id
        self.peer = peer
        self.isLeaf = isLeaf
        self.isOutbound = isOutbound
        since = now
        heard = now
        exchange = TokenBucket(capacity: Limits.exchangeBurst, perSecond: Limits.exchangePerSecond, at: now)
        answers = TokenBucket(capacity: Limits.answerBytesBurst, perSecond: Limits.answerBytesPerSecond, at: now)
        intake = TokenBucket(capacity: Limits.intakeBurst, perSecond: Limits.intakePerSecond, at: now)
        wants = TokenBucket(capacity: Limits.wantsBurst, perSecond: Limits.wantsPerSecond, at: now)
        asks = TokenBucket(capacity: Limits.errandBurst, perSecond: 1, at: now)
        challenges = TokenBucket(capacity: Limits.challengeBurst, perSecond: Limits.challengesPerSecond, at: now)
    }
}

/// What came of comparing tables over one link. Where differences remain that bring nothing, because one side does not
/// take what the other has, comparing rests for longer and longer.
struct Comparison: Sendable {
    private var hasDiffered = false
    private var hasBrought = false
    private var fruitless: Int64 = 0
    private var restsUntil = Moment.origin

    func isResting(at now: Moment) -> Bool { now < restsUntil }

    /// The next one begins; the last one is judged.
    mutating func begin(at now: Moment) {
        fruitless = hasDiffered && !hasBrought ? min(fruitless + 1, 16) : 0
        if fruitless > 1 {
            let rest = MembershipLimits.roundInterval * (Int64(1) << fruitless)
            restsUntil = now + min(rest, MembershipLimits.restLongest)
        }
        hasDiffered = false
        hasBrought = false
    }

    mutating func differs() { hasDiffered = true }
    mutating func brings() { hasBrought = true }
}

/// All links: the few to members and the many to leaves apart.
struct LinkTable: Sendable {
    var members: OrderedDictionary<Link.ID, Link> = [:]
    var leaves: OrderedDictionary<Link.ID, Link> = [:]

    subscript(id: Link.ID) -> Link? { members[id] ?? leaves[id] }

    /// Links on which both ends are members.
    var peers: [Link] { members.values.filter { !$0.isAsLeaf } }

    func inboundCount(areGuests: Bool) -> Int { peers.count { !$0.isOutbound && $0.isGuest == areGuests } }

    /// The inbound links that have a place.
    var inbound: [Link] { peers.filter { !$0.isOutbound && !$0.isGuest } }

    func links(to peer: NodeKey) -> [Link] { peers.filter { $0.peer == peer } }

    func isLinked(_ peer: NodeKey) -> Bool { members.values.contains { !$0.isAsLeaf && $0.peer == peer } }

    /// Everybody to whom `isLinked` says yes.
    var linkedPeers: Set<NodeKey> { Set(members.values.lazy.filter { !$0.isAsLeaf }.compactMap(\.peer)) }

    mutating func insert(_ link: Link) {
        if link.isLeaf { leaves[link.id] = link } else { members[link.id] = link }
    }

    /// The link that was there.
    mutating func remove(_ id: Link.ID) -> Link? { members.removeValue(forKey: id) ?? leaves.removeValue(forKey: id) }

    /// Changes a link in place.
    mutating func update<Result>(_ id: Link.ID, _ change: (inout Link) -> Result) -> Result? {
        if let index = members.index(forKey: id) { return change(&members.values[index]) }
        if let index = leaves.index(forKey: id) { return change(&leaves.values[index]) }
        return nil
    }
}
