// The calls that decide whether a line of the table makes room for a newcomer: a few at a time, one in each bucket, and
// who did not answer is not taken back at once. Protocol/04-membership.md, "The table".

internal import Essentials
internal import Identity
internal import OrderedCollections

struct Trials: Sendable {
    /// Who is being called, and in which bucket of the table it stands.
    private var running: OrderedDictionary<NodeKey, Int> = [:]
    private var lost: OrderedDictionary<NodeKey, Moment> = [:]
    private var pace: TokenBucket

    init(at now: Moment) { pace = TokenBucket(capacity: MembershipLimits.trialBurst, perSecond: 1, at: now) }

    /// Whether one more may be called now; it counts as called if so.
    mutating func begin(_ nodeKey: NodeKey, in bucket: Int, at now: Moment) -> Bool {
        guard running.count < MembershipLimits.trialsAtOnce, !running.values.contains(bucket) else { return false }
        guard pace.take(MembershipLimits.trialCost, at: now) else { return false }
        running[nodeKey] = bucket
        return true
    }

    /// It answered or did not, or is forgotten. True when it was being called.
    mutating func end(_ nodeKey: NodeKey) -> Bool { running.removeValue(forKey: nodeKey) != nil }

    mutating func remember(_ nodeKey: NodeKey, at now: Moment) {
        lost[nodeKey] = nil
        if lost.count >= MembershipLimits.trialsRemembered { lost.removeFirst() }
        lost[nodeKey] = now + MembershipLimits.trialMemory
    }

    func isLost(_ nodeKey: NodeKey, at now: Moment) -> Bool { lost[nodeKey].map { now < $0 } ?? false }
}
