// What this node has asked others about members that it does not reach, and what came of it. None of this touches
// anybody's presence. Protocol/04-membership.md, "Challenges".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

struct Asks: Sendable {
    /// One member, and who was asked about it.
    struct Asking: Sendable {
        /// Where an answer is of use; none: anywhere.
        let addresses: [Endpoint]
        /// The nonce that each was given, until its answer comes.
        fileprivate var open: OrderedDictionary<Membership.LinkID, Bytes32>
        /// So many answers more are enough.
        fileprivate var wanted: Int
    }

    /// A member that did not answer the last call, or fell silent.
    private struct Failure: Sendable {
        var asked: Moment?
        /// When others had an answer of it.
        var answered: Moment?
    }

    private var running: OrderedDictionary<NodeKey, Asking> = [:]
    private var failures: OrderedDictionary<NodeKey, Failure> = [:]
    private var pace: TokenBucket

    init(at now: Moment) { pace = TokenBucket(capacity: MembershipLimits.askBurst, perSecond: 1, at: now) }

    // MARK: Asking

    /// At least half of those who are asked have to bring an answer.
    mutating func begin(
        _ nodeKey: NodeKey, at addresses: [Endpoint], _ nonces: OrderedDictionary<Membership.LinkID, Bytes32>
    ) {
        running[nodeKey] = Asking(addresses: addresses, open: nonces, wanted: (nonces.count + 1) / 2)
    }

    /// Who is asked about over this link with this nonce. It is good for one answer.
    mutating func take(_ nonce: Bytes32, over link: Membership.LinkID) -> NodeKey? {
        guard let nodeKey = running.first(where: { $0.value.open[link] == nonce })?.key else { return nil }
        running[nodeKey]?.open[link] = nil
        return nodeKey
    }

    /// An answer of this member holds. True when no more are wanted.
    mutating func answered(_ nodeKey: NodeKey) -> Bool {
        running[nodeKey]?.wanted -= 1
        return running[nodeKey]?.wanted == 0
    }

    /// Whether others are being asked because a place is contested.
    func isForTrial(_ nodeKey: NodeKey) -> Bool { running[nodeKey]?.addresses.isEmpty == false }

    mutating func end(_ nodeKey: NodeKey) -> Asking? { running.removeValue(forKey: nodeKey) }

    // MARK: What this node thinks

    mutating func failed(_ nodeKey: NodeKey) {
        guard failures[nodeKey] == nil else { return }
        if failures.count >= MembershipLimits.unreachedRemembered { failures.removeFirst() }
        failures[nodeKey] = Failure()
    }

    /// Whether to ask others about somebody who did not answer; it counts as asked if so.
    mutating func mayAsk(_ nodeKey: NodeKey, at now: Moment) -> Bool {
        if let asked = failures[nodeKey]?.asked, now - asked < MembershipLimits.askSpacing { return false }
        guard pace.take(MembershipLimits.askCost, at: now) else { return false }
        failures[nodeKey]?.asked = now
        return true
    }

    mutating func answersOthers(_ nodeKey: NodeKey, at now: Moment) { failures[nodeKey]?.answered = now }

    /// It answered this node itself, or is forgotten.
    mutating func forget(_ nodeKey: NodeKey) {
        running[nodeKey] = nil
        failures[nodeKey] = nil
    }

    /// Nil for somebody who has answered the last call, or was never called.
    func opinion(of nodeKey: NodeKey, at now: Moment) -> Membership.Reach? {
        guard let failure = failures[nodeKey] else { return nil }
        let isFresh = failure.answered.map { now - $0 < MembershipLimits.answerMemory } ?? false
        return isFresh ? .answersOthers : .noAnswer
    }
}
