// Makes deposits by the words of Protocol/06-pairing.md, and wrong ones on request.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

/// An offer with its shares, as its owner knows it.
struct MadeOffer {
    let key: AgreementKeyBox
    let encoding: [UInt8]
    let shares: Shares
    let digest: Bytes32

    /// What goes to the keeper at `index`.
    func deposit(
        index: Int, to channel: ChannelKey, share: Bytes32? = nil, path: [Bytes32]? = nil, bodies: Bool = true,
        sealedBy sealer: AgreementKeyBox? = nil
    ) throws -> Deposit {
        let secret = try #require((sealer ?? key).secret(with: channel))
        // The seal in the words of the page.
        let mask = Blake2b.hash(
            domain: "passant/share-seal/1", secret, digest.bytes, [0, 0, 0, UInt8(index)])
        let share = share ?? shares.values[index]
        return try Deposit(
            offer: encoding, index: UInt32(index),
            share: #require(Bytes32(zip(share.bytes, mask.bytes).map { $0 ^ $1 })),
            path: path ?? shares.tree.paths[index], bodies: bodies)
    }
}

/// A key that tests can pass around.
final class AgreementKeyBox {
    let key: AgreementKey
    init(using random: inout RandomStream) { key = .generate(using: &random) }
    func secret(with channel: ChannelKey) -> [UInt8]? {
        guard let secret = key.agree(with: channel.bytes) else { return nil }
        return secret.withBytes { Array($0) }
    }
}

struct DepositMaker {
    var random = RandomStream(seed: Blake2b.hash(domain: "maker"))
    var policy = testPolicy

    mutating func key() -> AgreementKeyBox { AgreementKeyBox(using: &random) }

    func stamp(for key: Bytes32, epoch: UInt64, network: UInt64? = nil, from start: UInt64 = 0) throws -> [UInt8] {
        let request = StampRequest(
            number: 0, network: network ?? policy.id, key: key, epoch: epoch, price: policy.stamp, prefix: 1)
        return try #require(StampWork(request).attempt(startingAt: start, count: 10_000))
    }

    /// A nonce that is no stamp for the key.
    func badStamp(for key: Bytes32, epoch: UInt64) throws -> [UInt8] {
        try #require(
            (0..<10_000 as Range<UInt64>).lazy.map { UInt64(0).bigEndianBytes + ($0).bigEndianBytes }.first {
                Stamp.value(of: $0, network: policy.id, key: key, epoch: epoch, price: policy.stamp) == nil
            })
    }

    mutating func offer(
        round: UInt64, keepers: Int = 3, key given: AgreementKeyBox? = nil, stamp: [UInt8]? = nil, version: UInt32 = 1,
        kind: UInt32 = 0, pool: UInt64 = 0, epoch: UInt64? = nil, depth: UInt32 = 0, shard: UInt64 = 0,
        stampEpoch: UInt64? = nil,
        network: UInt64? = nil, keyBytes: Bytes32? = nil
    ) throws -> MadeOffer {
        let key = given ?? key()
        let schedule = RoundSchedule(policy: policy)
        let stampEpoch = stampEpoch ?? schedule.epoch(ofRound: round)
        let shares = try #require(Shares(of: Shares.drawNonce(using: &random), count: keepers))
        let publicKey = keyBytes ?? key.key.publicKey
        let offer = try Offer(
            version: version, kind: kind, pool: pool, epoch: epoch ?? schedule.epoch(ofRound: round), depth: depth,
            shard: shard, round: round, key: publicKey, root: shares.tree.root, shares: UInt32(keepers),
            stampEpoch: stampEpoch,
            stamp: stamp ?? self.stamp(for: publicKey, epoch: stampEpoch, network: network))
        return MadeOffer(key: key, encoding: offer.encoded(), shares: shares, digest: offer.digest)
    }
}
