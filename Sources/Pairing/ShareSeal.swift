// A share travels under a mask that only the owner of the offer's single-use key and the keeper can compute.
// What it is for is less to hide the share, which rides in an encrypted channel anyway, than to prove that the
// depositor owns the key: keys and stamps are public once a round is over, and would otherwise let anybody
// deposit something of their own under them first, so that the owner's next offer is refused as reused.
// See Protocol/06-pairing.md, "Shares".

internal import Essentials
internal import Sodium

enum ShareSeal {
    /// Masks a share, or takes the mask off: the same exclusive or. `secret` is the agreement of the single-use
    /// key with the keeper's channel key.
    static func apply(to share: Bytes32, digest: Bytes32, index: UInt32, secret: borrowing SecretBytes) -> Bytes32 {
        let mask = secret.withBytes {
            var bytes = Array($0)
            defer { erase(&bytes) }
            return Blake2b.hash(domain: "passant/share-seal/1", bytes, digest.bytes, index.bigEndianBytes)
        }
        return Bytes32(zip(share.bytes, mask.bytes).map { $0 ^ $1 }) ?? .zero
    }
}
