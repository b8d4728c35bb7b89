// What the scripted peers share: the news of the mesh, and the other person who looks for a stranger, or two others.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Wire

final class Troupe {
    let cast: Cast
    let own: Cast.Player
    let workshop: OfferWorkshop
    /// What the engine has deposited, by round and keeper.
    private var deposits: [UInt64: [NodeKey: Deposit]] = [:]

    init(_ stage: EngineStage) throws {
        cast = stage.cast
        own = stage.own
        workshop = try OfferWorkshop()
    }

    func mesh(at now: Moment) -> WallTime { Cast.wall + (now - .origin) }

    /// All records and a heartbeat of each; not the engine's own, of course.
    func news(at now: Moment, shift: Span = .zero) throws -> Push {
        let players = cast.players.dropLast()
        return try Push(
            records: players.map(\.record),
            heartbeats: players.map {
                try Heartbeat.make(
                    identity: $0.identity.value, policy: cast.policy, time: mesh(at: now) + shift, period: .seconds(5))
            })
    }

    func note(_ deposit: Deposit, at keeper: NodeKey) throws {
        let offer = try Offer(decoding: deposit.offer)
        deposits[offer.round, default: [:]][keeper] = deposit
        if deposits.count > 8, let oldest = deposits.keys.min() { deposits[oldest] = nil }
    }

    /// Whom the engine is to be put together with: one other, or the two others of three.
    private func others(than own: Offer) throws -> [MadeOffer] {
        let kinds =
            switch own.kind {
            case SeekKind.asks: [SeekKind.discusses, SeekKind.discusses]
            case SeekKind.discusses: [SeekKind.asks, SeekKind.discusses]
            default: [SeekKind.talk]
            }
        let pool = kinds.count == 1 ? Pools.everyone : own.pool
        return try kinds.enumerated().map { place, kind in
            try workshop.offer(
                9 + UInt8(clamping: place), round: own.round, shares: Int(own.shares), kind: kind, pool: pool)
        }
    }

    private func share(of deposit: Deposit, at keeper: Cast.Player) throws -> Bytes32 {
        let offer = try Offer(decoding: deposit.offer)
        let secret = try OfferWorkshop.secret(of: keeper.identity.value.channel, with: offer.key)
        return ShareSeal.apply(to: deposit.share, digest: offer.digest, index: deposit.index, secret: secret)
    }

    /// A keeper's answer: bit 0 lists the engine's offer, bit 1 the others', bit 2 sends bodies; the rest spoil it.
    func answer(to deposit: Deposit, by keeper: Cast.Player, lies: UInt8) throws -> RoundAnswer {
        let own = try Offer(decoding: deposit.offer)
        let index = Int(deposit.index)
        let sendsBodies = lies & 4 != 0
        var listings: [Listing] = []
        if lies & 1 != 0 {
            listings.append(
                try Listing(
                    digest: own.digest, index: deposit.index,
                    share: lies & 16 == 0 ? share(of: deposit, at: keeper) : .zero, path: deposit.path,
                    offer: sendsBodies ? deposit.offer : nil))
        }
        if lies & 2 != 0 {
            listings += try others(than: own).map { other in
                try Listing(
                    digest: other.digest, index: deposit.index, share: other.shares.values[index],
                    path: other.shares.tree.paths[index], offer: sendsBodies ? other.encoding : nil)
            }
        }
        let body = try RoundAnswerBody(
            network: cast.policy.id, pool: own.pool, epoch: own.epoch, shard: own.shard, depth: own.depth,
            round: lies & 32 == 0 ? own.round : own.round &+ 1, keeper: keeper.node.bytes,
            digests: listings.map(\.digest)
        ).encoded()
        let signer = lies & 64 == 0 ? keeper : self.own
        return try RoundAnswer(
            body: body,
            signature: signer.identity.value.signature(
                over: body, domain: RoundTally.signatureDomain, network: cast.policy.id),
            listings: listings)
    }

    func bodies(for deposit: Deposit) throws -> Bodies {
        try Bodies(offers: [deposit.offer] + others(than: Offer(decoding: deposit.offer)).map(\.encoding))
    }

    /// The pairing with the engine whose token was shown at `door`, seen from the other side, and which of the others
    /// that is.
    func pairing(with token: Bytes32, at door: NodeKey) throws -> (pairing: Pairing, place: Int)? {
        for round in deposits.keys.sorted().reversed() {
            guard let deposits = deposits[round] else { continue }
            // Each once, in the order of the keepers.
            var offers: [[UInt8]] = []
            for keeper in cast.players {
                guard let offer = deposits[keeper.node]?.offer, !offers.contains(offer) else { continue }
                offers.append(offer)
            }
            for offer in offers {
                if let found = try pairing(with: token, at: door, of: offer, among: deposits) { return found }
            }
        }
        return nil
    }

    private func pairing(
        with token: Bytes32, at door: NodeKey, of offer: [UInt8], among deposits: [NodeKey: Deposit]
    ) throws -> (pairing: Pairing, place: Int)? {
        guard let theirs = try? Offer(decoding: offer) else { return nil }
        var shares: [Int: Bytes32] = [:]
        for keeper in cast.players {
            guard let deposit = deposits[keeper.node], deposit.offer == offer else { continue }
            shares[Int(deposit.index)] = try share(of: deposit, at: keeper)
        }
        guard let nonce = Shares.restore(shares, count: Int(theirs.shares), root: theirs.root) else { return nil }
        for (place, other) in try others(than: theirs).enumerated() {
            let pairing = Pairing(
                network: cast.policy.id,
                own: CountedOffer(
                    offer: try Offer(decoding: other.encoding), encoding: other.encoding, digest: other.digest,
                    nonce: other.shares.nonce),
                theirs: CountedOffer(offer: theirs, encoding: offer, digest: theirs.digest, nonce: nonce),
                key: other.key)
            if let pairing, pairing.token(at: door) == token { return (pairing, place) }
        }
        return nil
    }
}
