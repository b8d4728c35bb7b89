// "I am alive": the only statement about anybody's life, and only its owner can make it.
// See Protocol/01-identity.md.

public import Essentials
internal import Sodium
public import Wire

/// A member's heartbeat. From the network it comes as `Unverified<Heartbeat>`.
public struct Heartbeat: Verifiable, Hashable {
    /// What was signed, with its signature: the form in which a heartbeat is passed on.
    public let signed: Signed
    public let body: HeartbeatBody

    public static let domain = "passant/heartbeat/1"

    /// The short id of the member it speaks about.
    public var node: UInt64 { body.node }
    /// Mesh time at the owner when it was made.
    public var time: WallTime { WallTime(milliseconds: body.time) }
    public var period: Span { .milliseconds(Int64(body.period)) }

    fileprivate init(decoding signed: Signed) throws(WireFault) {
        body = try HeartbeatBody(decoding: signed.body)
        self.signed = signed
    }

    /// What the reader of a heartbeat knows.
    public struct Context: Sendable {
        /// Whose heartbeat it claims to be, from that member's record.
        public let owner: NodeKey
        public let policy: NetworkPolicy
        /// Mesh time.
        public let now: WallTime
        /// The time of the last one that was accepted from the same owner.
        public let previous: WallTime?

        public init(owner: NodeKey, policy: NetworkPolicy, now: WallTime, previous: WallTime?) {
            self.owner = owner
            self.policy = policy
            self.now = now
            self.previous = previous
        }
    }

    /// Newer than the last, about now, of a period that the mesh allows, and signed by its owner.
    public func check(in context: Context) throws(HeartbeatFault) {
        let policy = context.policy
        guard node == context.owner.short else { throw .wrongOwner }
        guard period >= policy.heartbeatBase, period <= policy.heartbeatLongest else { throw .periodOutOfRange }
        if let previous = context.previous, time <= previous { throw .notNewer }
        let tolerance = period * policy.heartbeatTolerancePeriods + policy.heartbeatTolerance
        guard (time - context.now).magnitude <= tolerance else { throw .outOfTime }
        let message = Signed.message(domain: Self.domain, network: policy.id, body: signed.body)
        guard Ed25519.verify(signature: signed.signature, of: message, by: context.owner.bytes) else {
            throw .badSignature
        }
    }

    /// A node signs its own heartbeat. Throws when the period is not in 1…2³² − 1 milliseconds.
    public static func make(
        identity: borrowing NodeIdentity, policy: NetworkPolicy, time: WallTime, period: Span
    ) throws(WireFault) -> Signed {
        let body = try HeartbeatBody(
            node: identity.nodeKey.short, time: time.milliseconds, period: UInt32(clamping: period.milliseconds))
        return try identity.sign(body.encoded(), domain: domain, network: policy.id)
    }
}

/// Why a heartbeat does not count.
public enum HeartbeatFault: Error, Hashable, Sendable {
    case wrongOwner
    /// Shorter than any member's or longer than any mesh's.
    case periodOutOfRange
    /// As old as the last one, or older.
    case notNewer
    /// More than two of its periods and two minutes from mesh time.
    case outOfTime
    case badSignature
}

extension Unverified where Value == Heartbeat {
    /// A heartbeat as it came. Throws when the signed bytes are no heartbeat at all.
    public init(decoding signed: Signed) throws(WireFault) {
        self.init(try Heartbeat(decoding: signed))
    }
}
