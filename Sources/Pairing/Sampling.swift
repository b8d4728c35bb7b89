// Which offers of a crowded round a keeper lists. See Protocol/06-pairing.md, "At a keeper".

internal import Essentials
internal import Sodium

enum Sampling {
    /// What a round's order is salted with. Keepers hold one share of each nonce and can restore none, so they
    /// cannot salt with the last round's nonces, and a salt that leaves would have to bring is a salt that leaves
    /// choose. The seat stays for a salt that keepers can agree on.
    static let salt = Bytes32.zero

    /// The lower, the earlier in a keeper's list. Taken over the stamp's Argon2id output, not over its nonce or the
    /// offer: those cost nothing to grind.
    static func order(of stampValue: Bytes32, network: UInt64, address: ShardAddress, round: UInt64) -> Bytes32 {
        Blake2b.hash(
            domain: "passant/sample/1", salt.bytes, network.bigEndianBytes, address.encoding, round.bigEndianBytes,
            stampValue.bytes)
    }
}
