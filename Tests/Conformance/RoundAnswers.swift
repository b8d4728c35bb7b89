// Protocol/06-pairing.md, "Counting" and "Matching of three": keepers' answers one by one, what a round of them amounts
// to, and who of it comes together for a question.

import Essentials
import Identity
import Sodium
import Testing
import Wire

@testable import Pairing

enum RoundAnswers {
    private static func tally(_ input: Value, addressed: [NodeKey]) throws -> RoundTally {
        let policy = try PairingAnswers.policy(input)
        return RoundTally(
            network: policy.id, address: try PairingAnswers.address(input), round: try input.number("round"),
            own: [], addressed: addressed, decideBy: .origin, schedule: RoundSchedule(policy: policy))
    }

    static func answer(_ input: Value) throws -> Value {
        let keeper = NodeKey(try input.bytes32("keeper"))
        if input.has("seed") { return ["answer": .bytes(try made(input, as: keeper).encoded())] }
        let answer = try RoundAnswer(decoding: input.bytes("answer"))
        var tally = try tally(input, addressed: [keeper])
        let counters = tally.take(answer, from: keeper)
        guard case .listed(let listings) = tally.words[0] else { throw Refusal("\(counters)") }
        return ["digests": .list(listings.map { .bytes($0.digest) })]
    }

    private static func made(_ input: Value, as keeper: NodeKey) throws -> RoundAnswer {
        let (policy, address) = (try PairingAnswers.policy(input), try PairingAnswers.address(input))
        let listings = try input.list("listings").map { try Listing(decoding: $0.asBytes()) }
        let body = try RoundAnswerBody(
            network: policy.id, pool: address.pool, epoch: address.epoch, shard: address.shard, depth: address.depth,
            round: input.number("round"), keeper: keeper.bytes, digests: listings.map(\.digest),
            offers: input.number("offers")
        ).encoded()
        let message = Signed.message(domain: RoundTally.signatureDomain, network: policy.id, body: body)
        let signature = SigningKey(seed: SecretBytes(copying: try input.bytes("seed"))).sign(message)
        return try RoundAnswer(body: body, signature: signature, listings: listings)
    }

    static func count(_ input: Value) throws -> Value {
        let addressed = try input.list("addressed").map { NodeKey(try $0.asBytes32()) }
        var tally = try tally(input, addressed: addressed)
        for answer in try input.list("answers") {
            let keeper = NodeKey(try answer.bytes32("keeper"))
            if let answer = try? RoundAnswer(decoding: answer.bytes("answer")) {
                _ = tally.take(answer, from: keeper)
            } else {
                _ = tally.fail(keeper)
            }
        }
        let crowd = tally.crowd
        let asked = tally.askForMissing(copies: 1)
        let bodies = try input.list("bodies").map { try $0.asBytes() }
        for keeper in addressed { _ = tally.take(try Bodies(offers: bodies), from: keeper) }
        let out = addressed.indices.filter { index in
            if case .out = tally.words[index] { true } else { tally.isLying(index) }
        }
        let counting = tally.count().offers.sorted { $0.digest < $1.digest }
        return [
            "crowd": crowd.map { .number($0) } ?? .null,
            "missing": .list(asked.flatMap(\.1).sorted().map { .bytes($0) }),
            "out": .list(out.map { addressed[$0].bytes }.sorted().map { .bytes($0) }),
            "counting": .list(counting.map { ["digest": .bytes($0.digest), "nonce": .bytes($0.nonce)] }),
        ]
    }

    static func triples(_ input: Value) throws -> Value {
        let entrants = try PairingAnswers.entrants(input)
        let triples = Matching.triples(of: entrants).map { [$0.asker, $0.first, $0.second] }
        let matched = Set(triples.flatMap { $0 })
        return [
            "triples": .list(triples.map { .list($0.map { .number($0) }) }),
            "unmatched": .list(entrants.indices.filter { !matched.contains($0) }.map { .number($0) }),
        ]
    }
}
