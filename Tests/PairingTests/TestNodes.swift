// A member and a seeker as the tests drive them.

import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

let testPolicy: NetworkPolicy = {
    guard let policy = NetworkPolicy.named("local-pairing") else { preconditionFailure("a name of a local mesh") }
    return policy
}()

/// A member with its keeper. What it sends can be changed on the way out.
final class TestMember {
    let identity: Owned<NodeIdentity>
    let candidate: KeeperCandidate
    var keeper: Keeper
    var random: RandomStream
    var counters: [PairingCounter] = []
    /// Neither answers nor closes anything.
    var isSilent = false
    /// Refuses every connection.
    var isDown = false
    var tamper: ((KeeperEffect) -> [KeeperEffect])?

    var nodeKey: NodeKey { candidate.nodeKey }

    init(_ index: Int, seed: UInt64, clock: MeshClock) {
        random = RandomStream(seed: Blake2b.hash(domain: "member", [UInt8(index)], seed.bigEndianBytes))
        identity = Owned(NodeIdentity.generate(using: &random))
        candidate = KeeperCandidate(
            nodeKey: identity.value.nodeKey, channelKey: identity.value.channelKey,
            placement: PlacementKey(random.bytes32()))
        keeper = Keeper(policy: testPolicy, identity: identity, clock: clock)
    }

    /// A round answer with a changed body, signed again as the keeper itself would.
    func signed(_ body: RoundAnswerBody, _ listings: [Listing], network: UInt64 = testPolicy.id) throws -> RoundAnswer {
        let encoded = body.encoded()
        return try RoundAnswer(
            body: encoded,
            signature: identity.value.signature(over: encoded, domain: "passant/round-answer/1", network: network),
            listings: listings)
    }

    /// The answer without the listings that are not wanted.
    func answer(_ answer: RoundAnswer, keeping isKept: (Listing) -> Bool) throws -> RoundAnswer {
        try change(answer, listings: answer.listings.filter(isKept))
    }

    func change(
        _ answer: RoundAnswer, listings: [Listing]? = nil, network: UInt64? = nil, pool: UInt64? = nil,
        epoch: UInt64? = nil,
        shard: UInt64? = nil, depth: UInt32? = nil, round: UInt64? = nil, keeper: Bytes32? = nil, offers: UInt32? = nil
    ) throws -> RoundAnswer {
        let body = try RoundAnswerBody(decoding: answer.body)
        let listings = listings ?? answer.listings
        return try signed(
            RoundAnswerBody(
                network: network ?? body.network, pool: pool ?? body.pool, epoch: epoch ?? body.epoch,
                shard: shard ?? body.shard,
                depth: depth ?? body.depth, round: round ?? body.round, keeper: keeper ?? body.keeper,
                digests: listings.map(\.digest), offers: offers ?? max(body.offers, UInt32(listings.count))),
            listings)
    }
}

/// A node that seeks.
final class TestSeeker {
    var seeks: Seeks
    var random: RandomStream
    var outcomes: [(seek: SeekID, outcome: RoundOutcome)] = []
    var pairings: [(seek: SeekID, pairing: Pairing, at: Moment)] = []
    var trios: [(seek: SeekID, trio: Trio, at: Moment)] = []
    var declined: [(seek: SeekID, pairing: Pairing)] = []
    var deposits: [(seek: SeekID, round: UInt64, keeper: NodeKey, deposit: Deposit, at: Moment)] = []
    var counters: [PairingCounter] = []
    var stampRequests: [StampRequest] = []
    var makesStamps = true

    init(_ index: Int, seed: UInt64, clock: MeshClock) {
        random = RandomStream(seed: Blake2b.hash(domain: "seeker", [UInt8(index)], seed.bigEndianBytes))
        seeks = Seeks(policy: testPolicy, clock: clock)
    }
}
