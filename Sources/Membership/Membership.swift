// Who is in the mesh: the table of signed records, who is present, how that spreads over links, which links a
// member keeps, and what time it is. Protocol/04-membership.md is what it implements.
//
// A value: time and randomness come in as arguments, everything it wants goes out as effects. Nobody but its
// owner can change a member's line in the table, and nothing but silence takes a member out of presence.

public import Essentials
public import Identity
internal import OrderedCollections
public import Sodium
public import Wire

/// The membership engine of one node.
public struct Membership: Sendable {
    let policy: NetworkPolicy
    /// Nil for a node that never publishes.
    let ownKey: NodeKey?
    let ownShort: UInt64?
    var isMember: Bool

    var table: Table
    var trials: Trials
    var asks: Asks
    var errands: Errands
    var equivocators = Equivocators(capacity: MembershipLimits.equivocators)
    var applicants: Applicants
    var failedPuzzles = RecentSet<Bytes32>(capacity: MembershipLimits.failedPuzzlesRemembered)
    /// Solved by somebody for whom there was no room then.
    var solvedPuzzles: OrderedDictionary<Bytes32, PlacementKey> = [:]
    /// The last record of an owner that was older than the one in the table, unverified.
    var olderRecords: OrderedDictionary<UInt64, Unverified<NodeRecord>> = [:]
    var publication: Publication
    var outbox: Outbox
    var linkTable = LinkTable()
    var intake: Intake
    var choice: LinkChoice
    var time: MeshTime
    var timers = Timers<Wake>()
    var fetches = Fetches()
    /// When somebody was last asked for everything.
    var emptyAsked: Moment?
    var pruner: Pruner?
    /// When two links last came into the tree in place of one.
    var replaced: Moment?
    var rounds: UInt64 = 0
    /// When the last input came, and until when what is read may have waited while this node was stopped.
    var lastTurn: Moment
    var caughtUp = Moment.origin
    /// When what waits in the outbox leaves.
    var flushDue: Moment?

    /// What the input at hand has led to so far; empty between inputs.
    var effects: [MembershipEffect] = []
    var isTableChanged = false

    /// What a deadline is for.
    enum Wake: Hashable, Sendable {
        case renewRecord
        case heartbeat
        case flush
        case exchangeRound
        case maintainLinks
        case resetSlot
        case feeler
        case feelerDone(LinkID)
        case guestGoes(LinkID)
        case settleDuplicate(NodeKey)
        case dialUnanswered(NodeKey)
        case askUnanswered(NodeKey)
        case adjustClock
        case sweep
    }

    /// - Parameters:
    ///   - own: this node's key; nil if it has none.
    ///   - isMember: whether it publishes from the start.
    ///   - restored: what `.store` kept. Each is verified again; one that has expired is still somebody to dial.
    ///   - anchors: what `.keepAnchors` kept.
    ///   - lastSeq: the highest seq that this node ever signed, as far as it remembers.
    public init(
        policy: NetworkPolicy, own: NodeKey?, isMember: Bool, restored: [Signed], anchors: [NodeKey],
        clock: MeshClock, lastSeq: UInt64 = 0, at now: Moment
    ) {
        self.policy = policy
        ownKey = own
        ownShort = own?.short
        self.isMember = isMember && own != nil
        table = Table(TableBounds(for: policy.kind))
        applicants = Applicants(Applicants.Bounds(for: policy.kind))
        trials = Trials(at: now)
        asks = Asks(at: now)
        errands = Errands(at: now)
        publication = Publication(lastSeq: lastSeq)
        outbox = Outbox(at: now)
        intake = Intake(at: now)
        choice = LinkChoice(anchors: anchors)
        time = MeshTime(clock: clock)
        lastTurn = now
        restore(restored, at: now)
        timers.arm(.exchangeRound, at: now + MembershipLimits.roundInterval)
        timers.arm(.sweep, at: now + MembershipLimits.sweepInterval)
        if self.isMember { beginMembership(at: now) }
    }

    /// Takes an event and says what follows from it.
    public mutating func handle(
        _ input: MembershipInput, at now: Moment, using random: inout RandomStream
    ) -> [MembershipEffect] {
        if !table.isKeyed { table.key(with: random.bytes32()) }
        noticeStop(at: now)
        fireTimers(at: now, using: &random)
        if let speaker = input.speaker { linkTable.update(speaker) { $0.heard = now } }
        switch input {
        case .linkUp(let link, let peer, let isLeaf, let outbound):
            linkUp(link, peer: peer, isLeaf: isLeaf, outbound: outbound, at: now, using: &random)
        case .linkDown(let link, let isSilent): linkDown(link, isSilent: isSilent, at: now, using: &random)
        case .dialFailed(let peer): dialFailed(peer, at: now, using: &random)
        case .pullReceived(let link, let pull): answer(pull, from: link, at: now, using: &random)
        case .pushReceived(let link, let push): take(push, from: link, at: now)
        case .compareReceived(let link, let compare): answer(compare, from: link, at: now, using: &random)
        case .pruneReceived(let link): pruned(link)
        case .graftReceived(let link): grafted(link)
        case .askReceived(let link, let ask): askReceived(ask, from: link, at: now)
        case .challengeReceived(let link, let challenge): challengeReceived(challenge, from: link, at: now)
        case .aliveReceived(let link, let alive): aliveReceived(alive, over: link, at: now)
        case .offsetMeasured(let link, let offset, let meshOffset, let uncertainty):
            offsetMeasured(link, offset: offset, meshOffset: meshOffset, uncertainty: uncertainty, at: now)
        case .wallClockRead(let wall): wallClockRead(wall, at: now)
        case .becameMember: becameMember(at: now)
        case .descriptionChanged: descriptionChanged(at: now)
        case .recordSigned(let signed): recordSigned(signed, at: now, using: &random)
        case .heartbeatSigned(let signed): heartbeatSigned(signed, at: now)
        case .puzzlesChecked(let findings): puzzlesChecked(findings, at: now)
        case .timerFired: break
        }
        askForChecks()
        if isTableChanged { effects.append(.tableChanged) }
        isTableChanged = false
        defer { effects = [] }
        return effects
    }

    /// When `.timerFired` is wanted next.
    public mutating func nextDeadline() -> Moment? {
        guard let absence = table.nextAbsence() else { return timers.next() }
        return timers.next().map { min($0, absence) } ?? absence
    }

    private mutating func fireTimers(at now: Moment, using random: inout RandomStream) {
        while true {
            // What is due comes in its order, whichever of the two it is in.
            if let absence = table.nextAbsence(), absence <= now, timers.next().map({ absence <= $0 }) ?? true {
                if let short = table.firstAbsence(by: now) { refreshPresence(short, at: now) }
                continue
            }
            guard let wake = timers.pop(at: now) else { return }
            switch wake {
            case .renewRecord: publishRecord(at: now, using: &random)
            case .heartbeat: publishHeartbeat(at: now, using: &random)
            case .flush: flush(at: now)
            case .exchangeRound: exchangeRound(at: now, using: &random)
            case .maintainLinks: maintainLinks(at: now, using: &random)
            case .resetSlot: resetSlot(at: now, using: &random)
            case .feeler: sendFeeler(at: now, using: &random)
            case .feelerDone(let link): feelerDone(link, at: now)
            case .guestGoes(let link): guestGoes(link, at: now, using: &random)
            case .settleDuplicate(let peer): settleDuplicate(peer, at: now)
            case .dialUnanswered(let peer): dialUnanswered(peer, at: now, using: &random)
            case .askUnanswered(let peer): askEnds(peer, isAnswered: false, at: now)
            case .adjustClock: adjustClock(at: now)
            case .sweep: sweep(at: now)
            }
        }
    }

    mutating func count(_ counter: MembershipCounter) { effects.append(.count(counter)) }
}
