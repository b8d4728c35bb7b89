// What an offer must be before anybody counts it, the same for keepers and for those who seek.

internal import Essentials
internal import Wire

/// The version of the pairing protocol that this code speaks.
enum PairingVersion {
    static let current: UInt32 = 1
}

extension Offer {
    var address: ShardAddress { ShardAddress(epoch: epoch, depth: depth, shard: shard) }

    /// Decodes an offer and checks that a seek of this version could have made it for this shard and round.
    /// Nil for anything else.
    init?(encoding: [UInt8], address: ShardAddress, round: UInt64, schedule: RoundSchedule) {
        guard let offer = try? Offer(decoding: encoding), offer.version == PairingVersion.current,
            offer.address == address, offer.round == round,
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
