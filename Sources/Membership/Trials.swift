// The calls that decide whether a line of the table makes room for a newcomer: a few at a time, one in each bucket, and
// who did not answer is not taken back at once. Protocol/04-membership.md, "The table".

internal import Essentials
internal import Identity
internal import OrderedCollections
internal import Wire

struct Trials: Sendable {
    /// Who is being called, and in which bucket of the table it stands.
    private var running: OrderedDictionary<NodeKey, Int> = [:]
    private var lost: OrderedDictionary<NodeKey, Moment> = [:]
    /// Who answered others when it was called at these addresses, until when it is not called again for them.
    private var spared: OrderedDictionary<NodeKey, (addresses: [Endpoint], until: Moment)> = [:]
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

    func isRunning(_ nodeKey: NodeKey) -> Bool { running[nodeKey] != nil }

    mutating func spare(_ nodeKey: NodeKey, at addresses: [Endpoint], now: Moment) {
        spared[nodeKey] = nil
        if spared.count >= MembershipLimits.trialsRemembered { spared.removeFirst() }
        spared[nodeKey] = (addresses, now + MembershipLimits.answerMemory)
    }

    /// Whether it has answered others at nothing but these addresses not long ago.
    func isSpared(_ nodeKey: NodeKey, at addresses: [Endpoint], now: Moment) -> Bool {
        guard let answer = spared[nodeKey] else { return false }
        return now < answer.until && answer.addresses.allSatisfy(addresses.contains)
    }

    mutating func remember(_ nodeKey: NodeKey, at now: Moment) {
        lost[nodeKey] = nil
        if lost.count >= MembershipLimits.trialsRemembered { lost.removeFirst() }
        lost[nodeKey] = now + MembershipLimits.trialMemory
    }

    func isLost(_ nodeKey: NodeKey, at now: Moment) -> Bool { lost[nodeKey].map { now < $0 } ?? false }
}
