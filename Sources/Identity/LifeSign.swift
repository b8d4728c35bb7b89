// "My key lives": what a member signs when somebody challenges it, over the other's random number and nothing else.
// See Protocol/04-membership.md, "Challenges".

public import Essentials
internal import Sodium
public import Wire

/// The answer to a challenge. From the network it comes as `Unverified<LifeSign>`.
public struct LifeSign: Verifiable, Hashable {
    public let message: Alive

    public static let domain = "passant/alive/1"

    public init(_ message: Alive) { self.message = message }

    /// What whoever asked knows.
    public struct Context: Sendable {
        /// Who was challenged.
        public let owner: NodeKey
        public let policy: NetworkPolicy
        /// With what.
        public let nonce: Bytes32

        public init(owner: NodeKey, policy: NetworkPolicy, nonce: Bytes32) {
            self.owner = owner
            self.policy = policy
            self.nonce = nonce
        }
    }

    /// Of this challenge, and signed by whoever was challenged.
    public func check(in context: Context) throws(LifeSignFault) {
        guard message.nonce == context.nonce else { throw .anotherNonce }
        let signed = Signed.message(
            domain: Self.domain, network: context.policy.id, body: message.nonce.bytes)
        guard Ed25519.verify(signature: message.signature, of: signed, by: context.owner.bytes) else {
            throw .badSignature
        }
    }

    /// A member answers a challenge. The nonce is all that it signs: a number of 32 bytes that is no statement about
    /// anything, under a domain that nothing else has.
    public static func make(
        identity: borrowing NodeIdentity, policy: NetworkPolicy, nonce: Bytes32
    ) throws(WireFault) -> Alive {
        try Alive(
            nonce: nonce, signature: identity.signature(over: nonce.bytes, domain: domain, network: policy.id))
    }
}

/// Why an answer does not count.
public enum LifeSignFault: Error, Hashable, Sendable {
    /// It answers something else.
    case anotherNonce
    case badSignature
}
