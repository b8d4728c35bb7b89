// What the scripted peers share: the news of the mesh, and the other person who looks for a stranger.

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

    private func other(_ round: UInt64, shares count: Int) throws -> MadeOffer {
        try workshop.offer(9, round: round, shares: count)
    }

    private func share(of deposit: Deposit, at keeper: Cast.Player) throws -> Bytes32 {
        let offer = try Offer(decoding: deposit.offer)
        let secret = try OfferWorkshop.secret(of: keeper.identity.value.channel, with: offer.key)
        return ShareSeal.apply(to: deposit.share, digest: offer.digest, index: deposit.index, secret: secret)
    }

    /// A keeper's answer: bit 0 lists the engine's offer, bit 1 the other one, bit 2 sends bodies; the others spoil it.
    func answer(to deposit: Deposit, by keeper: Cast.Player, lies: UInt8) throws -> RoundAnswer {
        let own = try Offer(decoding: deposit.offer)
        let other = try other(own.round, shares: Int(own.shares))
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
            listings.append(
                try Listing(
                    digest: other.digest, index: deposit.index, share: other.shares.values[index],
                    path: other.shares.tree.paths[index], offer: sendsBodies ? other.encoding : nil))
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
        let own = try Offer(decoding: deposit.offer)
        return try Bodies(offers: [deposit.offer, other(own.round, shares: Int(own.shares)).encoding])
    }

    /// The pairing with the engine whose token was shown at `door`, seen from the other side.
    func pairing(with token: Bytes32, at door: NodeKey) throws -> Pairing? {
        for round in deposits.keys.sorted().reversed() {
            guard let deposits = deposits[round], let any = deposits.values.first,
                let theirs = try? Offer(decoding: any.offer)
            else { continue }
            var shares: [Int: Bytes32] = [:]
            for keeper in cast.players {
                guard let deposit = deposits[keeper.node], deposit.offer == any.offer else { continue }
                shares[Int(deposit.index)] = try share(of: deposit, at: keeper)
            }
            guard let nonce = Shares.restore(shares, count: Int(theirs.shares), root: theirs.root) else { continue }
            let other = try other(round, shares: Int(theirs.shares))
            let pairing = Pairing(
                network: cast.policy.id,
                own: CountedOffer(
                    offer: try Offer(decoding: other.encoding), encoding: other.encoding, digest: other.digest,
                    nonce: other.shares.nonce),
                theirs: CountedOffer(offer: theirs, encoding: any.offer, digest: theirs.digest, nonce: nonce),
                key: other.key)
            if let pairing, pairing.token(at: door) == token { return pairing }
        }
        return nil
    }
}
