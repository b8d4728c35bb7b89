// The verified outcome of a round for two offers: what the conversation between their owners starts from.
// See Protocol/06-pairing.md, "What a pairing is".

public import Essentials
public import Identity
public import Sodium
internal import Wire

/// Two offers that the same rule, computed by everybody, put together, seen from one of them.
public struct Pairing: Sendable {
    /// The secret of our offer's single-use key. Nothing else holds it any more but the other pairing of a `Trio`.
    public let ownKey: Owned<AgreementKey>
    public let theirKey: Bytes32
    /// True for the owner of the offer with the lower digest.
    public let isInitiator: Bool
    /// 32 bytes that both sides compute alike; what the handshake at each door is bound to.
    let prologue: [UInt8]
    /// What only the two can compute, and show nobody: each door sees a token of its own.
    let token: Bytes32
    /// The two nonces, for the choice of doors.
    public let lowerNonce: Bytes32
    public let higherNonce: Bytes32
    public let kind: UInt32
    public let pool: UInt64
    public let epoch: UInt64
    public let round: UInt64

    /// What only the two can show at this door. A door that keeps it can do nothing with it at another one.
    public func token(at door: NodeKey) -> Bytes32 {
        Blake2b.hash(domain: "passant/door-token/1", token.bytes, door.bytes.bytes)
    }

    /// The prologue of the handshake through this door, 32 bytes: the two ways to two doors cannot be spliced.
    public func prologue(at door: NodeKey) -> [UInt8] {
        Blake2b.hash(domain: "passant/conversation-at/1", prologue, door.bytes.bytes).bytes
    }

    /// Nil when the stranger's key is of a low order, so that no secret can be agreed upon.
    init?(network: UInt64, own: CountedOffer, theirs: CountedOffer, key: Owned<AgreementKey>) {
        let offers = own.digest < theirs.digest ? [own, theirs] : [theirs, own]
        let nonces = [own.nonce, theirs.nonce].sorted()
        let version = min(own.offer.version, theirs.offer.version)
        let prologue = Blake2b.hash(
            domain: "passant/conversation/1", version.bigEndianBytes, network.bigEndianBytes,
            own.offer.address.encoding, own.offer.round.bigEndianBytes, offers[0].encoding, offers[1].encoding,
            nonces[0].bytes, nonces[1].bytes)
        guard let secret = key.value.agree(with: theirs.offer.key) else { return nil }
        ownKey = key
        theirKey = theirs.offer.key
        isInitiator = own.digest < theirs.digest
        self.prologue = prologue.bytes
        token = secret.withBytes {
            var bytes = Array($0)
            defer { erase(&bytes) }
            return Blake2b.hash(domain: "passant/token/1", bytes, prologue.bytes)
        }
        lowerNonce = nonces[0]
        higherNonce = nonces[1]
        kind = own.offer.kind
        pool = own.offer.pool
        epoch = own.offer.epoch
        round = own.offer.round
    }
}
