// What an offer must be before anybody counts it, the same for keepers and for those who seek.

internal import Essentials
internal import Wire

/// The version of the pairing protocol that this code writes. It reads any: what must not be ignored in a later one
/// is in a critical field, and then `Wire` refuses it.
enum PairingVersion {
    static let current: UInt32 = 1
}

extension Offer {
    var address: ShardAddress { ShardAddress(pool: pool, epoch: epoch, depth: depth, shard: shard) }

    /// Decodes an offer and checks that it was made for this shard and round. Nil for anything else.
    init?(encoding: [UInt8], address: ShardAddress, round: UInt64, schedule: RoundSchedule) {
        guard let offer = try? Offer(decoding: encoding), offer.address == address, offer.round == round,
            schedule.acceptsStamp(of: offer.stampEpoch, inRound: round)
        else { return nil }
        self = offer
    }
}

/// An offer of which everybody who sees the same answers knows that it took part, and with which nonce.
struct CountedOffer: Sendable {
    let offer: Offer
    /// The exact bytes that the digest is taken over.
    let encoding: [UInt8]
    let digest: Bytes32
    let nonce: Bytes32
}
