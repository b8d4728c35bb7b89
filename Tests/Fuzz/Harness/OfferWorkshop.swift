// Makes offers and deposits as an honest seeker would, by the words of Protocol/06-pairing.md, "Shares".

import Essentials
import Identity
@testable import Pairing
import Sodium
import Synchronization
import Wire

/// An offer with what only its owner knows.
struct MadeOffer {
    let key: Owned<AgreementKey>
    let encoding: [UInt8]
    let shares: Shares
    let digest: Bytes32

    /// What goes to the keeper at `index`; sealed to somebody else it is worth nothing.
    func deposit(index: Int, to keeper: Cast.Player, sealedTo sealed: Cast.Player? = nil) throws -> Deposit {
        let secret = try OfferWorkshop.secret(of: key.value, with: (sealed ?? keeper).identity.value.channelKey.bytes)
        let number = UInt32(clamping: index)
        return try Deposit(
            offer: encoding, index: number,
            share: ShareSeal.apply(to: shares.values[index], digest: digest, index: number, secret: secret),
            path: shares.tree.paths[index], bodies: true)
    }
}

/// What of an offer is not as it should be.
enum Alteration: Int, CaseIterable {
    case none, harmless, round, epoch, shard, depth, stamp, root, shareCount
}

struct OfferWorkshop {
    static let keepers = 3
    /// The round that begins at the origin of the cast's clocks.
    static var firstRound: UInt64 { Cast.wall.milliseconds / 1_000 }

    let cast: Cast
    let schedule: RoundSchedule

    init() throws {
        cast = try Cast.get()
        schedule = RoundSchedule(policy: cast.policy)
    }

    /// The same number and round give the same offer.
    func offer(
        _ number: UInt8, round: UInt64, shares count: Int = keepers, kind: UInt32 = SeekKind.talk,
        pool: UInt64 = Pools.everyone, alteration: Alteration = .none
    ) throws -> MadeOffer {
        var random = RandomStream(seed: Blake2b.hash([number], round.bigEndianBytes))
        let key = Owned(AgreementKey.generate(using: &random))
        let shares = try made(Shares(of: Shares.drawNonce(using: &random), count: count))
        let epoch = schedule.epoch(ofRound: round)
        let request = StampRequest(
            number: 0, network: cast.policy.id, key: key.value.publicKey, epoch: epoch, price: cast.policy.stamp,
            prefix: 1)
        let stamp = try StampDrawer.stamp(for: request)
        let isAltered = { (other: Alteration) in alteration == other }
        let offer = try Offer(
            version: isAltered(.harmless) ? 2 : 1, kind: isAltered(.harmless) ? 7 : kind, pool: pool,
            epoch: isAltered(.epoch) ? epoch &+ 1 : epoch, depth: isAltered(.depth) ? 21 : 0,
            shard: isAltered(.shard) ? 1 : 0, round: isAltered(.round) ? round &+ 40 : round,
            key: key.value.publicKey, root: isAltered(.root) ? .zero : shares.tree.root,
            shares: isAltered(.shareCount) ? 9 : UInt32(clamping: count), stampEpoch: epoch,
            stamp: isAltered(.stamp) ? badStamp(for: key.value.publicKey, epoch: epoch) : stamp)
        return MadeOffer(key: key, encoding: offer.encoded(), shares: shares, digest: offer.digest)
    }

    private func badStamp(for key: Bytes32, epoch: UInt64) -> [UInt8] {
        for byte in UInt8.min...UInt8.max {
            let nonce = [UInt8](repeating: byte, count: Stamp.nonceSize)
            let value = Stamp.value(
                of: nonce, network: cast.policy.id, key: key, epoch: epoch, price: cast.policy.stamp)
            if value == nil { return nonce }
        }
        return []
    }

    static func secret(of key: borrowing AgreementKey, with other: Bytes32) throws -> SecretBytes {
        guard let secret = key.agree(with: other) else {
            throw BrokenPromise(description: "the harness itself: two good keys agree on nothing")
        }
        return secret
    }
}

/// Stamps that were made before. They cost the most of all that an input asks for, and the keys come again.
enum StampDrawer {
    private struct Label: Hashable {
        let key: Bytes32
        let epoch: UInt64
        let prefix: UInt64
    }

    private static let capacity = 4_096
    private static let drawer = Mutex<[Label: [UInt8]]>([:])

    static func stamp(for request: StampRequest) throws -> [UInt8] {
        let label = Label(key: request.key, epoch: request.epoch, prefix: request.prefix)
        if let known = drawer.withLock({ $0[label] }) { return known }
        let stamp = try made(StampWork(request).attempt(startingAt: 0, count: 1_000))
        drawer.withLock {
            if $0.count >= capacity { $0 = [:] }
            $0[label] = stamp
        }
        return stamp
    }
}
