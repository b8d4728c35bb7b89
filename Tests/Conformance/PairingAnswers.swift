// Protocol/06-pairing.md: rounds, keepers, shares, stamps, counting, matching, and what a pairing is.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Pairing

enum PairingAnswers {
    static let all: [String: Answerer] = [
        "rounds": round, "keepers": keepers, "pools": pools, "depths": depth, "prices": price, "share-trees": shareTree,
        "share-paths": sharePath,
        "restoring": restore, "seals": seal, "stamps": stamp, "stamp-epochs": stampEpoch, "receipts": receipt,
        "samples": sample, "round-answers": RoundAnswers.answer, "counting": RoundAnswers.count,
        "matchings": matching, "triples": RoundAnswers.triples, "pairings": pairing,
    ]

    static func policy(_ input: Value) throws -> NetworkPolicy {
        try #require(NetworkPolicy.named(input.text("network")))
    }

    static func address(_ input: Value) throws -> ShardAddress {
        try ShardAddress(
            pool: input.digits("pool"), epoch: input.number("epoch"), depth: input.number("depth"),
            shard: input.number("shard"))
    }

    private static func pools(_ input: Value) throws -> Value {
        let network = try policy(input).id
        let interest = try input.text("interest")
        return [
            "bucket": .number(Pools.bucket(of: interest, network: network)),
            "interest": .digits(Pools.interest(interest, network: network)),
            "language": .digits(Pools.language(try input.text("language"), network: network)),
            "questions": .digits(Pools.questions(network: network)),
        ]
    }

    private static func depth(_ input: Value) throws -> Value {
        ["depth": .number(try Sharding.depth(after: input.number("depth"), offers: input.number("offers")))]
    }

    private static func price(_ input: Value) throws -> Value {
        ["bits": .number(Keeper.price(after: try input.number("held"), policy: try policy(input)))]
    }

    private static func key(_ bytes: [UInt8]) -> AgreementKey { AgreementKey(secret: SecretBytes(copying: bytes)) }

    private static func round(_ input: Value) throws -> Value {
        let schedule = RoundSchedule(policy: try policy(input))
        let round = schedule.round(at: try input.time("ms"))
        return ["round": .number(round), "epoch": .number(schedule.epoch(ofRound: round))]
    }

    private static func keepers(_ input: Value) throws -> Value {
        let (policy, address) = (try policy(input), try address(input))
        let placements = try input.list("placementKeys").map { PlacementKey(try $0.asBytes32()) }
        let candidates = placements.enumerated().map { index, placement in
            KeeperCandidate(
                nodeKey: NodeKey(Bytes32(words: (0, 0, 0, UInt64(index)))), channelKey: ChannelKey(.zero),
                placement: placement)
        }
        func lowest(_ count: Int) -> Value {
            let found = KeeperRanking.lowest(count, of: candidates, network: policy.id, address: address)
            return .list(found.map { .number($0.nodeKey.bytes.words.3) })
        }
        return [
            "scores": .list(
                placements.map { .bytes(KeeperRanking.score(of: $0, network: policy.id, address: address)) }),
            "addressed": lowest(policy.keepers), "serving": lowest(policy.keepersServing),
        ]
    }

    private static func shareTree(_ input: Value) throws -> Value {
        let count: Int = try input.number("count")
        let nonce = try input.bytes32("nonce")
        let shares = try refuse(unless: Shares(of: nonce, count: count), "no scalar")
        let secret = try #require(RistrettoScalar(canonical: nonce))
        return [
            "threshold": .number(Shares.threshold(of: count)),
            "coefficients": .list(Shares.coefficients(of: secret, count: count).map { .bytes($0.bytes) }),
            "shares": .list(shares.values.map { .bytes($0) }), "root": .bytes(shares.tree.root),
            "paths": .list(shares.tree.paths.map { .list($0.map { .bytes($0) }) }),
        ]
    }

    private static func sharePath(_ input: Value) throws -> Value {
        let share = try input.bytes32("share")
        guard RistrettoScalar(canonical: share) != nil else { throw Refusal("no scalar") }
        let holds = ShareTree.holds(
            share, index: try input.number("index"), count: try input.number("count"),
            path: try input.list("path").map { try $0.asBytes32() }, root: try input.bytes32("root"))
        guard holds else { throw Refusal("not under the root") }
        return ["holds": .bool(true)]
    }

    private static func restore(_ input: Value) throws -> Value {
        var shares: [Int: Bytes32] = [:]
        for share in try input.list("shares") { shares[try share.number("index")] = try share.bytes32("share") }
        let nonce = Shares.restore(shares, count: try input.number("count"), root: try input.bytes32("root"))
        return ["nonce": .bytes(try refuse(unless: nonce, "too few shares, or another root"))]
    }

    private static func seal(_ input: Value) throws -> Value {
        guard let secret = key(try input.bytes("secret")).agree(with: try input.bytes32("channelKey")) else {
            throw Refusal("zero agreement")
        }
        func sealed(_ share: Bytes32) throws -> Bytes32 {
            ShareSeal.apply(
                to: share, digest: try input.bytes32("digest"), index: try input.number("index"), secret: secret)
        }
        return ["mask": .bytes(try sealed(.zero)), "sealed": .bytes(try sealed(try input.bytes32("share")))]
    }

    private static func stamp(_ input: Value) throws -> Value {
        let (policy, key, epoch) = (try policy(input), try input.bytes32("key"), try input.number("epoch") as UInt64)
        let value = Stamp.value(
            of: try input.bytes("nonce"), network: policy.id, key: key, epoch: epoch, price: policy.stamp)
        return [
            "password": .bytes(Stamp.password(network: policy.id, key: key, epoch: epoch)),
            "output": .bytes(try refuse(unless: value, "price")),
        ]
    }

    private static func stampEpoch(_ input: Value) throws -> Value {
        let schedule = RoundSchedule(policy: try policy(input))
        guard try schedule.acceptsStamp(of: input.number("stampEpoch"), inRound: input.number("round")) else {
            throw Refusal("does not count")
        }
        return ["counts": .bool(true)]
    }

    /// What a keeper says that serves the place and has seen nothing else.
    private static func receipt(_ input: Value) throws -> Value {
        let policy = try policy(input)
        guard case .deposit(let deposit) = try Request(decoding: input.bytes("request")) else {
            throw Refusal("no deposit")
        }
        let others = [UInt8](repeating: 1, count: 32)
        let identity = try NodeIdentity(
            decodingSecret: SecretBytes(copying: [1] + others + input.bytes("channelSecret") + others))
        let middle = RoundSchedule(policy: policy).start(ofRound: try input.number("round")) + .milliseconds(500)
        let now = Moment.origin + .seconds(1)
        var keeper = Keeper(
            policy: policy, identity: Owned(identity), clock: MeshClock(wallAtOrigin: middle - .seconds(1)), at: now)
        var random = RandomStream(seed: .zero)
        _ = keeper.handle(.membersChanged(own: PlacementKey(.zero), []), at: now, using: &random)
        let effects = keeper.handle(
            .depositReceived(DepositID(number: 1), via: 1, from: nil, deposit), at: now, using: &random)
        let codes = effects.compactMap { effect -> UInt32? in
            if case .receipt(_, let receipt) = effect { receipt.code } else { nil }
        }
        return ["code": .number(try #require(codes.first))]
    }

    private static func sample(_ input: Value) throws -> Value {
        let (policy, address) = (try policy(input), try address(input))
        let orders = try input.list("outputs").map {
            Sampling.order(
                of: try $0.asBytes32(), network: policy.id, address: address, round: try input.number("round"))
        }
        let listed = orders.indices.sorted { orders[$0] < orders[$1] }.prefix(policy.sampleMaximum)
        return ["orders": .list(orders.map { .bytes($0) }), "listed": .list(listed.map { .number($0) })]
    }

    static func entrants(_ input: Value) throws -> [Matching.Entrant] {
        try input.list("offers").map {
            Matching.Entrant(
                digest: try $0.bytes32("digest"), nonce: try $0.bytes32("nonce"), kind: try $0.number("kind"),
                pool: try $0.digits("pool"))
        }
    }

    private static func matching(_ input: Value) throws -> Value {
        let entrants = try entrants(input)
        let pairs = Matching.pairs(of: entrants)
        let matched = Set(pairs.flatMap { [$0.0, $0.1] })
        return [
            "pairs": .list(pairs.map { .list([.number(min($0.0, $0.1)), .number(max($0.0, $0.1))]) }),
            "unmatched": .list(entrants.indices.filter { !matched.contains($0) }.map { .number($0) }),
        ]
    }

    private static func pairing(_ input: Value) throws -> Value {
        let nonces = try input.list("nonces").map { try $0.asBytes32() }
        let offers = try input.list("offers").enumerated().map { index, encoding in
            let bytes = try encoding.asBytes()
            return CountedOffer(
                offer: try Offer(decoding: bytes), encoding: bytes, digest: Offer.digest(of: bytes),
                nonce: nonces[index])
        }
        let own: Int = try input.number("own")
        let door = NodeKey(try input.bytes32("door"))
        let pairing = Pairing(
            network: try policy(input).id, own: offers[own], theirs: offers[1 - own],
            key: Owned(key(try input.bytes("secret"))))
        let found = try refuse(unless: pairing, "zero agreement")
        return [
            "prologue": .bytes(found.prologue), "token": .bytes(found.token), "initiates": .bool(found.isInitiator),
            "prologueAtDoor": .bytes(found.prologue(at: door)), "tokenAtDoor": .bytes(found.token(at: door)),
        ]
    }
}
