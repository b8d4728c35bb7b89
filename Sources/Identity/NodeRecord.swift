// A member's description of itself, checked. See Protocol/01-identity.md.

public import Essentials
internal import Sodium
public import Wire

/// A member's record. From the network it comes as `Unverified<NodeRecord>`.
public struct NodeRecord: Verifiable, Hashable {
    /// What was signed, with its signature: the form in which a record is passed on.
    public let signed: Signed
    public let body: RecordBody

    public static let domain = "passant/record/1"

    public var nodeKey: NodeKey { NodeKey(body.nodeKey) }
    public var channelKey: ChannelKey { ChannelKey(body.channelKey) }
    /// The owner's wall clock in milliseconds when it made the record; a higher one replaces a lower one.
    public var seq: UInt64 { body.seq }
    public var expires: WallTime { WallTime(milliseconds: body.expires) }
    public var addresses: [Endpoint] { body.addresses }
    /// Bits of `Capability`.
    public var capabilities: UInt32 { body.capabilities }
    public var puzzle: PuzzleSolution { body.puzzle }

    fileprivate init(decoding signed: Signed) throws(WireFault) {
        body = try RecordBody(decoding: signed.body)
        self.signed = signed
    }

    /// What the reader of a record knows.
    public struct Context: Sendable {
        public let policy: NetworkPolicy
        /// The reader's wall clock, or mesh time where that is known.
        public let now: WallTime

        public init(policy: NetworkPolicy, now: WallTime) {
            self.policy = policy
            self.now = now
        }
    }

    /// Everything but the puzzle, whose check costs as much as 40 signatures: see `Puzzle.check`. The cheap
    /// checks come first.
    public func check(in context: Context) throws(RecordFault) {
        let policy = context.policy
        guard body.network == policy.id else { throw .wrongNetwork }
        guard body.seq <= (context.now + policy.futureTolerance).milliseconds else { throw .fromTheFuture }
        guard expires > context.now else { throw .expired }
        guard expires <= context.now + policy.recordLifetime + policy.futureTolerance else { throw .livesTooLong }
        guard addresses.allSatisfy(policy.allows) else { throw .addressNotAllowed }
        guard Puzzle.counts(month: puzzle.month, at: context.now, policy: policy) else { throw .wrongMonth }
        let message = Signed.message(domain: Self.domain, network: policy.id, body: signed.body)
        guard Ed25519.verify(signature: signed.signature, of: message, by: body.nodeKey) else {
            throw .badSignature
        }
    }

    /// A node signs its own record. Throws when the addresses are not one to three with a port.
    public static func make(
        identity: borrowing NodeIdentity, policy: NetworkPolicy, seq: UInt64, expires: WallTime,
        addresses: [Endpoint], capabilities: UInt32, puzzle: PuzzleSolution
    ) throws(WireFault) -> Signed {
        let body = try RecordBody(
            network: policy.id, nodeKey: identity.nodeKey.bytes, channelKey: identity.channelKey.bytes, seq: seq,
            expires: expires.milliseconds, addresses: addresses, capabilities: capabilities, puzzle: puzzle)
        return try identity.sign(body.encoded(), domain: domain, network: policy.id)
    }
}

/// Why a record does not count.
public enum RecordFault: Error, Hashable, Sendable {
    case wrongNetwork
    /// Its `seq` is more than five minutes ahead.
    case fromTheFuture
    case expired
    /// Expires more than a record's lifetime from now.
    case livesTooLong
    /// An address that means nothing in this kind of mesh.
    case addressNotAllowed
    /// The puzzle is not of this month.
    case wrongMonth
    case badSignature
}

extension Unverified where Value == NodeRecord {
    /// A record as it came. Throws when the signed bytes are no record at all.
    public init(decoding signed: Signed) throws(WireFault) {
        self.init(try NodeRecord(decoding: signed))
    }
}

/// Proof that a node said two things at once: two bodies with the same `seq`, both signed by it.
public struct Equivocation: Hashable, Sendable {
    public let first: Verified<NodeRecord>
    public let second: Verified<NodeRecord>

    /// Nil unless both records are of the same node with the same `seq` and different bodies.
    public init?(_ first: Verified<NodeRecord>, _ second: Verified<NodeRecord>) {
        guard first.nodeKey == second.nodeKey, first.seq == second.seq, first.signed.body != second.signed.body
        else { return nil }
        self.first = first
        self.second = second
    }
}
